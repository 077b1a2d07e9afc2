"""Every exchange with a partner is kept, and never changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.types import UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_WORDS = ("id", "partner", "kind", "subject", "number")


def upgrade() -> None:
    """Make the table and guard it."""
    op.create_table(
        "exchange",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("id", "partner", "kind", "subject", "number")
        ),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("view", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("exchange_by_subject", "exchange", ["subject"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER exchange_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON exchange "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER exchange_no_{action.lower()} BEFORE {action} ON exchange BEGIN "
            "SELECT RAISE(ABORT, 'exchange is append-only: correct it with a new row'); END"
        )


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("exchange")
