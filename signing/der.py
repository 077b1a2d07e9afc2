"""Strict DER: the only reader of ECDSA and SM2 signatures, SM2 ciphertexts and SM2 key files.

OpenSSL takes trailing bytes, long-form lengths and padded integers in several of these structures, so two
different byte strings can pass for one signature. Here every value has exactly one encoding (X.690 section
10 and 11) and anything else raises `MalformedDer`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from signing.errors import MalformedMessage

INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
SEQUENCE: Final = 0x30

# Order of the base point of NIST P-256 (FIPS 186-5, SEC 2 section 2.4.2): the range of r and s.
P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

_LONGEST_LENGTH: Final = 4
_SM3_SIZE: Final = 32


class MalformedDer(MalformedMessage):
    """The bytes are not the one DER encoding of what was expected: refuse them, do not repair them."""

    code = "malformed_der"


class Sm2Cipher(NamedTuple):
    """SM2 ciphertext of GM/T 0009 section 7.2: affine coordinates of C1, the 32-byte C3, and C2."""

    x: int
    y: int
    hash: bytes
    cipher: bytes


class Reader:
    """Walk the values of one DER byte string from front to back; `end()` must be reached."""

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def more(self) -> bool:
        """Whether bytes are left."""
        return self._position < len(self._data)

    def peek(self) -> int | None:
        """Return the tag of the next value, or None at the end."""
        return self._data[self._position] if self.more() else None

    def end(self) -> None:
        """Raise `MalformedDer` if bytes are left."""
        if self.more():
            raise MalformedDer("bytes follow the last expected value")

    def value(self, tag: int) -> bytes:
        """Take the next value, which must carry this single-byte tag, and return its contents."""
        if self.peek() != tag:
            raise MalformedDer(f"expected tag 0x{tag:02x}")
        self._position += 1
        length = self._length()
        start, self._position = self._position, self._position + length
        if self._position > len(self._data):
            raise MalformedDer("a length reaches past the end")
        return self._data[start : self._position]

    def _length(self) -> int:
        first = self._byte()
        if first < 0x80:
            return first
        size = first & 0x7F
        if not 1 <= size <= _LONGEST_LENGTH:
            raise MalformedDer("indefinite or oversized length")
        length = 0
        for _ in range(size):
            length = length << 8 | self._byte()
        if length < 0x80 or length.bit_length() <= 8 * (size - 1):
            raise MalformedDer("length not in its shortest form")
        return length

    def _byte(self) -> int:
        if not self.more():
            raise MalformedDer("a length is cut short")
        self._position += 1
        return self._data[self._position - 1]

    def sequence(self) -> Reader:
        """Take a SEQUENCE and return a reader of its contents."""
        return Reader(self.value(SEQUENCE))

    def unsigned(self) -> int:
        """Take an INTEGER in its shortest form that is zero or positive."""
        contents = self.value(INTEGER)
        if not contents:
            raise MalformedDer("empty integer")
        if contents[0] & 0x80:
            raise MalformedDer("negative integer")
        if len(contents) > 1 and contents[0] == 0 and not contents[1] & 0x80:
            raise MalformedDer("integer not in its shortest form")
        return int.from_bytes(contents, "big")

    def octets(self) -> bytes:
        """Take an OCTET STRING (primitive form only)."""
        return self.value(OCTET_STRING)

    def bits(self) -> bytes:
        """Take a BIT STRING of whole bytes."""
        contents = self.value(BIT_STRING)
        if not contents or contents[0] != 0:
            raise MalformedDer("bit string of other than whole bytes")
        return contents[1:]

    def oid(self) -> str:
        """Take an OBJECT IDENTIFIER and return it in dotted form."""
        return _dotted(self.value(OBJECT_IDENTIFIER))

    def null(self) -> None:
        """Take a NULL."""
        if self.value(NULL):
            raise MalformedDer("a NULL with contents")


def _dotted(contents: bytes) -> str:
    arcs: list[int] = []
    arc, fresh = 0, True
    for byte in contents:
        if fresh and byte == 0x80:
            raise MalformedDer("object identifier arc not in its shortest form")
        arc, fresh = arc << 7 | byte & 0x7F, not byte & 0x80
        if fresh:
            arcs.append(arc)
            arc = 0
    if not fresh or not arcs:
        raise MalformedDer("object identifier cut short")
    first = min(arcs[0] // 40, 2)
    return ".".join(str(part) for part in (first, arcs[0] - 40 * first, *arcs[1:]))


def encode(tag: int, *contents: bytes) -> bytes:
    """Return one DER value: the tag, the shortest length, and the contents joined."""
    body = b"".join(contents)
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def encode_unsigned(number: int) -> bytes:
    """Return an INTEGER; raises `ValueError` for a negative number."""
    if number < 0:
        raise ValueError("only zero and positive integers are written")
    return encode(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def encode_oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER given in dotted form."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    contents = bytearray()
    for arc in (40 * first + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | arc & 0x7F)
        contents.extend(reversed(septets))
    return encode(OBJECT_IDENTIFIER, bytes(contents))


def read_signature(data: bytes, order: int) -> tuple[int, int]:
    """Return (r, s) of an ECDSA (RFC 3279 section 2.2.3) or SM2 (GM/T 0009 section 7.3) signature.

    `order` is the order of the base point; both numbers lie in 1..order-1. Raises `MalformedDer`.
    """
    outer = Reader(data)
    inner = outer.sequence()
    outer.end()
    r, s = inner.unsigned(), inner.unsigned()
    inner.end()
    return in_range(r, order), in_range(s, order)


def in_range(number: int, order: int) -> int:
    """Return a signature's number if it lies in 1..order-1, else raise `MalformedDer`."""
    if not 0 < number < order:
        raise MalformedDer("a signature number is out of range")
    return number


def write_signature(r: int, s: int) -> bytes:
    """Return the DER form of an ECDSA or SM2 signature."""
    return encode(SEQUENCE, encode_unsigned(r), encode_unsigned(s))


def read_raw_signature(data: bytes, order: int) -> tuple[int, int]:
    """Return (r, s) of a fixed-size r||s signature; raises `MalformedDer`.

    Each half is as long as the order. Both numbers lie in 1..order-1.
    """
    size = (order.bit_length() + 7) // 8
    if len(data) != 2 * size:
        raise MalformedDer(f"a raw signature is {2 * size} bytes")
    r, s = int.from_bytes(data[:size], "big"), int.from_bytes(data[size:], "big")
    return in_range(r, order), in_range(s, order)


def write_raw_signature(r: int, s: int, order: int) -> bytes:
    """Return r||s, each half as long as the order."""
    size = (order.bit_length() + 7) // 8
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def read_sm2_ciphertext(data: bytes, prime: int) -> Sm2Cipher:
    """Return the parts of an ASN.1 SM2 ciphertext (GM/T 0009 section 7.2); raises `MalformedDer`.

    Coordinates are below `prime`, the hash has 32 bytes and the cipher at least one. Whether the point lies
    on the curve is for the caller.
    """
    outer = Reader(data)
    inner = outer.sequence()
    outer.end()
    parts = Sm2Cipher(inner.unsigned(), inner.unsigned(), inner.octets(), inner.octets())
    inner.end()
    if parts.x >= prime or parts.y >= prime:
        raise MalformedDer("a coordinate is out of range")
    if len(parts.hash) != _SM3_SIZE or not parts.cipher:
        raise MalformedDer("the hash or the cipher has the wrong size")
    return parts


def write_sm2_ciphertext(parts: Sm2Cipher) -> bytes:
    """Return the ASN.1 form of an SM2 ciphertext."""
    return encode(
        SEQUENCE,
        encode_unsigned(parts.x),
        encode_unsigned(parts.y),
        encode(OCTET_STRING, parts.hash),
        encode(OCTET_STRING, parts.cipher),
    )
