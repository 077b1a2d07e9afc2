"""What waits for a person becomes one list: parked messages are matters, and so is whatever else calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.types import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_OPEN = sa.text("state = 'open'")
_BURIED = sa.text("state = 'buried'")
_NEW = ("cause", "about", "seen_at")


def upgrade() -> None:
    """Widen the table of parked messages under its new name; find buried work by an index."""
    op.rename_table("parked", "matter")
    for name in ("cause", "about", "application_id", "closed_how"):
        op.add_column("matter", sa.Column(name, sa.String(), nullable=True))
    op.add_column("matter", sa.Column("times", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("matter", sa.Column("seen_at", UtcTime(), nullable=True))
    op.execute(
        "UPDATE matter SET cause = 'parked:' || substr(id, 5), about = kind, kind = 'parked',"
        " seen_at = parked_at,"
        " closed_how = CASE state WHEN 'dismissed' THEN 'dismissed' END,"
        " state = CASE state WHEN 'dismissed' THEN 'closed' ELSE state END"
    )
    with op.batch_alter_table("matter") as batch:
        for name in _NEW:
            batch.alter_column(name, nullable=False)
        batch.alter_column("partner", nullable=True)
        batch.alter_column("times", server_default=None)
        batch.alter_column("parked_at", new_column_name="opened_at")
    op.create_index(
        "one_open_matter", "matter", ["cause"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_index("matter_by_cause", "matter", ["cause"])
    op.create_index("work_buried", "work", ["seq"], sqlite_where=_BURIED, postgresql_where=_BURIED)


def downgrade() -> None:
    """Keep what can be told of matters as parked messages."""
    for name in ("one_open_matter", "matter_by_cause"):
        op.drop_index(name, table_name="matter")
    op.drop_index("work_buried", table_name="work")
    op.execute(
        "UPDATE matter SET kind = about, partner = coalesce(partner, ''),"
        " state = CASE state WHEN 'closed' THEN 'dismissed' ELSE state END"
    )
    with op.batch_alter_table("matter") as batch:
        batch.alter_column("partner", nullable=False)
        batch.alter_column("opened_at", new_column_name="parked_at")
        for name in (*_NEW, "application_id", "closed_how", "times"):
            batch.drop_column(name)
    op.rename_table("matter", "parked")
