"""Sessions that wake up for what there is to do, where each has a thread and a loop of its own.

The reference looks every 100 ms whether something has arrived or is to be sent. Here a session
waits for its socket, or for another thread that leaves a message. Not needed with ``loop``, where
sessions have no loop of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from .._patches import Patches

__all__ = ["wake"]

MOST_IDLE = 1.0
"""Seconds after which a session looks around all the same: it also watches for timeouts."""


class _Bell:
    """Wakes one session, from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()

    def ring(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._rung.set)

    async def wait(self, descriptor: int) -> None:
        """Until the bell is rung or the socket can be read, but no longer than ``MOST_IDLE``."""
        self._loop.add_reader(descriptor, self._rung.set)
        timeout = self._loop.call_later(MOST_IDLE, self._rung.set)
        try:
            await self._rung.wait()
        finally:
            timeout.cancel()
            self._loop.remove_reader(descriptor)
            self._rung.clear()


def wake(patches: Patches) -> None:
    """Replace polling in the sessions of the station."""
    from dimples.server import ServerSession

    bells: WeakKeyDictionary[Any, _Bell] = WeakKeyDictionary()

    async def idle(session: Any) -> None:
        bell = bells.get(session)
        if bell is None:
            bell = bells[session] = _Bell()
            return  # what was left before there was a bell is looked for once more
        channel = session.gate.hub._get_channel(remote=session.remote_address, local=None)
        sock = None if channel is None else channel.sock
        if sock is None or sock.fileno() < 0:
            await asyncio.sleep(session.interval)
        else:
            await bell.wait(sock.fileno())

    def ringing(original: Callable[..., Any]) -> Callable[..., Any]:
        def append(session: Any, msg: Any, ship: Any) -> Any:
            appended = original(session, msg=msg, ship=ship)
            if (bell := bells.get(session)) is not None:
                bell.ring()
            return appended

        return append

    patches.attribute(ServerSession, "_idle", lambda _: idle)
    patches.attribute(
        ServerSession, "_queue_append", lambda _: ringing(ServerSession._queue_append)
    )
