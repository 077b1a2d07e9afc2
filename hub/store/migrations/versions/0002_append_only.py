"""What is append-only refuses UPDATE and DELETE in the database itself."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "config_version",
    "event",
    "journal_entry",
    "journal_posting",
    "message",
    "money_event",
    "nonce",
    "routing_decision",
    "share_line",
)


def upgrade() -> None:
    """Guard each table with triggers; on PostgreSQL against TRUNCATE too."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION '% is append-only: correct it with a new row', TG_TABLE_NAME; END $$"
        )
    for table in TABLES:
        if postgresql:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
            continue
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} BEGIN "
                f"SELECT RAISE(ABORT, '{table} is append-only: correct it with a new row'); END"
            )


def downgrade() -> None:
    """Take the guards away."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in TABLES:
        if postgresql:
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
            continue
        for action in ("UPDATE", "DELETE"):
            op.execute(f"DROP TRIGGER {table}_no_{action.lower()}")
    if postgresql:
        op.execute("DROP FUNCTION refuse_change()")
