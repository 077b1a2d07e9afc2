"""Statements never change; where each stands, and disputes about their lines, are beside them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.tables.columns import MOST_FEN
from hub.store.types import UtcTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    """Make both tables; every statement there is begins as a draft, and takes no change from now on."""
    op.create_table(
        "settling",
        sa.Column("statement_id", sa.String(), sa.ForeignKey("statement.id"), primary_key=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("changed_by", sa.String(), nullable=True),
        sa.Column("changed_why", sa.String(), nullable=True),
        sa.Column("changed_at", UtcTime(), nullable=True),
    )
    op.execute("INSERT INTO settling (statement_id, state) SELECT id, 'draft' FROM statement")
    op.create_table(
        "dispute",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("statement_id", sa.String(), sa.ForeignKey("statement.id"), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("counterparty", sa.String(), nullable=False),
        sa.Column("claimed_fen", sa.BigInteger(), nullable=False),
        sa.Column("change_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("silence_agrees", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("raised_by", sa.String(), nullable=False),
        sa.Column("raised_at", UtcTime(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_why", sa.String(), nullable=True),
        sa.Column("decided_at", UtcTime(), nullable=True),
        *_ranges("claimed_fen", "change_fen"),
    )
    op.create_index(
        "one_open_dispute", "dispute", ["line"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_index("dispute_by_statement", "dispute", ["statement_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER statement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER statement_no_{action.lower()} BEFORE {action} ON statement BEGIN "
            "SELECT RAISE(ABORT, 'statement is append-only: correct it with a new row'); END"
        )


def _ranges(*names: str) -> list[sa.CheckConstraint]:
    made = []
    for name in names:
        made.append(sa.CheckConstraint(f"{name} BETWEEN -{MOST_FEN} AND {MOST_FEN}", name=f"{name}_range"))
        whole = sa.CheckConstraint(f"typeof({name}) IN ('integer', 'null')", name=f"{name}_whole")
        if op.get_bind().dialect.name == "sqlite":
            made.append(whole)
    return made


def downgrade() -> None:
    """Take them away."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER statement_append_only ON statement")
    else:
        for action in ("update", "delete"):
            op.execute(f"DROP TRIGGER statement_no_{action}")
    op.drop_table("dispute")
    op.drop_table("settling")
