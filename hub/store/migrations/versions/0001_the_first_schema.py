"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.types import RateText, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOST_FEN = 1_000_000_000_000_000
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table, those that are referred to first."""
    for create in _TABLES:
        create()


def downgrade() -> None:
    """Drop every table, those that refer to others first."""
    for create in reversed(_TABLES):
        op.drop_table(create.__name__.removeprefix("_"))


def _fen(name: str, low: int = 0) -> tuple[sa.CheckConstraint, sa.CheckConstraint]:
    in_range = sa.CheckConstraint(f"{name} BETWEEN {low} AND {MOST_FEN}", name=f"{name}_range")
    whole = sa.CheckConstraint(f"typeof({name}) IN ('integer', 'null')", name=f"{name}_whole")
    return in_range, whole.ddl_if(dialect="sqlite")


def _application() -> None:
    op.create_table(
        "application",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("platform_no", sa.String(), nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("term_months", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("annual_rate", RateText(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("age", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("id_index", sa.String(), nullable=False),
        sa.Column("mobile_index", sa.String(), nullable=False),
        sa.Column("card_index", sa.String(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        *_fen("amount_fen", low=1),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner", "platform_no"),
    )
    op.create_index("application_by_person", "application", ["id_index"])
    op.create_index("application_by_state", "application", ["state", "id"])


def _config_version() -> None:
    op.create_table(
        "config_version",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("applied_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", "version"),
    )


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("seq", SERIAL, sa.Identity(always=False), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("machine", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("event_by_application", "event", ["application_id", "seq"])


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "key"),
    )


def _journal_entry() -> None:
    op.create_table(
        "journal_entry",
        sa.Column("seq", SERIAL, sa.Identity(always=False), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("loan_id", sa.String(), nullable=True),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("memo", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("entry_by_month", "journal_entry", ["month", "seq"])


def _journal_posting() -> None:
    op.create_table(
        "journal_posting",
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        *_fen("amount_fen", low=-MOST_FEN),
        sa.PrimaryKeyConstraint("entry_id", "line"),
    )
    op.create_index("posting_by_account", "journal_posting", ["account", "party"])


def _message() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("partner", "direction", "number"),
    )


def _month() -> None:
    op.create_table(
        "month",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("month"),
    )


def _nonce() -> None:
    op.create_table(
        "nonce",
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("partner", "nonce"),
    )


def _parked() -> None:
    op.create_table(
        "parked",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("parked_at", UtcTime(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_why", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def _quota() -> None:
    op.create_table(
        "quota",
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("used_fen", sa.BigInteger(), nullable=False),
        *_fen("used_fen"),
        sa.PrimaryKeyConstraint("programme", "bucket"),
    )


def _share_line() -> None:
    op.create_table(
        "share_line",
        sa.Column("seq", SERIAL, sa.Identity(always=False), nullable=False),
        sa.Column("loan_id", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("event_kind", sa.String(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("counterparty", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        *_fen("amount_fen", low=-MOST_FEN),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("share_by_loan", "share_line", ["loan_id"])
    op.create_index("share_by_month", "share_line", ["month", "party", "seq"])


def _statement() -> None:
    op.create_table(
        "statement",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        *_fen("total_fen", low=-MOST_FEN),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("month", "party"),
    )


def _work() -> None:
    op.create_table(
        "work",
        sa.Column("seq", SERIAL, sa.Identity(always=False), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=True),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Boolean(), nullable=False),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("lease_by", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    for name, columns, condition in (
        ("work_due", ["queue", "due_at", "seq"], "state = 'ready'"),
        ("work_leased", ["lease_until"], "state = 'leased'"),
        ("work_waiting", ["lane", "seq"], "state = 'waiting'"),
        ("one_head_of_lane", ["lane"], "lane IS NOT NULL AND state IN ('ready', 'leased')"),
    ):
        where = sa.text(condition)
        op.create_index(
            name,
            "work",
            columns,
            unique=name == "one_head_of_lane",
            sqlite_where=where,
            postgresql_where=where,
        )


def _attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("programme_version", sa.Integer(), nullable=False),
        sa.Column("agreement", sa.String(), nullable=False),
        sa.Column("agreement_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("cost_rate", RateText(), nullable=False),
        sa.Column("credit_no", sa.String(), nullable=True),
        sa.Column("limit_fen", sa.BigInteger(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("drawn_fen", sa.BigInteger(), nullable=True),
        sa.Column("draw_no", sa.String(), nullable=True),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.Column("quota_day", sa.Date(), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("queries", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        *_fen("amount_fen", low=1),
        *_fen("cost_fen"),
        *_fen("limit_fen"),
        *_fen("drawn_fen"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("application_id", "seq"),
        sa.UniqueConstraint("draw_no"),
    )
    op.create_index(
        "one_live_attempt",
        "attempt",
        ["application_id"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('cancelled', 'declined', 'failed')"),
        postgresql_where=sa.text("state NOT IN ('cancelled', 'declined', 'failed')"),
    )


def _routing_decision() -> None:
    op.create_table(
        "routing_decision",
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("chosen", sa.String(), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("decided_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.PrimaryKeyConstraint("application_id", "seq"),
    )


def _loan() -> None:
    op.create_table(
        "loan",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("attempt_id", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("loan_no", sa.String(), nullable=False),
        sa.Column("agreement", sa.String(), nullable=False),
        sa.Column("agreement_version", sa.Integer(), nullable=False),
        sa.Column("principal_fen", sa.BigInteger(), nullable=False),
        sa.Column("outstanding_fen", sa.BigInteger(), nullable=False),
        sa.Column("annual_rate", RateText(), nullable=False),
        sa.Column("term_months", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("disbursed_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.CheckConstraint("outstanding_fen <= principal_fen", name="outstanding_within_principal"),
        *_fen("outstanding_fen"),
        *_fen("principal_fen", low=1),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempt.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("application_id"),
        sa.UniqueConstraint("attempt_id"),
        sa.UniqueConstraint("partner", "loan_no"),
    )


def _money_event() -> None:
    op.create_table(
        "money_event",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("loan_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=True),
        sa.Column("period", sa.Integer(), nullable=True),
        sa.Column("original_serial", sa.String(), nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("principal_fen", sa.BigInteger(), nullable=False),
        sa.Column("interest_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("penalty_fen", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        *_fen("fee_fen"),
        *_fen("interest_fen"),
        *_fen("penalty_fen"),
        *_fen("principal_fen"),
        sa.ForeignKeyConstraint(
            ["loan_id"],
            ["loan.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("loan_id", "kind", "serial"),
    )


def _plan_term() -> None:
    op.create_table(
        "plan_term",
        sa.Column("loan_id", sa.String(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("principal_fen", sa.BigInteger(), nullable=False),
        sa.Column("interest_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_principal_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_interest_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_penalty_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        *_fen("fee_fen"),
        *_fen("interest_fen"),
        *_fen("principal_fen"),
        *_fen("paid_principal_fen"),
        *_fen("paid_interest_fen"),
        *_fen("paid_fee_fen"),
        *_fen("paid_penalty_fen"),
        sa.ForeignKeyConstraint(
            ["loan_id"],
            ["loan.id"],
        ),
        sa.PrimaryKeyConstraint("loan_id", "period"),
    )


_TABLES = (
    _application,
    _config_version,
    _event,
    _idempotency,
    _journal_entry,
    _journal_posting,
    _message,
    _month,
    _nonce,
    _parked,
    _quota,
    _share_line,
    _statement,
    _work,
    _attempt,
    _routing_decision,
    _loan,
    _money_event,
    _plan_term,
)
