"""Keys of messages that serve more than one message (docs/semantics.md#seal-4, #open-2, #open-4).

Not here: what is sealed and opened with them.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from ._checks import integer
from .identity import Identifier
from .symmetric import PLAIN, SymmetricKey

__all__ = ["CipherKeys"]

Direction = tuple[str, str]
"""From whom to whom: canonical IDs without terminals."""

WEEK = 7 * 24 * 3600.0
KEYS_A_DIRECTION = 8
"""So many keys of a sender are held at a time: each of its devices has one, and an old one is
needed while messages are on their way."""


@dataclass
class _Key:
    key: SymmetricKey
    digest: str
    since: float
    uses: int = 1
    readers: bytes = b""


class CipherKeys:
    """The keys that were sent and those that came, by direction. Safe to share between threads; not
    pickled, and no ``repr`` shows a key.

    One for all users of a process will do. Keys that came are never sealed with.

    Args:
        max_keys: how many keys are held each way at most; those of the direction that was used
            least recently leave first.
        max_age: seconds after which a key is not used any more.
        max_uses: how many messages one key seals at most; ``None`` is no limit.

    Raises:
        TypeError, ValueError: an argument is of a wrong type, or not positive.
    """

    __slots__ = ("_came", "_count", "_lock", "_max_age", "_max_keys", "_max_uses", "_sent")

    def __init__(
        self, max_keys: int = 10_000, max_age: float = WEEK, max_uses: int | None = None
    ) -> None:
        most = 2**63 - 1
        self._max_keys = integer(max_keys, "max_keys", 1, most)
        self._max_uses = None if max_uses is None else integer(max_uses, "max_uses", 1, most)
        if isinstance(max_age, bool) or not isinstance(max_age, (int, float)):
            raise TypeError(f"max_age: int or float is wanted, not {type(max_age).__name__}")
        if not max_age > 0:
            raise ValueError(f"max_age: more than 0 seconds is wanted, not {max_age}")
        self._max_age = max_age
        self._sent: OrderedDict[Direction, _Key] = OrderedDict()
        self._came: OrderedDict[Direction, list[_Key]] = OrderedDict()
        self._count = 0
        self._lock = threading.Lock()

    def hold(
        self, sender: Identifier | str, destination: Identifier | str, key: SymmetricKey
    ) -> None:
        """Hold a key that came from ``sender`` for ``destination``, a user or a group. Opening does
        so by itself; this is for keys that were kept elsewhere.

        Raises:
            DimError: ``BAD_ADDRESS``, no ID.
            TypeError: ``key`` is no :class:`SymmetricKey`.
            ValueError: ``key`` is PLAIN, which keeps no secret.
        """
        if not isinstance(key, SymmetricKey):
            raise TypeError(f"key: SymmetricKey is wanted, not {type(key).__name__}")
        if key.algorithm == PLAIN:
            raise ValueError("key: PLAIN keeps no secret")
        self._hold(_direction(sender, destination), key)

    def rotate(self, sender: Identifier | str, destination: Identifier | str) -> bool:
        """Have the next message of this direction sealed with a new key; says whether there was an
        old one."""
        with self._lock:
            return self._sent.pop(_direction(sender, destination), None) is not None

    def clear(self) -> None:
        """Forget all keys."""
        with self._lock:
            self._sent.clear()
            self._came.clear()
            self._count = 0

    def __len__(self) -> int:
        return len(self._sent) + self._count

    def __bool__(self) -> bool:
        return True  # without keys it is still where keys go

    def __repr__(self) -> str:
        return f"<CipherKeys, {len(self)} of at most {self._max_keys} each way>"

    # For sealing: ``readers`` stands for who got the key, and under which keys of theirs.

    def _reuse(self, direction: Direction, readers: bytes) -> SymmetricKey | None:
        """The key of a direction if it may serve once more, and all readers have it."""
        with self._lock:
            sent = self._sent.get(direction)
            if sent is None:
                return None
            is_used_up = self._max_uses is not None and sent.uses >= self._max_uses
            if is_used_up or sent.readers != readers or self._is_old(sent):
                del self._sent[direction]
                return None
            sent.uses += 1
            self._sent.move_to_end(direction)
            return sent.key

    def _went_out(self, direction: Direction, readers: bytes, key: SymmetricKey) -> None:
        with self._lock:
            self._sent[direction] = _Key(key, key.digest, time.time(), readers=readers)
            self._sent.move_to_end(direction)
            if len(self._sent) > self._max_keys:
                self._sent.popitem(last=False)

    # For opening.

    def _held(self, direction: Direction, digest: str | None) -> list[SymmetricKey]:
        """The keys that came, newest first: those with a digest, or all when none is said."""
        with self._lock:
            held = self._came.get(direction)
            if held is None:
                return []
            self._came.move_to_end(direction)
            return [
                known.key
                for known in reversed(held)
                if digest in (None, known.digest) and not self._is_old(known)
            ]

    def _hold(self, direction: Direction, key: SymmetricKey) -> None:
        digest = key.digest
        with self._lock:
            held = self._came.setdefault(direction, [])
            self._came.move_to_end(direction)
            if any(known.digest == digest and known.key == key for known in held):
                return
            held.append(_Key(key, digest, time.time()))
            self._count += 1
            if len(held) > KEYS_A_DIRECTION:
                del held[0]
                self._count -= 1
            while self._count > self._max_keys:
                oldest = next(iter(self._came))
                del self._came[oldest][0]
                self._count -= 1
                if not self._came[oldest]:
                    del self._came[oldest]

    def _is_old(self, known: _Key) -> bool:
        return time.time() - known.since >= self._max_age


def _direction(sender: Identifier | str, destination: Identifier | str) -> Direction:
    both = (Identifier.parse(sender), Identifier.parse(destination))
    return str(both[0].without_terminal()), str(both[1].without_terminal())
