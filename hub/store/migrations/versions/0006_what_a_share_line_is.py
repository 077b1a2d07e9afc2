"""A share line says in columns what it is, so that a month's end can be summed in the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COLUMNS = ("agreement", "kind", "base")


def upgrade() -> None:
    """Add the columns, and fill them from each line's body while its guard is off."""
    for name in COLUMNS:
        op.add_column("share_line", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("share_line", sa.Column("mirrors", sa.String(), nullable=True))
    _guard(on=False)
    columns: list[sa.ColumnClause[str]] = [sa.column(name) for name in (*COLUMNS, "mirrors")]
    line = sa.table("share_line", sa.column("body", sa.JSON()), *columns)
    said = {name: line.c.body[name].as_string() for name in (*COLUMNS, "mirrors")}
    filled = {name: sa.func.coalesce(said[name], "") for name in COLUMNS}
    op.execute(line.update().values(filled | {"mirrors": said["mirrors"]}))
    _guard(on=True)
    op.create_index("share_by_agreement", "share_line", ["agreement", "month", "kind"])


def downgrade() -> None:
    """Take the columns away again; the bodies hold all of it."""
    op.drop_index("share_by_agreement", "share_line")
    for name in ("mirrors", *reversed(COLUMNS)):
        op.drop_column("share_line", name)


def _guard(*, on: bool) -> None:
    """Take away or put back what keeps share lines from being changed."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE share_line {'ENABLE' if on else 'DISABLE'} TRIGGER share_line_append_only")
    elif on:
        op.execute(
            "CREATE TRIGGER share_line_no_update BEFORE UPDATE ON share_line BEGIN "
            "SELECT RAISE(ABORT, 'share_line is append-only: correct it with a new row'); END"
        )
    else:
        op.execute("DROP TRIGGER share_line_no_update")
