"""A small group for tests: alice owns it; commands at chosen moments."""

from __future__ import annotations

from functools import cache
from typing import Any

from people import Person

from dimp_fast import Code, Document, EntityType, Identifier, Keyring, Meta, PrivateKey
from dimp_fast.content import Command, GroupCommand
from dimp_fast.group import Polylogue, PolylogueState

NAMES = ("alice", "bob", "carol", "dave", "erin", "frank", "grace")
START = 1_700_000_000.0
"""When the group was made; commands name seconds since then."""


@cache
def one(name: str) -> Person:
    return Person(name, PrivateKey.generate("ECC"))


@cache
def crew_meta() -> Meta:
    return Meta.generate(1, one("alice").identity, "crew")


def crew(network: int = EntityType.GROUP) -> Identifier:
    return crew_meta().generate_id(network)


def ids(*names: str) -> list[str]:
    return [str(one(name).id) for name in names]


def bulletin(*administrators: str, at: float = 0, **properties: Any) -> Document:
    says = {"founder": str(one("alice").id), "administrators": ids(*administrators), **properties}
    says = {name: value for name, value in says.items() if value is not None}
    draft = Document.create(crew(), "bulletin", says)
    return draft.sign(one("alice").identity, time=START + at)


def fresh() -> Polylogue:
    """The group for somebody who knows everybody's meta and no bulletin."""
    keyring = Keyring()
    for name in NAMES:
        one(name).enter(keyring)
    assert keyring.add_meta(crew(), crew_meta()) is Code.OK
    return Polylogue(crew(), keyring)


def group(*members: str, administrators: tuple[str, ...] = ()) -> Polylogue:
    """The group after its first reset, at 1."""
    made = fresh()
    assert made.apply(bulletin(*administrators)) is Code.OK
    assert say(made, "alice", "reset", *(members or ("alice", "bob", "carol")), at=1) is Code.OK
    return made


def command(name: str, *members: str, at: float, **fields: Any) -> GroupCommand:
    """Of any name, in the order of fields of a client."""
    about = {"members": ids(*members)} if members else {}
    made = {"type": 137, "sn": 1, "time": START + at, "command": name, "group": str(crew())}
    parsed = Command.parse({**made, **about, **fields})
    assert isinstance(parsed, GroupCommand)
    return parsed


def say(to: Polylogue, who: str, name: str, *members: str, at: float, **fields: Any) -> Code:
    return to.apply(command(name, *members, at=at, **fields), one(who).id)


def state(of: Polylogue) -> PolylogueState:
    found = of.state
    assert found is not None
    return found


def names(identifiers: tuple[Identifier, ...]) -> list[str]:
    return [str(identifier.name) for identifier in identifiers]


def members(of: Polylogue) -> list[str]:
    return names(state(of).members)


def administrators(of: Polylogue) -> list[str]:
    return names(state(of).administrators)


def pending(of: Polylogue) -> list[tuple[str, str]]:
    return [(str(one.user.name), str(one.by.name)) for one in state(of).pending]
