"""The tiers of the operations that no other file here compares, beside each other.

    python -m pytest benches/test_tiers.py benches/test_address.py
    python benches/tier_order.py

The second command says whether ``_dispatch.UNITS`` names the fastest tier first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import frames
import signatures
import tiers

from dimp_fast import Identifier, PublicKey, decode_batch, encode, routing_columns, verify_batch

Run = Callable[..., None]

GROUP = "Tiers, one thread"


def test_parse_identifier(race: Run) -> None:
    texts = frames.identifiers()[:256]
    race(
        GROUP,
        "parse an ID",
        tiers.contenders(
            "parse_identifier",
            lambda: lambda: [Identifier.parse(text) for text in texts],
            lambda found: list(map(str, found)) == texts,
        ),
        items=len(texts),
        unit="item",
        operation="parse_identifier",
    )


def test_route(race: Run) -> None:
    texts = frames.identifiers()[:256]
    race(
        GROUP,
        "routing columns, batch 256",
        tiers.contenders(
            "route",
            lambda: lambda: routing_columns(texts, 16),
            lambda columns: not columns.codes.any(),
        ),
        items=len(texts),
        unit="item",
        operation="route",
    )


def test_parse_public_key(race: Run) -> None:
    """As many keys of each sort: points, and PEM of RSA."""
    sources: Sequence[Any] = [sender.meta["key"] for sender in frames.senders()]
    race(
        GROUP,
        "parse a public key, half ECC, half RSA-1024",
        tiers.contenders(
            "parse_public_key",
            lambda: lambda: [PublicKey.parse(source) for source in sources],
            lambda found: {key.algorithm for key in found} == {"ECC", "RSA"},
        ),
        items=len(sources),
        unit="item",
        operation="parse_public_key",
    )


def test_verify_batch(race: Run) -> None:
    """As many signatures of each sort: RSA-1024, ECDSA, Ed25519."""
    sorts = ("RSA-1024", "ECDSA", "Ed25519")
    parts = {sort: signatures.signed(sort).first(signatures.KEYS) for sort in sorts}
    messages = [message for part in parts.values() for message in part.messages]
    signed = [signature for part in parts.values() for signature in part.signatures]

    def make() -> Callable[[], Any]:
        keys = [
            key
            for sort, part in parts.items()
            for key in signatures.parsed(part.keys, signatures.our_key(sort))
        ]
        return lambda: verify_batch(keys, messages, signed, threads=1)

    race(
        GROUP,
        f"verify, batch {len(messages)} of RSA-1024, ECDSA, Ed25519",
        tiers.contenders("verify_batch", make, lambda verdicts: verdicts.all_ok()),
        items=len(messages),
        unit="item",
        operation="verify_batch",
    )


def test_decode_batch(race: Run) -> None:
    items = frames.well_formed(900)
    race(
        GROUP,
        f"decode 900 B, batch {len(items)}",
        tiers.contenders(
            "decode_batch",
            lambda: lambda: decode_batch(items, threads=1),
            lambda batch: batch.verdicts.all_ok(),
        ),
        items=len(items),
        unit="item",
        operation="decode_batch",
    )


def test_encode(race: Run) -> None:
    sources = list(frames.well_formed(900))
    items = [frames.with_bytes(source) for source in sources]
    race(
        GROUP,
        "encode 900 B",
        tiers.contenders(
            "encode", lambda: lambda: [encode(item) for item in items], sources.__eq__
        ),
        items=len(items),
        unit="item",
        operation="encode",
    )
