"""The envelope codec beside JSON and base64 libraries, whole frames of 400 bytes to 256 KB.

    python -m pytest benches/test_codec.py

Decoding: ours checks the whole frame (IDs, duplicates, lone surrogates, limits); the peers check
less: they parse the JSON, decode the base64 of data, signature and keys, and take the fields out.
The races of columns leave the fields in the batch, those of objects read seven of each message;
`strangers` are IDs that were never seen before. msgspec reads into a Struct with fields of bytes,
for which it decodes base64 itself. Encoding: from a mapping with data, signature and keys as bytes;
json + base64 gives the same bytes as we do, orjson and msgspec a compact text. Re-targeting: two
fields of a frame change; orjson and json read and write all of it, msgspec leaves the values of the
other fields as they stand.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

import frames
import msgspec
import orjson
import pybase64
import pytest
from harness import Contender
from sizes import BATCHES

from dimp_fast import (
    Code,
    MessageBatch,
    ReliableMessage,
    decode,
    decode_batch,
    encode,
    retarget,
    retarget_batch,
)

Run = Callable[..., None]
Decode64 = Callable[[str], bytes]
Encode64 = Callable[[bytes], str]

KINDS = [
    *((name, size, "python") for name, size in frames.SIZES.items()),
    ("900 B, short names", 900, "short"),
    ("900 B, escaped slashes", 900, "objc"),
    ("900 B, strangers", 900, "strangers"),
    ("2 KB, meta and visa", 900, "attached"),
]
LACKS = "IDs, duplicate names, lone surrogates, limits"
UNCHECKED = "whether anybody would accept the message"
NAMES = ("sender", "receiver", "time", "data", "signature", "keys", "key", "type")


def pybase64_decode(value: str) -> bytes:
    return pybase64.b64decode(value, validate=True)


def base64_decode(value: str) -> bytes:
    return base64.b64decode(value, validate=True)


def decode_loop(
    loads: Callable[[bytes], Any], decode64: Decode64, items: Sequence[bytes], *, short: bool
) -> Callable[[], list[Any]]:
    names = [frames.SHORT[name] if short else name for name in NAMES]
    sender, receiver, time, data, signature, keys_name, key_name, kind = names

    def call() -> list[Any]:
        found = []
        for item in items:
            message = loads(item)
            keys: Any = message.get(keys_name)
            if type(keys) is dict:
                keys = {name: decode64(value) for name, value in keys.items()}
            elif (key := message.get(key_name)) is not None:
                keys = decode64(key)
            found.append(
                (
                    message[sender], message[receiver], message[time], message[kind],
                    decode64(message[data]), decode64(message[signature]), keys,
                )
            )  # fmt: skip
        return found

    return call


class Envelope(msgspec.Struct, gc=False):
    """The fields of a frame; what else is in it is skipped."""

    sender: str
    receiver: str
    time: float
    data: bytes
    signature: bytes
    type: int | str | None = None
    keys: dict[str, bytes] | None = None
    key: bytes | None = None


class ShortEnvelope(msgspec.Struct, rename=frames.SHORT, gc=False):
    """The same under short names; one name serves both sorts of keys."""

    sender: str
    receiver: str
    time: float
    data: bytes
    signature: bytes
    type: int | str | None = None
    keys: dict[str, bytes] | bytes | None = None

    key = None


def msgspec_loop(items: Sequence[bytes], *, short: bool) -> Callable[[], list[Any]]:
    load = msgspec.json.Decoder(ShortEnvelope if short else Envelope).decode
    return lambda: [
        (m.sender, m.receiver, m.time, m.type, m.data, m.signature, m.keys or m.key)
        for m in map(load, items)
    ]


def peers(items: Sequence[bytes], *, short: bool = False) -> list[Contender]:
    """Libraries; each has to find the data and signatures that we find."""
    wanted = [(m.data, m.signature) for m in decode_batch(items) if m is not None]

    def accept(found: list[Any]) -> bool:
        return [row[4:6] for row in found] == wanted

    return [
        Contender(name, call, accept, lacks=LACKS)
        for name, call in (
            ("orjson + pybase64", decode_loop(orjson.loads, pybase64_decode, items, short=short)),
            ("msgspec", msgspec_loop(items, short=short)),
            ("json + base64", decode_loop(json.loads, base64_decode, items, short=short)),
        )
    ]


def read_all(messages: Sequence[ReliableMessage | None]) -> list[Any]:
    return [
        (m.sender, m.receiver, m.time, m.type, m.data, m.signature, m.keys)
        for m in messages
        if m is not None
    ]


@pytest.mark.parametrize(("name", "size", "style"), KINDS, ids=[kind[0] for kind in KINDS])
def test_decode_columns(race: Run, name: str, size: int, style: str) -> None:
    items = frames.well_formed(size, style)

    def columns() -> MessageBatch:
        return decode_batch(items, threads=1)

    def touched() -> MessageBatch:
        batch = decode_batch(items, threads=1)
        assert len(batch.sender) == len(batch.receiver) == len(batch.time) == len(batch.type)
        assert len(batch.data_spans) == len(batch.signature_spans)
        return batch

    def accept(batch: MessageBatch) -> bool:
        return batch.verdicts.all_ok()

    race(
        "Decode to columns, batch of 256 or 2 MB, one thread",
        name,
        [
            Contender("dimp_fast", columns, accept),
            Contender("dimp_fast, every column touched", touched, accept),
            *peers(items, short=style == "short"),
        ],
        items=len(items),
        unit="message",
        series=("decode", size) if style == "python" else None,
    )


@pytest.mark.parametrize(("name", "size", "style"), KINDS, ids=[kind[0] for kind in KINDS])
def test_decode_objects(race: Run, name: str, size: int, style: str) -> None:
    items = frames.well_formed(size, style)
    race(
        "Decode to objects, seven fields read, batch of 256 or 2 MB, one thread",
        name,
        [
            Contender(
                "dimp_fast",
                lambda: read_all(list(decode_batch(items, threads=1))),
                lambda found: len(found) == len(items),
            ),
            *peers(items, short=style == "short"),
        ],
        items=len(items),
        unit="message",
    )


@pytest.mark.parametrize("size", BATCHES)
def test_decode_batches(race: Run, size: int) -> None:
    texts = frames.well_formed(900)
    items = (texts * -(-size // len(texts)))[:size]
    race(
        "Decode to columns, batches, one thread",
        f"900 B, batch {size}",
        [
            Contender(
                "dimp_fast",
                lambda: decode_batch(items, threads=1),
                lambda batch: batch.verdicts.all_ok(),
            ),
            *peers(items),
        ],
        items=size,
        unit="message",
        subject="decode 900 B",
    )


@pytest.mark.parametrize("name", frames.SIZES)
def test_decode_one(race: Run, name: str) -> None:
    """One call a message, as a station that does not collect."""
    items = frames.well_formed(frames.SIZES[name])

    def accept(found: list[Any]) -> bool:
        return len(found) == len(items)

    race(
        "Decode one by one",
        name,
        [
            Contender("dimp_fast", lambda: [decode(item) for item in items], accept),
            Contender(
                "dimp_fast, seven fields read",
                lambda: read_all([decode(item) for item in items]),
                accept,
            ),
            *peers(items),
        ],
        items=len(items),
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


RAW = msgspec.json.Decoder(dict[str, msgspec.Raw])
"""Reads the names and leaves the values as they stand."""


def json_dumps(message: Any) -> bytes:
    return json.dumps(message).encode("ascii")


def base64_encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


@pytest.mark.parametrize("name", frames.SIZES)
def test_encode(race: Run, name: str) -> None:
    sources = list(frames.well_formed(frames.SIZES[name]))
    items = [frames.with_bytes(source) for source in sources]
    messages = [decode(source) for source in sources]

    def says_the_same(found: list[bytes]) -> bool:
        return [json.loads(x) for x in found] == [json.loads(x) for x in sources]

    race(
        "Encode",
        name,
        [
            Contender("dimp_fast", lambda: [encode(item) for item in items], sources.__eq__),
            Contender(
                "dimp_fast, a decoded message",
                lambda: [encode(m) for m in messages],
                sources.__eq__,
            ),
            Contender(
                "orjson + pybase64",
                encode_loop(orjson.dumps, pybase64.b64encode_as_string, items),
                says_the_same,
                lacks=UNCHECKED,
            ),
            Contender(
                "msgspec",
                lambda: [msgspec.json.encode(item) for item in items],
                says_the_same,
                lacks=UNCHECKED,
            ),
            Contender(
                "json + base64",
                encode_loop(json_dumps, base64_encode, items),
                sources.__eq__,
                lacks=UNCHECKED,
            ),
        ],
        items=len(items),
        unit="message",
        subject=f"encode {name}" if name == "900 B" else None,
    )


@pytest.mark.parametrize("name", frames.SIZES)
def test_retarget(race: Run, name: str) -> None:
    items = list(frames.well_formed(frames.SIZES[name]))
    station = frames.identifiers()[0]
    fields: dict[str, Any] = {
        "rcpt": frames.identifiers()[1],
        "traces": [{"ID": station, "did": station, "time": 1700000002.5}],
    }
    wanted = [{**json.loads(item), **fields} for item in items]

    def accept(found: list[bytes]) -> bool:
        return [json.loads(item) for item in found] == wanted

    def changed_by(
        loads: Callable[[bytes], Any], dumps: Callable[[Any], bytes]
    ) -> Callable[[], list[bytes]]:
        def call() -> list[bytes]:
            found = []
            for item in items:
                message = loads(item)
                message["rcpt"] = fields["rcpt"]
                message["traces"] = fields["traces"]
                found.append(dumps(message))
            return found

        return call

    def together() -> list[bytes]:
        changed, verdicts = retarget_batch(items, fields, threads=1)
        assert verdicts[0] is Code.OK
        return [item for item in changed if item is not None]

    race(
        "Re-target",
        name,
        [
            Contender("dimp_fast, a batch", together, accept),
            Contender(
                "dimp_fast, one by one",
                lambda: [retarget(item, **fields) for item in items],
                accept,
            ),
            Contender("orjson", changed_by(orjson.loads, orjson.dumps), accept, lacks=LACKS),
            Contender("msgspec", changed_by(RAW.decode, msgspec.json.encode), accept, lacks=LACKS),
            Contender("json", changed_by(json.loads, json_dumps), accept, lacks=LACKS),
        ],
        items=len(items),
        unit="message",
        subject=f"re-target {name}" if name == "900 B" else None,
    )
