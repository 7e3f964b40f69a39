"""Blocks or records, a part of a history at a time, for one batch of signatures each.

Not here: which signatures there are, and what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

SIGNATURES_AT_ONCE = 32_768
"""So many signatures are collected before they are verified: enough to keep all threads busy, few
enough that the memory this takes does not grow with the history."""

Item = TypeVar("Item")


def windows(items: Iterable[Item], count: Callable[[Item], int]) -> Iterator[list[Item]]:
    """All items in their order; ``count`` says how many signatures one has."""
    window: list[Item] = []
    size = 0
    for item in items:
        window.append(item)
        size += count(item)
        if size >= SIGNATURES_AT_ONCE:
            yield window
            window, size = [], 0
    if window:
        yield window
