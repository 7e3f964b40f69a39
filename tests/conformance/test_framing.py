"""semantics.md: frame-1 to frame-8; MTP, Mars and WebSocket on a connection."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from typing import Any

import pytest

import data_sets
from dimp_fast import framing
from dimp_fast.framing import (
    Decoder,
    FragmentAssembler,
    Frame,
    MarsCommand,
    MtpType,
    Opcode,
    encode,
)

VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
UNIT = "framing"
SN = bytes.fromhex("0000000100000002")


def vector(name: str) -> Any:
    return VECTORS[name].output


def feed(decoder: Decoder, stream: bytes, size: int | None = None) -> list[Frame]:
    """All frames, in chunks of ``size`` bytes or in one."""
    size = size or max(len(stream), 1)
    return [
        frame
        for at in range(0, len(stream), size)
        for frame in decoder.feed(stream[at : at + size])
    ]


# -- MTP -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("mtp.message", Frame("mtp", MtpType.MESSAGE, SN, b"{}")),
        ("mtp.message_response", Frame("mtp", MtpType.MESSAGE_RESPONSE, SN, b"OK")),
        ("mtp.command_response", Frame("mtp", MtpType.COMMAND_RESPONSE, SN, b"PONG")),
        ("mtp.command", Frame("mtp", MtpType.COMMAND, SN, b"PING")),
        ("mtp.zero_sn", Frame("mtp", MtpType.MESSAGE, bytes(8), b"{}")),
    ],
)
def test_frame_3_mtp_vectors(tier: str, name: str, fields: Frame) -> None:
    frame = bytes.fromhex(vector(name))
    assert encode("mtp", fields.payload, type=fields.type, sn=fields.sn) == frame
    decoder = Decoder("mtp")
    assert decoder.feed(frame) == [fields]
    assert (decoder.skipped, decoder.pending) == (0, 0)
    assert framing.decode_datagram(frame) == fields


def test_frame_3_mtp_fragments(tier: str) -> None:
    body = bytes(range(256)) * 5
    pieces = [body[at : at + 512] for at in range(0, len(body), 512)]
    stream = b""
    for index, (head, piece) in enumerate(zip(vector("mtp.fragments"), pieces, strict=True)):
        frame = encode("mtp", piece, type=MtpType.FRAGMENT, sn=SN, pages=3, index=index)
        assert frame == bytes.fromhex(head) + piece
        stream += frame
    found = Decoder("mtp").feed(stream)
    assert found == [
        Frame("mtp", MtpType.FRAGMENT, SN, piece, 3, index) for index, piece in enumerate(pieces)
    ]


def test_frame_3_datagrams_have_headers_without_a_length(tier: str) -> None:
    datagram = bytes.fromhex(vector("mtp.no_length"))
    assert encode("mtp", b"{}", sn=SN, with_length=False) == datagram
    assert framing.decode_datagram(datagram) == Frame("mtp", MtpType.MESSAGE, SN, b"{}")
    assert framing.decode_datagram(datagram, limit=1) is None
    assert framing.decode_datagram(b"DIM\x12{}") == Frame("mtp", MtpType.MESSAGE, bytes(8), b"{}")
    piece = encode("mtp", b"{", type=MtpType.FRAGMENT, sn=SN, pages=2, index=1, with_length=False)
    assert piece[3] == 0x5A
    assert framing.decode_datagram(piece) == Frame("mtp", MtpType.FRAGMENT, SN, b"{", 2, 1)
    for bad in (b"", b"DIM", b"{}", b"xDIM\x12{}", datagram[:11], b"DIM\x22\0\0\0\3{}"):
        assert framing.decode_datagram(bad) is None
    # What the stream cannot do: there, nobody says where these end.
    decoder = Decoder("mtp")
    assert decoder.feed(datagram + piece) == []
    assert decoder.skipped == len(datagram + piece)


def test_frame_3_types(tier: str) -> None:
    names = {code.value: code.name.replace("_", " ").title() for code in MtpType}
    names[MtpType.FRAGMENT] = "Message Fragment"
    for code, name in zip(VECTORS["mtp.parse.types"].input, vector("mtp.parse.types"), strict=True):
        assert names.get(code) == name
        found = Decoder("mtp").feed(b"DIM" + bytes((0x20 | code,)) + struct.pack(">I", 2) + b"{}")
        assert [int(frame.type) for frame in found] == ([code] if name else [])


@pytest.mark.parametrize(
    "bad",
    [
        b"DIM\x02" + bytes(20),
        b"DIM\x72" + bytes(28),
        b"DIM\x24" + bytes(4),
        b"DIM\x6a" + SN + struct.pack(">III", 0, 0, 1),
        b"DIM\x6a" + SN + struct.pack(">III", 2, 2, 1),
        b"DIM\x6a" + SN + struct.pack(">III", (1 << 21) + 1, 0, 1),
        b"DIM\x42" + SN + struct.pack(">I", (16 << 20) + 1),
        b"DIM\x42" + SN + struct.pack(">I", (1 << 30)),
        b"DIM\x42" + SN + struct.pack(">i", -1),
    ],
)
def test_frame_1_frame_3_a_bad_header_is_garbage(tier: str, bad: bytes) -> None:
    for size in (1, None):
        decoder = Decoder("mtp")
        assert [frame.payload for frame in feed(decoder, bad + encode("mtp", b"{}"), size)] == [
            b"{}"
        ]
        assert (decoder.skipped, decoder.pending) == (len(bad), 0)


def test_frame_3_the_greatest_header(tier: str) -> None:
    head = b"DIM\x6a" + SN + struct.pack(">III", 1 << 21, (1 << 21) - 1, 2)
    (frame,) = Decoder("mtp").feed(head + b"{}")
    assert (frame.pages, frame.index) == (1 << 21, (1 << 21) - 1)


# -- Mars ----------------------------------------------------------------------------------------


def test_frame_4_mars_vectors(tier: str) -> None:
    sn = struct.pack(">I", 7)
    cases = [
        ("mars.push", {"sn": sn}, Frame("mars", MarsCommand.PUSH_MESSAGE, sn, b"{}")),
        (
            "mars.respond",
            {"type": MarsCommand.SEND_MESSAGE, "seq": 7},
            Frame("mars", MarsCommand.SEND_MESSAGE, sn, b"{}", seq=7),
        ),
        (
            "mars.noop",
            {"type": MarsCommand.NOOP, "seq": 1},
            Frame("mars", MarsCommand.NOOP, b"\0\0\0\1", b"", seq=1),
        ),
        (
            "mars.options",
            {"type": MarsCommand.SEND_MESSAGE, "seq": 1, "options": b"abcd"},
            Frame("mars", MarsCommand.SEND_MESSAGE, b"\0\0\0\1", b"", seq=1, options=b"abcd"),
        ),
    ]
    stream = b""
    for name, fields, frame in cases:
        data = bytes.fromhex(vector(name))
        assert encode("mars", frame.payload, **fields) == data
        stream += data
    assert Decoder("mars").feed(stream) == [frame for _, _, frame in cases]
    assert feed(Decoder("mars"), stream, 1) == [frame for _, _, frame in cases]


@pytest.mark.parametrize(
    "body", [b"Mars SN:\n{}", b"Mars SN:AAA\n{}", b"Mars SN:\xff\n", b"Mars SN:AAAA", b"Mars SN"]
)
def test_frame_4_a_line_that_is_no_serial_number_stays(tier: str, body: bytes) -> None:
    (frame,) = Decoder("mars").feed(encode("mars", body, type=3, seq=9))
    assert (frame.sn, frame.payload) == (b"\0\0\0\x09", body)


@pytest.mark.parametrize(
    "fields",
    [
        (19, 200, 3, 0, 0),
        (20, 201, 3, 0, 0),
        (20, 200, 1, 0, 0),
        (20, 200, 2, 0, 0),
        (20, 200, 3, 0, (16 << 20) + 1),
        (21, 200, 3, 0, 16 << 20),
        ((16 << 20) + 21, 200, 3, 0, 0),
        (0xFFFFFFFF, 200, 3, 0, 0xFFFFFFFF),
    ],
)
def test_frame_1_frame_4_a_bad_header_is_garbage(tier: str, fields: tuple[int, ...]) -> None:
    bad = struct.pack(">5I", *fields)
    for size in (1, None):
        decoder = Decoder("mars")
        assert [frame.payload for frame in feed(decoder, bad + encode("mars", b"{}"), size)] == [
            b"{}"
        ]
        assert (decoder.skipped, decoder.pending) == (len(bad), 0)


# -- streams -------------------------------------------------------------------------------------

# Never the beginning of a header, together with whatever follows.
FALSE_STARTS = [b"DIM", b"DIMDIM", b"DI", b"D", b"DIM\x45", b"DIM\x72DIM", b"DIM\x32" + bytes(12),
                b"\0\0\0\xc8", bytes(19), struct.pack(">5I", 20, 200, 7, 0, 0)]  # fmt: skip


def long_stream(kind: str, count: int, seed: int) -> tuple[bytes, list[bytes], int]:
    """Frames with garbage between them: the stream, the payloads, the bytes of garbage."""
    source = random.Random(seed)
    parts, payloads, garbage = [], [], 0
    for _ in range(count):
        for _ in range(source.choice((0, 0, 1, 3))):
            piece = source.choice((*FALSE_STARTS, source.randbytes(source.randrange(40))))
            parts.append(piece)
            garbage += len(piece)
        payload = b"%d " % source.randrange(1000) + source.randbytes(source.randrange(120))
        pages = source.choice((1, 1, 9))
        fields = {"type": 10, "pages": pages, "index": pages - 1} if kind == "mtp" else {}
        parts.append(encode(kind, payload, **fields))  # type: ignore[arg-type]
        payloads.append(payload)
    return b"".join(parts), payloads, garbage


@pytest.mark.parametrize("kind", ["mtp", "mars"])
def test_frame_1_frame_2_no_chunking_loses_a_frame(tier: str, kind: str) -> None:
    stream, payloads, garbage = long_stream(kind, 10_000, seed=11)
    whole = Decoder(kind)  # type: ignore[arg-type]
    wanted = whole.feed(stream)
    assert [frame.payload for frame in wanted] == payloads
    assert (whole.skipped, whole.pending) == (garbage, 0)
    source = random.Random(12)
    for longest in (40, 1232, 100_000):
        decoder = Decoder(kind)  # type: ignore[arg-type]
        found, at = [], 0
        while at < len(stream):
            size = source.randint(1, longest)
            found += decoder.feed(stream[at : at + size])
            at += size
        assert found == wanted
        assert (decoder.skipped, decoder.pending) == (garbage, 0)


@pytest.mark.parametrize("kind", ["mtp", "mars"])
def test_frame_1_bytes_that_come_one_at_a_time(tier: str, kind: str) -> None:
    stream, payloads, garbage = long_stream(kind, 500, seed=13)
    decoder = Decoder(kind)  # type: ignore[arg-type]
    assert [frame.payload for frame in feed(decoder, stream, 1)] == payloads
    assert (decoder.skipped, decoder.pending) == (garbage, 0)


def test_frame_2_two_false_headers_lose_nothing(tier: str) -> None:
    frame = encode("mtp", b"hello")
    for garbage in (b"DIM DIM ", b"xxDIMxxDIMxxxxxxxxxxxxxxxxxxxxxxxxxx", b"DIM" * 100):
        for size in (1, 5, None):
            decoder = Decoder("mtp")
            assert [found.payload for found in feed(decoder, garbage + frame, size)] == [b"hello"]
            assert decoder.skipped == len(garbage)


def test_frame_2_text_that_looks_like_a_header_is_one(tier: str) -> None:
    frame = encode("mtp", b"hello")
    found = Decoder("mtp").feed(b"DIM\x22\0\0\0\x08" + frame + frame)
    assert [each.payload for each in found] == [frame[:8], b"hello"]


@pytest.mark.parametrize("kind", ["auto", "mtp"])
def test_frame_2_a_whole_frame_inside_a_false_header(tier: str, kind: str) -> None:
    """What waits for its last byte is found to be garbage, and holds a frame."""
    inner = encode("mtp", b"", sn=bytes(8))
    stream = b"DIM\x6a" + inner + struct.pack(">III", 1, 1, 0)
    for size in range(1, len(stream) + 1):
        decoder = Decoder(kind)  # type: ignore[arg-type]
        assert len(feed(decoder, stream, size)) == 1
        decoder.close()
        assert decoder.skipped == len(stream) - len(inner)


def test_frame_1_a_limit_of_the_caller(tier: str) -> None:
    at_limit, beyond = encode("mtp", bytes(100)), encode("mtp", bytes(101))
    decoder = Decoder("mtp", limit=100)
    assert [len(frame.payload) for frame in decoder.feed(beyond + at_limit)] == [100]
    assert decoder.skipped == len(beyond)


@pytest.mark.parametrize("kind", ["auto", "mtp", "mars"])
def test_frame_1_garbage_is_never_kept(tier: str, kind: str) -> None:
    source = random.Random(5)
    decoder = Decoder(kind)  # type: ignore[arg-type]
    for _ in range(300):
        assert decoder.feed(bytes(source.choices(b"DIM\0\xc8\x14x", k=1232))) == []
        assert decoder.pending < 24
    assert decoder.skipped + decoder.pending == 300 * 1232


@pytest.mark.parametrize("kind", ["mtp", "mars"])
def test_frame_1_an_endless_frame_is_bounded(tier: str, kind: str) -> None:
    limit = 1 << 20
    whole = encode(kind, bytes(limit - 40))  # type: ignore[arg-type]
    decoder = Decoder(kind, limit=limit)  # type: ignore[arg-type]
    most = 0
    for _ in range(3):
        assert feed(decoder, whole[:-1], 4096) == []
        most = max(most, decoder.pending)
        assert [len(frame.payload) for frame in decoder.feed(whole[-1:])] == [limit - 40]
        assert decoder.pending == 0
    assert most == len(whole) - 1


def test_chunks_may_change_afterwards(tier: str) -> None:
    stream = bytearray(encode("mtp", b"one") + encode("mtp", b"two"))
    decoder = Decoder()
    found = decoder.feed(stream[:25])
    chunk = stream[25:]
    view = memoryview(chunk)
    found += decoder.feed(view)  # type: ignore[arg-type]
    chunk[:] = bytes(len(chunk))
    assert [frame.payload for frame in found] == [b"one", b"two"]


# -- work ----------------------------------------------------------------------------------------


def masked(opcode: int, payload: bytes, fin: bool = True, key: bytes = b"\1\2\3\4") -> bytes:
    """A frame as a client sends it."""
    first = fin << 7 | opcode
    if len(payload) < 126:
        head = struct.pack(">BB", first, 0x80 | len(payload))
    elif len(payload) < 1 << 16:
        head = struct.pack(">BBH", first, 0x80 | 126, len(payload))
    else:
        head = struct.pack(">BBQ", first, 0x80 | 127, len(payload))
    mask = (key * (len(payload) // 4 + 1))[: len(payload)]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")
    return head + key + number.to_bytes(len(payload), "big")


def upgraded() -> Decoder:
    decoder = Decoder("ws")
    assert decoder.feed(HANDSHAKE) == []
    assert decoder.outgoing().startswith(b"HTTP/1.1 101 ")
    return decoder


STREAMS = {
    "one long frame of MTP": lambda n: (Decoder(), encode("mtp", bytes(n)), 512),
    "one long frame of Mars": lambda n: (Decoder(), encode("mars", bytes(n)), 512),
    "one long text": lambda n: (upgraded(), masked(1, b"x" * n), 512),
    "small frames at once": lambda n: (Decoder(), encode("mtp", b"{}", sn=SN) * (n // 18), n),
    "small texts at once": lambda n: (upgraded(), masked(1, b"x" * 120) * (n // 126), n),
    "empty fragments": lambda n: (upgraded(), masked(1, b"", False)
                                  + masked(0, b"", False) * (n // 60), n),
    "magic of MTP": lambda n: (Decoder("mtp"), b"DIM" * (n // 3), 512),
    "magic of Mars": lambda n: (Decoder("mars"), b"\0\0\0\xc8" * (n // 4), 512),
    "magic of MTP, Mars is looked for too": lambda n: (Decoder(), b"DIM" * (n // 3), n),
    "zeros": lambda n: (Decoder("mars"), bytes(n // 2), 512),
    "byte by byte": lambda n: (Decoder(), encode("mtp", bytes(n // 16)), 1),
    "a request that never ends": lambda n: (Decoder(), b"GET / HTTP/1.1\r\n" * 4096, 16),
}  # fmt: skip


@pytest.mark.parametrize("name", STREAMS)
def test_frame_1_work_is_linear(tier: str, name: str) -> None:
    """Two megabytes that make a decoder which begins again with each chunk take an hour."""
    decoder, stream, size = STREAMS[name](1 << 21)
    found = feed(decoder, stream, size)
    at_once, _, _ = STREAMS[name](64)
    assert found == feed(at_once, stream, None)
    assert (decoder.skipped, decoder.pending) == (at_once.skipped, at_once.pending)


# -- detection -----------------------------------------------------------------------------------

HANDSHAKE = VECTORS["ws.handshake"].input["request"].encode()


@pytest.mark.parametrize("size", [1, 2, 3, 7, None])
@pytest.mark.parametrize(
    ("kind", "stream"),
    [
        ("mtp", encode("mtp", b"hello")),
        ("mars", encode("mars", b"hello")),
        ("ws", HANDSHAKE + masked(1, b"hello")),
        ("mtp", b"GET\0\0" + encode("mtp", b"hello")),
        ("mtp", b"garbage" + encode("mtp", b"hello")),
        ("mars", b"garbage" + encode("mars", b"hello")),
        ("mtp", b"DIM\x22\x7f\0\0\0" + encode("mtp", b"hello")),
        ("mars", b"GET\r\n" + encode("mars", b"hello")),
    ],
)
def test_frame_5_the_first_bytes_decide(
    tier: str, kind: str, stream: bytes, size: int | None
) -> None:
    decoder = Decoder()
    assert decoder.kind is None
    assert [frame.payload for frame in feed(decoder, stream, size)] == [b"hello"]
    assert decoder.kind == kind
    assert decoder.pending == 0


def test_frame_5_the_first_header_decides_whatever_the_chunks(tier: str) -> None:
    mars = encode("mars", b"DIM\x22\0\0\0\x01xyz")
    mtp = encode("mtp", encode("mars", b"hello"))
    for kind, stream in (
        ("mars", mars + encode("mtp", b"hello")),
        ("mtp", mtp + encode("mars", b"hello")),
    ):
        for size in (*range(1, 30), None):
            decoder = Decoder()
            assert len(feed(decoder, stream, size)) == 1
            assert decoder.kind == kind


def test_frame_5_nothing_is_decided_too_early(tier: str) -> None:
    decoder = Decoder()
    for byte in b"GET ":
        assert decoder.feed(bytes((byte,))) == []
        assert decoder.kind is None
    assert decoder.pending == 4
    decoder.feed(b"/")
    assert decoder.kind == "ws"


# -- messages ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "wanted"),
    [
        (b'{"a": 1}', [b'{"a": 1}']),
        (b'{"a": 1}\n{"b": 2}\r\n{"c": 3}\r\r\n\n', [b'{"a": 1}', b'{"b": 2}', b'{"c": 3}']),
        (b'{"a": "\x0b\x0c\x1c\xe2\x80\xa8"}', [b'{"a": "\x0b\x0c\x1c\xe2\x80\xa8"}']),
        (b" {}\n{}", [b" {}\n{}"]),
        (b"\x0a\x0b\x0c\x0d\x0e", [b"\x0a\x0b\x0c\x0d\x0e"]),
        (b"", []),
        (b"OK", []),
        (b"PING", []),
        (b"{}{}", []),
        (b"AGAIN", [b"AGAIN"]),
    ],
)
def test_frame_6_messages(payload: bytes, wanted: list[bytes]) -> None:
    assert framing.messages(payload) == wanted
    assert framing.messages(bytearray(payload)) == wanted  # type: ignore[arg-type]
    assert list(framing.iter_messages(payload)) == wanted


# -- WebSocket -----------------------------------------------------------------------------------


def test_ws_handshake(tier: str) -> None:
    decoder = Decoder()
    found = decoder.feed(HANDSHAKE + masked(1, b"right behind"))
    assert [frame.payload for frame in found] == [b"right behind"]
    assert decoder.outgoing() == vector("ws.handshake").encode()
    assert decoder.outgoing() == b""


def test_ws_frames_of_a_server() -> None:
    for length, start in zip(VECTORS["ws.pack"].input, vector("ws.pack"), strict=True):
        frame = encode("ws", b"x" * length)
        assert frame.startswith(bytes.fromhex(start))
        assert frame.endswith(b"x" * length)
        assert len(frame) - length in (2, 4, 10)


def test_ws_frames_of_a_client(tier: str) -> None:
    decoder = upgraded()
    frame = bytes.fromhex(VECTORS["ws.parse"].input["frame"])
    wanted = Frame("ws", Opcode.TEXT, b"", vector("ws.parse")["payload"].encode())
    assert decoder.feed(frame) == [wanted]
    assert feed(decoder, frame * 3, 1) == [wanted] * 3
    binary = b"\xff\0" * 40_000
    assert decoder.feed(masked(2, binary)) == [Frame("ws", Opcode.BINARY, b"", binary)]


@pytest.mark.parametrize("size", [1, 5, None])
def test_ws_fragments_with_pings_between_them(tier: str, size: int | None) -> None:
    decoder = upgraded()
    text = '{"name": "\u4e16\u754c"}'.encode()
    stream = (
        masked(1, text[:11], fin=False)  # in the middle of a character
        + masked(9, b"are you there")
        + masked(0, b"", fin=False)
        + masked(10, b"unasked")
        + masked(0, text[11:])
        + masked(2, b"next")
    )
    assert [frame.payload for frame in feed(decoder, stream, size)] == [text, b"next"]
    assert decoder.outgoing() == encode("ws", b"are you there", type=Opcode.PONG)
    assert not decoder.closed


def test_ws_a_flood_of_pings_takes_no_memory(tier: str) -> None:
    decoder = upgraded()
    for number in range(1000):
        decoder.feed(masked(9, b"%d" % number))
    assert decoder.outgoing() == encode("ws", b"999", type=Opcode.PONG)


def test_ws_close_is_answered(tier: str) -> None:
    decoder = upgraded()
    farewell = struct.pack(">H", 1000) + b"bye"
    found = decoder.feed(masked(1, b"last words") + masked(8, farewell) + masked(1, b"too late"))
    assert [frame.payload for frame in found] == [b"last words"]
    assert decoder.closed
    assert decoder.outgoing() == encode("ws", farewell, type=Opcode.CLOSE)
    before = decoder.skipped
    assert decoder.feed(masked(1, b"much too late")) == []
    assert decoder.skipped == before + len(masked(1, b"much too late"))
    assert decoder.outgoing() == b""


def test_ws_close_without_a_status(tier: str) -> None:
    decoder = upgraded()
    decoder.feed(masked(8, b""))
    assert decoder.closed
    assert decoder.outgoing()[:1] == b"\x88"


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (encode("ws", b"not masked"), 1002),
        (masked(3, b"reserved"), 1002),
        (masked(0, b"continues nothing"), 1002),
        (masked(1, b"a", fin=False) + masked(1, b"b"), 1002),
        (masked(9, bytes(126)), 1002),
        (masked(9, b"", fin=False), 1002),
        (b"\xc1\x80\1\2\3\4", 1002),
        (b"\x81\xff" + b"\xff" * 8 + b"\1\2\3\4", 1002),
        (masked(8, b"x"), 1002),
        (masked(1, b"\xff"), 1007),
    ],
)
def test_ws_what_breaks_the_protocol_ends_it(tier: str, bad: bytes, code: int) -> None:
    for size in (1, None):
        decoder = upgraded()
        assert [frame.payload for frame in feed(decoder, masked(1, b"good") + bad, size)] == [
            b"good"
        ]
        assert decoder.closed
        assert decoder.outgoing()[2:4] == struct.pack(">H", code)
        assert decoder.pending == 0


def test_frame_1_ws_a_message_has_a_limit(tier: str) -> None:
    for fin in (True, False):
        decoder = Decoder(limit=1000)
        decoder.feed(HANDSHAKE)
        decoder.outgoing()
        assert len(decoder.feed(masked(1, b"x" * 500, False) + masked(0, b"x" * 500))) == 1
        assert decoder.feed(masked(2, bytes(500), False) + masked(0, bytes(501), fin)) == []
        assert decoder.closed
        assert decoder.outgoing()[2:4] == struct.pack(">H", 1009)
        assert decoder.pending == 0
        assert decoder.skipped >= 1000


def test_frame_1_ws_an_endless_frame_is_bounded(tier: str) -> None:
    decoder = Decoder("ws", limit=10_000)
    decoder.feed(HANDSHAKE)
    decoder.feed(b"\x82\xff" + struct.pack(">Q", 1 << 40) + b"\1\2\3\4")
    for _ in range(100):
        decoder.feed(bytes(1232))
        assert decoder.pending <= 10_000
    assert decoder.closed


@pytest.mark.parametrize(
    "request_text",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nSec-WebSocket-Key:\r\n\r\n",
        b"GET / HTTP/1.1\r\nSec-WebSocket-Key: a b\r\n\r\n",
        b"GET /\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        b"GET /x\xff HTTP/1.1\r\nX-Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        b"GET /" + b"x" * 70_000,
    ],
)
def test_ws_a_request_for_something_else_is_refused(tier: str, request_text: bytes) -> None:
    for size in (1, None):
        decoder = Decoder()
        assert feed(decoder, request_text, size) == []
        assert decoder.closed
        assert decoder.outgoing().startswith(b"HTTP/1.1 400 ")
        assert decoder.pending == 0
        assert decoder.skipped == len(request_text)


@pytest.mark.parametrize("header", [b"sec-websocket-key:", b"SEC-WEBSOCKET-KEY:  \t"])
def test_ws_the_reference_s_leniency(tier: str, header: bytes) -> None:
    """Headers in any case, and bytes that are no UTF-8 in others."""
    decoder = Decoder()
    decoder.feed(
        b"GET /chat?\xff HTTP/1.1\r\nCookie: \xff\xfe\r\n"
        + header + b"dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: x\r\n\r\n"
    )  # fmt: skip
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in decoder.outgoing()


def test_ws_acknowledgements(tier: str) -> None:
    decoder = upgraded()
    (ack,) = decoder.feed(masked(1, b'ACK:{"signature": "abc==", "time": 1}'))
    assert framing.acknowledged(ack) == b"abc=="
    assert framing.reply(ack) is None
    (by_time,) = decoder.feed(masked(1, b"ACK:{'time': 1.5}"))
    assert framing.acknowledged(by_time) == b"1.5"
    (other, message) = decoder.feed(masked(1, b"ACK:") + masked(1, b'{"signature":"abc=="}'))
    assert framing.acknowledged(other) == b""
    assert framing.acknowledged(message) is None
    assert framing.websocket_sn(message.payload) == b"abc=="


# -- answers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "wanted"),
    [
        (Frame("mtp", MtpType.COMMAND, SN, b"PING"),
         Frame("mtp", MtpType.COMMAND_RESPONSE, SN, b"PONG")),
        (Frame("mtp", MtpType.COMMAND, SN, b"login"),
         Frame("mtp", MtpType.COMMAND_RESPONSE, SN, b"OK")),
        (Frame("mtp", MtpType.MESSAGE, SN, b"{...}"),
         Frame("mtp", MtpType.MESSAGE_RESPONSE, SN, b"OK")),
        (Frame("mtp", MtpType.MESSAGE, bytes(8), b"PING"),
         Frame("mtp", MtpType.MESSAGE_RESPONSE, bytes(8), b"OK")),
        (Frame("mtp", MtpType.FRAGMENT, SN, b"{", 3, 2),
         Frame("mtp", MtpType.MESSAGE_RESPONSE, SN, b"OK", 3, 2)),
        (Frame("mtp", MtpType.FRAGMENT, bytes(8), b"{", 3, 2),
         Frame("mtp", MtpType.MESSAGE_RESPONSE, bytes(8), b"OK", 3, 2)),
        (Frame("mtp", MtpType.COMMAND_RESPONSE, SN, b"PONG"), None),
        (Frame("mtp", MtpType.MESSAGE_RESPONSE, SN, b"OK"), None),
        (Frame("mars", MarsCommand.NOOP, b"\0\0\0\1", b"", seq=1, options=b"abcd"),
         Frame("mars", MarsCommand.NOOP, b"\0\0\0\1", b"", seq=1, options=b"abcd")),
        (Frame("mars", MarsCommand.NOOP, b"\0\0\0\2", b"NOOP", seq=1),
         Frame("mars", MarsCommand.NOOP, b"\0\0\0\2", b"NOOP", seq=1)),
        (Frame("mars", MarsCommand.SEND_MESSAGE, b"\0\0\0\1", b"PING", seq=1),
         Frame("mars", MarsCommand.SEND_MESSAGE, b"\0\0\0\1", b"PONG", seq=1)),
        (Frame("mars", MarsCommand.SEND_MESSAGE, b"\0\0\0\1", b"{...}", seq=1), None),
        (Frame("mars", MarsCommand.SEND_MESSAGE, b"\0\0\0\1", b"", seq=1), None),
        (Frame("mars", MarsCommand.PUSH_MESSAGE, b"\0\0\0\1", b"PING", seq=1), None),
    ],
)  # fmt: skip
def test_answers(tier: str, frame: Frame, wanted: Frame | None) -> None:
    answer = framing.reply(frame)
    if wanted is None:
        assert answer is None
    else:
        assert answer is not None
        assert Decoder(frame.kind).feed(answer) == [wanted]


def test_answers_on_a_websocket() -> None:
    assert framing.reply(Frame("ws", Opcode.TEXT, b"", b"PING")) == b"\x81\x04PONG"
    for payload in (b"PONG", b"NOOP", b"OK", b"", b"{...}"):
        assert framing.reply(Frame("ws", Opcode.TEXT, b"", payload)) is None


# -- fragments -----------------------------------------------------------------------------------


def pieces(
    body: bytes, size: int = 512, sn: bytes = SN, pages: int | None = None
) -> Iterator[Frame]:
    pages = pages or -(-len(body) // size)
    for index in range(pages):
        piece = body[index * size : (index + 1) * size]
        yield Frame("mtp", MtpType.FRAGMENT, sn, piece, pages, index)


def test_fragments_in_any_order() -> None:
    assembler = FragmentAssembler()
    body = random.Random(1).randbytes(5000)
    found = list(pieces(body))
    random.Random(2).shuffle(found)
    for frame in found[:-1]:
        assert assembler.add(frame) is None
        assert assembler.add(frame) is None  # again
    assert assembler.add(found[-1]) == Frame("mtp", MtpType.MESSAGE, SN, body)
    assert (len(assembler), assembler.held, assembler.dropped) == (0, 0, 0)


def test_fragments_of_several_messages_do_not_mix() -> None:
    assembler = FragmentAssembler()
    one, two = (list(pieces(bytes((n,)) * 1000, sn=bytes((n,)) * 8)) for n in (1, 2))
    assert [assembler.add(frame) for frame in (one[0], two[1])] == [None, None]
    other_pages = one[1]._replace(pages=3)
    assert assembler.add(other_pages) is None
    for frame, number in ((two[0], 2), (one[1], 1)):
        whole = assembler.add(frame)
        assert whole is not None
        assert whole.payload == bytes((number,)) * 1000


def test_fragments_age() -> None:
    assembler = FragmentAssembler(max_age=300)
    first, second, third = pieces(bytes(1500))
    assembler.add(first, now=1000.0)
    assembler.add(second, now=1299.0)
    assembler.purge(now=1599.0)
    assert len(assembler) == 1
    assembler.purge(now=1599.5)
    assert (len(assembler), assembler.held, assembler.dropped) == (0, 0, 1)
    assert assembler.add(third, now=1600.0) is None


def test_fragments_are_bounded_in_messages() -> None:
    assembler = FragmentAssembler(max_messages=10)
    for number in range(100):
        assembler.add(next(pieces(bytes(1000), sn=struct.pack(">Q", number))))
        assert len(assembler) <= 10
    assert assembler.dropped == 90


def test_fragments_are_bounded_in_bytes() -> None:
    assembler = FragmentAssembler(limit=10_000, max_bytes=50_000, max_messages=1000)
    for number in range(1000):
        assembler.add(next(pieces(bytes(1000), sn=struct.pack(">Q", number))))
        assert assembler.held <= 50_000
    assert assembler.dropped > 900
    for frame in pieces(bytes(10_001)):
        assert assembler.add(frame) is None
    assert SN not in assembler._incomplete


def test_fragments_without_a_body_are_not_free() -> None:
    assembler = FragmentAssembler(limit=10_000)
    most = 0
    for frame in pieces(b"", pages=1000):
        assert assembler.add(frame) is None
        most = max(most, assembler.held)
    assert most <= 20_000
    assert assembler.dropped > 0


def test_fragments_only() -> None:
    with pytest.raises(ValueError, match="a fragment is wanted"):
        FragmentAssembler().add(Frame("mtp", MtpType.MESSAGE, SN, b"{}"))
    for wrong in ({"limit": 0}, {"max_bytes": 1}, {"max_messages": 0}, {"max_age": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            FragmentAssembler(**wrong)  # type: ignore[arg-type]


# -- the end, and misuse -------------------------------------------------------------------------


def test_close_forgets(tier: str) -> None:
    for kind, stream in (
        ("auto", b"GET"),
        ("mtp", encode("mtp", b"hello")[:-1]),
        ("ws", b"GET / HTT"),
    ):
        decoder = Decoder(kind)  # type: ignore[arg-type]
        assert decoder.feed(stream) == []
        assert decoder.pending == len(stream)
        decoder.close()
        decoder.close()
        assert decoder.closed
        assert (decoder.pending, decoder.skipped) == (0, len(stream))
        assert decoder.feed(encode("mtp", b"hello")) == []
        assert decoder.outgoing() == b""


def test_close_says_goodbye_on_a_websocket(tier: str) -> None:
    decoder = upgraded()
    decoder.feed(masked(1, b"half", fin=False))
    decoder.close()
    assert decoder.closed
    assert decoder.outgoing() == encode("ws", struct.pack(">H", 1001), type=Opcode.CLOSE)
    assert (decoder.pending, decoder.skipped) == (0, 4)


def test_serial_numbers_are_new(tier: str) -> None:
    frames = Decoder("mtp").feed(b"".join(encode("mtp", b"{}") for _ in range(100)))
    assert len({frame.sn for frame in frames}) == 100
    frames = Decoder("mars").feed(b"".join(encode("mars", b"{}") for _ in range(100)))
    assert len({frame.sn for frame in frames}) == 100
    assert {len(frame.sn) for frame in frames} == {4}


@pytest.mark.parametrize(
    ("error", "match", "call"),
    [
        (ValueError, "kind", lambda: Decoder("udp")),  # type: ignore[arg-type]
        (ValueError, "limit", lambda: Decoder(limit=0)),
        (ValueError, "limit", lambda: Decoder(limit=(1 << 30) + 1)),
        (TypeError, "limit", lambda: Decoder(limit=1.5)),  # type: ignore[arg-type]
        (TypeError, "chunk", lambda: Decoder().feed("DIM")),  # type: ignore[arg-type]
        (TypeError, "payload", lambda: framing.messages("{}")),  # type: ignore[arg-type]
        (TypeError, "payload", lambda: framing.iter_messages("{}")),  # type: ignore[arg-type]
        (TypeError, "datagram", lambda: framing.decode_datagram("DIM")),  # type: ignore[arg-type]
        (ValueError, "kind", lambda: encode("udp", b"")),  # type: ignore[arg-type]
        (TypeError, "payload", lambda: encode("mtp", "{}")),  # type: ignore[arg-type]
        (TypeError, "seq", lambda: encode("mtp", b"", seq=1)),
        (ValueError, "MtpType", lambda: encode("mtp", b"", type=4)),
        (ValueError, "sn: 8 bytes", lambda: encode("mtp", b"", sn=b"1234567")),
        (ValueError, "pages", lambda: encode("mtp", b"", pages=0)),
        (ValueError, "pages", lambda: encode("mtp", b"", pages=(1 << 21) + 1)),
        (ValueError, "index", lambda: encode("mtp", b"", pages=2, index=2)),
        (ValueError, "MarsCommand", lambda: encode("mars", b"", type=1)),
        (ValueError, "seq", lambda: encode("mars", b"", seq=1 << 32)),
        (ValueError, "sn", lambda: encode("mars", b"", sn=b"")),
        (TypeError, "options", lambda: encode("mars", b"", options="x")),
        (ValueError, "Opcode", lambda: encode("ws", b"", type=3)),
        (ValueError, "at most 125", lambda: encode("ws", bytes(126), type=Opcode.PING)),
    ],
)
def test_misuse(tier: str, error: type[Exception], match: str, call: Any) -> None:
    with pytest.raises(error, match=match):
        call()
