"""Where the lanes of addresses begin to pay, and what bad input costs them.

    python -m pytest benches/test_address_kernels.py

Each level chooses by itself how it works on a small batch, and is beside the portable one, which is
the libraries one item at a time: a level that loses to it has its crossover in the wrong place, and
fails here. ``test_levels`` has the large batches, ``test_reference`` the reference stack.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import levels
import pytest
import results
from harness import summarise
from test_address import NETWORK, random_bytes

from dimp_fast import (
    AddressColumns,
    derive_addresses,
    derive_eth_addresses,
    parse_addresses,
    routing_columns,
)

GROUP = "Kernels of addresses, one thread"
PORTABLE = "dimp_fast, portable"

SMALL = (1, 2, 3, 4, 5, 7, 8, 9, 15, 17)
"""Sizes around the crossovers, and around a group of lanes."""

TOLERANCE = 1.2
"""How much slower than portable a level may look: what two runs of the same code differ by here,
and what it costs to find out that the lanes do not pay."""

Run = Callable[..., None]

pytestmark = pytest.mark.skipif(len(levels.available()) < 2, reason="one level here")


@pytest.fixture
def guard(race: Run, benchmark: Any) -> Run:
    """A race of the levels in which none may lose to portable."""

    def run(
        workload: str, call: Callable[[], Any], accept: Callable[[Any], bool], items: int
    ) -> None:
        contenders = levels.contenders(call, accept)
        race(GROUP, workload, contenders, items=items, unit="address")
        if not benchmark.enabled:
            return
        lines, _ = summarise(results.tracks_of(benchmark.extra_info))
        portable = next(line for line in lines if line.name == PORTABLE)
        slower = {
            line.name: f"{line.cpu.time:.0f} ns, portable {portable.cpu.time:.0f} ns"
            for line in lines
            if line.cpu.time > TOLERANCE * portable.cpu.time
        }
        assert not slower, f"{workload}: {slower}"

    return run


@pytest.mark.slow
@pytest.mark.parametrize("size", SMALL)
def test_small_batches_of_fingerprints(guard: Run, size: int) -> None:
    items = random_bytes(size, 128)
    wanted = derive_addresses(items, NETWORK)
    guard(
        f"derive BTC address, batch {size}",
        lambda: derive_addresses(items, NETWORK, threads=1),
        wanted.__eq__,
        size,
    )


@pytest.mark.slow
@pytest.mark.parametrize("size", SMALL)
def test_small_batches_of_points(guard: Run, size: int) -> None:
    items = random_bytes(size, 64)
    wanted = derive_eth_addresses(items)
    guard(
        f"derive ETH address, batch {size}",
        lambda: derive_eth_addresses(items, threads=1),
        wanted.__eq__,
        size,
    )


@pytest.mark.slow
@pytest.mark.parametrize("size", SMALL)
def test_small_batches_of_texts(guard: Run, size: int) -> None:
    texts = derive_addresses(random_bytes(size, 128), NETWORK)
    guard(
        f"parse BTC address, batch {size}",
        lambda: parse_addresses(texts, threads=1),
        all_good,
        size,
    )


LENGTHS = {
    "lengths of all kinds of keys and signatures": (33, 64, 65, 70, 71, 72, 128, 256),
    "one of 100 kB among many of 33 bytes": (33,) * 255 + (100_000,),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LENGTHS)
def test_fingerprints_of_many_lengths(guard: Run, name: str) -> None:
    lengths = LENGTHS[name]
    items = [random_bytes(1, lengths[index % len(lengths)])[0] for index in range(256)]
    random.Random(3).shuffle(items)
    wanted = derive_addresses(items, NETWORK)
    guard(
        f"derive BTC address, {name}, batch 256",
        lambda: derive_addresses(items, NETWORK, threads=1),
        wanted.__eq__,
        256,
    )


BAD: dict[str, Callable[[str], str]] = {
    "a wrong check code": lambda text: text[:-1] + ("2" if text[-1] != "2" else "3"),
    "a foreign character": lambda text: text[:-1] + "0",
    "ones in front": lambda text: ("1" + text)[:34],
    "as long as ETH": lambda text: "0x" + text.rjust(40, "0")[:39] + "g",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_bad_texts(guard: Run, kind: str, share: float) -> None:
    """Who sends them must not get more work out of us than one by one."""
    texts = derive_addresses(random_bytes(1024, 128), NETWORK)
    count = int(share * len(texts))
    texts[:count] = map(BAD[kind], texts[:count])
    random.Random(4).shuffle(texts)
    guard(
        f"parse, {share:.0%} with {kind}, batch 1024",
        lambda: parse_addresses(texts, threads=1),
        lambda found: len(found.codes.nonzero()[0]) == count,
        len(texts),
    )


def test_route(guard: Run) -> None:
    texts = [f"name@{text}" for text in derive_addresses(random_bytes(1024, 128), NETWORK)]
    guard(
        "route, batch 1024",
        lambda: routing_columns(texts, 64),
        lambda found: len(found) == 1024,
        1024,
    )


def all_good(columns: AddressColumns) -> bool:
    return not columns.codes.any()
