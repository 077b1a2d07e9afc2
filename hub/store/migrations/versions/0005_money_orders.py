"""Orders to move money, and on each attempt who moves it; at most one order stands for a purpose."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.types import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_MOST = 1_000_000_000_000_000
_HOLDERS = ("disbursed_by", "collected_by", "custody", "merchant")
_STANDS = sa.text("state NOT IN ('closed', 'failed', 'returned')")


def upgrade() -> None:
    """Make the table and the columns."""
    for name in _HOLDERS:
        op.add_column("attempt", sa.Column(name, sa.String(), nullable=True))
    checks = []
    for name in ("amount_fen", "done_fen"):
        checks.append(sa.CheckConstraint(f"{name} BETWEEN 0 AND {_MOST}", name=f"{name}_range"))
        if op.get_bind().dialect.name == "sqlite":
            whole = f"typeof({name}) IN ('integer', 'null')"
            checks.append(sa.CheckConstraint(whole, name=f"{name}_whole"))
    op.create_table(
        "money_order",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("loan_id", sa.String(), nullable=True),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("serial", sa.String(), nullable=True),
        sa.Column("done_fen", sa.BigInteger(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("queries", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"]),
        sa.UniqueConstraint("purpose", "seq"),
        *checks,
    )
    op.create_index(
        "one_order_a_purpose",
        "money_order",
        ["purpose"],
        unique=True,
        sqlite_where=_STANDS,
        postgresql_where=_STANDS,
    )
    op.create_index("order_by_application", "money_order", ["application_id", "id"])


def downgrade() -> None:
    """Take both away."""
    op.drop_table("money_order")
    for name in _HOLDERS:
        op.drop_column("attempt", name)
