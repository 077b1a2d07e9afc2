"""Personal data in recorded messages, replaced by invented values of the same form, always the same one."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from stdnum import luhn
from stdnum.cn import ric

from contracts.sensitive import Address, PersonName, Sensitive

_IDENTITY = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<![0-9A-Za-z.])1[3-9][0-9]{9}(?![0-9A-Za-z])")
_CARD = re.compile(r"(?<![0-9A-Za-z.])[1-9][0-9]{15,18}(?![0-9A-Za-z])")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_NAME_KEY = r"(?:[A-Za-z0-9_.-]*(?:[Nn]ame|NAME|[Nn]m)|xm|XM|姓名|户名)"
_PLACE_KEY = r"[A-Za-z0-9_.-]*(?:[Aa]ddr(?:ess)?|ADDR(?:ESS)?|dz|地址)"
_PERSON = r"[\u3400-\u9fff\U00020000-\U0003ffff·•]{2,15}"
_ANY = r"[^\"<&\\]{2,200}"


def _keyed(key: str, value: str) -> tuple[re.Pattern[str], ...]:
    """A value under such a key in JSON (also JSON inside JSON), XML and a form."""
    return (
        re.compile(rf'(\\*"{key}\\*"\s*:\s*\\*")({value})(?=\\*")'),
        re.compile(rf"(<(?:[\w.-]+:)?{key}(?:\s[^<>]*)?>)({value})(?=</)"),
        re.compile(rf"((?:^|(?<=[&\n])){key}=)({value})(?=&|$)"),
    )


_NAMES = _keyed(_NAME_KEY, _PERSON)
_PLACES = _keyed(_PLACE_KEY, _ANY)


class Masker:
    """Replaces the personal values of one recording.

    The same value becomes the same invented one, so that a number which returns in a later answer still fits.
    What became of which is kept in memory only, and goes with the masker.
    """

    def __init__(self) -> None:
        self._invented: dict[tuple[str, str], str] = {}
        self._made: set[str] = set()
        self._known: dict[str, tuple[str, Callable[[int], str]]] = {}

    def learn(self, value: Sensitive) -> None:
        """Replace a name or an address wherever it stands, whatever it is called; others show by form."""
        if isinstance(value, PersonName):
            self._known[value.reveal()] = "name", _name
        elif isinstance(value, Address):
            self._known[value.reveal()] = "place", _place

    def masked(self, text: str) -> str:
        """Return the text with identity numbers, phones, cards, addresses of mail and of houses, and names of
        people replaced. A card is a number of 16 to 19 digits with a right check digit, wherever it stands.
        """
        for value in sorted(self._known, key=len, reverse=True):
            kind, invent = self._known[value]
            text = text.replace(value, self._for(kind, value, invent))
        text = _IDENTITY.sub(lambda found: self._identity(found[0]), text)
        text = _CARD.sub(lambda found: self._card(found[0]), text)
        text = _MOBILE.sub(lambda found: self._for("mobile", found[0], _mobile), text)
        text = _EMAIL.sub(lambda found: self._for("email", found[0], _email), text)
        for kind, patterns, invent in (("name", _NAMES, _name), ("place", _PLACES, _place)):
            for pattern in patterns:
                text = pattern.sub(partial(self._keyed, kind, invent), text)
        return text

    def replaced(self) -> int:
        """Return how many different values were replaced."""
        return len(self._invented)

    def _keyed(self, kind: str, invent: Callable[[int], str], found: re.Match[str]) -> str:
        return found[1] + self._for(kind, found[2], invent)

    def _identity(self, found: str) -> str:
        # The check digit and nothing more: regions are renamed, and a real number must not escape for it.
        if ric.calc_check_digit(found.upper()) != found[-1].upper():
            return found
        return self._for("identity", found.upper(), _identity)

    def _card(self, found: str) -> str:
        if not luhn.is_valid(found):
            return found
        return self._for("card", found, lambda serial: _card(serial, len(found)))

    def _for(self, kind: str, found: str, invent: Callable[[int], str]) -> str:
        # What we invented ourselves may come by again: in an address of mail, or when a text is masked twice.
        if found in self._made:
            return found
        known = self._invented.get((kind, found))
        if known is None:
            serial = sum(one == kind for one, _ in self._invented) + 1
            known = self._invented[kind, found] = invent(serial)
            self._made.add(known)
        return known


def _identity(serial: int) -> str:
    born = f"{1970 + serial // 336 % 30}{serial // 28 % 12 + 1:02d}{serial % 28 + 1:02d}"
    stem = f"110101{born}{serial % 500 * 2 + 1:03d}"
    return stem + ric.calc_check_digit(stem + "0")


def _mobile(serial: int) -> str:
    return f"139{serial:08d}"


def _card(serial: int, length: int) -> str:
    stem = "622202" + str(serial).zfill(length - 7)
    return stem + luhn.calc_check_digit(stem)


def _email(serial: int) -> str:
    return f"person{serial}@example.invalid"


def _name(serial: int) -> str:
    return "测试" + "".join("零一二三四五六七八九"[int(digit)] for digit in str(serial))


def _place(serial: int) -> str:
    return f"示例市示例路{serial}号"
