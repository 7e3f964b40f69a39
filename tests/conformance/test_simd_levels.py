"""semantics.md: address-1 to address-4, id-1 to id-3, base64-1, sig-1, rsa-1, ecdsa-1, ed25519-1,
meta-3: whatever SIMD level this CPU may use, the answers are those of the Python twin.

Every operation that has kernels runs at every level up to that of this CPU. The summary of the run
names the levels above it. How each kernel behaves lane by lane is the business of the Rust tests.
"""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

import data_sets
import simd_levels
from dimp_fast import _dispatch, _python, backend_info

LEVELS = tuple(reversed(_dispatch.SIMD_LEVELS))
HERE = LEVELS[: LEVELS.index(backend_info()["cpu"]["simd"]) + 1]
SIZES = (*range(41), 47, 48, 49, 63, 64, 65)
"""Batches around every number of lanes, and around several of them."""

NOISE = random.Random(7)

rust: Any = _dispatch.current().load("rust")
if rust is None:
    pytest.skip("only the Rust tier has SIMD levels", allow_module_level=True)


@pytest.fixture(params=HERE)
def level(request: pytest.FixtureRequest) -> Iterator[str]:
    """The level that the Rust tier is held to during the test."""
    with simd_levels.capped(request.param):
        assert rust.runtime()["simd"]["active"] == request.param
        yield request.param


def fingerprints(size: int, lengths: tuple[int, ...]) -> list[bytes]:
    return [NOISE.randbytes(NOISE.choice(lengths)) for _ in range(size)]


@pytest.mark.parametrize("lengths", [(128,), (33, 65, 128), (0, 1, 55, 56, 63, 64, 65, 400)])
def test_addresses_are_derived_alike(level: str, lengths: tuple[int, ...]) -> None:
    for size in SIZES:
        items = fingerprints(size, lengths)
        for networks in (b"\0", b"\x08", NOISE.randbytes(size)):
            if len(networks) in (1, size):
                wanted = _python.derive_addresses(items, networks, 1)
                assert rust.derive_addresses(items, networks, 1) == wanted


def test_eth_addresses_are_derived_alike(level: str) -> None:
    for size in SIZES[:20]:
        points = [NOISE.randbytes(64) for _ in range(size)]
        wanted = _python.derive_eth_addresses(points, 1)
        assert rust.derive_eth_addresses(points, 1) == wanted


def test_digests_are_formatted_alike(level: str) -> None:
    for size in SIZES:
        digests = NOISE.randbytes(20 * size)
        assert rust.format_addresses(digests, b"\x10") == _python.format_addresses(digests, b"\x10")


def some_texts(size: int, bad: float) -> list[str]:
    """Addresses of every form, of which a share was changed somewhere."""
    texts = _python.derive_addresses(fingerprints(size, (20,)), NOISE.randbytes(size), 1)
    eth = _python.derive_eth_addresses([NOISE.randbytes(64) for _ in range(size // 4)], 1)
    texts[: len(eth)] = eth
    NOISE.shuffle(texts)
    for index, text in enumerate(texts):
        if NOISE.random() < bad:
            place = NOISE.randrange(len(text))
            texts[index] = text[:place] + NOISE.choice("1zl0O\x80\ud800 ") + text[place + 1 :]
    return texts


@pytest.mark.parametrize("bad", [0, 0.1, 0.6, 1])
def test_addresses_are_read_alike(level: str, bad: float) -> None:
    for size in SIZES:
        texts = some_texts(size, bad)
        assert rust.parse_addresses(texts, 1) == _python.parse_addresses(texts, 1)


def test_identifiers_are_read_and_routed_alike(level: str) -> None:
    for size in SIZES:
        texts = some_texts(size, 0.2)
        for index, text in enumerate(texts):
            texts[index] = NOISE.choice(("{}", "name@{}", "name@{}/pad", "@{}", "{}/")).format(text)
        wanted = [_python.parse_identifier(text) for text in texts]
        assert rust.parse_identifiers(texts, 1) == wanted
        assert rust.route(texts, 17) == _python.route(texts, 17)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_share_a_batch_alike(level: str, threads: int) -> None:
    items = fingerprints(3000, (33, 65, 128))
    texts = rust.derive_addresses(items, b"\x08", threads)
    assert texts == _python.derive_addresses(items, b"\x08", 1)
    assert rust.parse_addresses(texts, threads) == _python.parse_addresses(texts, 1)


def test_base64_is_read_alike(level: str) -> None:
    for size in (*range(100), 683, 684, 685):
        text = base64.b64encode(NOISE.randbytes(size)).decode("ascii")
        place = NOISE.randrange(len(text) + 1)
        for spelling in (text, text[:place] + "!" + text[place + 1 :], text[:-1]):
            assert rust.base64_decode(spelling) == _python.base64_decode(spelling)


SIGNATURES: dict[str, Callable[[], Iterator[data_sets.SignatureCase]]] = {
    "wycheproof_rsa": data_sets.wycheproof_rsa,
    "rsa1024": data_sets.rsa1024,
    "rsa_sizes": data_sets.rsa_sizes,
    "wycheproof_ecdsa": data_sets.wycheproof_ecdsa,
    "ecdsa_edge": data_sets.ecdsa_edge,
    "wycheproof_ed25519": data_sets.wycheproof_ed25519,
    "ed25519_edge": data_sets.ed25519_edge,
}


Row = tuple[str, bytes, bytes, bytes]
"""Algorithm and canonical data of a key, message, signature."""


@cache
def rows(collection: str) -> list[Row]:
    """The cases whose keys parse, shuffled."""
    found = []
    for case in SIGNATURES[collection]():
        try:
            algorithm, data, _ = _python.parse_public_key(case.key_der)
        except ValueError:
            continue
        found.append((algorithm, data, case.message, case.signature))
    NOISE.shuffle(found)
    return found


@cache
def judged(row: Row) -> int:
    """The verdict of the Python twin."""
    algorithm, data, message, signature = row
    return _python.VerifyKey(algorithm, data).verify(message, signature)


@pytest.mark.parametrize("collection", SIGNATURES)
def test_signatures_are_judged_alike(level: str, collection: str) -> None:
    """Keys come again and again: one that does may be served otherwise than a new one."""
    cases = rows(collection)
    keys = {key: rust.VerifyKey(*key) for key in {row[:2] for row in cases}}
    for size in (1, 7, 8, 9, 16, 17, len(cases), 3 * len(cases)):
        part = (cases * 3)[:size]
        verdicts = rust.verify_batch(
            [keys[row[:2]] for row in part], [row[2] for row in part], [row[3] for row in part], 1
        )
        assert list(verdicts) == [judged(row) for row in part]


@pytest.mark.parametrize("level", _dispatch.SIMD_LEVELS)
def test_the_environment_caps_the_level_of_every_operation(level: str) -> None:
    code = "import dimp_fast as d, json; print(json.dumps(d.backend_info()))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path), "DIMP_FAST_SIMD": level},
        capture_output=True,
        text=True,
        check=True,
    )
    info = json.loads(done.stdout)
    most = min(LEVELS.index(level), LEVELS.index(HERE[-1]))
    assert info["cpu"]["simd"] == LEVELS[most]
    used = [
        LEVELS.index(row["simd"]) for row in info["operations"].values() if row["simd"] in LEVELS
    ]
    assert max(used, default=0) == most
