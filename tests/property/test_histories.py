"""Histories against a small model, under mutation, and on many nodes (docs/semantics.md#hist-11,
#hist-12, #hist-13, #hist-18).

``DIMP_FAST_TEST_SCHEDULES`` says how many random schedules of nodes are run.
"""

from __future__ import annotations

import copy
import itertools
import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pytest
from histories import (
    CHATROOM,
    NAMES,
    NOW,
    POLYLOGUE,
    Chronicle,
    Head,
    Records,
    crew,
    founded,
    group_of,
    member,
    verdict,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from making.histories import b64

from dimp_fast import Code, DimError, Keyring, Meta
from dimp_fast.group import Checkpoint, History, merge

# -- a model ---------------------------------------------------------------------------------------


@dataclass
class Model:
    """A group as sentences: who is in, who is the boss, who helps. Knows no signature."""

    is_chatroom: bool
    inside: list[str] = field(default_factory=lambda: ["alice"])
    boss: str = "alice"
    helpers: set[str] = field(default_factory=set)
    title: str | None = None

    def allows(self, command: str, by: str, about: str | None) -> bool:
        if command == "join":
            return by not in self.inside
        if by not in self.inside:
            return False
        plain = [one for one in self.inside if one != self.boss and one not in self.helpers]
        if command == "invite":
            return about not in self.inside
        if command == "quit":
            return by in plain
        if command == "resign":
            return by in self.helpers
        if command == "expel" and by in self.helpers:
            return about in plain
        if command == "name":
            return True
        if by != self.boss:
            return False
        if command == "expel":
            return about in plain
        if command == "abdicate":
            return about in self.inside and about != by
        if command == "hire":
            return self.is_chatroom and about in plain
        return command == "fire" and about in self.helpers

    def does(self, command: str, by: str, about: str | None, title: str | None) -> None:
        if command in ("join", "invite"):
            self.inside.append(about or by)
        elif command in ("quit", "expel"):
            self.inside.remove(about or by)
        elif command == "name":
            self.title = title
        elif command == "hire":
            self.helpers.add(str(about))
        elif command == "abdicate":
            self.boss = str(about)
            self.helpers.discard(self.boss)
        else:
            self.helpers.remove(about or by)

    def allows_all(self, wishes: list[Wish]) -> bool:
        after = copy.deepcopy(self)
        for wish in wishes:
            if not after.allows(*wish[:3]):
                return False
            after.does(*wish)
        return True


Wish = tuple[str, str, "str | None", "str | None"]
PEOPLE = NAMES[:6]
ABOUT = ("abdicate", "invite", "expel", "hire", "fire")
people = st.sampled_from(PEOPLE)


@st.composite
def wishes(draw: st.DrawFn) -> Wish:
    command = draw(st.sampled_from((*ABOUT, "join", "quit", "name", "resign", "invite", "join")))
    title = draw(st.text(max_size=5)) if command == "name" else None
    return command, draw(people), draw(people) if command in ABOUT else None, title


class Life(RuleBasedStateMachine):
    """Random blocks by random people with random votes; the verdict is what the model says."""

    @initialize(is_chatroom=st.booleans())
    def begin(self, is_chatroom: bool) -> None:
        self.model = Model(is_chatroom)
        self.group = founded(CHATROOM if is_chatroom else POLYLOGUE)
        self.past: list[str] = []
        self.checkpoint: Checkpoint | None = None

    @rule(
        wanted=st.lists(wishes(), min_size=1, max_size=3),
        voters=st.sets(people),
        usurper=st.none() | st.none() | people,
    )
    def block(self, wanted: list[Wish], voters: set[str], usurper: str | None) -> None:
        model, group = self.model, self.group
        recorder = usurper or model.boss
        events = [
            group.event(
                command, member(by), None if about is None else member(about),
                name=title, time=group.head.time + number,
            )
            for number, (command, by, about, title) in enumerate(wanted)
        ]  # fmt: skip
        is_allowed = recorder == model.boss and model.allows_all(wanted)
        electorate = set(model.inside)
        others = voters - {recorder}
        is_carried = 2 * len((others & electorate) | {recorder}) > len(electorate)
        found = self.tried(recorder, events, others)
        if not is_allowed:
            assert found.code is Code.FORBIDDEN
        elif others - electorate:
            assert {one.voter for one in found.refused} == {
                str(member(one)) for one in others - electorate
            }
        else:
            assert found.code is (Code.OK if is_carried else Code.UNCONFIRMED)
        is_taken = is_allowed and is_carried
        assert (found.accepted == len(group.entries)) is is_taken
        if is_taken:
            for wish in wanted:
                model.does(*wish)
            self.past += events
            # Votes that were none are gone from what is kept.
            group.entries[-1]["votes"] = {
                voter: b64(vote) for voter, [vote] in found.history.blocks[-1].votes.items()
            }
        else:
            self.forget()

    @precondition(lambda self: self.past)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        event = data.draw(st.sampled_from(self.past))
        found = self.tried(self.model.boss, [event], set(self.model.inside) - {self.model.boss})
        assert found.code is Code.EXPIRED
        self.forget()

    @rule()
    def note(self) -> None:
        self.checkpoint = verdict(self.group).checkpoint

    def tried(self, recorder: str, events: list[str], voters: set[str]) -> Any:
        self.before = self.group.head
        self.group.block(member(recorder), events, map(member, sorted(voters)))
        return verdict(self.group)

    def forget(self) -> None:
        del self.group.entries[-1]
        self.group.head = self.before

    @invariant()
    def agrees(self) -> None:
        for checkpoint in {id(one): one for one in (None, self.checkpoint)}.values():
            found = verdict(self.group, checkpoint=checkpoint)
            assert found.code is Code.OK
            state = found.state
            assert state is not None
            assert state.members == tuple(member(one).id for one in self.model.inside)
            assert state.owner == member(self.model.boss).id
            assert set(state.administrators) == {member(one).id for one in self.model.helpers}
            assert state.name == self.model.title


Life.TestCase.settings = settings(stateful_step_count=15, deadline=None)
TestLife = pytest.mark.filterwarnings("default")(Life.TestCase)


# -- mutation --------------------------------------------------------------------------------------


def valid() -> dict[str, Any]:
    """A history in which everybody whose meta it carries has signed something."""
    group = crew("bob", "carol")
    alice, bob, carol = map(member, ("alice", "bob", "carol"))
    group.block(alice, [group.event("hire", alice, bob), group.event("name", carol, name="x")],
                [bob, carol])  # fmt: skip
    group.block(alice, [group.event("expel", bob, carol)], [carol, bob])
    group.metas |= {str(one): one.meta.to_dict() for one in (alice, bob, carol)}
    return group.mapping()


NOT_SIGNED = ("version", "mode", "padding", "digest", "keySize", "curve")
"""What a meta says of itself that proves nothing and changes nothing (META-1, KEY-1)."""

Path = tuple[Any, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every field, those of the texts in texts too."""
    yield path, value
    if isinstance(value, dict):
        items: Any = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    elif isinstance(value, str) and value.startswith("{"):
        yield from leaves(json.loads(value), (*path, "{}"))
        return
    else:
        return
    for name, item in items:
        if not (path[:1] == ("metas",) and len(path) >= 2 and name in NOT_SIGNED):
            yield from leaves(item, (*path, name))


def replaced(value: Any, path: Path, change: Any) -> Any:
    if not path:
        return change(value)
    name, *rest = path
    if name == "{}":
        return json.dumps(replaced(json.loads(value), tuple(rest), change))
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[name] = replaced(value[name], tuple(rest), change)
    return changed


def mutants(value: Any, others: list[Any]) -> Iterator[Any]:
    """Other values for a field."""
    yield from (None, [], {}, 0, "", -1, True, "x", 1.5)
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        yield from (value + 1, value - 1, str(value), float(value))
    if isinstance(value, str):
        yield from (value + " ", value[:-1], value.upper(), value.lower(), value[::-1])
        for at in range(0, len(value), max(1, len(value) // 7)):
            other = "A" if value[at] != "A" else "B"
            yield value[:at] + other + value[at + 1 :]
    if isinstance(value, list):
        yield from (value[:-1], value[::-1], [*value, *value[-1:]], [*value, None])
    if isinstance(value, dict):
        yield from ({**value, "more": 1}, list(value))
    yield from others


def is_fine(mapping: dict[str, Any]) -> bool:
    try:
        history = History.parse(mapping)
    except DimError:
        return False
    return history.verify(Keyring(), now=NOW, threads=1).code is Code.OK


def test_hist_11_every_mutation_of_a_single_field_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    mapping = valid()
    assert is_fine(mapping)
    fields = [(path, value) for path, value in leaves(mapping) if path]
    by_name: dict[Any, list[Any]] = {}
    for path, value in fields:
        by_name.setdefault(path[-1], []).append(value)
    count = 0
    for path, value in fields:
        for other in mutants(value, by_name[path[-1]][:4]):
            if type(other) is type(value) and other == value:
                continue
            if path == ("blocks",) and is_shorter_or_turned(other, value):
                continue
            changed = replaced(mapping, path, lambda _, other=other: other)
            if path[0] == "metas" and says_the_same(changed["metas"], mapping["metas"]):
                continue
            assert not is_fine(changed), (path, value, other)
            count += 1
    # Names are fields too: each is taken away. A vote more or less is another history.
    for path, value in fields:
        if not isinstance(value, dict):
            continue
        for name in value:
            if path[-1] == "votes" or (path[:1] == ("metas",) and name in NOT_SIGNED):
                continue
            gone = {key: item for key, item in value.items() if key != name}
            changed = replaced(mapping, path, lambda _, gone=gone: gone)
            if path[0] == "metas" and says_the_same(changed["metas"], mapping["metas"]):
                continue
            assert not is_fine(changed), (path, name)
            count += 1
    with capsys.disabled():
        print(f"\n{count} mutations of {len(fields)} fields refused")
    assert count > 3000


def test_hist_16_no_mutation_of_the_historic_form_crashes_or_adds_a_member() -> None:
    """What no signature covers may change there; what comes out does not."""
    identifier, meta = group_of("alice", "crew", CHATROOM)
    alice, bob, carol = map(member, ("alice", "bob", "carol"))
    old = Records(identifier, {identifier: meta})
    old.record(alice, [old.event("found", founder=str(alice))])
    old.record(alice, [old.event("invite", user=str(bob)), old.event("join", carol)])
    old.record(alice, [old.event("name", carol, name="x")], [bob])
    mapping = {key: value for key, value in old.mapping().items() if key != "metas"}
    states = [verdict(History.parse({**mapping, "records": mapping["records"][:end]})).state
              for end in (1, 2, 3)]  # fmt: skip
    fields = [(path, value) for path, value in leaves(mapping) if path]
    seen = set()
    for path, value in fields:
        for other in mutants(value, []):
            try:
                history = History.parse(replaced(mapping, path, lambda _, other=other: other))
            except DimError as refused:
                seen.add(refused.code)
                continue
            found = verdict(history)
            seen.add(found.code)
            assert found.state is None or found.state in states, (path, other)
    assert {Code.OK, Code.MALFORMED, Code.MISMATCH, Code.UNCONFIRMED} < seen


def says_the_same(metas: Any, others: dict[str, Any]) -> bool:
    """Metas may be spelled otherwise, and carry fields that nobody reads."""
    try:
        return {one: Meta.parse(meta) for one, meta in metas.items()} == {
            one: Meta.parse(meta) for one, meta in others.items()
        }
    except (DimError, TypeError, AttributeError):
        return False


def is_shorter_or_turned(other: Any, value: list[Any]) -> bool:
    """The order of blocks says nothing, the same one twice neither, and a history that ends earlier
    is one."""
    if not isinstance(other, list) or not other or not all(one in value for one in other):
        return False
    return other[0] == value[0] or value[0] in other


# -- nodes -----------------------------------------------------------------------------------------


@dataclass
class World:
    """Everything that was ever said in a group, good and bad, and what is to come out."""

    group: Chronicle
    chain: list[str]

    @cached_property
    def pieces(self) -> list[History]:
        """Blocks and votes, one by one."""
        return [
            self.history([{**entry, "votes": dict(votes)}])
            for entry in self.group.entries
            for votes in [(), *((vote,) for vote in entry["votes"].items())]
        ]

    @cached_property
    def whole(self) -> History:
        return self.history(self.group.entries)

    def history(self, entries: list[dict[str, Any]]) -> History:
        return History.parse({"version": 2, "ID": self.group.id, "blocks": entries})


def world(seed: int) -> World:
    """A group of three to seven whose owner forks, some of whom vote twice. The chain to be chosen
    is found here by another way: of all confirmed chains the longest, of these the first in the
    order of names."""
    rng = random.Random(seed)
    names = NAMES[: rng.randint(3, 7)]
    group = crew(*names[1:])
    first, second = (block.name for block in History.parse(group.mapping()).blocks)
    ends: list[tuple[Head, list[str], bool]] = [(group.head, [first, second], True)]
    alice = member("alice")
    for number in range(rng.randint(4, 9)):
        head, chain, is_confirmed = rng.choice(ends[-4:])
        voters = [member(name) for name in names[1:] if rng.random() < 0.6]
        event = group.event("name", alice, name=str(number), head=head)
        place = group.block(alice, [event], voters, on=head)
        is_carried = is_confirmed and 2 * (len(voters) + 1) > len(names)
        ends.append((place, [*chain, place.name], is_carried))
    confirmed = [chain for _, chain, is_confirmed in ends if is_confirmed]
    chosen = min(confirmed, key=lambda chain: (-len(chain), chain))
    return World(group, chosen)


def gossip(rng: random.Random, nodes: list[History], times: int) -> None:
    for _ in range(times):
        a, b = rng.sample(range(len(nodes)), 2)
        nodes[a] = merge(nodes[a], nodes[b])


SCHEDULES = int(os.environ.get("DIMP_FAST_TEST_SCHEDULES", "1000"))


def test_hist_12_and_13_nodes_converge_in_any_order(capsys: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(20261122)
    worlds = [world(seed) for seed in range(40)]
    forks = sum(len(verdict(one.group).equivocations) > 0 for one in worlds)
    assert forks > 20
    splits = set()
    for number in range(SCHEDULES):
        one = worlds[number % len(worlds)]
        pieces = rng.sample(one.pieces, len(one.pieces))
        count = rng.randint(3, 7)
        nodes = [pieces[0]] * count
        # While the network is in two parts, each hears some of it, some of that twice.
        border = rng.randint(1, count - 1)
        parts = [list(range(border)), list(range(border, count))]
        splits.add((count, border))
        for piece in [*pieces, *rng.sample(pieces, len(pieces) // 3)]:
            node = rng.choice(rng.choice(parts))
            nodes[node] = merge(nodes[node], piece)
            if rng.random() < 0.2:
                part = rng.choice([part for part in parts if len(part) > 1])
                a, b = rng.sample(part, 2)
                nodes[a] = merge(nodes[b], nodes[a])
        # One judges in between, and goes on with what was worth keeping.
        early = rng.randrange(count)
        nodes[early] = verdict(nodes[early]).history
        # The network is whole again.
        gossip(rng, nodes, rng.randint(0, 10))
        for a in range(count):
            nodes[(a + 1) % count] = merge(nodes[(a + 1) % count], nodes[a])
        for a in range(count):
            nodes[(a + 1) % count] = merge(nodes[a], nodes[(a + 1) % count])
        assert all(node == one.whole for node in nodes)
        found = verdict(rng.choice(nodes))
        assert list(found.chain) == one.chain, number
        assert found.state is not None
        assert found.state.name == found_name(one)
    with capsys.disabled():
        print(
            f"\n{SCHEDULES} schedules of 3 to 7 nodes converged: {len(worlds)} groups, {forks} with"
            f" equivocations, {len(splits)} partitions"
        )


def found_name(one: World) -> str | None:
    """What the last block of the chain called the group."""
    names = {}
    for block in History.parse(one.group.mapping()).blocks:
        names[block.name] = block.events[0].operation.name
    return names[one.chain[-1]]


def test_hist_13_junk_on_the_way_changes_nothing() -> None:
    """Made-up signatures travel along; who verifies holds what everybody holds."""
    rng = random.Random(3)
    for seed in range(20):
        one = world(seed)
        clean = verdict(one.whole)
        junk = []
        for entry in one.group.entries:
            bad = copy.deepcopy(entry)
            bad["signature"] = b64(rng.randbytes(64))
            bad["votes"] = {voter: b64(rng.randbytes(64)) for voter in entry["votes"]}
            junk.append(one.history([bad]))
        mixed = [*one.pieces, *junk]
        rng.shuffle(mixed)
        node = mixed[0]
        for piece in mixed[1:]:
            node = merge(node, piece)
        found = verdict(node)
        assert found.code is not Code.OK
        assert (found.chain, found.state) == (clean.chain, clean.state)
        assert found.history == clean.history
        assert verdict(found.history).refused == ()


def test_hist_13_every_order_of_a_few_pieces() -> None:
    group = crew("bob", "carol")
    group.block(member("alice"), [group.event("name", member("bob"), name="x")], [member("bob")])
    one = World(group, [])
    for order in itertools.permutations(one.pieces):
        node = order[0]
        for piece in order[1:]:
            node = merge(node, piece)
        assert node == one.whole
    assert verdict(one.whole).code is Code.OK
