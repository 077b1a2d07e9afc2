"""What the watch looks at: suspensions, daily files, ends of days, and indexes of what waits or ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.types import UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_INDEXES = (
    ("matter_suspends", "matter", ["partner"], "suspends"),
    (
        "attempt_open",
        "attempt",
        ["partner", "asked_at"],
        "state IN ('written', 'accepted', 'uncertain', 'drawing', 'draw_uncertain')",
    ),
    ("attempt_dead", "attempt", ["partner", "updated_at"], "state IN ('declined', 'failed')"),
    ("decision_void", "routing_decision", ["decided_at"], "chosen IS NULL"),
)


def upgrade() -> None:
    """Make tables, column and indexes."""
    op.create_table(
        "daily_file",
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("first_at", UtcTime(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.Column("versions", sa.Integer(), nullable=False),
        sa.Column("facts", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("partner", "name"),
    )
    op.create_table(
        "day_end",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("queued_at", UtcTime(), nullable=False),
        sa.Column("done_at", UtcTime(), nullable=True),
        sa.Column("summary", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("day"),
    )
    op.add_column("matter", sa.Column("suspends", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("matter") as batch:
        batch.alter_column("suspends", existing_type=sa.Boolean(), server_default=None)
    for name, table, columns, condition in _INDEXES:
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take them away."""
    for name, table, _, _ in _INDEXES:
        op.drop_index(name, table_name=table)
    with op.batch_alter_table("matter") as batch:
        batch.drop_column("suspends")
    op.drop_table("day_end")
    op.drop_table("daily_file")
