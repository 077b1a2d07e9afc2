"""Bid prices as they were made, and an index of first decisions by time, which they are made from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.types import UtcTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make table and index."""
    op.create_table(
        "price_set",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("prices", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    first = sa.text("seq = 1")
    op.create_index(
        "decision_first", "routing_decision", ["decided_at"], sqlite_where=first, postgresql_where=first
    )


def downgrade() -> None:
    """Take them away: the order of cost decides."""
    op.drop_index("decision_first", "routing_decision")
    op.drop_table("price_set")
