"""IDs of the DIM network (docs/semantics.md#id-1 to #id-4).

Not here: whether an ID belongs to a key. Only a meta proves that (``keyring``).
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from . import _dispatch
from .verdict import Code, DimError

__all__ = ["EntityType", "Identifier"]


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


# What network bytes of old generations stand for today (ID-4).
_MAPPED_TYPES = {0x08: 0, 0x10: 1, 0x30: 0x31, 0x88: 2, 0x76: 3, 0xC8: 4}


class Identifier:
    """A parsed ID, immutable and hashable.

    Equal to another ID, and to a ``str``, with the same canonical text; ``str()`` gives that text.
    """

    __slots__ = ("_address", "_name", "_network", "_terminal", "_text")

    _address: str
    _name: str | None
    _network: int
    _terminal: str | None
    _text: str

    def __init__(self) -> None:
        raise TypeError("use Identifier.parse()")

    @classmethod
    def parse(cls, text: str | Identifier) -> Identifier:
        """Parse ``[name@]address[/terminal]`` strictly.

        Raises:
            DimError: ``BAD_ADDRESS``, the text is no ID.
            TypeError: ``text`` is not a ``str``.
        """
        if isinstance(text, Identifier):
            return text
        if not isinstance(text, str):
            raise TypeError(f"text: str is wanted, not {type(text).__name__}")
        parsed = _dispatch.operation("parse_identifier")(text)
        if parsed is None:
            raise DimError(Code.BAD_ADDRESS, f"ID: not an ID: {text[:60]!r}")
        identifier = object.__new__(cls)
        (
            identifier._text,
            identifier._name,
            identifier._address,
            identifier._terminal,
            identifier._network,
        ) = parsed
        return identifier

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
        if self._name is None and not self.is_broadcast:
            return EntityType.USER
        mapped = _MAPPED_TYPES.get(self._network, self._network)
        return _ENTITY_TYPES.get(mapped, mapped)

    @property
    def is_broadcast(self) -> bool:
        """Whether the address is ``anywhere`` or ``everywhere``; no other network byte counts."""
        return self._address in ("anywhere", "everywhere")

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
        return int.from_bytes(self._columns()[3], "little")

    @property
    def number_le(self) -> int:
        """The search number by the original definition."""
        return int.from_bytes(self._columns()[4], "little")

    @property
    def number_text(self) -> str:
        """``number`` as people read it: ``ddd-ddd-dddd``."""
        digits = f"{self.number:010d}"
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"

    def _columns(self) -> Any:
        return _dispatch.operation("parse_addresses")([self._address], 1)

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


_ENTITY_TYPES = {int(entity): entity for entity in EntityType}
