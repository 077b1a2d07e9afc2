"""`settle`: brings statements from draft to reconciled, and decides disputes, with a name and a reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.acting import opened, stated
from hub.cli.faults import CHECKS_FAILED, Refusal, spoken

if TYPE_CHECKING:
    pass

app = typer.Typer(help="Settle statements: from draft to paid and found at the bank.", no_args_is_help=True)

StatementId = Annotated[str, typer.Argument(help="The id that `loanhub settle list` shows.")]
DisputeId = Annotated[str, typer.Argument(help="The id that `loanhub settle show` shows.")]
Who = Annotated[str, typer.Option(help="Your name; it stays with the change.")]
Why = Annotated[str, typer.Option(help="Your reason; it stays with the change.")]
Period = Annotated[str, typer.Option(help="The business month, such as 2026-01.")]


@app.command("list")
@spoken
def listed(period: Period) -> None:
    """List where every statement of a month stands."""
    from hub.store import settled

    with opened() as context:
        for row in settled.standings(context.database, period):
            print(_line(row))


@app.command()
@spoken
def show(statement_id: StatementId) -> None:
    """Print where a statement stands, every change of it and every dispute, as JSON."""
    from hub.store import settled

    with opened() as context:
        found = settled.history(context.database, statement_id)
    if found is None:
        raise Refusal(f"there is no statement {statement_id}; `loanhub settle list` shows those of a month")
    print(json.dumps(found, ensure_ascii=False, default=str, indent=2))


@app.command()
@spoken
def review(statement_id: StatementId, who: Who, why: Why) -> None:
    """Stand for a statement as the first person; the party has it from now on."""
    _step("review", statement_id, who, why)


@app.command()
@spoken
def confirm(statement_id: StatementId, who: Who, why: Why) -> None:
    """Note that the party has confirmed the statement, and by what."""
    _step("confirm", statement_id, who, why)


@app.command("return")
@spoken
def send_back(statement_id: StatementId, who: Who, why: Why) -> None:
    """Send a statement back to draft."""
    _step("return", statement_id, who, why)


@app.command()
@spoken
def approve(statement_id: StatementId, who: Who, why: Why) -> None:
    """Approve a confirmed statement for payment, as another person than the one who reviewed it."""
    _step("approve", statement_id, who, why)


@app.command()
@spoken
def dispute(
    statement_id: StatementId,
    line: Annotated[str, typer.Argument(help="The reference of the line, from the statement's last column.")],
    says: Annotated[str, typer.Option(help="What its due should be on this statement, in yuan.")],
    who: Who,
    why: Why,
) -> None:
    """Dispute one line of a statement. Nobody confirms or approves it before that is decided."""
    from contracts.money import parse_yuan
    from hub.flows import disputes

    name, reason = stated(who, why, capacity="finance")
    try:
        claimed = parse_yuan(says)
    except ValueError as error:
        raise Refusal(f"--says: {error}") from None
    with opened() as context:
        made = disputes.dispute(context, statement_id, line, claimed, who=name, reason=reason, source="cli")
    print(f"{made}: disputed")


@app.command()
@spoken
def agree(dispute_id: DisputeId, who: Who, why: Why) -> None:
    """Agree to a dispute: its correction is a line of the month now open, pointing to the original."""
    _decide(dispute_id, "agreed", who, why)


@app.command()
@spoken
def reject(dispute_id: DisputeId, who: Who, why: Why) -> None:
    """Reject a dispute; the line stands as it is."""
    _decide(dispute_id, "rejected", who, why)


@app.command()
@spoken
def instruct(period: Period, who: Who) -> None:
    """Instruct what approved statements leave due; the file goes into LOANHUB_STATEMENT_DIR."""
    from contracts.money import format_yuan
    from hub.cli.closing import write_whole
    from hub.flows import paying
    from hub.settings import Settings

    name, _ = stated(who, "as approved", capacity="finance")
    with opened() as context:
        made = paying.instruct(context, period, who=name, source="cli")
        content = paying.instruction(context, period)
    for one in made:
        print(f"{one.id} {one.debtor} -> {one.creditor} {format_yuan(one.amount_fen)} yuan")
    file = Settings().statement_dir / f"{period}-payments.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, lambda draft: draft.write_bytes(content))
    print(f"{file}: what is instructed and not paid yet")


@app.command()
@spoken
def payments(period: Period) -> None:
    """Print the payments of a month, one JSON object a line."""
    from hub.store import paid

    with opened() as context:
        for row in paid.payments(context.database, period):
            print(json.dumps(row, ensure_ascii=False, default=str))


@app.command()
@spoken
def paid(
    payment_id: Annotated[str, typer.Argument(help="The payment, as `loanhub settle payments` shows it.")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The business day on which it left.")],
    who: Who,
    why: Why,
) -> None:
    """Note that a payment was made, and post it."""
    from hub.flows import paying

    name, reason = stated(who, why, capacity="finance")
    with opened() as context:
        paying.pay(context, payment_id, on=on.date(), who=name, why=reason, source="cli")
    print(f"{payment_id}: paid")


@app.command()
@spoken
def bank(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The bank's statement, as CSV.")],
    party: Annotated[str, typer.Option(help="Whose account it is.")],
    who: Who,
    days: Annotated[int, typer.Option(help="Days a line may lie from its payment.")] = 3,
    amount: Annotated[str, typer.Option(help="Part of the amount it may differ by, such as 0.001.")] = "0",
    reference: Annotated[int, typer.Option(help="Per cent of the reference that may differ.")] = 0,
) -> None:
    """Find paid payments on a bank's statement. Ends with code 3 when anything is left over."""
    from contracts.money import format_yuan
    from hub.domain.payment_files import BadBankFile
    from hub.domain.reconciliation import Tolerance
    from hub.flows import paying

    name, _ = stated(who, "reconciled", capacity="finance")
    content = file.read_bytes()
    try:
        tolerance = Tolerance(Decimal(amount), days, reference)
        with opened() as context:
            found = paying.take_bank_statement(context, party, content, tolerance, who=name)
    except (InvalidOperation, BadBankFile, ValueError) as error:
        raise Refusal(f"{file.name}: {error}") from None
    for match in found.matches:
        print(f"matched {match.payment} {match.serial} difference {format_yuan(match.difference_fen)} yuan")
    for one in found.differences:
        more = format_yuan(one.amount_fen)
        print(f"DIFFERENCE {one.why} {one.payment or '-'} {one.serial or '-'} {more} yuan")
    print(f"{len(found.matches)} matched, {len(found.differences)} differences")
    if found.differences:
        raise typer.Exit(CHECKS_FAILED)


@app.command()
@spoken
def lapse() -> None:
    """Let silence agree where the agreement says so and the time is over; the end of each day does it too."""
    from hub.flows import settling

    with opened() as context:
        print(f"{settling.lapse(context)} lapsed")


def _step(step: str, statement_id: str, who: str, why: str) -> None:
    from hub.flows import settling
    from hub.store import settled

    name, reason = stated(who, why, capacity="finance")
    with opened() as context:
        settling.step(context, statement_id, settling.STEPS[step], who=name, why=reason, source="cli")
        print(_line(settled.history(context.database, statement_id) or {}))


def _decide(dispute_id: str, event: str, who: str, why: str) -> None:
    from hub.flows import disputes

    name, reason = stated(who, why, capacity="finance")
    with opened() as context:
        disputes.decide(context, dispute_id, event, who=name, why=reason, source="cli")
    print(f"{dispute_id}: {event}")


def _line(row: Mapping[str, Any]) -> str:
    from contracts.money import format_yuan

    by = f" {row['changed_by']}: {row['changed_why']}" if row["changed_by"] else ""
    return (
        f"{row['id']} {row['month']} {row['party']} {format_yuan(row['total_fen'])} yuan [{row['state']}]{by}"
    )
