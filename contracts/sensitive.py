"""Personal values that mask themselves wherever they are printed, dumped or logged.

Each value carries its class under JR/T 0171-2020: C3 is never shared, C2 is sealed wherever stored, C1 is
internal. The plain text leaves a value in two ways only: `reveal()`, and a pydantic dump with the context
`REVEAL`, which the sealed store and the connectors' wire models use.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar, NoReturn, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from stdnum import luhn
from stdnum.cn import ric

REVEAL: Mapping[str, bool] = {"reveal": True}
"""Serialisation context that writes plain values; for the sealed store and for a partner's sealed message."""


class SecrecyClass(StrEnum):
    """Class of personal financial information, JR/T 0171-2020 section 4.2."""

    C3 = "C3"  # passwords, biometric templates, one-time codes: never shared
    C2 = "C2"  # identity numbers, phones, cards: sealed where stored
    C1 = "C1"  # internal data


class Sensitive:
    """A personal value: immutable, comparable, hashable, never printed in plain text."""

    __slots__ = ("_plain",)
    _plain: str
    secrecy: ClassVar[SecrecyClass] = SecrecyClass.C2
    example: ClassVar[str] = ""

    def __init__(self, plain: str) -> None:
        object.__setattr__(self, "_plain", self.check(plain))

    @classmethod
    def check(cls, plain: str) -> str:
        """Return the normalised value, or raise ValueError saying what is wrong without repeating it."""
        return plain

    def reveal(self) -> str:
        """Return the plain text. Call it only where it is sealed, or sent to the party entitled to it."""
        return self._plain

    def masked(self) -> str:
        """Return the form people may see."""
        return "***"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a personal value is immutable")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.masked()})"

    def __str__(self) -> str:
        return self.masked()

    def __format__(self, spec: str) -> str:
        return format(self.masked(), spec)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._plain == other._plain

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._plain))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a personal value is not pickled; seal it instead")

    @classmethod
    def _validate(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            raise PydanticCustomError("personal_type", "must be a string")
        try:
            return cls(value)
        except ValueError as error:
            # The message names the fault, never the value: it goes into error bodies and logs.
            raise PydanticCustomError("personal_value", "{reason}", {"reason": str(error)}) from None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(
                cls._dump, info_arg=True, return_schema=core_schema.str_schema()
            ),
        )

    @staticmethod
    def _dump(value: Sensitive, info: core_schema.SerializationInfo) -> str:
        context = info.context
        revealed = isinstance(context, Mapping) and context.get("reveal") is True
        return value.reveal() if revealed else value.masked()

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {
            "type": "string",
            "examples": [cls.example],
            "description": (cls.__doc__ or "").split("\n")[0],
        }


class PersonName(Sensitive):
    """A person's name as on the identity card, 2 to 50 characters, middle dots allowed."""

    __slots__ = ()
    example = "张三"

    @classmethod
    def check(cls, plain: str) -> str:
        name = unicodedata.normalize("NFC", plain).strip()
        if not 2 <= len(name) <= 50:
            raise ValueError("a name has 2 to 50 characters")
        if not (name[0].isalpha() and all(c.isalpha() or c in "·• .'-" for c in name)):
            raise ValueError(
                "a name begins with a letter and holds letters, Chinese characters and middle dots"
            )
        return name

    def masked(self) -> str:
        return self._plain[0] + "*" * min(len(self._plain) - 1, 3)


class IdNumber(Sensitive):
    """An 18-digit resident identity number (GB 11643) with its check digit."""

    __slots__ = ()
    example = "11010119900307299X"

    @classmethod
    def check(cls, plain: str) -> str:
        number = plain.strip().upper()
        if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", number):
            raise ValueError("an identity number is 17 digits and a check digit or X")
        try:
            ric.get_birth_date(number)
        except ValueError:
            raise ValueError("digits 7 to 14 of an identity number are a real birth date") from None
        if ric.calc_check_digit(number) != number[-1]:
            raise ValueError(
                "the last digit of the identity number does not match the others; check the typing"
            )
        return number

    @property
    def birth_date(self) -> date:
        """The birth date in the number."""
        born: date = ric.get_birth_date(self._plain)
        return born

    def age_on(self, day: date) -> int:
        """Full years on a day."""
        born = self.birth_date
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    @property
    def region(self) -> str:
        """The six-digit GB/T 2260 code of the place of registration at issue."""
        return self._plain[:6]

    def masked(self) -> str:
        return self._plain[:3] + "*" * 11 + self._plain[-4:]


class Mobile(Sensitive):
    """A mainland mobile number: 11 digits beginning with 13 to 19."""

    __slots__ = ()
    example = "13800138000"

    @classmethod
    def check(cls, plain: str) -> str:
        number = plain.strip().removeprefix("+86")
        if not re.fullmatch(r"1[3-9][0-9]{9}", number):
            raise ValueError("a mobile number is 11 digits beginning with 13 to 19")
        return number

    def masked(self) -> str:
        return f"{self._plain[:3]}****{self._plain[-4:]}"


class BankCard(Sensitive):
    """A bank card or account number: 12 to 19 digits; 62-prefixed debit cards satisfy Luhn (ISO/IEC 7812)."""

    __slots__ = ()
    example = "6222021234567890128"

    @classmethod
    def check(cls, plain: str) -> str:
        number = plain.replace(" ", "").strip()
        if not re.fullmatch(r"[0-9]{12,19}", number):
            raise ValueError("a bank card number is 12 to 19 digits")
        # Passbook and company accounts carry no check digit; a card under UnionPay's 62 prefix does.
        if number.startswith("62") and len(number) >= 16 and not luhn.is_valid(number):
            raise ValueError("the last digit of the card number does not match the others; check the typing")
        return number

    def masked(self) -> str:
        return f"{'*' * (len(self._plain) - 4)}{self._plain[-4:]}"


class Address(Sensitive):
    """A postal address, 4 to 200 characters."""

    __slots__ = ()
    example = "北京市东城区示例路1号"

    @classmethod
    def check(cls, plain: str) -> str:
        address = " ".join(plain.split())
        if not 4 <= len(address) <= 200:
            raise ValueError("an address has 4 to 200 characters")
        if any(unicodedata.category(c).startswith("C") for c in address):
            raise ValueError("an address holds no control characters")
        return address

    def masked(self) -> str:
        return f"{self._plain[:3]}***"


_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:\+86)?[0-9]{11,19}[Xx]?(?![0-9A-Za-z])")


def scrub(text: str) -> str:
    """Return the text with every identity, mobile and card number in it masked.

    For words others wrote, which may quote a borrower's numbers. A number counts when its form and its check
    digit say so; names and addresses cannot be told from other words and stay.
    """
    return _NUMBER.sub(_mask_number, text)


def _mask_number(found: re.Match[str]) -> str:
    number = found.group()
    for kind in (IdNumber, Mobile, BankCard):
        if kind is BankCard and not (len(number) >= 16 and luhn.is_valid(number)):
            continue
        try:
            return kind(number).masked()
        except ValueError:
            continue
    return number
