"""Reliable messages: bytes to fields and back (docs/semantics.md#msg-1 to #msg-5, #json-6).

Not here: whose keys verify them (``keyring``).
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..verdict import Code
from . import base64, identity, json
from .document import parse_time
from .identity import Parsed as ParsedIdentifier
from .refusal import Refusal

MAX_KEYS = 4096
MAX_TRACES = 64
ANYONE = "anyone@anywhere"

LONG_NAMES = {
    "F": "sender", "R": "receiver", "W": "time", "T": "type", "G": "group",
    "D": "data", "V": "signature", "M": "meta", "P": "visa",
}  # fmt: skip
SHORT_NAMES = {long: short for short, long in LONG_NAMES.items()} | {"key": "K", "keys": "K"}

_TEXTS = ("receiver", "group", "key", "IV", "from", "rcpt")
_TYPE_NUMBER = re.compile(r"[0-9]{1,18}")


class Kernels(NamedTuple):
    """The two inner steps that another tier may replace by a faster one."""

    decode_transportable: Callable[[str], bytes | None]
    parse_identifier: Callable[[str], ParsedIdentifier | None]


PYTHON_KERNELS = Kernels(base64.decode_transportable, identity.parse)


class Message(NamedTuple):
    """One decoded reliable message."""

    fields: dict[str, Any]
    sender: ParsedIdentifier
    receiver: ParsedIdentifier
    time: float
    type: int
    data: bytes
    signature: bytes


class MessageTable:
    """What ``decode_batch`` made of some frames, in their order."""

    __slots__ = ("_items",)

    def __init__(self, items: list[Message | Refusal]) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def item(self, index: int) -> Message | Refusal:
        return self._items[index]

    def codes(self) -> bytes:
        return bytes(item.code if isinstance(item, Refusal) else Code.OK for item in self._items)

    def reason(self, index: int) -> str:
        item = self._items[index]
        return item.reason if isinstance(item, Refusal) else ""

    def senders(self) -> list[str | None]:
        return [
            item.sender.canonical if isinstance(item, Message) else None for item in self._items
        ]

    def receivers(self) -> list[str | None]:
        return [
            item.receiver.canonical if isinstance(item, Message) else None for item in self._items
        ]

    def times(self) -> bytes:
        times = (item.time if isinstance(item, Message) else math.nan for item in self._items)
        return struct.pack(f"<{len(self._items)}d", *times)

    def types(self) -> bytes:
        types = (item.type if isinstance(item, Message) else -1 for item in self._items)
        return struct.pack(f"<{len(self._items)}q", *types)

    def data(self, index: int) -> bytes:
        return self._message(index).data

    def signature(self, index: int) -> bytes:
        return self._message(index).signature

    def fields(self, index: int) -> dict[str, Any]:
        fields: dict[str, Any] = _plain(self._message(index).fields)
        return fields

    def _message(self, index: int) -> Message:
        item = self._items[index]
        if isinstance(item, Refusal):
            raise IndexError(f"message {index} was refused: {item.reason}")
        return item


def _plain(value: Any) -> Any:
    """A fresh copy made of plain types only."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, json.InfiniteNumber) else value


def decode_batch(
    frames: Sequence[bytes], threads: int, kernels: Kernels = PYTHON_KERNELS
) -> MessageTable:
    """Decode each frame on its own. This tier stays on the calling thread."""
    items: list[Message | Refusal] = []
    for frame in frames:
        try:
            items.append(decode(frame, kernels))
        except Refusal as refusal:
            items.append(refusal.with_traceback(None))
    return MessageTable(items)


def decode(frame: bytes, kernels: Kernels = PYTHON_KERNELS) -> Message:
    """One frame; raises ``Refusal`` by VERDICT-2."""
    written = json.loads_object(frame)
    fields = _with_long_names(written)
    _check_types(fields)
    time = parse_time(fields.get("time"))
    kind = _parse_type(fields.get("type"))

    parse = kernels.parse_identifier
    sender = parse(fields["sender"])
    receiver_text, group_text = fields.get("receiver"), fields.get("group")
    receiver = parse(ANYONE if receiver_text is None else receiver_text)
    group = None if group_text is None else parse(group_text)
    is_broadcast = (receiver is not None and receiver.is_broadcast) or (
        group is not None and group.is_broadcast
    )
    data, signature = _decode_binaries(fields, is_broadcast, kernels.decode_transportable)

    if sender is None:
        raise Refusal(Code.BAD_ADDRESS, "sender: not an ID")
    if receiver is None:
        raise Refusal(Code.BAD_ADDRESS, "receiver: not an ID")
    if group is None and group_text is not None:
        raise Refusal(Code.BAD_ADDRESS, "group: not an ID")
    return Message(
        fields, sender, receiver, math.nan if time is None else time, kind, data, signature
    )


def _with_long_names(written: dict[str, Any]) -> dict[str, Any]:
    """MSG-1, JSON-3 and JSON-5: what is too large is found first, then names that come twice."""
    fields: dict[str, Any] = {}
    twice = False
    for name, value in json.entries(written):
        long = LONG_NAMES.get(name, name)
        if name == "K":
            long = "key" if json.is_text(value) else "keys"
        _check_limit(long, value)
        twice = twice or long in fields
        fields[long] = value
    if twice or isinstance(written, json.DuplicateNames):
        raise Refusal(Code.MALFORMED, "message: a name comes twice")
    return fields


def _check_limit(name: str, value: object) -> None:
    if name == "keys" and isinstance(value, dict) and len(json.entries(value)) > MAX_KEYS:
        raise Refusal(Code.TOO_LARGE, f"keys: more than {MAX_KEYS} entries")
    if name == "traces" and isinstance(value, list) and len(value) > MAX_TRACES:
        raise Refusal(Code.TOO_LARGE, f"traces: more than {MAX_TRACES} entries")


def _check_types(fields: dict[str, Any]) -> None:
    for name in ("sender", "data", "signature"):
        value = fields.get(name)
        if not json.is_text(value) or not value:
            raise Refusal(Code.MALFORMED, f"{name}: missing or not a text")
    for name in _TEXTS:
        value = fields.get(name)
        if value is not None and not json.is_text(value):
            raise Refusal(Code.MALFORMED, f"{name}: not a text")
    for name in ("meta", "visa"):
        value = fields.get(name)
        if value is not None and not isinstance(value, dict):
            raise Refusal(Code.MALFORMED, f"{name}: not an object")
    keys = fields.get("keys")
    if keys is not None:
        if not isinstance(keys, dict) or not all(map(json.is_text, keys.values())):
            raise Refusal(Code.MALFORMED, "keys: not an object of texts")
        if isinstance(keys, json.DuplicateNames):
            raise Refusal(Code.MALFORMED, "keys: a name comes twice")
    traces = fields.get("traces")
    if traces is not None and not isinstance(traces, list):
        raise Refusal(Code.MALFORMED, "traces: not an array")


def _parse_type(value: Any) -> int:
    if value is None:
        return -1
    if json.is_text(value):
        return int(value) if _TYPE_NUMBER.fullmatch(value) else -1
    if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63:
        return value
    raise Refusal(Code.MALFORMED, "type: neither an integer of 64 bits nor a text")


def _decode_binaries(
    fields: dict[str, Any], is_broadcast: bool, decode_text: Callable[[str], bytes | None]
) -> tuple[bytes, bytes]:
    data = fields["data"].encode("utf-8") if is_broadcast else decode_text(fields["data"])
    if not data:
        raise Refusal(Code.BAD_ENCODING, "data: not base64")
    signature = decode_text(fields["signature"])
    if not signature:
        raise Refusal(Code.BAD_ENCODING, "signature: not base64")
    for name in ("key", "IV"):
        text = fields.get(name)
        if text is not None and decode_text(text) is None:
            raise Refusal(Code.BAD_ENCODING, f"{name}: not base64")
    for text in (fields.get("keys") or {}).values():
        if decode_text(text) is None:
            raise Refusal(Code.BAD_ENCODING, "keys: a value is not base64")
    return data, signature


def encode(message: dict[str, Any], short: bool) -> bytes:
    """One frame from a mapping with long or short names; ``bytes`` become base64.

    Raises ``Refusal`` for what ``decode`` would refuse.
    """
    text: dict[str, Any] = {}
    for name, value in message.items():
        if name in ("keys", "K") and isinstance(value, dict):
            value = {entry: _base64(key) for entry, key in value.items()}
        emitted = SHORT_NAMES.get(name, name) if short else name
        if emitted in text:
            raise Refusal(Code.MALFORMED, f"message: {emitted} comes twice")
        text[emitted] = _base64(value)
    frame = json.dumps(text)
    decode(frame)
    return frame


def _base64(value: Any) -> Any:
    return base64.encode(value) if isinstance(value, bytes) else value
