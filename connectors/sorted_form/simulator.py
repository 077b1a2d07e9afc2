"""The bank played from memory: takes forms, decides by notification, collects every night at noon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from connectors.port import Partner, Random, Unreadable
from connectors.simulation.books import (
    Case,
    Compensated,
    Decided,
    Decision,
    Event,
    Loan,
    Movement,
    Paid,
    Refunded,
    Transfer,
    Transferred,
)
from connectors.simulation.desk import Desk, Notice, Served, bundled, notice_no
from connectors.simulation.lender import USUAL, Habits, Known, Refused
from connectors.sorted_form import wire
from connectors.sorted_form.connector import PROFILE
from connectors.words import Words
from signing.envelope import Opened
from signing.profile import load_profile

_METHODS = {code: method for method, code in wire.METHODS.items()}
_REPAY_TYPES = {how: code for code, how in wire.REPAY_TYPES.items()}
_REFUND_TYPES = {what: code for code, what in wire.REFUND_TYPES.items()}
_COMPLAINTS = {"forged": "500018", "unreadable": "100005", "duplicate": "100002"}
_REFUSALS = {"NO_CREDIT": "200101", "USED": "200102", "AMOUNT": "200103"}
_REJECT_DAYS = 30


class SortedFormSimulator(Desk):
    """Decides and pays as `Habits` says; tells everything by notification and answers every query."""

    dialect = "sorted_form"
    prefix = "B"

    def __init__(
        self,
        partner: Partner,
        *,
        random: Random,
        seed: int = 0,
        habits: Habits = USUAL,
        batch: int = 50,
    ) -> None:
        super().__init__(partner, load_profile(PROFILE), random=random, seed=seed, habits=habits, batch=batch)
        self._app_id = partner.settings.get("app_id", partner.id)

    def _request_no(self, opened: Opened) -> str:
        return opened.fields.get("msg_id", "")

    def _envelope(self, path: str, request_no: str) -> Mapping[str, str]:
        return {}

    def _complain(self, code: str, message: str, request_no: str) -> Words:
        text = f"参数错误: {message}" if code == "unreadable" else message
        return wire.Reply(return_code=_COMPLAINTS[code], return_msg=text, msg_id=request_no)

    def _serve(self, path: str, opened: Opened, request_no: str, now: datetime) -> Served:
        match path:
            case wire.APPLY:
                return self._apply(wire.Apply.read(opened.payload), request_no, now)
            case wire.CREDIT_QUERY:
                case = self.lender.case(wire.CreditQuery.read(opened.payload).third_apply_id)
                return Served(_missing(request_no) if case is None else _credit_reply(case, request_no))
            case wire.DRAWDOWN:
                return self._draw(wire.Drawdown.read(opened.payload), request_no, now)
            case wire.DRAWDOWN_QUERY:
                loan = self.lender.drawdown(wire.DrawdownQuery.read(opened.payload).loan_apply_no)
                return Served(_missing(request_no) if loan is None else _loan_reply(loan, request_no))
            case wire.PLAN_QUERY:
                paid = self.lender.loan(wire.PlanQuery.read(opened.payload).loan_no)
                return Served(_missing(request_no) if paid is None else _plan_reply(paid, request_no))
        raise Unreadable("no such service")

    def _apply(self, words: wire.Apply, request_no: str, now: datetime) -> Served:
        try:
            self.lender.apply(
                words.third_apply_id,
                amount_fen=words.apply_amount,
                annual_rate=words.year_rate,
                id_number=words.id_no,
                now=now,
            )
        except Known:
            return Served(self._complain("duplicate", "third_apply_id已存在", request_no))
        return Served(wire.Reply(return_code="0", return_msg="success", msg_id=request_no), remember=True)

    def _draw(self, words: wire.Drawdown, request_no: str, now: datetime) -> Served:
        try:
            method = _METHODS[words.repay_mode]
        except KeyError:
            raise Unreadable("repay_mode") from None
        try:
            self.lender.draw(
                words.loan_apply_no,
                words.credit_no,
                amount_fen=words.loan_amount,
                annual_rate=words.year_rate,
                months=words.loan_term,
                method=method,
                now=now,
            )
        except Known:
            return Served(self._complain("duplicate", "loan_apply_no已存在", request_no))
        except Refused as refusal:
            reason = str(refusal)
            return Served(
                wire.Reply(return_code=_REFUSALS[reason], return_msg=reason, msg_id=request_no), remember=True
            )
        return Served(wire.Reply(return_code="0", return_msg="success", msg_id=request_no), remember=True)

    def _notices(self, events: Sequence[Event]) -> Iterator[Notice]:
        for told in bundled(events, self.batch):
            match told:
                case Decided(case=case):
                    yield self._notice(
                        "credit", wire.CreditNotice, (case.apply_no, case.decision), _credit(case)
                    )
                case Transferred(loan=loan):
                    yield self._notice(
                        "drawdown", wire.DisbursementNotice, (loan.subject, loan.transfer), _loan(loan)
                    )
                case _:
                    kind, model = _MOVEMENTS[type(told[0])]
                    serials = tuple(movement.serial for movement in told)
                    yield self._notice(kind, model, serials, {"details": tuple(map(_row, told))})

    def _notice(
        self, kind: str, model: type[Words], identity: Iterable[str], content: Mapping[str, object]
    ) -> Notice:
        message_id = notice_no("N", kind, *identity)
        payload = model.model_validate({"msg_id": message_id, **content}).to_bytes()
        return Notice(kind, payload, message_id, {"app_id": self._app_id})

    def _believes(self, notice: Notice, opened: Opened) -> bool:
        said = wire.Acknowledgement.read(opened.payload)
        return said.return_code == 0 and said.msg_id == notice.message_id


_MOVEMENTS: Mapping[type[Movement], tuple[str, type[Words]]] = {
    Paid: ("repayment", wire.RepayNotice),
    Compensated: ("compensation", wire.CompensationNotice),
    Refunded: ("refund", wire.RefundNotice),
}
_STATUS = {Decision.PENDING: "01", Decision.APPROVED: "03", Decision.DECLINED: "04"}
_LOAN_STATUS = {Transfer.PENDING: "16", Transfer.DONE: "17", Transfer.FAILED: "21"}


def _missing(request_no: str) -> Words:
    return wire.Reply(return_code="200404", return_msg="记录不存在", msg_id=request_no)


def _head(request_no: str) -> dict[str, object]:
    return {"return_code": "0", "return_msg": "success", "msg_id": request_no}


def _credit_reply(case: Case, request_no: str) -> Words:
    return wire.CreditReply.model_validate({**_head(request_no), **_credit(case)})


def _loan_reply(loan: Loan, request_no: str) -> Words:
    return wire.DisbursementReply.model_validate({**_head(request_no), **_loan(loan)})


def _plan_reply(loan: Loan, request_no: str) -> Words:
    return wire.PlanReply.model_validate(
        {**_head(request_no), "loan_no": loan.loan_no, "repay_plan": _plan(loan)}
    )


def _credit(case: Case) -> dict[str, object]:
    words: dict[str, object] = {"third_apply_id": case.apply_no, "apply_status": _STATUS[case.decision]}
    if case.decision is Decision.APPROVED:
        words |= {
            "credit_no": case.credit_no,
            "credit_limit": case.amount_fen,
            "year_rate": case.annual_rate,
            "valid_date": case.valid_until,
        }
    elif case.decision is Decision.DECLINED:
        words |= {"reject_code": case.reason, "reject_msg": "综合评分不足", "reject_period": _REJECT_DAYS}
    return words | {"decide_time": case.decided_at}


def _loan(loan: Loan) -> dict[str, object]:
    words: dict[str, object] = {
        "loan_apply_no": loan.subject,
        "loan_status": _LOAN_STATUS[loan.transfer],
        "loan_time": loan.disbursed_at,
    }
    if loan.transfer is Transfer.DONE:
        words |= {"loan_no": loan.loan_no, "loan_amount": loan.principal_fen, "repay_plan": _plan(loan)}
    elif loan.transfer is Transfer.FAILED:
        words |= {"fail_code": loan.reason, "fail_reason": "收款账户异常"}
    return words


def _plan(loan: Loan) -> tuple[wire.PlanRow, ...]:
    return tuple(
        wire.PlanRow(
            period=term.period,
            due_date=term.due_on,
            principal=term.principal_fen,
            interest=term.interest_fen,
        )
        for term in loan.terms()
    )


def _row(movement: Movement) -> Words:
    match movement:
        case Paid():
            return wire.RepayRow(
                loan_no=movement.loan.loan_no,
                repay_serial=movement.serial,
                repay_type=_REPAY_TYPES[movement.how],
                period=movement.period or 0,
                repay_time=movement.at,
                principal=movement.principal_fen,
                interest=movement.interest_fen,
                penalty=movement.penalty_fen,
            )
        case Compensated():
            return wire.CompensationRow(
                loan_no=movement.loan.loan_no,
                comp_serial=movement.serial,
                period=movement.period,
                comp_time=movement.at,
                principal=movement.principal_fen,
                interest=movement.interest_fen,
                penalty=movement.penalty_fen,
            )
        case Refunded():
            return wire.RefundRow(
                loan_no=movement.loan.loan_no,
                refund_serial=movement.serial,
                refund_type=_REFUND_TYPES[movement.what],
                original_serial=movement.original_serial,
                refund_time=movement.at,
                principal=movement.principal_fen,
                interest=movement.interest_fen,
            )
