"""Terms are drafted by one person and activated by another; what was in use before stays in use."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.types import UtcTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TABLE = "terms_step"
_WHY = "in use before two persons were asked for"
_VERSION = sa.table(
    "config_version",
    sa.column("kind", sa.String()),
    sa.column("name", sa.String()),
    sa.column("version", sa.Integer()),
    sa.column("applied_at", UtcTime()),
)


def upgrade() -> None:
    """Make the table, append-only, and write down that what was applied is active."""
    made = op.create_table(
        _TABLE,
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", "version", "step"),
    )
    rows = [
        {"kind": kept.kind, "name": kept.name, "version": kept.version, "step": step}
        | {"who": who, "why": _WHY, "at": kept.applied_at}
        for kept in op.get_bind().execute(sa.select(_VERSION))
        for step, who in (("draft", "configuration"), ("activate", "migration 0016"))
    ]
    if rows:
        op.bulk_insert(made, rows)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {_TABLE}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {_TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {_TABLE}_no_{action.lower()} BEFORE {action} ON {_TABLE} BEGIN "
            f"SELECT RAISE(ABORT, '{_TABLE} is append-only: correct it with a new row'); END"
        )


def downgrade() -> None:
    """Take the table away, and with it the triggers."""
    op.drop_table(_TABLE)
