"""From a captured message, a leg and keys to the reason why the two sides disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from signing import outer
from signing.bodies import charset, take_payload
from signing.detached import demand_digest
from signing.envelope import Wire, unseal
from signing.errors import (
    ClockRefused,
    KeyUnavailable,
    MalformedMessage,
    OpenFailed,
    ProfileInvalid,
    SigningError,
)
from signing.explain.checks import Check, Suspects, checks, is_rsa, recovered
from signing.explain.difference import Difference, first_difference, readings
from signing.explain.lines import digest_spellings
from signing.explain.mistake import Cause
from signing.explain.mistake import causes as all_causes
from signing.explain.scene import Scene, read_scene
from signing.explain.search import Causes, Match, Search
from signing.explain.spelling import values
from signing.explain.standards import explain_standard
from signing.inventory import kind_of
from signing.keys import KeyRing, PartnerKeys, Secret, sm2_engine
from signing.profile import FormBody, Leg, NoEncryption, Signature, Unsigned
from signing.protection import open_blind

BUDGET = 20_000
_EIGHT_HOURS_S = 8 * 3600
_ZONE_SLACK_S = 600


@dataclass(frozen=True)
class Found:
    """One cause, and the detail that names the field, the key or the spelling."""

    cause: Cause
    detail: str


@dataclass(frozen=True)
class Explanation:
    """What became clear. Texts are whole and may hold personal data: show them through ``masked``.

    ``holds`` says that the message is accepted as it stands. ``theirs`` is the text the other side signed, as
    far as it is known: because the signature holds over it, or because it was told.
    """

    holds: bool
    refusal: str | None
    causes: tuple[Found, ...] = ()
    ours: bytes | None = None
    theirs: bytes | None = None
    difference: Difference | None = None
    key: str | None = None
    algorithm: str | None = None
    tried: int = 0
    notes: tuple[str, ...] = ()


def explain(
    leg: Leg,
    wire: Wire,
    keys: PartnerKeys,
    *,
    now: datetime,
    sent: bool = False,
    told: bytes | None = None,
    others: Mapping[str, KeyRing] | None = None,
    budget: int = BUDGET,
) -> Explanation:
    """Explain a message we received, or, with ``sent``, one of ours that the other side refused.

    ``told`` is the text the other side says it built. ``others`` are more rings whose keys may have been used
    by mistake. Raises ProfileInvalid for a leg nobody signs, KeyUnavailable when a ring that is needed is
    missing; whatever is wrong with the message is what is explained.
    """
    if isinstance(leg.signature, Unsigned):
        raise ProfileInvalid(f"this leg is unsigned: {leg.signature.reason}")
    view = _as_receiver(keys) if sent else keys
    refused = _refusal(leg, wire, view, now)
    suspects = {**(others or {}), **_rings(keys, leg, sent)}
    if not isinstance(leg.signature, Signature):
        codes = explain_standard(leg, wire, view, refused, suspects, now)
        return _told(_result(codes, refused), told)
    try:
        scene, notes = _scene(leg, leg.signature, wire, view, now)
    except OpenFailed:
        return _result((("not-opened", "the outer layer"),), refused)
    except MalformedMessage as fault:
        return _result((("unreadable", str(fault)),), refused)
    return replace(_searched(scene, view, refused, suspects, now, sent, told, budget), notes=notes)


def _as_receiver(keys: PartnerKeys) -> PartnerKeys:
    """The same relation from the other end, as far as we can see it: they hold our public halves."""
    public = [replace(entry, key=entry.key.public()) for entry in keys.ours.entries]
    return PartnerKeys(
        KeyRing(f"{keys.theirs.name} (theirs)", ()), KeyRing(keys.ours.name, public), keys.shared
    )


def _rings(keys: PartnerKeys, leg: Leg, sent: bool) -> dict[str, KeyRing]:
    """Rings of the same relation that should not have verified this message."""
    wrong = keys.theirs if sent else keys.ours
    if leg.keyed_by_shared:
        return {ring.name: ring for ring in (keys.ours, keys.theirs)}
    return {wrong.name: wrong} | ({} if keys.shared is None else {keys.shared.name: keys.shared})


def _refusal(leg: Leg, wire: Wire, keys: PartnerKeys, now: datetime) -> SigningError | None:
    try:
        unseal(leg, wire, keys, now=now)
    except SigningError as error:
        return error
    return None


def _scene(
    leg: Leg, signature: Signature, wire: Wire, keys: PartnerKeys, now: datetime
) -> tuple[Scene, tuple[str, ...]]:
    body = wire.body
    notes: tuple[str, ...] = ()
    if leg.outer is not None:
        with outer.open_message(leg.outer, wire.body, wire.headers, keys, now=now) as inner:
            body = inner
    try:
        scene = read_scene(leg, signature, wire, body)
    except MalformedMessage:
        scene, notes = _recoded(leg, signature, wire, body)
    return replace(scene, plain=_plain(leg, scene, keys, now)), notes


def _recoded(leg: Leg, signature: Signature, wire: Wire, body: bytes) -> tuple[Scene, tuple[str, ...]]:
    """The message in the other usual character set, when only that makes it readable."""
    own = charset(leg.body)
    other = "gbk" if own == "utf-8" else "utf-8"
    note = f"the body is {other}, where the profile says {own}"
    if isinstance(leg.body, FormBody):
        spoken = leg.model_copy(update={"body": leg.body.model_copy(update={"charset": other})})
        return read_scene(spoken, signature, wire, body), (note,)
    try:
        return read_scene(leg, signature, wire, body.decode(other).encode(own)), (note,)
    except UnicodeError:
        raise MalformedMessage(f"the body is neither {own} nor {other}") from None


def _plain(leg: Leg, scene: Scene, keys: PartnerKeys, now: datetime) -> bytes | None:
    if isinstance(leg.encryption, NoEncryption):
        return None
    try:
        opened = open_blind(leg.encryption, take_payload(leg.body, scene.draft), scene.draft, keys, now=now)
    except SigningError:
        return None
    return None if opened.failed else opened.text


def _searched(
    scene: Scene,
    keys: PartnerKeys,
    refused: SigningError | None,
    others: Mapping[str, KeyRing],
    now: datetime,
    sent: bool,
    told: bytes | None,
    budget: int,
) -> Explanation:
    signature, leg = scene.signature, scene.leg
    ring = keys.pre_shared() if leg.keyed_by_shared else keys.theirs
    spelled = scene.draft.find(signature.place)
    if spelled is None:
        return _result((("unreadable", f"no {signature.place.at} {signature.place.name}"),), refused)
    named = None if signature.key_id is None else scene.draft.find(signature.key_id)
    ways = checks(scene, Suspects(ring, named, others), now)
    search = Search(scene, values(signature, spelled), ways, _affordable(scene, budget))
    ours = _ours(scene)
    said = None if told is None else readings(told, ours or b"")
    match = search.run(said)
    if match is None:
        causes = _unmatched(search) if said is None else search.named(said) or (("unnamed", ""),)
        return _compared(_result(causes, refused, tried=search.tried), ours, said)
    causes = _renamed(search, match)
    if not causes:
        causes = _beside(scene, refused, sent=sent)
        if said is not None and said != match.text:
            causes = search.named(said) or (("unnamed", ""),)
        elif sent and refused is not None and _only_theirs(refused):
            refused = None
            causes = (("other-side", _whose(match.check)),)
        elif sent and refused is None:
            causes = (("other-side", _whose(match.check)),)
    theirs = match.text if said is None else said
    result = _result(causes, refused, tried=search.tried)
    result = replace(result, key=_whose(match.check), algorithm=match.check.algorithm)
    return _compared(result, ours, theirs)


def _affordable(scene: Scene, budget: int) -> int:
    """The portable SM2 engine takes some fifty times as long; a search should not take minutes."""
    slow = scene.signature.algorithm.value.startswith("sm2") and sm2_engine().name == "portable"
    return budget // 50 if slow else budget


def _unmatched(search: Search) -> Causes:
    """What an RSA signature says by itself: who made it, and the digest of what it was made over."""
    keys = {check.key.fingerprint(): check for check in search.checks}
    for check in keys.values():
        for _, value in search.values:
            digest = recovered(check.key, value)
            if digest is not None:
                why = tuple(cause for cause in check.causes if cause[0] == "wrong-key")
                return (*why, ("text-unknown", f"{check.key.key_id} made it over a text of {digest}"))
    if keys and all(is_rsa(check.key) for check in keys.values() if not check.key.is_kind(Secret)):
        return (("wrong-key", "it was made by none of the keys here"),)
    return ()


def _renamed(search: Search, match: Match) -> Causes:
    """The causes, a told text under the names of the mistakes that give it, where there are any."""
    if ("unnamed", "") not in match.causes:
        return match.causes
    rest = tuple(cause for cause in match.causes if cause[0] != "unnamed")
    return (*(search.named(match.text) or (("unnamed", ""),)), *rest)


def _only_theirs(refused: SigningError) -> bool:
    """Whether what failed is what only the receiver can do: open what is wrapped to it."""
    return isinstance(refused, OpenFailed | KeyUnavailable)


def _beside(scene: Scene, refused: SigningError | None, *, sent: bool) -> Causes:
    """Why a message is refused whose signature holds."""
    if refused is None:
        return ()
    if isinstance(refused, ClockRefused):
        return (("clock", _clock(refused)),)
    digest = _digest(scene)
    if digest is not None:
        return (("body-digest", digest),)
    for name, value in scene.leg.constants.items():
        if scene.draft.find(scene.leg.slot(name)) != value:
            return (("constant", f"{name} must be {value}"),)
    if isinstance(refused, OpenFailed):
        return (("not-opened", ""),)
    return (("unreadable", str(refused)),)


def _clock(refused: ClockRefused) -> str:
    skew = refused.skew_s
    for hours in (-8, 8):
        if abs(skew - hours * 3600) < _ZONE_SLACK_S:
            return f"{refused}: about 8 hours, the distance of Beijing from UTC, so the zone was mistaken"
    return str(refused)


def _digest(scene: Scene) -> str | None:
    how = scene.leg.body_digest
    if how is None:
        return None
    said = scene.draft.find(how.place)
    try:
        demand_digest(how, scene.draft)
    except SigningError:
        for detail, spelled in digest_spellings(how, scene.draft.body):
            if spelled == said:
                return detail
        return "of another body: it was changed after it was digested"
    return None


def _ours(scene: Scene) -> bytes | None:
    try:
        return scene.text()
    except SigningError:
        return None


def _whose(check: Check) -> str:
    key = check.key
    return f"{key.key_id} of {check.ring}, {kind_of(key)}, SHA-256 {key.fingerprint()}"


def _result(causes: Causes, refused: SigningError | None, *, tried: int = 0) -> Explanation:
    found = tuple(Found(all_causes()[code], detail) for code, detail in causes)
    return Explanation(
        holds=refused is None, refusal=None if refused is None else str(refused), causes=found, tried=tried
    )


def _told(result: Explanation, told: bytes | None) -> Explanation:
    return result if told is None else replace(result, theirs=told)


def _compared(result: Explanation, ours: bytes | None, theirs: bytes | None) -> Explanation:
    difference = None if ours is None or theirs is None else first_difference(ours, theirs)
    return replace(result, ours=ours, theirs=theirs, difference=difference)
