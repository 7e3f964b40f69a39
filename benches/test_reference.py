"""Beside the public Python stack of the network, which a station runs today.

    python -m pytest benches/test_reference.py

It works in a process of its own and is timed there; the calls are named in ``reference_worker``.
Where it is not installed, the races are skipped. Metas are in ``test_identity``.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import frames
import pytest
import signatures
from harness import Contender
from reference_stack import RSA_ACCEPTS, Reference, started
from test_address import NETWORK, random_bytes

from dimp_fast import (
    decode_batch,
    derive_addresses,
    derive_eth_addresses,
    parse_addresses,
    verify_batch,
)

SIZE = 256
GROUP = "Beside the reference, one thread"

Run = Callable[..., None]


@pytest.fixture(scope="module")
def reference() -> Iterator[Reference]:
    with started() as found:
        yield found


def as_mapping(algorithm: str, key: bytes) -> dict[str, str]:
    if algorithm == "ECDSA":
        return {"algorithm": "ECC", "data": key.hex()}
    body = b64encode(key).decode("ascii")
    pem = f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----"
    return {"algorithm": "RSA", "data": pem}


@pytest.mark.parametrize("algorithm", ["RSA-1024", "RSA-2048", "ECDSA"])
def test_verify(race: Run, reference: Reference, algorithm: str) -> None:
    data = signatures.signed(algorithm).first(SIZE)
    keys = signatures.parsed(data.keys, signatures.our_key(algorithm))
    rows = [
        (as_mapping(algorithm, key), message.hex(), signature.hex())
        for key, message, signature in zip(*data, strict=True)
    ]
    lacks = RSA_ACCEPTS if algorithm.startswith("RSA") else ""
    race(
        GROUP,
        f"verify {algorithm}, 512-byte messages, batch {SIZE}",
        [
            Contender(
                "dimp_fast",
                lambda: verify_batch(keys, data.messages, data.signatures, threads=1),
                lambda verdicts: verdicts.all_ok(),
            ),
            reference.contender("verify", rows, most=8, lacks=lacks),
        ],
        items=SIZE,
        unit="signature",
        subject=f"reference: verify {algorithm}",
        clocks=reference.clocks,
    )


ADDRESSES: dict[str, tuple[int, str, Callable[[Any], Any]]] = {
    "derive BTC address": (128, "derive_btc", lambda x: derive_addresses(x, NETWORK, threads=1)),
    "derive ETH address": (64, "derive_eth", lambda items: derive_eth_addresses(items, threads=1)),
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_derive(race: Run, reference: Reference, name: str) -> None:
    width, operation, derive = ADDRESSES[name]
    items = random_bytes(SIZE, width)
    race(
        GROUP,
        f"{name}, batch {SIZE}",
        [
            Contender("dimp_fast", lambda: derive(items), lambda found: len(found) == SIZE),
            reference.contender(operation, [item.hex() for item in items], most=32),
        ],
        items=SIZE,
        unit="address",
        subject=f"reference: {name}",
        clocks=reference.clocks,
    )


def test_parse(race: Run, reference: Reference) -> None:
    texts = derive_addresses(random_bytes(SIZE, 128), NETWORK)
    race(
        GROUP,
        f"parse BTC address, batch {SIZE}",
        [
            Contender(
                "dimp_fast",
                lambda: parse_addresses(texts, threads=1),
                lambda found: not found.codes.any(),
            ),
            reference.contender("parse_btc", texts, most=32),
        ],
        items=SIZE,
        unit="address",
        subject="reference: parse BTC address",
        clocks=reference.clocks,
    )


def test_decode(race: Run, reference: Reference) -> None:
    items = frames.well_formed(900)
    race(
        GROUP,
        f"decode 900 B, fields read, batch {len(items)}",
        [
            Contender(
                "dimp_fast",
                lambda: [
                    (m.sender, m.receiver, m.time, m.data, m.signature)
                    for m in decode_batch(items, threads=1)
                    if m is not None
                ],
                lambda found: len(found) == len(items),
            ),
            reference.contender(
                "decode",
                [item.decode("ascii") for item in items],
                most=32,
                lacks="duplicate names, the limits and what base64 must not hold",
            ),
        ],
        items=len(items),
        unit="message",
        subject="reference: decode 900 B",
        clocks=reference.clocks,
    )
