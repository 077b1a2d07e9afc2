"""The consumer-finance company played from memory: answers polls, and calls back as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from connectors.envelope_json import wire
from connectors.envelope_json.connector import PATHS, PROFILE, SERVICES, service_of
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
from connectors.words import Words
from signing.envelope import Opened
from signing.profile import load_profile

_METHODS = {code: method for method, code in wire.METHODS.items()}
_REPAY_MODES = {how: code for code, how in wire.REPAY_MODES.items()}
_REFUND_MODES = {what: code for code, what in wire.REFUND_MODES.items()}
_COMPLAINTS = {"forged": "100001", "unreadable": "100001", "duplicate": "100002"}
_REFUSALS = {"NO_CREDIT": "200001", "USED": "200002", "AMOUNT": "200003"}
_CREDIT_STATUS = {Decision.PENDING: "02", Decision.APPROVED: "00", Decision.DECLINED: "01"}
_LOAN_STATUS = {Transfer.PENDING: "99", Transfer.DONE: "0", Transfer.FAILED: "1"}
_REFUSE_DAYS = 90


class EnvelopeJsonSimulator(Desk):
    """Decides and pays as `Habits` says; what it tells by callback it also answers when polled."""

    dialect = "envelope_json"
    prefix = "C"

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
        return opened.fields["requestNo"]

    def _envelope(self, path: str, request_no: str) -> Mapping[str, str]:
        return {"appid": self._app_id, "service": service_of(path)}

    def _complain(self, code: str, message: str, request_no: str) -> Words:
        text = {"forged": "验签失败", "unreadable": f"字段错误: {message}"}.get(code, message)
        return wire.Reply(code=_COMPLAINTS[code], msg=text)

    def _serve(self, path: str, opened: Opened, request_no: str, now: datetime) -> Served:
        if opened.fields.get("service") != service_of(path):
            raise Unreadable("service")
        if path == PATHS["apply"]:
            return self._apply(wire.Apply.read(opened.payload), now)
        if path == PATHS["drawdown"]:
            return self._draw(wire.Drawdown.read(opened.payload), now)
        if path == PATHS["query_credit"]:
            apply_id = wire.CreditQuery.read(opened.payload).apply_id
            case = self.lender.case(apply_id)
            missing = wire.Credit(apply_id=apply_id, credit_status="03")
            return Served(_reply(wire.CreditReply, missing if case is None else _credit(case)))
        if path == PATHS["query_drawdown"]:
            loan_apply_id = wire.DrawdownQuery.read(opened.payload).loan_apply_id
            loan = self.lender.drawdown(loan_apply_id)
            none = wire.Disbursement(loan_apply_id=loan_apply_id, loan_status="2")
            return Served(_reply(wire.DisbursementReply, none if loan is None else _loan(loan)))
        if path == PATHS["query_plan"]:
            paid = self.lender.loan(wire.PlanQuery.read(opened.payload).loan_no)
            if paid is None:
                return Served(wire.Reply(code="100004", msg="处理中"))
            return Served(_reply(wire.PlanReply, _plan(paid)))
        raise Unreadable("no such service")

    def _apply(self, words: wire.Apply, now: datetime) -> Served:
        try:
            self.lender.apply(
                words.apply_id,
                amount_fen=words.apply_amt,
                annual_rate=words.cust_rate,
                id_number=words.cert_no,
                now=now,
            )
        except Known:
            return Served(self._complain("duplicate", "订单编号已存在", ""))
        return Served(wire.Reply(code="100004", msg="处理中"), remember=True)

    def _draw(self, words: wire.Drawdown, now: datetime) -> Served:
        method = _METHODS.get(words.repay_type)
        if method is None:
            raise Unreadable("repayType")
        try:
            self.lender.draw(
                words.loan_apply_id,
                words.credit_no,
                amount_fen=words.loan_amt,
                annual_rate=words.cust_rate,
                months=words.loan_term,
                method=method,
                now=now,
            )
        except Known:
            return Served(self._complain("duplicate", "订单编号已存在", ""))
        except Refused as refusal:
            return Served(wire.Reply(code=_REFUSALS[str(refusal)], msg=str(refusal)), remember=True)
        return Served(wire.Reply(code="100004", msg="处理中"), remember=True)

    def _notices(self, events: Sequence[Event]) -> Iterator[Notice]:
        fresh: list[Loan] = []
        for told in bundled(events, self.batch):
            match told:
                case Decided(case=case):
                    yield self._notice("credit", _credit(case), (case.apply_no, case.decision))
                case Transferred(loan=loan):
                    yield self._notice("drawdown", _loan(loan), (loan.subject, loan.transfer))
                    fresh += [loan] if loan.transfer is Transfer.DONE else []
                case _:
                    yield from self._plans(fresh)
                    kind, words = _movements(told)
                    yield self._notice(kind, words, (movement.serial for movement in told))
        yield from self._plans(fresh)

    def _plans(self, fresh: list[Loan]) -> Iterator[Notice]:
        # After all disbursements of the hour and before any money comes back: notices of one kind travel
        # together.
        while fresh:
            loan = fresh.pop(0)
            yield self._notice("plan", _plan(loan), (loan.loan_no, "1"))

    def _notice(self, kind: str, words: Words, identity: Iterable[str]) -> Notice:
        fields = {"appid": self._app_id, "service": SERVICES[kind]}
        return Notice(kind, words.to_bytes(), notice_no("T", kind, *identity), fields)

    def _believes(self, notice: Notice, opened: Opened) -> bool:
        said = wire.Reply.read(opened.payload)
        return said.code == "000000" and opened.fields.get("requestNo") == notice.message_id


def _reply(model: type[Words], data: Words) -> Words:
    return model.model_validate({"code": "000000", "msg": "success", "data": data})


def _credit(case: Case) -> wire.Credit:
    approved = case.decision is Decision.APPROVED
    declined = case.decision is Decision.DECLINED
    return wire.Credit(
        apply_id=case.apply_no,
        credit_status=_CREDIT_STATUS[case.decision],
        credit_no=case.credit_no if approved else None,
        credit_amt=case.amount_fen if approved else None,
        credit_rate=case.annual_rate if approved else None,
        expire_date=case.valid_until,
        approve_time=case.decided_at,
        refuse_code=case.reason if declined else None,
        refuse_msg="综合评分不足" if declined else None,
        refuse_days=_REFUSE_DAYS if declined else None,
    )


def _loan(loan: Loan) -> wire.Disbursement:
    done = loan.transfer is Transfer.DONE
    failed = loan.transfer is Transfer.FAILED
    return wire.Disbursement(
        loan_apply_id=loan.subject,
        loan_status=_LOAN_STATUS[loan.transfer],
        loan_no=loan.loan_no if done else None,
        loan_amt=loan.principal_fen if done else None,
        loan_date=loan.disbursed_on if done else None,
        loan_time=loan.disbursed_at,
        fail_code=loan.reason if failed else None,
        fail_msg="收款账户异常" if failed else None,
    )


def _plan(loan: Loan) -> wire.Plan:
    terms = (
        wire.PlanTerm(term_no=t.period, due_date=t.due_on, prin_amt=t.principal_fen, int_amt=t.interest_fen)
        for t in loan.terms()
    )
    return wire.Plan(loan_no=loan.loan_no, plan_list=tuple(terms))


def _movements(told: Sequence[Movement]) -> tuple[str, Words]:
    match told[0]:
        case Paid():
            return "repayment", wire.RepaymentList(
                repay_list=tuple(_repayment(m) for m in told if isinstance(m, Paid))
            )
        case Compensated():
            return "compensation", wire.CompensationList(
                comp_list=tuple(_compensation(m) for m in told if isinstance(m, Compensated))
            )
        case _:
            return "refund", wire.RefundList(
                refund_list=tuple(_refund(m) for m in told if isinstance(m, Refunded))
            )


def _repayment(paid: Paid) -> wire.Repayment:
    return wire.Repayment(
        loan_no=paid.loan.loan_no,
        repay_seq=paid.serial,
        repay_mode=_REPAY_MODES[paid.how],
        term_no=paid.period,
        repay_date=paid.day,
        repay_time=paid.at,
        prin_amt=paid.principal_fen,
        int_amt=paid.interest_fen,
        pnlt_amt=paid.penalty_fen,
    )


def _compensation(compensated: Compensated) -> wire.Compensation:
    return wire.Compensation(
        loan_no=compensated.loan.loan_no,
        comp_seq=compensated.serial,
        term_no=compensated.period,
        comp_date=compensated.day,
        comp_time=compensated.at,
        prin_amt=compensated.principal_fen,
        int_amt=compensated.interest_fen,
        pnlt_amt=compensated.penalty_fen,
    )


def _refund(refunded: Refunded) -> wire.Refund:
    return wire.Refund(
        loan_no=refunded.loan.loan_no,
        refund_seq=refunded.serial,
        refund_mode=_REFUND_MODES[refunded.what],
        org_seq=refunded.original_serial,
        refund_date=refunded.day,
        refund_time=refunded.at,
        prin_amt=refunded.principal_fen,
        int_amt=refunded.interest_fen,
    )
