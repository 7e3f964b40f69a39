"""Merkle roots of histories (docs/semantics.md#hist-4)."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def merkle_roots(leaves: Sequence[bytes], counts: Sequence[int], threads: int) -> bytes:
    """The root of each tree; ``counts`` says how many of the leaves each one has."""
    if sum(counts) != len(leaves) or any(count < 1 for count in counts):
        raise ValueError(f"{len(leaves)} leaves for trees of {list(counts)[:16]}")
    found = bytearray()
    start = 0
    for count in counts:
        level = [_twice(leaf) for leaf in leaves[start : start + count]]
        while len(level) > 1:
            if len(level) % 2:
                level.append(level[-1])
            level = [_twice(level[at] + level[at + 1]) for at in range(0, len(level), 2)]
        found += level[0]
        start += count
    return bytes(found)


def _twice(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()
