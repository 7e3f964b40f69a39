"""Public keys: every accepted spelling to one canonical form.

The rules are docs/semantics.md#key-1 to #ed25519-1.

Canonical data: RSA, SubjectPublicKeyInfo DER with NULL parameters; ECC, the 65-byte point;
ED25519, 32 bytes. Only public data is handled here, so plain integers will do.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .. import registry
from ..verdict import Code
from . import base64, der, extension
from .refusal import Refusal

RSA, ECC, ED25519 = "RSA", "ECC", "ED25519"

MIN_RSA_BITS, MAX_RSA_BITS = 1017, 8192
POINT_BITS = 256

_OID_RSA = bytes.fromhex("2a864886f70d010101")
_OID_EC = bytes.fromhex("2a8648ce3d0201")
_OID_SECP256K1 = bytes.fromhex("2b8104000a")
_OID_ED25519 = bytes.fromhex("2b6570")

_SPACE = " \t\n\v\f\r"
_PEM = re.compile(r"-----BEGIN ((?:RSA )?PUBLIC KEY)-----([^-]*)-----END \1-----")
_HEX = re.compile(r"[0-9A-Fa-f]+")

Parsed = tuple[str, bytes, int]
"""(algorithm, canonical data, bits)"""


def parse_public_key(source: str | bytes) -> Parsed:
    """PEM, ``ssh-rsa`` or a hex point as ``str``; DER or a SEC1 point as ``bytes``."""
    if isinstance(source, bytes):
        return _parse_point(source) if _is_point(source) else _parse_der(source)
    if "-----BEGIN" in source:
        return _parse_pem(source)
    if source.startswith("ssh-rsa "):
        return _parse_ssh_rsa(source)
    if len(source) in (66, 128, 130) and _HEX.fullmatch(source):
        return _parse_hex_point(source)
    raise Refusal(Code.BAD_KEY, "key: neither PEM, nor ssh-rsa, nor a hex point")


def parse_public_key_mapping(algorithm: str, data: str) -> Parsed:
    """The two text fields of a DIM key mapping."""
    built_in = ALGORITHMS.get(algorithm)
    if built_in is None:
        return _parse_registered(algorithm, data)
    family, parse = built_in
    parsed = parse(data)
    if parsed[0] != family:
        raise Refusal(Code.BAD_KEY, f"key: labelled {family}, but it is a key of {parsed[0]}")
    return parsed


def _parse_registered(algorithm: str, data: str) -> Parsed:
    row = registry.KEY_ALGORITHMS.get(algorithm)
    if row is None:
        raise Refusal(Code.UNSUPPORTED, f"key: unknown algorithm {algorithm[:40]!r}")
    key = extension.ask(row, _parse_as, data)
    if key is None:
        raise Refusal(Code.BAD_KEY, f"key: not a key of {row.names[0]}")
    return row.names[0], key, registered_bits(row, key)


def _parse_as(row: registry.KeyAlgorithm, data: str) -> bytes:
    key = row.parse(data)
    if not isinstance(key, bytes):
        raise TypeError(f"parse: bytes is wanted, not {type(key).__name__}")
    return key


def registered_bits(row: registry.KeyAlgorithm, key: bytes) -> int:
    """The size that a registered algorithm says; raises ``Refusal``."""
    bits = extension.ask(row, _bits_as, key)
    if bits is None:
        raise Refusal(Code.BAD_KEY, f"key: no size of {row.names[0]}")
    return bits


def _bits_as(row: registry.KeyAlgorithm, key: bytes) -> int:
    bits = row.bits(key)
    if not isinstance(bits, int) or not 0 <= bits < 1 << 32:
        raise TypeError(f"bits: an int from 0 to 2^32 - 1 is wanted, not {bits!r}")
    return bits


def _parse_pem(text: str) -> Parsed:
    match = _PEM.fullmatch(text.strip(_SPACE))
    if match is None:
        raise Refusal(Code.BAD_KEY, "key: not one PEM block of a public key")
    body = base64.decode(match.group(2))
    if not body:
        raise Refusal(Code.BAD_KEY, "key: PEM body is not base64")
    return _parse_der(body)


def _parse_der(data: bytes) -> Parsed:
    try:
        outer = der.Reader(data)
        inner = outer.sequence()
        outer.expect_end()
        if inner.next_tag() == der.INTEGER:
            return _rsa_from_pkcs1(inner)
        return _parse_spki(inner)
    except der.NotDer as error:
        raise Refusal(Code.BAD_KEY, f"key: {error}") from None


def _parse_spki(spki: der.Reader) -> Parsed:
    identifier = spki.sequence()
    bits = spki.bit_string()
    spki.expect_end()
    oid = identifier.element(der.OBJECT_IDENTIFIER)
    if oid == _OID_RSA:
        if not identifier.at_end() and identifier.element(der.NULL):
            raise der.NotDer("NULL has content")
        identifier.expect_end()
        outer = der.Reader(bits)
        inner = outer.sequence()
        outer.expect_end()
        return _rsa_from_pkcs1(inner)
    if oid == _OID_EC:
        curve = identifier.element(der.OBJECT_IDENTIFIER)
        identifier.expect_end()
        if curve != _OID_SECP256K1:
            raise Refusal(Code.UNSUPPORTED, "key: the curve is not secp256k1")
        if not _is_point(bits):
            raise Refusal(Code.BAD_KEY, "key: not a compressed or uncompressed point")
        return _parse_point(bits)
    if oid == _OID_ED25519:
        identifier.expect_end()
        return _ed25519(bits)
    raise Refusal(Code.UNSUPPORTED, "key: algorithm is not RSA, EC or Ed25519")


def _rsa_from_pkcs1(reader: der.Reader) -> Parsed:
    modulus, exponent = reader.unsigned(), reader.unsigned()
    reader.expect_end()
    return _rsa(modulus, exponent)


def _rsa(modulus: int, exponent: int) -> Parsed:
    bits = modulus.bit_length()
    if modulus % 2 == 0:
        raise Refusal(Code.BAD_KEY, "key: RSA modulus is even")
    if not MIN_RSA_BITS <= bits <= MAX_RSA_BITS:
        raise Refusal(
            Code.UNSUPPORTED, f"key: RSA of {bits} bits, not {MIN_RSA_BITS} to {MAX_RSA_BITS}"
        )
    if exponent % 2 == 0 or exponent < 3:
        raise Refusal(Code.BAD_KEY, "key: RSA exponent is even or below 3")
    if exponent >= 1 << 33:
        raise Refusal(Code.UNSUPPORTED, "key: RSA exponent is not below 2^33")
    return RSA, encode_rsa(modulus, exponent), bits


def encode_rsa(modulus: int, exponent: int) -> bytes:
    """SubjectPublicKeyInfo DER with NULL parameters."""
    pkcs1 = der.encode(der.SEQUENCE, der.encode_unsigned(modulus) + der.encode_unsigned(exponent))
    identifier = der.encode(der.OBJECT_IDENTIFIER, _OID_RSA) + der.encode(der.NULL, b"")
    return der.encode(
        der.SEQUENCE,
        der.encode(der.SEQUENCE, identifier) + der.encode(der.BIT_STRING, b"\0" + pkcs1),
    )


def rsa_numbers(data: bytes) -> tuple[int, int]:
    """Modulus and exponent of canonical RSA data."""
    spki = der.Reader(data).sequence()
    spki.sequence()
    pkcs1 = der.Reader(spki.bit_string()).sequence()
    return pkcs1.unsigned(), pkcs1.unsigned()


def _parse_ssh_rsa(text: str) -> Parsed:
    """OpenSSH text: base64 of length-prefixed "ssh-rsa", exponent, modulus; then a comment."""
    if "\n" in text.strip(_SPACE) or "\r" in text.strip(_SPACE):
        raise Refusal(Code.BAD_KEY, "key: ssh-rsa on more than one line")
    blob = base64.decode(text.split(" ", 2)[1].strip(_SPACE)) or b""
    fields: list[bytes] = []
    while blob:
        length = int.from_bytes(blob[:4], "big")
        if len(blob) < 4 + length or len(fields) == 3:
            raise Refusal(Code.BAD_KEY, "key: ssh-rsa blob is broken")
        fields.append(blob[4 : 4 + length])
        blob = blob[4 + length :]
    if len(fields) != 3 or fields[0] != b"ssh-rsa":
        raise Refusal(Code.BAD_KEY, "key: ssh-rsa blob is broken")
    numbers = []
    for field in fields[1:]:
        if field and (field[0] & 0x80 or (field[0] == 0 and not field[1:2] >= b"\x80")):
            raise Refusal(Code.BAD_KEY, "key: ssh-rsa integer is not minimal")
        numbers.append(int.from_bytes(field, "big"))
    return _rsa(numbers[1], numbers[0])


# secp256k1

_P = 2**256 - 2**32 - 977


def _is_point(data: bytes) -> bool:
    return (len(data) == 33 and data[0] in (2, 3)) or (len(data) == 65 and data[0] == 4)


def _parse_hex_point(text: str) -> Parsed:
    point = bytes.fromhex(text)
    if len(point) == 64:
        point = b"\x04" + point
    if not _is_point(point):
        raise Refusal(Code.BAD_KEY, "key: not a compressed or uncompressed point")
    return _parse_point(point)


def _parse_point(point: bytes) -> Parsed:
    x = int.from_bytes(point[1:33], "big")
    square = (x * x * x + 7) % _P
    if point[0] == 4:
        y = int.from_bytes(point[33:], "big")
        sound = x < _P and y < _P and y * y % _P == square
    else:
        y = pow(square, (_P + 1) // 4, _P)
        sound = x < _P and y * y % _P == square
        if y % 2 != point[0] % 2:
            y = _P - y
    if not sound:
        raise Refusal(Code.BAD_KEY, "key: the point is not on secp256k1")
    return ECC, b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big"), POINT_BITS


def compressed_point(data: bytes) -> bytes:
    """The 33-byte form of a canonical 65-byte point."""
    return bytes((2 + data[64] % 2,)) + data[1:33]


# Ed25519

_Q = 2**255 - 19
_D = -121665 * pow(121666, -1, _Q) % _Q
_SMALL_ORDER_Y = frozenset(
    (
        0,
        1,
        _Q - 1,
        # The two y of the points of order 8, as in libsodium's list of small-order points.
        int.from_bytes(
            bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
            "little",
        ),
        int.from_bytes(
            bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
            "little",
        ),
    )
)


def _parse_ed25519_text(text: str) -> Parsed:
    if "-----BEGIN" in text:
        return _parse_pem(text)
    if len(text) == 64 and _HEX.fullmatch(text):
        return _ed25519(bytes.fromhex(text))
    data = base64.decode(text)
    if data is None:
        raise Refusal(Code.BAD_KEY, "key: neither 64 hex digits, nor base64, nor PEM")
    return _ed25519(data)


def _ed25519(data: bytes) -> Parsed:
    if len(data) != 32:
        raise Refusal(Code.BAD_KEY, f"key: Ed25519 of {len(data)} bytes, not 32")
    y = int.from_bytes(data, "little") & (2**255 - 1)
    if y >= _Q:
        raise Refusal(Code.BAD_KEY, "key: Ed25519 point is not canonical")
    if y in _SMALL_ORDER_Y:
        raise Refusal(Code.BAD_KEY, "key: Ed25519 point is of small order")
    # x^2 = (y^2 - 1) / (d y^2 + 1) must be a square; it is not 0, since y is not 1 or -1.
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _Q) % _Q
    if pow(x_squared, (_Q - 1) // 2, _Q) != 1:
        raise Refusal(Code.BAD_KEY, "key: not a point of Ed25519")
    return ED25519, data, POINT_BITS


ALGORITHMS: dict[str, tuple[str, Callable[[str], Parsed]]] = {
    "RSA": (RSA, parse_public_key),
    "SHA256withRSA": (RSA, parse_public_key),
    "RSA/ECB/PKCS1Padding": (RSA, parse_public_key),
    "ECC": (ECC, parse_public_key),
    "SHA256withECDSA": (ECC, parse_public_key),
    "ED25519": (ED25519, _parse_ed25519_text),
}
"""What a mapping may call a built-in algorithm: its family, and who reads the text of ``data``.
`registry.KEY_ALGORITHMS` has the others."""
