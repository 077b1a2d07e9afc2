"""Where dialects are found: ours in a table, others by the entry point group `loanhub.connectors`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from connectors.port import Connector, Partner, Random, Simulator

GROUP = "loanhub.connectors"
"""An entry point of this group has the dialect's name and leads to what builds a Connector from a Partner."""

SIMULATOR_GROUP = "loanhub.simulators"
"""The same for what builds a Simulator from a Partner, a source of randomness and a seed."""

BUILT_IN: Mapping[str, str] = {
    "ant_xml": "connectors.ant_xml.connector:AntXmlConnector",
    "aob_sm": "connectors.aob_sm.connector:AobSmConnector",
    "cmb_sm": "connectors.cmb_sm.connector:CmbSmConnector",
    "depository": "connectors.depository.connector:DepositoryConnector",
    "digest_form": "connectors.digest_form.connector:DigestFormConnector",
    "envelope_json": "connectors.envelope_json.connector:EnvelopeJsonConnector",
    "joint_capital": "connectors.joint_capital.connector:JointCapitalConnector",
    "mybank_xml": "connectors.mybank_xml.connector:MybankXmlConnector",
    "payment_channel": "connectors.payment_channel.connector:PaymentChannelConnector",
    "sorted_form": "connectors.sorted_form.connector:SortedFormConnector",
    "trust_file": "connectors.trust_file.connector:TrustFileConnector",
    "x_ca_hmac": "connectors.x_ca_hmac.connector:XCaHmacConnector",
}
# By name and not by import: a hub without a sandbox never loads a simulator.
SIMULATORS: Mapping[str, str] = {
    "ant_xml": "connectors.ant_xml.simulator:AntXmlSimulator",
    "aob_sm": "connectors.aob_sm.simulator:AobSmSimulator",
    "cmb_sm": "connectors.cmb_sm.simulator:CmbSmSimulator",
    "depository": "connectors.depository.simulator:DepositorySimulator",
    "digest_form": "connectors.digest_form.simulator:DigestFormSimulator",
    "envelope_json": "connectors.envelope_json.simulator:EnvelopeJsonSimulator",
    "joint_capital": "connectors.joint_capital.simulator:JointCapitalSimulator",
    "mybank_xml": "connectors.mybank_xml.simulator:MybankXmlSimulator",
    "payment_channel": "connectors.payment_channel.simulator:PaymentChannelSimulator",
    "sorted_form": "connectors.sorted_form.simulator:SortedFormSimulator",
    "trust_file": "connectors.trust_file.simulator:TrustFileSimulator",
    "x_ca_hmac": "connectors.x_ca_hmac.simulator:XCaHmacSimulator",
}


class UnknownDialect(Exception):
    """No connector of that name is built in or installed; the message names those that are."""


def build(dialect: str, partner: Partner) -> Connector:
    """Return the connector of a dialect for a partner.

    Raises UnknownDialect, or ValueError when the partner's settings or keys do not fit the dialect.
    """
    make = cast("Callable[[Partner], Connector]", _found(dialect, GROUP))
    return make(partner)


def simulator(
    dialect: str, partner: Partner, *, random: Random, seed: int = 0, **manners: object
) -> Simulator:
    """Return a partner's side of a dialect, played from memory; `partner` holds the keys as the partner has
    them. `manners` are what the simulator takes besides, such as the habits of its lender.

    Raises UnknownDialect.
    """
    make = cast("Callable[..., Simulator]", _found(dialect, SIMULATOR_GROUP))
    return make(partner, random=random, seed=seed, **manners)


def located(dialect: str) -> tuple[str, str]:
    """Return where a dialect's connector and simulator are found, each as `module:name`.

    Raises UnknownDialect when either is missing.
    """
    return _place(dialect, GROUP), _place(dialect, SIMULATOR_GROUP)


def home(dialect: str) -> str:
    """Return the package that holds a dialect's connector and the data beside it. Raises UnknownDialect."""
    return _place(dialect, GROUP).partition(":")[0].rpartition(".")[0]


def names() -> tuple[str, ...]:
    """Return the names of all dialects, in order."""
    return tuple(sorted({*BUILT_IN, *(point.name for point in entry_points(group=GROUP))}))


@cache
def _found(dialect: str, group: str) -> object:
    module, _, name = _place(dialect, group).partition(":")
    return getattr(import_module(module), name)


def _place(dialect: str, group: str) -> str:
    # Ours first: an installed package cannot put itself in the place of a built-in dialect.
    path = (BUILT_IN if group == GROUP else SIMULATORS).get(dialect)
    if path is not None:
        return path
    for point in entry_points(group=group, name=dialect):
        return point.value
    raise UnknownDialect(f"nothing named {dialect!r} in {group}; there are: {', '.join(names())}")
