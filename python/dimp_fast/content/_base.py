"""What all contents have in common, the tables that say which class reads one, serial numbers."""

from __future__ import annotations

import os
import re
import time as clock
from collections.abc import Mapping
from enum import IntEnum
from secrets import randbelow
from threading import Lock
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, TypeVar

from .._fields import (
    Field,
    Fields,
    as_identifier,
    as_identifiers,
    as_integer,
    as_text,
    as_time,
    malformed,
    plain,
)
from .._json import load_object


class ContentType(IntEnum):
    """What kind of content it is."""

    TEXT = 0x01
    FILE = 0x10
    IMAGE = 0x12
    AUDIO = 0x14
    VIDEO = 0x16
    PAGE = 0x20
    NAME_CARD = 0x33
    QUOTE = 0x37
    MONEY = 0x40
    TRANSFER = 0x41
    LUCKY_MONEY = 0x42
    CLAIM_PAYMENT = 0x48
    SPLIT_BILL = 0x49
    COMMAND = 0x88
    HISTORY = 0x89
    APPLICATION = 0xA0
    ARRAY = 0xCA
    CUSTOMIZED = 0xCC
    COMBINE_FORWARD = 0xCF
    FORWARD = 0xFF


_NUMBER = re.compile("0|-?[1-9][0-9]{0,18}", re.ASCII)
"""What an integer of 64 bits is written as; no other text is the same type."""

_CONTENT_TYPES = {int(kind): kind for kind in ContentType}

MAX_SERIAL_NUMBER = 2**31 - 1
"""Go and JavaScript lose integers above 2^53, and old readers have 32 bits."""


class SerialNumbers:
    """1 to 2^31 - 1, one after the other from a random start, then 1 again. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last = randbelow(MAX_SERIAL_NUMBER + 1)

    def next(self) -> int:
        """The next number."""
        with self._lock:
            self._last = self._last % MAX_SERIAL_NUMBER + 1
            return self._last


_serial_numbers = SerialNumbers()


def _start_anew() -> None:
    global _serial_numbers
    _serial_numbers = SerialNumbers()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)  # parent and child do not count the same


def next_serial_number() -> int:
    """A number for a new content, 1 to 2^31 - 1; each is given out once by this process until all
    have been."""
    return _serial_numbers.next()


SHORT_NAMES = {"T": "type", "N": "sn", "W": "time", "G": "group", "C": "command"}
"""The short names of contents, and what they stand for."""

_FIRST = ("command", "group")
"""What is written before the other fields."""

Made = TypeVar("Made", bound="Content")


class Content(Fields):
    """What a message says. :meth:`parse` gives one of the class of its type or command; one that
    nobody knows is a plain ``Content`` or ``Command``. Immutable; may be shared between threads.

    Its fields are attributes: ``None`` when they are not there, a :class:`DimError` when they are
    not what they should be, read anew each time. Those that no class names are in :meth:`to_dict`.
    """

    __slots__ = ()

    types: ClassVar[Mapping[int, str]] = MappingProxyType({})
    """The types that a class reads, number -> name; the first is that of what it makes."""

    commands: ClassVar[tuple[str, ...]] = ()
    """The commands that a class reads; the first is that of what it makes."""

    _own: ClassVar[tuple[Mapping[int, str], tuple[str, ...]]] = (types, commands)
    """What a class said itself, and has not from another."""

    sn = Field(as_integer, "sn", "N")
    time = Field(as_time, "time", "W")
    group = Field(as_identifier, "group", "G")

    def __init_subclass__(
        cls,
        types: Mapping[int, str] = MappingProxyType({}),
        commands: tuple[str, ...] = (),
        **options: Any,
    ) -> None:
        super().__init_subclass__(**options)
        cls._own = MappingProxyType(dict(types)), tuple(commands)
        cls.types = cls._own[0] or cls.types
        cls.commands = cls._own[1] or cls.commands

    @classmethod
    def parse(cls: type[Made], source: Mapping[str, Any] | bytes | Content) -> Made:
        """Read a content: its type, and the form of ``sn``, ``time``, ``group`` and, for a command,
        its name (docs/semantics.md#content-1). The other fields are read when they are asked for.

        Args:
            source: the mapping, or its JSON text. A mapping is copied, what is nested in it is not.

        Raises:
            DimError: ``MALFORMED``, this is no content, or none that ``cls`` stands for;
                ``BAD_ADDRESS``, the group is no ID; ``TOO_LARGE``, text that is nested too deep.
            TypeError: ``source`` is of another type.
        """
        if isinstance(source, Content):
            content: Content = source
        else:
            if isinstance(source, (bytes, bytearray, memoryview)):
                fields = load_object(bytes(source))
            elif isinstance(source, Mapping):
                fields = dict(source)
            else:
                raise TypeError(
                    "source: Content, a mapping or JSON bytes is wanted, "
                    f"not {source.__class__.__name__}"
                )
            content = _class_of(fields)._of(fields)
            content._check({"sn": 0, "time": 0, "group": 0})
        if not isinstance(content, cls):
            raise malformed(f"type: that of {type(content).__name__}, not of {cls.__name__}")
        return content

    @classmethod
    def create(
        cls: type[Made],
        *,
        type: int | None = None,
        sn: int | None = None,
        time: float | None = None,
        extra: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Made:
        """Make a content.

        Args:
            type: ``None`` is the first that this class reads.
            sn: ``None`` is :func:`next_serial_number`.
            time: seconds since the epoch; ``None`` is now.
            extra: JSON fields that this class does not name.
            fields: values of its attributes, ``group`` among them. IDs may be text; documents,
                metas, messages and contents may be objects or mappings.

        Raises:
            DimError: a value is not what it should be.
            TypeError: there is no such field.
        """
        number = next(iter(cls.types), None) if type is None else type
        if number is None:
            raise TypeError(f"type: needed, {cls.__name__} has none of its own")
        written = {
            "type": int(number),
            "sn": next_serial_number() if sn is None else sn,
            "time": clock.time() if time is None else time,
            **cls._written(fields, [name for name in _FIRST if name in cls._declared]),
            **plain(extra or {}),
        }
        made = cls.parse(written)
        made._check(fields)
        return made

    @property
    def type(self) -> int | str:
        """The number, a :class:`ContentType` where there is one, also of a type that came as text
        or by a name that is known; else the text that came."""
        key = _type_key(self._fields)
        if key in TYPES:
            number = TYPES[key].number
        elif _NUMBER.fullmatch(key):
            number = int(key)
        else:
            return key
        return _CONTENT_TYPES.get(number, number)

    def to_wire(self) -> dict[str, Any]:
        """The fields as they go out: long names, the type as a number, and old names beside new
        ones, as the reference does it (docs/semantics.md#content-2). A fresh mapping; this content
        stays as it is."""
        wire: dict[str, Any] = {}
        for name, value in self._fields.items():
            long = SHORT_NAMES.get(name, name)
            if wire.get(long) is None or (name == long and value is not None):
                wire[long] = value
        text = wire["type"]
        if isinstance(text, str) and len(text) <= 18 and text.isascii() and text.isdigit():
            wire["type"] = int(text)
        self._add_old_names(wire)
        return wire

    def _add_old_names(self, wire: dict[str, Any]) -> None:
        """Write a field under its other name too; for classes whose fields have one."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.type}, sn {self.sn}>"


class Command(Content, types={0x88: "command"}):
    """Something to do, or that was done."""

    __slots__ = ()

    command = Field(as_text, "command", "cmd", "C")

    @classmethod
    def create(cls: type[Made], **fields: Any) -> Made:
        """Make a command: as :meth:`Content.create`, with ``command``, its name, for a class that
        has none of its own."""
        return super().create(**{"command": next(iter(cls.commands), None)} | fields)

    def _add_old_names(self, wire: dict[str, Any]) -> None:
        pair(wire, "command", "cmd")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.command!r}, sn {self.sn}>"


class HistoryCommand(Command, types={0x89: "history"}):
    """A command that is kept: part of the history of an account or a group."""

    __slots__ = ()


class GroupCommand(HistoryCommand):
    """A command about ``group``. Of a name that is not known, or that has no class of its own such
    as ``found``, when there is a group."""

    __slots__ = ()

    members = Field(as_identifiers, "members", "member")
    text = Field(as_text)


def pair(fields: dict[str, Any], new: str, old: str) -> None:
    """Have a field under both names; the new one counts where both are there."""
    if fields.get(new) is not None:
        fields[old] = fields[new]
    elif fields.get(old) is not None:
        fields[new] = fields[old]


class Row(NamedTuple):
    """Which class reads a type, and the number of that type."""

    reads: type[Content]
    number: int


TYPES: dict[str, Row] = {}
"""Number in decimal, and name, of a type."""

COMMANDS: dict[str, type[Content]] = {}
"""Name of a command -> the class that reads it."""

Registered = TypeVar("Registered", bound=type[Content])


def register(kind: Registered) -> Registered:
    """Have contents read as ``kind``: those of its ``types``, or the commands of its ``commands``.
    Use it as a decorator, before anything is parsed that needs it, from one thread::

        @register
        class Sticker(Content, types={0x1A0: "sticker"}):
            pack = Field(as_text)

    Raises:
        ValueError: a type or command that is taken, by us or by another, or that cannot be one;
            or there is none.
        TypeError: ``kind`` is no class of contents.
    """
    types, commands = _names(kind)
    for name in types:
        if name in TYPES:
            raise ValueError(f"{name}: taken")
    for name in commands:
        if name in COMMANDS:
            raise ValueError(f"{name}: taken")
    TYPES.update(types)
    COMMANDS.update(commands)
    return kind


def unregister(kind: type[Content]) -> None:
    """Take back what was registered.

    Raises:
        ValueError: it is not registered.
    """
    types, commands = _names(kind)
    if any(TYPES.get(name) != row for name, row in types.items()) or any(
        COMMANDS.get(name) is not kind for name in commands
    ):
        raise ValueError(f"{kind.__name__}: not registered")
    for name in types:
        del TYPES[name]
    for name in commands:
        del COMMANDS[name]


def _names(kind: Any) -> tuple[dict[str, Row], dict[str, type[Content]]]:
    """The rows of a class."""
    if not (isinstance(kind, type) and issubclass(kind, Content)):
        raise TypeError(f"kind: a class of contents is wanted, not {kind!r}")
    types, commands = kind._own
    rows: dict[str, Row] = {}
    for number, name in types.items():
        if not (type(number) is int and number >= 0 and isinstance(name, str) and name):
            raise ValueError(f"types: numbers and names are wanted, not {number!r}: {name!r}")
        rows |= dict.fromkeys((str(number), name), Row(kind, number))
    if not all(isinstance(name, str) and name for name in commands):
        raise ValueError(f"commands: names are wanted, not {commands!r}")
    if commands and not issubclass(kind, Command):
        raise ValueError(f"{kind.__name__}: commands are for classes of Command")
    if not rows and not commands:
        raise ValueError(f"{kind.__name__}: neither types nor commands of its own")
    return rows, dict.fromkeys(commands, kind)


def _type_key(fields: Mapping[str, Any]) -> str:
    """What the table is asked for: the exact text of a type, so that ``"01"`` is not 1."""
    value = _TYPE.find(fields)
    if value is None:
        raise malformed("type: missing")
    if isinstance(value, str):
        return value
    return str(_TYPE.of(fields))


_TYPE = Field(as_integer, "type", "T")


def _class_of(fields: Mapping[str, Any]) -> type[Content]:
    """The class that reads some fields."""
    row = TYPES.get(_type_key(fields))
    kind = Content if row is None else row.reads
    if not issubclass(kind, Command):
        return kind
    name = Command.command.of(fields)
    if not name:
        raise malformed("command: missing")
    if name in COMMANDS:
        return COMMANDS[name]
    return GroupCommand if GroupCommand.group.find(fields) is not None else kind


for _built_in in (Command, HistoryCommand):
    register(_built_in)
