"""Signed texts fit to be shown: what may be a person's is masked, and long encoded runs are emptied."""

from __future__ import annotations

import re

# Each run keeps its first characters, so that two texts can still be told apart; lengths stay as they are.
_PERSONAL = (
    re.compile(r"(?<![0-9A-Za-z])\d{17}[0-9Xx](?![0-9A-Za-z])"),  # identity number
    re.compile(r"(?<!\d)(?:86)?1[3-9]\d{9}(?!\d)"),  # mobile
    re.compile(r"(?<![0-9A-Za-z])\d{15,19}(?![0-9A-Za-z])"),  # bank card, identity number of fifteen digits
    re.compile(r"[\u3400-\u9fff\uf900-\ufaff\u00b7]+"),  # names and addresses
    re.compile(r"(?:%[0-9A-Fa-f]{2}){3,}"),  # the same percent-encoded
    re.compile(r"(?:\\u[0-9A-Fa-f]{4}){2,}"),  # in JSON escapes
    re.compile(r"(?:\\x[0-9a-f]{2}){2,}"),  # or in another character set
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"),  # mail address
)
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}")
_KEPT, _ENDS = 3, 8


def masked(text: str) -> str:
    """The text with identity numbers, phones, cards, Chinese words and mail addresses masked.

    Long base64 and hexadecimal may be the encoding of any of these, so only its ends are left.
    """
    text = _ENCODED.sub(_ends, text)
    for pattern in _PERSONAL:
        text = pattern.sub(_start, text)
    return text


def _ends(found: re.Match[str]) -> str:
    run = found.group()
    return f"{run[:_ENDS]}{'.' * (len(run) - 2 * _ENDS)}{run[-_ENDS:]}"


def _start(found: re.Match[str]) -> str:
    run = found.group()
    kept = min(1, len(run) - 1) if ord(run[0]) > 0x7F else _KEPT
    return run[:kept] + "*" * (len(run) - kept)
