"""JSON Lines of any size, read in bounded memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from typing import BinaryIO, NamedTuple

MAX_FRAME_BYTES = 16 * 1024 * 1024
"""A longer line is refused; only this much of it, and one byte, is ever in memory."""

_BATCH_FRAMES = 4096
_BATCH_BYTES = 8 * 1024 * 1024


class Batch(NamedTuple):
    """Some frames of one source, with the numbers of their lines (from 1)."""

    source: str
    lines: list[int]
    frames: list[bytes]
    position: int
    """Bytes of the source read so far."""


def read_batches(source: str) -> Iterator[Batch]:
    """The non-blank lines of a file, or of standard input for ``-``; raises ``OSError``."""
    if source == "-" and sys.stdin is None:
        raise OSError("standard input is closed")
    opened = nullcontext(sys.stdin.buffer) if source == "-" else open(source, "rb")  # noqa: SIM115
    with opened as file:
        lines: list[int] = []
        frames: list[bytes] = []
        size = position = 0
        for number, (frame, read) in enumerate(_lines(file), start=1):
            position += read
            if not frame or frame.isspace():
                continue
            lines.append(number)
            frames.append(frame)
            size += len(frame)
            if len(frames) == _BATCH_FRAMES or size >= _BATCH_BYTES:
                yield Batch(source, lines, frames, position)
                lines, frames, size = [], [], 0
        if frames:
            yield Batch(source, lines, frames, position)


def _lines(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Lines without their end, and how many bytes were read for each. Of a line that is too long
    the head is kept, so that whoever judges it sees that it is."""
    while line := file.readline(MAX_FRAME_BYTES + 2):
        read = len(line)
        if not line.endswith(b"\n"):
            head = line
            while line and not line.endswith(b"\n"):
                line = file.readline(1 << 20)
                read += len(line)
            yield head[: MAX_FRAME_BYTES + 1], read
        else:
            yield line[:-1], read
