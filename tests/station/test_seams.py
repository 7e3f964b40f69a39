"""The small changes to the station, each alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from dimp_fast.dropin._patches import Patches
from dimp_fast.dropin.station import seams


@pytest.fixture
def patches() -> Iterator[Patches]:
    made = Patches()
    yield made
    made.restore()


class Recording(ThreadPoolExecutor):
    """A pool that tells what it was given to do."""

    def __init__(self) -> None:
        super().__init__(1)
        self.given: list[Future[Any]] = []

    def submit(self, /, *work: Any, **named: Any) -> Future[Any]:
        self.given.append(super().submit(*work, **named))
        return self.given[-1]


def test_a_lock_that_nobody_waits_for_any_more_is_free(
    patches: Patches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who gives up waiting does not get it later, also when its event loop is gone by then, as
    those of sessions go."""
    from small.lock import AsyncLock
    from small.lock.lock import _ThreadingLock

    seams.lock(patches)
    lock, pool = AsyncLock.create(), Recording()
    monkeypatch.setattr(_ThreadingLock, "_executor", pool)

    async def give_up() -> None:
        waiting = asyncio.ensure_future(lock.acquire())
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    assert asyncio.run(lock.acquire())
    asyncio.run(give_up())
    assert lock.locked()
    lock.release()
    (taken,) = pool.given
    assert taken.result(5)  # for nobody: the pool gives it back
    pool.shutdown()
    assert asyncio.run(lock.acquire(blocking=False))
    time.sleep(0.1)
    assert lock.locked()  # and is given back once only


def test_a_lock_is_waited_for(patches: Patches) -> None:
    from small.lock import AsyncLock

    seams.lock(patches)
    lock, order = AsyncLock.create(), []

    async def take(name: str) -> None:
        async with lock:
            order.append(name)
            await asyncio.sleep(0.01)
            order.append(name)

    async def both() -> None:
        await asyncio.gather(take("a"), take("b"))
        assert not await held_and_asked()

    async def held_and_asked() -> bool:
        async with lock:
            return bool(await lock.acquire(timeout=0.01))

    asyncio.run(both())
    assert order in (list("aabb"), list("bbaa"))
