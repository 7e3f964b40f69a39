"""The envelope codec beside JSON and base64 libraries, 400 bytes to 400 KB.

    python -m pytest benches/test_codec.py

Decoding: ours checks the whole frame (IDs, duplicates, lone surrogates, limits); the peers check
less: they parse the JSON and decode the base64 of data, signature and keys. The row `data and
signature` takes both out as bytes, which the peers have already done. Encoding: from a mapping
with data, signature and keys as bytes; json + base64 gives the same bytes as we do, orjson a
compact text.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

import frames
import orjson
import pybase64
import pytest
from harness import Contender

from dimp_fast import MessageBatch, decode_batch, encode

Run = Callable[..., None]
Decode64 = Callable[[str], bytes]
Encode64 = Callable[[bytes], str]

KINDS = [*((name, size, "python") for name, size in frames.SIZES.items())]
KINDS += [("900 B, escaped slashes", 900, "objc"), ("2 KB, meta and visa", 900, "attached")]


def pybase64_decode(value: str) -> bytes:
    return pybase64.b64decode(value, validate=True)


def base64_decode(value: str) -> bytes:
    return base64.b64decode(value, validate=True)


def decode_loop(
    loads: Callable[[bytes], Any], decode64: Decode64, items: Sequence[bytes]
) -> Callable[[], list[Any]]:
    def call() -> list[Any]:
        found = []
        for item in items:
            message = loads(item)
            data, signature = decode64(message["data"]), decode64(message["signature"])
            if keys := message.get("keys"):
                message["keys"] = {name: decode64(value) for name, value in keys.items()}
            found.append((message, data, signature))
        return found

    return call


@pytest.mark.parametrize(("name", "size", "style"), KINDS, ids=[kind[0] for kind in KINDS])
def test_decode(race: Run, name: str, size: int, style: str) -> None:
    items = frames.well_formed(size, style)

    def columns() -> MessageBatch:
        return decode_batch(items, threads=1)

    def taken() -> list[Any]:
        batch = decode_batch(items, threads=1)
        return [(message.data, message.signature) for message in batch if message is not None]

    wanted = [
        (base64.b64decode(message["data"]), base64.b64decode(message["signature"]))
        for message in map(json.loads, items)
    ]

    def accept(found: list[Any]) -> bool:
        return [(data, signature) for _, data, signature in found] == wanted

    race(
        f"Decode, batch of {len(frames.well_formed(900))} or 2 MB, one thread",
        name,
        [
            Contender("dimp_fast", columns, lambda batch: batch.verdicts.all_ok()),
            Contender("dimp_fast, data and signature", taken, wanted.__eq__),
            Contender(
                "orjson + pybase64", decode_loop(orjson.loads, pybase64_decode, items), accept
            ),
            Contender("json + base64", decode_loop(json.loads, base64_decode, items), accept),
        ],
        items=len(items),
        unit="message",
    )


@pytest.mark.parametrize("name", frames.SIZES)
def test_decode_one(race: Run, name: str) -> None:
    """A batch of one, as a station that does not collect."""
    items = frames.well_formed(frames.SIZES[name])[:1]

    def ours() -> MessageBatch:
        return decode_batch(items, threads=1)

    def one(found: list[Any]) -> bool:
        return len(found) == 1

    race(
        "Decode, batch of 1",
        name,
        [
            Contender("dimp_fast", ours, lambda batch: batch.verdicts.all_ok()),
            Contender("orjson + pybase64", decode_loop(orjson.loads, pybase64_decode, items), one),
            Contender("json + base64", decode_loop(json.loads, base64_decode, items), one),
        ],
        items=1,
        unit="message",
    )


def encode_loop(
    dumps: Callable[[Any], bytes], encode64: Encode64, items: Sequence[dict[str, Any]]
) -> Callable[[], list[bytes]]:
    def field(value: Any) -> Any:
        if isinstance(value, bytes):
            return encode64(value)
        if isinstance(value, dict):
            return {name: field(item) for name, item in value.items()}
        return value

    return lambda: [dumps({name: field(value) for name, value in item.items()}) for item in items]


@pytest.mark.parametrize("name", frames.SIZES)
def test_encode(race: Run, name: str) -> None:
    sources = list(frames.well_formed(frames.SIZES[name]))
    items = [frames.with_bytes(source) for source in sources]

    def json_dumps(message: Any) -> bytes:
        return json.dumps(message).encode("ascii")

    def base64_encode(data: bytes) -> str:
        return base64.b64encode(data).decode("ascii")

    race(
        "Encode",
        name,
        [
            Contender("dimp_fast", lambda: [encode(item) for item in items], sources.__eq__),
            Contender(
                "orjson + pybase64",
                encode_loop(orjson.dumps, pybase64.b64encode_as_string, items),
                lambda found: [json.loads(x) for x in found] == [json.loads(x) for x in sources],
            ),
            Contender(
                "json + base64", encode_loop(json_dumps, base64_encode, items), sources.__eq__
            ),
        ],
        items=len(items),
        unit="message",
    )
