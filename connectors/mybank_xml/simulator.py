"""The internet bank played from memory: decides and collects by notification, and answers every question."""

from __future__ import annotations

from connectors.mybank_xml import wire
from connectors.mybank_xml.connector import PROFILE, MybankXmlConnector
from connectors.simulation.xmldesk import XmlCounter
from signing.profile import load_profile


class MybankXmlSimulator(XmlCounter):
    """Decides and pays as `Habits` says."""

    dialect = "mybank_xml"
    prefix = "W"
    book = wire.BOOK
    speaks = MybankXmlConnector
    profile = load_profile(PROFILE)
