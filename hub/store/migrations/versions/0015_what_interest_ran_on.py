"""A movement keeps what interest ran on, so that its sharing can be reckoned again for ever."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.tables.columns import MOST_FEN

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; movements booked before have none and are not reckoned again."""
    # Written out: a check of its own column is all that SQLite can add to a table that stands.
    checks = f"CONSTRAINT opening_fen_range CHECK (opening_fen BETWEEN 0 AND {MOST_FEN})"
    if op.get_bind().dialect.name == "sqlite":
        checks += " CONSTRAINT opening_fen_whole CHECK (typeof(opening_fen) IN ('integer', 'null'))"
    op.execute(f"ALTER TABLE money_event ADD COLUMN opening_fen BIGINT {checks}")
    op.add_column("money_event", sa.Column("days", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("money_event", "days")
    op.drop_column("money_event", "opening_fen")
