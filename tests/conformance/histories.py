"""Groups and people for the tests of histories. Throw-away keys; tests only.

The writer is that of the examples, which spells every text by itself.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from making.histories import CHATROOM, POLYLOGUE, START, Chronicle, Head, Member, Records

from dimp_fast import Code, Keyring
from dimp_fast.group import History, HistoryVerdict

__all__ = [
    "CHATROOM", "NOW", "POLYLOGUE", "START", "Chronicle", "Head", "Member", "Records", "crew",
    "founded", "group_of", "keyring", "member", "verdict",
]  # fmt: skip

NOW = START + 100 * 86_400
NAMES = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")


@cache
def member(name: str) -> Member:
    """The same person throughout a run; Ed25519, which signs quickly, but for two of them."""
    return Member(name, {"bob": "ECC", "erin": "RSA"}.get(name, "ED25519"))


@cache
def group_of(founder: str, name: str, network: int) -> tuple[str, dict[str, Any]]:
    return member(founder).group(name, network)


@cache
def keyring() -> Keyring:
    """Everybody, and the groups that Alice founds."""
    everybody = Keyring()
    for name in NAMES:
        assert everybody.add_meta(member(name).id, member(name).meta) is Code.OK
    for network in (CHATROOM, POLYLOGUE, 0x30, 0x10):
        identifier, meta = group_of("alice", "crew", network)
        assert everybody.add_meta(identifier, meta) is Code.OK
    return everybody


def founded(network: int = CHATROOM, name: str = "crew") -> Chronicle:
    """Alice's group after its first block."""
    alice = member("alice")
    identifier, meta = group_of("alice", name, network)
    group = Chronicle(identifier, {identifier: meta})
    group.block(alice, [group.event("found", alice)])
    return group


def crew(*names: str, network: int = CHATROOM) -> Chronicle:
    """Alice's group with these members."""
    group, alice = founded(network), member("alice")
    if names:
        group.block(alice, [group.event("invite", alice, member(name)) for name in names])
    return group


def verdict(group: Chronicle | Records | History, **options: Any) -> HistoryVerdict:
    """What everybody's keyring says; nothing is carried."""
    if isinstance(group, History):
        history = group
    else:
        history = History.parse({k: v for k, v in group.mapping().items() if k != "metas"})
    return history.verify(keyring(), **{"now": NOW, "threads": 1} | options)
