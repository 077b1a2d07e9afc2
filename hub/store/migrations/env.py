"""How alembic runs inside the hub: on the connection it is given, in one transaction."""

from __future__ import annotations

from alembic import context

from hub.store.tables import T

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=T.metadata,
    render_as_batch=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
