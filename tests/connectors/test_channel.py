"""HTTP message signatures bind a message to its host, and an answer to its request."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from connectors.channel import OurSide, TheirSide
from connectors.port import Forged, Partner, Request, Uncertain
from signing.envelope import Opened
from signing.pairing import pair_for
from signing.profile import load_profile

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
PROFILE = load_profile("http-message-signature")
OURS, THEIRS = pair_for(PROFILE, "bank", now=NOW, random=Random(1).randbytes)
SETTINGS = {"authority": "bank.example", "callback_authority": "hub.example"}
HUB = OurSide(PROFILE, Partner("bank", OURS, SETTINGS))
BANK = TheirSide(PROFILE, Partner("bank", THEIRS, SETTINGS))
ANOTHER = {"authority": "other.example", "callback_authority": "elsewhere.example"}
RANDOM = Random(2).randbytes


def asked(number: str) -> Request:
    return HUB.write("/apply?x=1", number.encode(), message_id=number, now=NOW, random=RANDOM)


def test_a_request_and_its_answer_are_believed() -> None:
    request = asked("R1")
    assert BANK.read(request, now=NOW).nonce == "R1"
    answer = BANK.answer(b'{"ok":1}', message_id="R1", now=NOW, random=RANDOM, request=request)
    read = HUB.read_answer(answer, now=NOW)
    assert isinstance(read, Opened)
    assert read.payload == b'{"ok":1}'


def test_an_answer_to_another_request_proves_nothing() -> None:
    first, second = asked("R1"), asked("R2")
    answer = BANK.answer(b"{}", message_id="R1", now=NOW, random=RANDOM, request=first)
    shown = type(answer)(answer.status, answer.headers, answer.body, second)
    with pytest.raises(Uncertain):
        HUB.read_answer(shown, now=NOW)
    with pytest.raises(Uncertain):
        HUB.read_answer(type(answer)(answer.status, answer.headers, answer.body), now=NOW)


def test_a_message_for_another_host_is_forged() -> None:
    with pytest.raises(Forged):
        TheirSide(PROFILE, Partner("bank", THEIRS, ANOTHER)).read(asked("R1"), now=NOW)
    call = BANK.call("/told", b"{}", message_id="N1", now=NOW, random=RANDOM)
    assert HUB.read_call(call, now=NOW).payload == b"{}"
    with pytest.raises(Forged):
        OurSide(PROFILE, Partner("bank", OURS, ANOTHER)).read_call(call, now=NOW)


def test_an_acknowledgement_is_of_its_call() -> None:
    first, second = (
        BANK.call("/told", number.encode(), message_id=number, now=NOW, random=RANDOM)
        for number in ("N1", "N2")
    )
    said = HUB.acknowledge(b"{}", message_id="N1", status=200, now=NOW, random=RANDOM, call=first)
    assert BANK.read_acknowledgement(said, now=NOW, call=first).payload == b"{}"
    with pytest.raises(Forged):
        BANK.read_acknowledgement(said, now=NOW, call=second)
