"""What is fuzzed: one function of bytes for each parser, which raises only where the parser is wrong.

A target refuses in the parser's own errors, holds what it read against what it was written from, and for
signatures and ciphertexts holds what was believed against what was said. Add a parser: write its target and
its seeds, and name both in TARGETS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.fuzz import envelopes, files, plain

Bytes = Callable[[bytes], None]


class Target(NamedTuple):
    """A function to search, and inputs to begin from."""

    run: Bytes
    seeds: Sequence[bytes]


TARGETS: dict[str, Target] = {
    "der": Target(plain.der_values, plain.der_seeds()),
    "sm2_files": Target(plain.sm2_files, plain.sm2_file_seeds()),
    "json_text": Target(plain.json_text, plain.JSON_SEEDS),
    "strict_json": Target(plain.strict_bodies, plain.JSON_SEEDS),
    "form": Target(plain.forms, plain.FORM_SEEDS),
    "xml_envelope": Target(plain.xml_envelopes, plain.XML_SEEDS),
    "structured_field": Target(plain.structured_fields, plain.STRUCTURED_SEEDS),
    "xmldsig": Target(envelopes.xml_signatures, envelopes.xml_seeds()),
    "http_signature": Target(envelopes.http_signatures, envelopes.http_seeds()),
    "jws": Target(envelopes.jws_tokens, envelopes.jws_seeds()),
    "jwe": Target(envelopes.jwe_tokens, envelopes.jwe_seeds()),
    "sealed_file": Target(envelopes.sealed_files, envelopes.file_seeds()),
    "daily_file": Target(files.daily_files, files.daily_seeds()),
    "archive": Target(files.archives, files.archive_seeds()),
}
