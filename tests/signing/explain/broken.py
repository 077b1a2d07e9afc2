"""A partner that makes one mistake: a good message, signed anew over a text that is written by hand."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import cast
from urllib.parse import quote_plus

from signing.bodies import parse
from signing.draft import Draft, read_authorization
from signing.encodings import encode
from signing.envelope import Plain, Wire, seal
from signing.explain import Explanation, explain
from signing.keys import Key, KeyRing, KeyUse, PartnerKeys
from signing.pairing import pair_for
from signing.profile import Leg, Signature, load_profile
from signing.signature import ENGINES, SignatureAlgorithm
from signing.urlform import write_form

PATH = "/api/apply/V1"
ICBC, OPEN, WECHAT, XCA = "icbc-sorted-form", "icbc-open-platform", "wechat-pay-v3", "x-ca-hmac"
NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
CHANCE = random.Random(11).randbytes
USER = b"N003261207000000"
ID_NUMBER, NAME = "110101199003074518", "张三丰"
PAYLOAD = json.dumps(
    {
        "msg_id": "m-1",
        "mesgDate": "20260105",
        "mesgTime": "093000",
        "out_trade_no": "m-1",
        "head": {"reqid": "m-1", "rspid": "m-1"},
        "name": NAME,
        "id_number": ID_NUMBER,
        "url": "https://h/a?b=1&c=2",
        "amount": 100000,
    },
    ensure_ascii=False,
    separators=(",", ":"),
).encode()
INNER = (
    f"<head><reqTime>20260105093000</reqTime><reqMsgId>m-1</reqMsgId></head>\n <body><n>{NAME}</n></body>"
).encode()
DOCUMENT = b"<document><request>" + INNER.replace(b"\n ", b"") + b"</request></document>"


@dataclass(frozen=True)
class Case:
    """One leg of one profile, both sides' keys, and a good message on it."""

    leg: Leg
    ours: PartnerKeys
    theirs: PartnerKeys
    wire: Wire
    draft: Draft

    @property
    def signature(self) -> Signature:
        """The leg's signature, which these cases have beside the body."""
        return cast(Signature, self.leg.signature)

    @property
    def ring(self) -> KeyRing:
        """The keys the partner signs with."""
        return self.theirs.pre_shared() if self.leg.keyed_by_shared else self.theirs.ours

    @property
    def key(self) -> Key:
        """The key the partner signs with."""
        return self.ring.primary(NOW, KeyUse.SIGN)

    def value(
        self, text: bytes, *, key: Key | None = None, algorithm: SignatureAlgorithm | None = None
    ) -> bytes:
        """A signature over a text."""
        return ENGINES[algorithm or self.signature.algorithm].sign(key or self.key, text)

    def spelled(self, value: bytes) -> str:
        """A signature as the profile spells it."""
        return self.signature.prefix + encode(self.signature.encoding, value)

    def over(self, text: bytes, **how: object) -> Wire:
        """The message with a signature over this text."""
        return self.saying(self.spelled(self.value(text, **how)))  # type: ignore[arg-type]

    def saying(self, spelled: str) -> Wire:
        """The message with this text in the signature's place."""
        before = str(self.draft.find(self.signature.place))
        headers = {name: value.replace(before, spelled) for name, value in self.wire.headers.items()}
        body = self.wire.body.replace(before.encode(), spelled.encode())
        body = body.replace(quote_plus(before).encode(), quote_plus(spelled).encode())
        return replace(self.wire, headers=headers, body=body)

    def pairs(self, *, keep_empty: bool = False) -> list[tuple[str, str]]:
        """The decoded fields but the signature, sorted, as every sorted form wants them."""
        names = sorted(name for name in self.draft.fields if name != self.signature.place.name)
        return [(n, self.draft.fields[n]) for n in names if keep_empty or self.draft.fields[n]]

    def form(self, *, keep_empty: bool = False) -> str:
        """The sorted form."""
        return "&".join(f"{name}={value}" for name, value in self.pairs(keep_empty=keep_empty))

    def posted(self, change: Callable[[dict[str, str]], dict[str, str]]) -> Wire:
        """The message with other fields in its form, still under the old signature."""
        return replace(self.wire, body=write_form(change(dict(self.draft.fields)).items(), "utf-8"))

    def explained(self, wire: Wire, **how: object) -> Explanation:
        """What we find out about it."""
        arguments = {"now": NOW, **how}
        return explain(self.leg, wire, self.ours, **arguments)  # type: ignore[arg-type]


@cache
def case(profile: str, leg: str = "request", *, opened: bool = False, payload: bytes | None = None) -> Case:
    """A case; ``opened`` leaves the outer encryption away."""
    declared = load_profile(profile)
    found: Leg = getattr(declared, leg)
    if opened:
        found = found.model_copy(update={"outer": None})
    ours, theirs = pair_for(declared, "bank", now=NOW - timedelta(days=1), random=CHANCE, user_id=USER)
    plain = Plain(
        _payload(profile) if payload is None else payload,
        "m-1",
        _fields(profile, leg),
        path="/api/apply/V1?dry=1",
    )
    wire = seal(found, plain, theirs, now=NOW, random=CHANCE)
    draft = Draft(wire.method, wire.path, dict(wire.headers), body=wire.body)
    if found.authorization is not None:
        read_authorization(found.authorization, draft)
    parse(found.body, draft)
    return Case(found, ours, theirs, wire, draft)


def _payload(profile: str) -> bytes:
    return {
        "ant-jiebei-xml": INNER,
        "mybank-xmldsig": DOCUMENT,
        "unionpay-acp": b"",
        "trust-sorted-form": b"",
    }.get(profile, PAYLOAD)


def _fields(profile: str, leg: str) -> dict[str, str]:
    if profile.startswith("icbc"):
        return {"app_id": "10001", "Zone": "x", "name": NAME, "remark": "", "note": "a+b", "blank": " x "}
    if profile == "alipay-rsa2":
        return (
            {"*": "loan_apply"}
            if leg == "answer"
            else {"app_id": "10001", "method": "loan.apply", "note": "a b"}
        )
    return {
        "unionpay-acp": {"merId": "777", "accNo": "6216261000000000018"},
        "trust-sorted-form": {"merId": "77", "name": NAME, "remark": ""},
        "digital-envelope": {"appid": "10001"},
        "aob-sm": {"x-aob-appID": "app-1", "x-aob-bankID": "bank-1"},
        "wechat-pay-v3": {"mchid": "1900000001"},
        "x-ca-hmac": {"app_key": "10001"},
        "cmb-sm": {},
    }.get(profile, {})


def form_of(pairs: list[tuple[str, str]]) -> str:
    """Pairs as a form."""
    return "&".join(f"{name}={value}" for name, value in pairs)


def travelling(one: Case) -> list[tuple[str, str]]:
    """The pairs that are signed, in the order they travel in."""
    return [(name, value) for name, value in one.draft.fields.items() if name != "sign" and value]


def x_ca(change: Callable[[list[str]], bytes]) -> Wire:
    """A request signed over other lines than the dialect\'s six."""
    one = case(XCA)
    heads = one.wire.headers
    return one.over(
        change(["POST", heads["accept"], heads["content-md5"], heads["content-type"], "", one.wire.path])
    )


def md5_hex() -> str:
    """The digest of the body in hexadecimal, where base64 is agreed."""
    return hashlib.md5(case(XCA).wire.body).hexdigest()


def good_text(one: Case) -> bytes:
    """The text the profile signs."""
    found = one.explained(one.wire)
    assert found.holds
    assert found.ours is not None
    return found.ours


def explained(one: Case, wire: Wire, keys: PartnerKeys, others: dict[str, KeyRing]) -> Explanation:
    """What we find out with other keys than those of the case."""
    return explain(one.leg, wire, keys, now=NOW, others=others)
