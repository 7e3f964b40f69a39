"""A small group whose members run our client and the reference's: after each step of its life both
say who is in it (docs/semantics.md#poly-4 to #poly-7, #poly-11)."""

from __future__ import annotations

from typing import Any

import pytest
from people import Person
from world import World

from dimp_fast import (
    Code,
    Document,
    EntityType,
    Identifier,
    Meta,
    decode,
    encode,
    open_message,
    seal,
)
from dimp_fast.content import (
    Content,
    DocumentsCommand,
    ExpelCommand,
    ForwardContent,
    InviteCommand,
    JoinCommand,
    QueryCommand,
    QuitCommand,
    ResetCommand,
    ResignCommand,
)
from dimp_fast.group import Polylogue


class Sides(World):
    """Both sides of one group."""

    def __init__(self, reference: Any) -> None:
        super().__init__(reference)
        self.group: Polylogue

    # Ours.

    def we_say(self, sender: Person, content: Content, receiver: Identifier) -> list[bytes]:
        """Content of ours in a sealed message; what the reference's client does and answers."""
        message = seal(
            content.to_wire(), sender=sender.user(), receivers=receiver, keyring=self.keyring
        )
        answer = self.ask("obey", receiver=str(receiver), package=encode(message).decode())
        return [package.encode() for package in answer["packages"]]

    def we_issue(self, sender: Person, command: Any, receiver: Identifier) -> None:
        """A command of ours, handed over alone as the reference hands on an invitation."""
        message = self.group.issue(command, sender.user())
        self.we_say(sender, ForwardContent.create(secrets=[message]), receiver)

    def we_reset(self, sender: Person, members: list[Identifier], receiver: Identifier) -> None:
        command = ResetCommand.create(group=self.group.identifier, members=members)
        self.group.issue(command, sender.user())
        self.we_say(sender, self.group.bundle(sender.user()), receiver)

    # Theirs.

    def they_do(self, user: Identifier, action: str, **request: Any) -> list[bytes]:
        request = {"group": str(self.group.identifier), **request}
        answer = self.ask("manage", user=str(user), action=action, **request)
        assert answer["done"] is True
        return [package.encode() for package in answer["packages"]]

    def we_obey(self, reader: Person, packages: list[bytes]) -> list[Code]:
        """What is for one of ours among the packages, applied."""
        return [code for one in packages for code in self.obeyed(self.group, reader, one)]

    def obeyed(self, group: Polylogue, reader: Person, package: bytes) -> list[Code]:
        if not decode(package).receiver.is_same_as(reader.id):
            return []
        opened = open_message(package, users=reader.user(), keyring=self.keyring)
        content = Content.parse(opened.content)
        if isinstance(content, ForwardContent):
            return list(group.apply_all(content.secrets or ()))
        return [group.apply(opened)] if isinstance(content, DocumentsCommand) else []

    def they_say(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.ask("roll", group=str(self.group.identifier))
        return answer

    def both_say(self, *members: Identifier, **roles: Any) -> None:
        """Both agree, and on this."""
        state = self.group.state
        assert state is not None
        ours = {
            "owner": str(state.owner),
            "members": list(map(str, state.members)),
            "administrators": list(map(str, state.administrators)),
            "pending": [[str(one.user), str(one.by)] for one in state.pending],
        }
        assert ours == self.they_say()
        assert ours["members"] == list(map(str, members))
        for role in ("administrators", "pending"):
            assert ours[role] == roles.get(role, [])


@pytest.fixture
def world(reference: Any) -> Sides:
    return Sides(reference)


def test_poly_a_group_of_ours(world: Sides) -> None:
    alice, erin = world.our("alice"), world.our("erin")
    bob, carol, dave = map(world.their, ("bob", "carol", "dave"))
    meta = Meta.generate(1, alice.identity, "our-crew")
    crew = meta.generate_id(EntityType.GROUP)
    draft = Document.create(crew, "bulletin", {"name": "Crew", "founder": str(alice.id)})
    told = DocumentsCommand.create(did=crew, meta=meta, documents=[draft.sign(alice.identity)])
    world.group = Polylogue(crew, world.keyring)
    assert world.group.apply(told) is Code.OK

    # Created by a reset; the bundle is all that a client needs.
    world.we_reset(alice, [alice.id, bob, carol, dave], bob)
    world.both_say(alice.id, bob, carol, dave)

    # A member of theirs invites one of ours; that waits on both sides.
    packages = world.they_do(bob, "invite", members=[str(erin.id)])
    assert world.we_obey(alice, packages) == [Code.OK]
    waiting = [[str(erin.id), str(bob)]]
    world.both_say(alice.id, bob, carol, dave, pending=waiting)

    # Let in by a reset; "expel" is one too, and the command of that name is nobody's.
    world.we_reset(alice, [alice.id, bob, carol, dave, erin.id], bob)
    world.both_say(alice.id, bob, carol, dave, erin.id)
    expel = ExpelCommand.create(group=crew, members=[dave])
    assert world.group.apply(expel, alice.id) is Code.FORBIDDEN
    world.we_say(alice, expel, bob)
    world.both_say(alice.id, bob, carol, dave, erin.id)
    world.we_reset(alice, [alice.id, bob, carol, erin.id], bob)
    world.both_say(alice.id, bob, carol, erin.id)

    # The owner's document names administrators; one of theirs lets somebody in by a reset.
    draft.set("administrators", [str(bob), str(erin.id)])
    told = DocumentsCommand.create(did=crew, documents=[draft.sign(alice.identity)])
    assert world.group.apply(told) is Code.OK
    world.we_say(alice, told, bob)
    staff = [str(bob), str(erin.id)]
    world.both_say(alice.id, bob, carol, erin.id, administrators=staff)
    packages = world.they_do(bob, "invite", members=[str(dave)])
    assert world.we_obey(alice, packages) == [Code.OK, Code.OK]
    world.both_say(alice.id, bob, carol, erin.id, dave, administrators=staff)

    # An administrator of ours invites at once, resigns, and quits; a member of theirs quits.
    frank = world.our("frank")
    world.we_issue(erin, InviteCommand.create(group=crew, members=[frank.id]), bob)
    world.both_say(alice.id, bob, carol, erin.id, dave, frank.id, administrators=staff)
    assert world.group.apply(QuitCommand.create(group=crew), erin.id) is Code.FORBIDDEN
    world.we_say(erin, QuitCommand.create(group=crew), bob)
    world.both_say(alice.id, bob, carol, erin.id, dave, frank.id, administrators=staff)
    packages = world.they_do(carol, "quit")
    assert world.we_obey(alice, packages) == [Code.OK]
    world.both_say(alice.id, bob, erin.id, dave, frank.id, administrators=staff)

    # The owner fires, and resets.
    draft.set("administrators", [])
    told = DocumentsCommand.create(did=crew, documents=[draft.sign(alice.identity)])
    assert world.group.apply(told) is Code.OK
    world.we_reset(alice, [alice.id, bob, carol], bob)
    world.both_say(alice.id, bob, carol)


def test_poly_a_group_of_theirs(world: Sides) -> None:
    alice, erin, frank = map(world.our, ("alice-2", "erin-2", "frank-2"))
    bob, carol, dave = map(world.their, ("bob-2", "carol-2", "dave-2"))
    answer = world.ask(
        "manage",
        user=str(bob),
        action="create",
        members=[str(one) for one in (bob, alice.id, carol, erin.id)],
    )
    crew = Identifier.parse(answer["group"])
    world.group = Polylogue(crew, world.keyring)
    packages = [package.encode() for package in answer["packages"]]
    assert world.we_obey(alice, packages) == [Code.OK, Code.OK], "documents, reset"
    world.both_say(bob, alice.id, carol, erin.id)

    # A member of ours invites, an outsider of ours asks: both wait.
    world.we_issue(alice, InviteCommand.create(group=crew, members=[dave]), bob)
    world.we_issue(frank, JoinCommand.create(group=crew), bob)
    waiting = [[str(dave), str(alice.id)], [str(frank.id), str(frank.id)]]
    world.both_say(bob, alice.id, carol, erin.id, pending=waiting)

    # Their owner makes ours an administrator, who resets and resigns.
    packages = world.they_do(bob, "administrators", members=[str(alice.id)])
    assert world.we_obey(alice, packages) == [Code.OK]
    staff = [str(alice.id)]
    world.both_say(bob, alice.id, carol, erin.id, pending=waiting, administrators=staff)
    world.we_reset(alice, [bob, alice.id, carol, erin.id, dave], bob)
    world.both_say(bob, alice.id, carol, erin.id, dave, administrators=staff)
    world.we_issue(alice, ResignCommand.create(group=crew), bob)
    world.both_say(bob, alice.id, carol, erin.id, dave)

    # One of ours quits, their owner takes one of theirs out, and resets again.
    world.we_issue(erin, QuitCommand.create(group=crew), bob)
    world.both_say(bob, alice.id, carol, dave)
    packages = world.they_do(bob, "expel", members=[str(carol)])
    assert set(world.we_obey(alice, packages)) == {Code.OK}
    world.both_say(bob, alice.id, dave)
    packages = world.they_do(bob, "reset", members=[str(bob), str(alice.id), str(frank.id)])
    assert set(world.we_obey(alice, packages)) == {Code.OK}
    world.both_say(bob, alice.id, frank.id)

    # A newcomer of ours asks, and gets all of it.
    newcomer = Polylogue(crew, world.keyring)
    packages = world.we_say(frank, QueryCommand.create(group=crew), bob)
    codes = [code for package in packages for code in world.obeyed(newcomer, frank, package)]
    assert set(codes) == {Code.OK}
    assert newcomer.state == world.group.state
