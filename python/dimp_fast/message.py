"""Reliable messages: decode, encode, retarget, verify (docs/semantics.md#msg-1 to #msg-11)."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import _dispatch, registry
from ._checks import binary, sequence_of
from ._columns import column
from .identity import Identifier, Parts
from .keyring import Keyring
from .verdict import DimError, Verdicts
from .verify import announced

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "MessageBatch",
    "ReliableMessage",
    "decode",
    "decode_batch",
    "encode",
    "retarget",
    "retarget_batch",
    "verify_messages",
]


class _Identifiers(dict[str, Identifier]):
    """IDs by their canonical text, so that those that come again need not be made again."""

    MOST = 4096

    def __missing__(self, text: str) -> Identifier:
        return self._remember(text, Identifier.parse(text))

    def of(self, parts: Parts) -> Identifier:
        """The ID that a tier has read already."""
        return self._remember(parts[0], Identifier._of(parts))

    def _remember(self, text: str, identifier: Identifier) -> Identifier:
        # What is registered can be taken back.
        if not registry.ADDRESS_TYPES:
            if len(self) >= self.MOST:
                self.clear()
            self[text] = identifier
        return identifier


_IDENTIFIERS = _Identifiers()


class ReliableMessage(ABC):
    """One decoded message: a view of its place in a batch. Immutable, and safe to share.

    A field is made when it is asked for, from the bytes that came; what is needed often is best
    asked for once. A message keeps its whole batch in memory. A copy of it, and one that was
    pickled, is its frame decoded again, and keeps nothing else. Each tier has a class of its own
    that counts as this one.
    """

    __slots__ = ()

    @classmethod
    def __subclasshook__(cls, other: type) -> Any:
        if cls is ReliableMessage and cls.__abstractmethods__ <= other.__dict__.keys():
            return True
        return NotImplemented

    @property
    @abstractmethod
    def frame(self) -> bytes:
        """The bytes that it was decoded from."""

    @property
    @abstractmethod
    def sender(self) -> Identifier:
        """Who says it sent this; believe it after :func:`verify_messages` only."""

    @property
    @abstractmethod
    def receiver(self) -> Identifier:
        """For whom it is; ``anyone@anywhere`` when the frame names nobody."""

    @property
    @abstractmethod
    def group(self) -> Identifier | None:
        """The group that is named openly."""

    @property
    @abstractmethod
    def is_broadcast(self) -> bool:
        """Whether ``data`` is plain text (docs/semantics.md#msg-4)."""

    @property
    @abstractmethod
    def time(self) -> float | None:
        """Seconds since the epoch, as the sender says."""

    @property
    @abstractmethod
    def type(self) -> int | str | None:
        """The content type as the sender says: a number, or a name."""

    @property
    @abstractmethod
    def data(self) -> bytes:
        """What was signed: the ciphertext, or the UTF-8 of the text of a broadcast."""

    @property
    @abstractmethod
    def signature(self) -> bytes:
        """The signature as carried; an RSA signature may lack leading zeros."""

    @property
    @abstractmethod
    def keys(self) -> dict[str, str]:
        """The wrapped keys as sent, base64 by ID; empty when there are none."""

    @property
    @abstractmethod
    def meta(self) -> dict[str, Any] | None:
        """The attached meta, unchecked."""

    @property
    @abstractmethod
    def visa(self) -> dict[str, Any] | None:
        """The attached visa, unchecked."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """All fields with long names and their JSON values as sent; a fresh copy."""


class MessageBatch:
    """Decoded frames, in input order, with columns. Immutable.

    Refused frames keep their place: ``codes`` says why, the columns hold ``None``, NaN or -1 there.
    """

    __slots__ = (
        "_codes", "_data", "_receivers", "_senders", "_signatures", "_table", "_times", "_types",
    )  # fmt: skip

    def __init__(self, table: Any) -> None:
        self._table = table
        self._codes: bytes = table.codes()
        self._senders: list[str | None] | None = None
        self._receivers: list[str | None] | None = None
        self._times: npt.NDArray[np.float64] | None = None
        self._types: npt.NDArray[np.int64] | None = None
        self._data: npt.NDArray[np.uint64] | None = None
        self._signatures: npt.NDArray[np.uint64] | None = None

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

    @property
    def arena(self) -> memoryview:
        """Data and signatures of all messages, one after the other, read-only. No copy."""
        arena: memoryview = self._table.arena()
        return arena

    @property
    def data_spans(self) -> npt.NDArray[np.uint64]:
        """Where the data of each message begins and ends in ``arena``, shape ``(n, 2)``; zeros for
        refused frames."""
        if self._data is None:
            self._data = column(self._table.data_spans(), "<u8").reshape(-1, 2)
        return self._data

    @property
    def signature_spans(self) -> npt.NDArray[np.uint64]:
        """Where each signature begins and ends in ``arena``, shape ``(n, 2)``; zeros for refused
        frames."""
        if self._signatures is None:
            self._signatures = column(self._table.signature_spans(), "<u8").reshape(-1, 2)
        return self._signatures

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
        message: ReliableMessage | None = self._table.message(index, _IDENTIFIERS)
        if message is None:
            raise DimError(self._codes[index], self._table.reason(index))
        return message

    def __iter__(self) -> Iterator[ReliableMessage | None]:
        """The messages; ``None`` for refused frames."""
        return iter(self._table.messages(_IDENTIFIERS))

    def __repr__(self) -> str:
        refused = len(self) - self._codes.count(0)
        return f"<MessageBatch of {len(self)}, {refused} refused>"


def decode(frame: bytes) -> ReliableMessage:
    """Decode one frame: the JSON text of a reliable message, long or short names.

    Raises:
        DimError: why the frame is refused, naming the field.
        TypeError: ``frame`` is not bytes.
    """
    table = _dispatch.operation("decode_batch")([binary(frame, "frame")], 1)
    message: ReliableMessage | None = table.message(0, _IDENTIFIERS)
    if message is None:
        raise DimError(table.codes()[0], table.reason(0))
    return message


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
    if type(message) is dict:
        fields = message
    else:
        fields = message.to_dict() if isinstance(message, ReliableMessage) else dict(message)
    try:
        frame: bytes = _dispatch.operation("encode")(fields, short)
    except ValueError as error:
        raise DimError(*error.args) from None
    return frame


def retarget(frame: bytes, /, **fields: Any) -> bytes:
    """The frame with some fields changed, as a station passes it on (docs/semantics.md#msg-11).

    The text is checked as a whole, but what does not change is not decoded: it keeps its bytes and
    its order, and what is new comes last. A frame with short names gets short ones. The signature
    stays good, since it is over ``data`` alone.

    Args:
        frame: JSON text of a reliable message.
        fields: the new values by name (``**{"from": ...}`` where Python takes the word): JSON
            values, an :class:`Identifier`, ``bytes`` for base64; ``None`` takes the field out.

    Raises:
        DimError: the frame is not sound, a value is not what its field may hold, or the field is
            ``sender``, ``data`` or ``signature``.
        TypeError: ``frame`` is not bytes, or a value is not JSON.
    """
    try:
        changed: bytes = _dispatch.operation("retarget")(binary(frame, "frame"), _plain(fields))
    except ValueError as error:
        raise DimError(*error.args) from None
    return changed


def retarget_batch(
    frames: Sequence[bytes], fields: Mapping[str, Any], *, threads: int | None = None
) -> tuple[list[bytes | None], Verdicts]:
    """Many frames with the same fields changed, as :func:`retarget` does it; each on its own.

    Args:
        frames: JSON text of reliable messages.
        fields: the new values by name.
        threads: how many threads at most; ``None`` is all, 1 stays on the calling thread.

    Returns:
        The changed frames, ``None`` for those that are not sound, and one verdict a frame.

    Raises:
        DimError: a value is not what its field may hold, or the field is ``sender``, ``data`` or
            ``signature``.
        TypeError: an item is not bytes (the message names its index), or a value is not JSON.
    """
    items = sequence_of(frames, bytes, "frames")
    count = _dispatch.thread_count(threads)
    try:
        changed: list[bytes | None]
        operation = _dispatch.operation("retarget_batch")
        changed, (codes, reasons) = operation(items, _plain(dict(fields)), count)
    except ValueError as error:
        raise DimError(*error.args) from None
    return changed, Verdicts(codes, lambda index: reasons.get(index, ""))


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """The same with IDs as text."""
    for name, value in fields.items():
        if type(value) is Identifier:
            fields[name] = str(value)
    return fields


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
    count = announced(frames, threads)
    items = sequence_of(frames, bytes, "frames")
    if not isinstance(keyring, Keyring):
        raise TypeError(f"keyring: Keyring is wanted, not {type(keyring).__name__}")
    store = keyring._store
    table = _dispatch.operation("decode_batch")(items, count)
    resolution = store.resolve(table)
    now = time.time()
    if keyring._loader is not None and (missing := resolution.missing()):
        keyring._load_into(resolution, missing, count)
    codes, reasons = resolution.verify(now, count)
    if keyring._retired:
        senders = table.senders()
        codes = keyring._expire(codes, reasons, lambda i: Identifier.parse(senders[i]).address)
    if learn:
        resolution.learn(codes, now, count)
    return MessageBatch(table), Verdicts(codes, lambda i: reasons.get(i) or table.reason(i))
