"""Small changes to how the station spends its time. What it does stays the same.

Each is a function that makes one change through the recorder, and has a switch of its name.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Set
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

if TYPE_CHECKING:
    from .._patches import Patches

__all__ = [
    "announce",
    "checks",
    "forget_keys",
    "ids",
    "listen",
    "lock",
    "phantom",
    "reads",
    "redis",
]

CHECK_EVERY = 1.0
"""Seconds."""

MOST_CHECKED = 10_000
"""Accounts whose last look is remembered."""

READ_BYTES = 64 * 1024
"""The reference reads 1232 bytes at a time: what fits one UDP datagram."""


def lock(patches: Patches) -> None:
    """Take a lock that is free at once. The reference waits for every lock in a thread pool, also
    for one that nobody holds.

    One that is held is waited for in that pool, but who gives up waiting leaves it free. The
    reference goes on waiting and locks it for nobody, so that nobody gets it any more."""
    from small.lock.lock import _ThreadingLock

    def eager(original: Callable[..., Any]) -> Callable[..., Any]:
        async def acquire(self: Any, blocking: bool = True, timeout: float = -1) -> bool:
            if await original(self, False):  # this way it does not go to the pool
                return True
            if not blocking:
                return False
            take = self._ThreadingLock__lock.acquire
            taken = _ThreadingLock._executor.submit(take, True, timeout)
            try:
                return await asyncio.wrap_future(taken)
            except asyncio.CancelledError:
                # Called by the pool: the loop of who gave up may be closed by then.
                taken.add_done_callback(lambda taken: _give_back(self, taken))
                raise

        return acquire

    patches.attribute(_ThreadingLock, "acquire", eager)


def _give_back(lock: Any, taken: Future[bool]) -> None:
    if not taken.cancelled() and taken.result():
        lock.release()


def reads(patches: Patches) -> None:
    """Read as much as has arrived."""
    from startrek import BaseHub

    patches.attribute(BaseHub, "MSS", lambda _: READ_BYTES)


def redis(patches: Patches) -> None:
    """Remember that there is no Redis, and prepare nothing for it. The reference looks that up in
    its configuration a dozen times a message, and writes the JSON that it then does not store."""
    from dimples.database.redis import MessageCache
    from dimples.utils import Config

    absent: WeakSet[Any] = WeakSet()

    def remembering(original: property) -> property:
        def connector(config: Any) -> Any:
            if config in absent:
                return None
            found = original.fget(config)  # type: ignore[misc]
            if found is None:
                absent.add(config)
            return found

        return property(connector)

    def loading(original: Callable[..., Any]) -> Callable[..., Any]:
        async def load(config: Any, path: str | None = None) -> Any:
            absent.discard(config)
            return await original(config, path)

        return load

    patches.attribute(Config, "redis_connector", remembering)
    patches.attribute(Config, "load", loading)
    for name in ("save_reliable_message", "remove_reliable_message"):
        patches.attribute(MessageCache, name, _where_there_is_redis)


def _where_there_is_redis(original: Callable[..., Any]) -> Callable[..., Any]:
    async def store(cache: Any, msg: Any, receiver: Any) -> bool:
        if cache.connector is None:
            return False  # what the original says in the end
        return bool(await original(cache, msg=msg, receiver=receiver))

    return store


def checks(patches: Patches) -> None:
    """Look over an account for what is to be asked for at most once a second. The reference does it
    in a task of its own each time that it reads a meta or a document, six times a message; what it
    then asks for, it asks at most every ten minutes."""
    from dimples.common import CommonFacebook

    def now_and_then(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        looked: dict[Any, float] = {}

        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            async def get(facebook: Any, identifier: Any) -> Any:
                now = time.monotonic()
                if now - looked.get(identifier, 0.0) < CHECK_EVERY:
                    return await getattr(facebook.database, name)(identifier=identifier)
                if len(looked) >= MOST_CHECKED:
                    looked.clear()
                looked[identifier] = now
                return await original(facebook, identifier=identifier)

            return get

        return make

    for name in ("get_meta", "get_documents"):
        patches.attribute(CommonFacebook, name, now_and_then(name))


def ids(patches: Patches) -> None:
    """Recognise an ID by its type. The reference asks an abstract class first, 18 times a message,
    for what is nearly always text or an ID that it made itself."""
    from dimax.ext.account import GeneralAccountHelper
    from mkm.protocol import ID

    made: set[type] = set()

    def recognising(original: Callable[..., Any]) -> Callable[..., Any]:
        def parse_id(helper: Any, identifier: Any) -> Any:
            kind = type(identifier)
            if kind in made:
                return identifier
            if kind is str:
                return helper.get_id_factory().parse_id(identifier)
            if isinstance(identifier, ID):
                made.add(kind)
            return original(helper, identifier)

        return parse_id

    patches.attribute(GeneralAccountHelper, "parse_id", recognising)


def phantom(patches: Patches) -> None:
    """Send no copy to the terminal ``/``, which is how the reference spells that there is none: it
    makes a second package, and a second receipt, for a receiver ``ID//`` that does not exist."""
    from dimples.server import ServerMessenger

    def without(original: Callable[..., Any]) -> Callable[..., Any]:
        def split(self: Any, msg: Any, receiver: Any, terminals: Set[str]) -> Any:
            real = {"" if terminal == "/" else terminal for terminal in terminals}
            return original(self, msg=msg, receiver=receiver, terminals=real)

        return split

    patches.attribute(ServerMessenger, "_split_personal_message", without)


def forget_keys(patches: Patches) -> None:
    """Parse every key anew: what ``keys`` is when it is switched off. The plug-ins hold what they
    have parsed."""
    from .._plugins import keys

    patches.attribute(keys, "MAX_CACHED_TEXT", lambda _: -1)


def listen(patches: Patches, host: str | None, server: type[Any] | None = None) -> None:
    """Change what the station's starter listens with.

    Args:
        host: address to listen on; the starter says ``0.0.0.0`` whatever its configuration says.
            ``None`` leaves it to the starter.
        server: a class like ``socketserver.ThreadingTCPServer``; ``None`` leaves that one.
    """
    from dimples.station import start

    def bound(there: type[Any]) -> type[Any]:
        base = there if server is None else server
        if host is None:
            return base

        def bind(self: Any) -> None:
            self.server_address = (host, self.server_address[1])
            base.server_bind(self)

        return type(base.__name__, (base,), {"server_bind": bind})

    if host is not None or server is not None:
        patches.attribute(start, "ThreadingTCPServer", bound)


def announce(patches: Patches, text: str) -> None:
    """One line in the station's log as soon as there is one."""
    from dimples.station import start

    from .logs import station_log

    def announcing(original: Callable[..., Any]) -> Callable[..., Any]:
        def init_logger(*args: Any, **more: Any) -> None:
            original(*args, **more)
            station_log("info", text)

        return init_logger

    patches.attribute(start, "init_logger", announcing)
