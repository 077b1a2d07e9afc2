"""The borrowers of a run: invented people with valid numbers; their loans invented or from a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any, Final

from stdnum import luhn
from stdnum.cn import ric

from hub.demo.draws import Draws
from hub.demo.errors import Unable

COLUMNS: Final = ("loan_amount", "term", "interest_rate", "loan_purpose")
"""What a file of loans must have: whole yuan, months, percent a year, purpose."""

_SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
)
_GIVEN: Final = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红玲芬燕彬凤洁梅琳素云莲真环雪荣爱妹香月莺媛瑞凡佳"
)
_REGIONS: Final = (
    (6, ("310115", "上海市浦东新区")),
    (5, ("320102", "南京市玄武区")),
    (5, ("330106", "杭州市西湖区")),
    (5, ("440305", "深圳市南山区")),
    (4, ("110105", "北京市朝阳区")),
    (4, ("510104", "成都市锦江区")),
    (4, ("420106", "武汉市武昌区")),
    (3, ("370102", "济南市历下区")),
    (3, ("610113", "西安市雁塔区")),
    (3, ("350203", "厦门市思明区")),
    (3, ("430102", "长沙市芙蓉区")),
    (3, ("500103", "重庆市渝中区")),
    (1, ("150902", "乌兰察布市集宁区")),
)
_OCCUPATIONS: Final = ("教师", "司机", "护士", "程序员", "厨师", "会计", "销售", "电工", "个体经营")
_CONSENTS: Final = ("personal_data", "sensitive_data", "share_with_funder", "credit_enquiry")
_PURPOSES: Final = ("consumption", "education", "medical", "renovation", "travel", "appliances", "other")
_NOT_ALLOWED: Final = "securities"
_HONEST: Final = 60
"""One invented applicant in this many names a purpose no consumer loan may have, and is not admitted."""
_BORN_FIRST, _BORN_LAST = date(1966, 2, 1), date(2005, 12, 31)

# Ranges of hundreds of yuan by weight.
_AMOUNTS: Final = ((55, (20, 200)), (30, (200, 500)), (13, (500, 1000)), (2, (1000, 2000)))
_TERMS: Final = ((8, 3), (14, 6), (38, 12), (22, 24), (14, 36), (4, 60))
_METHODS: Final = ((70, "equal_instalment"), (18, "equal_principal"), (12, "interest_first"))
BULLET_MONTHS_MAX: Final = 12


class Will(StrEnum):
    """What a borrower does with an approval."""

    ALL = "all"
    PART = "part"  # draws four fifths
    NEVER = "never"


_WILLS: Final = ((93, Will.ALL), (5, Will.PART), (2, Will.NEVER))


@dataclass(frozen=True, slots=True)
class Borrower:
    """One application as the front end sends it, and what the borrower will do when it is approved."""

    number: int
    submission: Mapping[str, Any]
    will: Will

    @property
    def amount_fen(self) -> int:
        """What is applied for, in fen."""
        amount: int = self.submission["amount_fen"]
        return amount

    def drawn_fen(self) -> int:
        """What the borrower draws when all of it is approved, in fen, whole yuan; 0 for never."""
        if self.will is Will.PART:
            return self.amount_fen * 4 // 500 * 100
        return 0 if self.will is Will.NEVER else self.amount_fen

    def secrets(self) -> tuple[str, ...]:
        """The personal values that must appear nowhere in plain text."""
        person = self.submission["applicant"]
        return tuple(person[name] for name in ("name", "id_number", "mobile", "bank_card"))


def invented(count: int, seed: int) -> Iterator[Borrower]:
    """Yield that many applications for the product `cash_loan`."""
    for number in range(1, count + 1):
        draws = Draws("loan", seed, number)
        low, high = draws.weighted(_AMOUNTS)
        term = draws.weighted(_TERMS)
        method = draws.weighted(_METHODS)
        if method == "interest_first" and term > BULLET_MONTHS_MAX:
            method = "equal_instalment"
        yield _borrower(
            number,
            seed,
            product="cash_loan",
            amount_fen=draws.between(low, high) * 10_000,
            term_months=term,
            method=method,
            annual_rate=str(Decimal(draws.between(60, 198) * 12).scaleb(-4)),
            purpose=draws.one_of(_PURPOSES) if draws.below(_HONEST) else _NOT_ALLOWED,
        )


def imported(file: Path, limit: int | None, seed: int) -> Iterator[Borrower]:
    """Yield the loans of a CSV as applications for `imported_loan`; one unit of its money is one yuan.

    Raises Unable when a column is missing or a row has no usable amount, term or rate.
    """
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise Unable(f"{file} has no column {', '.join(missing)}; it needs {', '.join(COLUMNS)}")
        for number, row in enumerate(islice(reader, limit), 1):
            try:
                amount, term = int(row["loan_amount"]), int(row["term"])
                rate = Decimal(row["interest_rate"]).scaleb(-2)
            except (TypeError, ValueError, InvalidOperation):
                raise Unable(
                    f"{file}, loan {number}: loan_amount and term are whole numbers, interest_rate is percent"
                ) from None
            yield _borrower(
                number,
                seed,
                product="imported_loan",
                amount_fen=amount * 100,
                term_months=term,
                method="equal_instalment",
                annual_rate=f"{rate:f}",
                purpose=row["loan_purpose"],
            )


def _borrower(number: int, seed: int, **loan: Any) -> Borrower:
    draws = Draws("person", seed, number)
    region, place = draws.weighted(_REGIONS)
    applicant = {
        "name": _name(draws),
        "id_number": _id_number(draws, region),
        "mobile": f"1{draws.one_of('356789')}{draws.digits(9)}",
        "bank_card": _card(draws),
        "region": region,
        "address": f"{place}示例路{draws.between(1, 999)}号{draws.between(101, 3206)}室",
        "occupation": draws.one_of(_OCCUPATIONS),
        "monthly_income_fen": draws.between(30, 400) * 10_000,
    }
    submission = {
        "platform_no": f"D{seed}-{number:06d}",
        **loan,
        "consents": list(_CONSENTS),
        "applicant": applicant,
    }
    return Borrower(number, submission, draws.weighted(_WILLS))


def _name(draws: Draws) -> str:
    return draws.one_of(_SURNAMES) + draws.one_of(_GIVEN) + draws.one_of(_GIVEN)


def _id_number(draws: Draws, region: str) -> str:
    """A resident identity number with its check digit (GB 11643)."""
    born = _BORN_FIRST + timedelta(days=draws.below((_BORN_LAST - _BORN_FIRST).days + 1))
    front = f"{region}{born:%Y%m%d}{draws.digits(3)}"
    return front + str(ric.calc_check_digit(front + "0"))


def _card(draws: Draws) -> str:
    """A debit card number under UnionPay's prefix, with its Luhn digit (ISO/IEC 7812)."""
    front = f"62{draws.digits(16)}"
    return front + str(luhn.calc_check_digit(front))
