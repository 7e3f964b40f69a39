"""Lines of any number and size, read in bounded memory.

Not here: what a line says.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO, NamedTuple

MAX_FRAME_BYTES = 16 * 1024 * 1024
"""A longer JSON text is refused; only this much of it, and one byte, is ever in memory."""

_BATCH_LINES = 4096
_BATCH_BYTES = 8 * 1024 * 1024


class Batch(NamedTuple):
    """Some lines of one source."""

    source: str | None
    """The file, ``-`` for standard input, ``None`` for the command line."""
    lines: list[int]
    """Their numbers, from 1; of the command line, which arguments they are."""
    items: list[bytes]
    position: int
    """Bytes read so far."""


def open_source(source: str) -> AbstractContextManager[BinaryIO]:
    """A file, or standard input for ``-``; raises ``OSError``."""
    if source != "-":
        return open(source, "rb")
    if sys.stdin is None:
        raise OSError("standard input is closed")
    return nullcontext(sys.stdin.buffer)


def read_batches(sources: Sequence[str], limit: int = MAX_FRAME_BYTES) -> Iterator[Batch]:
    """The non-blank lines of some sources. Of one with more than ``limit`` bytes the head is kept,
    so that whoever judges it sees that it is too long. Raises ``OSError``."""
    done = 0
    for source in sources:
        position = 0
        with open_source(source) as file:
            for batch in batches_of(source, file, limit):
                position = batch.position
                yield batch._replace(position=done + position)
        done += position


def batches_of(source: str, file: BinaryIO, limit: int, first: bytes = b"") -> Iterator[Batch]:
    """The same of one open file, whose first line may have been read already."""
    lines: list[int] = []
    items: list[bytes] = []
    size = position = 0
    for number, (item, read) in enumerate(_lines(file, limit, first), start=1):
        position += read
        if not item or item.isspace():
            continue
        lines.append(number)
        items.append(item)
        size += len(item)
        if len(items) == _BATCH_LINES or size >= _BATCH_BYTES:
            yield Batch(source, lines, items, position)
            lines, items, size = [], [], 0
    if items:
        yield Batch(source, lines, items, position)


def _lines(file: BinaryIO, limit: int, first: bytes) -> Iterator[tuple[bytes, int]]:
    """Lines without their end, and how many bytes were read for each."""
    line = first or file.readline(limit + 2)
    while line:
        head, read = line, len(line)
        while line and not line.endswith(b"\n"):  # too long, or the last
            line = file.readline(1 << 20)
            read += len(line)
        yield head[: limit + 1].removesuffix(b"\n"), read
        line = file.readline(limit + 2)


def size_of(sources: Sequence[str]) -> int | None:
    """How many bytes there are to read; ``None`` when nobody can know."""
    return None if "-" in sources else sum(map(os.path.getsize, sources))
