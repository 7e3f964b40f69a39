"""Strict JSON of the wire (docs/semantics.md#json-1 to #json-6), on the standard library's parser.

The library's parser is lenient in places; what it lets through is found here: duplicate names,
constants, lone surrogates, depth and infinite numbers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection
from typing import Any, TypeGuard

from ..verdict import Code
from .refusal import Refusal

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
MAX_NUMBER = 1000
"""Characters of the longest number that is computed with (JSON-4)."""

_STRUCTURE = re.compile(r'\\.|["\[\]{}]', re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_CLOSER = {"{": "}", "[": "]"}


class DuplicateNames(dict[str, Any]):
    """An object in which a name came twice; the last one won. ``written`` has all its entries."""

    written: list[tuple[str, Any]]


def loads_object(text: bytes) -> dict[str, Any]:
    """The object that ``text`` is; raises ``Refusal`` (MALFORMED, TOO_LARGE).

    Duplicate names are kept visible as ``DuplicateNames``, since only the caller knows where
    they are refused (JSON-3).
    """
    if len(text) > MAX_BYTES:
        raise Refusal(Code.TOO_LARGE, f"message: {len(text)} bytes, more than {MAX_BYTES}")
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(Code.MALFORMED, f"message: not UTF-8 at byte {error.start}") from None
    return _loads(decoded)


def loads_text(text: str) -> dict[str, Any]:
    """Like ``loads_object`` for text that is already decoded (a document's ``data``)."""
    return _loads(text)


def _loads(text: str) -> dict[str, Any]:
    if not text.lstrip(" \t\n\r").startswith("{"):
        raise Refusal(Code.MALFORMED, "message: not a JSON object")
    too_deep, closers = _first_bracket_too_deep(text)
    if too_deep is None:
        value: dict[str, Any] = _parse(text)
        return value
    # Is the text sound up to that bracket? Put a value in its place that does not grow together
    # with what stands before it, as a digit would, and close what is open.
    _parse(f"{text[:too_deep]}null{closers}")
    raise Refusal(Code.TOO_LARGE, f"message: nested deeper than {MAX_DEPTH}")


def is_too_deep(text: str) -> bool:
    """Whether brackets of ``text``, which need not be JSON, nest deeper than JSON-2 lets them."""
    brackets = text.count("[") + text.count("{")
    return brackets > MAX_DEPTH and _first_bracket_too_deep(text)[0] is not None


def _first_bracket_too_deep(text: str) -> tuple[int | None, str]:
    closers: list[str] = []
    in_string = False
    for match in _STRUCTURE.finditer(text):
        token = match.group()
        if token == '"':
            in_string = not in_string
        elif in_string or token[0] == "\\":
            continue
        elif token in _CLOSER:
            if len(closers) == MAX_DEPTH:
                return match.start(), "".join(reversed(closers))
            closers.append(_CLOSER[token])
        elif not closers or closers.pop() != token:
            return None, ""  # a syntax error; the parser will say where
    return None, ""


def _parse(text: str) -> Any:
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        position = len(text[: error.pos].encode("utf-8", "surrogatepass"))
        raise Refusal(Code.MALFORMED, f"message: not JSON at byte {position}") from None
    _refuse_lone_surrogates(text)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    duplicates = DuplicateNames(value)
    duplicates.written = pairs
    return duplicates


def entries(value: dict[str, Any]) -> Collection[tuple[str, Any]]:
    """The entries that ``value`` was written with, duplicates included."""
    return value.written if isinstance(value, DuplicateNames) else value.items()


def _integer(literal: str) -> int | str:
    return InfiniteNumber(literal) if _is_infinite(literal) else int(literal)


def _float(literal: str) -> float | str:
    return InfiniteNumber(literal) if _is_infinite(literal) else float(literal)


def _is_infinite(literal: str) -> bool:
    """JSON-4; a number that is too long to tell counts as infinite."""
    return len(literal) > MAX_NUMBER or abs(float(literal)) == math.inf


class InfiniteNumber(str):
    """A number literal whose double is infinite, kept as its text (JSON-4)."""

    __slots__ = ()


def _constant(name: str) -> Any:
    raise Refusal(Code.MALFORMED, f"message: {name} is not JSON")


def _refuse_lone_surrogates(text: str) -> None:
    if "\\u" not in text:
        return
    high_ends_at = -1
    for match in _ESCAPE.finditer(text):
        escape = match.group(1)
        if len(escape) != 5:
            continue
        unit = int(escape[1:], 16)
        if 0xDC00 <= unit <= 0xDFFF:
            if high_ends_at != match.start():
                break
            high_ends_at = -1
        elif high_ends_at >= 0:
            break
        elif 0xD800 <= unit <= 0xDBFF:
            high_ends_at = match.end()
    else:
        if high_ends_at < 0:
            return
    raise Refusal(Code.MALFORMED, "message: escape of a lone surrogate")


def is_text(value: object) -> TypeGuard[str]:
    """Whether ``value`` came from a JSON string."""
    return isinstance(value, str) and not isinstance(value, InfiniteNumber)


def is_number(value: object) -> bool:
    """Whether ``value`` came from a JSON number (a boolean is not one)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def dumps(value: object) -> bytes:
    """JSON-6; raises ``Refusal`` for NaN, infinities, lone surrogates and too deep nesting."""
    _check_emittable(value, 1)
    return json.dumps(value, allow_nan=False).encode("ascii")


def _check_emittable(value: object, depth: int) -> None:
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise Refusal(Code.MALFORMED, "message: text with a lone surrogate") from None
    elif isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise Refusal(Code.MALFORMED, "message: NaN or infinity")
    elif isinstance(value, (dict, list, tuple)):
        if depth > MAX_DEPTH:
            raise Refusal(Code.TOO_LARGE, f"message: nested deeper than {MAX_DEPTH}")
        if isinstance(value, dict):
            for name, item in value.items():
                if not isinstance(name, str):
                    raise TypeError(f"JSON names are text, not {type(name).__name__}")
                _check_emittable(name, depth + 1)
                _check_emittable(item, depth + 1)
        else:
            for item in value:
                _check_emittable(item, depth + 1)
    elif isinstance(value, int):
        try:
            int.__float__(value)  # a subclass may have its own
        except OverflowError:
            raise Refusal(Code.MALFORMED, "message: integer of too many digits") from None
    elif value is not None:
        raise TypeError(f"{type(value).__name__} is not JSON")
