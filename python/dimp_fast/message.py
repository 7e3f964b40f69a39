"""Reliable messages: decode, encode, verify (docs/semantics.md#msg-1 to #msg-10)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import _dispatch
from ._checks import binary, sequence_of
from ._columns import column
from .identity import Identifier
from .keyring import Keyring
from .verdict import Code, DimError, Verdicts

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "MessageBatch",
    "ReliableMessage",
    "decode",
    "decode_batch",
    "encode",
    "verify_messages",
]


class ReliableMessage:
    """One decoded message: a view of its place in a batch. Immutable.

    Fields of the envelope are attributes; every field, also unknown ones, is in :meth:`to_dict`.
    """

    __slots__ = ("_batch", "_fields", "_index")

    def __init__(self, batch: MessageBatch, index: int) -> None:
        self._batch = batch
        self._index = index
        self._fields: dict[str, Any] | None = None

    @property
    def sender(self) -> Identifier:
        """Who says it sent this; believe it after :func:`verify_messages` only."""
        return Identifier.parse(str(self._batch.sender[self._index]))

    @property
    def receiver(self) -> Identifier:
        """For whom it is; ``anyone@anywhere`` when the frame names nobody."""
        return Identifier.parse(str(self._batch.receiver[self._index]))

    @property
    def group(self) -> Identifier | None:
        """The group that is named openly."""
        group = self._get("group")
        return None if group is None else Identifier.parse(group)

    @property
    def is_broadcast(self) -> bool:
        """Whether ``data`` is plain text (docs/semantics.md#msg-4)."""
        group = self.group
        return self.receiver.is_broadcast or (group is not None and group.is_broadcast)

    @property
    def time(self) -> float | None:
        """Seconds since the epoch, as the sender says."""
        value: str | float | None = self._get("time")
        return None if value is None else float(value)

    @property
    def type(self) -> int | str | None:
        """The content type as the sender says: a number, or a name."""
        value: int | str | None = self._get("type")
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
            return int(value)
        return value

    @property
    def data(self) -> bytes:
        """What was signed: the ciphertext, or the UTF-8 of the text of a broadcast."""
        data: bytes = self._batch._table.data(self._index)
        return data

    @property
    def signature(self) -> bytes:
        """The signature as carried; an RSA signature may lack leading zeros."""
        signature: bytes = self._batch._table.signature(self._index)
        return signature

    @property
    def keys(self) -> dict[str, str]:
        """The wrapped keys as sent, base64 by ID; empty when there are none."""
        return dict(self._get("keys") or {})

    @property
    def meta(self) -> dict[str, Any] | None:
        """The attached meta, unchecked."""
        meta: dict[str, Any] | None = self.to_dict().get("meta")
        return meta

    @property
    def visa(self) -> dict[str, Any] | None:
        """The attached visa, unchecked."""
        visa: dict[str, Any] | None = self.to_dict().get("visa")
        return visa

    def to_dict(self) -> dict[str, Any]:
        """All fields with long names and their JSON values as sent; a fresh copy."""
        fields: dict[str, Any] = self._batch._table.fields(self._index)
        return fields

    def _get(self, name: str) -> Any:
        if self._fields is None:
            self._fields = self.to_dict()
        return self._fields.get(name)

    def __repr__(self) -> str:
        return f"<ReliableMessage {self.sender} -> {self.receiver}, {len(self.data)} bytes>"


class MessageBatch:
    """Decoded frames, in input order, with columns. Immutable.

    Refused frames keep their place: ``codes`` says why, the columns hold ``None``, NaN or -1 there.
    """

    __slots__ = ("_codes", "_receivers", "_senders", "_table", "_times", "_types")

    def __init__(self, table: Any) -> None:
        self._table = table
        self._codes: bytes = table.codes()
        self._senders: list[str | None] | None = None
        self._receivers: list[str | None] | None = None
        self._times: npt.NDArray[np.float64] | None = None
        self._types: npt.NDArray[np.int64] | None = None

    @property
    def codes(self) -> npt.NDArray[np.uint8]:
        """Verdicts of decoding as ``uint8``, shape ``(n,)``."""
        return column(self._codes, "<u1")

    @property
    def verdicts(self) -> Verdicts:
        """Verdicts of decoding, with reasons. A signature is not part of them."""
        return Verdicts(self._codes, self._table.reason)

    @property
    def sender(self) -> list[str | None]:
        """Canonical IDs. One list for all callers: do not change it."""
        if self._senders is None:
            self._senders = self._table.senders()
        return self._senders

    @property
    def receiver(self) -> list[str | None]:
        """Canonical IDs; ``anyone@anywhere`` where a frame names nobody. One list for all
        callers: do not change it."""
        if self._receivers is None:
            self._receivers = self._table.receivers()
        return self._receivers

    @property
    def time(self) -> npt.NDArray[np.float64]:
        """Seconds since the epoch, shape ``(n,)``; NaN for none."""
        if self._times is None:
            self._times = column(self._table.times(), "<f8")
        return self._times

    @property
    def type(self) -> npt.NDArray[np.int64]:
        """Content types, shape ``(n,)``; -1 for none, or for a name."""
        if self._types is None:
            self._types = column(self._table.types(), "<i8")
        return self._types

    def __len__(self) -> int:
        return len(self._codes)

    def __getitem__(self, index: int) -> ReliableMessage:
        """The message at ``index``.

        Raises:
            DimError: that frame was refused.
            IndexError: there is no such frame.
        """
        size = len(self._codes)
        if not -size <= index < size:
            raise IndexError(f"message {index} of {size}")
        index %= size
        code = self._codes[index]
        if code != int(Code.OK):
            raise DimError(code, self._table.reason(index))
        return ReliableMessage(self, index)

    def __iter__(self) -> Iterator[ReliableMessage | None]:
        """The messages; ``None`` for refused frames."""
        for index, code in enumerate(self._codes):
            yield ReliableMessage(self, index) if code == int(Code.OK) else None

    def __repr__(self) -> str:
        refused = len(self) - self._codes.count(0)
        return f"<MessageBatch of {len(self)}, {refused} refused>"


def decode(frame: bytes) -> ReliableMessage:
    """Decode one frame: the JSON text of a reliable message, long or short names.

    Raises:
        DimError: why the frame is refused, naming the field.
        TypeError: ``frame`` is not bytes.
    """
    return MessageBatch(_dispatch.operation("decode_batch")([binary(frame, "frame")], 1))[0]


def decode_batch(frames: Sequence[bytes], *, threads: int | None = None) -> MessageBatch:
    """Decode frames, each on its own; a refused one gets its code in its place.

    Raises:
        TypeError: an item is not bytes; the message names its index.
    """
    items = sequence_of(frames, bytes, "frames")
    return MessageBatch(_dispatch.operation("decode_batch")(items, _dispatch.thread_count(threads)))


def encode(message: ReliableMessage | Mapping[str, Any], *, short: bool = False) -> bytes:
    """The frame of a message, in the bytes that the reference emits (docs/semantics.md#json-6).

    Args:
        message: a decoded message, or a mapping of JSON values; ``bytes`` values become base64.
        short: use the one-letter names of the envelope.

    Raises:
        DimError: the message is not one that :func:`decode` accepts.
        TypeError: a value is not JSON.
    """
    fields = message.to_dict() if isinstance(message, ReliableMessage) else dict(message)
    try:
        frame: bytes = _dispatch.operation("encode")(fields, short)
    except ValueError as error:
        raise DimError(*error.args) from None
    return frame


def verify_messages(
    frames: Sequence[bytes],
    keyring: Keyring,
    *,
    learn: bool = False,
    threads: int | None = None,
) -> tuple[MessageBatch, Verdicts]:
    """Decode frames, find the keys of their senders, hash and verify, in one native pass.

    A meta or visa attached to a message is checked against its sender and used for that message
    only (docs/semantics.md#msg-8). Verdicts never depend on the order inside the batch.

    Args:
        frames: JSON text of reliable messages.
        keyring: checked accounts; its loader, if any, is asked for senders that are not held.
        learn: add the attachments of messages that verified to the keyring afterwards, as far as
            there is room.
        threads: how many threads at most; ``None`` is all, 1 stays on the calling thread.

    Returns:
        The decoded messages and one verdict a frame.

    Raises:
        TypeError: an item is not bytes (the message names its index), ``keyring`` is not a keyring,
            or its loader returned something else than its protocol says.
    """
    items = sequence_of(frames, bytes, "frames")
    if not isinstance(keyring, Keyring):
        raise TypeError(f"keyring: Keyring is wanted, not {type(keyring).__name__}")
    count = _dispatch.thread_count(threads)
    store = keyring._store
    table = _dispatch.operation("decode_batch")(items, count)
    resolution = store.resolve(table)
    now = time.time()
    if keyring._loader is not None and (missing := resolution.missing()):
        keyring._load_into(resolution, missing, count)
    codes, reasons = resolution.verify(now, count)
    if learn:
        resolution.learn(codes, now)
    return MessageBatch(table), Verdicts(codes, lambda i: reasons.get(i) or table.reason(i))
