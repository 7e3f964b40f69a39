"""One verifier for all connections.

Whatever is queued when it becomes free is the next batch: one message when there is little to do,
a thousand when there is much. No timer holds a message back to wait for others.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...keyring import Keyring
from ...message import MessageBatch, ReliableMessage, verify_messages
from ...verdict import Code, DimError, Verdicts
from .counters import Counters

__all__ = ["Verified", "Verifier"]


class Verified:
    """What came out for one frame."""

    __slots__ = ("_batch", "_index", "code", "reason")

    def __init__(self, batch: MessageBatch, verdicts: Verdicts, index: int) -> None:
        self._batch = batch
        self._index = index
        self.code: Code = verdicts[index]
        self.reason: str = "" if self.code is Code.OK else verdicts.reason(index)

    @property
    def message(self) -> ReliableMessage | None:
        """The decoded message; ``None`` when the frame is none."""
        try:
            return self._batch[self._index]
        except DimError:
            return None


class _Asked(NamedTuple):
    frame: bytes
    answer: asyncio.Future[Verified]
    since: float


class Verifier:
    """Verifies frames in a thread of its own, with the GIL released. Safe to share between threads.

    Args:
        keyring: checked accounts, whose loader finds those that are not held.
        counters: told about every batch.
        most: messages in a batch at most.
        most_bytes: their bytes at most; a single larger message is a batch.
        threads: how many threads of the native pool work on a batch; ``None`` is all.
        on_failure: told when a batch could not be judged, which refuses all of it.
    """

    def __init__(
        self,
        keyring: Keyring,
        counters: Counters,
        *,
        most: int = 1024,
        most_bytes: int = 8 * 1024 * 1024,
        threads: int | None = None,
        on_failure: Callable[[BaseException], None] | None = None,
    ) -> None:
        self._keyring = keyring
        self._counters = counters
        self._most = most
        self._most_bytes = most_bytes
        self._threads = threads
        self._on_failure = on_failure
        self._queue: deque[_Asked] = deque()
        self._there_is_work = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="dimp-fast-verifier", daemon=True)
        self._thread.start()

    def submit(self, frame: bytes) -> asyncio.Future[Verified]:
        """Have a frame verified; to be called on a running event loop, which the answer comes to.

        Raises:
            RuntimeError: the verifier is closed.
        """
        answer: asyncio.Future[Verified] = asyncio.get_running_loop().create_future()
        with self._there_is_work:
            if self._closed:
                raise RuntimeError("the verifier is closed")
            self._queue.append(_Asked(frame, answer, time.perf_counter()))
            self._there_is_work.notify()
        return answer

    def close(self) -> None:
        """End the thread after what is queued."""
        with self._there_is_work:
            self._closed = True
            self._there_is_work.notify()
        self._thread.join()

    def _run(self) -> None:
        while batch := self._next():
            self._verify(batch)

    def _next(self) -> list[_Asked]:
        """What is queued, up to the limits; waits for it. Empty at the end."""
        with self._there_is_work:
            while not self._queue and not self._closed:
                self._there_is_work.wait()
            batch: list[_Asked] = []
            size = 0
            while self._queue and len(batch) < self._most:
                size += len(self._queue[0].frame)
                if batch and size > self._most_bytes:
                    break
                batch.append(self._queue.popleft())
            return batch

    def _verify(self, batch: Sequence[_Asked]) -> None:
        start = time.perf_counter()
        try:
            found, verdicts = verify_messages(
                [asked.frame for asked in batch], self._keyring, threads=self._threads
            )
            answers = [Verified(found, verdicts, index) for index in range(len(batch))]
        except Exception as error:
            if self._on_failure is not None:
                self._on_failure(error)
            _tell(batch, [error] * len(batch))
            return
        end = time.perf_counter()
        self._counters.batch(len(batch), end - start, sum(start - asked.since for asked in batch))
        _tell(batch, answers)


def _tell(batch: Sequence[_Asked], answers: Sequence[Verified | Exception]) -> None:
    """Give the answers out, with one wake-up for each loop that asked."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Asked, Verified | Exception]]] = {}
    for asked, answer in zip(batch, answers, strict=True):
        by_loop.setdefault(asked.answer.get_loop(), []).append((asked, answer))
    for loop, told in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, told)
        except RuntimeError:
            continue  # the loop was closed: nobody waits there any more


def _settle(told: Sequence[tuple[_Asked, Verified | Exception]]) -> None:
    for asked, answer in told:
        if asked.answer.done():
            continue  # cancelled: the connection is gone
        if isinstance(answer, Exception):
            asked.answer.set_exception(answer)
        else:
            asked.answer.set_result(answer)
