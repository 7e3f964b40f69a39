"""Copies of a sealed message: one for each member of a group, one for each terminal of a receiver
(docs/semantics.md#seal-5). Data and signature stay as they are.

Not here: where the copies go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .identity import Identifier, parse_identifiers
from .message import ReliableMessage, decode_batch, encode

__all__ = ["split_for_members", "split_for_terminals"]

_NO_TERMINAL = ("", "*", "/")


def split_for_members(
    message: ReliableMessage, members: Sequence[Identifier | str] | None = None
) -> list[ReliableMessage]:
    """One copy for each member of a group: addressed to the member, with ``group``, and with the
    member's sealed key as ``key`` instead of ``keys``. The sender gets none.

    Args:
        message: sealed for a group.
        members: who gets a copy; ``None``: all that ``keys`` names, in its order. A member without
            a sealed key, as when a key is used again, gets the digest, if there is one.

    Raises:
        DimError: ``BAD_ADDRESS``, a member is no ID.
        TypeError: ``message`` is no :class:`ReliableMessage`.
        ValueError: the message is for no group.
    """
    fields = _fields(message)
    group = message.group or (message.receiver if message.receiver.is_group else None)
    if group is None:
        raise ValueError("message: it is for no group")
    keys: dict[str, str] = fields.pop("keys", None) or {}
    digest = {"keys": {"digest": keys["digest"]}} if "digest" in keys else {}
    sealed_for = _by_identifier(keys)
    wanted = sealed_for if members is None else map(Identifier.parse, members)
    readers = dict.fromkeys(member.without_terminal() for member in wanted)
    copies = []
    for member in readers:
        if member.is_same_as(message.sender):
            continue
        sealed = sealed_for.get(member)
        own = digest if sealed is None else {"key": sealed}
        copies.append(fields | {"receiver": str(member), "group": str(group)} | own)
    return _decoded(copies)


def split_for_terminals(
    message: ReliableMessage, terminals: Iterable[str | None] = ()
) -> list[ReliableMessage]:
    """One copy for each terminal of the receiver that ``keys`` names, with ``rcpt`` for the routing
    and with that sealed key (and the digest) only.

    Args:
        message: sealed for one receiver.
        terminals: where else the receiver is known to be. A terminal without a sealed key of its
            own gets that of the bare ID. ``None``, ``""``, ``"/"`` and ``"*"`` are no terminal.

    Raises:
        DimError: ``BAD_ADDRESS``, a terminal that cannot stand in an ID.
        TypeError: ``message`` is no :class:`ReliableMessage`.
    """
    fields = _fields(message)
    keys: dict[str, str] = fields.pop("keys", None) or {}
    digest = {"digest": keys["digest"]} if "digest" in keys else {}
    bare = message.receiver.without_terminal()
    sealed_for = _by_identifier(keys)
    places = [name for name in sealed_for if name.is_same_as(bare)]
    for terminal in terminals:
        is_none = terminal is None or terminal in _NO_TERMINAL
        places.append(bare if is_none else bare.with_terminal(str(terminal)))
    copies = []
    for place in dict.fromkeys(places or [bare]):
        sealed = sealed_for.get(place, sealed_for.get(bare))
        own = digest if sealed is None else {str(place): sealed} | digest
        copies.append(fields | {"rcpt": str(place)} | ({"keys": own} if own else {}))
    return _decoded(copies)


def _fields(message: ReliableMessage) -> dict[str, Any]:
    if not isinstance(message, ReliableMessage):
        raise TypeError(f"message: ReliableMessage is wanted, not {type(message).__name__}")
    return message.to_dict()


def _by_identifier(keys: dict[str, str]) -> dict[Identifier, str]:
    """The sealed keys by ID: without the digest, and without names that are no ID."""
    identifiers, _ = parse_identifiers(list(keys), threads=1)
    pairs = zip(identifiers, keys.values(), strict=True)
    return {identifier: sealed for identifier, sealed in pairs if identifier is not None}


def _decoded(copies: list[dict[str, Any]]) -> list[ReliableMessage]:
    batch = decode_batch([encode(fields) for fields in copies])
    return [batch[index] for index in range(len(copies))]
