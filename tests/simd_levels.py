"""The SIMD levels of the Rust tier, for tests that must see each of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dimp_fast import _dispatch

WITH_KERNELS = ("avx512ifma", "avx2", "portable")
"""Those for which the envelope codec has kernels, the highest first."""


def _rust() -> Any:
    return _dispatch.current().load(_dispatch.RUST)


def below() -> list[str]:
    """The levels below the one that is in use."""
    rust = _rust()
    if rust is None:
        return []
    ranks = _dispatch.SIMD_LEVELS
    active = ranks.index(rust.runtime()["simd"]["active"])
    used = next(level for level in WITH_KERNELS if ranks.index(level) >= active)
    return [level for level in WITH_KERNELS if ranks.index(level) > ranks.index(used)]


@contextmanager
def capped(level: str | None) -> Iterator[None]:
    """No higher level than ``level`` inside, for the whole process; ``None`` changes nothing."""
    if level is None:
        yield
        return
    settings = _dispatch.current().settings
    rust = _rust()
    rust.configure(settings.threads, level)
    try:
        yield
    finally:
        rust.configure(settings.threads, None if settings.simd == "auto" else settings.simd)
