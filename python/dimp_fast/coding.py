"""Digests and text codings of the DIM network: base58, base64, hex.

Decoders are strict and answer ``None`` for text that is none. Functions may be called from any
thread; a mutable buffer is copied first. For public data: nothing here is constant-time.
"""

from __future__ import annotations

from . import _dispatch
from ._checks import binary, text

__all__ = [
    "base58_decode",
    "base58_encode",
    "base64_decode",
    "base64_encode",
    "hex_decode",
    "hex_encode",
    "keccak256",
    "ripemd160",
    "sha256",
]

MAX_BASE58_BYTES = 128
MAX_BASE58_CHARACTERS = 256
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")


def sha256(data: bytes) -> bytes:
    """The 32 bytes of SHA-256.

    Raises:
        TypeError: ``data`` is not bytes.
    """
    digest: bytes = _dispatch.operation("sha256")(binary(data, "data"))
    return digest


def keccak256(data: bytes) -> bytes:
    """The 32 bytes of Keccak-256 as Ethereum uses it: with the padding of the original submission,
    not that of SHA3-256.

    Raises:
        TypeError: ``data`` is not bytes.
    """
    digest: bytes = _dispatch.operation("keccak256")(binary(data, "data"))
    return digest


def ripemd160(data: bytes) -> bytes:
    """The 20 bytes of RIPEMD-160, also where OpenSSL has left it out.

    Raises:
        TypeError: ``data`` is not bytes.
    """
    digest: bytes = _dispatch.operation("ripemd160")(binary(data, "data"))
    return digest


def base58_encode(data: bytes) -> str:
    """Base58 in the Bitcoin alphabet, one leading ``1`` for each leading zero byte.

    Raises:
        TypeError: ``data`` is not bytes.
        ValueError: more than 128 bytes: the time grows with the square.
    """
    data = binary(data, "data")
    if len(data) > MAX_BASE58_BYTES:
        raise ValueError(f"data: at most {MAX_BASE58_BYTES} bytes are wanted, not {len(data)}")
    encoded: str = _dispatch.operation("base58_encode")(data)
    return encoded


def base58_decode(encoded: str) -> bytes | None:
    """The bytes of base58 text; ``None`` when a character, white space too, is none of base58.

    Raises:
        TypeError: ``encoded`` is not a ``str``.
        ValueError: more than 256 characters.
    """
    encoded = text(encoded, "encoded")
    if len(encoded) > MAX_BASE58_CHARACTERS:
        raise ValueError(
            f"encoded: at most {MAX_BASE58_CHARACTERS} characters are wanted, not {len(encoded)}"
        )
    data: bytes | None = _dispatch.operation("base58_decode")(encoded)
    return data


def base64_encode(data: bytes) -> str:
    """Standard base64 with padding, without line breaks (docs/semantics.md#base64-3).

    Raises:
        TypeError: ``data`` is not bytes.
    """
    encoded: str = _dispatch.operation("base64_encode")(binary(data, "data"))
    return encoded


def base64_decode(encoded: str) -> bytes | None:
    """The bytes of standard base64 with padding; ``None`` for anything else but ASCII white space
    (docs/semantics.md#base64-1).

    Raises:
        TypeError: ``encoded`` is not a ``str``.
    """
    data: bytes | None = _dispatch.operation("base64_decode")(text(encoded, "encoded"))
    return data


def hex_encode(data: bytes) -> str:
    """Lower-case hex, two digits a byte.

    Raises:
        TypeError: ``data`` is not bytes.
    """
    return binary(data, "data").hex()


def hex_decode(encoded: str) -> bytes | None:
    """The bytes of hex text of either case, as today's reference reads it; ``None`` for other
    characters.

    When the number of characters is odd, the first is a byte of its own: ``abc`` is ``0a bc``.
    There may be ASCII white space between bytes. It counts: ``00 11`` has five characters, so its
    first byte is ``0``, and what follows is no hex.

    Raises:
        TypeError: ``encoded`` is not a ``str``.
    """
    encoded = text(encoded, "encoded")
    if len(encoded) % 2:
        if encoded[0] not in _HEX_DIGITS:
            return None
        encoded = f"0{encoded}"
    try:
        return bytes.fromhex(encoded)
    except ValueError:
        return None
