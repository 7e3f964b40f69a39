"""A progress bar on standard error, when that is a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Advance = Callable[[int, int], None]
"""Called with (bytes done, messages done)."""


@contextmanager
def progress_bar(sources: Sequence[str]) -> Iterator[Advance]:
    """Shows how many bytes of ``sources`` are done; nothing when nobody is watching."""
    if not sys.stderr.isatty():
        yield lambda done, messages: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    total = None if "-" in sources else sum(map(os.path.getsize, sources))
    with Progress(
        TextColumn("verifying"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[messages]} messages"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("verifying", total=total, messages=0)
        yield lambda done, messages: bar.update(task, completed=done, messages=messages)
