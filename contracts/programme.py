"""What may be lent, by whom and at what price: products, partners and their funding programmes.

Amounts are integer fen; rates are Decimal annual fractions, given as Decimal or as text ("0.0850"), never
as a float; dates and times of day are Asia/Shanghai.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.costs import CoFunder, Costs, co_funded
from contracts.money import Fen, Rate
from contracts.quota import Quota
from contracts.terms import BorrowerPrice, Borrowers, BusinessDays, Concentration, Grey, Permission
from contracts.vocabulary import (
    CONSUMER_CREDIT_MAX_FEN,
    OWN_SHARE_MIN,
    Age,
    Clock,
    Consent,
    CostConvention,
    Id,
    Label,
    Months,
    RegionPrefix,
    RepaymentMethod,
    Seconds,
    Terms,
    ordered,
)

__all__ = [
    "CONSUMER_CREDIT_MAX_FEN",
    "LENDERS",
    "OWN_SHARE_MIN",
    "Age",
    "Borrowers",
    "Consent",
    "CostConvention",
    "Dialling",
    "Id",
    "Label",
    "Months",
    "Partner",
    "PartnerKind",
    "Product",
    "Programme",
    "QueryPolicy",
    "Quota",
    "RegionPrefix",
    "RepaymentMethod",
    "SftpAccount",
    "Terms",
    "Timeouts",
    "Window",
]


class PartnerKind(StrEnum):
    """What licence the partner lends under, or moves the lenders' money under."""

    BANK = "bank"
    CONSUMER_FINANCE = "consumer_finance"
    TRUST = "trust"
    SMALL_LOAN = "small_loan"
    PAYMENT_INSTITUTION = (
        "payment_institution"  # 支付机构: lends nothing, pays out and collects for those who do
    )
    CUSTODIAN = "custodian"  # 存管银行: lends nothing, holds money and moves it on instruction


LENDERS = frozenset(
    {PartnerKind.BANK, PartnerKind.CONSUMER_FINANCE, PartnerKind.TRUST, PartnerKind.SMALL_LOAN}
)
"""Kinds of partners that may fund a loan."""


class Timeouts(Terms):
    """How long we wait for the partner's answer, in seconds."""

    connect_seconds: Annotated[int, Field(ge=1, le=60)] = 3
    read_seconds: Annotated[int, Field(ge=1, le=300)] = 15


class QueryPolicy(Terms):
    """When to ask the partner what became of a request, and when "no such order" is believed."""

    first_after_seconds: Seconds = 30
    spacing_seconds: Seconds = 60
    """Least time between two queries of one request; partners refuse faster ones."""
    not_found_final_after_seconds: Seconds = 1800
    """Before this, "no such order" may only be early; after it, the request never arrived."""
    escalate_after_hours: Annotated[int, Field(ge=1, le=720)] = 24
    """After this a person looks; the state stays pending."""


KeyFile = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
HostKey = Annotated[str, Field(pattern=r"^(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/]+={0,2}( [^\s]+)?$")]
"""An OpenSSH public key: its kind, the key, and perhaps a comment."""


class Dialling(Terms):
    """How the partner is dialled, beyond its address: whom we trust, how fast we ask, when we stop."""

    networks: tuple[Annotated[str, Field(pattern=r"^[0-9A-Fa-f.:]+/[0-9]{1,3}$")], ...] = ()
    """Networks that are not public and may be dialled all the same, such as a leased line's 10.8.0.0/24."""
    requests_per_minute: Annotated[int, Field(ge=1, le=60_000)] | None = None
    burst: Annotated[int, Field(ge=1, le=1_000)] = 1
    """How many requests may go at once within that rate."""
    total_seconds: Annotated[int, Field(ge=1, le=600)] | None = None
    """The longest a whole exchange may take; twice `read_seconds` when not given."""
    failures: Annotated[int, Field(ge=1, le=100)] = 5
    """So many failures in a row, and nobody dials for `pause_seconds`; then one request finds out for all."""
    pause_seconds: Annotated[int, Field(ge=1, le=3600)] = 30
    ca: KeyFile | None = None
    """The only CA whose signature makes a server the partner: a PEM file in `tls` of the partner's keys."""
    certificate: KeyFile | None = None
    """Our client certificate with its private key: a PEM file there."""
    password_env: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")] | None = None
    """The environment variable that holds that key's password."""


class SftpAccount(Terms):
    """The partner's SFTP server and our account on it."""

    kind: Literal["sftp"]
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]{1,253}$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    user: Annotated[str, Field(pattern=r"^[^\s:/]{1,64}$")]
    key: KeyFile | None = None
    """File of our private key, in the folder `sftp` among the partner's keys."""
    password: KeyFile | None = None
    """File of our password there, for a server that takes no keys."""
    host_keys: Annotated[tuple[HostKey, ...], Field(min_length=1)]
    """The server's public keys, told by the partner on another way; two while it changes its key."""
    path: Annotated[str, Field(pattern=r"^/[A-Za-z0-9._/-]{0,199}$")]
    """The folder on the server in which the daily files are."""
    day_folders: bool = False
    """Whether the files are in folders in it, each named by a day, yyyyMMdd."""
    after: Literal["keep", "move"] = "keep"
    """Whether a stored file stays on the server, or is moved into the folder `taken` beside it."""
    poll_seconds: Annotated[int, Field(ge=5, le=3600)] = 60

    @model_validator(mode="after")
    def _one_way_in(self) -> SftpAccount:
        if (self.key is None) == (self.password is None):
            raise PydanticCustomError("login", "give either key or password")
        return self


class DailyFile(Terms):
    """A file the partner sends for its business days: when it is due, and what an empty day looks like."""

    name: Annotated[str, Field(pattern=r"^[^/\\{}]*\{day\}[^/\\{}]*$", max_length=120)]
    """The file's name, with {day} where its business day stands as yyyyMMdd."""
    since: date
    """The first business day it is written for."""
    by: Clock = time(9)
    days_after: Annotated[int, Field(ge=0, le=31)] = 1
    """Due at `by`, so many calendar days after its business day."""
    on: Literal["every_day", "workdays", "month_end"] = "every_day"
    empty: Literal["file", "nothing"] = "file"
    """What comes for a day on which nothing happened. With `nothing` no file is ever missed."""


class Breakers(Terms):
    """When the partner is suspended until a person, or the rule itself, lets it go on. None is never."""

    balance_account: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    balance_min_fen: Annotated[Fen, Field(ge=1)] | None = None
    """Below so much available in the account nothing new goes to the partner."""
    balance_every_minutes: Annotated[int, Field(ge=1, le=1440)] = 10
    refusals: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """So many attempts declined or failed within `window_minutes`."""
    unpaid: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """So many drawdowns failed within `window_minutes`."""
    window_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    resume: Literal["person", "rule"] = "person"
    """Whether only a person lets the partner go on, or also the rule when it is no longer broken."""

    @model_validator(mode="after")
    def _balance_is_whole(self) -> Breakers:
        if (self.balance_account is None) != (self.balance_min_fen is None):
            raise PydanticCustomError("balance", "give balance_account and balance_min_fen, or neither")
        return self


class Partner(Terms):
    """A funding partner: who it is and how it is reached."""

    id: Id
    name_zh: Label
    name_en: Label
    kind: PartnerKind
    contact: Label
    """How a borrower reaches the partner; shown in the consent notice (PIPL art. 23)."""
    connector: Id
    """Name of the dialect in the connector registry."""
    endpoint: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] | None = None
    keys: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    """Name of the folder that holds the keys for this partner."""
    settings: Mapping[str, str] = Field(default_factory=dict)
    """What the dialect needs to know: merchant numbers, product codes."""
    query: QueryPolicy = QueryPolicy()
    timeouts: Timeouts = Timeouts()
    dialling: Dialling = Dialling()
    breakers: Breakers = Breakers()
    daily_files: tuple[DailyFile, ...] = ()
    """The files to expect; a person is told of one that is missing."""
    parallel: Annotated[int, Field(ge=1, le=64)] = 4
    """Requests in flight to the partner at one time, from all workers of all processes together."""
    exchange_folder: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Folder in which the partner's daily files arrive; none for a partner without files."""
    exchange: SftpAccount | None = None
    """Server from which the partner's daily files are fetched, instead of a folder."""

    @model_validator(mode="after")
    def _one_exchange(self) -> Partner:
        if self.exchange_folder is not None and self.exchange is not None:
            raise PydanticCustomError("exchange", "give either exchange_folder or exchange")
        return self


class Product(Terms):
    """What a borrower may ask for."""

    id: Id
    name_zh: Label
    name_en: Label
    amount_min_fen: Annotated[Fen, Field(ge=1)]
    amount_max_fen: Annotated[Fen, Field(le=CONSUMER_CREDIT_MAX_FEN)]
    amount_step_fen: Annotated[Fen, Field(ge=1)]
    terms: Annotated[tuple[Months, ...], Field(min_length=1)]
    """Loan terms on offer, in months."""
    methods: Annotated[tuple[RepaymentMethod, ...], Field(min_length=1)]
    annual_rate_min: Rate
    annual_rate_max: Rate
    """Bounds of the customer's nominal annual rate."""
    all_in_cap: Rate
    """Ceiling of the customer's all-in annual cost, annualised as `cap_convention` says."""
    cap_convention: CostConvention = CostConvention.SIMPLE
    age_min: Age
    age_max: Age
    purposes: Annotated[tuple[Id, ...], Field(min_length=1)]
    consents: Annotated[tuple[Consent, ...], Field(min_length=1)]
    """Every one of these is given before the application goes to a partner."""

    @model_validator(mode="after")
    def _bounds_areordered(self) -> Product:
        ordered(self.amount_min_fen, self.amount_max_fen, "amount_min_fen", "amount_max_fen")
        ordered(self.annual_rate_min, self.annual_rate_max, "annual_rate_min", "annual_rate_max")
        ordered(self.annual_rate_min, self.all_in_cap, "annual_rate_min", "all_in_cap")
        ordered(self.age_min, self.age_max, "age_min", "age_max")
        return self


class Window(Terms):
    """Hours in which applications are taken: from `opens` up to but not including `closes`.

    A window whose `closes` is not after `opens` runs over midnight; equal times mean the whole day.
    """

    opens: Clock
    closes: Clock

    def covers(self, at: time) -> bool:
        """Whether a time of day in Asia/Shanghai lies in the window."""
        if self.opens < self.closes:
            return self.opens <= at < self.closes
        return at >= self.opens or at < self.closes


class Programme(Terms):
    """One version of a partner's offer to fund loans of some products at a price."""

    id: Id
    version: Annotated[int, Field(ge=1)]
    partner: Id
    products: Annotated[tuple[Id, ...], Field(min_length=1)]
    agreement: Id
    effective_from: date
    effective_to: date | None = None
    """Last day on which the version is used; none for "until further notice"."""
    amount_min_fen: Annotated[Fen, Field(ge=1)]
    amount_max_fen: Annotated[Fen, Field(le=CONSUMER_CREDIT_MAX_FEN)]
    amount_step_fen: Annotated[Fen, Field(ge=1)] = 1
    terms: Annotated[tuple[Months, ...], Field(min_length=1)]
    methods: Annotated[tuple[RepaymentMethod, ...], Field(min_length=1)]
    age_min: Age
    age_max: Age
    regions_allowed: tuple[RegionPrefix, ...] = ()
    """Places of residence taken; empty for everywhere."""
    regions_denied: tuple[RegionPrefix, ...] = ()
    """Places of residence refused, whatever is allowed."""
    borrowers: Borrowers = Borrowers()
    customer_rate_min: Rate
    customer_rate_max: Rate
    """Bounds of the customer's nominal annual rate the partner lends at."""
    borrower_price: BorrowerPrice = BorrowerPrice()
    funding_rate: Rate
    """Annual cost of the capital the partner provides, on the principal outstanding."""
    co_funding_rate: Rate | None = None
    """Annual cost of the capital others provide beside the partner; present when own_share is below 1
    and `co_funders` does not name them."""
    co_funders: tuple[CoFunder, ...] = ()
    """Those others, each with its share and price, where they differ."""
    guarantee_rate: Rate = Decimal(0)
    """Annual guarantee fee on the whole principal outstanding."""
    per_loan_fee_fen: Fen = 0
    per_application_fee_fen: Fen = 0
    costs: Costs = Costs()
    margin_min: Rate = Decimal(0)
    """Least distance of the funding cost below the customer's rate, both annual."""
    own_share: Annotated[Rate, Field(ge=OWN_SHARE_MIN)]
    """Share of each loan's principal the partner funds itself."""
    quota: Quota
    window: Window | None = None
    days: BusinessDays = BusinessDays.EVERY_DAY
    permissions: tuple[Permission, ...] = ()
    """Licences and listings: of each kind named, one is valid on the day of a decision."""
    concentration: Concentration | None = None
    grey: Grey | None = None
    """Only a part of the persons, while the programme is tried out; none for all."""
    priority: Annotated[int, Field(ge=0, le=9999)] = 100
    """Decides between equal costs: the lower number goes first."""
    weight: Annotated[int, Field(ge=0, le=9999)] = 0
    """Decides between equal costs and priorities: the higher weight goes first."""
    disbursed_by: Id | None = None
    """The payment channel that pays the borrower, or as an entrusted payment a merchant, once the partner has
    provided the money (代付, 受托支付); none where the partner pays the borrower itself."""
    collected_by: Id | None = None
    """The payment channel that debits the borrower for the partner (委托代扣); none if it debits itself."""
    custody: Id | None = None
    """The depository that holds the money and moves it on our instruction (资金存管); none without one."""

    @model_validator(mode="after")
    def _terms_agree(self) -> Programme:
        ordered(self.amount_min_fen, self.amount_max_fen, "amount_min_fen", "amount_max_fen")
        ordered(self.customer_rate_min, self.customer_rate_max, "customer_rate_min", "customer_rate_max")
        ordered(self.age_min, self.age_max, "age_min", "age_max")
        ordered(self.amount_min_fen, self.quota.daily_fen, "amount_min_fen", "quota.daily_fen")
        if self.effective_to is not None:
            ordered(self.effective_from, self.effective_to, "effective_from", "effective_to")
        co_funded(self.own_share, self.co_funding_rate, self.co_funders)
        if self.disbursed_by is not None and self.custody is not None:
            raise PydanticCustomError(
                "disbursed", "give either disbursed_by or custody: the money goes to the borrower one way"
            )
        return self

    def effective_on(self, day: date) -> bool:
        """Whether this version is the one in use on a business day."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)
