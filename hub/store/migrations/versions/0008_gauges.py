"""What waits is counted over indexes of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_OF = {
    "work_intake": "kind IN ('route', 'draw') AND state != 'buried'",
    "work_inbox": "kind = 'apply' AND state != 'buried'",
}


def upgrade() -> None:
    """Index work of the two kinds that are bounded."""
    for name, condition in _OF.items():
        where = sa.text(condition)
        op.create_index(name, "work", ["seq"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take the indexes away."""
    for name in _OF:
        op.drop_index(name, table_name="work")
