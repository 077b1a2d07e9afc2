"""The exact text a signature covers: pure functions from the parts of a message to that text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping

from signing.errors import MalformedMessage
from signing.gm import sm3

_INNER_PAIR = re.compile(r"&([A-Za-z_][A-Za-z0-9_.\-]*)=")


def sorted_form(params: Mapping[str, str], *, keep_empty: bool = False, exclude: Collection[str] = ()) -> str:
    """``k=v`` joined by ``&`` in code-point order of the names (ICBC, Alipay RSA2, UnionPay, trusts).

    Values are the decoded ones. Pairs with an empty value are left out unless ``keep_empty``, when they stand
    as ``k=``. Raises MalformedMessage when a value could be cut into further pairs that would give the very
    same text: ``a=1&b=2`` is the form of two fields and also of one field whose value is ``1&b=2``, so its
    signature would vouch for either message.
    """
    names = sorted(name for name in params if name not in exclude and (keep_empty or params[name]))
    for position, name in enumerate(names):
        if "&" in params[name] or "&" in name or "=" in name:
            following = names[position + 1] if position + 1 < len(names) else None
            _refuse_ambiguity(name, params[name], following)
    return "&".join([f"{name}={params[name]}" for name in names])


def _refuse_ambiguity(name: str, value: str, following: str | None) -> None:
    if "&" in name or "=" in name:
        raise MalformedMessage("a field name contains & or =, so the sorted form would be ambiguous")
    for found in _INNER_PAIR.finditer(value):
        inner = found.group(1)
        if name < inner and (following is None or inner < following):
            raise MalformedMessage(f"the value of {name} reads as a further field in the sorted form")


def path_prefixed(path: str, text: str) -> str:
    """``path?text``: the sorted form bound to the path it is posted to, without that path's own query."""
    return f"{path.partition('?')[0]}?{text}"


def digest_of(text: bytes, algorithm: str = "sha256") -> bytes:
    """The lower-case hexadecimal SHA-256 or SM3 of a text, itself the text to sign (UnionPay ACP 5.1.0)."""
    digest = sm3(text) if algorithm == "sm3" else hashlib.sha256(text).digest()
    return digest.hex().encode("ascii")


def joined(parts: Iterable[bytes], *, separator: bytes = b"\n", end: bytes = b"") -> bytes:
    """Parts in a fixed order between separators (``METHOD\\nURL\\nTS\\nNONCE\\nBODY\\n`` and its kin)."""
    return separator.join(parts) + end
