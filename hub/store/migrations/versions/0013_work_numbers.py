"""On SQLite a piece of work's number is never given again: it tells one holder of a lease from the next."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Number work for ever upwards, as PostgreSQL does."""
    _made_anew(never_again=True)


def downgrade() -> None:
    """Give the number of work that is done to the next."""
    _made_anew(never_again=False)


def _made_anew(*, never_again: bool) -> None:
    if op.get_bind().dialect.name == "sqlite":
        how = {"sqlite_autoincrement": never_again}
        with op.batch_alter_table("work", recreate="always", table_kwargs=how):
            pass
