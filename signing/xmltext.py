"""XML read without its traps: no DTD, no entities, no network, and slices exactly as received."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from lxml import etree

from signing.errors import MalformedMessage

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_PROLOGUE = re.compile(
    r'(?:<\?xml version="1\.0"(?: encoding="(?:UTF-8|utf-8)")?(?: standalone="no")?\?>)?[ \t\r\n]*'
)
_SPACE = " \t\r\n"
_OPEN = re.compile(r"[ \t\r\n]*<([A-Za-z_][A-Za-z0-9_.-]*)>")
# Characters as XML 1.0 section 2.2 knows them.
_CHARACTERS = "\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff"
_TEXT = re.compile(r"[^<&]*(?:&(?:amp|lt|gt|quot|apos|#[0-9]{1,7});[^<&]*)*")
_STRANGE = re.compile(f"[^{_CHARACTERS}]|]]>")
_REFERENCE = re.compile(r"&(?:([a-z]+)|#([0-9]+));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def parse(data: bytes) -> etree._Element:
    """The root of a document without DTD. Raises MalformedMessage."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise MalformedMessage("the XML is not well formed") from None
    if root.getroottree().docinfo.internalDTD is not None or b"<!DOCTYPE" in data:
        raise MalformedMessage("XML with a document type declaration is refused")
    return root


def text_at(data: bytes, path: str) -> str:
    """The text of the one element at ``a.b.c`` below the root. Raises MalformedMessage."""
    found = parse(data).findall("/".join(path.split(".")))
    if len(found) != 1 or len(found[0]) or not found[0].text:
        raise MalformedMessage(f"not exactly one text at {path} in the XML")
    return found[0].text


def demand_plain(inner: str) -> None:
    """Refuse inner XML that two readers could split differently, or that is not well formed.

    Comments, CDATA and processing instructions can hide a closing tag from one reader and show it to another.
    Raises MalformedMessage.
    """
    if "<!" in inner or "<?" in inner:
        raise MalformedMessage("comments, CDATA and processing instructions are refused")
    parse(f"<inner>{inner}</inner>".encode())


def write_envelope(root: str, children: Mapping[str, str], *, raw: str) -> str:
    """``<root>`` with one child for each text; the child ``raw`` is XML already."""
    parts = [
        f"<{name}>{text if name == raw else escape(text, quote=False)}</{name}>"
        for name, text in children.items()
    ]
    return f"{DECLARATION}<{root}>{''.join(parts)}</{root}>"


def read_envelope(text: str, root: str, *, raw: str) -> dict[str, str]:
    """The children of ``root``, each once and without attributes; ``raw`` as the exact slice received.

    Raises MalformedMessage.
    """
    prologue = _PROLOGUE.match(text)
    at = prologue.end() if prologue else 0
    opening, closing = f"<{root}>", f"</{root}>"
    ending = text.rstrip(_SPACE)
    if not text.startswith(opening, at) or not ending.endswith(closing):
        raise MalformedMessage(f"the XML is not one element {root}")
    at, end = at + len(opening), len(ending) - len(closing)
    children: dict[str, str] = {}
    while at < end and text[at:end].strip(_SPACE):
        at = _read_child(text, at, end, children, raw)
    return children


def _read_child(text: str, at: int, end: int, children: dict[str, str], raw: str) -> int:
    found = _OPEN.match(text, at, end)
    if found is None:
        raise MalformedMessage("the XML envelope holds something other than plain elements")
    name = found.group(1)
    close = text.find(f"</{name}>", found.end(), end)
    if close < 0 or name in children:
        raise MalformedMessage(f"element {name} is not closed, or stands twice")
    inner = text[found.end() : close]
    if name == raw:
        # A second element of the name inside would make the first closing tag the wrong one; the check for
        # well-formedness then fails, as the slice has an opening tag too many.
        demand_plain(inner)
        children[name] = inner
    else:
        children[name] = _plain_text(name, inner)
    return close + len(name) + 3


def _plain_text(name: str, inner: str) -> str:
    """The text of an element as XML has it: HTML knows other names, and reads some numbers otherwise."""
    if not _TEXT.fullmatch(inner) or _STRANGE.search(inner):
        raise MalformedMessage(f"element {name} is not plain text")
    # Line ends become one newline before references are read (section 2.11).
    return _REFERENCE.sub(_character, inner.replace("\r\n", "\n").replace("\r", "\n"))


def _character(found: re.Match[str]) -> str:
    named, number = found.groups()
    if named:
        return _NAMED[named]
    character = chr(int(number)) if int(number) <= 0x10FFFF else ""
    if not character or _STRANGE.match(character):
        raise MalformedMessage("a character reference names no character of XML")
    return character
