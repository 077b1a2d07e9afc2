"""Rules of the house: a closed vocabulary, and the exact check of a program before it is used."""

from hub.config.rules.check import Finding, Flaw, check
from hub.config.rules.vocabulary import ROUTING, Vocabulary

__all__ = ["ROUTING", "Finding", "Flaw", "Vocabulary", "check"]
