"""Examples of the API description: invented people, valid check digits."""

from __future__ import annotations

from typing import Any, Final

APPLICATION_ID: Final = "app_019b8f5c7d2e7a41b0c2d3e4f5061728"
_TIME: Final = "2026-01-05T02:00:00Z"

SUBMISSION: Final[dict[str, Any]] = {
    "platform_no": "A20260105-000123",
    "product": "cash_loan",
    "amount_fen": 1_200_000,
    "term_months": 12,
    "method": "equal_instalment",
    "annual_rate": "0.1800",
    "purpose": "consumption",
    "consents": ["personal_data", "sensitive_data", "share_with_funder", "credit_enquiry"],
    "applicant": {
        "name": "张三",
        "id_number": "11010119900307299X",
        "mobile": "13800138000",
        "bank_card": "6222021234567890128",
        "address": "北京市东城区示例路1号",
        "region": "110101",
        "occupation": "engineer",
        "monthly_income_fen": 1_500_000,
    },
}
RECEIPT: Final = {"id": APPLICATION_ID, "state": "submitted", "reasons": []}
DRAWDOWN: Final = {"amount_fen": 1_200_000}
DRAWDOWN_RECEIPT: Final = {"id": APPLICATION_ID, "state": "drawing", "amount_fen": 1_200_000}
SIGNING: Final = {"code": "123456"}
SIGNING_RECEIPT: Final = {"id": APPLICATION_ID, "state": "confirming"}
REPAYMENT: Final = {"how": "partial", "period": 1, "amount_fen": 50_000}
REPAYMENT_RECEIPT: Final = {
    "id": APPLICATION_ID,
    "order": "ord_019b8f5c7d2e7a41b0c2d3e4f5061731",
    "amount_fen": 50_000,
    "how": "partial",
    "period": 1,
    "principal_fen": 32_000,
    "interest_fen": 18_000,
    "fee_fen": 0,
    "penalty_fen": 0,
}
MONEY_ORDERS: Final[dict[str, Any]] = {
    "application_id": APPLICATION_ID,
    "orders": [
        {
            "id": "ord_019b8f5c7d2e7a41b0c2d3e4f5061731",
            "kind": "debit",
            "partner": "payments",
            "seq": 1,
            "amount_fen": 50_000,
            "state": "done",
            "done_fen": 50_000,
            "done_on": "2026-02-05",
            "updated_at": _TIME,
        }
    ],
}

HEAD: Final[dict[str, Any]] = {
    "id": APPLICATION_ID,
    **{name: SUBMISSION[name] for name in ("platform_no", "product", "amount_fen", "term_months")},
    **{name: SUBMISSION[name] for name in ("method", "annual_rate", "purpose")},
    "state": "repaying",
    "reasons": [],
    "waiting_for": {
        "code": "borrower_repays",
        "zh": "还款中",
        "en": "waiting for the terms still to be repaid",
    },
    "created_at": _TIME,
    "updated_at": _TIME,
}
_MASKED: Final = {
    "name": "张*",
    "id_number": "1101**********299X",
    "mobile": "138****8000",
    "bank_card": "***************0128",
    "address": "北京市***",
    "region": "110101",
    "occupation": "engineer",
    "monthly_income_fen": 1_500_000,
}
LOAN: Final = {
    "id": "loan_019b8f5c7d2e7a41b0c2d3e4f5061730",
    "loan_no": "L20260105000123",
    "partner": "city_bank",
    "principal_fen": 1_200_000,
    "outstanding_fen": 1_107_984,
    "annual_rate": "0.1800",
    "term_months": 12,
    "method": "equal_instalment",
    "disbursed_on": "2026-01-05",
    "state": "active",
}
ATTEMPT: Final = {
    "id": "att_019b8f5c7d2e7a41b0c2d3e4f5061729",
    "seq": 1,
    "partner": "city_bank",
    "programme": "city_bank_cash",
    "programme_version": 1,
    "agreement": "city_bank_joint",
    "agreement_version": 1,
    "state": "funded",
    "amount_fen": 1_200_000,
    "credit_no": "C20260105000123",
    "limit_fen": 1_200_000,
    "valid_until": "2026-02-04",
    "drawn_fen": 1_200_000,
    "limit": {
        "state": "normal",
        "total_fen": 1_200_000,
        "available_fen": 0,
        "valid_until": "2026-02-04",
        "told_at": _TIME,
    },
    "updated_at": _TIME,
}
DRAWDOWN_STATE: Final = {
    "application_id": APPLICATION_ID,
    "draw_no": "drw_019b8f5c7d2e7a41b0c2d3e4f5061731",
    "partner": "city_bank",
    "amount_fen": 1_200_000,
    "attempt_state": "funded",
    "loan": LOAN,
}
APPLICATION: Final = {**HEAD, "applicant": _MASKED, "attempts": [ATTEMPT], "loan": LOAN}
APPLICATIONS: Final = {"items": [HEAD], "next_cursor": None}
TIMELINE: Final = {
    "application_id": APPLICATION_ID,
    "events": [
        {
            "seq": 1,
            "at": _TIME,
            "machine": "application",
            "subject": APPLICATION_ID,
            "what": "submitted",
            "before": None,
            "after": "submitted",
            "who": "platform:app",
            "source": "api",
            "detail": {},
        }
    ],
}
_DECISION: Final = {
    "seq": 1,
    "decided_at": _TIME,
    "chosen": "city_bank_cash",
    "decision": {"chosen": "city_bank_cash", "candidates": [], "refusals": []},
}
DECISIONS: Final = {"application_id": APPLICATION_ID, "latest": _DECISION, "all": [_DECISION]}
PLAN: Final = {
    "application_id": APPLICATION_ID,
    "loan": LOAN,
    "terms": [
        {
            "period": 1,
            "due_on": "2026-02-05",
            "principal_fen": 92_016,
            "interest_fen": 18_000,
            "fee_fen": 0,
            "paid_principal_fen": 92_016,
            "paid_interest_fen": 18_000,
            "paid_fee_fen": 0,
            "paid_penalty_fen": 0,
            "waived_interest_fen": 0,
            "waived_fee_fen": 0,
            "waived_penalty_fen": 0,
            "state": "paid",
        }
    ],
}
QUOTE: Final = {
    "amount_fen": 1_200_000,
    "term_months": 1,
    "method": "equal_instalment",
    "annual_rate": "0.1800",
    "first_instalment_fen": 1_218_000,
    "total_interest_fen": 18_000,
    "total_fen": 1_218_000,
    "all_in_annual_cost": "0.1956181715",
    "all_in_annual_cost_simple": "0.1800000000",
    "terms": [
        {
            "period": 1,
            "due_on": "2026-02-05",
            "principal_fen": 1_200_000,
            "interest_fen": 18_000,
            "total_fen": 1_218_000,
        }
    ],
}
MONTHS: Final = {
    "items": [{"month": "2026-01", "state": "open", "closed_at": None, "entries": 42, "statements": 0}]
}
STATEMENT_HEAD: Final[dict[str, Any]] = {
    "id": "stm_019b8f5c7d2e7a41b0c2d3e4f5061731",
    "month": "2026-01",
    "party": "city_bank",
    "lines": 128,
    "total_fen": 1_284_550,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "made_at": "2026-02-01T01:00:00Z",
}
STATEMENT: Final = {
    **STATEMENT_HEAD,
    "body": {
        "party": "city_bank",
        "period": "2026-01",
        "dues": [{"counterparty": "platform", "due_fen": -9_000}],
    },
}
STATEMENTS: Final = {"items": [STATEMENT_HEAD], "next_cursor": None}
CLOSED: Final = {"month": "2026-01", "statements": [STATEMENT_HEAD]}
SETTLEMENT: Final = {
    "month": "2026-01",
    "state": "open",
    "positions": [
        {"party": "city_bank", "receives_fen": 0, "pays_fen": 9_000, "net_fen": -9_000},
        {"party": "platform", "receives_fen": 9_000, "pays_fen": 0, "net_fen": 9_000},
    ],
    "dues": [{"debtor": "city_bank", "creditor": "platform", "amount_fen": 9_000}],
    "totals": [
        {
            "party": "platform",
            "counterparty": "city_bank",
            "kind": "share",
            "base": "interest",
            "lines": 1,
            "amount_fen": 9_000,
        }
    ],
}
EXPLANATION: Final = {
    "ref": "loan_019b8f5c7d2e7a41b0c2d3e4f5061730:received:R1:1",
    "clause": "funder_cost",
    "amount_fen": 7_083,
    "agrees": True,
    "steps": [
        {"zh": "事件：2026-02-05 还款 received R1", "en": "Event: received R1 on 2026-02-05"},
        {"zh": "计算：比例 rate 0.085", "en": "Numbers: rate 0.085"},
    ],
    "postings": [
        {"account": "receivable", "party": "city_bank", "amount_fen": 7_083},
        {"account": "payable_interest", "party": "city_bank", "amount_fen": -7_083},
    ],
}
JOURNAL: Final = {
    "items": [
        {
            "seq": 1,
            "id": "ent_019b8f5c7d2e7a41b0c2d3e4f5061732",
            "kind": "disbursement",
            "loan_id": "loan_019b8f5c7d2e7a41b0c2d3e4f5061730",
            "month": "2026-01",
            "booked_on": "2026-01-05",
            "memo": "放款 Disbursement",
            "postings": [
                {"line": 1, "account": "loan_principal", "party": "city_bank", "amount_fen": 1_200_000},
                {"line": 2, "account": "capital", "party": "city_bank", "amount_fen": -1_200_000},
            ],
        }
    ],
    "next_cursor": None,
}
TRIAL_BALANCE: Final = {
    "month": None,
    "items": [
        {
            "account": "capital",
            "zh": "出资",
            "en": "Capital provided",
            "party": "city_bank",
            "debit_fen": 0,
            "credit_fen": 1_200_000,
            "balance_fen": -1_200_000,
        },
        {
            "account": "loan_principal",
            "zh": "贷款本金",
            "en": "Loan principal outstanding",
            "party": "city_bank",
            "debit_fen": 1_200_000,
            "credit_fen": 0,
            "balance_fen": 1_200_000,
        },
    ],
    "debit_fen": 1_200_000,
    "credit_fen": 1_200_000,
    "difference_fen": 0,
}
BACKLOG: Final = {
    "at": _TIME,
    "work": {"local": 3, "later": 1, "buried": 0},
    "buried": {},
    "matters": {"parked": 1},
    "applications": {"repaying": 12, "declined": 2},
}
MATTER: Final = {
    "id": "mat_019b8f5c7d2e4f0a1b2c3d4e5f60718293a4",
    "kind": "parked",
    "zh": "消息与记录不符，已挂起",
    "en": "a message does not agree with the record",
    "reason": "disbursed 1200001 fen, 1200000 were drawn",
    "state": "open",
    "times": 1,
    "partner": "city_bank",
    "application_id": APPLICATION_ID,
    "message_id": "msg_019b8f5c7d2e7a41b0c2d3e4f5061733",
    "about": "drawdown",
    "source": "callback",
    "subject": "drw_019b8f5c7d2e7a41b0c2d3e4f5061734",
    "opened_at": _TIME,
    "seen_at": _TIME,
    "closed_at": None,
    "closed_how": None,
    "closed_by": None,
    "closed_why": None,
}
DRAFT: Final = {
    "terms": "programme:city_bank_standard@2",
    "state": "draft",
    "configured": True,
    "sha256": "5f" * 32,
    "applied_at": _TIME,
    "drafted_who": "operator:ann",
    "drafted_why": "signed supplement of January",
    "drafted_at": _TIME,
    "activated_who": None,
    "activated_why": None,
    "activated_at": None,
}
TERMS_ACTIVE: Final = {
    **DRAFT,
    "state": "active",
    "activated_who": "operator:bob",
    "activated_why": "compared with the signed paper",
    "activated_at": _TIME,
}
TERMS: Final = {"items": [DRAFT]}
MATTERS: Final = {"items": [MATTER], "next_cursor": None}
EXCHANGE: Final = {
    "id": "exc_019b8f5c7d2e7a41b0c2d3e4f5061735",
    "partner": "city_bank",
    "kind": "apply_for_credit",
    "subject": "att_019b8f5c7d2e7a41b0c2d3e4f5061729",
    "number": "019b8f5c7d2e7a41b0c2d3e4f5061733",
    "attempt": 1,
    "verdict": "answered",
    "milliseconds": 212,
    "at": _TIME,
    "view": {
        "method": "POST",
        "path": "/api/credit",
        "status": 200,
        "sent_bytes": 1840,
        "verdict": "answered",
    },
}
EXCHANGES: Final = {"items": [EXCHANGE], "next_cursor": None}
DAYS: Final = {
    "items": [
        {
            "day": "2026-01-05",
            "queued_at": _TIME,
            "done_at": _TIME,
            "summary": {"entries": {"disbursement": 12}, "difference_fen": 0, "matters": {"parked": 1}},
        }
    ]
}
DAILY_FILES: Final = {
    "items": [
        {
            "partner": "city_bank",
            "name": "repay_20260105.txt",
            "first_at": _TIME,
            "last_at": _TIME,
            "versions": 1,
            "facts": 0,
            "message_id": "msg_019b8f5c7d2e7a41b0c2d3e4f5061733",
        }
    ]
}
