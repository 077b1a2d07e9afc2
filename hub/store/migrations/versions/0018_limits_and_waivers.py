"""What was forgiven of a term, and the partner's newest word on a credit limit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.types import UtcTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_MOST = 1_000_000_000_000_000
_WAIVED = ("waived_interest_fen", "waived_fee_fen", "waived_penalty_fen")


def upgrade() -> None:
    """Make the columns, the table, and the way to an approval by its number."""
    with op.batch_alter_table("plan_term") as batch:
        for name in _WAIVED:
            batch.add_column(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("plan_term") as batch:
        for name in _WAIVED:
            batch.alter_column(name, existing_type=sa.BigInteger(), server_default=None)
            for check, words in _checks(name):
                batch.create_check_constraint(check, words)
    amounts = ("total_fen", "available_fen")
    op.create_table(
        "credit_limit",
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("credit_no", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in amounts),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("told_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("partner", "credit_no"),
        *(sa.CheckConstraint(words, name=check) for name in amounts for check, words in _checks(name)),
    )
    op.create_index("attempt_under", "attempt", ["partner", "credit_no"])


def _checks(name: str) -> list[tuple[str, str]]:
    checks = [(f"{name}_range", f"{name} BETWEEN 0 AND {_MOST}")]
    if op.get_bind().dialect.name == "sqlite":
        checks.append((f"{name}_whole", f"typeof({name}) IN ('integer', 'null')"))
    return checks


def downgrade() -> None:
    """Take them away."""
    op.drop_index("attempt_under", "attempt")
    op.drop_table("credit_limit")
    with op.batch_alter_table("plan_term") as batch:
        for name in _WAIVED:
            for check, _ in _checks(name):
                batch.drop_constraint(check, type_="check")
            batch.drop_column(name)
