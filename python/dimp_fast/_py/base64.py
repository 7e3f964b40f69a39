"""Base64 and transportable data (docs/semantics.md#base64-1, #base64-2, #base64-3).

One text for one value, but for white space: foreign characters, the URL-safe alphabet, missing
padding and bits after the last byte are refused.
"""

from __future__ import annotations

import binascii

_WHITE_SPACE = b" \t\n\v\f\r"


def encode(data: bytes) -> str:
    """Standard base64 with padding, without line breaks."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def decode(text: str) -> bytes | None:
    """The bytes of a base64 text, or None (BASE64-1)."""
    try:
        packed = text.encode("ascii").translate(None, _WHITE_SPACE)
        data = binascii.a2b_base64(packed)
    except ValueError:
        return None
    # binascii overlooks foreign characters and stray bits; only canonical text comes back the same.
    return data if binascii.b2a_base64(data, newline=False) == packed else None


def decode_transportable(text: str) -> bytes | None:
    """The bytes of bare base64, or of a data URI with `;base64`, or None (BASE64-2)."""
    if text.startswith("data:"):
        header, comma, body = text.partition(",")
        if comma:
            return decode(body) if header.endswith(";base64") else None
    return decode(text)
