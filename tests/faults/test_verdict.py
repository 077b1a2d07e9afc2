"""The comparison of books finds what it is for: each kind of damage, done on purpose to books that agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, insert, update

from connectors.simulation.books import Loan
from contracts.programme import RepaymentMethod
from hub.store import mailbox
from hub.store.tables import T
from tests.faults.verdict import judge
from tests.hub.flows.world import World

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass
class Books:
    """A hub with one loan, and the partner's books that agree with it."""

    world: World
    application_id: str
    theirs: dict[str, list[Loan]]

    def found(self) -> list[str]:
        return judge(self.world.database, self.theirs, [self.application_id]).found


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    world = World(f"sqlite:///{tmp_path / 'hub.db'}")
    application_id = world.routed()
    loan = world.loan(application_id)
    draw_no = world.attempt(application_id).draw_no
    theirs = Loan(
        loan.loan_no, draw_no, "C1", loan.principal_fen, Decimal("0.18"), 12, RepaymentMethod.EQUAL_INSTALMENT
    )
    theirs.disbursed_on, theirs.outstanding_fen = date(2026, 1, 5), loan.outstanding_fen
    world.tell("alpha", "repayment", world.repayment(loan, "R1", 1))
    paid = world.row(T.money_event, T.money_event.c.kind == "repayment")
    theirs.received_principal_fen, theirs.received_interest_fen = paid.principal_fen, paid.interest_fen
    theirs.outstanding_fen -= paid.principal_fen
    with world.database.write() as tx:
        tx.execute(delete(T.work))
    yield Books(world, application_id, {"alpha": [theirs], "beta": []})
    world.database.close()


def test_books_that_agree_are_found_in_order(books: Books) -> None:
    assert books.found() == []


def _not_acknowledged(books: Books) -> None:
    books.application_id = "app_nobody"


def _their_loan_only(books: Books) -> None:
    other = copy(books.theirs["alpha"][0])
    other.loan_no, other.subject = "L9", "draw_9"
    books.theirs["beta"].append(other)


def _two_live_loans(books: Books) -> None:
    other = copy(books.theirs["alpha"][0])
    other.loan_no = "L9"
    books.theirs["beta"].append(other)


def _a_repayment_missing(books: Books) -> None:
    books.theirs["alpha"][0].received_interest_fen += 1


def _a_repayment_twice(books: Books) -> None:
    books.theirs["alpha"][0].received_principal_fen -= 1


def _damage(change: Callable[[Connection], object]) -> Callable[[Books], None]:
    def act(books: Books) -> None:
        with books.world.database.write() as tx:
            change(tx)

    return act


_posting = {"entry_id": "x", "line": 1, "month": "2026-01", "account": "cash", "party": "p", "amount_fen": 1}


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_not_acknowledged, "lost: application app_nobody was acknowledged"),
        (_their_loan_only, "is a loan of the partner only"),
        (_two_live_loans, "has 2 loans at partners"),
        (_a_repayment_missing, "lost: ('alpha', "),
        (_a_repayment_twice, "duplicate: ('alpha', "),
        (_damage(lambda tx: tx.execute(insert(T.journal_posting), _posting)), "entry x sums to 1"),
        (
            _damage(lambda tx: tx.execute(update(T.loan).values(outstanding_fen=5))),
            "fen of principal outstanding",
        ),
        (_damage(lambda tx: mailbox.put(tx, queue="local", kind="apply", ref="m", now=NOW)), "ready apply m"),
        (_damage(lambda tx: tx.execute(update(T.application).values(state="settled"))), "settled"),
    ],
)
def test_each_damage_is_found(books: Books, damage: Callable[[Books], None], words: str) -> None:
    damage(books)
    assert any(words in one for one in books.found()), books.found()
