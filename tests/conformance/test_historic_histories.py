"""Histories of the form of 2018 (docs/semantics.md#hist-16), and group_1 to group_4 in them."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from histories import CHATROOM, NOW, POLYLOGUE, Member, Records, group_of, keyring, member, verdict
from making.histories import b64, merkle

from dimp_fast import Code, DimError, Keyring
from dimp_fast.group import History, _historic, _texts, _windows, merge, steps

UNIT = "merkle_roots"
ALICE, BOB, CAROL, DAVE = map(member, ("alice", "bob", "carol", "dave"))


def old(*names: str, network: int = CHATROOM, **fields: Any) -> Records:
    """Alice's group with these members."""
    identifier, meta = group_of("alice", "crew", network)
    records = Records(identifier, {identifier: meta})
    records.record(ALICE, [records.event("found", **{"founder": str(ALICE)} | fields)])
    if names:
        records.record(ALICE, [records.event("invite", user=str(member(one))) for one in names])
    return records


def named(records: Records, by: Member | None = None) -> str:
    return records.event("name", by, name="x")


def test_hist_16_records_links_votes_and_roots(tier: str) -> None:
    records = old("bob", "carol")
    records.record(ALICE, [records.event("hire", admin=str(BOB)), named(records, CAROL)], [CAROL])
    records.record(ALICE, [records.event("expel", BOB, member=str(CAROL))], [BOB, CAROL])
    found = verdict(records)
    assert (found.code, found.accepted) == (Code.OK, 4)
    assert found.state is not None
    assert found.state.members == (ALICE.id, BOB.id)
    assert found.state.administrators == (BOB.id,)
    assert found.state.name == "x"
    told = list(steps(found.history, found))
    assert [(step.votes, step.electorate) for step in told] == [(1, 1), (1, 1), (2, 3), (3, 3)]
    assert told[-1].state == found.state
    assert told[2].commands[1] == ("hire", ALICE.id, str(BOB))


def test_hist_16_the_leaf_is_the_text_before_it_was_voted_for(tier: str) -> None:
    records = old("bob")
    records.record(ALICE, [named(records)], [BOB])
    entry = records.records[-1]
    bare = [_historic._without_votes(text) for text in entry["events"]]
    assert all("confirmations" not in text for text in bare)
    assert b64(merkle(bare)) == entry["merkle"]
    assert b64(merkle(entry["events"])) != entry["merkle"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"a":1,"confirmations":{"x":"}"}}', '{"a":1}'),
        ('{"a": 1, "confirmations": {"x": "y"}, "b": [2, {}]}', '{"a": 1, "b": [2, {}]}'),
        ('{"confirmations": {}, "b": 2}', '{"b": 2}'),
        (' { "confirmations" : { } } ', " {  } "),
        ('{"a":"confirmations","confirmations":[1,2] }', '{"a":"confirmations" }'),
        ('{"\\u0063onfirmations":1,"c":"\\"}"}', '{"c":"\\"}"}'),
    ],
)
def test_hist_16_the_votes_are_cut_out_with_one_comma(tier: str, text: str, wanted: str) -> None:
    assert _historic._without_votes(text) == wanted


@pytest.mark.parametrize("votes", [0, 1, 2])
def test_hist_16_more_than_half_in_every_event(tier: str, votes: int) -> None:
    records = old("bob", "carol", "dave")
    records.record(ALICE, [named(records)], [BOB, CAROL][:votes])
    assert verdict(records).code is (Code.OK if votes == 2 else Code.UNCONFIRMED)
    if votes < 2:
        return
    event = json.loads(records.records[-1]["events"][-1])
    del event["confirmations"][CAROL.id.address]
    records.records[-1]["events"][-1] = json.dumps(event, separators=(",", ":"))
    found = verdict(records)
    assert (found.code, found.accepted) == (Code.UNCONFIRMED, 2)
    assert "event 1: 2 of 4" in found.reason


def test_hist_16_votes_that_are_none_do_not_count(tier: str) -> None:
    records = old("bob", "carol")
    records.record(ALICE, [named(records)], [BOB, DAVE, ALICE])
    found = verdict(records)
    assert (found.code, found.accepted) == (Code.FORBIDDEN, 3)
    assert {one.voter for one in found.refused} == {DAVE.id.address}
    records = old("bob", "carol")
    records.record(ALICE, [named(records)], [BOB])
    event = json.loads(records.records[-1]["events"][-1])
    event["confirmations"][BOB.id.address] = b64(bytes(70))
    records.records[-1]["events"][-1] = json.dumps(event, separators=(",", ":"))
    found = verdict(records)
    assert (found.code, found.accepted) == (Code.UNCONFIRMED, 2)
    assert [one.voter for one in found.refused] == [None, BOB.id.address]


def test_hist_16_a_link_names_the_record_before(tier: str) -> None:
    records = old("bob")
    records.record(ALICE, [named(records)], [BOB], link=records.records[0]["signature"])
    assert verdict(records).code is Code.MISMATCH
    records = old("bob")
    records.records.append(records.records[0])
    assert verdict(records).code is Code.MISMATCH
    records = old()
    link = records.event("link", prevSign=b64(b"x"))
    records.record(ALICE, [link])
    assert verdict(records).code is Code.FORBIDDEN


@pytest.mark.parametrize(("network", "code"), [(CHATROOM, Code.FORBIDDEN), (POLYLOGUE, Code.OK)])
def test_hist_16_in_a_polylogue_any_member_records(tier: str, network: int, code: Code) -> None:
    records = old("bob", network=network)
    records.record(BOB, [named(records)], [ALICE])
    assert verdict(records).code is code
    records = old("bob", network=network)
    records.record(CAROL, [named(records)], [ALICE, BOB])
    assert verdict(records).code is Code.FORBIDDEN


def test_hist_16_who_founded_is_the_group_s_key(tier: str) -> None:
    identifier, _ = group_of("alice", "crew", CHATROOM)
    for founder, recorder, code in (
        (BOB, BOB, Code.MISMATCH), (ALICE, BOB, Code.MISMATCH), (BOB, ALICE, Code.MISMATCH),
    ):  # fmt: skip
        records = Records(identifier, {})
        records.record(recorder, [records.event("found", founder=str(founder))])
        assert verdict(records).code is code
    records = Records(identifier, {})
    records.record(ALICE, [records.event("found", BOB, founder=str(ALICE))])
    assert verdict(records).code is Code.MISMATCH
    records = Records(identifier, {})
    records.record(ALICE, [named(records)])
    assert verdict(records).code is Code.MISMATCH
    records = old(owner=str(BOB))
    state = verdict(records).state
    assert state is not None
    assert (state.owner, state.founder) == (str(BOB), str(ALICE))


def test_hist_16_commanders_sign_and_may(tier: str) -> None:
    records = old("bob", "carol")
    forged = json.loads(named(records, BOB)) | {"commander": str(CAROL)}
    records.record(ALICE, [json.dumps(forged)], [BOB])
    found = verdict(records)
    assert found.code in (Code.BAD_SIGNATURE, Code.BAD_SIGNATURE_ENCODING)
    assert found.accepted == 2
    records = old("bob", "carol")
    records.record(ALICE, [records.event("expel", CAROL, member=str(BOB))], [BOB])
    assert verdict(records).code is Code.FORBIDDEN
    records = old("bob", "carol")
    records.record(ALICE, [records.event("name", Member("zoe", "ED25519"), name="x")], [BOB])
    assert verdict(records).code is Code.UNKNOWN_SENDER


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("setName", {"name": "x"}),
        ("invite", {"member": "dave"}),
        ("invite", {"user": "dave"}),
        ("expel", {"member": "carol"}),
        ("hire", {"administrator": "carol"}),
        ("hire", {"admin": "carol"}),
        ("abdicate", {"owner": "carol"}),
    ],
)
def test_group_4_historic_names(tier: str, command: str, fields: dict[str, str]) -> None:
    records = old("bob", "carol")
    told = {key: value if key == "name" else str(member(value)) for key, value in fields.items()}
    records.record(ALICE, [records.event(command, **told)], [BOB])
    assert verdict(records).code is Code.OK
    account = Records(str(BOB), {})
    account.record(BOB, [account.event("create")])
    account.record(BOB, [account.event("destroy")])
    state = verdict(account).state
    assert state is not None
    assert state.is_retired
    identifier, _ = group_of("alice", "crew", CHATROOM)
    created = Records(identifier, {})
    created.record(ALICE, [created.event("create", founder=str(ALICE))])
    assert verdict(created).code is Code.OK


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda r: r.update(events=[]), Code.MALFORMED),
        (lambda r: r.update(events=[1]), Code.MALFORMED),
        (lambda r: r.update(events=["{}"]), Code.MALFORMED),
        (lambda r: r.update(events=["["]), Code.MALFORMED),
        (lambda r: r.update(events=['{"operation":"[]"}']), Code.MALFORMED),
        (lambda r: r.update(events=['{"operation":"{}"}']), Code.MALFORMED),
        (lambda r: r.update(events=['{"operation":"x","operation":"y"}']), Code.MALFORMED),
        (lambda r: r.update(events=["[" * 100_000]), Code.MALFORMED),
        (lambda r: r.update(events=["\ud800"]), Code.MALFORMED),
        (lambda r: r.update(events=["x" * (1 << 21)]), Code.TOO_LARGE),
        (lambda r: r.update(events=["x"] * 257), Code.TOO_LARGE),
        (lambda r: r.update(events=[r["events"][0]] * 2), Code.MALFORMED),
        (lambda r: r.update(merkle="x"), Code.BAD_ENCODING),
        (lambda r: r.update(merkle=b64(bytes(32))), Code.MISMATCH),
        (lambda r: r.update(signature=3), Code.MALFORMED),
        (lambda r: r.update(signature=b64(bytes(64))), Code.BAD_SIGNATURE),
        (lambda r: r.update(recorder="alice"), Code.BAD_ADDRESS),
        (lambda r: r.update(recorder="anyone@anywhere"), Code.BAD_ADDRESS),
        (lambda r: r.pop("recorder"), Code.MALFORMED),
        (lambda r: r.update(recorder=str(DAVE)), Code.BAD_SIGNATURE),
    ],
)  # fmt: skip
def test_hist_16_a_bad_record_is_the_end(tier: str, change: Any, code: Code) -> None:
    records = old("bob")
    records.record(ALICE, [named(records)], [BOB])
    records.record(ALICE, [records.event("name", name="y")], [BOB])
    change(records.records[2])
    found = verdict(records)
    assert (found.code, found.accepted, found.unjudged) == (code, 2, 1)
    assert found.state is not None
    assert found.state.members == (ALICE.id, BOB.id)
    assert len(found.history) == 2
    assert verdict(found.history).code is Code.OK


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"command": "dance"}, Code.MALFORMED),
        ({"command": 3}, Code.MALFORMED),
        ({"command": "invite"}, Code.MALFORMED),
        ({"command": "invite", "user": str(BOB), "member": str(BOB)}, Code.MALFORMED),
        ({"command": "invite", "user": 3}, Code.MALFORMED),
        ({"command": "name"}, Code.MALFORMED),
        ({"command": "name", "name": "x" * 129}, Code.TOO_LARGE),
        ({"command": "link"}, Code.MALFORMED),
        ({"command": "register"}, Code.MALFORMED),
        ({"command": "found"}, Code.FORBIDDEN),
    ],
)
def test_hist_16_operations_have_a_form(tier: str, fields: dict[str, Any], code: Code) -> None:
    records = old()
    records.record(ALICE, [records.event(**fields)])
    assert verdict(records).code is code


def test_hist_10_different_ids(tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The group, Alice and Bob are three; the record that names a fourth is refused."""
    records = old("bob")
    records.record(ALICE, [records.event("invite", user=str(CAROL))], [BOB])
    monkeypatch.setattr(_texts, "MAX_IDENTIFIERS", 3)
    found = verdict(records)
    assert (found.code, found.accepted) == (Code.TOO_LARGE, 2)
    monkeypatch.setattr(_texts, "MAX_IDENTIFIERS", 4)
    assert verdict(records).code is Code.OK


@pytest.mark.parametrize("records", [None, [], {}, [1]])
def test_hist_16_records_are_an_array_of_objects(tier: str, records: Any) -> None:
    identifier, _ = group_of("alice", "crew", CHATROOM)
    with pytest.raises(DimError) as refused:
        History.parse({"ID": identifier, "records": records})
    assert refused.value.code is Code.MALFORMED


def test_hist_16_is_not_merged_and_not_written(tier: str) -> None:
    history = History.parse(old("bob").mapping())
    assert history.version == 1
    assert History.parse(history.to_dict()) == history
    with pytest.raises(ValueError, match="cannot be merged"):
        merge(history, history)
    with pytest.raises(ValueError, match="read only"):
        history.vote(BOB.id, BOB.key)


def test_hist_16_from_a_checkpoint(tier: str) -> None:
    records = old("bob", "carol")
    records.record(ALICE, [named(records)], [BOB])
    records.record(ALICE, [records.event("quit", CAROL)], [BOB])
    history = History.parse(records.mapping())
    whole = verdict(history)
    for height in range(4):
        part = copy.copy(records)
        part.records = records.records[: height + 1]
        checkpoint = verdict(part).checkpoint
        found = verdict(history, checkpoint=checkpoint)
        assert (found.code, found.accepted, found.state) == (Code.OK, 4, whole.state)
        assert found.total == 3 - height


def test_hist_16_windows_and_carried_metas(tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    records = old("bob", "carol")
    records.record(ALICE, [named(records)], [BOB, CAROL])
    records.metas |= {str(one): one.meta.to_dict() for one in (ALICE, BOB, CAROL)}
    monkeypatch.setattr(_windows, "SIGNATURES_AT_ONCE", 1)
    found = History.parse(records.mapping()).verify(Keyring(), now=NOW)
    assert (found.code, found.accepted) == (Code.OK, 3)
    assert verdict(records).signatures == found.signatures
    assert keyring().keys_for(BOB.id)
