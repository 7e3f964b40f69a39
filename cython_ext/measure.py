"""Time every kernel beside its Python twin: the figures in README.md.

    python cython_ext/measure.py

The two take turns in one process; a figure is the median of the processor time over the rounds. The
Cython tier must have been built. Whole operations, and the other tiers, are measured in benches/.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from dimp_fast import _cython, _python
from dimp_fast._py import address, base58, base64, columns, digest, identity

ROUNDS = 31
SECONDS_A_ROUND = 0.01
BATCH = 1024


def main() -> None:
    """Print one line of the table for each kernel."""
    print("| kernel | input | twin, us | Cython, us | ratio |\n|---|---|---:|---:|---:|")
    for name, what, items, twin, kernel, arguments in cases():
        slow, fast = (1e6 * seconds / items for seconds in take_turns(twin, kernel, arguments))
        print(f"| {name} | {what} | {slow:.3g} | {fast:.3g} | {slow / fast:.1f} |", flush=True)


def cases() -> list[tuple[str, str, int, Callable[..., Any], Callable[..., Any], tuple[Any, ...]]]:
    """Name, input, items in a call, twin, kernel, arguments."""
    fingerprints = [os.urandom(128) for _ in range(BATCH)]
    points = [os.urandom(64) for _ in range(16)]
    btc = address.derive_addresses(fingerprints, b"\x08")
    eth = address.derive_eth_addresses(points)
    payload = b"\x08" + os.urandom(24)
    signature = base64.encode(os.urandom(128))
    body = base64.encode(os.urandom(512))
    identifiers = [f"hulk@{text}/phone" for text in btc]
    named = f"\u4e16\u754c@{btc[0]}"
    batch = f"{BATCH} at once"
    digests = os.urandom(20 * BATCH)
    numbers = os.urandom(4 * BATCH)
    names = ["hulk", None] * (BATCH // 2)
    chinese = ["\u4e16\u754c"] * BATCH
    terminals = ["phone", None, "pad", None] * (BATCH // 4)
    return [
        ("`base58_encode`", "25 bytes", 1, base58.encode, _cython.base58_encode, (payload,)),
        ("`base58_decode`", "34 characters", 1, base58.decode, _cython.base58_decode, (btc[0],)),
        ("`ripemd160`", "32 bytes, twin on hashlib", 1,
         digest.ripemd160, _cython.ripemd160, (points[0][:32],)),
        ("`ripemd160`", "32 bytes, twin without hashlib", 1,
         digest.ripemd160_in_python, _cython.ripemd160, (points[0][:32],)),
        ("`keccak256`", "64 bytes", 1, digest.keccak256, _cython.keccak256, (points[0],)),
        ("`derive_addresses`", f"128 bytes, {batch}", BATCH,
         address.derive_addresses, _cython.derive_addresses, (fingerprints, b"\x08", 1)),
        ("`derive_addresses`", "128 bytes, one", 1,
         address.derive_addresses, _cython.derive_addresses, (fingerprints[:1], b"\x08", 1)),
        ("`format_addresses`", batch, BATCH,
         address.format_addresses, _cython.format_addresses, (digests, b"\x08")),
        ("`derive_eth_addresses`", "16 at once", 16,
         address.derive_eth_addresses, _cython.derive_eth_addresses, (points, 1)),
        ("`parse_addresses`", f"BTC style, {batch}", BATCH,
         address.parse_addresses, _cython.parse_addresses, (btc, 1)),
        ("`parse_addresses`", "ETH style, 16 at once", 16,
         address.parse_addresses, _cython.parse_addresses, (eth, 1)),
        ("`parse_address`", "BTC style", 1,
         address.parse_address, _cython.parse_address, (btc[0],)),
        ("`decode_transportable`", "172 characters", 1,
         base64.decode_transportable, _cython.decode_transportable, (signature,)),
        ("`decode_transportable`", "684 characters", 1,
         base64.decode_transportable, _cython.decode_transportable, (body,)),
        ("`decode_transportable`", "684 characters, data URI", 1,
         base64.decode_transportable, _cython.decode_transportable,
         (f"data:text/plain;base64,{body}",)),
        ("`decode_transportable`", "684 characters and a line break", 1,
         base64.decode_transportable, _cython.decode_transportable, (body + "\n",)),
        ("`split_identifier`", "name and terminal", 1,
         identity.split, _cython.split_identifier, (identifiers[0],)),
        ("`split_identifier`", "Chinese name", 1,
         identity.split, _cython.split_identifier, (named,)),
        ("`parse_identifier`", "name and terminal", 1,
         _python.parse_identifier, _cython.parse_identifier, (identifiers[0],)),
        ("`parse_identifier`", "Chinese name", 1,
         _python.parse_identifier, _cython.parse_identifier, (named,)),
        ("`parse_identifiers`", f"name and terminal, {batch}", BATCH,
         identity.parse_identifiers, _cython.parse_identifiers, (identifiers, 1)),
        ("`join_identifiers`", batch, BATCH,
         columns.join_identifiers, _cython.join_identifiers, (names, btc, terminals)),
        ("`join_identifiers`", f"Chinese names, {batch}", BATCH,
         columns.join_identifiers, _cython.join_identifiers, (chinese, btc, terminals)),
        ("`number_texts`", batch, BATCH,
         columns.number_texts, _cython.number_texts, (numbers,)),
        ("`route`", batch, BATCH, columns.route, _cython.route, (identifiers, 64)),
    ]  # fmt: skip


def take_turns(
    twin: Callable[..., Any], kernel: Callable[..., Any], arguments: tuple[Any, ...]
) -> tuple[float, float]:
    """Median seconds of a call of each."""
    assert twin(*arguments) == kernel(*arguments)
    repeats = [max(1, int(SECONDS_A_ROUND / seconds(f, arguments, 3))) for f in (twin, kernel)]
    rounds = [
        (seconds(twin, arguments, repeats[0]), seconds(kernel, arguments, repeats[1]))
        for _ in range(ROUNDS)
    ]
    slow, fast = zip(*rounds, strict=True)
    return statistics.median(slow), statistics.median(fast)


def seconds(function: Callable[..., Any], arguments: tuple[Any, ...], repeats: int) -> float:
    """Seconds of processor time of a call, over `repeats` of them."""
    start = time.thread_time()
    for _ in range(repeats):
        function(*arguments)
    return (time.thread_time() - start) / repeats


if __name__ == "__main__":
    main()
