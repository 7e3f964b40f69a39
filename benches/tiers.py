"""Contenders that are the tiers of one operation, through the public functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from harness import Contender

from dimp_fast import _dispatch
from dimp_fast._dispatch import Dispatcher


@cache
def dispatcher(tier: str) -> Dispatcher | None:
    """One that is capped at ``tier``; None when the tier was not built."""
    current = _dispatch.current()
    if current.load(tier) is None:
        return None
    return Dispatcher(current.settings._replace(backend=tier, require=()))


@contextmanager
def serving(tier: str) -> Iterator[None]:
    """The public functions are served by ``tier`` inside."""
    capped = dispatcher(tier)
    if capped is None:
        raise ValueError(f"the {tier} tier was not built")
    before = _dispatch.use(capped)
    try:
        yield
    finally:
        _dispatch.use(before)


def available(unit: str) -> list[str]:
    """The tiers that serve ``unit`` here and that DIMP_FAST_BACKEND lets in, in the order of the
    table."""
    found = []
    for tier in _dispatch.current().candidates(unit):
        capped = dispatcher(tier)
        if capped is not None and capped.select(unit).tier == tier:
            found.append(tier)
    return found


def contenders(
    unit: str, make: Callable[[], Callable[[], Any]], accept: Callable[[Any], bool]
) -> list[Contender]:
    """A contender for each tier of ``unit``, in the order of the table.

    Args:
        make: called inside the tier, so that keys and keyrings are of that tier; returns the call.
        accept: as in :class:`Contender`.
    """
    found = []
    for tier in available(unit):
        with serving(tier):
            call = make()
        found.append(Contender(f"dimp_fast, {tier}", call, accept, partial(serving, tier)))
    return found
