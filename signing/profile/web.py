"""Declarations of the web-standard forms: HTTP message signatures, JWS, JWE."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from signing.profile.base import Declared, Slot
from signing.profile.freshness import Replay
from signing.signature import SignatureAlgorithm

REQUEST_COVERAGE = ("@method", "@authority", "@path", "@query", "content-digest")
RESPONSE_COVERAGE = ("@status", "content-digest", "@method;req", "@path;req", "content-digest;req")
_TARGETS = frozenset({"@path", "@request-target", "@target-uri"})

# RFC 9421 section 6.2.2, as far as this package has the algorithm.
HTTP_NAMES: dict[SignatureAlgorithm, str] = {
    SignatureAlgorithm.RSA_PKCS1_SHA256: "rsa-v1_5-sha256",
    SignatureAlgorithm.RSA_PSS_SHA512: "rsa-pss-sha512",
    SignatureAlgorithm.ECDSA_P256_RAW: "ecdsa-p256-sha256",
    SignatureAlgorithm.ED25519: "ed25519",
    SignatureAlgorithm.HMAC_SHA256: "hmac-sha256",
}

JwsName = Literal["RS256", "PS256", "ES256", "EdDSA", "HS256"]
# RFC 7518 section 3, RFC 8037.
JWS_ALGORITHMS: dict[str, SignatureAlgorithm] = {
    "RS256": SignatureAlgorithm.RSA_PKCS1_SHA256,
    "PS256": SignatureAlgorithm.RSA_PSS_SHA256,
    "ES256": SignatureAlgorithm.ECDSA_P256_RAW,
    "EdDSA": SignatureAlgorithm.ED25519,
    "HS256": SignatureAlgorithm.HMAC_SHA256,
}


class HttpSignatureRules(Declared):
    """An HTTP message signature (RFC 9421) and the least it must cover.

    ``covered`` is written in this order when we sign and demanded in any order when they do; a message may
    cover more. ``name;req`` is the part of the request an answer belongs to. ``label`` is the member of the
    two headers; without one a message may carry a single signature only. An answer that covers nothing of
    its request could be shown again in answer to another: ``unbound`` says why a partner's may.
    """

    kind: Literal["http_signature"]
    algorithm: SignatureAlgorithm
    message: Literal["request", "response"] = "request"
    covered: tuple[str, ...] = ()
    label: str | None = Field(default="sig1", pattern=r"^[a-z*][a-z0-9_.*-]*$")
    tag: str | None = Field(default=None, pattern=r"^[ -~]+$")
    digest: Literal["sha-256", "sha-512"] = "sha-256"
    nonce: bool = True
    write_alg: bool = False
    unbound: str | None = Field(default=None, min_length=8)
    replay: Replay = Replay()

    @model_validator(mode="after")
    def _covers_enough(self) -> HttpSignatureRules:
        if self.algorithm not in HTTP_NAMES:
            raise ValueError(f"RFC 9421 has no name for {self.algorithm.value}")
        covered = self.required
        if len(set(covered)) != len(covered):
            raise ValueError("a component is covered twice")
        if "content-digest" not in covered:
            raise ValueError("the content digest must be covered, for it alone vouches for the body")
        if self.message == "response":
            self._check_response(covered)
        elif not {"@method", "@authority"} <= set(covered) or not _TARGETS & set(covered):
            raise ValueError("a request's method, authority and path must be covered")
        elif not self.nonce:
            raise ValueError("a request must carry a nonce")
        if self.replay.timestamp is not None or self.replay.nonce is not None:
            raise ValueError("'created' and 'nonce' of the signature are its time and nonce")
        return self

    def _check_response(self, covered: tuple[str, ...]) -> None:
        if "@status" not in covered:
            raise ValueError("an answer's status must be covered")
        if self.unbound is None and not any(name.endswith(";req") for name in covered):
            raise ValueError("an answer must cover a part of its request, or 'unbound' must say why not")

    @property
    def required(self) -> tuple[str, ...]:
        """The components that must be covered."""
        if self.covered:
            return self.covered
        return REQUEST_COVERAGE if self.message == "request" else RESPONSE_COVERAGE


class JwsRules(Declared):
    """A JWS in compact form (RFC 7515), attached or with its payload beside it (appendix F).

    With ``kid`` the header names the key and must name one of the ring; without, a name found there is not
    looked at. ``typ`` and ``cty`` are written, and demanded, when set. ``replay`` reads time and nonce inside
    the payload (``payload:iat``, ``payload:jti``); what writes them is whoever makes the payload. In a leg,
    ``place`` is the header of a detached one, and the leg's own ``replay`` counts.
    """

    kind: Literal["jws"]
    algorithm: JwsName
    detached: bool = False
    place: Slot | None = None
    kid: bool = True
    typ: str | None = None
    cty: str | None = None
    replay: Replay = Replay()

    @model_validator(mode="after")
    def _freshness_inside(self) -> JwsRules:
        for part in (self.replay.timestamp, self.replay.nonce):
            if part is not None and part.slot.at != "payload":
                raise ValueError("a JWS carries its time and nonce inside the payload")
        return self


class JweRules(Declared):
    """A JWE in compact form (RFC 7516) to one receiver. It hides; it does not say who wrote.

    ``dir`` uses the pre-shared ENCRYPT key itself, RSA-OAEP-256 wraps a fresh one to the receiver's public
    key.
    """

    kind: Literal["jwe"]
    wrap: Literal["RSA-OAEP-256", "dir"]
    encryption: Literal["A256GCM", "A128GCM"] = "A256GCM"
    kid: bool = True
    typ: str | None = None
    cty: str | None = None
