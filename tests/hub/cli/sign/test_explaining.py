"""`sign explain` on requests broken on purpose: the cause is named, nobody is shown, machines can read it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from signing.envelope import Wire
from signing.keys import KeyRing, PartnerKeys, Secret
from signing.keystore import new_rsa, write_partner_keys, write_ring
from signing.signature import SignatureAlgorithm
from tests.hub.cli.conftest import Run
from tests.signing.explain.broken import ICBC, ID_NUMBER, NAME, PATH, XCA, Case, case, good_text, x_ca

AT = ("--at", "2026-01-05T09:30+0800")


def raw(wire: Wire) -> bytes:
    lines = [
        f"{wire.method} {wire.path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in wire.headers.items()),
    ]
    return "\r\n".join([*lines, f"Content-Length: {len(wire.body)}", "", ""]).encode() + wire.body


def explained(run: Run, one: Case, wire: Wire, *words: str, code: int = 3, sent: bool = False) -> str:
    write_partner_keys(Path("keys/bank"), one.theirs if sent else one.ours)
    Path("captured.http").write_bytes(raw(wire))
    ended = run("sign", "explain", "captured.http", "--keys", "bank", *AT, *words)
    assert ended.exit_code == code, ended.output
    return ended.stdout


@pytest.fixture
def one() -> Case:
    return case(ICBC)


def broken(one: Case) -> Wire:
    return one.over(f"{PATH}?{one.form(keep_empty=True)}".encode())


def test_the_cause_both_texts_and_the_place_are_shown(run: Run, one: Case) -> None:
    shown = explained(run, one, broken(one), "--profile", ICBC)
    assert "refused: no accepted key made this signature" in shown
    assert "empty-kept: pairs with an empty value are signed" in shown
    assert "ours in sign_type, theirs in remark" in shown
    assert "&remark=&sign_type=RSA2" in shown
    assert "bank-partner-1 of bank.theirs, RSA 2048 public, SHA-256" in shown
    pointed = shown.splitlines()[[line.startswith("  theirs") for line in shown.splitlines()].index(True) + 1]
    assert pointed.strip() == "^"


def test_nobody_is_shown_unless_it_is_asked_for(run: Run, one: Case) -> None:
    assert NAME not in explained(run, one, broken(one), "--profile", ICBC)
    assert NAME not in explained(run, one, broken(one), "--profile", ICBC, "--json")
    assert NAME in explained(run, one, broken(one), "--profile", ICBC, "--plain")
    mac = case(XCA)
    shown = explained(
        run, mac, x_ca(lambda parts: "\n".join(parts[:4]).encode()), "--profile", XCA, "--plain"
    )
    for entry in mac.ours.pre_shared().entries:
        secret = entry.key.expect(Secret).value
        assert secret.hex() not in shown
    assert ID_NUMBER not in explained(run, case("wechat-pay-v3"), changed(), "--profile", "wechat-pay-v3")


def changed() -> Wire:
    return replace(case("wechat-pay-v3").wire, path="/elsewhere")


def test_a_good_message_ends_with_zero(run: Run, one: Case) -> None:
    shown = explained(run, one, one.wire, "--profile", ICBC, code=0)
    assert "accepted as it stands" in shown
    late = run("sign", "explain", "captured.http", "--keys", "keys/bank", "--profile", ICBC)
    assert (late.exit_code, "clock: it is authentic" in late.stdout) == (3, True)


def test_json_says_it_to_machines(run: Run, one: Case) -> None:
    wire = one.over(good_text(one), algorithm=SignatureAlgorithm.RSA_PKCS1_SHA1)
    told = json.loads(explained(run, one, wire, "--profile", ICBC, "--json"))
    assert [cause["code"] for cause in told["causes"]] == ["algorithm"]
    assert told["causes"][0]["remedy"]
    assert told["difference"] is None
    assert told["ours"] == told["theirs"]


def test_a_key_of_another_partner_is_recognised(run: Run, one: Case) -> None:
    other = new_rsa("their-2")
    write_ring(Path("keys/city_bank/theirs"), KeyRing.of("city_bank.theirs", other.public()))
    write_ring(Path("keys/broken/theirs"), KeyRing.of("broken.theirs", new_rsa("x").public()))
    Path("keys/broken/theirs/ring.yaml").write_text("no ring")
    shown = explained(run, one, one.over(good_text(one), key=other), "--profile", ICBC)
    assert "their-2 of city_bank/theirs" in shown


def test_what_we_sent_and_what_was_told(run: Run, one: Case) -> None:
    shown = explained(run, one, one.wire, "--profile", ICBC, "--sent", sent=True, code=0)
    assert "other-side: it holds here" in shown
    told = f"{PATH}?{one.form(keep_empty=True)}"
    Path("told.txt").write_text(told)
    for words in (("--told", told), ("--told", "told.txt")):
        shown = explained(run, one, one.wire, "--profile", ICBC, "--sent", *words, sent=True)
        assert "empty-kept" in shown


def test_a_refusal_that_tells_its_text_is_read(run: Run) -> None:
    mac = case(XCA)
    text = good_text(mac).decode().replace(PATH, "/api/apply/V2").replace("\n", "#")
    Path("keys").mkdir()
    write_partner_keys(Path("keys/bank"), mac.theirs)
    answer = (
        f"HTTP/1.1 400 Bad\r\nX-Ca-Error-Message: Invalid Signature, Server StringToSign:`{text}`\r\n\r\n"
    )
    Path("captured.http").write_bytes(raw(mac.wire) + b"\r\n" + answer.encode())
    ended = run("sign", "explain", "captured.http", "--keys", "bank", *AT, "--profile", XCA, "--sent")
    assert ended.exit_code == 3
    assert "unnamed: the texts differ" in ended.stdout
    assert "/api/apply/V2" in ended.stdout


def test_a_profile_of_ones_own_and_an_answer(run: Run) -> None:
    answer = case("icbc-open-platform", "answer")
    file = Path(__file__).parents[4] / "signing" / "profiles" / "icbc-open-platform.yaml"
    body = answer.wire.body.replace(b'"amount":100000', b'"amount":999999')
    raw_answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + body
    write_partner_keys(Path("keys/bank"), answer.ours)
    Path("answer.http").write_bytes(raw_answer)
    words = ("--keys", "bank", "--leg", "answer", *AT, "--profile", str(file))
    ended = run("sign", "explain", "answer.http", *words)
    assert (ended.exit_code, "text-unknown" in ended.stdout) == (3, True)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--profile", "nonsense"), 2, "built in are"),
        (("--profile", "broken.yaml"), 2, "profile:"),
        (("--profile", "icbc-open-platform", "--leg", "request", "--keys", "nowhere"), 1, "holds no ring"),
        (("--profile", "digital-envelope", "--leg", "answer"), 1, "holds no answer"),
        (("--profile", "standard-webhooks", "--leg", "ack"), 2, "has no leg ack"),
        (("--profile", "wechat-pay-v3", "--leg", "ack"), 1, "holds no answer"),
    ],
)
def test_a_question_that_cannot_be_answered(
    run: Run, one: Case, words: tuple[str, ...], code: int, said: str
) -> None:
    write_partner_keys(Path("keys/bank"), one.ours)
    Path("captured.http").write_bytes(raw(one.wire))
    Path("broken.yaml").write_text("name: x")
    ended = run("sign", "explain", "captured.http", "--keys", "bank", *words)
    assert (ended.exit_code, said in ended.stderr) == (code, True), ended.stderr


def test_an_unsigned_leg_and_a_file_that_is_no_capture(run: Run, one: Case) -> None:
    write_partner_keys(Path("keys/bank"), PartnerKeys(one.ours.ours, one.ours.theirs))
    Path("answer.http").write_bytes(b"HTTP/1.1 200 OK\r\n\r\nsuccess")
    words = ("sign", "explain", "answer.http", "--keys", "bank", "--profile", "alipay-rsa2")
    ended = run(*words, "--leg", "ack")
    assert (ended.exit_code, "unsigned" in ended.stderr) == (2, True)
    Path("answer.http").write_bytes(b"hello")
    ended = run(*words)
    assert (ended.exit_code, "begins neither" in ended.stderr) == (1, True)
