"""What approved statements leave due is instructed, paid and posted, and found at the bank."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, insert, update

from hub import logs
from hub.domain import settlement
from hub.domain.calendar import business_day
from hub.domain.lifecycle import PAYMENT, STATEMENT, Impossible, PaymentState, StatementState
from hub.domain.payment_files import Instruction, read_bank, to_csv
from hub.domain.reconciliation import BankLine, Expected, Reconciliation, Tolerance, reconcile
from hub.flows.books import open_month, write_entries
from hub.flows.closing import parties
from hub.flows.context import Cause, Context, record
from hub.flows.errors import NotKnown, WrongState
from hub.flows.settling import change
from hub.store import paid as store
from hub.store import settled
from hub.store.tables import T

log = logs.get(__name__)

_PAYABLE = (StatementState.APPROVED, StatementState.PAID, StatementState.RECONCILED)


def instruct(context: Context, month: str, *, who: str, source: str = "api") -> list[Instruction]:
    """Instruct what is due between parties whose statements of a month are both approved.

    Returns every payment of the month instructed so far; doing it again adds only what was approved since.
    Raises WrongState while nothing of the month may be paid.
    """
    cause = Cause(who, source, context.now())

    def write(tx: Connection) -> list[Instruction]:
        states = store.statements_of(tx, month)
        if not any(state in _PAYABLE for state in states.values()):
            raise WrongState(
                "nothing_approved",
                f"{month} 没有已批准的结算单",
                f"no statement of {month} is approved; see `loanhub settle list`",
            )
        known = {(row.debtor, row.creditor) for row in store.payments_of(tx, month)}
        for due in _dues(tx, month):
            both = states.get(due.debtor) in _PAYABLE and states.get(due.creditor) in _PAYABLE
            if both and (due.debtor, due.creditor) not in known:
                _instruct(context, tx, month, due, cause)
        _go_on(context, tx, month, cause)
        return _instructions(tx, month)

    return context.database.run(write, repeatable=True)


def instruction(context: Context, month: str) -> bytes:
    """The payment instruction file of a month: what was instructed and is not paid yet."""
    with context.database.read() as tx:
        rows = [row for row in store.payments_of(tx, month) if row.state == PaymentState.INSTRUCTED]
    names = {name: terms.name_zh for name, terms in parties(context).items()}
    return to_csv([_instruction(row) for row in rows], names)


def pay(context: Context, payment_id: str, *, on: date, who: str, why: str, source: str = "api") -> None:
    """Note that a payment left on a business day, and post it. Repeating it is harmless.

    Raises NotKnown, or WrongState for a day to come or a payment that is paid already.
    """
    cause = Cause(who, source, context.now())
    today = business_day(cause.now)

    def write(tx: Connection) -> None:
        row = _payment(tx, payment_id)
        if (row.state, row.paid_on, row.changed_by) == (PaymentState.PAID, on, who):
            return
        if on > today:
            raise WrongState("day_to_come", f"{on} 尚未到来", f"{on} has not come yet", field="on")
        _step(tx, row, "paid", cause, {"why": why, "on": on.isoformat()}, paid_on=on, changed_why=why)
        # The statements that were settled say what is due; a payment that is no due of theirs is refused.
        dues = _dues(tx, row.month)
        due = settlement.Due(row.debtor, row.creditor, row.amount_fen)
        whole = settlement.Settlement(row.month, 0, (), dues, (), (), ())
        entry = settlement.pay(whole, due, on=on, memo=f"{row.month} 结算付款 Settlement paid")
        entry = replace(entry, serial=row.id)
        write_entries(context, tx, (entry,), open_month(tx, on, today), cause)
        _go_on(context, tx, row.month, cause)

    context.database.run(write, repeatable=True)


def take_bank_statement(
    context: Context, party: str, content: bytes, tolerance: Tolerance, *, who: str, source: str = "cli"
) -> Reconciliation:
    """Keep the lines of a bank's statement of a party's account, and match what is beyond doubt.

    A line that came before is taken once; the same serial with other words is refused. Raises BadBankFile or
    WrongState. A payment is reconciled when the bank of either of its parties shows it.
    """
    lines = read_bank(content)
    cause = Cause(who, source, context.now())
    digest = sha256(content).hexdigest()

    def write(tx: Connection) -> Reconciliation:
        known = {row.serial: _line(row) for row in store.bank_lines(tx, party, unmatched=False)}
        for line in lines:
            if line.serial in known and known[line.serial] != line:
                raise WrongState(
                    "bank_line_changed",
                    f"流水号 {line.serial} 已存在且内容不同",
                    f"the bank's line {line.serial} came before with other words; ask the bank",
                )
        new = [line for line in lines if line.serial not in known]
        if new:
            tx.execute(insert(T.bank_entry), [_entry(party, line, digest, cause) for line in new])
        return _match(context, tx, party, tolerance, cause)

    return context.database.run(write, repeatable=True)


def _match(
    context: Context, tx: Connection, party: str, tolerance: Tolerance, cause: Cause
) -> Reconciliation:
    waiting = {row.id: row for row in store.awaiting(tx, party)}
    expected = [
        Expected(row.id, row.paid_on, row.amount_fen if row.creditor == party else -row.amount_fen, row.id)
        for row in waiting.values()
    ]
    lines = [_line(row) for row in store.bank_lines(tx, party, unmatched=True)]
    found = reconcile(expected, lines, tolerance)
    b = T.bank_entry.c
    for match in found.matches:
        row = waiting[match.payment]
        where = (b.party == party, b.serial == match.serial, b.payment_id.is_(None))
        tx.execute(update(T.bank_entry).where(*where).values(payment_id=row.id))
        detail = {"bank": party, "serial": match.serial, "difference_fen": match.difference_fen}
        if row.state == PaymentState.PAID:
            _step(tx, row, "reconciled", cause, detail, changed_why=f"{party} {match.serial}")
    for month in sorted({waiting[match.payment].month for match in found.matches}):
        _go_on(context, tx, month, cause)
    log.info("bank statement", party=party, matches=len(found.matches), differences=len(found.differences))
    return found


def _go_on(context: Context, tx: Connection, month: str, cause: Cause) -> None:
    """Bring every statement further all of whose payments are; one that leaves nothing due goes at once."""
    payments = {(row.debtor, row.creditor): row.state for row in store.payments_of(tx, month)}
    dues = _dues(tx, month)
    for party, statement_id in store.statement_ids(tx, month).items():
        own = [payments.get((d.debtor, d.creditor)) for d in dues if party in (d.debtor, d.creditor)]
        for event, states in (
            ("paid", (PaymentState.PAID, PaymentState.RECONCILED)),
            ("reconciled", (PaymentState.RECONCILED,)),
        ):
            row = settled.standing(tx, statement_id)
            if row is None or (row.state, event) not in STATEMENT.edges:
                continue
            if all(state in states for state in own):
                change(tx, row, event, STATEMENT.step(row.state, event), cause, f"{len(own)} 笔付款 payments")


def _dues(tx: Connection, month: str) -> tuple[settlement.Due, ...]:
    """What the statements of a month leave due, each once; from the statements, which never change."""
    return tuple(
        settlement.Due(other, party, fen) for party, other, fen in sorted(store.dues_of(tx, month)) if fen > 0
    )


def _instruct(context: Context, tx: Connection, month: str, due: settlement.Due, cause: Cause) -> None:
    payment_id = context.id("pay", cause.now)
    tx.execute(
        insert(T.payment).values(
            id=payment_id,
            month=month,
            debtor=due.debtor,
            creditor=due.creditor,
            amount_fen=due.amount_fen,
            state=PaymentState.INSTRUCTED.value,
            instructed_by=cause.who,
            instructed_at=cause.now,
        )
    )
    detail = {"month": month, "debtor": due.debtor, "creditor": due.creditor, "amount_fen": due.amount_fen}
    record(tx, payment_id, "payment", payment_id, "instructed", None, PaymentState.INSTRUCTED, cause, detail)


def _payment(tx: Connection, payment_id: str) -> Row[Any]:
    row = store.payment(tx, payment_id)
    if row is None:
        raise NotKnown("payment_unknown", "付款不存在", "there is no such payment")
    return row


def _step(
    tx: Connection, row: Row[Any], event: str, cause: Cause, detail: dict[str, object], **values: object
) -> None:
    try:
        after = PAYMENT.step(row.state, event)
    except Impossible:
        raise WrongState(
            "payment_state", f"付款处于 {row.state} 状态", f"the payment is {row.state}; it cannot be {event}"
        ) from None
    values |= {"state": after, "changed_by": cause.who, "changed_at": cause.now}
    tx.execute(update(T.payment).where(T.payment.c.id == row.id).values(values))
    record(tx, row.id, "payment", row.id, event, row.state, after, cause, detail)


def _instructions(tx: Connection, month: str) -> list[Instruction]:
    return [_instruction(row) for row in store.payments_of(tx, month)]


def _instruction(row: Row[Any]) -> Instruction:
    return Instruction(row.id, row.month, row.debtor, row.creditor, row.amount_fen)


def _line(row: Row[Any]) -> BankLine:
    return BankLine(row.serial, row.booked_on, row.amount_fen, row.counterparty, row.reference)


def _entry(party: str, line: BankLine, digest: str, cause: Cause) -> dict[str, object]:
    return {
        "party": party,
        "serial": line.serial,
        "booked_on": line.on,
        "amount_fen": line.amount_fen,
        "counterparty": line.counterparty,
        "reference": line.reference,
        "file_sha256": digest,
        "taken_at": cause.now,
    }
