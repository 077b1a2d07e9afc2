"""Why a signature does not hold: what each side signed, where that differs, and which mistake explains it."""

from signing.explain.capture import Captured, read_capture
from signing.explain.difference import Difference, first_difference
from signing.explain.explanation import Explanation, explain
from signing.explain.masking import masked
from signing.explain.mistake import Cause, causes

__all__ = [
    "Captured",
    "Cause",
    "Difference",
    "Explanation",
    "causes",
    "explain",
    "first_difference",
    "masked",
    "read_capture",
]
