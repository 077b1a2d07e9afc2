"""Private keys in a hardware module, through PKCS#11: they sign and unwrap there and never come here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pkcs11 import MGF, Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.types import DecryptMixin, SignMixin
from pkcs11.util.ec import encode_named_curve_parameters

from signing import der
from signing.ciphers import KeyWrap
from signing.errors import KeyUnavailable, OpenFailed
from signing.keys import DeviceKey, Key, KeyUse
from signing.keys.material import strong_enough
from signing.signature import SignatureAlgorithm

T = TypeVar("T")
Public = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
P256 = "secp256r1"
_POINT_HEADER = b"\x04\x41"  # an OCTET STRING of 65 bytes
_KEPT: dict[Attribute, object] = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}


@dataclass(frozen=True)
class _Way:
    """How a token does one algorithm: mechanism and parameter, before and after it."""

    mechanism: Mechanism
    parameter: tuple[object, ...] | None = None
    before: Callable[[bytes], bytes] = bytes
    after: Callable[[bytes], bytes] = bytes


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _to_der(raw: bytes) -> bytes:
    return der.write_signature(*der.read_raw_signature(raw, der.P256_ORDER))


_SIGN: dict[str, _Way] = {
    SignatureAlgorithm.RSA_PKCS1_SHA256: _Way(Mechanism.SHA256_RSA_PKCS),
    SignatureAlgorithm.RSA_PKCS1_SHA1: _Way(Mechanism.SHA1_RSA_PKCS),
    SignatureAlgorithm.RSA_PSS_SHA256: _Way(
        Mechanism.SHA256_RSA_PKCS_PSS, (Mechanism.SHA256, MGF.SHA256, 32)
    ),
    SignatureAlgorithm.RSA_PSS_SHA512: _Way(
        Mechanism.SHA512_RSA_PKCS_PSS, (Mechanism.SHA512, MGF.SHA512, 64)
    ),
    # Not every token hashes for ECDSA, so the digest is made here; it is no secret.
    SignatureAlgorithm.ECDSA_P256_RAW: _Way(Mechanism.ECDSA, before=_sha256),
    SignatureAlgorithm.ECDSA_P256_DER: _Way(Mechanism.ECDSA, before=_sha256, after=_to_der),
}
_UNWRAP: dict[str, _Way] = {
    KeyWrap.RSA_OAEP_SHA256: _Way(Mechanism.RSA_PKCS_OAEP, (Mechanism.SHA256, MGF.SHA256, None)),
    KeyWrap.RSA_OAEP_SHA1: _Way(Mechanism.RSA_PKCS_OAEP, (Mechanism.SHA_1, MGF.SHA1, None)),
    KeyWrap.RSA_PKCS1: _Way(Mechanism.RSA_PKCS),
}

# What a token says to a mechanism it does not have. Anything else said while decrypting is put down to the
# ciphertext: tokens do not agree on the word for it, and SoftHSM has none.
_NOT_OFFERED = (
    pkcs11.MechanismInvalid,
    pkcs11.MechanismParamInvalid,
    pkcs11.ArgumentsBad,
    pkcs11.FunctionNotSupported,
    pkcs11.KeyTypeInconsistent,
)
# A session these come from is of no more use; a new one may be.
_LOST = (
    pkcs11.SessionClosed,
    pkcs11.SessionHandleInvalid,
    pkcs11.UserNotLoggedIn,
    pkcs11.KeyHandleInvalid,
    pkcs11.ObjectHandleInvalid,
    pkcs11.DeviceError,
    pkcs11.DeviceRemoved,
    pkcs11.TokenNotPresent,
)


class Pkcs11Token:
    """One token, logged in once. Sessions are not shared between threads, so its operations take turns.

    ``module`` is the path of the maker's library, ``pin`` its user PIN. Open it after forking: a PKCS#11
    library does not survive a fork. Nothing is dialled before the first use.
    """

    def __init__(self, module: str, token: str, pin: str) -> None:
        self._module = module
        self._token = token
        self._pin = pin
        self._session: pkcs11.Session | None = None
        self._found: dict[str, pkcs11.Key] = {}  # of this session, so that a signature needs no search
        self._turn = Lock()

    def key(self, label: str, key_id: str, *, use: KeyUse = KeyUse.ANY) -> Key:
        """The handle of the private key under ``label``.

        Raises KeyUnavailable when the token cannot be reached, has no such key, would let the key out, or its
        public half is missing, weak or on another curve than P-256.
        """
        public = self.run(lambda session: _public_key(session, label))
        if not isinstance(strong_enough(key_id, public), (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)):
            raise KeyUnavailable(f"key {key_id}: this kind of key is not used in a device")
        self.run(lambda session: _demand_kept(self.private_key(session, label), key_id))
        return Key(key_id, _TokenKey(self, label, public), use=use)

    def new_rsa(self, label: str, bits: int = 2048) -> None:
        """Make an RSA key pair in the token, whose private half cannot leave it. Raises KeyUnavailable."""
        self.run(
            lambda session: session.generate_keypair(
                KeyType.RSA, bits, label=label, store=True, private_template=_KEPT
            )
        )

    def new_p256(self, label: str) -> None:
        """Make a P-256 key pair in the token, whose private half cannot leave it. Raises KeyUnavailable."""
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(P256)}

        def make(session: pkcs11.Session) -> object:
            domain = session.create_domain_parameters(KeyType.EC, curve, local=True)
            return domain.generate_keypair(label=label, store=True, private_template=_KEPT)

        self.run(make)

    def run(self, act: Callable[[pkcs11.Session], T]) -> T:
        """What ``act`` does in a session; done once more in a new one when the first was lost.

        Everything done here may be done twice. Raises KeyUnavailable for any fault of the token, whose words
        are left out: a library may quote the PIN.
        """
        with self._turn:
            try:
                try:
                    return act(self._open())
                except _LOST:
                    self._drop()
                    return act(self._open())
            except pkcs11.PKCS11Error as error:
                self._drop()
                raise KeyUnavailable(f"token {self._token}: {type(error).__name__}") from None

    def private_key(self, session: pkcs11.Session, label: str) -> pkcs11.Key:
        """The token's own handle of a private key, to be used inside ``run`` only."""
        if label not in self._found:
            self._found[label] = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)
        return self._found[label]

    def close(self) -> None:
        """Log out. The next use logs in again."""
        with self._turn:
            self._drop()

    def _open(self) -> pkcs11.Session:
        if self._session is None:
            token = pkcs11.lib(self._module).get_token(token_label=self._token)
            try:
                self._session = token.open(rw=True, user_pin=self._pin)
            except pkcs11.UserAlreadyLoggedIn:  # by another handle of this process: a login is the process's
                self._session = token.open(rw=True)
        return self._session

    def _drop(self) -> None:
        session, self._session = self._session, None
        self._found.clear()
        if session is not None:
            try:
                session.close()
            except pkcs11.PKCS11Error:
                return

    def __repr__(self) -> str:
        return f"<Pkcs11Token {self._token}>"


class _TokenKey(DeviceKey):
    """One private key of a token."""

    def __init__(self, token: Pkcs11Token, label: str, public: Public) -> None:
        self._token = token
        self._label = label
        self._public = public

    def sign(self, algorithm: str, data: bytes) -> bytes:
        """The signature over ``data``. Raises KeyUnavailable."""
        way = _fitting(_SIGN, algorithm, self._public)
        prepared = way.before(data)

        def act(session: pkcs11.Session) -> bytes:
            private = self._token.private_key(session, self._label)
            if not isinstance(private, SignMixin):
                raise KeyUnavailable("the key in the device may not sign")
            return private.sign(prepared, mechanism=way.mechanism, mechanism_param=way.parameter)

        return way.after(self._token.run(act))

    def unwrap(self, wrap: str, wrapped: bytes) -> bytes:
        """The content key inside ``wrapped``. Raises OpenFailed or KeyUnavailable."""
        way = _fitting(_UNWRAP, wrap, self._public)

        def act(session: pkcs11.Session) -> bytes:
            private = self._token.private_key(session, self._label)
            if not isinstance(private, DecryptMixin):
                raise KeyUnavailable("the key in the device may not unwrap")
            try:
                opened = private.decrypt(wrapped, mechanism=way.mechanism, mechanism_param=way.parameter)
            except _LOST:
                raise
            except _NOT_OFFERED:
                raise KeyUnavailable(f"the device does not do {wrap}") from None
            except pkcs11.PKCS11Error:
                raise OpenFailed from None
            return opened if isinstance(opened, bytes) else b"".join(opened)

        return self._token.run(act)

    def public_key(self) -> Public:
        """The public half."""
        return self._public

    def __repr__(self) -> str:
        return "<DeviceKey>"


def _fitting(ways: dict[str, _Way], name: str, public: Public) -> _Way:
    way = ways.get(name)
    if way is None or (way.mechanism is Mechanism.ECDSA) is isinstance(public, rsa.RSAPublicKey):
        raise KeyUnavailable(f"a key of this kind in a device does not do {name}")
    return way


def _demand_kept(private: pkcs11.Key, key_id: str) -> None:
    """A key that was imported, or may be exported, is not what a device is for."""
    if not private[Attribute.SENSITIVE] or private[Attribute.EXTRACTABLE]:
        raise KeyUnavailable(f"key {key_id}: the token would let this key out")


def _public_key(session: pkcs11.Session, label: str) -> Public:
    found = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=label)
    if found[Attribute.KEY_TYPE] == KeyType.RSA:
        modulus = int.from_bytes(found[Attribute.MODULUS], "big")
        exponent = int.from_bytes(found[Attribute.PUBLIC_EXPONENT], "big")
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    if found[Attribute.EC_PARAMS] != encode_named_curve_parameters(P256):
        raise KeyUnavailable(f"the key {label} of the token is neither RSA nor on P-256")
    point = bytes(found[Attribute.EC_POINT]).removeprefix(_POINT_HEADER)
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise KeyUnavailable(f"the public key {label} of the token is not a point of P-256") from None
