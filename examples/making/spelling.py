"""How one and the same thing may be spelled: JSON text, base64 text, key PEM, ECDSA signatures.

Plain functions on plain values; nothing here knows accounts or verdicts.
"""

from __future__ import annotations

import base64
import json
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from Crypto.PublicKey import RSA
from Crypto.Util.asn1 import DerSequence
from ecdsa import SECP256k1, VerifyingKey
from ecdsa.util import sigdecode_der, sigencode_der

ORDER = SECP256k1.order
Message = dict[str, Any]
Style = Callable[[Mapping[str, Any]], bytes]

# JSON


def read(line: bytes) -> Message:
    """A message of the reference as a mapping, to be changed and written again."""
    return json.loads(line)


def as_reference(message: Mapping[str, Any]) -> bytes:
    """The reference's own style: a space after each separator, ASCII only."""
    return json.dumps(message).encode()


def compact(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


def sorted_names(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, sort_keys=True).encode()


def raw_utf8(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def escaped_slashes(message: Mapping[str, Any]) -> bytes:
    r"""As Objective-C writes it: compact, sorted, every `/` as `\/`."""
    text = json.dumps(message, sort_keys=True, separators=(",", ":"))
    return text.replace("/", "\\/").encode()


def html_safe(message: Mapping[str, Any]) -> bytes:
    r"""As Go writes it: compact, sorted, raw UTF-8, but `<`, `>` and `&` as `\u003c` …"""
    text = json.dumps(message, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode()


def blanks_everywhere(message: Mapping[str, Any]) -> bytes:
    """Blanks and tabs wherever JSON allows them, also before and after the object."""
    return b"\t " + json.dumps(message, separators=("\t, ", " :\t")).encode() + b" \t"


def unicode_escapes(message: Mapping[str, Any]) -> bytes:
    r"""Every letter of every field name as `\u00XX`."""
    parts = [
        '"' + "".join(f"\\u{ord(letter):04X}" for letter in name) + '":' + json.dumps(value)
        for name, value in message.items()
    ]
    return ("{" + ",".join(parts) + "}").encode()


STYLES: tuple[Style, ...] = (
    compact,
    sorted_names,
    raw_utf8,
    escaped_slashes,
    html_safe,
    blanks_everywhere,
    unicode_escapes,
)


def nested(depth: int) -> Any:
    """A value that opens `depth` containers, objects and arrays in turn."""
    value: Any = 0
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


# Base64


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def wrapped(text: str, newline: str = "\r\n", width: int = 76) -> str:
    """Line-wrapped, as PEM and MIME encoders leave it."""
    return newline.join(textwrap.wrap(text, width)) + newline


def data_uri(text: str, header: str = "application/octet-stream") -> str:
    return f"data:{header};base64,{text}"


def flipped(data: bytes, position: int, bit: int = 0) -> bytes:
    """The same bytes with one bit changed."""
    changed = bytearray(data)
    changed[position] ^= 1 << bit
    return bytes(changed)


# Keys


def pem(der: bytes, label: str = "PUBLIC KEY", newline: str = "\n", width: int = 64) -> str:
    body = newline.join(textwrap.wrap(encoded(der), width))
    return f"-----BEGIN {label}-----{newline}{body}{newline}-----END {label}-----{newline}"


def pkcs1_der(public_pem: str) -> bytes:
    """The PKCS#1 form, SEQUENCE { n, e }, of an RSA public key."""
    key = RSA.import_key(public_pem)
    return DerSequence([key.n, key.e]).encode()


def ecc_hex(public_pem: str, *, compressed: bool) -> str:
    point = VerifyingKey.from_pem(public_pem)
    return point.to_string("compressed" if compressed else "uncompressed").hex()


def compressed_pem(public_pem: str) -> str:
    der = VerifyingKey.from_pem(public_pem).to_der(point_encoding="compressed")
    return pem(der).rstrip("\n")


# ECDSA signatures


def split_signature(der: bytes) -> tuple[int, int]:
    return sigdecode_der(der, ORDER)


def join_signature(r: int, s: int) -> bytes:
    """Strict DER, for any pair of non-negative integers."""
    return sigencode_der(r, s, ORDER)


def der_integer(content: bytes) -> bytes:
    return b"\x02" + bytes([len(content)]) + content


def der_sequence(content: bytes) -> bytes:
    return b"\x30" + bytes([len(content)]) + content
