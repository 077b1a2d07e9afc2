"""Invented people with valid check digits, the same for the same number."""

from __future__ import annotations

from stdnum import luhn
from stdnum.cn import ric

from contracts.messages import Applicant
from contracts.sensitive import BankCard, IdNumber, Mobile, PersonName


def identity_number(number: int, born: str = "19900307") -> str:
    """A valid identity number."""
    body = f"110101{born}{number % 1000:03d}"
    return body + str(ric.calc_check_digit(body + "0"))


def bank_card(number: int) -> str:
    """A card number that satisfies Luhn."""
    body = f"622202{number:012d}"
    return body + str(luhn.calc_check_digit(body))


def applicant(number: int = 1) -> Applicant:
    """A borrower."""
    return Applicant(
        name=PersonName("赵钱孙李"[number % 4] + "试"),
        id_number=IdNumber(identity_number(number)),
        mobile=Mobile(f"138{number:08d}"),
        bank_card=BankCard(bank_card(number)),
        region="110101",
    )
