"""A progress bar on standard error, when that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int, int], None]
"""Called with (bytes done, items done)."""


@contextmanager
def progress_bar(
    items: str, *, size: int | None = None, count: int | None = None, scrolls: bool = False
) -> Iterator[Advance]:
    """Shows how much is done; nothing when nobody is watching.

    Args:
        items: what is counted, in the plural.
        size: how many bytes there are to do; ``None`` is not known.
        count: how many items there are to do, where that is known and bytes are not counted.
        scrolls: lines are being written to standard output. Where that is a terminal too, they
            are progress enough, and a bar would be torn to pieces between them.
    """
    if not sys.stderr.isatty() or (scrolls and sys.stdout.isatty()):
        yield lambda done, number: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    measure = () if count is not None else (DownloadColumn(),)
    of = "" if count is None else f" of {count}"
    with Progress(
        BarColumn(),
        *measure,
        TextColumn(f"{{task.fields[number]}}{of} {items}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # or it would all end on standard error
    ) as bar:
        task = bar.add_task(items, total=size if count is None else count, number=0)
        yield lambda done, number: bar.update(
            task, completed=done if count is None else number, number=number
        )
