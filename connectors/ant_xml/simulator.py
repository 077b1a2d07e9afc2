"""The platform played from memory: decides and collects by notification, and answers every question."""

from __future__ import annotations

from connectors.ant_xml import wire
from connectors.ant_xml.connector import PROFILE, AntXmlConnector
from connectors.simulation.xmldesk import XmlCounter
from signing.profile import load_profile


class AntXmlSimulator(XmlCounter):
    """Decides and pays as `Habits` says."""

    dialect = "ant_xml"
    prefix = "J"
    book = wire.BOOK
    speaks = AntXmlConnector
    profile = load_profile(PROFILE)
