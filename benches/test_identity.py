"""Identities: many (meta, ID) pairs in one call, beside the reference that checks one by one.

    python -m pytest benches/test_identity.py

Metas as mappings, as they come from a file or a wire: JSON, base64 and the parsing of keys are in
the figure. Three kinds of account take turns: ECC and RSA-1024 by fingerprint, ECC by address. The
reference works in a process of its own; its RSA check accepts everything, and so is cheap to make.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from harness import Contender

from dimp_fast import Meta, PrivateKey, Verdicts, match_metas

WORKER = Path(__file__).parents[1] / "tests" / "reference" / "reference_worker.py"
DISTINCT = 768
MANY = 100_000
KINDS = {
    "ECC, type 1": ("mkm", "ECC"),
    "RSA-1024, type 1": ("mkm", "RSA"),
    "ECC, type 4": ("eth", "ECC"),
}

Run = Callable[..., None]
Pairs = tuple[list[dict[str, Any]], list[str]]


@cache
def pairs(kind: str, count: int) -> Pairs:
    """Metas and IDs, ``count`` of them, all different."""
    meta_type, algorithm = KINDS[kind]
    metas, identifiers = [], []
    key = None
    for number in range(count):
        if key is None or meta_type == "eth" or number % 16 == 0:
            key = PrivateKey.generate(algorithm, **({"bits": 1024} if algorithm == "RSA" else {}))
        meta = Meta.generate(meta_type, key, f"user-{number}" if meta_type == "mkm" else None)
        metas.append(meta.to_dict())
        identifiers.append(str(meta.generate_id(0)))
    return metas, identifiers


def all_ok(verdicts: Verdicts) -> bool:
    return verdicts.all_ok()


def ours(found: Pairs, name: str, threads: int | None) -> Contender:
    metas, identifiers = found
    return Contender(name, lambda: match_metas(metas, identifiers, threads=threads), all_ok)


@pytest.fixture(scope="module")
def reference() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", str(WORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as worker:
        yield worker
        assert worker.stdin is not None
        worker.stdin.close()


def one_by_one(worker: subprocess.Popen[str], found: Pairs) -> Contender:
    metas, identifiers = found
    request = json.dumps({"op": "match_metas", "pairs": list(zip(identifiers, metas, strict=True))})

    def call() -> int:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(request + "\n")
        worker.stdin.flush()
        matched: int = json.loads(worker.stdout.readline())["matched"]
        return matched

    return Contender("reference, one by one", call, lambda matched: matched == len(metas))


@pytest.mark.parametrize("kind", KINDS)
def test_reference(race: Run, reference: subprocess.Popen[str], kind: str) -> None:
    metas, identifiers = pairs(kind, DISTINCT)
    found = metas[:96], identifiers[:96]
    race(
        "Metas against IDs",
        f"{kind}, 96 pairs",
        [
            ours(found, "match_metas, one thread", 1),
            ours(found, "match_metas, all threads", None),
            one_by_one(reference, found),
        ],
        items=96,
        unit="pair",
    )


def test_many(race: Run) -> None:
    """A hundred thousand in one call; says what they took of memory too."""
    columns = [pairs(kind, DISTINCT) for kind in KINDS]
    metas = [meta for found in zip(*(metas for metas, _ in columns), strict=True) for meta in found]
    texts = [text for found in zip(*(texts for _, texts in columns), strict=True) for text in found]
    times = -(-MANY // len(metas))
    found = ((metas * times)[:MANY], (texts * times)[:MANY])
    match_metas(found[0][:8192], found[1][:8192])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert match_metas(*found).all_ok()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"100,000 pairs: {grown} KB more than 8,192 pairs")
    race(
        "Metas against IDs",
        f"the three kinds in turn, {MANY:,} pairs in one call",
        [ours(found, "match_metas, all threads", None), ours(found, "match_metas, one thread", 1)],
        items=MANY,
        unit="pair",
    )
