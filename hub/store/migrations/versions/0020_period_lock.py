"""Nothing is booked in a month that is closed: the database itself refuses, whoever writes."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TABLES = ("journal_entry", "share_line")


def upgrade() -> None:
    """Guard both tables.

    On PostgreSQL a booking holds its month against the closing until it commits, so that none slips in
    between the closing's look at the month and its commit; SQLite has one writer at a time.
    """
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_closed_month() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "PERFORM pg_advisory_xact_lock_shared(hashtext('month ' || NEW.month)); "
            "IF EXISTS (SELECT 1 FROM month WHERE month = NEW.month AND state = 'closed') THEN "
            "RAISE EXCEPTION 'the month % is closed: book in the open one', NEW.month; END IF; "
            "RETURN NEW; END $$"
        )
        for table in TABLES:
            op.execute(
                f"CREATE TRIGGER {table}_month_open BEFORE INSERT ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_closed_month()"
            )
        return
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_month_open BEFORE INSERT ON {table} "  # noqa: S608 - our own names
            "WHEN EXISTS (SELECT 1 FROM month WHERE month = NEW.month AND state = 'closed') "
            "BEGIN SELECT RAISE(ABORT, 'the month is closed: book in the open one'); END"
        )


def downgrade() -> None:
    """Take the guards away."""
    for table in TABLES:
        on = f" ON {table}" if op.get_bind().dialect.name == "postgresql" else ""
        op.execute(f"DROP TRIGGER {table}_month_open{on}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_closed_month()")
