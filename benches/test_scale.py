"""For scale: how fast the libraries are natively, by their own benchmarks, beside a batch of ours
from Python.

    python -m pytest benches/test_scale.py

In turn, round by round; what they report of themselves stands in the table. They verify one
signature in a loop and hash no message; ours hashes 512 bytes and takes and returns Python
objects. openssl counts CPU time, libsecp256k1 the time that passes, so neighbours slow that down.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import native
import pytest
import signatures
from harness import Contender, Race, Track
from keeper import Keeper
from pace import Pace

from dimp_fast import verify_batch

BATCH = 1024
NATIVE = "a message to hash, and Python: native code alone"


def beside(
    benchmark: Any,
    keeper: Keeper,
    pace: Pace,
    algorithm: str,
    name: str,
    measure: Callable[[], float],
) -> None:
    """A race with what ``measure`` returns: nanoseconds a signature, by the only clock it has."""
    data = signatures.signed(algorithm)
    keys = signatures.parsed(data.keys, signatures.our_key(algorithm))
    ours = Contender(
        "dimp_fast",
        lambda: verify_batch(keys, data.messages, data.signatures, threads=1),
        lambda verdicts: verdicts.all_ok(),
    )
    race, theirs = Race([ours], BATCH, turn_ns=pace.turn_ns), Track(name, lacks=NATIVE)
    race.start()
    keeper.begin()

    def turn() -> None:
        race.round()
        theirs.wall.append(measure())

    benchmark.pedantic(turn, rounds=2 if pace.is_quick else 7)
    theirs.cpu = theirs.wall
    keeper.keep(
        [*race.tracks, theirs],
        group="For scale: native benchmarks of the libraries",
        workload=f"{algorithm}, batch {BATCH}",
        items=BATCH,
        unit="signature",
    )


@pytest.mark.parametrize("algorithm", native.OPENSSL)
def test_openssl(benchmark: Any, keeper: Keeper, pace: Pace, algorithm: str) -> None:
    try:
        measure = native.openssl(algorithm)
    except native.NotHere as absence:
        pytest.skip(str(absence))
    beside(benchmark, keeper, pace, algorithm, "openssl speed", measure)


def test_libsecp256k1(benchmark: Any, keeper: Keeper, pace: Pace, tmp_path: Path) -> None:
    try:
        measure = native.libsecp256k1(tmp_path)
    except native.NotHere as absence:
        pytest.skip(str(absence))
    beside(benchmark, keeper, pace, "ECDSA", "libsecp256k1, its own bench", measure)
