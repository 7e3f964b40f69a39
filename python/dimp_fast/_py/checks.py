"""What the public layer asks of a sequence before an operation sees it."""

from __future__ import annotations

from operator import countOf
from typing import Any


def uniform(items: list[Any], kind: type, size: int | None = None) -> bool:
    """Whether every item is of the type ``kind``, no subclass, and has ``size`` bytes if there is a
    size."""
    if countOf(map(type, items), kind) < len(items):
        return False
    return size is None or countOf(map(len, items), size) == len(items)
