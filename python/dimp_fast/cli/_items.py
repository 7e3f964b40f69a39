"""Items that are one line of text each, such as IDs: from the command line, files and standard
input, in batches.

Not here: what makes an item right. The commands bring a function for that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..verdict import Code, DimError
from ._lines import Batch, read_batches, size_of

MAX_TEXT_BYTES = 4096
"""A longer line is refused. IDs and addresses have at most 128 characters."""

Value = TypeVar("Value")


@dataclass(slots=True)
class Judged(Generic[Value]):
    """One item and what became of it."""

    source: str | None
    line: int
    text: str | None
    """``None`` for what is no text."""
    value: Value | DimError

    @property
    def code(self) -> Code:
        return self.value.code if isinstance(self.value, DimError) else Code.OK

    @property
    def reason(self) -> str:
        return self.value.reason if isinstance(self.value, DimError) else ""

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return f"argument {self.line}" if self.source is None else f"{self.source}:{self.line}"

    def row(self, facts: dict[str, Any] | None = None) -> dict[str, Any]:
        """Where it stands, its verdict and ``facts``, for programs."""
        where = {"source": self.source, "line": self.line}
        verdict = {"verdict": self.code.name, "reason": self.reason}
        return where | verdict | (facts or {})


Read = Callable[[str], Iterator[Batch]]


def _read_lines(source: str) -> Iterator[Batch]:
    return read_batches([source], MAX_TEXT_BYTES)


class Items:
    """What the arguments of a command stand for.

    An argument that ``is_item`` stands for itself, as does one that names no file. Any other, and
    ``-`` for standard input, is read.
    """

    def __init__(
        self, arguments: Sequence[str], is_item: Callable[[str], bool], read: Read = _read_lines
    ) -> None:
        self._read = read
        self._arguments = arguments
        self._is_source = [
            argument == "-" or (not is_item(argument) and os.path.exists(argument))
            for argument in arguments
        ]

    def size(self) -> int | None:
        """How many bytes there are to read; ``None`` when nobody can know."""
        pairs = zip(self._arguments, self._is_source, strict=True)
        return size_of([argument for argument, is_source in pairs if is_source])

    def batches(self) -> Iterator[Batch]:
        """Raises ``OSError`` for what cannot be read."""
        lines: list[int] = []
        done = 0
        for number, argument in enumerate(self._arguments, start=1):
            if not self._is_source[number - 1]:
                lines.append(number)
                continue
            if lines:
                yield self._given(lines, done)
                lines = []
            position = 0
            for batch in self._read(argument):
                position = batch.position
                yield batch._replace(position=done + position)
            done += position
        if lines:
            yield self._given(lines, done)

    def _given(self, lines: list[int], done: int) -> Batch:
        items = [os.fsencode(self._arguments[number - 1]) for number in lines]
        return Batch(None, lines, items, done)


def judge(
    batch: Batch,
    parse: Callable[[list[str]], Sequence[Value | DimError]],
    limit: int = MAX_TEXT_BYTES,
    is_item: Callable[[str], bool] = lambda _: False,
) -> Iterator[Judged[Value]]:
    """Each item of a batch with what ``parse`` makes of it; it sees only what is text. An argument
    that is refused was looked for as a file, unless it ``is_item``."""
    texts = [_decoded(item, limit) for item in batch.items]
    values = iter(parse([text for text in texts if isinstance(text, str)]))
    for line, text in zip(batch.lines, texts, strict=True):
        if isinstance(text, DimError):
            yield Judged(batch.source, line, None, text)
            continue
        value = next(values)
        if batch.source is None and isinstance(value, DimError) and not is_item(text):
            value = DimError(value.code, f"{value.reason}, nor a file")
        yield Judged(batch.source, line, text, value)


def _decoded(item: bytes, limit: int) -> str | DimError:
    if len(item) > limit:
        return DimError(Code.TOO_LARGE, f"line: more than {limit} bytes")
    try:
        return item.removesuffix(b"\r").decode("utf-8")  # Windows ends lines with CR LF
    except UnicodeDecodeError:
        return DimError(Code.BAD_ENCODING, "line: not UTF-8")
