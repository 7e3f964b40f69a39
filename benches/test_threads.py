"""What more threads than one are worth: the same call on one and on all.

    python -m pytest benches/test_threads.py

A machine that was idle wakes its other processors, or spreads threads over them, after a while
only; turns here last so long that it does not matter. How much a second thread gives at best on
a machine says the last race: long hashes of hashlib, which share nothing and hold no GIL.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import frames
import groups
import ingress
import ingress_ways
import pytest
import signatures
from harness import Contender

from dimp_fast import Code, Verdicts, verify_batch, verify_messages
from dimp_fast.group import History

TURN_NS = 60_000_000
BATCHES = (1024, 8192)
VOTERS = 100
HASHED = 1 << 20
"""Bytes that each thread hashes, in about as long as a thread takes for half of a short batch."""

Run = Callable[..., None]
Call = Callable[[], object]


def accepted(verdict: Any) -> bool:
    return verdict.code is Code.OK


def scale(
    race: Run,
    cores: int,
    workload: str,
    call: Callable[[int], Call],
    accept: Callable[[object], bool],
    items: int,
    unit: str = "signature",
) -> None:
    """Race ``call(cores)`` against ``call(1)``."""
    race(
        "Threads",
        workload,
        [
            Contender(f"{cores} threads", call(cores), accept),
            Contender("1 thread", call(1), accept),
        ],
        items=items,
        unit=unit,
        turn_ns=TURN_NS,
    )


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("algorithm", ["RSA-1024", "RSA-2048", "ECDSA", "Ed25519"])
def test_signatures(race: Run, cores: int, algorithm: str, batch: int) -> None:
    data = signatures.signed(algorithm).repeated(batch)
    keys = signatures.parsed(data.keys, signatures.our_key(algorithm))

    def call(threads: int) -> Call:
        return lambda: verify_batch(keys, data.messages, data.signatures, threads=threads)

    scale(race, cores, f"{algorithm}, batch {batch}", call, Verdicts.all_ok, batch)


def test_ingress(race: Run, cores: int) -> None:
    count = 4096
    traffic = ingress.traffic(count)
    scale(
        race,
        cores,
        f"ingress, {count} messages, batches of 1024",
        lambda threads: ingress_ways.ours(traffic, 1024, threads),
        (count - traffic.forged).__eq__,
        count,
        "message",
    )


def test_messages(race: Run, cores: int) -> None:
    items, keyring = list(frames.conversation().frames), frames.keyring()
    scale(
        race,
        cores,
        f"70 % ECC, 30 % RSA-1024, 900 B, batch {len(items)}",
        lambda threads: lambda: verify_messages(items, keyring, threads=threads)[1],
        Verdicts.all_ok,
        len(items),
        "message",
    )


def test_history(race: Run, cores: int) -> None:
    made = groups.big(30, VOTERS)
    history, keyring = History.parse(made.mapping), made.keyring
    scale(
        race,
        cores,
        f"history of a group, 30 blocks with {VOTERS} votes each",
        lambda threads: lambda: history.verify(keyring, now=groups.NOW, threads=threads),
        accepted,
        made.signatures,
    )


def test_hashlib(race: Run, cores: int) -> None:
    data = bytes(HASHED)

    def digest(_: int) -> bytes:
        return hashlib.sha256(data).digest()

    with ThreadPoolExecutor(cores - 1) as others:

        def call(threads: int) -> Call:
            if threads == 1:
                return lambda: [digest(part) for part in range(cores)]

            def divided() -> list[bytes]:
                found = others.map(digest, range(1, cores))
                return [digest(0), *found]

            return divided

        scale(
            race,
            cores,
            f"SHA-256 of {cores} x 1 MiB by hashlib, for scale",
            call,
            [digest(0)].__mul__(cores).__eq__,
            cores,
            "MiB",
        )
