"""Examples of the API description: one statement on its way, with a line that was disputed."""

from __future__ import annotations

from typing import Any, Final

from hub.web.examples import STATEMENT_HEAD

_TIME: Final = "2026-02-03T02:00:00Z"
DISPUTE: Final[dict[str, Any]] = {
    "id": "dis_019b8f5c7d2e7a41b0c2d3e4f5061740",
    "statement_id": STATEMENT_HEAD["id"],
    "month": "2026-01",
    "line": "loan_019b8f5c7d2e7a41b0c2d3e4f5061730:received:R1:1",
    "party": "city_bank",
    "counterparty": "platform",
    "claimed_fen": 14_167,
    "change_fen": 834,
    "reason": "rate of the old version",
    "answer_by": "2026-02-13",
    "silence_agrees": True,
    "state": "agreed",
    "raised_by": "finance:bank",
    "raised_at": _TIME,
    "decided_by": "finance:ann",
    "decided_why": "the old version ended in December",
    "decided_at": _TIME,
}
STANDING: Final[dict[str, Any]] = {
    **{name: value for name, value in STATEMENT_HEAD.items() if name != "made_at"},
    "state": "reviewed",
    "reviewed_by": "finance:ann",
    "sent_on": "2026-02-03",
    "changed_by": "finance:ann",
    "changed_why": "compared with the bank's own figures",
    "changed_at": _TIME,
    "events": [
        {
            "machine": "statement",
            "subject": STATEMENT_HEAD["id"],
            "what": "reviewed",
            "before": "draft",
            "after": "reviewed",
            "who": "finance:ann",
            "source": "api",
            "detail": {"why": "compared with the bank's own figures"},
            "at": _TIME,
        }
    ],
    "disputes": [DISPUTE],
}
PAYMENTS: Final[dict[str, Any]] = {
    "items": [
        {
            "id": "pay_019b8f5c7d2e7a41b0c2d3e4f5061750",
            "month": "2026-01",
            "debtor": "city_bank",
            "creditor": "platform",
            "amount_fen": 9_000,
            "state": "paid",
            "instructed_by": "finance:ann",
            "instructed_at": _TIME,
            "paid_on": "2026-02-05",
            "changed_by": "finance:bob",
            "changed_why": "bank's receipt 17",
            "changed_at": _TIME,
        }
    ]
}
