"""What is stored sealed opens only in its own place, shows nothing of itself, and is found by blind index."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, text

from contracts.messages import (
    ApplyForCredit,
    CreditOutcome,
    CreditTold,
    DrawdownOutcome,
    DrawdownTold,
    RequestDrawdown,
)
from contracts.programme import RepaymentMethod
from contracts.sensitive import Address, Mobile
from hub.store.sealed import Vault
from hub.store.session import Database
from hub.store.tables import T
from signing.errors import SigningError
from signing.fields import FieldSealer
from signing.keystore import new_field_ring
from tests.hub.people import applicant

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
NUMBERS = st.integers(0, 99_999_999)


def vault(seed: int = 7) -> Vault:
    chance = random.Random(seed).randbytes
    return Vault(FieldSealer(new_field_ring("t", now=NOW, random=chance), {}, now=NOW, random=chance))


VAULT = vault()


def application(number: int = 1) -> ApplyForCredit:
    return ApplyForCredit(
        subject="att_1",
        product="cash",
        amount_fen=1_200_000,
        term_months=12,
        method=RepaymentMethod.EQUAL_INSTALMENT,
        annual_rate="0.18",  # type: ignore[arg-type]
        purpose="consumption",
        applicant=applicant(number),
    )


def drawdown(number: int = 1) -> RequestDrawdown:
    person = applicant(number)
    return RequestDrawdown(
        subject="d1",
        credit_no="c1",
        amount_fen=1,
        term_months=12,
        method=RepaymentMethod.EQUAL_INSTALMENT,
        annual_rate="0.18",  # type: ignore[arg-type]
        payee=person.name,
        bank_card=person.bank_card,
    )


FACTS = (
    CreditTold(
        event_id="e1",
        subject="att_1",
        outcome=CreditOutcome.APPROVED,
        credit_no="c",
        limit_fen=5,
        extra={"k": "v"},
    ),
    DrawdownTold(
        event_id="e2",
        subject="d1",
        outcome=DrawdownOutcome.DISBURSED,
        loan_no="l",
        amount_fen=5,
        disbursed_on=date(2026, 1, 5),
        occurred_at=NOW,
    ),
)


@given(NUMBERS)
def test_an_applicant_comes_back_whole_and_the_sealed_bytes_show_nothing(number: int) -> None:
    person = applicant(number).model_copy(update={"address": Address("北京市东城区示例路1号")})
    sealed = VAULT.seal_applicant(person, "app_1")
    assert VAULT.applicant(sealed, "app_1") == person
    for value in (person.name, person.id_number, person.mobile, person.bank_card, person.address):
        assert value is not None
        assert value.reveal().encode() not in sealed


@given(NUMBERS)
def test_what_was_asked_comes_back_whole(number: int) -> None:
    for ask in (application(number), drawdown(number)):
        sealed = VAULT.seal_ask(ask, "msg_1")
        assert VAULT.ask(sealed, "msg_1") == ask
        assert applicant(number).bank_card.reveal().encode() not in sealed


def test_what_was_told_comes_back_whole() -> None:
    assert VAULT.facts(VAULT.seal_facts(FACTS, "msg_1"), "msg_1") == FACTS
    assert VAULT.facts(VAULT.seal_facts((), "msg_1"), "msg_1") == ()


@given(st.binary(max_size=200))
def test_raw_bytes_come_back_as_they_were(raw: bytes) -> None:
    assert VAULT.raw(VAULT.seal_bytes(raw, "msg_1"), "msg_1") == raw


def test_a_ciphertext_moved_elsewhere_does_not_open() -> None:
    person, raw = VAULT.seal_applicant(applicant(), "app_1"), VAULT.seal_bytes(b"raw", "msg_1")
    facts = VAULT.seal_facts(FACTS, "msg_1")
    for opening in (
        lambda: VAULT.applicant(person, "app_2"),  # another row
        lambda: VAULT.raw(raw, "msg_2"),
        lambda: VAULT.facts(facts, "msg_2"),
        lambda: VAULT.raw(facts, "msg_1"),  # another column
        lambda: VAULT.ask(raw, "msg_1"),
        lambda: VAULT.raw(person, "app_1"),  # another table
    ):
        with pytest.raises(SigningError):
            opening()


@given(st.data())
def test_a_changed_or_cut_ciphertext_does_not_open(data: st.DataObject) -> None:
    sealed = bytearray(VAULT.seal_bytes(b"a raw message", "msg_1"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    if data.draw(st.booleans()):
        sealed[place] ^= data.draw(st.integers(1, 255))
    else:
        del sealed[place:]
    with pytest.raises(SigningError):
        VAULT.raw(bytes(sealed), "msg_1")


def test_another_ring_does_not_open() -> None:
    with pytest.raises(SigningError):
        vault(8).raw(VAULT.seal_bytes(b"raw", "msg_1"), "msg_1")


def test_the_same_value_is_sealed_differently_each_time() -> None:
    assert VAULT.seal_bytes(b"raw", "msg_1") != VAULT.seal_bytes(b"raw", "msg_1")


@given(NUMBERS, NUMBERS)
def test_equal_values_share_a_blind_index_and_others_do_not(one: int, other: int) -> None:
    first, second = applicant(one), applicant(other)
    same = VAULT.index("mobile", first.mobile) == VAULT.index("mobile", second.mobile)
    assert same == (first.mobile == second.mobile)


def test_a_blind_index_tells_neither_the_value_nor_that_two_columns_or_hubs_share_it() -> None:
    mobile = Mobile("13800138000")
    index = VAULT.index("mobile", mobile)
    assert mobile.reveal() not in index
    assert len({index, VAULT.index("other", mobile), vault(8).index("mobile", mobile)}) == 3
    assert index == VAULT.index("mobile", Mobile("+8613800138000"))  # the normalised value counts


def test_equal_facts_are_equal_bytes_whenever_and_with_whatever_else_they_were_told() -> None:
    credit, paid = FACTS
    again = (
        credit.model_copy(update={"extra": {}, "occurred_at": NOW}),
        paid.model_copy(update={"occurred_at": None}),
    )
    assert Vault.plain_facts(again) == Vault.plain_facts(FACTS)
    other = (credit.model_copy(update={"limit_fen": 6}), paid)
    assert Vault.plain_facts(other) != Vault.plain_facts(FACTS)


def test_nothing_personal_is_readable_in_a_stored_row(database: Database) -> None:
    person = applicant(5)
    row = {
        "id": "app_1",
        "owner": "o",
        "platform_no": "p",
        "product": "cash",
        "amount_fen": 1,
        "term_months": 12,
        "method": "m",
        "annual_rate": application().annual_rate,
        "purpose": "p",
        "region": "110101",
        "age": 30,
        "state": "submitted",
        "sealed": VAULT.seal_applicant(person, "app_1"),
        "id_index": VAULT.index("id_number", person.id_number),
        "mobile_index": VAULT.index("mobile", person.mobile),
        "card_index": VAULT.index("bank_card", person.bank_card),
        "created_at": NOW,
        "updated_at": NOW,
    }
    with database.write() as tx:
        tx.execute(insert(T.application), row)
        stored = tx.execute(text("SELECT * FROM application")).one()
    everything = b" ".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in stored)
    for value in (person.name, person.id_number, person.mobile, person.bank_card):
        assert value.reveal().encode() not in everything
