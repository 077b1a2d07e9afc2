"""Data keys stand in a table of their own, whose rows may be rewrapped but never lost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.types import UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LOST = "a data key is never deleted or renamed: what it sealed would be lost"


def upgrade() -> None:
    """Make the table, and guard it: only the wrapping may change."""
    op.create_table(
        "data_key",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_by", sa.String(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("rewrapped_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_data_key_wrapped_by", "data_key", ["wrapped_by"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_loss() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{_LOST}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER data_key_kept BEFORE DELETE OR TRUNCATE OR UPDATE OF id, made_at ON data_key "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_loss()"
        )
        return
    for name, action in (("delete", "DELETE"), ("rename", "UPDATE OF id, made_at")):
        op.execute(
            f"CREATE TRIGGER data_key_no_{name} BEFORE {action} ON data_key BEGIN "
            f"SELECT RAISE(ABORT, '{_LOST}'); END"
        )


def downgrade() -> None:
    """Take the table away; what was sealed under its keys cannot be opened afterwards."""
    op.drop_table("data_key")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_loss()")
