"""Taking streams apart: the tiers and the reference's loops.

    python -m pytest benches/test_framing.py

A thousand frames with messages of 900 bytes, once in chunks of 1232 bytes, as the reference reads
from a socket, and once in one chunk; one frame of a megabyte in such chunks. The reference gives
packages, ours frames with the payload as bytes; so its loops take the bytes of the body too.
Where ``dimples`` is not installed, only the tiers race.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import frames
import pytest
import tiers
from harness import Contender

from dimp_fast.framing import Decoder, Frame, Kind, encode

Run = Callable[..., None]

GROUP = "Streams of frames, one thread"
READ = 1232
"""Bytes that the reference reads at a time."""


def chunks(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def ours(kind: Kind, pieces: list[bytes], start: bytes = b"") -> Callable[[], list[bytes]]:
    def call() -> list[bytes]:
        decoder = Decoder(kind)
        decoder.feed(start)
        found: list[Frame] = []
        for piece in pieces:
            found += decoder.feed(piece)
        return [frame.payload for frame in found]

    return call


def reference_mtp(pieces: list[bytes]) -> list[bytes]:
    """What ``MTPStreamPorter`` does, without its ships."""
    from dimples.conn.mtp import MTPHelper
    from udp.ba import Data

    found, held = [], Data.ZERO
    for piece in pieces:
        held = held.concat(piece)
        while held.size > 0:
            package, offset = MTPHelper.seek_package(data=held)
            if package is None:
                break
            found.append(package.body.get_bytes())
            held = held.slice(start=offset + package.size)
    return found


def reference_mars(pieces: list[bytes]) -> list[bytes]:
    """What ``MarsStreamPorter`` does, without its ships but for their payload."""
    from dimples.conn.mars import MarsHelper, MarsStreamArrival

    found, held = [], b""
    for piece in pieces:
        held += piece
        while held:
            package, offset = MarsHelper.seek_package(data=held)
            if package is None:
                break
            found.append(MarsStreamArrival(mars=package).payload)
            held = held[offset + package.length :]
    return found


def reference_websocket(pieces: list[bytes]) -> list[bytes]:
    """What ``WSPorter`` does, without its ships."""
    from dimples.conn.protocol import WebSocket

    found, held = [], b""
    for piece in pieces:
        held += piece
        while held:
            payload, held = WebSocket.parse(stream=held)
            if payload is None:
                break
            found.append(bytes(payload))
    return found


REFERENCES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "mtp": reference_mtp,
    "mars": reference_mars,
    "ws": reference_websocket,
}


def contest(race: Run, kind: Kind, workload: str, pieces: list[bytes], wanted: list[bytes]) -> None:
    contenders = tiers.contenders("framing", lambda: ours(kind, pieces), wanted.__eq__)
    if importlib.util.find_spec("dimples") is not None:
        from dimples.client.compat import ClientLibraryLoader

        ClientLibraryLoader().run()
        reference = REFERENCES[kind]
        contenders.append(Contender("dimples", lambda: reference(pieces), wanted.__eq__))
    race(GROUP, workload, contenders, items=len(wanted), unit="frame", operation="framing")


def payloads(count: int) -> list[bytes]:
    texts = frames.well_formed(frames.SIZES["900 B"])
    return [texts[index % len(texts)] for index in range(count)]


@pytest.mark.parametrize("kind", ["mtp", "mars"])
@pytest.mark.parametrize("size", [READ, None])
def test_small_frames(race: Run, kind: Kind, size: int | None) -> None:
    wanted = payloads(1000)
    stream = b"".join(encode(kind, payload) for payload in wanted)
    how = f"chunks of {size} bytes" if size else "one chunk"
    contest(race, kind, f"{kind}, 1000 frames, {how}", chunks(stream, size or len(stream)), wanted)


@pytest.mark.parametrize("kind", ["mtp", "mars"])
def test_a_long_frame(race: Run, kind: Kind) -> None:
    wanted = [b"x" * (1 << 20)]
    pieces = chunks(encode(kind, wanted[0]), READ)
    contest(race, kind, f"{kind}, one frame of 1 MiB, chunks of {READ} bytes", pieces, wanted)


def test_websocket(race: Run) -> None:
    """One tier for all: wsproto, with what is around it."""
    wanted = payloads(100)
    mask = b"\1\2\3\4"
    stream = b""
    for payload in wanted:
        pad = (mask * (len(payload) // 4 + 1))[: len(payload)]
        hidden = int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")
        stream += b"\x81\xfe" + len(payload).to_bytes(2, "big") + mask
        stream += hidden.to_bytes(len(payload), "big")
    pieces = chunks(stream, READ)
    upgrade = b"GET / HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    contenders = [Contender("dimp_fast", ours("ws", pieces, upgrade), wanted.__eq__)]
    if importlib.util.find_spec("dimples") is not None:
        contenders.append(Contender("dimples", lambda: reference_websocket(pieces), wanted.__eq__))
    race(GROUP, "WebSocket, 100 texts", contenders, items=len(wanted), unit="frame")
