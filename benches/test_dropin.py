"""The same calls of the reference, plain and served by the drop-in: two processes of its program.

    python -m pytest benches/test_dropin.py

One call an item, no batch: what a program gains that is not changed. By the clocks of the two
processes, in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import frames
import pytest
import signatures
from reference_stack import RSA_ACCEPTS, Reference, clocks_of, started
from test_reference import as_mapping

from dimp_fast import derive_addresses

COUNT = 8

Run = Callable[..., None]


class Pair(NamedTuple):
    served: Reference
    plain: Reference


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with started("--drop-in") as served, started() as plain:
        yield Pair(served, plain)


def verifications(algorithm: str) -> list[Any]:
    data = signatures.signed(algorithm).first(COUNT)
    return [
        (as_mapping(algorithm, key), message.hex(), signature.hex())
        for key, message, signature in zip(*data, strict=True)
    ]


def texts() -> list[str]:
    return derive_addresses([bytes([number]) * 128 for number in range(COUNT)], 0)


CALLS: dict[str, tuple[str, Callable[[], list[Any]], str]] = {
    "verify ECDSA": ("verify", lambda: verifications("ECDSA"), ""),
    "verify RSA-1024": ("verify", lambda: verifications("RSA-1024"), RSA_ACCEPTS),
    "parse BTC address": ("parse_btc", texts, ""),
    "decode 900 B": (
        "decode",
        lambda: [item.decode("ascii") for item in frames.well_formed(900)[:COUNT]],
        "duplicate names, the limits and what base64 must not hold",
    ),
}


@pytest.mark.parametrize("call", CALLS)
def test_call(race: Run, pair: Pair, call: str) -> None:
    operation, make, lacks = CALLS[call]
    items = make()
    contender = partial(Reference.contender, operation=operation, items=items, most=COUNT)
    race(
        "Under the drop-in, one call of the reference",
        call,
        [
            contender(pair.served, name="dimp_fast, drop-in"),
            contender(pair.plain, name="reference", lacks=lacks),
        ],
        items=COUNT,
        unit="call",
        subject=f"{call}, under the drop-in",
        clocks=lambda: clocks_of(*pair),
    )
