"""Make the example histories of groups and accounts, and the manifest of their verdicts.

Run where `dimp_fast` is installed. The files in `groups/` are replaced. Keys are new each time, the
kinds of histories are the same.
"""

from __future__ import annotations

import copy
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from making.histories import CHATROOM, POLYLOGUE, Chronicle, Member, Records, b64

HERE = Path(__file__).resolve().parent
LATER = 4_102_444_800
"""The year 2100."""

Mapping = dict[str, Any]


class World:
    """The people of the examples and the groups that they found."""

    def __init__(self) -> None:
        self.alice, self.bob, self.carol, self.dave, self.mallory = map(
            Member, ("alice", "bob", "carol", "dave", "mallory")
        )
        self.erin, self.frank = Member("erin", "RSA"), Member("frank", "ED25519")
        people = (
            self.alice, self.bob, self.carol, self.dave, self.mallory, self.erin, self.frank,
        )  # fmt: skip
        self.metas = {str(one): one.meta.to_dict() for one in people}

    def group(self, name: str = "crew", network: int = CHATROOM) -> Chronicle:
        """A group of Alice's without a block."""
        identifier, meta = self.alice.group(name, network)
        return Chronicle(identifier, {**self.metas, identifier: meta})

    def crew(self, network: int = CHATROOM) -> Chronicle:
        """Alice's group with Bob, Carol and Dave in it."""
        crew, alice = self.group(network=network), self.alice
        crew.block(alice, [crew.event("found", alice)])
        crew.block(
            alice,
            [
                crew.event("invite", alice, self.bob),
                crew.event("invite", alice, self.carol),
                crew.event("join", self.dave),
            ],
        )
        return crew

    def records(self, name: str = "old") -> Records:
        identifier, meta = self.alice.group(name)
        return Records(identifier, {**self.metas, identifier: meta})


# -- accepted ------------------------------------------------------------------------------------


def chatroom(w: World) -> Mapping:
    """Everything that may happen in a chatroom."""
    crew = w.crew()
    alice, bob, carol, dave = w.alice, w.bob, w.carol, w.dave
    crew.block(alice, [crew.event("hire", alice, bob), crew.event("name", carol, name="Crew")],
               [carol, dave])  # fmt: skip
    crew.block(alice, [crew.event("expel", bob, dave)], [bob, carol])
    crew.block(alice, [crew.event("join", w.erin), crew.event("invite", carol, w.frank)], [carol])
    crew.block(alice, [crew.event("abdicate", alice, carol)], [w.erin, w.frank])
    crew.block(carol, [crew.event("resign", bob), crew.event("quit", alice)], [alice, bob])
    crew.block(carol, [crew.event("quit", bob)], [w.frank, w.erin])
    return crew.mapping()


def polylogue(w: World) -> Mapping:
    """A polylogue: no administrators."""
    crew = w.crew(POLYLOGUE)
    crew.block(w.alice, [crew.event("name", w.bob, name="Chat")], [w.bob, w.carol])
    crew.block(w.alice, [crew.event("expel", w.alice, w.dave)], [w.bob, w.carol])
    return crew.mapping()


def proposed_later(w: World) -> Mapping:
    """An operation that waited for some blocks, and one block more than half voted for."""
    crew = w.crew()
    waiting = crew.event("join", w.erin)
    for number in range(3):
        crew.block(w.alice, [crew.event("name", w.alice, name=str(number))], [w.bob, w.carol])
    crew.block(w.alice, [waiting], [w.carol, w.dave])
    return crew.mapping()


def account(w: World) -> Mapping:
    """An account that is registered."""
    chronicle = Chronicle(str(w.bob), {str(w.bob): w.bob.meta.to_dict()})
    chronicle.block(w.bob, [chronicle.event("register", w.bob)])
    return chronicle.mapping()


def account_retired(w: World) -> Mapping:
    """An account that was given up."""
    chronicle = Chronicle(str(w.bob), {str(w.bob): w.bob.meta.to_dict()})
    chronicle.block(w.bob, [chronicle.event("register", w.bob)])
    chronicle.block(w.bob, [chronicle.event("suicide", w.bob)])
    return chronicle.mapping()


def historic(w: World) -> Mapping:
    """The form of 2018."""
    old = w.records()
    old.record(w.alice, [old.event("found", founder=str(w.alice))])
    old.record(w.alice, [old.event("invite", user=str(w.bob)), old.event("join", w.carol)])
    old.record(w.alice, [old.event("hire", admin=str(w.bob))], [w.bob])
    old.record(w.alice, [old.event("setName", w.carol, name="Old")], [w.bob, w.carol])
    return old.mapping()


def historic_replay(w: World) -> Mapping:
    """An old join, recorded again: nothing in that form shows it."""
    old = w.records()
    old.record(w.alice, [old.event("create", founder=str(w.alice))])
    join = old.event("join", w.bob)
    old.record(w.alice, [join])
    old.record(w.alice, [old.event("quit", w.bob)], [w.bob])
    old.record(w.alice, [join])
    return old.mapping()


# -- refused -------------------------------------------------------------------------------------


def half(w: World) -> Mapping:
    """Two of four are not more than half."""
    crew = w.crew()
    crew.block(w.alice, [crew.event("name", w.bob, name="x")], [w.bob])
    return crew.mapping()


def voted_by_newcomers(w: World) -> Mapping:
    """Those who join in a block have no vote on it."""
    crew = w.crew()
    events = [crew.event("join", w.erin), crew.event("join", w.frank)]
    crew.block(w.alice, events, [w.bob, w.carol, w.erin])
    return crew.mapping()


def fork(w: World) -> Mapping:
    """The owner and Carol said two things; the branch that goes on was chosen."""
    crew = w.crew()
    before = crew.head
    crew.block(w.alice, [crew.event("name", w.alice, name="one")], [w.bob, w.carol])
    crew.block(w.alice, [crew.event("name", w.alice, name="two", head=before)], [w.carol, w.dave],
               on=before)  # fmt: skip
    crew.block(w.alice, [crew.event("name", w.alice, name="three")], [w.carol, w.dave])
    return crew.mapping()


def changed_vote(w: World) -> Mapping:
    """A vote for the block before."""
    crew = w.crew()
    previous = crew.head
    place = crew.block(w.alice, [crew.event("name", w.bob, name="x")], [w.bob, w.carol, w.dave])
    crew.entries[-1]["votes"][str(w.dave)] = crew.vote(w.dave, previous, place.name)
    return crew.mapping()


def der_not_strict(w: World) -> Mapping:
    """A byte after the signature of a vote."""
    crew = w.crew()
    crew.block(w.alice, [crew.event("name", w.bob, name="x")], [w.bob, w.carol])
    votes = crew.entries[-1]["votes"]
    votes[str(w.dave)] = b64(w.dave.key.sign(b"x") + b"\0")
    return crew.mapping()


def somebody_else_s_group(w: World) -> Mapping:
    """Mallory begins the history of Alice's group."""
    crew = w.group()
    crew.block(w.mallory, [crew.event("found", w.mallory)])
    return crew.mapping()


def not_the_owner(w: World) -> Mapping:
    """A member records."""
    crew = w.crew()
    crew.block(w.bob, [crew.event("name", w.bob, name="x")], [w.alice, w.carol])
    return crew.mapping()


def not_an_administrator(w: World) -> Mapping:
    """A member expels another."""
    crew = w.crew()
    crew.block(w.alice, [crew.event("expel", w.bob, w.dave)], [w.bob, w.carol])
    return crew.mapping()


def owner_quits(w: World) -> Mapping:
    """Who owns has to abdicate first."""
    crew = w.crew()
    crew.block(w.alice, [crew.event("quit", w.alice)], [w.bob, w.carol])
    return crew.mapping()


def replayed(w: World) -> Mapping:
    """Dave joined, was expelled, and his old join comes again."""
    crew = w.group()
    crew.block(w.alice, [crew.event("found", w.alice)])
    join = crew.event("join", w.dave)
    crew.block(w.alice, [join])
    crew.block(w.alice, [crew.event("expel", w.alice, w.dave)], [w.dave])
    crew.block(w.alice, [join])
    return crew.mapping()


def stale(w: World) -> Mapping:
    """An operation of more than seven days before its block."""
    crew = w.crew()
    event = crew.event("name", w.bob, name="x")
    crew.block(w.alice, [event], [w.bob, w.carol], time=crew.head.time + 8 * 86_400)
    return crew.mapping()


def from_the_future(w: World) -> Mapping:
    """A block of the year 2100."""
    crew = w.crew()
    event = crew.event("name", w.bob, name="x", time=LATER)
    crew.block(w.alice, [event], [w.bob, w.carol], time=LATER)
    return crew.mapping()


def backwards(w: World) -> Mapping:
    """A block that is older than the one before."""
    crew = w.crew()
    event = crew.event("name", w.bob, name="x")
    crew.block(w.alice, [event], [w.bob, w.carol], time=crew.head.time - 1)
    return crew.mapping()


def other_events(w: World) -> Mapping:
    """Another event than the root covers, signed all the same."""
    crew = w.crew()
    crew.entries[1]["events"][1] = crew.event("invite", w.alice, w.erin)
    return crew.mapping()


def doubled_event(w: World) -> Mapping:
    """The last of three events twice: the same merkle root."""
    crew = w.crew()
    crew.entries[1]["events"].append(crew.entries[1]["events"][-1])
    return crew.mapping()


def other_group(w: World) -> Mapping:
    """An operation that was signed for another group."""
    crew, other = w.crew(), w.group("other")
    crew.block(w.alice, [crew.event("name", w.bob, name="x", group=other.id)], [w.bob, w.carol])
    return crew.mapping()


def forged_operation(w: World) -> Mapping:
    """Mallory signs in Bob's name."""
    crew = w.crew()
    event = crew.event("name", w.mallory, name="x", commander=str(w.bob))
    crew.block(w.alice, [event], [w.bob, w.carol])
    return crew.mapping()


def without_meta(w: World) -> Mapping:
    """Nobody has Bob's meta."""
    crew = w.crew()
    crew.block(w.alice, [crew.event("name", w.bob, name="x")], [w.carol, w.dave])
    mapping = crew.mapping()
    del mapping["metas"][str(w.bob)]
    return mapping


def stolen_meta(w: World) -> Mapping:
    """Mallory's key beside Bob's fingerprint."""
    crew = w.crew()
    crew.block(w.alice, [crew.event("name", w.bob, name="x")], [w.carol, w.dave])
    mapping = copy.deepcopy(crew.mapping())
    mapping["metas"][str(w.bob)]["key"] = w.mallory.key.public_key.to_dict()
    return mapping


def spelled_otherwise(w: World) -> Mapping:
    """A block in compact JSON."""
    mapping = w.crew().mapping()
    entry = mapping["blocks"][1]
    entry["block"] = json.dumps(json.loads(entry["block"]), separators=(",", ":"))
    return mapping


def without_version(w: World) -> Mapping:
    """No form at all."""
    mapping = w.crew().mapping()
    del mapping["version"]
    return mapping


def wrapped_signature(w: World) -> Mapping:
    """White space in base64."""
    mapping = w.crew().mapping()
    mapping["blocks"][1]["signature"] += "\n"
    return mapping


def broadcast_member(w: World) -> Mapping:
    """Everybody cannot be invited."""
    crew = w.crew()
    event = crew.event("invite", w.alice, "anyone@anywhere")
    crew.block(w.alice, [event], [w.bob, w.carol])
    return crew.mapping()


def too_many_events(w: World) -> Mapping:
    """257 events."""
    crew = w.crew()
    event = crew.event("name", w.bob, name="x")
    crew.block(w.alice, [event] * 257, [w.bob, w.carol])
    return crew.mapping()


def after_suicide(w: World) -> Mapping:
    """A retired account says one thing more."""
    chronicle = Chronicle(str(w.bob), {str(w.bob): w.bob.meta.to_dict()})
    chronicle.block(w.bob, [chronicle.event("register", w.bob)])
    chronicle.block(w.bob, [chronicle.event("suicide", w.bob)])
    chronicle.block(w.bob, [chronicle.event("register", w.bob)])
    return chronicle.mapping()


def historic_unlinked(w: World) -> Mapping:
    """A record that carries another signature than that of the one before."""
    old = w.records()
    old.record(w.alice, [old.event("found", founder=str(w.alice))])
    old.record(w.alice, [old.event("invite", user=str(w.bob))], link=b64(b"another"))
    return old.mapping()


def historic_half(w: World) -> Mapping:
    """One of two."""
    old = w.records()
    old.record(w.alice, [old.event("found", founder=str(w.alice))])
    old.record(w.alice, [old.event("invite", user=str(w.bob))])
    old.record(w.alice, [old.event("hire", admin=str(w.bob))])
    return old.mapping()


def historic_doubled(w: World) -> Mapping:
    """The last of three events twice: the same merkle root."""
    old = w.records()
    old.record(w.alice, [old.event("found", founder=str(w.alice))])
    old.record(w.alice, [old.event("invite", user=str(w.bob)), old.event("join", w.carol)])
    old.records[1]["events"].append(old.records[1]["events"][-1])
    return old.mapping()


EXAMPLES: tuple[tuple[str, Callable[[World], Mapping]], ...] = (
    ("OK", chatroom),
    ("OK", polylogue),
    ("OK", proposed_later),
    ("OK", account),
    ("OK", account_retired),
    ("OK", historic),
    ("OK", historic_replay),
    ("UNCONFIRMED", half),
    ("FORBIDDEN", voted_by_newcomers),
    ("CONFLICT", fork),
    ("BAD_SIGNATURE", changed_vote),
    ("BAD_SIGNATURE_ENCODING", der_not_strict),
    ("MISMATCH", somebody_else_s_group),
    ("FORBIDDEN", not_the_owner),
    ("FORBIDDEN", not_an_administrator),
    ("FORBIDDEN", owner_quits),
    ("EXPIRED", replayed),
    ("EXPIRED", stale),
    ("EXPIRED", from_the_future),
    ("EXPIRED", backwards),
    ("MISMATCH", other_events),
    ("MISMATCH", doubled_event),
    ("MISMATCH", other_group),
    ("BAD_SIGNATURE", forged_operation),
    ("UNKNOWN_SENDER", without_meta),
    ("BAD_SIGNATURE", stolen_meta),
    ("MALFORMED", spelled_otherwise),
    ("MALFORMED", without_version),
    ("BAD_ENCODING", wrapped_signature),
    ("BAD_ADDRESS", broadcast_member),
    ("TOO_LARGE", too_many_events),
    ("FORBIDDEN", after_suicide),
    ("MISMATCH", historic_unlinked),
    ("UNCONFIRMED", historic_half),
    ("MALFORMED", historic_doubled),
)


def make(target: Path) -> Counter[str]:
    """Write the histories and manifest.jsonl below `target`; count the verdicts."""
    world = World()
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    rows = []
    for verdict, example in EXAMPLES:
        file = f"{example.__name__.replace('_', '-')}.json"
        content = json.dumps(example(world), indent=1)
        (target / file).write_text(content + "\n", "ascii")
        rows.append({"file": file, "verdict": verdict, "made": (example.__doc__ or "").strip()})
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (target / "manifest.jsonl").write_text(lines, "ascii")
    return Counter(row["verdict"] for row in rows)


if __name__ == "__main__":
    for verdict, count in make(HERE / "groups").most_common():
        print(f"{count:5} {verdict}")
