"""Histories of the strict form, rule by rule (docs/semantics.md, hist-1 to hist-18)."""

from __future__ import annotations

import copy
import json
from functools import reduce
from hashlib import sha256
from typing import Any

import pytest
from histories import (
    CHATROOM,
    NOW,
    POLYLOGUE,
    START,
    Chronicle,
    Member,
    crew,
    founded,
    group_of,
    keyring,
    member,
    verdict,
)
from making.histories import b64, merkle

from dimp_fast import Code, DimError, Keyring, PrivateKey, _dispatch
from dimp_fast.group import (
    Checkpoint,
    Equivocation,
    History,
    Role,
    merge,
    sign_block,
    sign_operation,
    steps,
)

UNIT = "merkle_roots"
ALICE, BOB, CAROL, DAVE, ERIN = map(member, ("alice", "bob", "carol", "dave", "erin"))


def named(group: Chronicle, by: Member = BOB, **options: Any) -> str:
    """Something that any member may do."""
    return group.event("name", by, name="x", **options)


def form_of(change: Any) -> Code:
    """How the form is refused of a good history that ``change`` has changed."""
    mapping = copy.deepcopy(crew("bob").mapping())
    change(mapping)
    with pytest.raises(DimError) as refused:
        History.parse(mapping)
    return refused.value.code


# -- merkle roots ---------------------------------------------------------------------------------


def test_hist_4_roots_are_those_of_a_recursion(tier: str) -> None:
    operation = _dispatch.operation("merkle_roots")
    trees = [[f"{count}:{leaf}" for leaf in range(count)] for count in [*range(1, 70), 300]]
    leaves = [text.encode() for tree in trees for text in tree]
    wanted = b"".join(merkle(tree) for tree in trees)
    for threads in (0, 1, 3):
        assert operation(leaves, [len(tree) for tree in trees], threads) == wanted
    assert operation([], [], 1) == b""


@pytest.mark.parametrize("counts", [[1], [3], [0, 2], [2, 0], [1, 2]])
def test_hist_4_trees_have_leaves_and_leaves_a_tree(tier: str, counts: list[int]) -> None:
    with pytest.raises(ValueError, match="2 leaves for trees"):
        _dispatch.operation("merkle_roots")([b"a", b"b"], counts, 1)


def test_hist_4_a_doubled_event_has_the_same_root_and_is_refused(tier: str) -> None:
    group = crew("bob", "carol", "dave")
    events = group.entries[1]["events"]
    assert merkle(events) == merkle([*events, events[-1]])
    group.entries[1]["events"] = [*events, events[-1]]
    found = verdict(group)
    assert (found.code, found.accepted) == (Code.MISMATCH, 1)


def test_hist_4_a_block_is_named_by_what_is_signed_not_by_the_signature(tier: str) -> None:
    group = crew("bob")
    [first, second] = History.parse(group.mapping()).blocks
    signed = b"DIM history 2 block\n" + second.header.text.encode()
    assert second.name == sha256(sha256(signed).digest()).hexdigest()
    assert second.header.previous == first.name
    again = copy.deepcopy(group.mapping())
    again["blocks"][1]["signature"] = b64(ALICE.key.sign(b"something else"))
    other = History.parse(again).blocks[1]
    assert (other.name, other.signatures) != (second.name, second.signatures)
    assert other.name == second.name


# -- the form -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda m: m.update(version=1), Code.MALFORMED),
        (lambda m: m.update(version=2.0), Code.MALFORMED),
        (lambda m: m.update(version=True), Code.MALFORMED),
        (lambda m: m.pop("version"), Code.MALFORMED),
        (lambda m: m.update(extra=1), Code.MALFORMED),
        (lambda m: m.update(blocks=[]), Code.MALFORMED),
        (lambda m: m.update(blocks={}), Code.MALFORMED),
        (lambda m: m.update(metas=[]), Code.MALFORMED),
        (lambda m: m.update(metas={str(BOB): 1}), Code.MALFORMED),
        (lambda m: m.update(metas={"bob": {}}), Code.BAD_ADDRESS),
        (lambda m: m.update(ID=7), Code.MALFORMED),
        (lambda m: m.update(ID="crew"), Code.BAD_ADDRESS),
        (lambda m: m.update(ID="everyone@everywhere"), Code.BAD_ADDRESS),
        (lambda m: m.update(ID=m["ID"] + "/pad"), Code.BAD_ADDRESS),
        (lambda m: m["blocks"].append(3), Code.MALFORMED),
        (lambda m: m["blocks"][0].update(more=1), Code.MALFORMED),
        (lambda m: m["blocks"][0].pop("votes"), Code.MALFORMED),
        (lambda m: m["blocks"][0].pop("events"), Code.MALFORMED),
        (lambda m: m["blocks"][0].update(events=[]), Code.MALFORMED),
        (lambda m: m["blocks"][0].update(events=[3]), Code.MALFORMED),
        (lambda m: m["blocks"][0].update(block="{}"), Code.MALFORMED),
        (lambda m: m["blocks"][0].update(block="["), Code.MALFORMED),
        (lambda m: m["blocks"][0].update(block=3), Code.MALFORMED),
        (lambda m: m["blocks"][0].update(block=None), Code.MALFORMED),
        (lambda m: m["blocks"][0].update(signature=""), Code.BAD_ENCODING),
        (lambda m: m["blocks"][0].update(signature="AA"), Code.BAD_ENCODING),
        (lambda m: m["blocks"][0].update(signature="A A=="), Code.BAD_ENCODING),
        (lambda m: m["blocks"][0].update(signature=1), Code.MALFORMED),
        (lambda m: m["blocks"][0].update(signature="A" * 9000), Code.TOO_LARGE),
        (lambda m: m["blocks"][1].update(votes={str(ALICE): "AAAA"}), Code.MALFORMED),
        (lambda m: m["blocks"][1].update(votes={str(BOB): None}), Code.MALFORMED),
        (lambda m: m["blocks"][1].update(votes={m["ID"]: "AAAA"}), Code.BAD_ADDRESS),
        (lambda m: m["blocks"][1].update(votes={f"{BOB}/pad": "AAAA"}), Code.BAD_ADDRESS),
        (lambda m: m["blocks"][1].update(events=["x" * 13_000]), Code.TOO_LARGE),
    ],
)  # fmt: skip
def test_hist_1_the_form_is_strict(tier: str, change: Any, code: Code) -> None:
    assert form_of(change) is code


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("group", 1, Code.MALFORMED),
        ("group", "x", Code.BAD_ADDRESS),
        ("height", -1, Code.MALFORMED),
        ("height", 65_536, Code.TOO_LARGE),
        ("height", True, Code.MALFORMED),
        ("height", 1.0, Code.MALFORMED),
        ("previous", "", Code.BAD_ENCODING),
        ("previous", "A" * 64, Code.BAD_ENCODING),
        ("previous", None, Code.MALFORMED),
        ("time", -1, Code.MALFORMED),
        ("time", 2**53, Code.TOO_LARGE),
        ("time", float("nan"), Code.MALFORMED),
        ("recorder", "anyone@anywhere", Code.BAD_ADDRESS),
        ("recorder", "x@" + "1" * 40, Code.BAD_ADDRESS),
        ("events", 0, Code.MALFORMED),
        ("events", 257, Code.TOO_LARGE),
        ("merkle", "0" * 63, Code.BAD_ENCODING),
        ("more", 1, Code.MALFORMED),
    ],
)
def test_hist_2_block_texts_are_strict(tier: str, field: str, value: Any, code: Code) -> None:
    def change(mapping: Any) -> None:
        entry = mapping["blocks"][1]
        entry["block"] = json.dumps(json.loads(entry["block"]) | {field: value})

    assert form_of(change) is code


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("command", "dance", Code.MALFORMED),
        ("command", "register", Code.MALFORMED),
        ("command", ["quit"], Code.MALFORMED),
        ("command", "quit", Code.MALFORMED),  # it is about nobody
        ("commander", "x", Code.BAD_ADDRESS),
        ("height", -2, Code.MALFORMED),
        ("head", "", Code.BAD_ENCODING),
        ("time", 0.5, Code.MALFORMED),
        ("user", None, Code.MALFORMED),
        ("user", "everyone@everywhere", Code.BAD_ADDRESS),
        ("name", "both", Code.MALFORMED),
        ("more", 1, Code.MALFORMED),
    ],
)
def test_hist_2_operation_texts_are_strict(tier: str, field: str, value: Any, code: Code) -> None:
    group = founded()
    fields = json.loads(json.loads(group.event("invite", ALICE, BOB))["operation"])
    text = json.dumps(fields | {field: value})
    event = json.dumps({"operation": text, "signature": b64(b"x")})
    group.block(ALICE, [event])
    with pytest.raises(DimError) as refused:
        History.parse(group.mapping())
    assert refused.value.code is code


@pytest.mark.parametrize("name", ["x" * 129, "\ud800"])
def test_hist_10_names_are_short_and_text(tier: str, name: str) -> None:
    group = founded()
    group.block(ALICE, [group.event("name", ALICE, name=name)])
    with pytest.raises(DimError) as refused:
        History.parse(group.mapping())
    assert refused.value.code is (Code.TOO_LARGE if len(name) > 1 else Code.MALFORMED)


@pytest.mark.parametrize("spell", [
    lambda text: text.replace(": ", ":"),
    lambda text: text.replace("crew", "cr\\u0065w"),
    lambda text: text[:-1] + ', "time": 1}',
    lambda text: " " + text,
    lambda text: json.dumps(dict(reversed(json.loads(text).items()))),
])  # fmt: skip
def test_hist_2_one_statement_has_one_spelling(tier: str, spell: Any) -> None:
    def change_block(mapping: Any) -> None:
        mapping["blocks"][1]["block"] = spell(mapping["blocks"][1]["block"])

    def change_event(mapping: Any) -> None:
        mapping["blocks"][1]["events"][0] = spell(mapping["blocks"][1]["events"][0])

    assert form_of(change_block) is Code.MALFORMED
    assert form_of(change_event) is Code.MALFORMED


def test_hist_2_a_signature_of_one_kind_is_none_of_another(tier: str) -> None:
    group = crew("bob", "carol")
    operation = json.loads(named(group))["operation"]
    for prefix in (b"", b"DIM history 2 vote\n", b"DIM history 2 block\n"):
        signature = b64(BOB.key.sign(prefix + operation.encode()))
        other = crew("bob", "carol")
        other.block(ALICE, [json.dumps({"operation": operation, "signature": signature})], [BOB])
        found = verdict(other)
        assert found.accepted == 2
        assert found.code in (Code.BAD_SIGNATURE, Code.EXPIRED)
    # What a member voted for is not recorded by him.
    place = group.block(ALICE, [named(group)], [BOB])
    entry = copy.deepcopy(group.entries[-1])
    entry["signature"] = group.vote(ALICE, place, group.entries[-1]["block"])
    assert verdict_of(group, [*group.entries[:-1], entry]).code is Code.BAD_SIGNATURE


def verdict_of(group: Chronicle, entries: list[dict[str, Any]]) -> Any:
    return verdict(History.parse({"version": 2, "ID": group.id, "blocks": entries}))


def test_hist_1_order_does_not_matter_and_what_is_written_is_canonical(tier: str) -> None:
    group = crew("bob", "carol")
    group.block(ALICE, [named(group)], [CAROL, BOB])
    mapping = group.mapping()
    history = History.parse(mapping)
    turned = History.parse({**mapping, "blocks": mapping["blocks"][::-1]})
    assert history == turned
    assert json.dumps(history.to_dict()) == json.dumps(turned.to_dict())
    assert History.parse(json.dumps(mapping).encode()) == history
    assert History.parse(history.to_dict()) == history
    assert History.parse(history) is history
    assert len(history) == 3
    assert history.version == 2


def test_hist_1_a_block_listed_again_adds_signatures(tier: str) -> None:
    group = crew("bob", "carol")
    group.block(ALICE, [named(group)], [BOB])
    copy_of = copy.deepcopy(group.entries[-1])
    copy_of["votes"] = {str(CAROL): copy_of["votes"][str(BOB)]}
    found = verdict_of(group, [*group.entries, copy_of])
    assert len(found.refused) == 1
    assert (found.code, found.accepted) == (Code.BAD_SIGNATURE_ENCODING, 3)  # Carol has no ECDSA
    again = History.parse({"version": 2, "ID": group.id, "blocks": [*group.entries, copy_of]})
    assert History.parse(again.to_dict()) == again


# -- keys -----------------------------------------------------------------------------------------


def test_hist_3_only_the_meta_key_counts(tier: str) -> None:
    from people import person

    rita = person("rita")  # has a visa with another key
    visa_key = rita.visa_keys[None]
    accounts = Keyring()
    rita.enter(accounts)
    assert len(accounts.keys_for(rita.id)) == 2
    history = History.register(rita.id, visa_key, time=START)
    assert history.verify(accounts).code is Code.BAD_SIGNATURE
    assert History.register(rita.id, rita.identity, time=START).verify(accounts).code is Code.OK


def test_hist_3_carried_metas_stand_in_for_the_unknown_only(tier: str) -> None:
    group = crew("bob")
    group.metas |= {str(one): one.meta.to_dict() for one in (ALICE, BOB)}
    history = History.parse(group.mapping())
    assert history.verify(Keyring(), now=NOW).code is Code.OK
    stolen = copy.deepcopy(group.mapping())
    stolen["metas"][str(ALICE)]["key"] = BOB.key.public_key.to_dict()
    found = History.parse(stolen).verify(Keyring(), now=NOW)
    assert found.code in (Code.BAD_SIGNATURE, Code.BAD_SIGNATURE_ENCODING)
    assert found.accepted == 0
    # Who knows Alice is not told who she is.
    assert History.parse(stolen).verify(keyring(), now=NOW).code is Code.OK
    broken = copy.deepcopy(group.mapping())
    broken["metas"][str(BOB)] = {"type": 1}
    assert History.parse(broken).verify(Keyring(), now=NOW).code is Code.OK  # Bob never spoke
    broken["metas"][str(ALICE)] = {"type": 1}
    assert History.parse(broken).verify(Keyring(), now=NOW).code is Code.MALFORMED


def test_hist_3_without_a_key_a_block_or_vote_does_not_count(tier: str) -> None:
    group = crew("bob", "carol")
    group.block(ALICE, [named(group, ALICE)], [BOB, CAROL])
    accounts = Keyring()
    for name in ("alice", "bob"):
        accounts.add_meta(member(name).id, member(name).meta)
    accounts.add_meta(*group_of("alice", "crew", CHATROOM))
    found = History.parse({"version": 2, "ID": group.id, "blocks": group.entries}).verify(
        accounts, now=NOW
    )
    assert (found.code, found.accepted) == (Code.UNKNOWN_SENDER, 3)
    assert found.refused[0].voter == str(CAROL)
    accounts.discard(BOB.id)
    group.block(ALICE, [named(group, BOB)], [CAROL])
    found = History.parse({"version": 2, "ID": group.id, "blocks": group.entries}).verify(
        accounts, now=NOW
    )
    assert found.accepted == 2
    assert found.unjudged == 0 or found.code is Code.UNKNOWN_SENDER


# -- the first block ------------------------------------------------------------------------------


def test_hist_5_the_founder_has_the_key_of_the_group(tier: str) -> None:
    identifier, _ = group_of("alice", "crew", CHATROOM)
    group = Chronicle(identifier, {})
    group.block(BOB, [group.event("found", BOB)])
    assert verdict(group).code is Code.MISMATCH
    unknown = Chronicle(str(BOB.group("nobody")[0]), {})
    unknown.block(BOB, [unknown.event("found", BOB)])
    assert verdict(unknown).code is Code.UNKNOWN_SENDER


def test_hist_5_found_is_first_and_by_the_recorder(tier: str) -> None:
    identifier, _ = group_of("alice", "crew", CHATROOM)
    group = Chronicle(identifier, {})
    group.block(ALICE, [group.event("join", BOB)])
    assert verdict(group).code is Code.MISMATCH
    group = Chronicle(identifier, {})
    group.block(ALICE, [group.event("found", BOB)])
    assert verdict(group).code is Code.MISMATCH
    group = crew("bob")
    group.block(ALICE, [group.event("found", ALICE)], [BOB])
    assert verdict(group).code is Code.FORBIDDEN


def test_hist_5_the_founder_may_name_an_owner(tier: str) -> None:
    identifier, _ = group_of("alice", "crew", CHATROOM)
    group = Chronicle(identifier, {})
    group.block(ALICE, [group.event("found", ALICE, BOB), group.event("join", CAROL)])
    group.block(BOB, [named(group, CAROL)], [ALICE, CAROL])
    found = verdict(group)
    assert found.code is Code.OK
    assert found.state is not None
    assert found.state.owner == str(BOB)
    assert found.state.founder == str(ALICE)
    assert found.state.members == (ALICE.id, BOB.id, CAROL.id)


@pytest.mark.parametrize("network", [CHATROOM, POLYLOGUE, 0x30, 0x10])
def test_hist_6_only_the_owner_records(tier: str, network: int) -> None:
    group = crew("bob", "carol", network=network)
    group.block(BOB, [named(group)], [ALICE, CAROL])
    found = verdict(group)
    assert (found.code, found.accepted) == (Code.FORBIDDEN, 2)
    group = crew("bob", "carol", network=network)
    group.block(ALICE, [group.event("abdicate", ALICE, BOB)], [BOB, CAROL])
    group.block(BOB, [named(group)], [ALICE])
    assert verdict(group).code is Code.OK


# -- votes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", range(2, 8))
def test_hist_7_more_than_half_of_the_members_before(tier: str, size: int) -> None:
    names = ("bob", "carol", "dave", "erin", "frank", "grace")[: size - 1]
    for votes in range(size):
        group = crew(*names)
        group.block(ALICE, [named(group, ALICE)], [member(name) for name in names[:votes]])
        wanted = Code.OK if 2 * (votes + 1) > size else Code.UNCONFIRMED
        assert verdict(group).code is wanted, (size, votes)


def test_hist_7_joining_gives_no_vote_and_expelling_takes_none(tier: str) -> None:
    group = crew("bob", "carol", "dave")
    joins = [group.event("join", ERIN), group.event("expel", ALICE, BOB)]
    group.block(ALICE, joins, [ERIN, CAROL])
    found = verdict(group)
    assert (found.code, found.accepted) == (Code.FORBIDDEN, 2)
    assert [(one.voter, one.code) for one in found.refused] == [(str(ERIN), Code.FORBIDDEN)]
    group = crew("bob", "carol", "dave")
    joins = [group.event("join", ERIN), group.event("expel", ALICE, BOB)]
    group.block(ALICE, joins, [BOB, CAROL])
    found = verdict(group)
    assert found.code is Code.OK
    assert found.state is not None
    assert found.state.role_of(BOB.id) is Role.OUTSIDER
    assert found.state.role_of(f"{ERIN}/pad") is Role.MEMBER


def test_hist_7_a_vote_is_for_one_block_of_one_group(tier: str) -> None:
    group, other = crew("bob", "carol"), founded(POLYLOGUE)
    place = group.block(ALICE, [named(group)], [])
    previous = json.loads(group.entries[-1]["block"])["previous"]
    for vote, code in (
        (group.vote(BOB, place, previous), Code.OK),
        (group.vote(BOB, place, place.name), Code.BAD_SIGNATURE),
        (group.vote(BOB, place._replace(height=1), previous), Code.BAD_SIGNATURE),
        (group.vote(BOB, place._replace(name=previous), previous), Code.BAD_SIGNATURE),
        (other.vote(BOB, place, previous), Code.BAD_SIGNATURE),
        (group.vote(CAROL, place, previous), Code.BAD_SIGNATURE_ENCODING),  # not ECDSA
    ):
        group.entries[-1]["votes"] = {str(BOB): vote}
        assert verdict(group).code is code


def test_hist_7_a_bad_vote_does_not_touch_the_block(tier: str) -> None:
    group = crew("bob", "carol", "dave")
    group.block(ALICE, [named(group)], [BOB, CAROL, ERIN])
    group.entries[-1]["votes"][str(DAVE)] = b64(bytes(64))
    found = verdict(group)
    assert found.accepted == 3
    assert {one.voter for one in found.refused} == {str(DAVE), str(ERIN)}
    assert found.code is not Code.OK
    kept = verdict(found.history)
    assert (kept.code, kept.accepted, len(found.history)) == (Code.OK, 3, 3)


def test_hist_7_nothing_stands_on_what_is_not_confirmed(tier: str) -> None:
    group = crew("bob", "carol", "dave")
    group.block(ALICE, [named(group)], [BOB])
    group.block(ALICE, [named(group)], [BOB, CAROL, DAVE])
    found = verdict(group)
    assert (found.code, found.accepted) == (Code.UNCONFIRMED, 2)
    history = History.parse(group.mapping()).vote(CAROL.id, CAROL.key, group_block(group, 2))
    found = verdict(history)
    assert (found.code, found.accepted) == (Code.OK, 4)


def group_block(group: Chronicle, height: int) -> str:
    [name] = [b.name for b in History.parse(group.mapping()).blocks if b.header.height == height]
    return name


# -- replay and time ------------------------------------------------------------------------------


def test_hist_8_an_operation_counts_once(tier: str) -> None:
    group = founded()
    join = group.event("join", BOB)
    group.block(ALICE, [join])
    group.block(ALICE, [group.event("expel", ALICE, BOB)], [BOB])
    group.block(ALICE, [join])
    found = verdict(group)
    assert (found.code, found.accepted) == (Code.EXPIRED, 3)
    group = founded()
    join = group.event("join", BOB)
    group.block(ALICE, [join, join])
    assert verdict(group).code is Code.EXPIRED


def test_hist_8_two_members_may_want_the_same_at_one_time(tier: str) -> None:
    group = founded()
    group.block(ALICE, [group.event("join", BOB), group.event("join", CAROL)])
    assert verdict(group).code is Code.OK


def test_hist_8_an_operation_counts_in_the_64_blocks_after_it(tier: str) -> None:
    group = founded()
    first, last = group.event("join", BOB), group.event("join", CAROL)
    for _ in range(63):
        group.block(ALICE, [named(group, ALICE)])
    on = group.head
    assert on.height == 63
    group.block(ALICE, [first])
    assert verdict(group).code is Code.OK
    group.block(ALICE, [last], [BOB])
    found = verdict(group)
    assert (found.code, found.accepted) == (Code.EXPIRED, 65)
    # The same from checkpoints, which hold what replay is recognised by.
    history = History.parse({"version": 2, "ID": group.id, "blocks": group.entries})
    for height in (0, 30, 62, 63):
        part = {"version": 2, "ID": group.id, "blocks": group.entries[: height + 1]}
        checkpoint = verdict(History.parse(part)).checkpoint
        assert checkpoint is not None
        again = verdict(history, checkpoint=checkpoint)
        assert (again.code, again.accepted) == (Code.EXPIRED, 65)
        assert again.state == found.state


def test_hist_8_an_operation_belongs_to_its_branch(tier: str) -> None:
    group = crew("bob", "carol")
    before = group.head
    lost = group.block(ALICE, [named(group)], [])
    event = named(group, CAROL)  # knows the branch that will be lost
    group.block(ALICE, [named(group, CAROL, head=before)], [BOB], on=before)
    group.block(ALICE, [event], [BOB, CAROL])
    found = verdict(group)
    assert found.accepted == 3
    assert found.refused[0].code is Code.EXPIRED
    assert lost.height == 2
    # One that was signed before the fork can be recorded on either branch.
    group = crew("bob", "carol")
    before, event = group.head, named(group, CAROL)
    group.block(ALICE, [event], [], on=before)
    group.block(ALICE, [named(group, BOB, head=before)], [BOB], on=before)
    group.block(ALICE, [event], [BOB, CAROL])
    found = verdict(group)
    assert (found.accepted, found.refused) == (4, ())


@pytest.mark.parametrize("known", [-1, 2, 5])
def test_hist_8_an_operation_names_a_block_before_it(tier: str, known: int) -> None:
    group = crew("bob")
    head = group.head._replace(height=known, name="" if known < 0 else group.head.name)
    group.block(ALICE, [named(group, head=head)], [BOB])
    assert verdict(group).code is Code.EXPIRED


@pytest.mark.parametrize(
    ("operation", "block", "code"),
    [
        (0, 0, Code.OK),
        (1800, 0, Code.OK),
        (1801, 0, Code.EXPIRED),
        (0, 7 * 86_400, Code.OK),
        (0, 7 * 86_400 + 1, Code.EXPIRED),
        (0, -1, Code.EXPIRED),
    ],
)
def test_hist_9_times_of_operations_and_blocks(
    tier: str, operation: int, block: int, code: Code
) -> None:
    group = crew("bob")
    at = group.head.time
    event = named(group, time=at + operation)
    group.block(ALICE, [event], [BOB], time=at + block)
    assert verdict(group).code is code


def test_hist_9_the_clock_decides_about_the_tip(tier: str) -> None:
    group = crew("bob")
    group.block(ALICE, [named(group)], [BOB])
    at = group.head.time
    assert verdict(group, now=at - 1800).code is Code.OK
    found = verdict(group, now=at - 1801)
    assert (found.code, found.accepted) == (Code.EXPIRED, 2)


# -- limits ---------------------------------------------------------------------------------------


def test_hist_10_limits(tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from dimp_fast.group import _form, _texts, state

    group = crew("bob", "carol", "dave")
    group.block(ALICE, [named(group)], [BOB, CAROL])
    for module, name, most in (
        (_form, "MAX_BLOCKS", 2), (_form, "MAX_VOTES", 1), (_form, "MAX_EVENTS", 2),
        (_form, "MAX_MEMBERS", 1), (_texts, "MAX_IDENTIFIERS", 3),
    ):  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(module, name, most)
            with pytest.raises(DimError) as refused:
                History.parse(group.mapping())
            assert refused.value.code is Code.TOO_LARGE, name
    with monkeypatch.context() as patch:
        patch.setattr(state, "MAX_MEMBERS", 3)
        found = verdict(group)
        assert (found.code, found.accepted) == (Code.TOO_LARGE, 1)
    with pytest.raises(DimError) as refused:
        History.parse(b" " * ((1 << 30) + 1) if False else b"[")
    assert refused.value.code is Code.MALFORMED


def test_hist_10_at_most_four_signatures_of_one_statement(tier: str) -> None:
    group = crew("bob")
    group.block(ALICE, [named(group)], [BOB])
    entries = list(group.entries)
    for number in range(4):
        entry = copy.deepcopy(group.entries[-1])
        entry["votes"][str(BOB)] = b64(bytes([number]) * 70)
        entries.append(entry)
    mapping = {"version": 2, "ID": group.id, "blocks": entries[:-1]}
    found = verdict(History.parse(mapping))
    assert found.accepted == 3
    assert len(found.refused) == 3
    with pytest.raises(DimError) as refused:
        History.parse({**mapping, "blocks": entries})
    assert refused.value.code is Code.TOO_LARGE


# -- the order of checks --------------------------------------------------------------------------


def test_hist_11_the_first_cause_wins(tier: str) -> None:
    """From the last cause to the first: each one added hides those after it."""
    stranger = Member("zoe", "ED25519")
    group = crew("bob", "carol")
    late = group.head.time - 1

    def code(recorder: Member, events: list[str], **changed: Any) -> Code:
        other = crew("bob", "carol")
        other.block(recorder, events, [], **changed)
        return verdict(other).code

    expel = group.event("expel", CAROL, BOB)
    forged = json.loads(expel) | {"signature": b64(bytes(64))}
    assert code(ALICE, [named(group)]) is Code.UNCONFIRMED
    assert code(ALICE, [expel]) is Code.FORBIDDEN
    assert code(ALICE, [expel], time=late) is Code.EXPIRED
    assert code(ALICE, [json.dumps(forged)], time=late) is Code.BAD_SIGNATURE
    assert code(ALICE, [json.dumps(forged)], time=late, merkle="0" * 64) is Code.MISMATCH
    unknown = group.event("name", stranger, name="x")
    assert code(ALICE, [unknown], time=late, merkle="0" * 64) is Code.UNKNOWN_SENDER


def test_hist_11_a_block_is_taken_whole_or_not_at_all(tier: str) -> None:
    group = crew("bob", "carol")
    group.block(ALICE, [named(group), group.event("expel", CAROL, BOB)], [BOB, CAROL])
    group.block(ALICE, [named(group)], [BOB, CAROL])
    group.block(ALICE, [named(group)], [BOB, CAROL])
    found = verdict(group)
    assert (found.code, found.accepted, found.unjudged) == (Code.FORBIDDEN, 2, 2)
    assert found.state is not None
    assert found.state.name is None
    assert found.counts() == {Code.FORBIDDEN: 1}
    assert "block 2: FORBIDDEN expel: not by a member" in found.reason
    with pytest.raises(TypeError, match="truth value"):
        bool(found)


def test_hist_11_heights_count_and_other_groups_do_not_belong(tier: str) -> None:
    group = crew("bob")
    group.block(ALICE, [named(group)], [BOB], height=3)
    assert verdict(group).code is Code.MISMATCH
    other, _ = group_of("alice", "crew", POLYLOGUE)
    group = crew("bob")
    group.block(ALICE, [named(group)], [BOB], group=other)
    assert verdict(group).code is Code.MISMATCH
    group = crew("bob")
    group.block(ALICE, [group.event("name", BOB, name="x", group=other)], [BOB])
    assert verdict(group).code is Code.MISMATCH


def test_hist_11_a_block_without_its_predecessor_waits(tier: str) -> None:
    group = crew("bob")
    group.block(ALICE, [named(group)], [BOB])
    group.block(ALICE, [named(group)], [BOB])
    found = verdict_of(group, [group.entries[0], *group.entries[2:]])
    assert (found.code, found.accepted) == (Code.UNCONFIRMED, 1)
    assert len(found.history) == 3
    missing = History.parse({"version": 2, "ID": group.id, "blocks": [group.entries[1]]})
    found = verdict(merge(found.history, missing))
    assert (found.code, found.accepted) == (Code.OK, 4)


# -- forks ----------------------------------------------------------------------------------------


def forked() -> tuple[Chronicle, list[str]]:
    """Two confirmed blocks on one; Carol voted for both. Their names."""
    group = crew("bob", "carol")
    before = group.head
    names = []
    for name in ("one", "two"):
        event = group.event("name", ALICE, name=name, head=before)
        voters = [BOB, CAROL] if name == "one" else [CAROL]
        names.append(group.block(ALICE, [event], voters, on=before).name)
    return group, names


def test_hist_12_of_equal_branches_the_smaller_name_then_the_longer_branch(tier: str) -> None:
    group, names = forked()
    found = verdict(group)
    assert found.code is Code.CONFLICT
    assert found.accepted == 3
    assert found.chain[-1] == min(names)
    for loser in (max(names), min(names)):
        [entry] = [e for e in group.entries[2:4] if block_name(e) == loser]
        height, time = 2, json.loads(entry["block"])["time"]
        head = group.head._replace(height=height, name=loser, time=time)
        longer, _ = copy.deepcopy(group), group
        longer.block(ALICE, [named(longer, head=head)], [BOB], on=head)
        found = verdict(longer)
        assert found.chain[2] == loser
        assert found.accepted == 4


def block_name(entry: dict[str, Any]) -> str:
    signed = b"DIM history 2 block\n" + entry["block"].encode()
    return sha256(sha256(signed).digest()).hexdigest()


def test_hist_12_a_longer_branch_that_is_not_confirmed_does_not_win(tier: str) -> None:
    group = crew("bob", "carol")
    before = group.head
    good = group.block(ALICE, [named(group)], [BOB])
    group.block(ALICE, [named(group, CAROL, head=before)], [], on=before)
    for _ in range(3):
        group.block(ALICE, [named(group)], [BOB, CAROL])
    found = verdict(group)
    assert (found.accepted, found.chain[-1], found.code) == (3, good.name, Code.CONFLICT)


def test_hist_12_votes_of_those_who_voted_twice_count(tier: str) -> None:
    group, names = forked()
    found = verdict(group)
    without = copy.deepcopy(group)
    for entry in without.entries[2:]:
        entry["votes"].pop(str(CAROL))
    assert found.accepted == 3
    assert verdict(without).chain[2:] == (names[0],)  # Bob's vote is enough there


# -- merging --------------------------------------------------------------------------------------


def pieces(group: Chronicle) -> list[History]:
    """One history for each block, and one for each vote."""
    found = []
    for entry in group.entries:
        for votes in [{}, *({voter: vote} for voter, vote in entry["votes"].items())]:
            mapping = {"version": 2, "ID": group.id, "blocks": [{**entry, "votes": votes}]}
            found.append(History.parse(mapping))
    return found


def test_hist_13_merge_is_commutative_associative_idempotent(tier: str) -> None:
    group, _ = forked()
    parts = pieces(group)
    whole = History.parse({"version": 2, "ID": group.id, "blocks": group.entries})
    for a in parts:
        assert merge(a, a) == a
        for b in parts:
            both = merge(a, b)
            assert both == merge(b, a)
            assert both == merge(both, b)
            for c in parts[::2]:
                assert merge(both, c) == merge(a, merge(b, c))
    forwards = backwards = parts[0]
    for part in parts:
        forwards = merge(forwards, part)
    for part in reversed(parts):
        backwards = merge(part, backwards)
    assert forwards == backwards == whole
    assert forwards.to_dict() == backwards.to_dict()


def test_hist_13_what_is_refused_is_not_kept(tier: str) -> None:
    group = crew("bob", "carol")
    group.block(ALICE, [named(group)], [BOB, CAROL])
    good = History.parse({"version": 2, "ID": group.id, "blocks": group.entries})
    bad = copy.deepcopy(group.entries)
    bad[-1]["votes"][str(BOB)] = b64(bytes(70))
    bad[-1]["signature"] = b64(bytes(64))
    bad[1]["signature"] = b64(bytes(64))
    junk = History.parse({"version": 2, "ID": group.id, "blocks": bad})
    assert len(verdict(junk).history) == 1
    both = merge(junk, good)
    assert both == merge(good, junk)
    found = verdict(both)
    assert found.accepted == 3
    assert found.code is not Code.OK
    assert found.history == good
    assert merge(found.history, good) == good


def test_hist_13_of_several_right_signatures_the_smallest_is_kept(tier: str) -> None:
    group = crew("bob")
    group.block(ALICE, [named(group)], [BOB])
    entry = copy.deepcopy(group.entries[-1])
    ours = bytes(History.parse(group.mapping()).blocks[-1].votes[str(BOB)][0])
    entry["votes"][str(BOB)] = b64(twin(ours))
    found = verdict_of(group, [*group.entries, entry])
    assert found.code is Code.OK
    kept = found.history.blocks[-1].votes[str(BOB)]
    assert kept == (min(ours, twin(ours)),)


def twin(signature: bytes) -> bytes:
    """The other S of a signature of ECDSA (ECDSA-2)."""
    from cryptography.hazmat.primitives.asymmetric.utils import (
        decode_dss_signature,
        encode_dss_signature,
    )

    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, order - s)


def test_hist_13_merging_is_bounded_and_of_one_group(
    tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dimp_fast.group import _form

    group, _ = forked()
    first, *others = pieces(group)
    with pytest.raises(ValueError, match="histories of"):
        merge(first, History.parse(founded(POLYLOGUE).mapping()))
    with pytest.raises(TypeError, match="History is wanted"):
        merge(first, {})  # type: ignore[arg-type]
    monkeypatch.setattr(_form, "MAX_BLOCKS", 2)
    with pytest.raises(DimError) as refused:
        reduce(merge, others, first)
    assert refused.value.code is Code.TOO_LARGE


def test_hist_13_metas_are_united(tier: str) -> None:
    group = crew("bob")
    one = History.parse({**group.mapping(), "metas": {str(ALICE): ALICE.meta.to_dict()}})
    other_spelling = {**ALICE.meta.to_dict(), "note": "x"}
    two = History.parse({**group.mapping(), "metas": {str(ALICE): other_spelling}})
    assert merge(one, two) == merge(two, one)
    assert merge(one, two).to_dict() == merge(two, one).to_dict()


# -- evidence -------------------------------------------------------------------------------------


def test_hist_14_two_statements_convict(tier: str) -> None:
    group, names = forked()
    found = verdict(group)
    assert [(one.kind, one.culprit) for one in found.equivocations] == [
        ("recorder", ALICE.id), ("voter", CAROL.id),
    ]  # fmt: skip
    for evidence in found.equivocations:
        assert evidence.height == 2
        carried = Equivocation.parse(json.loads(json.dumps(evidence.to_dict())))
        assert carried == evidence
        assert carried.verify(keyring()) is Code.OK
        assert carried.verify(Keyring()) is Code.UNKNOWN_SENDER
        (text, signature), second = carried.statements
        same = carried._replace(statements=((text, signature), (text, signature)))
        assert same.verify(keyring()) is Code.MISMATCH
        forged = carried._replace(statements=((text, bytes(64)), second))
        assert forged.verify(keyring()) is Code.BAD_SIGNATURE
        framed = carried._replace(culprit=DAVE.id)
        assert framed.verify(keyring()) in (Code.MISMATCH, Code.BAD_SIGNATURE)
        elsewhere = carried._replace(previous=names[0])
        assert elsewhere.verify(keyring()) in (Code.MISMATCH, Code.BAD_SIGNATURE)
    nonsense = found.equivocations[0]._replace(statements=(("x", b"x"), ("y", b"y")))
    assert nonsense.verify(keyring()) is Code.MISMATCH


@pytest.mark.parametrize(
    "change",
    [{"kind": "friend"}, {"height": "2"}, {"statements": []}, {"statements": 3},
     {"previous": None}, {"culprit": None}, {"statements": [{}, {}]}],
)  # fmt: skip
def test_hist_14_evidence_has_a_form(tier: str, change: dict[str, Any]) -> None:
    [evidence, _] = verdict(forked()[0]).equivocations
    with pytest.raises((DimError, TypeError)):
        Equivocation.parse(evidence.to_dict() | change)


def test_hist_14_one_vote_at_each_height_convicts_nobody(tier: str) -> None:
    group = crew("bob", "carol")
    before = group.head
    group.block(ALICE, [named(group)], [BOB])
    group.block(ALICE, [named(group)], [BOB, CAROL])
    group.block(ALICE, [named(group, CAROL, head=before)], [CAROL], on=before)
    found = verdict(group)
    assert [(one.kind, one.culprit) for one in found.equivocations] == [("recorder", ALICE.id)]


def test_hist_14_our_own_writer_does_not_equivocate(tier: str) -> None:
    group = crew("bob", "carol")
    history = History.parse({"version": 2, "ID": group.id, "blocks": group.entries})
    head = verdict(history).checkpoint
    assert head is not None
    event = sign_operation("name", group.id, BOB.id, BOB.key, head, name="x", time=head.time)
    proposed = history.propose(head, [event], ALICE.id, ALICE.key, time=head.time)
    assert verdict(proposed).code is Code.UNCONFIRMED
    with pytest.raises(ValueError, match="convicts"):
        proposed.propose(head, [event], ALICE.id, ALICE.key)
    voted = proposed.vote(BOB.id, BOB.key)
    assert verdict(voted).code is Code.OK
    entry = sign_block(group.id, head, [event], ALICE.id, ALICE.key, head.time + 1)
    rival = History.parse({"version": 2, "ID": group.id, "blocks": [entry]})
    both = merge(voted, rival)
    with pytest.raises(ValueError, match="2 blocks, one is wanted"):
        both.vote(BOB.id, BOB.key)
    with pytest.raises(ValueError, match="a second vote convicts"):
        both.vote(BOB.id, BOB.key, rival.blocks[0].name)
    assert merge(both, both.vote(CAROL.id, CAROL.key, rival.blocks[0].name)) != both


# -- checkpoints ----------------------------------------------------------------------------------


def test_hist_15_from_a_checkpoint_the_verdict_is_the_same(tier: str) -> None:
    group = crew("bob", "carol")
    for number in range(6):
        group.block(ALICE, [named(group, (BOB, CAROL)[number % 2])], [BOB])
    history = History.parse({"version": 2, "ID": group.id, "blocks": group.entries})
    whole = verdict(history)
    for height in range(len(group.entries)):
        part = History.parse({"version": 2, "ID": group.id, "blocks": group.entries[: height + 1]})
        checkpoint = verdict(part).checkpoint
        assert checkpoint is not None
        assert checkpoint.height == height
        stored = Checkpoint.parse(json.loads(json.dumps(checkpoint.to_dict())))
        assert stored == checkpoint
        found = verdict(history, checkpoint=stored)
        assert (found.code, found.accepted) == (whole.code, whole.accepted)
        assert found.state == whole.state
        assert found.checkpoint == whole.checkpoint
        assert found.total == len(group.entries) - height - 1
        assert found.signatures <= 3 * found.total
        # What lies below need not be there.
        if height + 1 < len(group.entries):
            tail = {"version": 2, "ID": group.id, "blocks": group.entries[height + 1 :]}
            assert verdict(History.parse(tail), checkpoint=stored).checkpoint == whole.checkpoint


def test_hist_15_what_was_accepted_is_final(tier: str) -> None:
    group, names = forked()
    first = verdict_of(group, group.entries[:3])
    assert first.chain[-1] == names[0]
    head = group.head  # of the other branch
    group.block(ALICE, [named(group, CAROL, head=head)], [BOB], on=head)
    assert verdict(group).chain[2] == names[1]
    history = History.parse({"version": 2, "ID": group.id, "blocks": group.entries})
    found = verdict(history, checkpoint=first.checkpoint)
    assert found.accepted == 3
    assert found.checkpoint == first.checkpoint
    assert found.code is Code.CONFLICT


def test_hist_15_a_checkpoint_is_of_one_history(tier: str) -> None:
    checkpoint = verdict(crew("bob")).checkpoint
    assert checkpoint is not None
    with pytest.raises(ValueError, match="not of this history"):
        verdict(founded(POLYLOGUE), checkpoint=checkpoint)
    with pytest.raises(TypeError, match="Checkpoint or None"):
        verdict(crew("bob"), checkpoint=checkpoint.to_dict())
    for change in ({"head": 1}, {"recent": 3}, {"height": "1"}, {"state": {}}, {"version": None}):
        if change == {"head": 1}:
            broken = Checkpoint.parse(checkpoint.to_dict() | change)
            with pytest.raises(ValueError, match="its head is not"):
                verdict(crew("bob"), checkpoint=broken)
            continue
        with pytest.raises(DimError):
            Checkpoint.parse(checkpoint.to_dict() | change)
    with pytest.raises(AttributeError, match="immutable"):
        checkpoint.height = 3


# -- accounts -------------------------------------------------------------------------------------


def registered(one: Member) -> Chronicle:
    account = Chronicle(str(one), {})
    account.block(one, [account.event("register", one)])
    return account


def test_hist_17_an_account_is_registered_and_given_up(tier: str) -> None:
    account = registered(BOB)
    found = verdict(account)
    assert found.code is Code.OK
    assert found.state is not None
    assert not found.state.is_retired
    account.block(BOB, [account.event("suicide", BOB)])
    found = verdict(account)
    assert found.code is Code.OK
    assert found.state is not None
    assert found.state.is_retired
    account.block(BOB, [account.event("suicide", BOB)])
    found = verdict(account)
    assert (found.code, found.accepted) == (Code.FORBIDDEN, 2)


def test_hist_17_nobody_else_writes_it(tier: str) -> None:
    account = Chronicle(str(BOB), {})
    account.block(CAROL, [account.event("register", CAROL)])
    assert verdict(account).code is Code.MISMATCH
    account = registered(BOB)
    account.block(CAROL, [account.event("suicide", CAROL)])
    assert verdict(account).code is Code.FORBIDDEN
    account = registered(BOB)
    account.block(BOB, [account.event("suicide", CAROL)])
    assert verdict(account).code is Code.FORBIDDEN
    with pytest.raises(ValueError, match="a user is wanted"):
        History.register(group_of("alice", "crew", CHATROOM)[0], BOB.key)
    with pytest.raises(ValueError, match="a group is wanted"):
        History.found(BOB.id, BOB.id, BOB.key)


def test_hist_17_the_keyring_that_knows_it_refuses_a_retired_id(tier: str) -> None:
    from people import handmade, person

    from dimp_fast import encode, seal, verify_documents, verify_messages

    alice, bob = person("alice"), person("bob")
    accounts = Keyring()
    alice.enter(accounts)
    bob.enter(accounts)
    frame = encode(handmade(bob, alice.id, b"{}"))
    forged = encode(handmade(bob, alice.id, b"{}", signature=bytes(70)))
    other = encode(handmade(alice, bob.id, b"{}"))
    frames = [frame, other, forged, b"nonsense"]
    before = list(verify_messages(frames, accounts)[1])
    assert before[:2] == [Code.OK, Code.OK]

    history = History.register(bob.id, bob.identity, time=START)
    assert accounts.add_history(history) is Code.OK
    assert not accounts.is_retired(bob.id)
    head = history.verify(accounts).checkpoint
    assert head is not None
    event = sign_operation("suicide", bob.id, bob.id, bob.identity, head, time=START)
    forged_event = sign_operation("suicide", bob.id, bob.id, alice.identity, head, time=START)
    bad = history.propose(head, [forged_event], bob.id, bob.identity, time=START)
    assert accounts.add_history(bad) is Code.BAD_SIGNATURE
    assert not accounts.is_retired(bob.id)
    history = history.propose(head, [event], bob.id, bob.identity, time=START)
    assert accounts.add_history(history.to_dict()) is Code.OK

    assert accounts.is_retired(f"{bob.id}/pad")
    assert accounts.keys_for(bob.id) == ()
    assert accounts.encryption_keys(bob.id) == []
    assert accounts.add_meta(bob.id, bob.meta) is Code.EXPIRED
    assert accounts.add_document(bob.visas[0]) is Code.EXPIRED
    found = verify_documents([bob.visas[0], alice.visas[0]], accounts)
    assert list(found) == [Code.EXPIRED, Code.OK]
    verdicts = verify_messages(frames, accounts, learn=True)[1]
    assert list(verdicts) == [Code.EXPIRED, Code.OK, *before[2:]]
    assert "retired" in verdicts.reason(0)
    with pytest.raises(DimError) as refused:
        seal({"type": 1, "sn": 1, "text": "x"}, sender=alice.user(), receivers=bob.id,
             keyring=accounts)  # fmt: skip
    assert refused.value.code is Code.BAD_KEY
    # Never taken back, and no matter to histories of groups.
    assert accounts.add_history(History.register(bob.id, bob.identity, time=START)) is Code.OK
    assert accounts.is_retired(bob.id)
    assert history.verify(accounts).code is Code.OK


def test_hist_17_what_is_no_account_is_not_taken(tier: str) -> None:
    accounts = keyring()
    assert accounts.add_history({}) is Code.MALFORMED
    assert accounts.add_history(crew("bob").mapping()) is Code.BAD_ADDRESS
    with pytest.raises(TypeError):
        accounts.add_history(3)  # type: ignore[arg-type]


def test_hist_17_retired_ids_are_bounded(tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from dimp_fast import keyring as module

    monkeypatch.setattr(module, "MAX_RETIRED", 0)
    accounts = Keyring()
    accounts.add_meta(BOB.id, BOB.meta)
    account = registered(BOB)
    account.block(BOB, [account.event("suicide", BOB)])
    assert accounts.add_history(account.mapping()) is Code.TOO_LARGE


# -- what is guaranteed ---------------------------------------------------------------------------


def test_hist_18_an_honest_owner_s_group_does_not_fork_whatever_the_others_do(tier: str) -> None:
    group = crew("bob", "carol", "dave")
    before = group.head
    group.block(ALICE, [named(group)], [BOB, CAROL])
    for cheat in (BOB, CAROL, DAVE):
        others = [one for one in (BOB, CAROL, DAVE) if one is not cheat]
        group.block(cheat, [named(group, cheat, head=before)], others, on=before)
    found = verdict(group)
    assert found.accepted == 3
    assert found.counts() == {Code.FORBIDDEN: 3}
    assert len(verdict(found.history).history) == 3


def test_hist_18_two_confirmed_blocks_convict_the_owner_and_a_voter(tier: str) -> None:
    """Odd and even: whoever is in both majorities is named."""
    for names in (("bob", "carol"), ("bob", "carol", "dave")):
        group = crew(*names)
        before = group.head
        for at in range(2):
            voters = [member(name) for name in names[at : at + (len(names) + 1) // 2]]
            event = group.event("name", ALICE, name=str(at), head=before)
            group.block(ALICE, [event], voters, on=before)
        convicted = {one.culprit for one in verdict(group).equivocations}
        assert ALICE.id in convicted
        assert len(convicted) == (1 if len(names) == 2 else 2)


def test_hist_18_half_of_the_members_can_withhold(tier: str) -> None:
    group = crew("bob", "carol", "dave")
    group.block(ALICE, [named(group)], [BOB])
    assert verdict(group).code is Code.UNCONFIRMED


# -- what goes with it ----------------------------------------------------------------------------


def test_steps_tell_the_chain(tier: str) -> None:
    group, names = forked()
    found = verdict(group)
    history = History.parse({"version": 2, "ID": group.id, "blocks": group.entries})
    told = list(steps(history, found))
    assert [step.height for step in told] == [0, 1, 2]
    assert [step.electorate for step in told] == [1, 1, 3]
    assert told[-1].votes == (3 if names[0] == min(names) else 2)
    assert told[-1].state == found.state
    assert told[1].commands[0] == ("invite", ALICE.id, str(BOB))


def test_threads_and_windows_change_nothing(tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from dimp_fast.group import _form, _windows

    group, _ = forked()
    group.entries[-1]["votes"][str(DAVE)] = b64(bytes(64))
    one = verdict(group)
    monkeypatch.setattr(_windows, "SIGNATURES_AT_ONCE", 1)
    monkeypatch.setattr(_form, "BLOCKS_AT_ONCE", 1)
    for threads in (None, 2):
        other = verdict(group, threads=threads)
        assert other.refused == one.refused
        assert other.chain == one.chain
        assert other.state == one.state


def test_misuse_raises(tier: str) -> None:
    history = History.parse(crew("bob").mapping())
    with pytest.raises(TypeError, match="Keyring is wanted"):
        history.verify(None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="threads"):
        history.verify(keyring(), threads=0)
    for source in (3, "text", None):
        with pytest.raises(TypeError, match="mapping or JSON bytes"):
            History.parse(source)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"History\.parse"):
        History()
    assert history.state is None
    state = verdict(history).state
    assert history.state == state
    with pytest.raises(DimError):
        sign_operation("dance", crew().id, BOB.id, BOB.key, None)
    with pytest.raises(DimError):
        sign_block(crew().id, None, [], ALICE.id, ALICE.key)
    assert PrivateKey is type(BOB.key)
