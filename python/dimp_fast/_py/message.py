"""Reliable messages: bytes to fields and back, and frames with some fields changed
(docs/semantics.md#msg-1 to #msg-5, #msg-11, #json-6).

Not here: whose keys verify them (``keyring``).
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from json.decoder import JSONDecoder
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

_NEEDED = ("sender", "data", "signature")
_TEXTS = ("receiver", "group", "key", "IV", "from", "rcpt")
_TYPE_NUMBER = re.compile(r"[0-9]{1,18}")


class Kernels(NamedTuple):
    """The two inner steps that another tier may replace by a faster one."""

    decode_transportable: Callable[[str], bytes | None]
    parse_identifier: Callable[[str], ParsedIdentifier | None]


PYTHON_KERNELS = Kernels(base64.decode_transportable, identity.parse)


class Message(NamedTuple):
    """One decoded reliable message."""

    frame: bytes
    fields: dict[str, Any]
    sender: ParsedIdentifier
    receiver: ParsedIdentifier
    group: ParsedIdentifier | None
    time: float
    type: int
    data: bytes
    signature: bytes


class ReliableMessage:
    """One message of a table; the attributes of ``dimp_fast.ReliableMessage``."""

    __slots__ = ("_identifiers", "_message")

    def __init__(self, message: Message, identifiers: Mapping[str, Any]) -> None:
        self._message = message
        self._identifiers = identifiers

    @property
    def frame(self) -> bytes:
        return self._message.frame

    @property
    def sender(self) -> Any:
        return self._identifiers[self._message.sender.canonical]

    @property
    def receiver(self) -> Any:
        return self._identifiers[self._message.receiver.canonical]

    @property
    def group(self) -> Any:
        group = self._message.group
        return None if group is None else self._identifiers[group.canonical]

    @property
    def is_broadcast(self) -> bool:
        group = self._message.group
        return self._message.receiver.is_broadcast or (group is not None and group.is_broadcast)

    @property
    def time(self) -> float | None:
        return None if math.isnan(self._message.time) else self._message.time

    @property
    def type(self) -> int | str | None:
        kind: int | str | None = self._message.fields.get("type")
        return self._message.type if isinstance(kind, str) and _is_number(kind) else kind

    @property
    def data(self) -> bytes:
        return self._message.data

    @property
    def signature(self) -> bytes:
        return self._message.signature

    @property
    def keys(self) -> dict[str, str]:
        return dict(self._message.fields.get("keys") or {})

    @property
    def meta(self) -> dict[str, Any] | None:
        meta: dict[str, Any] | None = _plain(self._message.fields.get("meta"))
        return meta

    @property
    def visa(self) -> dict[str, Any] | None:
        visa: dict[str, Any] | None = _plain(self._message.fields.get("visa"))
        return visa

    def to_dict(self) -> dict[str, Any]:
        fields: dict[str, Any] = _plain(self._message.fields)
        return fields

    def __reduce__(self) -> tuple[Callable[[bytes], Any], tuple[bytes]]:
        """Copied and pickled as its frame, which any tier can read again."""
        from ..message import decode  # whoever unpickles it may have other tiers

        return decode, (self.frame,)

    def __repr__(self) -> str:
        sender, receiver = self._message.sender.canonical, self._message.receiver.canonical
        return f"<ReliableMessage {sender} -> {receiver}, {len(self.data)} bytes>"


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

    def arena(self) -> memoryview:
        return memoryview(b"".join(piece for item in self._items for piece in _binaries(item)))

    def data_spans(self) -> bytes:
        return self._spans(0)

    def signature_spans(self) -> bytes:
        return self._spans(1)

    def _spans(self, which: int) -> bytes:
        spans: list[int] = []
        start = 0
        for item in self._items:
            span = [0, 0]
            for place, piece in enumerate(_binaries(item)):
                end = start + len(piece)
                span = [start, end] if place == which else span
                start = end
            spans += span
        return struct.pack(f"<{len(spans)}Q", *spans)

    def message(self, index: int, identifiers: Mapping[str, Any]) -> ReliableMessage | None:
        item = self._items[index]
        return ReliableMessage(item, identifiers) if isinstance(item, Message) else None

    def messages(self, identifiers: Mapping[str, Any]) -> list[ReliableMessage | None]:
        return [self.message(index, identifiers) for index in range(len(self._items))]


def _binaries(item: Message | Refusal) -> tuple[bytes, ...]:
    """What the arena has of an item."""
    return (item.data, item.signature) if isinstance(item, Message) else ()


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
    _check_needed(fields)
    time, kind = _check_others(fields)

    parse = kernels.parse_identifier
    sender = parse(fields["sender"])
    receiver_text, group_text = fields.get("receiver"), fields.get("group")
    receiver = parse(ANYONE if receiver_text is None else receiver_text)
    group = None if group_text is None else parse(group_text)
    is_broadcast = (receiver is not None and receiver.is_broadcast) or (
        group is not None and group.is_broadcast
    )
    decode_text = kernels.decode_transportable
    if is_broadcast:
        data = fields["data"].encode("utf-8")
    else:
        data = _decode_needed("data", fields["data"], decode_text)
    signature = _decode_needed("signature", fields["signature"], decode_text)
    _check_encodings(fields, decode_text)

    if sender is None:
        raise Refusal(Code.BAD_ADDRESS, "sender: not an ID")
    if receiver is None:
        raise Refusal(Code.BAD_ADDRESS, "receiver: not an ID")
    if group is None and group_text is not None:
        raise Refusal(Code.BAD_ADDRESS, "group: not an ID")
    when = math.nan if time is None else time
    return Message(frame, fields, sender, receiver, group, when, kind, data, signature)


def _with_long_names(written: dict[str, Any]) -> dict[str, Any]:
    """MSG-1, JSON-3 and JSON-5: what is too large is found first, then names that come twice."""
    fields: dict[str, Any] = {}
    twice = False
    for name, value in json.entries(written):
        long = _long_name(name, value)
        _check_limit(long, value)
        twice = twice or long in fields
        fields[long] = value
    if twice or isinstance(written, json.DuplicateNames):
        raise Refusal(Code.MALFORMED, "message: a name comes twice")
    return fields


def _long_name(name: str, value: object) -> str:
    if name == "K":
        return "key" if json.is_text(value) else "keys"
    return LONG_NAMES.get(name, name)


def _check_limit(name: str, value: object) -> None:
    if name == "keys" and isinstance(value, dict) and len(json.entries(value)) > MAX_KEYS:
        raise Refusal(Code.TOO_LARGE, f"keys: more than {MAX_KEYS} entries")
    if name == "traces" and isinstance(value, list) and len(value) > MAX_TRACES:
        raise Refusal(Code.TOO_LARGE, f"traces: more than {MAX_TRACES} entries")


def _check_needed(fields: dict[str, Any]) -> None:
    """MSG-2 for the fields that a message needs."""
    for name in _NEEDED:
        value = fields.get(name)
        if not json.is_text(value) or not value:
            raise Refusal(Code.MALFORMED, f"{name}: missing or not a text")


def _check_others(fields: dict[str, Any]) -> tuple[float | None, int]:
    """MSG-2 for the others; the time and the type."""
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
    return parse_time(fields.get("time")), _parse_type(fields.get("type"))


def _parse_type(value: Any) -> int:
    if value is None:
        return -1
    if json.is_text(value):
        return int(value) if _is_number(value) else -1
    if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63:
        return value
    raise Refusal(Code.MALFORMED, "type: neither an integer of 64 bits nor a text")


def _is_number(text: str) -> bool:
    return _TYPE_NUMBER.fullmatch(text) is not None


def _is_broadcast(fields: dict[str, Any]) -> bool:
    """MSG-4 for a message that may have no sound IDs."""
    receiver, group = fields.get("receiver"), fields.get("group")
    texts = (ANYONE if receiver is None else receiver, "" if group is None else group)
    return any(found is not None and found.is_broadcast for found in map(identity.parse, texts))


def _decode_needed(name: str, text: str, decode_text: Callable[[str], bytes | None]) -> bytes:
    data = decode_text(text)
    if not data:
        raise Refusal(Code.BAD_ENCODING, f"{name}: not base64")
    return data


def _check_encodings(fields: dict[str, Any], decode_text: Callable[[str], bytes | None]) -> None:
    """MSG-4 for the encodings beside those of data and signature."""
    for name in ("key", "IV"):
        text = fields.get(name)
        if text is not None and decode_text(text) is None:
            raise Refusal(Code.BAD_ENCODING, f"{name}: not base64")
    for text in (fields.get("keys") or {}).values():
        if decode_text(text) is None:
            raise Refusal(Code.BAD_ENCODING, "keys: a value is not base64")


def encode(message: dict[str, Any], short: bool) -> bytes:
    """One frame from a mapping with long or short names; ``bytes`` become base64.

    Raises ``Refusal`` for what ``decode`` would refuse.
    """
    members: list[bytes] = []
    for name, value in message.items():
        emitted = SHORT_NAMES.get(name, name) if short else name
        members.append(json.dumps({emitted: _with_base64(name, value)})[1:-1])
    frame = b"{" + b", ".join(members) + b"}"  # with a name that comes twice, if one does
    decode(frame)
    return frame


def _with_base64(name: str, value: Any) -> Any:
    """The value of a field, bytes and those of ``keys`` as base64."""
    if name in ("keys", "K") and isinstance(value, dict):
        return {entry: _base64(key) for entry, key in value.items()}
    return _base64(value)


def _base64(value: Any) -> Any:
    return base64.encode(value) if isinstance(value, bytes) else value


def retarget(frame: bytes, fields: dict[str, Any]) -> bytes:
    """The frame with these fields changed or put in; None takes one out.

    Raises ``Refusal`` for a frame that is not sound, or a field that is not.
    """
    return _retarget(frame, _Changes.read(fields))


def retarget_batch(
    frames: Sequence[bytes], fields: dict[str, Any], threads: int
) -> tuple[list[bytes | None], tuple[bytes, dict[int, str]]]:
    """The same for many frames; None and a verdict for those that are not sound."""
    changes = _Changes.read(fields)
    changed: list[bytes | None] = []
    codes, reasons = bytearray(len(frames)), {}
    for index, frame in enumerate(frames):
        try:
            changed.append(_retarget(frame, changes))
        except Refusal as refusal:
            changed.append(None)
            codes[index], reasons[index] = refusal.code, refusal.reason
    return changed, (bytes(codes), reasons)


class _Changes(NamedTuple):
    """What is to become of some fields."""

    fields: dict[str, Any]
    """The new values, by long name."""
    texts: dict[str, str]
    """The same as JSON."""

    @classmethod
    def read(cls, fields: dict[str, Any]) -> _Changes:
        """Changes that leave a message one; raises ``Refusal``."""
        written = {name: _with_base64(name, value) for name, value in fields.items()}
        new = _with_long_names(json.loads_object(json.dumps(written)))
        for name in _NEEDED:
            if name in new:
                raise Refusal(Code.MALFORMED, f"{name}: not for the routing to change")
        _check_others(new)
        _check_encodings(new, base64.decode_transportable)
        for name in ("receiver", "group"):
            if new.get(name) is not None and identity.parse(new[name]) is None:
                raise Refusal(Code.BAD_ADDRESS, f"{name}: not an ID")
        values = (json.dumps(value).decode("ascii") for value in written.values())
        return cls(new, dict(zip(new, values, strict=True)))


def _retarget(frame: bytes, changes: _Changes) -> bytes:
    old = _with_long_names(json.loads_object(frame))
    _check_needed(old)
    _check_others(old)
    changed = _splice(frame.decode("utf-8"), changes).encode("utf-8")
    if len(changed) > json.MAX_BYTES:
        raise Refusal(Code.TOO_LARGE, f"message: {len(changed)} bytes, more than {json.MAX_BYTES}")
    # Whether `data` is base64 hangs on receiver and group (MSG-4).
    now = old | changes.fields
    if _is_broadcast(old) and not _is_broadcast(now):
        _decode_needed("data", old["data"], base64.decode_transportable)
    return changed


def _splice(text: str, changes: _Changes) -> str:
    """The text with its members changed; the sender is one that stays."""
    members = list(_members(text))
    left = dict(changes.texts)
    behind = members[0].start
    out = [text[:behind]]
    names: set[str] = set()
    for member in members:
        between, behind = text[behind : member.start], member.end
        value = left.pop(member.long_name, text[member.value_start : member.end])
        if changes.fields.get(member.long_name, value) is None:
            continue
        # What stands between two members goes with the second one.
        out += [between if names else "", text[member.start : member.value_start], value]
        names.add(member.name)
    for long, value in left.items():
        if changes.fields[long] is None:
            continue
        name = SHORT_NAMES.get(long, long) if "F" in names else long
        name = long if name == "K" and name in names else name
        out += [", ", json.dumps(name).decode("ascii"), ": ", value]
        names.add(name)
    return "".join((*out, text[behind:]))


class _Member(NamedTuple):
    """One name and its value, and where they stand: the name from its quote on."""

    name: str
    long_name: str
    start: int
    value_start: int
    end: int


_WHITE_SPACE = re.compile(r"[ \t\n\r]*")
# Values are only stepped over: numbers stay text, since some have too many digits for an `int`.
_DECODER = JSONDecoder(parse_int=json.InfiniteNumber, parse_float=json.InfiniteNumber)


def _members(text: str) -> Iterator[_Member]:
    """The members of the object that a text is known to be."""

    def skip(at: int) -> int:
        """Behind white space."""
        found = _WHITE_SPACE.match(text, at)
        return found.end() if found else at

    at = skip(0)
    while text[at] != "}":
        start = skip(at + 1)
        if text[start] == "}":
            return
        name, colon = _DECODER.raw_decode(text, start)
        value_start = skip(skip(colon) + 1)
        value, end = _DECODER.raw_decode(text, value_start)
        yield _Member(name, _long_name(name, value), start, value_start, end)
        at = skip(end)
