"""Misuse of the public functions: wrong types and lengths raise here, before any tier sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def sequence_of(items: Any, wanted: type, name: str) -> list[Any]:
    """``items`` as a list whose every item is a ``wanted``; ``TypeError`` names the index.

    A mutable buffer is copied to ``bytes``: it could change while a thread reads it.
    """
    if isinstance(items, (str, bytes, bytearray, memoryview)):
        raise TypeError(f"{name}: a sequence is wanted, not one {type(items).__name__}")
    found = list(items)
    for index, item in enumerate(found):
        if type(item) is wanted or isinstance(item, wanted):
            continue
        if wanted is bytes and isinstance(item, (bytearray, memoryview)):
            found[index] = bytes(item)
            continue
        raise TypeError(f"{name}[{index}]: {wanted.__name__} is wanted, not {type(item).__name__}")
    return found


def binary(value: Any, name: str) -> bytes:
    """One binary argument; a mutable buffer is copied."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    raise TypeError(f"{name}: bytes is wanted, not {type(value).__name__}")


def same_length(**columns: Sequence[Any]) -> None:
    """``ValueError`` unless all columns have one length."""
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            "sequences of unequal length: "
            + ", ".join(f"{name} has {length}" for name, length in lengths.items())
        )
