"""How often and when a partner said that it has no such order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.types import UtcTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_TABLES = ("attempt", "money_order")


def upgrade() -> None:
    """Count from now on."""
    for table in _TABLES:
        op.add_column(table, sa.Column("absences", sa.Integer(), nullable=False, server_default="0"))
        op.add_column(table, sa.Column("absent_at", UtcTime(), nullable=True))


def downgrade() -> None:
    """Count no more."""
    for table in _TABLES:
        op.drop_column(table, "absent_at")
        op.drop_column(table, "absences")
