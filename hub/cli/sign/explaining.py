"""`sign explain`: what each side signed, where that first differs, and the likely cause; persons masked."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from hub.cli.faults import CHECKS_FAILED, WRONG_USE, Refusal
from hub.cli.keys.rings import all_rings
from hub.settings import Settings
from signing.errors import KeyUnavailable, MalformedMessage, ProfileInvalid
from signing.explain import Captured, Difference, Explanation, explain, masked, read_capture
from signing.explain.difference import shown, told_by
from signing.keys import KeyRing, PartnerKeys
from signing.keystore import RING_FILE, load_ring
from signing.profile import Leg, Profile, built_in_profiles, load_profile, parse_profile

ANSWERS: Final = ("answer", "ack")
_AROUND = 28
_LABEL = 10
_EMPTIED = re.compile(r"\.{16,}")


@dataclass(frozen=True)
class Question:
    """What is to be explained: the capture, the profile by name or file, the leg, and where the keys are."""

    capture: Path
    profile: str
    leg: str
    keys: Path
    sent: bool
    told: str | None
    at: datetime | None
    entry: int
    now: datetime


def run(question: Question, *, plain: bool, as_json: bool) -> int:
    """Print the explanation; returns the exit code: 0 when the message is accepted as it stands, else 3."""
    leg = _leg(_profile(question.profile), question.leg)
    folder = question.keys if question.keys.is_dir() else Settings().key_dir / question.keys
    captured, told = _captured(question)
    try:
        found = explain(
            leg,
            captured.message(answer=question.leg in ANSWERS),
            _keys(folder),
            now=question.at or captured.at or question.now,
            sent=question.sent,
            told=told,
            others=_others(folder),
        )
    except ProfileInvalid as fault:
        raise Refusal(str(fault), code=WRONG_USE) from None
    if as_json:
        print(json.dumps(_document(found, captured, plain=plain), ensure_ascii=False, indent=2))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for line in _lines(found, captured, question, plain=plain):
            console.print(line)
    return 0 if found.holds and found.difference is None else CHECKS_FAILED


def _profile(name: str) -> Profile:
    try:
        if name in built_in_profiles():
            return load_profile(name)
        file = Path(name)
        if not file.is_file():
            there = ", ".join(built_in_profiles())
            raise Refusal(f"no profile and no file {name}; built in are: {there}", code=WRONG_USE)
        return parse_profile(file.read_text(encoding="utf-8"))
    except ProfileInvalid as fault:
        raise Refusal(str(fault), code=WRONG_USE) from None


def _leg(profile: Profile, name: str) -> Leg:
    leg: Leg | None = getattr(profile, name)
    if leg is None:
        raise Refusal(f"profile {profile.name} has no leg {name}", code=WRONG_USE)
    return leg


def _captured(question: Question) -> tuple[Captured, bytes | None]:
    try:
        captured = read_capture(question.capture.read_bytes(), entry=question.entry)
        captured.message(answer=question.leg in ANSWERS)
    except MalformedMessage as fault:
        raise Refusal(f"{question.capture}: {fault}") from None
    if question.told is None:
        return captured, None if captured.answer is None else told_by(captured.answer)
    file = Path(question.told)
    return captured, file.read_bytes() if file.is_file() else question.told.encode()


def _keys(folder: Path) -> PartnerKeys:
    """The rings there are; a capture of one direction needs only some of them."""

    def ring(side: str) -> KeyRing:
        there = (folder / side / RING_FILE).exists()
        return load_ring(folder / side, environ=os.environ) if there else KeyRing(f"{folder.name}.{side}", ())

    shared = ring("shared")
    found = PartnerKeys(ring("ours"), ring("theirs"), shared if shared.entries else None)
    if not found.ours.entries and not found.theirs.entries and found.shared is None:
        raise Refusal(f"{folder} holds no ring; name the folder of the partner's keys")
    return found


def _others(folder: Path) -> dict[str, KeyRing]:
    """Rings of other partners, whose keys may have been taken by mistake; what cannot be read is left out."""
    found = {}
    key_dir = Settings().key_dir
    for name, other in all_rings(key_dir):
        if folder.resolve() not in (other.resolve(), *other.resolve().parents):
            try:
                found[name] = load_ring(other, environ=os.environ)
            except KeyUnavailable:
                continue
    return found


def _document(found: Explanation, captured: Captured, *, plain: bool) -> dict[str, Any]:
    return {
        "holds": found.holds,
        "refusal": found.refusal,
        "causes": [{**asdict(one.cause), "detail": one.detail} for one in found.causes],
        "ours": _text(found.ours, plain=plain),
        "theirs": _text(found.theirs, plain=plain),
        "difference": None if found.difference is None else asdict(found.difference),
        "key": found.key,
        "algorithm": found.algorithm,
        "tried": found.tried,
        "notes": [*captured.notes, *found.notes],
    }


def _text(text: bytes | None, *, plain: bool) -> str | None:
    if text is None:
        return None
    return shown(text) if plain else masked(shown(text))


def _lines(found: Explanation, captured: Captured, question: Question, *, plain: bool) -> Iterator[Text]:
    side = "sent by us" if question.sent else "received"
    verdict = "accepted as it stands" if found.holds else f"refused: {found.refusal}"
    yield Text(
        f"{question.profile}, {question.leg}, {side}: {verdict}", style="green" if found.holds else "red"
    )
    for note in (*captured.notes, *found.notes):
        yield _labelled("note", note)
    for one in found.causes:
        yield _labelled("cause", f"{one.cause.code}: {one.cause.what}", style="bold")
        if one.detail:
            yield _labelled("", one.detail)
        yield _labelled("remedy", one.cause.remedy)
    if not found.causes and not found.holds:
        yield _labelled("cause", "none of the mistakes known here explains it", style="bold")
        yield _labelled("remedy", "ask for the text the other side signed, and give it with --told")
    yield from _texts(found, question, plain=plain)
    if found.key is not None:
        yield _labelled("key", found.key)
        yield _labelled("algorithm", str(found.algorithm))
    yield _labelled("tried", f"{found.tried} combinations of text, spelling and key")


def _texts(found: Explanation, question: Question, *, plain: bool) -> Iterator[Text]:
    ours, theirs = _text(found.ours, plain=plain), _text(found.theirs, plain=plain)
    if ours is not None:
        yield _labelled("ours", _shortened(_visible(ours)))
    if theirs is not None and found.difference is not None:
        yield _labelled("theirs", _shortened(_visible(theirs)))
        yield from _pointed(found.difference, str(ours), theirs)
    elif theirs is not None:
        yield _labelled("theirs", "the same text" if ours is not None else _shortened(_visible(theirs)))
    else:
        yield _labelled("theirs", "not known")


def _pointed(difference: Difference, ours: str, theirs: str) -> Iterator[Text]:
    at = difference.at_character
    start = max(0, at - _AROUND)
    fields = f"ours in {difference.ours_field or '-'}, theirs in {difference.theirs_field or '-'}"
    where = f"at byte {difference.at_byte}, line {difference.line}: {fields}"
    yield _labelled("differs", f"{where} ({_byte(difference.ours_byte)} / {_byte(difference.theirs_byte)})")
    yield _labelled("  ours", _visible(ours[start : at + _AROUND]))
    yield _labelled("  theirs", _visible(theirs[start : at + _AROUND]))
    yield _labelled("", " " * cell_len(_visible(ours[start:at])) + "^")


def _byte(value: int | None) -> str:
    return "end" if value is None else f"0x{value:02x}"


def _visible(text: str) -> str:
    """Control characters as Python escapes them, so that a missing newline can be seen."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _shortened(text: str) -> str:
    """What masking has emptied, said by its length."""
    return _EMPTIED.sub(lambda found: f"...({len(found.group())})...", text)


def _labelled(label: str, text: str, *, style: str = "") -> Text:
    return Text.assemble((f"{label:<{_LABEL}}", "dim"), (text, style))
