"""What every run is furnished with, made once a process: partners, keys, contracts, connectors, borrowers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random

from connectors import registry
from connectors.conformance import ConnectorContract, contract
from connectors.port import Connector
from connectors.port import Partner as Dialled
from connectors.simulation.desk import Desk
from connectors.simulation.lender import Habits
from contracts.application import Submission
from contracts.programme import Partner, QueryPolicy
from hub.config.load import Configuration
from hub.store.sealed import Vault
from signing.fields import FieldSealer
from signing.keys import KeyRing, PartnerKeys
from signing.keystore import new_field_ring
from tests.hub.flows.terms import PRODUCT, agreement, partner, programme
from tests.hub.people import applicant

START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
SEATS = ("alpha", "beta", "gamma")
FUNDING = {"alpha": "0.0500", "beta": "0.0600", "gamma": "0.0700"}
DIALECTS = (
    "sorted_form",
    "envelope_json",
    "trust_file",
    "x_ca_hmac",
    "digest_form",
    "mybank_xml",
    "ant_xml",
    "aob_sm",
    "cmb_sm",
    "joint_capital",
)
EXACT = ("sorted_form", "trust_file", "x_ca_hmac", "mybank_xml", "ant_xml")
"""Dialects whose every byte follows from the seed; the others' cryptography draws chance of its own."""
NOT_FINAL_BEFORE = timedelta(minutes=10)
"""How long a partner may take to see a request: what the network delays, it delays by less."""
TIMEOUT_SECONDS = 15.0
AMOUNTS = (80, 81, 82, 83, 84, 85, 86, 91, 94, 95, 96)
"""Last digits of an amount that choose what becomes of it; see the lender's habits."""
NEVER_DECIDED = 94
_PRODUCT = PRODUCT.model_copy(update={"amount_step_fen": 1})


@cache
def catalogue(seats: int, daily_fen: int) -> Configuration:
    """What the hub may lend, by whom."""
    names = SEATS[:seats]
    return Configuration(
        products={"cash": _PRODUCT},
        partners={name: terms_of(name) for name in names},
        agreements=tuple(agreement(name) for name in names),
        programmes=tuple(programme(name, FUNDING[name], daily_fen, {}) for name in names),
    )


@cache
def terms_of(name: str) -> Partner:
    """A partner as the hub has it."""
    query = QueryPolicy(
        first_after_seconds=30,
        spacing_seconds=30,
        not_found_final_after_seconds=int(NOT_FINAL_BEFORE.total_seconds()),
    )
    return partner(name).model_copy(update={"query": query})


@cache
def spelling(dialect: str) -> type[ConnectorContract]:
    """What only this dialect can spell, from its conformance kit."""
    return contract(dialect)


@cache
def keys(name: str, dialect: str) -> tuple[PartnerKeys, PartnerKeys]:
    """Both ends of a relation."""
    return spelling(dialect)().keys(name)


@cache
def connector(name: str, dialect: str) -> Connector:
    """The hub's side."""
    return registry.build(dialect, Dialled(name, keys(name, dialect)[0]))


def simulator(name: str, dialect: str, random: Random, seed: int) -> Desk:
    """The partner's side, with nothing in its books."""
    habits = Habits(
        decides_after=timedelta(seconds=random.choice((1, 20, 60, 600, 7200))),
        pays_after=timedelta(seconds=random.choice((1, 30, 120, 1800))),
    )
    theirs = Dialled(name, keys(name, dialect)[1])
    made = registry.simulator(dialect, theirs, random=random.randbytes, seed=seed, habits=habits)
    assert isinstance(made, Desk)
    return made


@cache
def _field_ring() -> KeyRing:
    return new_field_ring("simulation", now=START, random=Random(7).randbytes)


def vault(random: Random) -> Vault:
    """A vault of one run."""
    return Vault(FieldSealer(_field_ring(), {}, now=START, random=random.randbytes))


@dataclass(frozen=True, slots=True)
class Wish:
    """One borrower's application, and whether and how much of it is drawn."""

    number: int
    submission: Submission
    draws: bool


def wishes(random: Random, *, long: bool) -> list[Wish]:
    """The applications of a run; in a long one all are decided, or they would be asked about for months."""
    amounts = [digits for digits in AMOUNTS if not (long and digits == NEVER_DECIDED)]
    made = []
    for number in range(1, random.choice((1, 1, 2, 2, 3, 4)) + 1):
        steered = random.choice(amounts) if random.random() < 0.5 else random.randrange(80)
        submission = Submission(
            platform_no=f"P{number}",
            product="cash",
            amount_fen=random.randrange(2_000, 40_000) * 100 + steered,
            term_months=3,
            method="equal_instalment",
            annual_rate=Decimal("0.18"),
            purpose="consumption",
            consents=("personal_data",),
            applicant=_borrower(random.randrange(1, 60)),
        )
        made.append(Wish(number, submission, draws=random.random() < 0.95))
    return made


@cache
def _borrower(number: int) -> object:
    return applicant(number)


@dataclass(frozen=True, slots=True)
class Seat:
    """One partner of a run."""

    name: str
    dialect: str
    connector: Connector
    desk: Desk
