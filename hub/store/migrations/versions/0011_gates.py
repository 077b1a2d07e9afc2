"""A gate before each partner's queue: how many may be dialled at once and how often, over all processes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.types import UtcTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "gate",
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("free_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("queue"),
    )
    leased = sa.text("state = 'leased'")
    op.create_index("work_in_hand", "work", ["queue"], sqlite_where=leased, postgresql_where=leased)


def downgrade() -> None:
    """Take the table away: each process then holds its bounds for itself."""
    op.drop_index("work_in_hand", "work")
    op.drop_table("gate")
