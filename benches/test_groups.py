"""Histories of groups: all signatures of many blocks at once, beside one by one.

    python -m pytest benches/test_groups.py

A chatroom of 101 members who all vote for every block, ECC. Parsing is not in the figures; looking
up keys, merkle roots and judging the blocks are. ``benches/groups.py`` does the same once with
10,000 blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import groups
import pytest
import tiers
from harness import Contender
from sizes import slow

from dimp_fast import Code, _dispatch
from dimp_fast.group import History

VOTERS = 100

Run = Callable[..., None]


def accepted(verdict: Any) -> bool:
    return verdict.code is Code.OK


@pytest.mark.parametrize("blocks", [1, slow(30)])
def test_verify(race: Run, blocks: int) -> None:
    made = groups.big(blocks, VOTERS)
    history, keyring = History.parse(made.mapping), made.keyring
    race(
        "Histories of groups, one thread",
        f"{blocks} blocks with {VOTERS} votes each",
        [
            Contender(
                "History.verify",
                lambda: history.verify(keyring, now=groups.NOW, threads=1),
                accepted,
            ),
            Contender(
                "one by one",
                lambda: history._verify(keyring, None, groups.NOW, groups.one_by_one, 1),
                accepted,
            ),
            Contender(
                "one by one with pyca/cryptography",
                lambda: history._verify(keyring, None, groups.NOW, groups.by_pyca, 1),
                accepted,
            ),
        ],
        items=made.signatures,
        unit="signature",
    )


def test_from_a_checkpoint(race: Run) -> None:
    """What a node does when a block has come, beside judging the whole history again."""
    made = groups.big(30, VOTERS)
    history, keyring = History.parse(made.mapping), made.keyring
    before = History.parse({**made.mapping, "blocks": made.mapping["blocks"][:-1]})
    checkpoint = before.verify(keyring, now=groups.NOW).checkpoint
    race(
        "One more block of a history, one thread",
        f"30 blocks with {VOTERS} votes each",
        [
            Contender(
                "from a checkpoint",
                lambda: history.verify(keyring, checkpoint, now=groups.NOW, threads=1),
                accepted,
            ),
            Contender(
                "all again", lambda: history.verify(keyring, now=groups.NOW, threads=1), accepted
            ),
        ],
        items=1,
        unit="block",
    )


@pytest.mark.parametrize("leaves", [1, 256])
def test_merkle_roots(race: Run, leaves: int) -> None:
    texts = [b"x" * 400] * 1024
    counts = [leaves] * (len(texts) // leaves)
    wanted = tiers.dispatcher("python")
    root = None if wanted is None else wanted.operation("merkle_roots")(texts, counts, 1)
    race(
        "Tiers, one thread",
        f"merkle roots of trees of {leaves}",
        tiers.contenders(
            "merkle_roots",
            lambda: lambda: _dispatch.operation("merkle_roots")(texts, counts, 1),
            lambda found: found == root,
        ),
        items=len(texts),
        unit="leaf",
        operation="merkle_roots",
    )
