"""Events are chained: each has its place among its application's and the hash of the one before it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.domain.chain import COVERED, START, link
from hub.store.types import UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_EVENT = sa.table(
    "event",
    sa.column("seq", sa.BigInteger()),
    sa.column("detail", sa.JSON()),
    sa.column("at", UtcTime()),
    *(
        sa.column(name, sa.Integer() if name == "position" else sa.String())
        for name in (*COVERED, "link")
        if name not in ("detail", "at")
    ),
)


def upgrade() -> None:
    """Add place and link, chain what is there, and guard both."""
    for name, kind in (("position", sa.Integer()), ("link", sa.String())):
        op.add_column("event", sa.Column(name, kind, nullable=True))
    _guard(on=False)
    _chain(op.get_bind())
    _guard(on=True)
    with op.batch_alter_table("event") as batch:
        batch.alter_column("position", existing_type=sa.Integer(), nullable=False)
        batch.alter_column("link", existing_type=sa.String(), nullable=False)
        batch.create_unique_constraint("event_place", ["application_id", "position"])
    _guard_again()


def downgrade() -> None:
    """Take place and link away."""
    with op.batch_alter_table("event") as batch:
        batch.drop_constraint("event_place", type_="unique")
        batch.drop_column("link")
        batch.drop_column("position")
    _guard_again()


def _chain(bind: sa.Connection) -> None:
    event = _EVENT.c
    known: dict[str, tuple[int, str]] = {}
    for row in bind.execute(sa.select(_EVENT).order_by(event.seq)).mappings().all():
        place, previous = known.get(row["application_id"], (0, START))
        made = link(previous, {**row, "position": place + 1})
        bind.execute(sa.update(_EVENT).where(event.seq == row["seq"]).values(position=place + 1, link=made))
        known[row["application_id"]] = (place + 1, made)


def _guard(*, on: bool) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE event {'ENABLE' if on else 'DISABLE'} TRIGGER event_append_only")
        return
    if not on:
        op.execute("DROP TRIGGER event_no_update")
        op.execute("DROP TRIGGER event_no_delete")


def _guard_again() -> None:
    # SQLite changes a table by copying it into a new one, and its triggers stay behind.
    if op.get_bind().dialect.name == "postgresql":
        return
    for action in ("UPDATE", "DELETE"):
        name = f"event_no_{action.lower()}"
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {action} ON event BEGIN "
            "SELECT RAISE(ABORT, 'event is append-only: correct it with a new row'); END"
        )
