"""The SIMD levels of what has kernels of our own, beside each other.

    python -m pytest benches/test_levels.py

Portable is the library that serves a processor without the instructions. Small batches show where
a kernel begins to pay.
"""

from __future__ import annotations

from collections.abc import Callable

import frames
import levels
import pytest
import signatures
from sizes import BATCHES
from test_address import NETWORK, random_bytes

from dimp_fast import (
    decode_batch,
    derive_addresses,
    derive_eth_addresses,
    parse_addresses,
    verify_batch,
)

GROUP = "SIMD levels, one thread"

Run = Callable[..., None]

pytestmark = pytest.mark.skipif(len(levels.available()) < 2, reason="one level here")


@pytest.mark.parametrize("size", BATCHES)
@pytest.mark.parametrize("algorithm", ["RSA-1024", "RSA-2048", "ECDSA", "Ed25519"])
def test_verify(race: Run, algorithm: str, size: int) -> None:
    data = signatures.signed(algorithm).repeated(size)
    keys = signatures.parsed(data.keys, signatures.our_key(algorithm))
    race(
        GROUP,
        f"verify {algorithm}, batch {size}",
        levels.contenders(
            lambda: verify_batch(keys, data.messages, data.signatures, threads=1),
            lambda verdicts: verdicts.all_ok(),
        ),
        items=size,
        unit="signature",
        subject=f"verify {algorithm}, levels",
    )


@pytest.mark.parametrize("size", BATCHES)
def test_derive_addresses(race: Run, size: int) -> None:
    items = random_bytes(size, 128)
    wanted = derive_addresses(items, NETWORK)
    race(
        GROUP,
        f"derive BTC address, batch {size}",
        levels.contenders(lambda: derive_addresses(items, NETWORK, threads=1), wanted.__eq__),
        items=size,
        unit="address",
        subject="derive BTC address, levels",
    )


@pytest.mark.parametrize("size", BATCHES)
def test_derive_eth_addresses(race: Run, size: int) -> None:
    items = random_bytes(size, 64)
    wanted = derive_eth_addresses(items)
    race(
        GROUP,
        f"derive ETH address, batch {size}",
        levels.contenders(lambda: derive_eth_addresses(items, threads=1), wanted.__eq__),
        items=size,
        unit="address",
        subject="derive ETH address, levels",
    )


@pytest.mark.parametrize("size", BATCHES)
def test_parse_addresses(race: Run, size: int) -> None:
    texts = derive_addresses(random_bytes(size, 128), NETWORK)
    race(
        GROUP,
        f"parse BTC address, batch {size}",
        levels.contenders(
            lambda: parse_addresses(texts, threads=1), lambda found: not found.codes.any()
        ),
        items=size,
        unit="address",
        subject="parse BTC address, levels",
    )


@pytest.mark.parametrize("name", frames.SIZES)
def test_decode(race: Run, name: str) -> None:
    items = frames.well_formed(frames.SIZES[name])
    race(
        GROUP,
        f"decode, {name}, batch {len(items)}",
        levels.contenders(
            lambda: decode_batch(items, threads=1), lambda batch: batch.verdicts.all_ok()
        ),
        items=len(items),
        unit="message",
    )
