"""Phrases for what lies beside an application and a loan: access, cards, limits, accounts, money orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final, Self

from connectors import facts, outcomes
from connectors.phrasebook import Phrase
from connectors.port import Unreadable
from connectors.words import Telling, making_sense
from contracts.messages import (
    AccessTold,
    AccountTold,
    AgreementTold,
    AnyAsk,
    AnyTold,
    BalanceTold,
    CertificateTold,
    DocumentKind,
    LimitChange,
    LimitState,
    LimitTold,
    OrderTold,
    RepayOrderTold,
    TrialTold,
)

DOCUMENTS: Final[Mapping[StrEnum, str]] = MappingProxyType(
    {
        DocumentKind.ID_FRONT: "1",
        DocumentKind.ID_BACK: "2",
        DocumentKind.FACE: "3",
        DocumentKind.CREDIT_CONSENT: "4",
        DocumentKind.LOAN_CONTRACT: "5",
        DocumentKind.SHARING_CONSENT: "8",
        DocumentKind.DEBIT_MANDATE: "20",
        DocumentKind.OTHER: "99",
    }
)
"""The numbers of documents that lenders' interfaces have in common (fileType)."""

LIMIT_CHANGES: Final[Mapping[StrEnum, str]] = MappingProxyType(
    {
        LimitChange.FREEZE: "FREEZE",
        LimitChange.UNFREEZE: "UNFREEZE",
        LimitChange.CLOSE: "CLOSE",
        LimitChange.ADJUST: "ADJUST",
    }
)

LIMIT_STATES: Final[Mapping[str, LimitState]] = MappingProxyType(
    {
        "0": LimitState.NORMAL,
        "1": LimitState.FROZEN,
        "2": LimitState.CLOSED,
        "3": LimitState.UNSIGNED,
    }
)


class Errand(Phrase):
    """Anything we ask beside applications and drawdowns; the dialect declares which of our names it has.

    `spelled` has the partner's codes for our enumerations, by our name of the field.
    """

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {}

    @classmethod
    def of(cls, ask: AnyAsk, settings: Mapping[str, str]) -> Self:
        """Return our ask in the partner's words. Raises Unreadable when the partner has no word for it."""
        values = dict(ask)
        for name, value in values.items():
            if isinstance(value, StrEnum):
                values[name] = cls.spelled.get(name, {}).get(value, value.value)
        product = values.get("product")
        if product is not None:
            values["product"] = settings.get(f"product.{product}", product)
        return cls.filled(values)

    def meant(self) -> dict[str, object]:
        """Return the partner's reading of it: the fields by our names, codes as what they stand for.

        Raises Unreadable for a code that stands for nothing.
        """
        values = dict(self)
        for name, table in self.spelled.items():
            found = [ours for ours, code in table.items() if code == values.get(name)]
            if name in values and not found:
                raise Unreadable(f"{name}: no such code")
            if found:
                values[name] = found[0]
        return values


class _News(Phrase, Telling):
    """A status of something that has our number. The table of the statuses is named by `table`."""

    table: ClassVar[str]

    subject: str
    status: str
    at: datetime | None = None
    reason_code: str | None = None
    reason: str | None = None

    def _told(
        self,
        kind: type[outcomes.Outcome],
        **values: object,
    ) -> tuple[AnyTold, ...]:
        line = self.codes[self.table].line(self.status, self.reason)
        return (
            outcomes.told(
                kind,
                line,
                subject=self.subject,
                at=self.at,
                reason=self.reason,
                extra=self.kept(),
                reason_code=self.reason_code,
                **values,
            ),
        )


@dataclass(frozen=True, slots=True)
class MoneyBook:
    """The messages of a dialect that moves money and lends none.

    `asks` is what travels in a request, `errands` what the answers tell, `order` what became of an order.
    """

    asks: Mapping[str, type[Phrase]]
    errands: Mapping[str, type[Phrase]]
    order: type[OrderNews]


class AccessNews(_News):
    """准入结果."""

    table = "access_status"
    retry_after_days: int | None = None

    def told(self) -> tuple[AnyTold, ...]:
        """Return whether the person may apply."""
        days = {} if self.retry_after_days is None else {"retry_after_days": self.retry_after_days}
        return self._told(AccessTold, **days)


class AgreementNews(_News):
    """绑卡结果, 代扣签约结果."""

    table = "agreement_status"
    agreement_no: str | None = None

    def told(self) -> tuple[AnyTold, ...]:
        """Return where the agreement stands."""
        return self._told(AgreementTold, agreement_no=self.agreement_no)


class AccountNews(_News):
    """开户结果."""

    table = "account_status"
    account_no: str | None = None

    def told(self) -> tuple[AnyTold, ...]:
        """Return where the account stands."""
        return self._told(AccountTold, account_no=self.account_no)


class OrderNews(_News):
    """指令结果. A status in `returned` says that money which had arrived came back."""

    table = "order_status"
    returned: ClassVar[frozenset[str]] = frozenset()
    serial: str | None = None
    amount_fen: int | None = None
    done_on: date | None = None

    def told(self) -> tuple[AnyTold, ...]:
        """Return what became of the order."""
        if self.status in self.returned and self.serial is not None and self.amount_fen is not None:
            back = outcomes.returned(self.subject, serial=self.serial, amount_fen=self.amount_fen, at=self.at)
            return (back,)
        return self._told(OrderTold, serial=self.serial, amount_fen=self.amount_fen, done_on=self.done_on)


class RepayNews(_News):
    """还款指令结果; the money itself comes as a repayment."""

    table = "repay_status"

    def told(self) -> tuple[AnyTold, ...]:
        """Return what became of the order to debit the borrower."""
        return self._told(RepayOrderTold)


class LimitNews(Phrase, Telling):
    """额度. `states` has the partner's codes."""

    states: ClassVar[Mapping[str, LimitState]]

    credit_no: str
    state: str
    total_fen: int
    available_fen: int
    valid_until: date | None = None
    at: datetime | None = None

    def told(self) -> tuple[AnyTold, ...]:
        """Return the limit."""
        state = self.states.get(self.state)
        if state is None:
            return (facts.unclear("limit", self.credit_no, self.state),)
        identity = f"limit/{self.credit_no}/{state}/{self.total_fen}/{self.available_fen}"
        with making_sense():
            return (
                LimitTold(
                    event_id=identity[:128],
                    occurred_at=self.at,
                    credit_no=self.credit_no,
                    state=state,
                    total_fen=self.total_fen,
                    available_fen=self.available_fen,
                    valid_until=self.valid_until,
                    extra=self.kept(),
                ),
            )


class TrialNews(Phrase, Telling):
    """还款试算结果."""

    loan_no: str
    on: date
    principal_fen: int
    interest_fen: int
    fee_fen: int | None = None
    penalty_fen: int | None = None

    def told(self) -> tuple[AnyTold, ...]:
        """Return what the borrower would owe."""
        with making_sense():
            return (
                TrialTold(
                    event_id=f"trial/{self.loan_no}/{self.on}"[:128],
                    loan_no=self.loan_no,
                    on=self.on,
                    principal_fen=self.principal_fen,
                    interest_fen=self.interest_fen,
                    fee_fen=self.fee_fen or 0,
                    penalty_fen=self.penalty_fen or 0,
                ),
            )


class CertificateNews(Phrase, Telling):
    """结清证明; without an address while it is being made."""

    loan_no: str
    location: str | None = None
    sha256: str | None = None

    def told(self) -> tuple[AnyTold, ...]:
        """Return where the certificate lies."""
        made = "made" if self.location else "pending"
        with making_sense():
            return (
                CertificateTold(
                    event_id=f"certificate/{self.loan_no}/{made}"[:128],
                    loan_no=self.loan_no,
                    location=self.location,
                    sha256=self.sha256,
                ),
            )


class BalanceNews(Phrase, Telling):
    """账户余额, now or at the end of a day."""

    account_no: str
    total_fen: int
    available_fen: int
    frozen_fen: int = 0
    day: date | None = None
    at: datetime | None = None

    def told(self) -> tuple[AnyTold, ...]:
        """Return the balance."""
        when = self.day or self.at
        with making_sense():
            return (
                BalanceTold(
                    event_id=f"balance/{self.account_no}/{when}"[:128],
                    occurred_at=self.at,
                    account_no=self.account_no,
                    total_fen=self.total_fen,
                    available_fen=self.available_fen,
                    frozen_fen=self.frozen_fen,
                    day=self.day,
                ),
            )
