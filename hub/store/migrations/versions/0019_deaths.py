"""Work counts the workers that died with it apart from its tries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count from now on: how many died before was not written down."""
    op.add_column("work", sa.Column("deaths", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Count no more."""
    op.drop_column("work", "deaths")
