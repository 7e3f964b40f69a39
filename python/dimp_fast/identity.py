"""IDs of the DIM network (docs/semantics.md#id-1 to #id-6).

Not here: whether an ID belongs to a key. Only a meta proves that (``keyring``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from . import _dispatch
from ._checks import sequence_of
from ._checks import text as checked_text
from ._rules import entity_type
from .address import BROADCAST, Address, number_texts
from .verdict import Code, DimError, Verdicts

__all__ = [
    "ANYONE",
    "ANY_STATION",
    "EVERYONE",
    "EVERY_STATION",
    "FOUNDER",
    "SERVICE_PROVIDERS",
    "EntityType",
    "Identifier",
    "check_name",
    "parse_identifiers",
]


class EntityType(IntEnum):
    """What an ID stands for, in today's numbers."""

    USER = 0
    GROUP = 1
    STATION = 2
    ISP = 3
    BOT = 4
    ICP = 5
    CHATROOM = 0x31
    ANY = 0x80
    EVERY = 0x81


_ENTITY_TYPES = {int(entity): entity for entity in EntityType}

Parts = tuple[str, "str | None", str, "str | None", int]
"""Canonical text, name, address, terminal, network byte: what a tier says of an ID."""

_NAME = re.compile("[0-9A-Za-z_.-]{2,32}")


def check_name(text: str) -> bool:
    """Whether the white paper allows ``text`` as a name (docs/semantics.md#id-5): 2 to 32
    characters, ASCII letters, digits, ``_``, ``-`` and ``.``.

    For those who give names out. IDs on the network have other names too, and parse.

    Raises:
        TypeError: ``text`` is not a ``str``.
    """
    return _NAME.fullmatch(checked_text(text, "text")) is not None


class Identifier:
    """A parsed ID, immutable and hashable.

    Equal to another ID, and to a ``str``, with the same canonical text; ``str()`` gives that text.
    """

    __slots__ = ("_address", "_name", "_network", "_numbers", "_terminal", "_text")

    _address: str
    _name: str | None
    _network: int
    _numbers: tuple[int, int] | None
    _terminal: str | None
    _text: str

    def __init__(self) -> None:
        raise TypeError("use Identifier.parse() or Identifier.create()")

    @classmethod
    def parse(cls, text: str | Identifier) -> Identifier:
        """Parse ``[name@]address[/terminal]`` strictly.

        Raises:
            DimError: ``BAD_ADDRESS``, the text is no ID.
            TypeError: ``text`` is not a ``str``.
        """
        if isinstance(text, Identifier):
            return text
        text = checked_text(text, "text")
        parsed = _dispatch.operation("parse_identifier")(text)
        if parsed is None:
            raise DimError(Code.BAD_ADDRESS, _reason(text))
        return cls._of(parsed)

    @classmethod
    def create(
        cls, name: str | None, address: str | Address, terminal: str | None = None
    ) -> Identifier:
        """The ID of these parts. For ``name`` and ``terminal`` the empty text is none.

        Raises:
            DimError: ``BAD_ADDRESS``, these parts make no ID.
            TypeError: a part is of a wrong type.
        """
        name = None if name is None else checked_text(name, "name") or None
        terminal = None if terminal is None else checked_text(terminal, "terminal") or None
        text = str(address) if isinstance(address, Address) else checked_text(address, "address")
        if name is not None:
            text = f"{name}@{text}"
        if terminal is not None:
            text = f"{text}/{terminal}"
        created = cls.parse(text)
        # A part with a separator in it could have become two.
        if (created._name, created._terminal) != (name, terminal):
            raise DimError(Code.BAD_ADDRESS, _reason(text))
        return created

    @classmethod
    def _of(cls, parsed: Parts) -> Identifier:
        identifier = object.__new__(cls)
        (
            identifier._text,
            identifier._name,
            identifier._address,
            identifier._terminal,
            identifier._network,
        ) = parsed
        identifier._numbers = None
        return identifier

    def with_terminal(self, terminal: str) -> Identifier:
        """This ID at another login point; the empty text is none.

        Raises:
            DimError: ``BAD_ADDRESS``, ``terminal`` cannot stand in an ID, or makes it too long.
            TypeError: ``terminal`` is not a ``str``.
        """
        return self.create(self._name, self._address, checked_text(terminal, "terminal"))

    def without_terminal(self) -> Identifier:
        """This ID without its login point; itself when it has none."""
        if self._terminal is None:
            return self
        text = self._address if self._name is None else f"{self._name}@{self._address}"
        return self._of((text, self._name, self._address, None, self._network))

    @property
    def name(self) -> str | None:
        """The part before the ``@``; the seed of the meta for metas of type 1."""
        return self._name

    @property
    def address(self) -> str:
        """The address in canonical spelling."""
        return self._address

    @property
    def terminal(self) -> str | None:
        """The part after the ``/``: one login point of the user."""
        return self._terminal

    @property
    def network(self) -> int:
        """The raw network byte of the address: 0 for ETH, 0x80 and 0x81 for broadcast."""
        return self._network

    @property
    def type(self) -> int:
        """The network byte in today's numbers, an :class:`EntityType` where there is one; a user
        when there is no name, as in the reference."""
        mapped = entity_type(
            self._network, is_named=self._name is not None, is_broadcast=self.is_broadcast
        )
        return _ENTITY_TYPES.get(mapped, mapped)

    @property
    def is_broadcast(self) -> bool:
        """Whether the address is ``anywhere`` or ``everywhere``; no other network byte counts."""
        return self._address in BROADCAST

    @property
    def is_group(self) -> bool:
        """Whether this is a group."""
        return bool(self.type & 1)

    @property
    def is_user(self) -> bool:
        """Whether this is a user (a person, a station, a bot)."""
        return not self.is_group

    @property
    def number(self) -> int:
        """The search number by today's definition (docs/semantics.md#address-4)."""
        return self._both_numbers()[0]

    @property
    def number_le(self) -> int:
        """The search number by the original definition."""
        return self._both_numbers()[1]

    @property
    def number_text(self) -> str:
        """``number`` as people read it: ``ddd-ddd-dddd``."""
        return number_texts((self.number,))[0]

    def _both_numbers(self) -> tuple[int, int]:
        if self._numbers is None:
            address = Address.parse(self._address)
            self._numbers = address.number, address.number_le
        return self._numbers

    def is_same_as(self, other: Identifier) -> bool:
        """Whether both are the same entity: name and address are equal, terminals aside.

        Raises:
            TypeError: ``other`` is not an :class:`Identifier`.
        """
        if not isinstance(other, Identifier):
            raise TypeError(f"other: Identifier is wanted, not {type(other).__name__}")
        return self._address == other._address and self._name == other._name

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Identifier({self._text!r})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Identifier):
            return self._text == other._text
        return self._text == other if isinstance(other, str) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return Identifier.parse, (self._text,)


def parse_identifiers(
    texts: Sequence[str], *, threads: int | None = None
) -> tuple[list[Identifier | None], Verdicts]:
    """Parse ``[name@]address[/terminal]`` strictly, many at once (docs/semantics.md#id-1).

    Args:
        texts: ID texts.
        threads: how many threads at most; ``None`` is all, 1 stays on the calling thread.

    Returns:
        The IDs in input order with ``None`` where a text is no ID, and the verdicts: ``OK`` or
        ``BAD_ADDRESS``.

    Raises:
        TypeError: an item is not a ``str``; the message names its index.
    """
    items = sequence_of(texts, str, "texts")
    count = _dispatch.thread_count(threads)
    parsed: list[Parts | None] = _dispatch.operation("parse_identifiers")(items, count)
    make = Identifier._of
    identifiers = [None if parts is None else make(parts) for parts in parsed]
    refused = {index: items[index] for index, parts in enumerate(parsed) if parts is None}
    return identifiers, verdicts_of(len(items), refused)


def verdicts_of(count: int, refused: Mapping[int, str]) -> Verdicts:
    """The verdicts of ``count`` texts of which some, by index, are no IDs."""
    codes = bytearray(count)
    for index in refused:
        codes[index] = Code.BAD_ADDRESS
    return Verdicts(bytes(codes), lambda index: _reason(refused[index]) if codes[index] else None)


def _reason(text: str) -> str:
    return f"ID: not an ID: {text[:60]!r}"


_ANYWHERE, _EVERYWHERE = ("anywhere", None, 0x80), ("everywhere", None, 0x81)

# Known parts, so that an import runs no self-test of a tier.
ANYONE = Identifier._of(("anyone@anywhere", "anyone", *_ANYWHERE))
"""Whoever gets to read it: the receiver of a message that names none."""

EVERYONE = Identifier._of(("everyone@everywhere", "everyone", *_EVERYWHERE))
"""The group of all."""

FOUNDER = Identifier._of(("moky@anywhere", "moky", *_ANYWHERE))
"""Who began it."""

ANY_STATION = Identifier._of(("station@anywhere", "station", *_ANYWHERE))
"""Whichever station is at the other end."""

EVERY_STATION = Identifier._of(("stations@everywhere", "stations", *_EVERYWHERE))
"""All stations."""

SERVICE_PROVIDERS = Identifier._of(("gsp@everywhere", "gsp", *_EVERYWHERE))
"""The group of service providers."""
