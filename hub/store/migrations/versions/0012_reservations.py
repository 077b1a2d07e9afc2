"""What each attempt holds of its programme's quota, so that it is given back once and exactly."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op

from hub.store.types import UtcTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_DEAD = ("declined", "failed", "cancelled")
_ATTEMPT = sa.table(
    "attempt",
    *(sa.column(name, sa.String()) for name in ("id", "programme", "state")),
    sa.column("amount_fen", sa.BigInteger()),
    sa.column("quota_day", sa.Date()),
    sa.column("updated_at", UtcTime()),
)


def upgrade() -> None:
    """Make the table, write down what the living attempts took, and make room for what routing may ask."""
    op.add_column("application", sa.Column("facts", sa.JSON(none_as_null=True), nullable=True))
    made = op.create_table(
        "reservation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("charged", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("reservation_by_expiry", "reservation", ["state", "expires_at"])
    attempts = op.get_bind().execute(sa.select(_ATTEMPT).where(_ATTEMPT.c.state.not_in(_DEAD)))
    rows = [
        {
            "id": attempt.id,
            "programme": attempt.programme,
            "state": "confirmed" if attempt.state == "funded" else "reserved",
            "charged": _taken(attempt.quota_day, attempt.amount_fen),
            "made_at": attempt.updated_at,
            "expires_at": None,
            "ended_at": attempt.updated_at if attempt.state == "funded" else None,
        }
        for attempt in attempts
    ]
    if rows:
        op.bulk_insert(made, rows)


def downgrade() -> None:
    """Take the table away; what is taken stays counted."""
    op.drop_table("reservation")
    op.drop_column("application", "facts")


def _taken(day: date, fen: int) -> list[list[object]]:
    return [[bucket, fen, "amount"] for bucket in (day.isoformat(), day.strftime("%Y-%m"), "total")]
