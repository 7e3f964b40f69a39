"""Frames of MTP and Mars on a stream of bytes (docs/semantics.md#frame-1 and following).

A frame is a tuple of eight: kind, type, serial number, payload, pages, index, sequence, options.
What a format lacks has the value it has when left out. Not here: WebSocket, answers, misuse.
"""

from __future__ import annotations

import heapq
import struct
from collections.abc import Callable, Iterator
from itertools import chain
from operator import itemgetter
from typing import ClassVar, NamedTuple

from . import base64

Fields = tuple[str, int, bytes, bytes, int, int, int, bytes]
Data = bytes | bytearray

MAX_LIMIT = 1 << 30
"""What a decoder may be told to take as the longest body."""

_MOST_PAGES = 1 << 21
_NO_SN = bytes(8)
_UNLIMITED = 0xFFFFFFFF
_MARS = struct.Struct(">5I")
_MARS_VERSION = 200
_SN_TAG = b"Mars SN:"


class Head(NamedTuple):
    """The fields of a header that is valid."""

    type: int
    pages: int
    page: int
    seq: int
    length: int
    body: int | None
    """None: the rest of a datagram."""

    @property
    def total(self) -> int:
        """Bytes of the frame."""
        return self.length + (self.body or 0)


class Mtp:
    """`DIM`, a byte with the length of the header in words and the data type, then as many of
    transaction ID (8), pages (4), index (4) and body length (4) as the length says."""

    name: ClassVar = "mtp"
    magic: ClassVar = b"DIM"
    magic_at: ClassVar = 0

    @staticmethod
    def header(data: Data, at: int, limit: int) -> Head | bool:
        """The header at a place, with or without a body length; as `probe`."""
        if not b"DIM".startswith(data[at : at + 3]):
            return False
        here = len(data) - at
        if here < 4:
            return True
        words, kind = divmod(data[at + 3], 16)
        if kind not in (0, 1, 2, 3, 10) or not 1 <= words <= 6:
            return False
        length = 4 * words
        if here < length:
            return True
        pages, page = struct.unpack_from(">II", data, at + 12) if words >= 5 else (1, 0)
        body = None
        if words % 2 == 0:  # an even number of words ends with the body length
            (body,) = struct.unpack_from(">I", data, at + length - 4)
            if body == _UNLIMITED:
                body = None
        if not 1 <= pages <= _MOST_PAGES or page >= pages or (body is not None and body > limit):
            return False
        return Head(kind, pages, page, 0, length, body)

    @staticmethod
    def probe(data: Data, at: int, limit: int) -> Head | bool:
        """The header at a place; False for garbage, True for what may become a header. On a stream
        a header must say where its frame ends."""
        head = Mtp.header(data, at, limit)
        return False if isinstance(head, Head) and head.body is None else head

    @staticmethod
    def frame(head: Head, data: bytes) -> Fields:
        """The frame that all of the data is."""
        sn = data[4:12] if head.length >= 12 else _NO_SN
        return ("mtp", head.type, sn, data[head.length :], head.pages, head.page, 0, b"")


class Mars:
    """Length of the header, version, command, sequence, length of the body, 4 bytes each; then what
    else the header has, then the body."""

    name: ClassVar = "mars"
    magic: ClassVar = _MARS.pack(20, _MARS_VERSION, 0, 0, 0)[4:8]
    magic_at: ClassVar = 4
    _filler: ClassVar = _MARS.pack(20, _MARS_VERSION, 6, 0, 0)

    @staticmethod
    def probe(data: Data, at: int, limit: int) -> Head | bool:
        """The header at a place; False for garbage, True for what may become a header. Options and
        body have one limit."""
        here = bytes(data[at : at + _MARS.size])
        known = len(here) // 4 * 4  # fields that are not complete are taken to be right
        length, version, command, seq, body = _MARS.unpack(here[:known] + Mars._filler[known:])
        if (
            version != _MARS_VERSION
            or command not in (3, 6, 10001)
            or length < _MARS.size
            or length - _MARS.size + body > limit
        ):
            return False
        return Head(command, 1, 0, seq, length, body) if known == _MARS.size else True

    @staticmethod
    def frame(head: Head, data: bytes) -> Fields:
        """The frame that all of the data is."""
        sn, payload = _split_sn(data[head.length :]) or (data[12:16], data[head.length :])
        options = data[_MARS.size : head.length]
        return ("mars", head.type, sn, payload, 1, 0, head.seq, options)


def _split_sn(body: bytes) -> tuple[bytes, bytes] | None:
    """The serial number in the first line of a body, and what follows the line. A line whose number
    is not base64, or empty, belongs to the payload."""
    end = body.find(b"\n") if body.startswith(_SN_TAG) else -1
    if end < 0:
        return None
    sn = base64.decode(body[len(_SN_TAG) : end].decode("latin-1"))
    return (sn, body[end + 1 :]) if sn else None


_FORMATS: dict[str | None, tuple[type[Mtp] | type[Mars], ...]] = {
    "mtp": (Mtp,),
    "mars": (Mars,),
    None: (Mtp, Mars),
}


class FrameDecoder:
    """Takes one stream apart: of MTP, of Mars, or of whichever comes first.

    A body has at most `limit` bytes; options of Mars count.
    """

    def __init__(self, kind: str | None, limit: int) -> None:
        if kind not in _FORMATS:
            raise ValueError(f"no framing {kind!r}")
        if limit > MAX_LIMIT:
            raise ValueError(f"limit {limit} > {MAX_LIMIT}")
        self._kind = kind
        self._limit = limit
        self._held = bytearray()
        self._skipped = 0

    def feed(self, chunk: bytes) -> list[Fields]:
        """The frames that are complete with this chunk."""
        held = self._held
        held += chunk
        frames = []
        place = 0
        while place < len(held):
            start, format, head = self._scan(place)
            self._skipped += start - place
            place = start
            if head is None:
                break
            self._kind = format.name
            if len(held) - place < head.total:
                break
            frames.append(format.frame(head, bytes(held[place : place + head.total])))
            place += head.total
        del held[:place]
        return frames

    def _scan(self, place: int) -> tuple[int, type[Mtp] | type[Mars], Head | None]:
        """The first place where a header is or may become one, with the header if it is; else the
        end."""
        formats = _FORMATS[self._kind]
        # A good stream has its next header right here.
        for at, format in chain(
            ((place, format) for format in formats),
            heapq.merge(*(self._candidates(format, place + 1) for format in formats), key=_place),
        ):
            found = format.probe(self._held, at, self._limit)
            if isinstance(found, Head):
                return at, format, found
            if found:
                return at, format, None
        return len(self._held), formats[0], None

    def _candidates(
        self, format: type[Mtp] | type[Mars], start: int
    ) -> Iterator[tuple[int, type[Mtp] | type[Mars]]]:
        """Places where a header can be: where its magic is, and the last few, where not all of it
        has arrived."""
        tail = len(self._held) - format.magic_at - len(format.magic) + 1
        found = self._held.find(format.magic, start + format.magic_at)
        while found >= 0:
            yield found - format.magic_at, format
            found = self._held.find(format.magic, found + 1)
        for at in range(max(start, tail), len(self._held)):
            yield at, format

    def kind(self) -> str | None:
        """The format; None before it is known."""
        return self._kind

    def skipped(self) -> int:
        """Bytes of garbage so far."""
        return self._skipped

    def pending(self) -> int:
        """Bytes that are kept because more must follow."""
        return len(self._held)

    def clear(self) -> None:
        """Forget what is kept."""
        self._held.clear()


_place: Callable[[tuple[int, object]], int] = itemgetter(0)


def decode_datagram(data: bytes, limit: int) -> Fields | None:
    """The MTP frame in a datagram, where a body without a length is the rest; None for anything
    else."""
    head = Mtp.header(data, 0, limit)
    if isinstance(head, bool):
        return None
    end = len(data) if head.body is None else head.total
    if end > len(data) or end - head.length > limit:
        return None
    return Mtp.frame(head, data[:end])


def encode_mtp(
    code: int, sn: bytes, payload: bytes, pages: int, index: int, with_length: bool
) -> bytes:
    """An MTP frame; without a body length it is for a datagram. One page has no pages and index; an
    SN of zeros is left out where it can be."""
    fields = b""
    if sn != _NO_SN or pages > 1:
        fields += sn
    if pages > 1:
        fields += struct.pack(">II", pages, index)
    if with_length:
        fields += struct.pack(">I", len(payload))
    words = 1 + len(fields) // 4
    return b"".join((b"DIM", bytes((words << 4 | code,)), fields, payload))


def encode_mars(command: int, seq: int, sn: bytes | None, payload: bytes, options: bytes) -> bytes:
    """A Mars frame, with a line for the serial number if there is one."""
    line = b"" if sn is None else b"%b%b\n" % (_SN_TAG, base64.encode(sn).encode("ascii"))
    length, body = _MARS.size + len(options), len(line) + len(payload)
    head = _MARS.pack(length, _MARS_VERSION, command, seq, body)
    return b"".join((head, options, line, payload))
