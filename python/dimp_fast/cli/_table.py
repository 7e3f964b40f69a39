"""Tables as aligned text: one line a row, or one line a cell where a terminal is too narrow."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence

from ._text import printable

_GAP = "  "


def write_table(
    names: Sequence[str], rows: Sequence[Sequence[str]], *, headed: bool = True
) -> None:
    """Write rows under the names of their columns; ``headed`` is false where the names stand
    above already. Characters of East Asia take two cells."""
    shown = [list(names), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*shown, strict=True)]
    whole = sum(widths) + len(_GAP) * (len(widths) - 1)
    if sys.stdout.isatty() and whole > shutil.get_terminal_size().columns:
        for row in shown[1:]:
            write_fields(zip(names, row, strict=True))
            sys.stdout.write("\n")
        return
    for row in shown if headed else shown[1:]:
        cells = (_padded(cell, width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(_GAP.join(cells).rstrip() + "\n")


def write_fields(fields: Iterable[tuple[str, str]]) -> None:
    """Write names and values, one of each a line."""
    pairs = list(fields)
    width = max(_width(name) for name, _ in pairs)
    for name, value in pairs:
        sys.stdout.write(f"{_padded(name, width)}{_GAP}{printable(value)}\n")


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
