"""Borrowers with a fate: where they live chooses their partner, their identity number what it decides."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Final

from stdnum import luhn
from stdnum.cn import ric

_CONSENTS: Final = ("personal_data", "sensitive_data", "share_with_funder", "credit_enquiry")
APPROVED, DECLINED, TRANSFER_FAILS, REFUSED = "approved", "declined", "transfer fails", "refused at the door"


def submission(number: int, seed: int, region: str, fate: str = APPROVED) -> dict[str, Any]:
    """Return an application of 3 months; the same for the same number and seed."""
    chance = random.Random(f"{seed}/{number}")
    return {
        "platform_no": f"F{seed}-{number:06d}",
        "product": "cash_loan",
        "amount_fen": chance.randint(20, 400) * 10_000,
        "term_months": 3,
        "method": chance.choice(("equal_instalment", "equal_principal")),
        "annual_rate": "0.1440",
        "purpose": "education" if fate != REFUSED else "securities",
        "consents": list(_CONSENTS),
        "applicant": {
            "name": chance.choice("赵钱孙李周吴郑王") + chance.choice("伟芳娜敏静丽强磊"),
            "id_number": _id_number(chance, region, fate),
            "mobile": f"138{chance.randint(0, 99_999_999):08d}",
            "bank_card": _card(chance),
            "region": region,
            "address": "示例路1号",
            "occupation": "教师",
            "monthly_income_fen": 1_000_000,
        },
    }


def _id_number(chance: random.Random, region: str, fate: str) -> str:
    for tail in _tails(chance, fate):
        year, month, day = chance.randint(1970, 2000), chance.randint(1, 12), chance.randint(1, 28)
        front = f"{region}{year}{month:02d}{day:02d}{tail}"
        digit = str(ric.calc_check_digit(front + "0"))
        if (digit == "X") == (fate == DECLINED):
            return front + digit
    raise AssertionError("the tails never end")


def _tails(chance: random.Random, fate: str) -> Iterator[str]:
    while True:
        first, rest = chance.randint(0, 9), chance.randint(0, 98)
        yield f"{first}99" if fate == TRANSFER_FAILS else f"{first}{rest:02d}"


def _card(chance: random.Random) -> str:
    front = f"62{chance.randint(0, 10**16 - 1):016d}"
    return front + str(luhn.calc_check_digit(front))
