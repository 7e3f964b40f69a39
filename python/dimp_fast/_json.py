"""JSON text from what a caller gives, and mappings from JSON text that a tier has let through.

Not here: what is allowed. The tiers say that (docs/semantics.md#json-1); this only carries it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from ._py.json import MAX_DEPTH, is_too_deep
from .verdict import Code, DimError

MAX_NUMBER = 1000
"""Characters of the longest number that is computed with (docs/semantics.md#json-4)."""

TOO_DEEP = f"JSON: nested deeper than {MAX_DEPTH}"

NOT_JSON = b""
"""Stands for what JSON cannot say: every tier calls it ``MALFORMED``."""


_MANY_DIGITS = re.compile("[0-9]{309}")
"""Every integer that is infinite as a double has as many."""


class JsonObject:
    """Something that is one JSON object: ``_text`` is its text, in ASCII or UTF-8."""

    __slots__ = ("_text",)

    _text: bytes


def text_of(source: Any, wanted: type[JsonObject], name: str) -> bytes:
    """The JSON text of ``source``: a ``wanted``, a mapping, or JSON text itself.

    :data:`NOT_JSON` for a mapping that JSON cannot say; ``TypeError`` for anything else.
    """
    if isinstance(source, wanted):
        return source._text
    if isinstance(source, Mapping):
        return _text(source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    raise _mistaken(source, wanted, name)


def sources_of(items: Any, wanted: type[JsonObject], name: str) -> list[Any]:
    """``items`` as a list of what :func:`text_of` takes; ``TypeError`` names the index."""
    if isinstance(items, (str, bytes, bytearray, memoryview, Mapping, JsonObject)):
        raise TypeError(f"{name}: a sequence is wanted, not one {type(items).__name__}")
    found = list(items)
    for index, item in enumerate(found):
        if not isinstance(item, (wanted, Mapping, bytes, bytearray, memoryview)):
            raise _mistaken(item, wanted, f"{name}[{index}]")
    return found


def _mistaken(source: Any, wanted: type[JsonObject], name: str) -> TypeError:
    return TypeError(
        f"{name}: {wanted.__name__}, a mapping or JSON bytes is wanted, not {type(source).__name__}"
    )


def _text(mapping: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(dict(mapping), allow_nan=False).encode("ascii")
    except (TypeError, ValueError, RecursionError):
        return NOT_JSON


def emit(mapping: Mapping[str, Any]) -> str:
    """The text that the reference writes (docs/semantics.md#json-6).

    Raises:
        DimError: ``MALFORMED``, JSON cannot say it.
    """
    try:
        text = json.dumps(dict(mapping), allow_nan=False)
        # Looked for only where there can be one: numbers that are infinite, lone surrogates.
        if _MANY_DIGITS.search(text):
            json.loads(text, parse_int=_finite)
        if "\\ud" in text:
            json.dumps(dict(mapping), ensure_ascii=False).encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise DimError(Code.MALFORMED, f"JSON cannot say it: {error}") from None
    return text


def _finite(literal: str) -> None:
    if _is_infinite(literal):
        raise ValueError("integer of too many digits")


def load_object(text: str | bytes) -> dict[str, Any]:
    """The object that ``text`` is, with numbers that are infinite kept as text, as JSON-4 wants.

    More lenient than a tier: for text that a tier accepted, or that nobody vouches for.

    Raises:
        DimError: ``MALFORMED`` or ``TOO_LARGE``, no JSON object.
    """
    try:
        value = json.loads(
            text,
            parse_int=_number(int),
            parse_float=_number(float),
            parse_constant=_no_number,
        )
    # How deep the parser goes by itself hangs on the version of Python.
    except RecursionError:
        raise DimError(Code.TOO_LARGE, TOO_DEEP) from None
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError) and is_too_deep(error.doc[: error.pos]):
            raise DimError(Code.TOO_LARGE, TOO_DEEP) from None
        raise DimError(Code.MALFORMED, f"not JSON: {error}") from None
    if not is_shallow(text, value):
        raise DimError(Code.TOO_LARGE, TOO_DEEP)
    if not isinstance(value, dict):
        raise DimError(Code.MALFORMED, "not a JSON object")
    return value


def is_shallow(text: str | bytes, value: Any) -> bool:
    """Whether nothing in ``value``, of which ``text`` is the JSON, lies deeper than JSON-2 lets it;
    brackets are counted first, which is quick, and enough nearly always."""
    if isinstance(text, str):
        brackets = text.count("[") + text.count("{")
    else:
        brackets = text.count(b"[") + text.count(b"{")
    if brackets <= MAX_DEPTH:
        return True
    level, depth = [value], 0
    while level := [item for item in level if isinstance(item, (dict, list))]:
        depth += 1
        if depth > MAX_DEPTH:
            return False
        level = [
            inner for item in level for inner in (item.values() if isinstance(item, dict) else item)
        ]
    return True


def _number(make: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda literal: literal if _is_infinite(literal) else make(literal)


def _is_infinite(literal: str) -> bool:
    return len(literal) > MAX_NUMBER or math.isinf(float(literal))


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")
