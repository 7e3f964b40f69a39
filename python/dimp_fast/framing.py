"""Frames on a connection: MTP, Mars and WebSocket taken apart and put together
(docs/semantics.md#frame-1 and following).

    decoder = framing.Decoder()
    for frame in decoder.feed(chunk):
        if (answer := framing.reply(frame)) is not None:
            send(answer)
        for message in framing.messages(frame.payload):
            ...
    send(decoder.outgoing())

Not here: sockets, clocks of their own, sending again what was not acknowledged. A decoder serves
one connection and one thread at a time; the functions may be called from anywhere.
"""

from __future__ import annotations

import os
import re
import struct
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from enum import IntEnum
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from . import _dispatch
from ._checks import binary, integer

if TYPE_CHECKING:
    from ._websocket import Server

__all__ = [
    "MAX_BODY",
    "Decoder",
    "FragmentAssembler",
    "Frame",
    "MarsCommand",
    "MtpType",
    "Opcode",
    "acknowledged",
    "decode_datagram",
    "encode",
    "encode_mars",
    "encode_mtp",
    "encode_websocket",
    "iter_messages",
    "messages",
    "reply",
    "websocket_sn",
]

Kind = Literal["mtp", "mars", "ws"]

MAX_BODY = 16 * 1024 * 1024
"""Bytes of a body, unless a decoder is told otherwise: as many as a message may have."""

_MOST_LIMIT = 1 << 30
_MOST_PAGES = 1 << 21
_UPGRADE = b"GET /"
_LINE = re.compile(rb"[^\r\n]+")

PING, PONG, NOOP, OK = b"PING", b"PONG", b"NOOP", b"OK"


class MtpType(IntEnum):
    """The data types of MTP."""

    COMMAND = 0
    COMMAND_RESPONSE = 1
    MESSAGE = 2
    MESSAGE_RESPONSE = 3
    FRAGMENT = 10


class MarsCommand(IntEnum):
    """The commands of Mars that DIM uses."""

    SEND_MESSAGE = 3
    NOOP = 6
    PUSH_MESSAGE = 10001


class Opcode(IntEnum):
    """What a WebSocket frame is. Decoders give ``TEXT`` and ``BINARY``; the others they answer."""

    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class Frame(NamedTuple):
    """One frame as it arrived. What a kind lacks has its default."""

    kind: Kind
    type: MtpType | MarsCommand | Opcode
    sn: bytes
    """MTP: the transaction ID, 8 bytes. Mars: the serial number of the first line of the body, else
    the 4 bytes of ``seq``. WebSocket has none in the frame: empty."""
    payload: bytes
    pages: int = 1
    """In how many pieces the sender cut the payload; MTP only."""
    index: int = 0  # type: ignore[assignment]  # as the protocol says; nobody searches a frame
    """Which of the pieces this is, from 0."""
    seq: int = 0
    """The sequence in a header of Mars, which an answer repeats."""
    options: bytes = b""
    """What a header of Mars has beyond its fields."""


_TYPES: dict[str, dict[int, Any]] = {
    "mtp": {int(code): code for code in MtpType},
    "mars": {int(code): code for code in MarsCommand},
}


def _frame(fields: tuple[Any, ...]) -> Frame:
    kind, code, *rest = fields
    return Frame(kind, _TYPES[kind][code], *rest)


class Decoder:
    """Takes the bytes of one connection apart, however they are cut (FRAME-1).

    It keeps at most one incomplete frame, and of that no more than has arrived.

    Args:
        kind: ``"auto"`` lets the first bytes decide (FRAME-5).
        limit: bytes of a body at most; a header that asks for more is garbage.

    Raises:
        ValueError: an unknown kind, or a limit that is not 1 to 2**30.
    """

    def __init__(
        self, kind: Literal["auto", "mtp", "mars", "ws"] = "auto", *, limit: int = MAX_BODY
    ) -> None:
        if kind not in ("auto", "mtp", "mars", "ws"):
            raise ValueError(f"kind: auto, mtp, mars or ws is wanted, not {kind!r}")
        self._limit = integer(limit, "limit", 1, _MOST_LIMIT)
        self._start = b""
        """The first bytes, while they may become a request for an upgrade."""
        self._stream: Any = None
        self._server: Server | None = None
        self._closed = False
        self._lost = 0
        if kind == "ws":
            self._open_server()
        elif kind != "auto":
            self._open_stream(kind)

    def _open_stream(self, kind: str | None) -> None:
        self._stream = _dispatch.operation("FrameDecoder")(kind, self._limit)

    def _open_server(self) -> None:
        from ._websocket import Server

        self._server = Server(self._limit)

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that are complete with these bytes, in order.

        After :attr:`closed` everything is garbage.

        Raises:
            TypeError: ``chunk`` is not bytes.
        """
        chunk = binary(chunk, "chunk")
        if self._closed:
            self._lost += len(chunk)
            return []
        if self._stream is None and self._server is None:
            chunk = self._start + chunk
            if len(chunk) < len(_UPGRADE) and _UPGRADE.startswith(chunk):
                self._start = chunk
                return []
            self._start = b""
            if chunk.startswith(_UPGRADE):
                self._open_server()
            else:
                self._open_stream(None)
        if self._server is None:
            return list(map(_frame, self._stream.feed(chunk)))
        found = self._server.feed(chunk)
        return [Frame("ws", Opcode(code), b"", payload) for code, payload in found]

    @property
    def kind(self) -> Kind | None:
        """What the connection speaks; ``None`` until its first bytes have decided."""
        if self._server is not None:
            return "ws"
        kind: Kind | None = None if self._stream is None else self._stream.kind()
        return kind

    @property
    def skipped(self) -> int:
        """Bytes of garbage so far."""
        here = self._server.skipped if self._server is not None else 0
        return self._lost + here + (self._stream.skipped() if self._stream is not None else 0)

    @property
    def pending(self) -> int:
        """Bytes that are kept because more must follow."""
        if self._server is not None:
            return self._server.pending
        return len(self._start) if self._stream is None else self._stream.pending()

    @property
    def closed(self) -> bool:
        """Whether nothing more can come: the other side closed, or broke the protocol so that there
        is no going on (WebSocket only), or :meth:`close` was called."""
        return self._closed or (self._server is not None and self._server.closed)

    def outgoing(self) -> bytes:
        """What the decoder itself has to say to the other side, once: the answer to a request for
        an upgrade, pongs, the end of a WebSocket. Of several pings the last is answered."""
        return b"" if self._server is None else self._server.outgoing()

    def close(self) -> None:
        """End the stream. An incomplete frame is forgotten and counted as garbage; on a WebSocket
        :meth:`outgoing` has the farewell."""
        if self._closed:
            return
        self._closed = True
        if self._server is not None:
            self._server.close()  # it counts for itself
            return
        self._lost += self.pending
        self._start = b""
        if self._stream is not None:
            self._stream.clear()


def decode_datagram(datagram: bytes, *, limit: int = MAX_BODY) -> Frame | None:
    """The MTP frame that a UDP datagram is; ``None`` when it is none.

    A header may leave out the length: the body is the rest. What follows a body with a length is
    ignored.

    Raises:
        TypeError: ``datagram`` is not bytes.
        ValueError: a limit that is not 1 to 2**30.
    """
    limit = integer(limit, "limit", 1, _MOST_LIMIT)
    found = _dispatch.operation("decode_datagram")(binary(datagram, "datagram"), limit)
    return None if found is None else _frame(found)


def messages(payload: bytes) -> list[bytes]:
    """The messages in a payload (FRAME-6): the lines of one that begins with ``{``, else itself;
    none in one of at most 4 bytes, such as ``PING``.

    Raises:
        TypeError: ``payload`` is not bytes.
    """
    return list(iter_messages(payload))


def iter_messages(payload: bytes) -> Iterator[bytes]:
    """The same one at a time: a payload can have as many lines as half its bytes.

    Raises:
        TypeError: ``payload`` is not bytes.
    """
    payload = binary(payload, "payload")
    if len(payload) <= 4:
        return iter(())
    if not payload.startswith(b"{"):
        return iter((payload,))
    return (line.group() for line in _LINE.finditer(payload))


# -- putting frames together ---------------------------------------------------------------------

_serial_numbers = count(int.from_bytes(os.urandom(7), "big"))


def _new_sn(size: int) -> bytes:
    """The next serial number; never zero, which stands for none."""
    while not (number := next(_serial_numbers) % (1 << 8 * size)):
        pass
    return number.to_bytes(size, "big")


def encode_mtp(
    payload: bytes,
    *,
    type: MtpType | int = MtpType.MESSAGE,
    sn: bytes | None = None,
    pages: int = 1,
    index: int = 0,
    with_length: bool = True,
) -> bytes:
    """An MTP frame.

    Args:
        sn: 8 bytes; a new one when left out. Eight zeros are none.
        pages: in how many pieces the payload was cut; more than 1 for fragments and answers to
            them.
        index: which of them this is.
        with_length: ``False`` for datagrams only, whose end is the end of the body.

    Raises:
        TypeError: an argument of another type.
        ValueError: one that does not fit the header, or a payload of more than 2**30 bytes.
    """
    payload = _payload(payload)
    sn = _new_sn(8) if sn is None else binary(sn, "sn")
    if len(sn) != 8:
        raise ValueError(f"sn: 8 bytes are wanted, not {len(sn)}")
    pages = integer(pages, "pages", 1, _MOST_PAGES)
    index = integer(index, "index", 0, pages - 1)
    frame: bytes = _dispatch.operation("encode_mtp")(
        int(MtpType(type)), sn, payload, pages, index, bool(with_length)
    )
    return frame


def encode_mars(
    payload: bytes,
    *,
    type: MarsCommand | int = MarsCommand.PUSH_MESSAGE,
    seq: int = 0,
    sn: bytes | None = None,
    options: bytes = b"",
) -> bytes:
    """A Mars frame.

    Args:
        seq: the sequence of the header; an answer repeats that of the question.
        sn: the serial number for the first line of the body. A push without one gets a new one, of
            4 bytes; other frames have no such line without one.
        options: goes into the header.

    Raises:
        TypeError: an argument of another type.
        ValueError: one that does not fit the header, or more than 2**30 bytes.
    """
    payload, command = _payload(payload), MarsCommand(type)
    if sn is not None:
        sn = binary(sn, "sn")
        if not 1 <= len(sn) <= 1024:
            raise ValueError(f"sn: 1 to 1024 bytes are wanted, not {len(sn)}")
    elif command is MarsCommand.PUSH_MESSAGE:
        sn = _new_sn(4)
    options = binary(options, "options")
    if len(options) > _MOST_LIMIT:
        raise ValueError(f"options: at most {_MOST_LIMIT} bytes are wanted, not {len(options)}")
    seq = integer(seq, "seq", 0, 0xFFFFFFFF)
    frame: bytes = _dispatch.operation("encode_mars")(int(command), seq, sn, payload, options)
    return frame


def encode_websocket(payload: bytes, *, type: Opcode | int = Opcode.TEXT) -> bytes:
    """A WebSocket frame as a server sends it: whole and not masked. Text has to be UTF-8, which is
    the caller's to see to.

    Raises:
        TypeError: an argument of another type.
        ValueError: an unknown opcode, a payload of more than 2**30 bytes, or of more than 125 in a
            frame that is no text and not binary.
    """
    payload, opcode = _payload(payload), Opcode(type)
    length = len(payload)
    if opcode >= Opcode.CLOSE and length > 125:
        raise ValueError(f"payload: at most 125 bytes fit {opcode.name}, not {length}")
    first = 0x80 | opcode
    if length < 126:
        head = struct.pack(">BB", first, length)
    elif length < 1 << 16:
        head = struct.pack(">BBH", first, 126, length)
    else:
        head = struct.pack(">BBQ", first, 127, length)
    return head + payload


_ENCODERS: dict[str, Callable[..., bytes]] = {
    "mtp": encode_mtp,
    "mars": encode_mars,
    "ws": encode_websocket,
}


def encode(kind: Kind, payload: bytes, **fields: Any) -> bytes:
    """A frame of a kind, as a station sends it; ``fields`` are those of :func:`encode_mtp`,
    :func:`encode_mars` or :func:`encode_websocket`.

    Raises:
        TypeError: a field that the kind lacks, or an argument of another type.
        ValueError: an unknown kind, or a field that does not fit.
    """
    if kind not in _ENCODERS:
        raise ValueError(f"kind: mtp, mars or ws is wanted, not {kind!r}")
    return _ENCODERS[kind](payload, **fields)


def _payload(payload: bytes) -> bytes:
    payload = binary(payload, "payload")
    if len(payload) > _MOST_LIMIT:
        raise ValueError(f"payload: at most {_MOST_LIMIT} bytes are wanted, not {len(payload)}")
    return payload


# -- answering -----------------------------------------------------------------------------------


def reply(frame: Frame) -> bytes | None:
    """The frame with which a station answers at once; ``None`` when there is none.

    MTP: ``PONG`` to the command ``PING``, ``OK`` to other commands, to messages and to each
    fragment, with their SN. Mars: a ``NOOP`` without body comes back as it was, ``PING`` is
    answered with ``PONG`` under its command and sequence; what answers a message is another
    message. WebSocket: the text ``PONG`` to the text ``PING``.
    """
    if frame.kind == "mtp":
        return _reply_mtp(frame)
    if frame.kind == "mars":
        return _reply_mars(frame)
    return encode_websocket(PONG) if frame.payload == PING else None


def _reply_mtp(frame: Frame) -> bytes | None:
    if frame.type == MtpType.COMMAND:
        answer = PONG if frame.payload == PING else OK
        return encode_mtp(answer, type=MtpType.COMMAND_RESPONSE, sn=frame.sn)
    if frame.type in (MtpType.MESSAGE, MtpType.FRAGMENT):
        return encode_mtp(
            OK,
            type=MtpType.MESSAGE_RESPONSE,
            sn=frame.sn,
            pages=frame.pages,
            index=frame.index,
        )
    return None


def _reply_mars(frame: Frame) -> bytes | None:
    if frame.type == MarsCommand.NOOP and frame.payload in (b"", NOOP):
        sn = None if frame.sn == frame.seq.to_bytes(4, "big") else frame.sn
        return encode_mars(
            frame.payload, type=frame.type, seq=frame.seq, sn=sn, options=frame.options
        )
    if frame.type != MarsCommand.PUSH_MESSAGE and frame.payload == PING:
        return encode_mars(PONG, type=frame.type, seq=frame.seq)
    return None


def acknowledged(frame: Frame) -> bytes | None:
    """The serial number that a text ``ACK:...`` on a WebSocket confirms; ``None`` for other frames.

    It is what stands behind the first ``signature``, else behind the first ``time``; empty when
    there is neither. The other side wrote it: to be compared with what was sent to it, no more.
    """
    if frame.kind != "ws" or not frame.payload.startswith(b"ACK:"):
        return None
    return websocket_sn(frame.payload)


def websocket_sn(payload: bytes) -> bytes:
    """The serial number that a message gets on a WebSocket, to know its acknowledgement by; empty
    when it has none."""
    for tag in (b"signature", b"time"):
        _, found, rest = payload.partition(tag)
        _, colon, rest = rest.partition(b":")
        end = rest.find(b",")
        end = rest.find(b"}") if end < 0 else end
        if found and colon and end >= 0:
            return rest[:end].strip(b" ").strip(b'"').strip(b"'")
    return b""


# -- fragments -----------------------------------------------------------------------------------


class _Pieces:
    __slots__ = ("pages", "payloads", "size", "touched")

    def __init__(self, pages: int) -> None:
        self.pages = pages
        self.payloads: dict[int, bytes] = {}
        self.size = 0
        self.touched = 0.0


class FragmentAssembler:
    """Puts MTP fragments of one sender together again, in any order, by their SN.

    What does not become complete is dropped: the longest untouched first when a limit is reached,
    and each when no piece arrived for ``max_age`` seconds. For one thread at a time.

    Args:
        limit: bytes of a whole message; one that grows beyond is dropped.
        max_bytes: memory for all pieces, with what Python needs to keep them; twice ``limit`` when
            left out, which is enough for pieces of 200 bytes and more.
        max_messages: how many messages may be incomplete at a time.
        max_age: seconds.
    """

    _COST = 200
    """Bytes that Python needs for a piece besides its payload, so that a million empty pieces are
    not free."""

    def __init__(
        self,
        *,
        limit: int = MAX_BODY,
        max_bytes: int | None = None,
        max_messages: int = 64,
        max_age: float = 300.0,
    ) -> None:
        self._limit = integer(limit, "limit", 1, _MOST_LIMIT)
        self._max_bytes = (
            2 * self._limit
            if max_bytes is None
            else integer(max_bytes, "max_bytes", self._limit, 1 << 40)
        )
        self._max_messages = integer(max_messages, "max_messages", 1, 1 << 20)
        if not max_age > 0:
            raise ValueError(f"max_age: more than 0 is wanted, not {max_age}")
        self._max_age = max_age
        self._incomplete: OrderedDict[bytes, _Pieces] = OrderedDict()
        self._held = 0
        self._dropped = 0

    def __len__(self) -> int:
        """How many messages are incomplete."""
        return len(self._incomplete)

    @property
    def held(self) -> int:
        """Bytes of memory that pieces take, by the count of ``max_bytes``."""
        return self._held

    @property
    def dropped(self) -> int:
        """How many messages were given up."""
        return self._dropped

    def add(self, frame: Frame, now: float | None = None) -> Frame | None:
        """The whole message, as a frame of type ``MESSAGE``, when this was its last piece.

        A piece that is there already is ignored, and so is one that gives another number of pages
        than the first that came.

        Args:
            now: seconds on a clock that never goes back; that of ``time.monotonic`` when left out.

        Raises:
            ValueError: the frame is no fragment.
        """
        if frame.kind != "mtp" or frame.type != MtpType.FRAGMENT:
            raise ValueError(f"frame: a fragment is wanted, not {frame.type!r}")
        now = time.monotonic() if now is None else now
        self.purge(now)
        pieces = self._incomplete.get(frame.sn)
        if pieces is None:
            pieces = self._incomplete[frame.sn] = _Pieces(frame.pages)
        elif frame.pages != pieces.pages or frame.index in pieces.payloads:
            return None
        pieces.payloads[frame.index] = frame.payload
        pieces.size += len(frame.payload)
        pieces.touched = now
        self._held += len(frame.payload) + self._COST
        self._incomplete.move_to_end(frame.sn)
        if pieces.size > self._limit:
            self._drop(frame.sn)
        elif len(pieces.payloads) == pieces.pages:
            self._forget(frame.sn)
            payload = b"".join(pieces.payloads[index] for index in range(pieces.pages))
            return Frame("mtp", MtpType.MESSAGE, frame.sn, payload)
        while self._held > self._max_bytes or len(self) > self._max_messages:
            self._drop(next(iter(self._incomplete)))
        return None

    def purge(self, now: float | None = None) -> None:
        """Drop what got no piece for ``max_age`` seconds; :meth:`add` does it too."""
        now = time.monotonic() if now is None else now
        while self._incomplete:
            sn, pieces = next(iter(self._incomplete.items()))
            if now - pieces.touched <= self._max_age:
                break
            self._drop(sn)

    def _drop(self, sn: bytes) -> None:
        self._forget(sn)
        self._dropped += 1

    def _forget(self, sn: bytes) -> None:
        pieces = self._incomplete.pop(sn)
        self._held -= pieces.size + self._COST * len(pieces.payloads)
