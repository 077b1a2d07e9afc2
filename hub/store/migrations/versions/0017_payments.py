"""Payments of settled months, and the bank's own lines they are found in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.tables.columns import MOST_FEN
from hub.store.types import UtcTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "payment",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("debtor", sa.String(), nullable=False),
        sa.Column("creditor", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("instructed_by", sa.String(), nullable=False),
        sa.Column("instructed_at", UtcTime(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("changed_by", sa.String(), nullable=True),
        sa.Column("changed_why", sa.String(), nullable=True),
        sa.Column("changed_at", UtcTime(), nullable=True),
        sa.UniqueConstraint("month", "debtor", "creditor"),
        *_fen(0),
    )
    op.create_table(
        "bank_entry",
        sa.Column("party", sa.String(), primary_key=True),
        sa.Column("serial", sa.String(), primary_key=True),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("counterparty", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("taken_at", UtcTime(), nullable=False),
        sa.Column("payment_id", sa.String(), nullable=True),
        *_fen(-MOST_FEN),
    )
    op.create_index("one_entry_a_payment", "bank_entry", ["party", "payment_id"], unique=True)


def _fen(low: int) -> list[sa.CheckConstraint]:
    made = [sa.CheckConstraint(f"amount_fen BETWEEN {low} AND {MOST_FEN}", name="amount_fen_range")]
    if op.get_bind().dialect.name == "sqlite":
        whole = "typeof(amount_fen) IN ('integer', 'null')"
        made.append(sa.CheckConstraint(whole, name="amount_fen_whole"))
    return made


def downgrade() -> None:
    """Take them away."""
    op.drop_table("bank_entry")
    op.drop_table("payment")
