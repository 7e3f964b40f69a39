"""Contenders that are the SIMD levels of one operation, through the public functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from harness import Contender

from dimp_fast import _dispatch, backend_info


def available() -> list[str]:
    """The levels that this processor has, highest first; none where there is no Rust tier."""
    if _dispatch.current().load(_dispatch.RUST) is None:
        return []
    names = _dispatch.SIMD_LEVELS
    return list(names[names.index(backend_info()["cpu"]["simd"]) :])


@contextmanager
def limited(level: str) -> Iterator[None]:
    """Kernels use ``level`` at most inside."""
    current = _dispatch.current()
    rust = current.load(_dispatch.RUST)
    if rust is None:
        raise ValueError("the rust tier was not built")
    asked = current.settings.simd
    rust.configure(current.settings.threads, level)
    try:
        yield
    finally:
        rust.configure(current.settings.threads, None if asked == "auto" else asked)


def contenders(call: Callable[[], Any], accept: Callable[[Any], bool]) -> list[Contender]:
    """A contender for each level, highest first."""
    return [
        Contender(f"dimp_fast, {level}", call, accept, partial(limited, level))
        for level in available()
    ]
