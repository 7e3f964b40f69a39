"""Base64, base58, hex, JSON and UTF-8: the coders of the reference, strict and without exceptions.

Text that is none of theirs is ``None`` (D22, where the reference raises or drops characters, D4).
Callers pass arguments by keyword, so that the names of the parameters count.
"""

from __future__ import annotations

import json
from typing import Any

from ... import coding
from ..._json import is_shallow
from .._families import Family
from .._patches import Patches

__all__ = ["install"]


class Base64Coder:
    """Standard base64 with padding; ASCII white space inside is ignored."""

    def encode(self, data: bytes) -> str:
        return coding.base64_encode(data)

    def decode(self, string: str) -> bytes | None:
        return coding.base64_decode(string) if isinstance(string, str) else None


class LenientBase64Coder:
    """As the reference reads it, but for the exceptions (``mode="compat"``)."""

    def encode(self, data: bytes) -> str:
        return coding.base64_encode(data)

    def decode(self, string: str) -> bytes | None:
        if not isinstance(string, str):
            return None
        try:
            return super().decode(string)  # type: ignore[misc, no-any-return]
        except ValueError:
            return None


class Base58Coder:
    """Base58; longer data than a key has is left to the reference."""

    def encode(self, data: bytes) -> str:
        if len(data) > coding.MAX_BASE58_BYTES:
            return super().encode(data)  # type: ignore[misc, no-any-return]
        return coding.base58_encode(data)

    def decode(self, string: str) -> bytes | None:
        if not isinstance(string, str) or len(string) > coding.MAX_BASE58_CHARACTERS:
            return None
        return coding.base58_decode(string)


class HexCoder:
    """Hex as today's reference reads it, in both families."""

    def encode(self, data: bytes) -> str:
        return coding.hex_encode(data)

    def decode(self, string: str) -> bytes | None:
        return coding.hex_decode(string) if isinstance(string, str) else None


class JSONCoder:
    """JSON without what cannot be said again: NaN, infinities, lone surrogates, numbers of
    thousands of digits, and nothing deeper than 64 (D18). Duplicate names: the last one counts, as
    in the reference; an envelope has none (``messages``)."""

    def encode(self, container: Any) -> str:
        return json.dumps(container, allow_nan=False)

    def decode(self, string: str) -> Any:
        if not isinstance(string, (str, bytes, bytearray)):
            return None
        try:
            value = json.loads(string, parse_constant=_refused, parse_float=_finite)
        except (ValueError, RecursionError):
            return None
        text = string if isinstance(string, str) else bytes(string).decode("utf-8", "replace")
        return value if is_shallow(text, value) and _is_unicode(text, value) else None


class UTF8Coder:
    """UTF-8; bytes that are none are ``None`` in both families."""

    def encode(self, string: str) -> bytes:
        return string.encode("utf-8")

    def decode(self, data: bytes) -> str | None:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return None


def _refused(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _finite(literal: str) -> float:
    number = float(literal)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number beyond all doubles")
    return number


def _is_unicode(text: str, value: Any) -> bool:
    """Whether no string has a lone surrogate: they come by escapes only, or in ``text`` itself."""
    if text.isascii() and "\\ud" not in text and "\\uD" not in text:
        return True
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def install(patches: Patches, family: Family, mode: str) -> None:
    import dimp

    base64 = LenientBase64Coder if mode == "compat" else Base64Coder
    for holder, mixin, name in (
        (dimp.Base64, base64, "Base64Coder"),
        (dimp.Base58, Base58Coder, "Base58Coder"),
        (dimp.Hex, HexCoder, "HexCoder"),
        (dimp.JSON, JSONCoder, "JSONCoder"),
        (dimp.UTF8, UTF8Coder, "UTF8Coder"),
    ):
        family.replace_object(patches, holder, "coder", name, mixin)
