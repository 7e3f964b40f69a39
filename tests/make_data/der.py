"""The few DER and PEM forms that the generators need, written by hand.

By hand because most of what they build is wrong on purpose: sizes, signs and lengths that a
library would refuse to emit.
"""

from __future__ import annotations

import base64
import textwrap

NULL = b"\x05\x00"
RSA_ENCRYPTION = bytes.fromhex("06092a864886f70d010101")
RSASSA_PSS = bytes.fromhex("06092a864886f70d01010a")
EC_PUBLIC_KEY = bytes.fromhex("06072a8648ce3d0201")
SECP256K1 = bytes.fromhex("06052b8104000a")
ED25519 = bytes.fromhex("06032b6570")


def tlv(tag: int, body: bytes) -> bytes:
    """One element with a minimal length."""
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def integer(value: int) -> bytes:
    """A minimal two's complement INTEGER, negative ones too."""
    size = 1
    while not -(1 << (8 * size - 1)) <= value < 1 << (8 * size - 1):
        size += 1
    return tlv(0x02, value.to_bytes(size, "big", signed=True))


def sequence(*parts: bytes) -> bytes:
    return tlv(0x30, b"".join(parts))


def bit_string(body: bytes, unused: int = 0) -> bytes:
    return tlv(0x03, bytes([unused]) + body)


def spki(algorithm: bytes, key: bytes, unused: int = 0) -> bytes:
    """SubjectPublicKeyInfo; ``algorithm`` is the body of the AlgorithmIdentifier."""
    return sequence(sequence(algorithm), bit_string(key, unused))


def pem(label: str, body: bytes, newline: str = "\n", columns: int = 64) -> str:
    """PEM without a newline at the end."""
    lines = textwrap.wrap(base64.b64encode(body).decode("ascii"), columns)
    return newline.join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"])
