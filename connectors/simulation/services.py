"""What a simulated lender does beside lending: access, cards, documents, limits, trials, certificates."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.codes import Meaning
from connectors.simulation.books import Case, Decision, Transfer
from connectors.simulation.lender import Known, Lender, Refused
from connectors.simulation.plan import accrued
from connectors.simulation.vault import AT_FIRST_FEN, FUNDED
from contracts.messages import LimitChange, LimitState

WRONG_CODE = "000000"
"""The one-time code that never fits; every other one does."""


@dataclass(frozen=True, slots=True)
class Done:
    """How an errand went: what its code means, and what the answer tells by our names."""

    means: Meaning
    message: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Services:
    """The lender's other books. Testers steer it as they steer the lender:

    | what | outcome |
    |---|---|
    | identity number ending in X | access declined |
    | one-time code 000000 | the card is not bound |
    """

    lender: Lender
    bindings: dict[str, str] = field(default_factory=dict)
    documents: dict[tuple[str, str], str] = field(default_factory=dict)
    limits: dict[str, LimitState] = field(default_factory=dict)
    taken_over: dict[str, str] = field(default_factory=dict)

    def check_access(self, asked: Mapping[str, Any], now: datetime) -> Done:
        """Decline whom an application would be declined for."""
        if asked["id_number"].reveal().endswith("X"):
            return Done(Meaning.DECLINED, "综合评分不足")
        return Done(Meaning.APPROVED, values={"subject": asked["subject"]})

    def bind_card(self, asked: Mapping[str, Any], now: datetime) -> Done:
        """Send the code."""
        digest = hashlib.sha256(asked["subject"].encode()).hexdigest()
        self.bindings[asked["subject"]] = f"XY{digest[:16]}"
        return Done(Meaning.ACCEPTED)

    def confirm_code(self, asked: Mapping[str, Any], now: datetime) -> Done:
        """Bind the card whose code this is."""
        number = self.bindings.get(asked["subject"])
        if number is None or asked["code"].reveal() == WRONG_CODE:
            return Done(Meaning.DECLINED, "验证码错误")
        return Done(Meaning.APPROVED, values={"subject": asked["subject"], "agreement_no": number})

    def upload_document(self, asked: Mapping[str, Any], now: datetime) -> Done:
        """Take a document once; the same place with another hash is another document and refused."""
        key = (asked["subject"], asked["document"])
        if self.documents.setdefault(key, asked["sha256"]) != asked["sha256"]:
            return Done(Meaning.DECLINED, "文件摘要不一致")
        return Done(Meaning.ACCEPTED)

    def query_limit(self, asked: Mapping[str, Any], now: datetime) -> Done:
        """Say what is left of a limit."""
        case = self._approved(asked["credit_no"])
        return Done(Meaning.NOT_FOUND) if case is None else Done(Meaning.APPROVED, values=self._limit(case))

    def change_limit(self, asked: Mapping[str, Any], now: datetime) -> Done:
        """Freeze, unfreeze, close or adjust; a closed limit stays closed."""
        case = self._approved(asked["credit_no"])
        if case is None or self.limits.get(case.credit_no) is LimitState.CLOSED:
            return Done(Meaning.DECLINED, "额度不存在或已关闭")
        change = asked["change"]
        if change is LimitChange.ADJUST:
            case.amount_fen = asked["amount_fen"]
        else:
            self.limits[case.credit_no] = _AFTER[change]
        return Done(Meaning.APPROVED, values=self._limit(case))

    def trial_repayment(self, asked: Mapping[str, Any], now: datetime) -> Done:
        """Say what settles the loan on that day: what is outstanding, and interest for the days since."""
        loan = self.lender.loan(asked["loan_no"])
        if loan is None:
            return Done(Meaning.NOT_FOUND)
        days = max(0, (asked["on"] - loan.disbursed_on).days)
        interest = accrued(loan.outstanding_fen, loan.annual_rate, days)
        values = {"loan_no": loan.loan_no, "on": asked["on"], "principal_fen": loan.outstanding_fen}
        return Done(Meaning.APPROVED, values=values | {"interest_fen": interest})

    def repay(self, asked: Mapping[str, Any], now: datetime) -> Done:
        """Take an order to have the borrower repay."""
        try:
            self.lender.repay(
                asked["subject"],
                asked["loan_no"],
                how=asked["how"],
                period=asked["period"],
                principal_fen=asked["principal_fen"],
                interest_fen=asked["interest_fen"],
                penalty_fen=asked["penalty_fen"],
                now=now,
            )
        except Known:
            return Done(Meaning.DUPLICATE, "还款单号已存在")
        except Refused as refusal:
            return Done(Meaning.DECLINED, str(refusal))
        return Done(Meaning.ACCEPTED)

    def query_repayment(self, asked: Mapping[str, Any], now: datetime) -> Done:
        """Say what became of that order."""
        found = self.lender.asked(asked["subject"])
        if found is None:
            return Done(Meaning.NOT_FOUND)
        values: dict[str, object] = {"subject": asked["subject"], "means": _OUTCOME[found.outcome]}
        if found.outcome is Transfer.FAILED:
            values |= {"reason_code": found.reason, "reason": "余额不足"}
        return Done(Meaning.APPROVED, values=values)

    def take_over(self, asked: Mapping[str, Any], now: datetime) -> Done:
        """Write down who stands in for the borrower."""
        if self.lender.loan(asked["loan_no"]) is None:
            return Done(Meaning.DECLINED, "借据不存在")
        self.taken_over[asked["subject"]] = asked["loan_no"]
        return Done(Meaning.ACCEPTED)

    def certificate(self, asked: Mapping[str, Any], now: datetime) -> Done:
        """Say where the certificate lies, for a loan with nothing outstanding."""
        loan = self.lender.loan(asked["loan_no"])
        if loan is None:
            return Done(Meaning.NOT_FOUND)
        values: dict[str, object] = {"loan_no": loan.loan_no}
        if loan.outstanding_fen == 0:
            digest = hashlib.sha256(loan.loan_no.encode()).hexdigest()
            values |= {"location": f"/certificates/{loan.loan_no}.pdf", "sha256": digest}
        return Done(Meaning.APPROVED, values=values)

    def query_balance(self, asked: Mapping[str, Any], now: datetime) -> Done:
        """Say what is left in the account from which loans are paid out."""
        if asked["account_no"] != FUNDED:
            return Done(Meaning.NOT_FOUND, "无此账户")
        left = AT_FIRST_FEN - sum(loan.principal_fen for loan in self.lender.loans())
        told = {"account_no": FUNDED, "total_fen": left, "available_fen": left, "at": now}
        return Done(Meaning.APPROVED, values=told)

    def query_plan(self, asked: Mapping[str, Any], now: datetime) -> Done:
        """Find the loan; the clerk writes its plan."""
        loan = self.lender.loan(asked["loan_no"])
        return Done(Meaning.NOT_FOUND) if loan is None else Done(Meaning.APPROVED, values={"loan": loan})

    def _approved(self, credit_no: str) -> Case | None:
        case = self.lender.approval(credit_no)
        return case if case is not None and case.decision is Decision.APPROVED else None

    def _limit(self, case: Case) -> dict[str, object]:
        return {
            "credit_no": case.credit_no,
            "state": self.limits.get(case.credit_no, LimitState.NORMAL),
            "total_fen": case.amount_fen,
            "available_fen": 0 if case.drawn else case.amount_fen,
            "valid_until": case.valid_until,
        }


_OUTCOME: Mapping[Transfer, Meaning] = {
    Transfer.PENDING: Meaning.ACCEPTED,
    Transfer.DONE: Meaning.APPROVED,
    Transfer.FAILED: Meaning.DECLINED,
}
_AFTER: Mapping[LimitChange, LimitState] = {
    LimitChange.FREEZE: LimitState.FROZEN,
    LimitChange.UNFREEZE: LimitState.NORMAL,
    LimitChange.CLOSE: LimitState.CLOSED,
}

Service = Callable[[Services, Mapping[str, Any], datetime], Done]
