"""Takes the spellings of private keys apart (docs/semantics.md#key-5).

What comes out is what a library loads: PKCS#1 of RSA, the scalar of ECC, the seed of Ed25519. Not
here: any look at the secret numbers themselves; whether they are in range and belong together is
for the library to say.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ._py import base64, der
from ._py.keys import ECC, ED25519, RSA, encode_rsa
from .keys import PublicKey
from .verdict import Code, DimError

_OCTET_STRING = 0x04
_ATTRIBUTES = 0xA0  # of PKCS#8: [0], whatever is in it
_PUBLIC_KEY = 0x81  # of PKCS#8: [1], a bit string without its own tag
_PARAMETERS, _POINT = 0xA0, 0xA1  # of SEC1: [0] and [1], around a whole element

_OID_RSA = bytes.fromhex("06092a864886f70d010101")
_OID_EC = bytes.fromhex("06072a8648ce3d0201")
_OID_SECP256K1 = bytes.fromhex("06052b8104000a")
_OID_ED25519 = bytes.fromhex("06032b6570")
_IDENTIFIERS = {
    _OID_RSA + bytes.fromhex("0500"): RSA,
    _OID_RSA: RSA,
    _OID_EC + _OID_SECP256K1: ECC,
    _OID_ED25519: ED25519,
}
"""AlgorithmIdentifier without its header -> the family."""

_SPACE = r"[ \t\n\v\f\r]*"
_BLOCK = re.compile(rf"{_SPACE}(-----BEGIN ([A-Z ]+)-----([^-]*)-----END \2-----){_SPACE}")
_PUBLIC_LABELS = ("PUBLIC KEY", "RSA PUBLIC KEY")
_PRIVATE_LABELS = ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY")
_HEX = re.compile(r"[0-9A-Fa-f]{64}")


class Parts(NamedTuple):
    """A private key and the public keys that came with it, each as :meth:`PublicKey.parse` reads
    it."""

    algorithm: str
    secret: bytes
    carried: tuple[dict[str, Any] | str | bytes, ...] = ()


def from_text(text: str, label: str | None = None) -> Parts:
    """PEM, 64 hex digits, and base64 where the ``label`` of a mapping says Ed25519."""
    if "-----BEGIN" in text:
        return _from_pem(text)
    if _HEX.fullmatch(text):
        return Parts(ED25519 if label == ED25519 else ECC, bytes.fromhex(text))
    if label == ED25519:
        return _seed(base64.decode(text) or b"")
    raise _bad("neither PEM nor 64 hex digits")


def from_der(data: bytes) -> Parts:
    """PKCS#8, PKCS#1 or SEC1."""
    try:
        return _from_der(data)
    except der.NotDer as error:
        raise _bad(str(error)) from None


def _from_pem(text: str) -> Parts:
    private: Parts | None = None
    public: list[str] = []
    position = 0
    while position < len(text):
        block = _BLOCK.match(text, position)
        if block is None:
            encrypted = "ENCRYPTED" in text
            raise _bad("it is encrypted" if encrypted else "PEM is broken, or text is around it")
        position = block.end()
        pem, label, body = block.groups()
        if label in _PUBLIC_LABELS:
            public.append(pem)
        elif label in _PRIVATE_LABELS:
            private = from_der(base64.decode(body) or b"")
        else:
            raise _bad("PEM of something else than a key")
    if private is None:
        raise _bad("PEM of a public key only")
    return private._replace(carried=(*private.carried, *public))


def _from_der(data: bytes) -> Parts:
    inner = _content(data)
    if inner.next_tag() == der.SEQUENCE:
        raise _bad("it is encrypted, or a public key")
    version = inner.unsigned()
    if inner.next_tag() == der.SEQUENCE:
        return _from_pkcs8(inner, version)
    if inner.next_tag() == _OCTET_STRING:
        return _from_sec1(data, curve_is_known=False)
    return _from_pkcs1(data)


def _from_pkcs8(reader: der.Reader, version: int) -> Parts:
    if version > 1:
        raise der.NotDer("PKCS#8 of another version than 0 and 1")
    family = _family(reader.element(der.SEQUENCE))
    inner = reader.element(_OCTET_STRING)
    if reader.next_tag() == _ATTRIBUTES:
        reader.element(_ATTRIBUTES)
    public = b""
    if reader.next_tag() == _PUBLIC_KEY:
        public = reader.element(_PUBLIC_KEY)
        if public[:1] != b"\0":
            raise der.NotDer("bit string has unused bits")
    reader.expect_end()
    if family == RSA:
        parts = _from_pkcs1(inner)
    elif family == ECC:
        parts = _from_sec1(inner, curve_is_known=True)
    else:
        parts = _seed(_only(inner, _OCTET_STRING))
    if not public:
        return parts
    carried: Any = public[1:]
    if family == ED25519:
        carried = {"algorithm": ED25519, "data": public[1:].hex()}
    return parts._replace(carried=(*parts.carried, carried))


def _family(identifier: bytes) -> str:
    family = _IDENTIFIERS.get(identifier)
    if family is not None:
        return family
    reader = der.Reader(identifier)
    reader.element(der.OBJECT_IDENTIFIER)
    if identifier.startswith(_OID_EC):
        reader.element(der.OBJECT_IDENTIFIER)
        reader.expect_end()
        raise DimError(Code.UNSUPPORTED, "key: the curve is not secp256k1")
    if identifier.startswith((_OID_RSA, _OID_ED25519)):
        raise der.NotDer("parameters that do not belong to the algorithm")
    raise DimError(Code.UNSUPPORTED, "key: algorithm is not RSA, EC or Ed25519")


def _from_pkcs1(data: bytes) -> Parts:
    reader = _content(data)
    version, modulus, exponent = reader.unsigned(), reader.unsigned(), reader.unsigned()
    secrets = [reader.element(der.INTEGER) for _ in range(6)]
    reader.expect_end()
    if version != 0:
        raise der.NotDer("PKCS#1 of another version than 0")
    # Sizes are looked at before a library spends minutes on what cannot be primes of the modulus.
    PublicKey.parse(encode_rsa(modulus, exponent))
    longest = modulus.bit_length() // 8 + 1
    if any(len(number) > longest for number in secrets):
        raise der.NotDer("a private number is longer than the modulus")
    return Parts(RSA, data)


def _from_sec1(data: bytes, *, curve_is_known: bool) -> Parts:
    reader = _content(data)
    if reader.unsigned() != 1:
        raise der.NotDer("SEC1 of another version than 1")
    scalar = reader.element(_OCTET_STRING)
    if reader.next_tag() == _PARAMETERS:
        parameters = reader.element(_PARAMETERS)
        _only(parameters, der.OBJECT_IDENTIFIER)
        if parameters != _OID_SECP256K1:
            raise DimError(Code.UNSUPPORTED, "key: the curve is not secp256k1")
    elif not curve_is_known:
        raise der.NotDer("SEC1 does not name the curve")
    carried: tuple[bytes, ...] = ()
    if reader.next_tag() == _POINT:
        point = der.Reader(reader.element(_POINT))
        carried = (point.bit_string(),)
        point.expect_end()
    reader.expect_end()
    if len(scalar) != 32:
        raise der.NotDer("the scalar has not 32 bytes")
    return Parts(ECC, scalar, carried)


def _seed(data: bytes) -> Parts:
    if len(data) != 32:
        raise _bad("an Ed25519 seed is 32 bytes, as 64 hex digits, base64 or PEM")
    return Parts(ED25519, data)


def _content(data: bytes) -> der.Reader:
    """A reader of the one sequence that ``data`` is."""
    outer = der.Reader(data)
    inner = outer.sequence()
    outer.expect_end()
    return inner


def _only(data: bytes, tag: int) -> bytes:
    """The content of the one element that ``data`` is."""
    reader = der.Reader(data)
    content = reader.element(tag)
    reader.expect_end()
    return content


def _bad(reason: str) -> DimError:
    return DimError(Code.BAD_KEY, f"key: {reason}")
