"""Find IDs by search number (docs/semantics.md#address-4).

Not here: whether an ID belongs to a key. A number has 32 bits, so anybody can make a key whose
address has a given one: what is found under it are candidates.
"""

from __future__ import annotations

import re
import struct
import threading
from collections.abc import Iterable, Sequence

from . import _dispatch
from ._checks import integer, sequence_of
from .address import BROADCAST
from .identity import Identifier, Parts, parse_identifiers, verdicts_of
from .verdict import DimError, Verdicts

__all__ = ["NumberIndex"]

AT_ONCE = 1 << 16
"""So many IDs are parsed before they are stored: enough to keep all threads busy, few enough that
a large batch costs no more memory than what is kept of it."""

_ETH_NUMBER_LE = 9527
_MOST = (1 << 32) - 1
_TEXT = re.compile("([0-9]{3})-([0-9]{3})-([0-9]{4})|[0-9]{1,10}")

Table = dict[int, "str | dict[str, None]"]
"""`number` -> the one ID that has it, or those that have it, in the order in which they came."""


class NumberIndex:
    """IDs by either search number. Safe to share between threads.

    Holds canonical texts. IDs of one entity with different terminals are different IDs. Broadcast
    IDs are not indexed: their number, 0, says nothing.

    A million IDs of some 45 characters take about 174 MB, their texts included.
    """

    __slots__ = ("_count", "_eth", "_lock", "_mirrored")

    def __init__(self, identifiers: Sequence[Identifier | str] = ()) -> None:
        # Everywhere but in ETH-style addresses `number_le` has the bytes of `number` in reverse, so
        # that one table serves both.
        self._mirrored: Table = {}
        self._eth: Table = {}
        self._count = 0
        self._lock = threading.Lock()
        if identifiers:
            self.add(identifiers)

    def add(
        self, identifiers: Sequence[Identifier | str], *, threads: int | None = None
    ) -> Verdicts:
        """Add IDs; one that is there already stays, and a broadcast ID is passed over.

        Args:
            identifiers: IDs or their texts; those that are no IDs are not added.
            threads: how many threads at most; ``None`` is all, 1 stays on the calling thread.

        Returns:
            One verdict an item: ``OK`` or ``BAD_ADDRESS``.

        Raises:
            TypeError: an item is neither; the message names its index.
        """
        if isinstance(identifiers, (str, Identifier)):
            raise TypeError("identifiers: a sequence is wanted, not one ID")
        texts = sequence_of(
            [str(item) if isinstance(item, Identifier) else item for item in identifiers],
            str,
            "identifiers",
        )
        count = _dispatch.thread_count(threads)
        refused: dict[int, str] = {}
        for start in range(0, len(texts), AT_ONCE):
            part = texts[start : start + AT_ONCE]
            parsed: list[Parts | None] = _dispatch.operation("parse_identifiers")(part, count)
            for index, parts in enumerate(parsed):
                if parts is None:
                    refused[start + index] = part[index]
            self._store([parts for parts in parsed if parts is not None], count)
        return verdicts_of(len(texts), refused)

    def _store(self, parsed: Sequence[Parts], threads: int) -> None:
        found = [parts for parts in parsed if parts[2] not in BROADCAST]
        columns = _dispatch.operation("parse_addresses")([parts[2] for parts in found], threads)
        _, _, _, numbers, numbers_le, _ = columns
        rows = zip(
            found,
            struct.unpack(f"<{len(found)}I", numbers),
            struct.unpack(f">{len(found)}I", numbers),
            struct.unpack(f"<{len(found)}I", numbers_le),
            strict=True,
        )
        with self._lock:
            for parts, number, mirrored, number_le in rows:
                table = self._mirrored if number_le == mirrored else self._eth
                self._count += _put(table, number, parts[0])

    def find(self, number: int | str) -> list[Identifier]:
        """The IDs that have this number by today's definition, then those that have it by the
        original one.

        By the original definition every ETH-style address has the number 9527: asking for that
        makes an :class:`Identifier` for each one in the index.

        Args:
            number: 0 to 2^32 - 1, or its text as ``ddd-ddd-dddd`` or up to ten digits.

        Raises:
            TypeError: ``number`` is of a wrong type.
            ValueError: ``number`` is out of range, or a text that is none of these.
        """
        wanted = _number(number)
        with self._lock:
            texts = [*_get(self._mirrored, wanted), *_get(self._eth, wanted)]
            if (mirrored := _mirror(wanted)) != wanted:
                texts += _get(self._mirrored, mirrored)
            if wanted == _ETH_NUMBER_LE:
                texts += (
                    text for key in self._eth if key != wanted for text in _get(self._eth, key)
                )
        # None: the type of such addresses was unregistered meanwhile.
        return [found for found in parse_identifiers(texts, threads=1)[0] if found is not None]

    def discard(self, identifier: Identifier | str) -> bool:
        """Take an ID out; says whether it was there.

        Raises:
            DimError: ``BAD_ADDRESS``, ``identifier`` is no ID.
            TypeError: ``identifier`` is of a wrong type.
        """
        parsed = Identifier.parse(identifier)
        table, number, text = self._table_of(parsed), parsed.number, str(parsed)
        with self._lock:
            held = table.get(number, ())
            if text == held:
                del table[number]
            elif isinstance(held, dict) and text in held:
                del held[text]
                if not held:
                    del table[number]
            else:
                return False
            self._count -= 1
            return True

    def _table_of(self, identifier: Identifier) -> Table:
        is_mirrored = identifier.number_le == _mirror(identifier.number)
        return self._mirrored if is_mirrored else self._eth

    def __contains__(self, identifier: object) -> bool:
        """Whether this very ID is in, terminal and all."""
        if not isinstance(identifier, (str, Identifier)):
            return False
        try:
            parsed = Identifier.parse(identifier)
        except DimError:
            return False
        with self._lock:
            return str(parsed) in _get(self._table_of(parsed), parsed.number)

    def __len__(self) -> int:
        return self._count

    def __bool__(self) -> bool:
        return True  # an empty index is still an index

    def __repr__(self) -> str:
        return f"<NumberIndex of {len(self)}>"


def _put(table: Table, number: int, text: str) -> bool:
    """Whether it was not there yet. Most numbers have one ID, which needs no container."""
    held = table.get(number)
    if held is None:
        table[number] = text
        return True
    if text in _get(table, number):
        return False
    if isinstance(held, str):
        held = table[number] = {held: None}
    held[text] = None
    return True


def _get(table: Table, number: int) -> Iterable[str]:
    held = table.get(number, ())
    return (held,) if isinstance(held, str) else held


def _mirror(number: int) -> int:
    return int.from_bytes(number.to_bytes(4, "little"), "big")


def _number(number: int | str) -> int:
    if isinstance(number, str):
        if _TEXT.fullmatch(number) is None:
            raise ValueError(f"number: ddd-ddd-dddd or digits are wanted, not {number[:60]!r}")
        number = int(number.replace("-", ""))
    return integer(number, "number", 0, _MOST)
