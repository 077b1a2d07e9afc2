"""The trust played from memory: decides by callback, and writes each day's movements into files by night."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from connectors.codes import Meaning
from connectors.files import Row
from connectors.port import Answer, Partner, Random, Request, Unreadable
from connectors.simulation.books import (
    Case,
    Compensated,
    Decided,
    Decision,
    Event,
    Loan,
    Paid,
    Refunded,
    Transfer,
    Transferred,
)
from connectors.simulation.desk import Desk, Notice, Served, notice_no
from connectors.simulation.lender import USUAL, Habits, Known, Refused
from connectors.simulation.services import Services
from connectors.simulation.vault import AT_FIRST_FEN, FUNDED
from connectors.trust_file import wire
from connectors.trust_file.connector import profile
from connectors.units import SHANGHAI, business_day
from connectors.words import Words
from signing.envelope import Opened

FILES_AT = time(2)
"""Shanghai time at which the files of the day before are placed."""
MARKER = ".ok"

_METHODS = {code: method for method, code in wire.METHODS.items()}
_REPAY_TYPES = {how: code for code, how in wire.REPAY_TYPES.items()}
_REFUND_TYPES = {what: code for code, what in wire.REFUND_TYPES.items()}
_COMPLAINTS = {"forged": "9000", "unreadable": "9000", "duplicate": "9001"}
_REPAYING = {
    Meaning.ACCEPTED: ("9999", "交易处理成功"),
    Meaning.DUPLICATE: ("9001", "{}"),
    Meaning.DECLINED: ("9000", "还款校验失败: {}"),
}
_AUDIT = {Decision.PENDING: "3", Decision.APPROVED: "4", Decision.DECLINED: "5"}
_REMIT = {Transfer.PENDING: "9", Transfer.DONE: "6", Transfer.FAILED: "7"}


class TrustFileSimulator(Desk):
    """Decides and pays as `Habits` says; what is paid out or comes back stands in the files of that day."""

    dialect = "trust_file"
    prefix = "T"

    def __init__(
        self,
        partner: Partner,
        *,
        random: Random,
        seed: int = 0,
        habits: Habits = USUAL,
        batch: int = 50,
    ) -> None:
        super().__init__(partner, profile(), random=random, seed=seed, habits=habits, batch=batch)
        self._services = Services(self.lender)
        self._merchant = partner.settings.get("merchant_id", partner.id)
        self._first_day: date | None = None
        self._days: dict[date, list[Event]] = {}
        self._restating = False
        self._owed: list[tuple[date, list[Event]]] = []

    def handle(self, request: Request, *, now: datetime) -> Answer:
        """Answer a request; the first one opens the first day with files."""
        self._open_books(now)
        return super().handle(request, now=now)

    def files(self, *, now: datetime) -> list[tuple[str, bytes]]:
        """Return the files of every day that ended, once; a day without movements has files without lines."""
        self._open_books(now)
        self._advance(now)
        placed: list[tuple[str, bytes]] = []
        with self._lock:
            placed += [file for owed in self._owed for file in _files_of(*owed)]
            self._owed.clear()
            day = self._first_day
            while day is not None and _files_due(day) <= now:
                placed += _files_of(day, self._told_first(day, self._days.pop(day, [])))
                day += timedelta(days=1)
            self._first_day = day
        return placed

    def next_due(self) -> datetime | None:
        """Return when the next decision or file falls due."""
        waiting = [at for at in (self.lender.next_due(),) if at is not None]
        with self._lock:
            waiting += [_files_due(day) for day in self._days]
        return min(waiting, default=None)

    def restate(self) -> None:
        """Tell the next day with movements without its last one, and in full with the files after that."""
        with self._lock:
            self._restating = True

    def _told_first(self, day: date, events: list[Event]) -> list[Event]:
        if not self._restating or not events:
            return events
        self._restating = False
        self._owed.append((day, events))
        return events[:-1]

    def _open_books(self, now: datetime) -> None:
        with self._lock:
            if self._first_day is None:
                self._first_day = business_day(now)

    def _request_no(self, opened: Opened) -> str:
        return opened.fields["requestNo"]

    def _envelope(self, path: str, request_no: str) -> Mapping[str, str]:
        return {}

    def _complain(self, code: str, message: str, request_no: str) -> Words:
        text = {"forged": "验签失败", "unreadable": f"参数错误: {message}"}.get(code, message)
        return _status(_COMPLAINTS[code], text, request_no)

    def _serve(self, path: str, opened: Opened, request_no: str, now: datetime) -> Served:
        function = opened.fields.get("fn")
        if path != wire.GATEWAY:
            raise Unreadable("no such service")
        if function == wire.FUNCTIONS["apply"]:
            return self._apply(wire.Apply.read(opened.payload), request_no, now)
        if function == wire.FUNCTIONS["drawdown"]:
            return self._draw(wire.Drawdown.read(opened.payload), request_no, now)
        if function == wire.FUNCTIONS["query_credit"]:
            case = self.lender.case(wire.Query.read(opened.payload).unique_id)
            if case is None:
                return Served(_status("1000", "无此交易", request_no))
            return Served(wire.AuditReply.model_validate({"status": _done(request_no), **_audit(case)}))
        if function == wire.FUNCTIONS["query_drawdown"]:
            loan = self.lender.drawdown(wire.Query.read(opened.payload).unique_id)
            if loan is None:
                return Served(_status("1000", "无此交易", request_no))
            return Served(_remitted(loan, request_no))
        if function == wire.FUNCTIONS["query_balance"]:
            return Served(self._balance(wire.BalanceQuery.read(opened.payload), request_no, now))
        if function == wire.FUNCTIONS["repay"]:
            done = self._services.repay(wire.Repaying.read(opened.payload).meant(), now)
            code, message = _REPAYING[done.means]
            return Served(_status(code, message.format(done.message), request_no))
        if function == wire.FUNCTIONS["query_repayment"]:
            return Served(self._repaid(wire.RepayQuery.read(opened.payload), request_no, now))
        raise Unreadable("no such function")

    def _apply(self, words: wire.Apply, request_no: str, now: datetime) -> Served:
        try:
            self.lender.apply(
                words.unique_id,
                amount_fen=words.apply_amount,
                annual_rate=words.annual_rate,
                id_number=words.id_card_no,
                now=now,
            )
        except Known:
            return Served(self._complain("duplicate", "uniqueId已存在", request_no))
        return Served(wire.Reply(status=_done(request_no)), remember=True)

    def _draw(self, words: wire.Drawdown, request_no: str, now: datetime) -> Served:
        method = _METHODS.get(words.repay_way)
        if method is None:
            raise Unreadable("repayWay")
        try:
            self.lender.draw(
                words.unique_id,
                words.contract_no,
                amount_fen=sum(part.amount for part in words.remittance_details),
                annual_rate=words.annual_rate,
                months=words.periods,
                method=method,
                now=now,
            )
        except Known:
            return Served(self._complain("duplicate", "uniqueId已存在", request_no))
        except Refused as refusal:
            return Served(_status("9000", f"合同校验失败: {refusal}", request_no), remember=True)
        return Served(wire.Reply(status=_done(request_no)), remember=True)

    def _balance(self, words: wire.BalanceQuery, request_no: str, now: datetime) -> Words:
        if words.account_no != FUNDED:
            return _status("1000", "无此账户", request_no)
        left = AT_FIRST_FEN - sum(loan.principal_fen for loan in self.lender.loans())
        return wire.Balance(
            status=_done(request_no), account_no=FUNDED, total_fen=left, available_fen=left, at=now
        )

    def _repaid(self, words: wire.RepayQuery, request_no: str, now: datetime) -> Words:
        done = self._services.query_repayment(words.meant(), now)
        means = done.values.get("means")
        if not isinstance(means, Meaning):
            return _status("1000", "无此交易", request_no)
        return wire.Repaid.model_validate(
            {
                "status": _done(request_no),
                "unique_id": words.subject,
                "deduct_status": wire.CODES["repay_status"].code_of(means),
                "fail_reason": done.values.get("reason"),
            }
        )

    def _notices(self, events: Sequence[Event]) -> Iterator[Notice]:
        for event in events:
            if not isinstance(event, Decided):
                self._days.setdefault(business_day(event.at), []).append(event)
                continue
            case = event.case
            message_id = notice_no("Y", case.apply_no, case.decision)
            payload = wire.Audit.model_validate(_audit(case)).to_bytes()
            fields = {"merId": self._merchant, "fn": wire.CREDIT_NOTICE}
            yield Notice("credit", payload, message_id, fields)

    def _believes(self, notice: Notice, opened: Opened) -> bool:
        said = wire.Status.read(opened.payload)
        return said.response_code == "9999" and said.request_id == notice.message_id


def _status(code: str, message: str, request_no: str) -> Words:
    status = wire.Status(
        is_success=code == "9999", response_code=code, response_message=message, request_id=request_no
    )
    return wire.Reply(status=status)


def _done(request_no: str) -> wire.Status:
    return wire.Status(
        is_success=True, response_code="9999", response_message="交易处理成功", request_id=request_no
    )


def _audit(case: Case) -> dict[str, object]:
    words: dict[str, object] = {
        "unique_id": case.apply_no,
        "audit_status": _AUDIT[case.decision],
        "audit_time": case.decided_at,
    }
    if case.decision is Decision.APPROVED:
        words |= {
            "contract_no": case.credit_no,
            "approve_amount": case.amount_fen,
            "annual_rate": case.annual_rate,
            "expire_date": case.valid_until,
        }
    elif case.decision is Decision.DECLINED:
        words["refuse_reason"] = "综合评分不足"
    return words


def _remitted(loan: Loan, request_no: str) -> Words:
    done = loan.transfer is Transfer.DONE
    failed = loan.transfer is Transfer.FAILED
    return wire.Remitted(
        status=_done(request_no),
        unique_id=loan.subject,
        audit_status=_REMIT[loan.transfer],
        loan_no=loan.loan_no if done else None,
        remit_amount=loan.principal_fen if done else None,
        remit_date=loan.disbursed_on if done else None,
        fail_reason="收款账户异常" if failed else None,
    )


def _files_due(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), FILES_AT, SHANGHAI).astimezone(UTC)


def _files_of(day: date, events: Sequence[Event]) -> Iterator[tuple[str, bytes]]:
    rows: dict[str, list[Row]] = {kind: [] for kind in wire.LAYOUTS}
    for event in events:
        match event:
            case Transferred(loan=loan):
                rows["loan"].append(_loan_row(loan, day))
                if loan.transfer is Transfer.DONE:
                    rows["plan"] += _plan_rows(loan)
            case Paid():
                rows["repay"].append(_repay_row(event))
            case Compensated():
                rows["compensation"].append(_movement_row(event) | {"period": event.period})
            case Refunded():
                rows["refund"].append(_refund_row(event))
    for kind, layout in wire.LAYOUTS.items():
        name = layout.file_name(day)
        yield name, layout.write(rows[kind], day=day)
        yield name + MARKER, f"{name}\n".encode()


def _loan_row(loan: Loan, day: date) -> Row:
    done = loan.transfer is Transfer.DONE
    return {
        "unique_id": loan.subject,
        "status": _REMIT[loan.transfer],
        "loan_no": loan.loan_no if done else None,
        "contract_no": loan.credit_no,
        "amount_fen": loan.principal_fen,
        "rate": loan.annual_rate,
        "day": day,
        "reason": None if done else "收款账户异常",
    }


def _plan_rows(loan: Loan) -> Iterator[Row]:
    for term in loan.terms():
        yield {
            "loan_no": loan.loan_no,
            "version": 1,
            "period": term.period,
            "due_on": term.due_on,
            "principal_fen": term.principal_fen,
            "interest_fen": term.interest_fen,
        }


def _movement_row(event: Paid | Compensated | Refunded) -> dict[str, str | int | date | None]:
    return {
        "serial": event.serial,
        "loan_no": event.loan.loan_no,
        "day": event.day,
        "principal_fen": event.principal_fen,
        "interest_fen": event.interest_fen,
        "penalty_fen": 0,
    }


def _repay_row(event: Paid) -> Row:
    return _movement_row(event) | {
        "type": _REPAY_TYPES[event.how],
        "period": event.period,
        "penalty_fen": event.penalty_fen,
    }


def _refund_row(event: Refunded) -> Row:
    return _movement_row(event) | {"type": _REFUND_TYPES[event.what], "original": event.original_serial}
