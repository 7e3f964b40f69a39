"""Frames on random streams: any chunking gives the same, and every tier gives the same.

What is right is in the conformance suite; here nothing may depend on where the network cuts, and
nothing the other side sends may do harm.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dimp_fast import _dispatch
from dimp_fast.framing import Decoder, Frame, encode

TIERS = [tier for tier in _dispatch.UNITS["framing"] if _dispatch.current().load(tier) is not None]
LIMIT = 600


def chunks(stream: bytes, cuts: list[int]) -> Iterator[bytes]:
    """The stream, cut at these places, and some chunks are empty."""
    places = sorted(cut % (len(stream) + 1) for cut in cuts)
    for start, end in zip([0, *places], [*places, len(stream)], strict=True):
        yield stream[start:end]


def fresh(tier: str, kind: str | None) -> Any:
    module: Any = _dispatch.current().load(tier)
    return module.FrameDecoder(kind, LIMIT)


mtp_frames = st.builds(
    lambda payload, kind, sn, pages, index: encode(
        "mtp", payload, type=kind, sn=sn, pages=pages, index=min(index, pages - 1)
    ),
    st.binary(max_size=200),
    st.sampled_from([0, 1, 2, 3, 10]),
    st.one_of(st.just(bytes(8)), st.binary(min_size=8, max_size=8)),
    st.sampled_from([1, 1, 2, 1 << 21]),
    st.integers(0, 1 << 20),
)
mars_frames = st.builds(
    lambda payload, kind, seq, sn, options: encode(
        "mars", payload, type=kind, seq=seq, sn=sn, options=options
    ),
    st.one_of(st.binary(max_size=200), st.binary(max_size=20).map(lambda b: b"Mars SN:" + b)),
    st.sampled_from([3, 6, 10001]),
    st.one_of(st.integers(0, 0xFFFFFFFF), st.just(0x44494D22)),
    st.one_of(st.none(), st.binary(min_size=1, max_size=12)),
    st.binary(max_size=12),
)
near_frames = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"DIM", b"DI", b"\0\0\0\xc8", bytes(3), b"GET /", b"Mars SN:AAAA\n"]),
    st.builds(
        lambda kind, sn, numbers: b"DIM" + bytes((kind,)) + sn + numbers,
        st.integers(0, 255),
        st.one_of(st.binary(min_size=8, max_size=8), st.just(b"DIM\x22\0\0\0\0")),
        st.lists(st.sampled_from([b"\0\0\0\1", b"\0\0\2\x58", b"\0\0\2\x59", b"\xff" * 4])).map(
            b"".join
        ),
    ),
    st.lists(st.sampled_from([0, 20, 24, 3, 6, 200, 620, 621, 10001, 0xFFFFFFFF]), max_size=6).map(
        lambda numbers: struct.pack(f">{len(numbers)}I", *numbers)
    ),
)
streams = st.lists(st.one_of(mtp_frames, mars_frames, near_frames), max_size=12).map(b"".join)
cuts = st.lists(st.integers(0, 1 << 16), max_size=30)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A stream with a few bytes changed, cut out or put in."""
    stream = draw(streams)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(stream)))
        end = draw(st.integers(start, min(start + 4, len(stream))))
        stream = stream[:start] + draw(st.binary(max_size=4)) + stream[end:]
    return stream


@pytest.mark.skipif(len(TIERS) < 2, reason="only the Python tier is here")
@given(mutated(), cuts, st.sampled_from([None, "mtp", "mars"]))
def test_every_tier_gives_the_same(stream: bytes, cuts: list[int], kind: str | None) -> None:
    decoders = [fresh(tier, kind) for tier in TIERS]
    for chunk in chunks(stream, cuts):
        states = [
            (decoder.feed(chunk), decoder.kind(), decoder.skipped(), decoder.pending())
            for decoder in decoders
        ]
        assert all(state == states[0] for state in states)


@pytest.mark.parametrize("tier", TIERS)
@given(stream=mutated(), cuts=cuts, kind=st.sampled_from([None, "mtp", "mars"]))
def test_any_chunking_gives_the_same(
    tier: str, stream: bytes, cuts: list[int], kind: str | None
) -> None:
    whole, decoder = fresh(tier, kind), fresh(tier, kind)
    wanted = whole.feed(stream)
    assert [frame for chunk in chunks(stream, cuts) for frame in decoder.feed(chunk)] == wanted
    assert (decoder.kind(), decoder.skipped(), decoder.pending()) == (
        whole.kind(),
        whole.skipped(),
        whole.pending(),
    )
    # Every byte is in a frame, was garbage, or waits for more.
    assert whole.pending() + whole.skipped() <= len(stream)
    if not wanted:
        assert whole.pending() + whole.skipped() == len(stream)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize(("kind", "magic"), [("mtp", b"D"), ("mars", b"\xc8")])
@given(data=st.data())
def test_garbage_never_costs_a_frame(tier: str, kind: str, magic: bytes, data: Any) -> None:
    """Garbage in which no header can begin: all frames come, with what the encoder was given."""
    garbage = st.binary(max_size=60).map(lambda piece: piece.replace(magic, b"x"))
    payloads = data.draw(st.lists(st.binary(max_size=100), max_size=10))
    stream = b"".join(
        data.draw(garbage) + b"x" * 20 + encode(kind, payload)  # type: ignore[arg-type]
        for payload in payloads
    )
    decoder = fresh(tier, data.draw(st.sampled_from([kind, None])))
    found = [f for chunk in chunks(stream, data.draw(cuts)) for f in decoder.feed(chunk)]
    assert [frame[3] for frame in found] == payloads


@pytest.mark.parametrize("tier", TIERS)
@given(data=st.binary(max_size=40), start=st.sampled_from([b"", b"DIM"]))
def test_datagrams(tier: str, start: bytes, data: bytes) -> None:
    module: Any = _dispatch.current().load(tier)
    reference: Any = _dispatch.current().load("python")
    for limit in (0, 10, 1 << 30):
        found = module.decode_datagram(start + data, limit)
        assert found == reference.decode_datagram(start + data, limit)


@given(mtp_frames.map(lambda frame: frame[4:]), st.integers(0, 255))
def test_encoders_agree(payload: bytes, number: int) -> None:
    sn = payload[:8].ljust(8, b"\0")
    made = {
        (
            module.encode_mtp(number % 4, sn, payload, number + 1, number, bool(number % 2)),
            module.encode_mars(3, number, payload[:9] or None, payload, payload[:number]),
        )
        for module in map(_dispatch.current().load, TIERS)
    }
    assert len(made) == 1


# -- WebSocket -----------------------------------------------------------------------------------

HANDSHAKE = b"GET / HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"


def client_frame(opcode: int, payload: bytes, fin: bool) -> bytes:
    """A masked frame; with a mask of zeros the payload is itself."""
    length = len(payload)
    size = bytes((0x80 | length,)) if length < 126 else b"\xfe" + struct.pack(">H", length)
    return bytes((fin << 7 | opcode,)) + size + bytes(4) + payload


messages = st.one_of(
    st.text(max_size=150).map(lambda text: (1, text.encode())),
    st.binary(max_size=300).map(lambda data: (2, data)),
)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, bytes]]]:
    """Messages in fragments, with pings between them; and the messages."""
    wanted = draw(st.lists(messages, max_size=6))
    stream = b""
    for opcode, payload in wanted:
        pieces = list(chunks(payload, draw(st.lists(st.integers(0, 400), max_size=4))))
        for index, piece in enumerate(pieces):
            if draw(st.booleans()):
                stream += client_frame(9, b"ping", True)
            stream += client_frame(opcode if index == 0 else 0, piece, index == len(pieces) - 1)
    return stream, wanted


@given(conversations(), cuts, st.sampled_from(["auto", "ws"]))
def test_any_chunking_of_a_websocket_gives_the_same(
    conversation: tuple[bytes, list[tuple[int, bytes]]],
    cuts: list[int],
    kind: Literal["auto", "ws"],
) -> None:
    stream, wanted = conversation
    decoder = Decoder(kind, limit=LIMIT)
    found = [frame for chunk in chunks(HANDSHAKE + stream, cuts) for frame in decoder.feed(chunk)]
    assert [(int(frame.type), frame.payload) for frame in found] == wanted
    assert (decoder.skipped, decoder.pending, decoder.closed) == (0, 0, False)


@given(conversations(), st.binary(max_size=8), st.integers(0, 1 << 16), cuts)
def test_a_damaged_websocket_does_no_harm(
    conversation: tuple[bytes, list[tuple[int, bytes]]], damage: bytes, at: int, cuts: list[int]
) -> None:
    stream = HANDSHAKE + conversation[0]
    at %= len(stream) + 1
    stream = stream[:at] + damage + stream[at + len(damage) :]
    runs: list[tuple[list[Frame], bool]] = []
    for cut in ([], cuts):
        decoder = Decoder("ws", limit=LIMIT)
        found = []
        for chunk in chunks(stream, cut):
            found += decoder.feed(chunk)
            assert decoder.pending <= max(LIMIT, len(stream))
            assert len(decoder.outgoing()) < 500
        runs.append((found, decoder.closed))
    assert runs[0] == runs[1]
