"""HTTP message signatures (RFC 9421) that cover what the profile demands, and the body by its digest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote_plus

from signing.clock import demand_recent
from signing.closed import refuses
from signing.content_digest import content_digest, demand_content_digest
from signing.errors import ClockRefused, MalformedMessage, ProfileInvalid, SignatureRefused
from signing.keys import KeyRing, KeyUse
from signing.profile.web import HTTP_NAMES, HttpSignatureRules
from signing.signature import sign, verify
from signing.structured import (
    Component,
    InnerList,
    parse_bytes,
    parse_dictionary,
    parse_inner_list,
    write_bytes,
    write_string,
)

_KNOWN_PARAMS = frozenset({"created", "expires", "nonce", "alg", "keyid", "tag"})
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET = re.compile(r"/[!-\"$-~]*")
_AUTHORITY = re.compile(r"[!-~]+")
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_FIELD_VALUE = re.compile(r"[\t -~]*")
_QUERY_COVERERS = frozenset({'"@query"', '"@request-target"', '"@target-uri"'})
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
MAXIMUM_NONCE_CHARACTERS = 256


@dataclass(frozen=True)
class HttpMessage:
    """A request or, with a status, an answer.

    ``authority`` is the host this message is for as *configured*, never as its Host header claims: otherwise
    a message signed for another host could be shown to us. ``path`` is the request target with its query,
    exactly as it stands on the request line.
    """

    method: str
    authority: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int | None = None
    scheme: str = "https"


@dataclass(frozen=True)
class VerifiedHttp:
    """What a signature vouches for; only ``verify_http`` makes one.

    ``covered`` maps component identifiers (``"@method"``, with their quotes) to values; headers that are not
    there were not signed. ``nonce`` is handed up for whoever keeps the database to hold unique.
    """

    body: bytes
    covered: Mapping[str, str]
    key_id: str
    nonce: str | None
    signed_at: datetime


def sign_http(
    rules: HttpSignatureRules,
    message: HttpMessage,
    ring: KeyRing,
    *,
    now: datetime,
    nonce: str | None = None,
    request: HttpMessage | None = None,
) -> dict[str, str]:
    """The headers to add: content-digest, signature-input, signature.

    ``request`` is the one an answer belongs to. Raises KeyUnavailable, ProfileInvalid, or MalformedMessage
    when a component cannot be read.
    """
    headers = _lower(message.headers)
    if not headers.keys().isdisjoint({"content-digest", "signature-input", "signature"}):
        raise ProfileInvalid("digest and signature headers are set here and must not be given")
    if rules.nonce and not nonce:
        raise ProfileInvalid("the profile wants a nonce")
    digest = content_digest(message.body, rules.digest)
    headers["content-digest"] = digest
    signed = HttpMessage(
        message.method,
        message.authority,
        message.path,
        headers,
        message.body,
        message.status,
        message.scheme,
    )
    _demand_query_covered(map(_identifier, rules.required), signed, rules)
    text = _params_text(rules, ring.primary(now, KeyUse.SIGN).key_id, now, nonce)
    base = _base(_values(_components(rules.required), signed, request), text)
    label = rules.label or "sig1"
    value = sign(rules.algorithm, base, ring, now).value
    return {
        "content-digest": digest,
        "signature-input": f"{label}={text}",
        "signature": f"{label}={write_bytes(value)}",
    }


@refuses
def verify_http(
    rules: HttpSignatureRules,
    message: HttpMessage,
    ring: KeyRing,
    *,
    now: datetime,
    request: HttpMessage | None = None,
) -> VerifiedHttp:
    """The body and the components the signature vouches for.

    Raises MalformedMessage, SignatureRefused (also for a signature that covers too little, names another
    algorithm or carries parameters unknown to RFC 9421), ClockRefused or KeyUnavailable.
    """
    headers = _lower(message.headers)
    covered, value = _chosen(rules, headers)
    key_id, nonce, created, expires = _read_params(rules, covered.params)
    _demand_coverage(rules, covered, message)
    values = component_values(covered, message, request)
    verified = verify(rules.algorithm, _base(values, covered.text), value, ring, now, key_id)
    body = demand_content_digest(values['"content-digest"'], message.body, rules.digest)
    demand_recent(rules.replay, created, now)
    if expires is not None and now >= expires:
        skew = (now - created).total_seconds()
        raise ClockRefused("the signature has expired by its own word", skew_s=skew)
    return VerifiedHttp(body, values, verified.key_id, nonce, created)


def signature_base(covered: InnerList, message: HttpMessage, request: HttpMessage | None = None) -> bytes:
    """The exact bytes a signature covers (RFC 9421 section 2.5). Raises MalformedMessage."""
    return _base(component_values(covered, message, request), covered.text)


def component_values(
    covered: InnerList, message: HttpMessage, request: HttpMessage | None = None
) -> dict[str, str]:
    """The value of each covered component under its identifier. Raises MalformedMessage."""
    return _values(covered.components, replace(message, headers=_lower(message.headers)), request)


def _values(
    components: Iterable[Component], message: HttpMessage, request: HttpMessage | None
) -> dict[str, str]:
    """The same of a message whose headers are in lower case."""
    values: dict[str, str] = {}
    for component in components:
        if component.text in values:
            raise MalformedMessage("a component is covered twice")
        values[component.text] = _value(component, message, request)
    return values


def _base(values: Mapping[str, str], params: str) -> bytes:
    lines = [f"{identifier}: {value}" for identifier, value in values.items()]
    return "\n".join([*lines, f'"@signature-params": {params}']).encode("ascii")


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    lower = {name.lower(): value for name, value in headers.items()}
    if len(lower) != len(headers):
        raise MalformedMessage("a header occurs twice")
    return lower


def _chosen(rules: HttpSignatureRules, headers: Mapping[str, str]) -> tuple[InnerList, bytes]:
    if "signature-input" not in headers or "signature" not in headers:
        raise SignatureRefused("the signature is absent")
    inputs = parse_dictionary(headers["signature-input"])
    signatures = parse_dictionary(headers["signature"])
    label = rules.label
    if label is None:
        if len(inputs) != 1 or inputs.keys() != signatures.keys():
            raise SignatureRefused("exactly one signature is expected")
        label = next(iter(inputs))
    if label not in inputs or label not in signatures:
        raise SignatureRefused(f"no signature under the label {label}")
    return parse_inner_list(inputs[label]), parse_bytes(signatures[label])


def _read_params(
    rules: HttpSignatureRules, params: Mapping[str, object]
) -> tuple[str, str | None, datetime, datetime | None]:
    if not params.keys() <= _KNOWN_PARAMS:
        raise SignatureRefused("the signature has a parameter that RFC 9421 does not know")
    if params.get("alg", HTTP_NAMES[rules.algorithm]) != HTTP_NAMES[rules.algorithm]:
        raise SignatureRefused("the signature names another algorithm than the profile")
    if rules.tag is not None and params.get("tag") != rules.tag:
        raise SignatureRefused("the signature's tag is not the profile's")
    key_id, nonce = params.get("keyid"), params.get("nonce")
    if not isinstance(key_id, str) or not key_id:
        raise SignatureRefused("the signature names no key")
    if nonce is None and rules.nonce:
        raise SignatureRefused("the signature has no nonce")
    if nonce is not None and not (isinstance(nonce, str) and 0 < len(nonce) <= MAXIMUM_NONCE_CHARACTERS):
        raise MalformedMessage("the nonce is not a text of 1 to 256 characters")
    created = _moment(params.get("created"))
    if created is None:
        raise SignatureRefused("the signature does not say when it was made")
    return key_id, nonce, created, _moment(params.get("expires"))


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**11:
        raise MalformedMessage("a time of the signature is not in seconds since 1970")
    return datetime.fromtimestamp(value, UTC)


def _demand_coverage(rules: HttpSignatureRules, covered: InnerList, message: HttpMessage) -> None:
    present = {component.text for component in covered.components}
    missing = [name for name in rules.required if _identifier(name) not in present]
    if missing:
        raise SignatureRefused(f"the signature does not cover {', '.join(missing)}")
    _demand_query_covered(present, message, rules)


def _demand_query_covered(present: Iterable[str], message: HttpMessage, rules: HttpSignatureRules) -> None:
    if rules.message == "request" and "?" in message.path and _QUERY_COVERERS.isdisjoint(present):
        raise SignatureRefused("the request has a query that the signature does not cover")


def _identifier(name: str) -> str:
    return f'"{name[:-4]}";req' if name.endswith(";req") else f'"{name}"'


def _identifiers(names: tuple[str, ...]) -> str:
    return f"({' '.join(map(_identifier, names))})"


@lru_cache(maxsize=256)
def _components(names: tuple[str, ...]) -> tuple[Component, ...]:
    """What a profile covers; the same for every message of it."""
    return parse_inner_list(_identifiers(names)).components


def _params_text(rules: HttpSignatureRules, key_id: str, now: datetime, nonce: str | None) -> str:
    parts = [_identifiers(rules.required), f"created={int(now.timestamp())}"]
    parts.append(f"keyid={write_string(key_id)}")
    if rules.write_alg:
        parts.append(f"alg={write_string(HTTP_NAMES[rules.algorithm])}")
    if nonce:
        parts.append(f"nonce={write_string(nonce)}")
    if rules.tag is not None:
        parts.append(f"tag={write_string(rules.tag)}")
    return ";".join(parts)


def _value(component: Component, message: HttpMessage, request: HttpMessage | None) -> str:
    params = component.params
    source = message
    if "req" in params:
        params = dict(params)
        if params.pop("req") is not True or message.status is None or request is None:
            raise MalformedMessage("';req' names the request an answer belongs to, and there is none")
        source = replace(request, headers=_lower(request.headers))
    if component.name.startswith("@"):
        return _derived(component.name, params, source)
    if params:
        # ;sf, ;key, ;bs and ;tr let a signature vouch for less, or for other text, than was received.
        raise MalformedMessage(f"parameters of the component {component.name} are not supported")
    return _field(component.name, source.headers)


def _field(name: str, headers: Mapping[str, str]) -> str:
    value = headers.get(name)
    if not _FIELD_NAME.fullmatch(name) or value is None:
        raise MalformedMessage(f"no header {name}, which the signature covers")
    if not _FIELD_VALUE.fullmatch(value):
        raise MalformedMessage(f"the header {name} holds what a signature cannot cover")
    return value.strip(" \t")


def _derived(name: str, params: Mapping[str, object], message: HttpMessage) -> str:
    if name == "@status" and not params:
        return _status(message)
    if message.status is not None:
        raise MalformedMessage(f"an answer has no {name} of its own")
    if name == "@query-param" and params.keys() == {"name"}:
        return _query_param(str(params["name"]), _target(message))
    if params or name not in _DERIVED:
        raise MalformedMessage(f"unknown component {name}, or unknown parameters of it")
    return _DERIVED[name](message)


def _status(message: HttpMessage) -> str:
    if message.status is None or not 100 <= message.status <= 599:
        raise MalformedMessage("a request has no status")
    return str(message.status)


def _target(message: HttpMessage) -> str:
    return _fitting(_TARGET, message.path, "request target")


def _method(message: HttpMessage) -> str:
    return _fitting(_METHOD, message.method, "method")


def _scheme(message: HttpMessage) -> str:
    return message.scheme.lower()


def _path(message: HttpMessage) -> str:
    return _target(message).partition("?")[0]


def _query(message: HttpMessage) -> str:
    return "?" + _target(message).partition("?")[2]


def _target_uri(message: HttpMessage) -> str:
    return f"{_scheme(message)}://{_fitting(_AUTHORITY, message.authority, 'authority')}{_target(message)}"


def _authority(message: HttpMessage) -> str:
    authority = _fitting(_AUTHORITY, message.authority, "authority").lower()
    return authority.removesuffix(_DEFAULT_PORTS.get(message.scheme.lower(), "\n"))


def _fitting(pattern: re.Pattern[str], text: str, what: str) -> str:
    if not pattern.fullmatch(text):
        raise MalformedMessage(f"the {what} is not one")
    return text


def _query_param(name: str, target: str) -> str:
    pairs = parse_qsl(target.partition("?")[2], keep_blank_values=True, max_num_fields=1000)
    found = [value for key, value in pairs if key == unquote_plus(name)]
    if len(found) != 1:
        raise MalformedMessage("the query parameter a signature covers must occur exactly once")
    return quote(found[0], safe="*").replace("~", "%7E")


# RFC 9421 section 2.2, of a request.
_DERIVED: dict[str, Callable[[HttpMessage], str]] = {
    "@method": _method,
    "@target-uri": _target_uri,
    "@authority": _authority,
    "@scheme": _scheme,
    "@request-target": _target,
    "@path": _path,
    "@query": _query,
}
