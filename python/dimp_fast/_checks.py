"""Misuse of the public functions: wrong types and lengths raise here, before any tier sees them.

What comes in as numpy is made plain here too; numpy is asked only when the caller used it.
"""

from __future__ import annotations

import operator
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

from . import _dispatch


def sequence_of(items: Any, wanted: type, name: str, *, optional: bool = False) -> list[Any]:
    """``items`` as a list whose every item is a ``wanted``; ``TypeError`` names the index.

    A mutable buffer is copied to ``bytes``: it could change while a thread reads it. For the same
    peace a subclass of ``str`` becomes a ``str``. Where ``bytes`` are wanted, the rows of a buffer
    of two dimensions are items. ``optional`` lets ``None`` through.
    """
    if wanted is bytes and (found := matrix(items, name)) is not None:
        return found.rows()
    if isinstance(items, (str, bytes, bytearray, memoryview)):
        raise TypeError(f"{name}: a sequence is wanted, not one {type(items).__name__}")
    listed = list(items)
    # The usual case without a loop in Python.
    if _dispatch.operation("uniform")(listed, wanted):
        return listed
    allowed = (wanted, type(None)) if optional else (wanted,)
    for index, item in enumerate(listed):
        if type(item) in allowed:
            continue
        if wanted is str and isinstance(item, str):
            listed[index] = str.__str__(item)
        elif wanted is bytes and isinstance(item, (bytearray, memoryview)):
            listed[index] = bytes(item)
        elif not isinstance(item, wanted):
            raise TypeError(
                f"{name}[{index}]: {wanted.__name__} is wanted, not {type(item).__name__}"
            )
    return listed


class Matrix(NamedTuple):
    """Bytes in rows of equal width."""

    data: bytes
    height: int
    width: int

    def rows(self) -> list[bytes]:
        """One ``bytes`` a row."""
        width = self.width
        return [self.data[row * width : (row + 1) * width] for row in range(self.height)]


def matrix(items: Any, name: str) -> Matrix | None:
    """A copy of a buffer of unsigned bytes with two dimensions, such as a ``uint8`` array of shape
    (n, width); None for what is no buffer of two dimensions."""
    if isinstance(items, (list, tuple, bytes)):
        return None
    if getattr(getattr(items, "dtype", None), "kind", "") == "S":
        raise TypeError(
            f"{name}: numpy drops zeros at the end of fixed-width bytes; "
            "a uint8 array of two dimensions is wanted"
        )
    try:
        view = memoryview(items)
    except (TypeError, ValueError, BufferError):
        return None  # no buffer, or one of items that no buffer can describe
    with view:
        if view.shape is None or len(view.shape) != 2:
            return None
        if view.format.lstrip("@=<>!") not in ("B", "c"):
            raise TypeError(f"{name}: unsigned bytes are wanted, not format {view.format!r}")
        height, width = view.shape
        return Matrix(view.tobytes(), height, width)


def integer(value: Any, name: str, least: int, most: int) -> int:
    """One integer in a range. NumPy's are welcome, ``bool`` is none."""
    try:
        # Older NumPys let theirs be an index.
        if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: int is wanted, not {type(value).__name__}") from None
    if not least <= number <= most:
        raise ValueError(f"{name}: {least} to {most} is wanted, not {number}")
    return number


def packed(items: Any, width: int, name: str) -> bytes:
    """Integers of ``width`` bytes, 1 or 4, as little-endian bytes; errors name the index."""
    most = (1 << 8 * width) - 1
    if getattr(getattr(items, "dtype", None), "kind", "") in tuple("iu"):
        import numpy as np

        column = np.asarray(items)
        fits = not column.size or (column.min() >= 0 and column.max() <= most)
        if column.ndim == 1 and fits:
            return column.astype(f"<u{width}").tobytes()
    found = list(items)
    if not all(type(item) is int and 0 <= item <= most for item in found):
        found = [integer(item, f"{name}[{i}]", 0, most) for i, item in enumerate(found)]
    return struct.pack(f"<{len(found)}{'B' if width == 1 else 'I'}", *found)


def binary(value: Any, name: str) -> bytes:
    """One binary argument; a mutable buffer is copied."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    raise TypeError(f"{name}: bytes is wanted, not {type(value).__name__}")


def text(value: Any, name: str) -> str:
    """One text argument; a subclass of ``str`` becomes a ``str``."""
    if type(value) is str:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"{name}: str is wanted, not {type(value).__name__}")


def same_length(**columns: Sequence[Any]) -> None:
    """``ValueError`` unless all columns have one length."""
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            "sequences of unequal length: "
            + ", ".join(f"{name} has {length}" for name, length in lengths.items())
        )
