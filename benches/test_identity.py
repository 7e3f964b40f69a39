"""Identities: many (meta, ID) pairs in one call, and folders of accounts.

    python -m pytest benches/test_identity.py

Metas as mappings, as they come from a file or a wire: JSON, base64 and the parsing of keys are in
the figure. Three kinds of account take turns: ECC and RSA-1024 by fingerprint, ECC by address.
Beside us the reference checks one by one, in a process of its own and by that process's clocks; it
has its pairs before, as mappings too. Where ``dimples`` is not installed, the races with it are
skipped.
"""

from __future__ import annotations

import json
import resource
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from harness import Contender
from reference_stack import RSA_ACCEPTS, Reference, started

from dimp_fast import (
    AccountFolder,
    Document,
    Keyring,
    Meta,
    PrivateKey,
    Verdicts,
    match_metas,
)

DISTINCT = 768
MANY = 100_000
BESIDE = 192
ACCOUNTS = 2_000
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
def reference() -> Iterator[Reference]:
    with started() as found:
        yield found


def one_by_one(reference: Reference, found: Pairs) -> Contender:
    pairs = list(zip(found[1], found[0], strict=True))
    has_rsa = any(meta["key"]["algorithm"] == "RSA" for meta in found[0][:BESIDE])
    lacks = RSA_ACCEPTS if has_rsa else ""
    return reference.contender("match_metas", pairs, most=BESIDE, lacks=lacks)


@pytest.mark.parametrize("kind", KINDS)
def test_reference(race: Run, reference: Reference, kind: str) -> None:
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
        clocks=reference.clocks,
    )


@pytest.mark.slow
def test_many(race: Run, reference: Reference) -> None:
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
        [
            ours(found, "match_metas, all threads", None),
            ours(found, "match_metas, one thread", 1),
            one_by_one(reference, found),
        ],
        items=MANY,
        unit="pair",
        clocks=reference.clocks,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Accounts as a station keeps them, each with a visa; ECC and RSA-1024 in turn."""
    place = tmp_path_factory.mktemp("accounts")
    store = AccountFolder(place, create=True)
    for number in range(ACCOUNTS):
        if number % 16 == 0:
            keys = PrivateKey.generate("ECC"), PrivateKey.generate("RSA", bits=1024)
        key = keys[number % 2]
        meta = Meta.generate("mkm", key, f"user-{number}")
        identifier = meta.generate_id()
        visa = Document.create(identifier, "visa", {"name": f"User {number}"}).sign(key)
        (place / "public" / identifier.address).mkdir()
        for file, content in (("meta.js", meta), ("documents.js", visa)):
            Path(store.path(identifier.address, file)).write_text(json.dumps(content.to_dict()))
    return place


@pytest.mark.slow
def test_folder(race: Run, folder: Path) -> None:
    """All accounts at the start; the system has the files in its cache."""
    race(
        "Loading accounts",
        f"a folder of {ACCOUNTS:,}, ECC and RSA-1024 in turn, a meta and a visa each",
        [
            Contender(
                "Keyring.load",
                lambda: Keyring().load(folder),
                lambda report: (
                    (report.accounts, report.documents, report.refused) == (ACCOUNTS, ACCOUNTS, [])
                ),
            )
        ],
        items=ACCOUNTS,
        unit="account",
    )
