"""A personal value shows itself to nobody who does not ask for it by name."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from stdnum import luhn
from stdnum.cn import ric

from contracts.sensitive import (
    REVEAL,
    Address,
    BankCard,
    IdNumber,
    Mobile,
    PersonName,
    SecrecyClass,
    Sensitive,
    scrub,
)

KINDS = (PersonName, IdNumber, Mobile, BankCard, Address)
DIGITS = st.text("0123456789", min_size=1)
BIRTHDAYS = st.dates(date(1900, 1, 1), date(2020, 12, 31))
NAMES = st.text("张王李赵欧阳娜·Anna", min_size=2, max_size=50).filter(lambda n: n[0].isalpha())
MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
ADDRESSES = st.text("北京市东城区示例路123号", min_size=6, max_size=200)


@st.composite
def identity_numbers(draw: st.DrawFn) -> str:
    region = draw(st.integers(110101, 820000))
    body = f"{region}{draw(BIRTHDAYS):%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return body + str(ric.calc_check_digit(body + "0"))


@st.composite
def cards(draw: st.DrawFn) -> str:
    body = "62" + draw(st.text("0123456789", min_size=13, max_size=16))
    return body + str(luhn.calc_check_digit(body))


VALUES = st.one_of(
    NAMES.map(PersonName),
    identity_numbers().map(IdNumber),
    MOBILES.map(Mobile),
    cards().map(BankCard),
    ADDRESSES.map(Address),
)


class Person(BaseModel):
    """A model with a personal value, as the contracts have them."""

    mobile: Mobile


# Masking


@given(VALUES)
def test_no_way_of_printing_shows_the_plain_value(value: Sensitive) -> None:
    ways = [
        str(value),
        repr(value),
        f"{value}",
        f"{value!r} {value!s} {value!a} {value:>40}",
        "{} {:<30}".format(value, value),  # noqa: UP032 - this way of formatting is what is tried
        "%s %r" % (value, value),  # noqa: UP031 - so is this
        str([value]),
        str({"value": value}),
        json.dumps({"value": value}, default=str),
    ]
    assert not [way for way in ways if value.reveal() in way]


@given(VALUES)
def test_a_mask_keeps_at_most_a_few_characters(value: Sensitive) -> None:
    plain, masked = value.reveal(), value.masked()
    assert "*" in masked
    shown = len(masked) - masked.count("*")
    assert shown <= max(1, len(plain) * 2 // 3)


MASKS = [
    (PersonName("张三"), "张*"),
    (PersonName("欧阳娜娜"), "欧***"),
    (PersonName("阿卜杜拉·买买提"), "阿***"),
    (IdNumber("11010119900307299X"), "110***********299X"),
    (Mobile("13800138000"), "138****8000"),
    (BankCard("6222021234567890128"), "***************0128"),
    (Address("北京市东城区示例路1号"), "北京市***"),
]


@pytest.mark.parametrize(("value", "masked"), MASKS)
def test_a_mask_shows_what_people_need_to_tell_values_apart(value: Sensitive, masked: str) -> None:
    assert str(value) == masked


@given(VALUES)
def test_only_a_dump_with_the_reveal_context_writes_the_plain_value(value: Sensitive) -> None:
    adapter = TypeAdapter(type(value))
    plain = value.reveal()
    for context in (None, {}, {"reveal": False}, {"reveal": "yes"}, {"reveal": 1}):
        assert json.loads(adapter.dump_json(value, context=context)) == value.masked()
        assert adapter.dump_python(value, context=context) == value.masked()
    revealed = adapter.dump_json(value, context=REVEAL)
    assert json.loads(revealed) == plain
    assert adapter.validate_json(revealed) == value


def test_a_model_masks_its_values_in_every_dump_but_the_revealing_one() -> None:
    person = Person(mobile=Mobile("13800138000"))
    shown = [repr(person), str(person), str(person.model_dump()), person.model_dump_json()]
    assert not [text for text in shown if "13800138000" in text]
    assert person.model_dump(context=REVEAL) == {"mobile": "13800138000"}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_value_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="seal it"):
        pickle.dumps(Mobile("13800138000"), protocol)
    with pytest.raises(TypeError, match="seal it"):
        pickle.dumps(Person(mobile=Mobile("13800138000")), protocol)


def test_a_value_is_neither_copied_nor_changed() -> None:
    mobile = Mobile("13800138000")
    for attempt in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            attempt(mobile)
    with pytest.raises(AttributeError):
        mobile._plain = "13900139000"
    with pytest.raises(AttributeError):
        mobile.other = 1  # type: ignore[attr-defined]
    assert mobile.reveal() == "13800138000"


def test_a_log_line_shows_the_mask(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("t").info(
            "asked for %s with %r", Mobile("13800138000"), {"m": Mobile("13800138000")}
        )
    assert "13800138000" not in caplog.text
    assert "138****8000" in caplog.text


@given(VALUES, VALUES)
def test_values_are_equal_by_kind_and_plain_text_and_never_to_text(one: Sensitive, other: Sensitive) -> None:
    assert (one == other) == (type(one) is type(other) and one.reveal() == other.reveal())
    assert one != one.reveal()
    assert one == type(one)(one.reveal())
    assert hash(one) == hash(type(one)(one.reveal()))


def test_every_kind_says_its_class_and_gives_a_valid_example() -> None:
    for kind in KINDS:
        assert kind.secrecy is SecrecyClass.C2
        assert kind(kind.example).reveal() == kind.example
        schema = TypeAdapter(kind).json_schema()
        assert schema["examples"] == [kind.example]


# Errors


def _refusals(kind: type[Sensitive], text: str) -> list[ValueError]:
    refusals = list[ValueError]()
    for attempt in (kind, TypeAdapter(kind).validate_python):
        try:
            attempt(text)
        except ValueError as refusal:
            refusals.append(refusal)
    return refusals


@given(st.sampled_from(KINDS), st.text("0123456789Xx", min_size=6) | identity_numbers() | MOBILES | cards())
def test_an_error_never_contains_the_value(kind: type[Sensitive], text: str) -> None:
    for refusal in _refusals(kind, text + "\x07"):
        told = refusal.errors(include_input=False) if isinstance(refusal, ValidationError) else refusal
        assert text not in str(told)
        assert refusal.__cause__ is None


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_refuses_in_both_ways(kind: type[Sensitive]) -> None:
    assert len(_refusals(kind, "\x07\x07")) == 2


@pytest.mark.parametrize("value", [None, 13800138000, 1.5, b"13800138000", ["13800138000"], True])
def test_what_is_not_text_is_refused(value: object) -> None:
    with pytest.raises(ValidationError, match="must be a string"):
        TypeAdapter(Mobile).validate_python(value)


# What each kind takes


@given(identity_numbers(), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_in_an_identity_number_is_seen(number: str, place: int, shift: int) -> None:
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    with pytest.raises(ValueError, match=r"identity number"):
        IdNumber(wrong)


@given(identity_numbers())
def test_an_identity_number_tells_birth_date_age_and_region(number: str) -> None:
    value = IdNumber(f" {number.lower()} ")
    assert value.reveal() == number
    assert f"{value.birth_date:%Y%m%d}" == number[6:14]
    assert value.region == number[:6]
    assert value.age_on(value.birth_date) == 0


def test_age_is_full_years_on_the_day() -> None:
    born = IdNumber("11010119900307299X")
    assert [born.age_on(date(2026, 3, day)) for day in (6, 7, 8)] == [35, 36, 36]
    leap = "11010120000229001"
    leapling = IdNumber(leap + str(ric.calc_check_digit(leap + "0")))
    assert [leapling.age_on(day) for day in (date(2026, 2, 28), date(2026, 3, 1))] == [25, 26]


@given(cards(), st.integers(2, 14), st.integers(1, 9))
def test_one_wrong_digit_in_a_unionpay_card_is_seen(card: str, place: int, shift: int) -> None:
    wrong = card[:place] + str((int(card[place]) + shift) % 10) + card[place + 1 :]
    with pytest.raises(ValueError, match="card number"):
        BankCard(wrong)


TAKEN: list[tuple[Callable[[str], Sensitive], str, str]] = [
    (PersonName, " 张三 ", "张三"),
    (PersonName, "欧阳·娜娜", "欧阳·娜娜"),
    (PersonName, "𠮷田", "𠮷田"),  # a character beyond the basic plane
    (PersonName, "Zoe\u0301", "Zoé"),  # one character, however it was typed
    (PersonName, "长" * 50, "长" * 50),
    (IdNumber, "11010119900307299x", "11010119900307299X"),
    (Mobile, "+8613800138000", "13800138000"),
    (Mobile, "19900000000", "19900000000"),
    (BankCard, "6222 0212 3456 7890 128", "6222021234567890128"),
    (BankCard, "123456789012", "123456789012"),  # an account without a check digit
    (BankCard, "9" * 19, "9" * 19),
    (Address, "北京市  东城区\t1号", "北京市 东城区 1号"),
]


@pytest.mark.parametrize(("kind", "text", "plain"), TAKEN)
def test_what_is_valid_is_taken_in_one_form(kind: Callable[[str], Sensitive], text: str, plain: str) -> None:
    assert kind(text).reveal() == plain


REFUSED: list[tuple[Callable[[str], Sensitive], str]] = [
    (PersonName, ""),
    (PersonName, "张"),
    (PersonName, "长" * 51),
    (PersonName, "张3"),
    (PersonName, "张\x00三"),
    (PersonName, "<b>张三"),
    (PersonName, "··"),
    (PersonName, "张三\n李四"),
    (IdNumber, "110101900307299"),  # the 15-digit numbers ended in 2013
    (IdNumber, "110101199003072991"),
    (IdNumber, "110101199002302998"),  # 30 February
    (IdNumber, "010101199003072994"),
    (IdNumber, "１１０１０１１９９００３０７２９９X"),
    (IdNumber, "11010119900307299X\n1"),
    (Mobile, "12800138000"),
    (Mobile, "1380013800"),
    (Mobile, "138001380000"),
    (Mobile, "+1 3800138000"),
    (Mobile, "１３８００１３８０００"),
    (BankCard, "12345678901"),
    (BankCard, "1" * 20),
    (BankCard, "6222021234567890127"),
    (BankCard, "622202123456789x128"),
    (Address, "北京"),
    (Address, "路" * 201),
    (Address, "北京市\x07东城区"),
    (Address, "北京市\u202e东城区"),
]


@pytest.mark.parametrize(("kind", "text"), REFUSED)
def test_what_is_not_valid_is_refused(kind: Callable[[str], Sensitive], text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each kind has words of its own
        kind(text)


# Other people's words


@given(st.sampled_from(["", "客户", "mobile=", "(", "，"]), identity_numbers() | MOBILES | cards())
def test_numbers_in_other_peoples_words_are_masked(before: str, number: str) -> None:
    found = scrub(f"{before}{number} 已拒绝")
    assert number not in found
    assert found.startswith(before)
    assert found.endswith(" 已拒绝")


@given(st.text(st.characters(exclude_categories=["Nd"]), max_size=60))
def test_words_without_numbers_stay_as_they_are(words: str) -> None:
    assert scrub(words) == words


def test_numbers_that_are_nobodys_stay() -> None:
    words = "msg_019a13800138000ff 2026-01-05T02:00:00Z 1234567890123456 12345678901 6222021234567890127"
    assert scrub(words) == words
