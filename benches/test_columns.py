"""Columns of IDs: why joining them, writing their numbers and routing by them are Cython.

    python -m pytest benches/test_columns.py

One thread, from Python lists or numpy columns in to Python lists or numpy columns out. Beside each
tier of an operation stands what a program would write itself: a list comprehension, numpy's string
functions, and, where the Rust tier has the parts, the way through Rust.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import base58
import frames
import numpy as np
import tiers
from harness import Contender

from dimp_fast import (
    Identifier,
    RoutingColumns,
    format_addresses,
    join_identifiers,
    number_texts,
    parse_addresses,
    parse_identifiers,
    routing_columns,
)

Run = Callable[..., None]

GROUP = "Columns of IDs, one thread"
SIZE = 1024
SHARDS = 16


def test_parse_identifiers(race: Run) -> None:
    texts = frames.identifiers()[:256]

    def accept(found: Any) -> bool:
        return list(map(str, found)) == texts

    race(
        GROUP,
        "parse IDs, batch 256",
        [
            *tiers.contenders(
                "parse_identifiers",
                lambda: lambda: parse_identifiers(texts, threads=1)[0],
                accept,
            ),
            Contender(
                "dimp_fast, one by one",
                lambda: [Identifier.parse(text) for text in texts],
                accept,
            ),
        ],
        items=len(texts),
        unit="ID",
        operation="parse_identifiers",
    )


# -- routing -------------------------------------------------------------------------------------


def through_rust(texts: list[str]) -> Contender | None:
    """Numbers by the Rust tier and shards by numpy. Names and terminals are cut off in Python and
    not checked, so this is less than the whole work."""
    if tiers.dispatcher("rust") is None:
        return None

    def call() -> Any:
        addresses = [text.partition("/")[0].rpartition("@")[2] for text in texts]
        return parse_addresses(addresses, threads=1).number % np.uint32(SHARDS)

    wanted = routing_columns(texts, SHARDS).shard.tolist()
    return Contender(
        "split in Python, parse_addresses of rust, numpy",
        call,
        lambda shards: shards.tolist() == wanted,
        partial(tiers.serving, "rust"),
    )


def test_route(race: Run) -> None:
    texts = frames.identifiers()[:SIZE]
    wanted = [found.number % SHARDS for found in map(Identifier.parse, texts)]

    def accept(columns: RoutingColumns) -> bool:
        return columns.shard.tolist() == wanted and not columns.codes.any()

    contenders = tiers.contenders("route", lambda: lambda: routing_columns(texts, SHARDS), accept)
    if (rust := through_rust(texts)) is not None:
        contenders.append(rust)
    race(
        GROUP,
        f"number, network and shard, batch {len(texts)}",
        contenders,
        items=len(texts),
        unit="ID",
    )


# -- texts ---------------------------------------------------------------------------------------


@cache
def random_digests() -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(4).integers(0, 256, (SIZE, 20), np.uint8)


def test_number_texts(race: Run) -> None:
    numbers = np.random.default_rng(5).integers(0, 1 << 32, SIZE, np.uint32)
    numbers[::7] //= 1000  # leading zeros

    def comprehension() -> list[str]:
        texts = [f"{number:010d}" for number in numbers.tolist()]
        return [f"{text[:3]}-{text[3:6]}-{text[6:]}" for text in texts]

    def arithmetic() -> list[str]:
        """Digits by numpy, as characters of a fixed-width array."""
        characters = np.full((SIZE, 12), ord("-"), np.uint32)
        rest = numbers
        for place in (11, 10, 9, 8, 6, 5, 4, 2, 1, 0):
            rest, digit = np.divmod(rest, np.uint32(10))
            characters[:, place] = digit + np.uint32(ord("0"))
        found: list[str] = characters.view("U12")[:, 0].tolist()
        return found

    def strings() -> list[str]:
        digits = np.strings.zfill(numbers.astype("U10"), 10)
        parts = [np.strings.slice(digits, *cut) for cut in ((0, 3), (3, 6), (6, 10))]
        joined = np.strings.add(np.strings.add(parts[0], "-"), np.strings.add(parts[1], "-"))
        found: list[str] = np.strings.add(joined, parts[2]).tolist()
        return found

    wanted = comprehension()
    peers = [
        Contender("list comprehension", comprehension, wanted.__eq__),
        Contender("numpy, digit by digit", arithmetic, wanted.__eq__),
    ]
    if hasattr(np.strings, "slice"):  # numpy 2.3
        peers.append(Contender("numpy.strings", strings, wanted.__eq__))
    race(
        GROUP,
        f"numbers as text, batch {SIZE}",
        [
            *tiers.contenders("number_texts", lambda: lambda: number_texts(numbers), wanted.__eq__),
            *peers,
        ],
        items=SIZE,
        unit="ID",
        operation="number_texts",
    )


def test_join_identifiers(race: Run) -> None:
    """Half with a terminal; every name is there, for numpy has no text that is none."""
    randomness = random.Random(6)
    addresses = format_addresses(random_digests(), 8)
    names = [f"user{randomness.randrange(10**6)}" for _ in addresses]
    terminals = [randomness.choice(["", "pad", "iPhone"]) for _ in addresses]

    def comprehension() -> list[str]:
        return [
            f"{name}@{address}/{terminal}" if terminal else f"{name}@{address}"
            for name, address, terminal in zip(names, addresses, terminals, strict=True)
        ]

    def strings() -> list[str]:
        tails = np.array(terminals)
        tails = np.where(tails == "", "", np.strings.add("/", tails))
        heads = np.strings.add(np.strings.add(np.array(names), "@"), np.array(addresses))
        found: list[str] = np.strings.add(heads, tails).tolist()
        return found

    wanted = comprehension()
    race(
        GROUP,
        f"join name, address and terminal, batch {SIZE}",
        [
            *tiers.contenders(
                "join_identifiers",
                lambda: lambda: join_identifiers(names, addresses, terminals),
                wanted.__eq__,
            ),
            Contender("list comprehension", comprehension, wanted.__eq__),
            Contender("numpy.strings", strings, wanted.__eq__),
        ],
        items=SIZE,
        unit="ID",
        operation="join_identifiers",
    )


def test_format_addresses(race: Run) -> None:
    digests = random_digests()
    rows = [row.tobytes() for row in digests]

    def loop() -> list[str]:
        return [base58.b58encode_check(b"\x08" + row).decode("ascii") for row in rows]

    wanted = loop()
    race(
        GROUP,
        f"digests as addresses, batch {SIZE}",
        [
            *tiers.contenders(
                "format_addresses", lambda: lambda: format_addresses(digests, 8), wanted.__eq__
            ),
            Contender("base58", loop, wanted.__eq__),
        ],
        items=SIZE,
        unit="ID",
        operation="format_addresses",
    )
