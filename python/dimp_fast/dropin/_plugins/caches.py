"""Caches with a limit, in the place of those that never let anything go (D17).

The reference's ``ThanosCache`` holds every address and ID that anybody ever wrote, and does not
forget when it is asked to. Not here: the duplicate filter of the station.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from .._families import Family
from .._patches import Patches

__all__ = ["install"]

MAX_ENTRIES = 65536
"""Of each cache: some 30 MiB of IDs when it is full."""


class CacheMixin:
    """A cache that lets go of what was not asked for the longest. Thread-safe."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: OrderedDict[Any, Any] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        return len(self._entries)

    def get(self, key: Any) -> Any:
        with self._lock:
            value = self._entries.get(key)
            if value is not None:
                self._entries.move_to_end(key)
            return value

    def put(self, key: Any, value: Any) -> None:
        with self._lock:
            if value is None:
                self._entries.pop(key, None)
                return
            self._entries[key] = value
            self._entries.move_to_end(key)
            if len(self._entries) > MAX_ENTRIES:
                self._entries.popitem(last=False)

    def reduce_memory(self) -> int:
        """Let half of it go; how many are left."""
        with self._lock:
            for _ in range(len(self._entries) // 2):
                self._entries.popitem(last=False)
            return len(self._entries)


class FrequencyCheckerMixin:
    """When something was last done, for the latest keys; one that was forgotten may be done."""

    def __init__(self, expires: Any) -> None:
        super().__init__(expires=expires)  # type: ignore[call-arg]
        self._expires = expires
        self._due = CacheMixin()

    def is_expired(self, key: Any, now: Any = None, force: bool = False) -> bool:
        if now is None:
            from dimp import DateTime

            now = DateTime.now()
        due = self._due.get(key)
        if not force and due is not None and now < due:
            return False
        self._due.put(key, now + self._expires)
        return True


class RecentTimeCheckerMixin:
    """The latest time of each of the latest keys."""

    def __init__(self) -> None:
        super().__init__()
        self._latest = CacheMixin()

    def set_last_time(self, key: Any, now: Any) -> bool | None:
        last = self._latest.get(key)
        if now is None or (last is not None and not last < now):
            return False if now is None else None  # as the reference has it
        self._latest.put(key, now)
        return True

    def is_expired(self, key: Any, now: Any) -> bool:
        if now is None:
            return True
        last = self._latest.get(key)
        return last is not None and last > now


def install(patches: Patches, family: Family) -> None:
    import dimp

    extensions = dimp.shared_account_extensions
    for name in ("address_cache", "id_cache"):
        family.replace_object(patches, extensions, name, "ThanosCache", CacheMixin)
    for user, reference, mixin in (
        ("dimples.common.archivist", "ThanosCache", CacheMixin),
        ("dimples.common.checker", "FrequencyChecker", FrequencyCheckerMixin),
        ("dimples.common.checker", "RecentTimeChecker", RecentTimeCheckerMixin),
    ):
        family.replace_class(patches, user, reference, mixin)
