"""Base58 with the Bitcoin alphabet (docs/semantics.md#address-1).

For addresses: 25 bytes, at most 35 characters. Base conversion takes quadratic time, so both
directions have a limit far above that; it is no general codec for long data.
"""

from __future__ import annotations

import re

MAX_BYTES = 128
"""What `encode` takes: at most 175 characters of base58, so that `decode` takes all of them."""

MAX_CHARACTERS = 256
"""What `decode` takes."""

_TEXT = re.compile(r"[1-9A-HJ-NP-Za-km-z]*")


def encode(data: bytes) -> str:
    """The base58 text of `data`; one leading `1` for each leading zero byte.

    Raises ValueError for more than MAX_BYTES.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(f"base58 takes at most {MAX_BYTES} bytes, not {len(data)}")
    import base58

    return base58.b58encode(data).decode("ascii")


def decode(text: str) -> bytes | None:
    """The bytes of a base58 text, or None for a foreign character or more than MAX_CHARACTERS.

    Strict: the package behind it would strip white space at the end, which gives one address many
    texts.
    """
    if len(text) > MAX_CHARACTERS or _TEXT.fullmatch(text) is None:
        return None
    import base58

    return base58.b58decode(text)
