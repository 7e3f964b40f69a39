"""The levels of a message: instant, secure (docs/semantics.md#seal-1); the third, reliable, is
``message.ReliableMessage``.

Not here: how one becomes the next (``sealing``, ``opening``).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from .identity import ANYONE, Identifier
from .message import ReliableMessage, decode, encode
from .verdict import Code, DimError

__all__ = ["Envelope", "InstantMessage", "SecureMessage"]

SEALED = frozenset(("keys", "key", "IV", "signature"))
"""Fields that an instant message lacks, beside ``data``."""

_FILLER = "AAAA"
"""Stands in for what a level lacks while the codec checks all the rest of it."""


class Envelope:
    """Who writes to whom, and when. Immutable and hashable."""

    __slots__ = ("_group", "_receiver", "_sender", "_time")

    def __init__(
        self,
        sender: Identifier,
        receiver: Identifier = ANYONE,
        *,
        time: float | None = None,
        group: Identifier | None = None,
    ) -> None:
        self._sender = sender
        self._receiver = receiver
        self._time = time
        self._group = group

    @classmethod
    def parse(cls, mapping: Mapping[str, Any]) -> Envelope:
        """The envelope in a mapping, long or short names; whatever else is there is looked at by
        the rules of a message, and left out.

        Raises:
            DimError: a field is not of its form, as :func:`dimp_fast.decode` says.
            TypeError: ``mapping`` is none, or a value is not JSON.
        """
        return cls.of(_filled(mapping, "data", "signature"))

    @classmethod
    def of(cls, message: ReliableMessage) -> Envelope:
        """The envelope of a decoded message."""
        return cls(message.sender, message.receiver, time=message.time, group=message.group)

    @property
    def sender(self) -> Identifier:
        """Who says it wrote this; a signature proves it."""
        return self._sender

    @property
    def receiver(self) -> Identifier:
        """For whom it is; ``anyone@anywhere`` when nobody is named."""
        return self._receiver

    @property
    def time(self) -> float | None:
        """Seconds since the epoch, as the sender says."""
        return self._time

    @property
    def group(self) -> Identifier | None:
        """The group that is named openly."""
        return self._group

    @property
    def is_broadcast(self) -> bool:
        """Whether the message is for everybody, and so not encrypted (docs/semantics.md#msg-4)."""
        group = self._group
        return self._receiver.is_broadcast or (group is not None and group.is_broadcast)

    @property
    def direction(self) -> tuple[str, str]:
        """Between whom a key serves (docs/semantics.md#seal-4): sender and group, if there is one
        that is not broadcast, else receiver; canonical IDs without terminals."""
        group = self._group
        to = self._receiver if group is None or group.is_broadcast else group
        return str(self._sender.without_terminal()), str(to.without_terminal())

    def to_dict(self) -> dict[str, Any]:
        """The fields with long names; those that are absent are left out."""
        fields = {"sender": str(self._sender), "receiver": str(self._receiver)}
        others = {"time": self._time, "group": self._group and str(self._group)}
        return fields | {name: value for name, value in others.items() if value is not None}

    def _key(self) -> tuple[Any, ...]:
        return self._sender, self._receiver, self._time, self._group

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Envelope) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"<Envelope {self._sender} -> {self._receiver}>"


Kind = TypeVar("Kind", bound="_Level")


class _Level:
    """An envelope and fields. What is nested in the fields is the message's own: do not change
    it; :meth:`to_dict` gives a copy."""

    __slots__ = ("_envelope", "_fields")

    _envelope: Envelope
    _fields: dict[str, Any]

    def __init__(self) -> None:
        raise TypeError(f"use {type(self).__name__}.parse()")

    @classmethod
    def _of(cls: type[Kind], envelope: Envelope, fields: dict[str, Any]) -> Kind:
        level = object.__new__(cls)
        level._envelope = envelope
        level._fields = fields
        return level

    @property
    def envelope(self) -> Envelope:
        """Who writes to whom, and when."""
        return self._envelope

    @property
    def sender(self) -> Identifier:
        """As :attr:`Envelope.sender`."""
        return self._envelope.sender

    @property
    def receiver(self) -> Identifier:
        """As :attr:`Envelope.receiver`."""
        return self._envelope.receiver

    @property
    def time(self) -> float | None:
        """As :attr:`Envelope.time`."""
        return self._envelope.time

    @property
    def group(self) -> Identifier | None:
        """As :attr:`Envelope.group`."""
        return self._envelope.group

    @property
    def is_broadcast(self) -> bool:
        """As :attr:`Envelope.is_broadcast`."""
        return self._envelope.is_broadcast

    @property
    def fields(self) -> Mapping[str, Any]:
        """Every field by its long name, unknown ones too, as they were sent: a read-only view."""
        return MappingProxyType(self._fields)

    def to_dict(self) -> dict[str, Any]:
        """Every field by its long name: a fresh copy."""
        copied: dict[str, Any] = plain_copy(self._fields)
        return copied

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        return self._fields == other._fields

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.sender} -> {self.receiver}>"


class InstantMessage(_Level):
    """A message that can be read: an envelope and a content. Immutable; may be shared between
    threads. Its ``repr`` does not show the content."""

    __slots__ = ()

    @classmethod
    def parse(cls, mapping: Mapping[str, Any]) -> InstantMessage:
        """The message that a mapping is, long or short names.

        Raises:
            DimError: ``MALFORMED``, there is no ``content`` that is an object, or a field of the
                envelope is not of its form, as :func:`dimp_fast.decode` says.
            TypeError: ``mapping`` is none, or a value is not JSON.
        """
        message = _checked(mapping, "data", "signature")
        fields = _without(message.to_dict(), "data", "signature")
        if not isinstance(fields.get("content"), dict):
            raise DimError(Code.MALFORMED, "content: missing or not an object")
        return cls._of(Envelope.of(message), fields)

    @property
    def content(self) -> dict[str, Any]:
        """What it says, unchecked but for being a JSON object; long names. It is the message's
        own: do not change it."""
        content: dict[str, Any] = self._fields["content"]
        return content


class SecureMessage(_Level):
    """A message that has not been signed yet, or whose signature was taken off: ``data`` instead of
    a content. Immutable; may be shared between threads."""

    __slots__ = ("_data",)

    _data: bytes

    @classmethod
    def parse(cls, mapping: Mapping[str, Any]) -> SecureMessage:
        """The message that a mapping is, long or short names.

        Raises:
            DimError: a field is not of its form, as :func:`dimp_fast.decode` says.
            TypeError: ``mapping`` is none, or a value is not JSON.
        """
        return cls.of(_checked(mapping, "signature"))

    @classmethod
    def of(cls, message: ReliableMessage) -> SecureMessage:
        """A decoded message without its signature."""
        secure = cls._of(Envelope.of(message), _without(message.to_dict(), "signature"))
        secure._data = message.data
        return secure

    @property
    def data(self) -> bytes:
        """What is signed: the ciphertext, or the UTF-8 of the text of a broadcast."""
        return self._data

    @property
    def keys(self) -> Mapping[str, str]:
        """The wrapped keys as sent, base64 by ID; empty when there are none. A read-only view."""
        return MappingProxyType(self._fields.get("keys") or {})


_SHORT = {"data": "D", "signature": "V"}


def _checked(mapping: Mapping[str, Any], *lacking: str) -> ReliableMessage:
    """As ``_filled``, of a mapping that has none of the ``lacking`` fields."""
    message = _filled(mapping, *lacking)
    for name in lacking:
        if mapping.get(name) is not None or mapping.get(_SHORT[name]) is not None:
            raise DimError(Code.MALFORMED, f"{name}: a message of this level has none")
    return message


def _filled(mapping: Mapping[str, Any], *lacking: str) -> ReliableMessage:
    """The mapping as a message that the codec let through, with something in place of what a
    lower level lacks."""
    if not isinstance(mapping, Mapping):
        raise TypeError(f"mapping: a mapping is wanted, not {type(mapping).__name__}")
    fields = _without(mapping, *lacking, *(_SHORT[name] for name in lacking))
    return decode(encode(fields | dict.fromkeys(lacking, _FILLER)))


def _without(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def plain_copy(value: Any) -> Any:
    """A fresh copy of a JSON value, of plain types only."""
    if isinstance(value, dict):
        return {name: plain_copy(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain_copy(item) for item in value]
    return str.__str__(value) if isinstance(value, str) else value
