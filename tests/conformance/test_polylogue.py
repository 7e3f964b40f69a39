"""semantics.md: poly-1 to poly-11, small groups that their clients keep.

``DIMP_FAST_WRITE_TABLES=1`` writes the table in docs/groups.md anew.
"""

from __future__ import annotations

import os
import re
import time
from functools import cache
from itertools import permutations, product
from pathlib import Path
from typing import Any

import polylogues
import pytest
from people import Person
from polylogues import (
    NAMES,
    START,
    administrators,
    bulletin,
    command,
    crew,
    crew_meta,
    fresh,
    group,
    ids,
    members,
    one,
    pending,
    say,
    state,
)

import dimp_fast
from dimp_fast import (
    ANYONE,
    Code,
    DimError,
    Document,
    Keyring,
    PrivateKey,
    encode,
    open_message,
    seal,
)
from dimp_fast.content import (
    Content,
    DocumentsCommand,
    ForwardContent,
    InviteCommand,
    QuitCommand,
    ResetCommand,
    TextContent,
)
from dimp_fast.group import CLIENT_KEPT, Polylogue, Role

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "groups.md"

# -- poly-1: the owner -----------------------------------------------------------------------------


def test_poly_1_the_founder_that_the_bulletin_names_owns_the_group() -> None:
    made = fresh()
    assert made.state is None
    assert say(made, "alice", "reset", "alice", "bob", at=1) is Code.UNKNOWN_SENDER
    assert made.apply(bulletin()) is Code.OK
    assert state(made).owner == one("alice").id
    assert members(made) == ["alice"], "the owner alone, until there is a reset"
    assert state(made).reset is None


def test_poly_1_nobody_owns_a_group_of_another_s_key() -> None:
    made = fresh()
    assert made.apply(bulletin(founder=str(one("bob").id))) is Code.MISMATCH
    assert made.state is None
    stranger = Person("stranger", PrivateKey.generate("ECC"))
    assert made.apply(bulletin(at=1, founder=str(stranger.id))) is Code.UNKNOWN_SENDER
    assert made.apply(bulletin(at=2, founder=str(crew()))) is Code.BAD_ADDRESS
    assert made.apply(bulletin(at=3, founder=7)) is Code.MALFORMED
    assert made.state is None


def test_poly_1_a_founder_that_no_bulletin_names() -> None:
    keyring = fresh()._keyring
    assert Polylogue(crew(), keyring).apply(bulletin(founder=None)) is Code.UNKNOWN_SENDER
    made = Polylogue(crew(), keyring, founder=one("alice").id)
    assert made.apply(bulletin("bob", at=1, founder=None)) is Code.OK
    assert state(made).owner == one("alice").id
    with pytest.raises(DimError) as refusal:
        Polylogue(crew(), keyring, founder=one("bob").id)
    assert refusal.value.code is Code.MISMATCH
    with pytest.raises(DimError) as refusal:
        Polylogue(crew(), Keyring(), founder=one("bob").id)
    assert refusal.value.code is Code.UNKNOWN_SENDER


@pytest.mark.parametrize(
    "identifier",
    [str(crew(0x31)), str(crew(0)), "stations@everywhere"],
    ids=["chatroom", "user", "broadcast"],
)
def test_poly_1_only_polylogues(identifier: str) -> None:
    with pytest.raises(ValueError, match="no polylogue"):
        Polylogue(identifier, Keyring())


# -- poly-2: bulletins -----------------------------------------------------------------------------


def test_poly_2_the_newest_bulletin_names_the_administrators() -> None:
    made = group("alice", "bob", "carol")
    newer = bulletin("carol", at=20)
    assert made.apply(newer) is Code.OK
    assert administrators(made) == ["carol"]
    assert made.apply(newer) is Code.OK, "the same again"
    assert made.apply(bulletin("bob", at=10)) is Code.EXPIRED
    assert administrators(made) == ["carol"]
    assert made.apply(bulletin(at=30, administrators=None)) is Code.OK
    assert administrators(made) == []


def test_poly_2_of_two_of_one_time_the_greater_text_counts() -> None:
    first, second = bulletin("bob", at=5), bulletin("carol", at=5)
    found = set()
    for order in permutations((first, second)):
        made = group()
        for document in order:
            made.apply(document)
        found.add(tuple(administrators(made)))
    greater = max((first, second), key=lambda document: document.to_dict()["data"])
    assert found == {("bob",) if greater is first else ("carol",)}


def test_poly_2_what_is_no_bulletin_of_the_group() -> None:
    made = group()
    forged = bulletin("bob", at=5).to_dict()
    forged["data"] = forged["data"].replace("bob", "dave")
    assert made.apply(Document.parse(forged)) is Code.BAD_SIGNATURE
    visa = one("bob").visa(PrivateKey.generate("ECC"), None, START)
    assert made.apply(visa) is Code.MISMATCH
    assert made.apply(bulletin(at=time.time() - START + 3600)) is Code.EXPIRED
    assert made.apply(bulletin(at=6, administrators="bob@nowhere")) is Code.BAD_ADDRESS
    assert made.apply(bulletin(at=7, administrators=[str(crew())])) is Code.BAD_ADDRESS
    assert made.apply(bulletin(at=7, administrators={"bob": 1})) is Code.MALFORMED
    assert made.apply(bulletin(at=7, administrators=ids("bob") * 4097)) is Code.TOO_LARGE
    other = Document.create(crew(), "other", {"administrators": ids("bob")})
    assert made.apply(other.sign(one("alice").identity, time=START + 8)) is Code.OK
    assert administrators(made) == [], "another type of document says nothing about it"


def test_poly_2_whoever_brings_documents_need_not_be_known() -> None:
    made = Polylogue(crew(), Keyring())
    one("alice").enter(made._keyring)
    documents = [bulletin("bob")]
    assert made.apply(DocumentsCommand.create(did=crew(), documents=documents)) is (
        Code.UNKNOWN_SENDER
    ), "the meta of the group first"
    brought = DocumentsCommand.create(did=crew(), meta=crew_meta(), documents=documents)
    assert made.apply(brought, one("grace").id) is Code.OK
    assert administrators(made) == ["bob"]
    for wrong, code in (
        ({"did": crew()}, Code.MALFORMED),
        ({"did": one("bob").id, "documents": documents}, Code.MISMATCH),
        ({"documents": documents}, Code.MISMATCH),
        ({"did": crew(), "meta": one("bob").meta, "documents": documents}, Code.MISMATCH),
        ({"did": crew(), "documents": [bulletin(at=-1), bulletin("dave", at=9)]}, Code.EXPIRED),
    ):
        assert made.apply(DocumentsCommand.create(**wrong)) is code
    assert administrators(made) == ["dave"], "a bad document keeps no good one out"


def test_poly_2_an_administrator_need_not_be_a_member() -> None:
    made = group("alice", "bob", administrators=())
    assert made.apply(bulletin("dave", at=2)) is Code.OK
    assert members(made) == ["alice", "bob"]
    assert state(made).role_of(one("dave").id) is Role.ADMINISTRATOR
    assert say(made, "dave", "invite", "carol", at=3) is Code.FORBIDDEN
    assert say(made, "dave", "reset", "alice", "bob", "dave", at=3) is Code.OK
    assert say(made, "dave", "invite", "carol", at=4) is Code.OK
    assert members(made) == ["alice", "bob", "dave", "carol"]


# -- poly-3: proof ---------------------------------------------------------------------------------


def overt(who: str, content: Content) -> Any:
    return seal(
        content.to_wire(), sender=one(who).user(), receivers=ANYONE, keyring=fresh()._keyring
    )


def test_poly_3_a_command_in_a_message_that_verifies() -> None:
    invite = overt("alice", command("invite", "dave", at=5))
    for form in (invite, encode(invite), invite.to_dict()):
        made = group()
        assert made.apply(form) is Code.OK
        assert members(made) == ["alice", "bob", "carol", "dave"]
    made = group()
    forged = invite.to_dict() | {"sender": str(one("bob").id)}
    assert made.apply(forged) is Code.BAD_SIGNATURE
    text = invite.to_dict()["data"].replace("dave", "erin")
    assert made.apply(invite.to_dict() | {"data": text}) is Code.BAD_SIGNATURE
    stranger = Person("alice", PrivateKey.generate("ECC"))
    assert made.apply(invite.to_dict() | {"sender": str(stranger.id)}) is Code.UNKNOWN_SENDER
    assert made.apply(b"{}") is Code.MALFORMED
    assert members(made) == ["alice", "bob", "carol"]


def test_poly_3_an_encrypted_command_is_opened_first() -> None:
    made = group()
    reader = polylogues.Person("rita", PrivateKey.generate("ECC"), {None: rsa_key()})
    reader.enter(made._keyring)
    message = seal(
        command("quit", at=5).to_wire(),
        sender=one("bob").user(),
        receivers=reader.id,
        keyring=made._keyring,
    )
    assert made.apply(message) is Code.UNREADABLE
    opened = open_message(message, users=reader.user(), keyring=made._keyring)
    assert made.apply(opened) is Code.OK
    assert members(made) == ["alice", "carol"]


@cache
def rsa_key() -> PrivateKey:
    return PrivateKey.generate("RSA", bits=1024)


def test_poly_3_the_form() -> None:
    made = group()
    alice = one("alice").id

    def code(**fields: Any) -> Code:
        mapping = command("invite", "dave", at=5).to_dict() | fields
        return made.apply({k: v for k, v in mapping.items() if v is not None}, alice)

    assert code(time=None) is Code.MALFORMED
    assert code(time="yesterday") is Code.MALFORMED
    assert code(members=None) is Code.MALFORMED
    assert code(members=[]) is Code.MALFORMED
    assert code(members=ids("dave") * 4097) is Code.TOO_LARGE
    assert code(members=["dave@nowhere"]) is Code.BAD_ADDRESS
    assert code(members=[str(crew())]) is Code.BAD_ADDRESS
    assert code(members=["anyone@anywhere"]) is Code.BAD_ADDRESS
    assert code(group=None) is Code.MISMATCH
    assert code(group=str(one("bob").id)) is Code.MISMATCH
    assert code(command=None) is Code.MALFORMED
    assert code(type=1) is Code.MALFORMED
    assert members(made) == ["alice", "bob", "carol"]
    assert made.apply(TextContent.create(text="hello", group=crew()), alice) is Code.MALFORMED
    assert made.apply(command("join", at=5), crew()) is Code.BAD_ADDRESS
    assert made.apply(command("join", at=5), ANYONE) is Code.BAD_ADDRESS
    assert made.apply(command("join", at=5), "no ID") is Code.BAD_ADDRESS
    assert code(members=ids("dave", "erin", "dave")) is Code.OK
    assert members(made) == ["alice", "bob", "carol", "dave", "erin"]
    assert code(members=None, member=ids("frank")[0]) is Code.OK, "the old name"


def test_poly_3_terminals_do_not_matter() -> None:
    made = group()
    phone = [f"{identifier}/phone" for identifier in ids("dave")]
    asked = command("invite", at=5, members=phone)
    assert made.apply(asked, one("alice").id.with_terminal("pad")) is Code.OK
    assert members(made) == ["alice", "bob", "carol", "dave"]
    assert made.apply(command("quit", at=6), one("dave").id.with_terminal("tv")) is Code.OK
    assert members(made) == ["alice", "bob", "carol"]


@pytest.mark.parametrize(
    ("what", "sender"),
    [
        (command("quit", at=5), None),
        (command("quit", at=5).to_dict(), 5),
        (b"{}", one("bob").id),
        (7, None),
        ("quit", one("bob").id),
    ],
    ids=["no sender", "sender of another type", "message with sender", "number", "text"],
)
def test_poly_3_misuse(what: Any, sender: Any) -> None:
    with pytest.raises(TypeError):
        group().apply(what, sender)


# -- poly-4 to poly-6: who may do what -------------------------------------------------------------

ROLES = ("outsider", "member", "administrator", "owner")
# Somebody of each role who issues, and somebody else of each role who is named.
BY = {"owner": "alice", "administrator": "bob", "member": "carol", "outsider": "dave"}
COMMANDS = (
    "reset", "invite", "join", "quit", "resign", "query",
    "expel", "hire", "fire", "found", "abdicate", "name",
)  # fmt: skip


def effect(name: str, role: str) -> str:
    """What a command of somebody does in a group of alice, of bob who administers, and carol."""
    made = group("alice", "bob", "carol", "erin", administrators=("bob",))
    before = state(made)
    about = {
        "reset": ("alice", "bob", "frank"),
        "invite": ("frank",),
        "expel": ("erin",),
        "hire": ("erin",),
        "fire": ("bob",),
        "abdicate": ("erin",),
    }.get(name, ())
    code = say(made, BY[role], name, *about, at=5)
    after = state(made)
    if code is Code.FORBIDDEN:
        assert after == before
        return "-"
    assert code is Code.OK
    if after.pending:
        assert after._replace(pending=()) == before
        return "waits"
    return "yes" if after == before else "at once"


@cache
def rendered() -> str:
    rows = [f"| client-kept | {' | '.join(ROLES)} |", "|---" * 5 + "|"]
    for name in COMMANDS:
        cells = (effect(name, role) for role in ROLES)
        rows.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(rows)


def test_poly_4_to_6_the_table_in_the_document_is_what_polylogues_do() -> None:
    text = DOCUMENT.read_text("utf-8")
    begin, end = "<!-- table: client-kept -->\n", "\n<!-- end: client-kept -->"
    assert text.count(begin) == text.count(end) == 1
    if os.environ.get("DIMP_FAST_WRITE_TABLES") == "1":
        head, rest = text.split(begin)
        DOCUMENT.write_text(head + begin + rendered() + end + rest.split(end)[1], "utf-8")
        text = DOCUMENT.read_text("utf-8")
    [written] = re.findall(re.escape(begin) + "(.*?)" + re.escape(end), text, re.DOTALL)
    assert written == rendered()


def test_poly_4_to_6_the_table_of_permissions() -> None:
    for name, role in product(COMMANDS, ROLES):
        allowed = Role[role.upper()] in CLIENT_KEPT.get(name, ())
        assert allowed is (effect(name, role) != "-"), (name, role)
    assert set(CLIENT_KEPT) <= set(COMMANDS)


@pytest.mark.parametrize("by", ["alice", "bob"])
def test_poly_4_a_reset_says_who_the_members_are(by: str) -> None:
    made = group("alice", "bob", "carol", administrators=("bob",))
    assert say(made, "carol", "invite", "dave", at=2) is Code.OK
    assert say(made, by, "reset", "alice", "erin", "bob", at=3) is Code.OK
    assert members(made) == ["alice", "erin", "bob"]
    assert pending(made) == []
    assert state(made).reset == START + 3


@pytest.mark.parametrize(
    "listed",
    [("bob", "alice"), ("bob", "carol"), ("alice", "carol"), ("alice",)],
    ids=["owner second", "no owner", "no administrator", "owner alone"],
)
@pytest.mark.parametrize("by", ["alice", "bob"])
def test_poly_4_a_reset_has_the_owner_first_and_all_administrators(
    by: str, listed: tuple[str, ...]
) -> None:
    made = group("alice", "bob", "carol", administrators=("bob",))
    assert say(made, by, "reset", *listed, at=3) is Code.FORBIDDEN
    assert members(made) == ["alice", "bob", "carol"]


def test_poly_5_invitations() -> None:
    made = group("alice", "bob", "carol", administrators=("bob",))
    assert say(made, "carol", "invite", "dave", "erin", "bob", at=2) is Code.OK
    assert say(made, "dave", "join", at=3) is Code.OK
    assert say(made, "frank", "join", at=4) is Code.OK
    assert pending(made) == [("dave", "carol"), ("erin", "carol"), ("frank", "frank")]
    assert [waiting.time for waiting in state(made).pending] == [START + 2, START + 2, START + 4]
    assert say(made, "bob", "invite", "erin", "carol", "frank", at=5) is Code.OK
    assert members(made) == ["alice", "bob", "carol", "erin", "frank"]
    assert pending(made) == [("dave", "carol")]
    assert say(made, "alice", "invite", "erin", at=6) is Code.OK, "in already"
    assert members(made) == ["alice", "bob", "carol", "erin", "frank"]


def test_poly_6_resign_then_quit() -> None:
    made = group("alice", "bob", "carol", administrators=("bob",))
    assert say(made, "bob", "quit", at=2) is Code.FORBIDDEN
    assert say(made, "bob", "resign", at=3) is Code.OK
    assert administrators(made) == []
    assert say(made, "bob", "reset", "alice", "bob", at=4) is Code.FORBIDDEN
    assert say(made, "bob", "quit", at=5) is Code.OK
    assert members(made) == ["alice", "carol"]
    assert say(made, "bob", "quit", at=6) is Code.FORBIDDEN
    assert say(made, "bob", "query", at=7) is Code.FORBIDDEN


# -- poly-7: time ----------------------------------------------------------------------------------


def test_poly_7_what_is_older_than_the_reset_is_expired() -> None:
    made = group(administrators=("bob",))
    assert say(made, "alice", "reset", "alice", "bob", "carol", "dave", at=10) is Code.OK
    assert say(made, "carol", "quit", at=9.5) is Code.EXPIRED
    assert say(made, "alice", "invite", "erin", at=9.5) is Code.EXPIRED
    assert say(made, "frank", "join", at=9.5) is Code.EXPIRED
    assert say(made, "carol", "query", at=9.5) is Code.EXPIRED
    assert say(made, "alice", "reset", "alice", "bob", at=9.5) is Code.EXPIRED
    assert say(made, "bob", "resign", at=9.5) is Code.OK, "that is newer than the bulletin"
    assert say(made, "carol", "quit", at=10) is Code.OK, "the same moment is not before"
    assert members(made) == ["alice", "bob", "dave"]


def test_poly_7_a_resignation_older_than_the_bulletin_is_expired() -> None:
    made = group(administrators=("bob",))
    assert made.apply(bulletin("bob", "carol", at=20)) is Code.OK
    assert say(made, "bob", "resign", at=19) is Code.EXPIRED
    assert say(made, "bob", "resign", at=20) is Code.OK
    assert made.apply(bulletin("bob", at=30)) is Code.OK
    assert administrators(made) == ["bob"], "he was hired again"


def test_poly_7_the_future() -> None:
    made = group()
    now = time.time() - START
    for name in ("invite", "reset"):
        assert say(made, "alice", name, "alice", "dave", at=now + 1860) is Code.EXPIRED
    for name in ("join", "quit", "query"):
        assert say(made, "bob", name, at=now + 1860) is Code.EXPIRED
    assert members(made) == ["alice", "bob", "carol"]
    assert say(made, "alice", "invite", "dave", at=now + 1740) is Code.OK


def test_poly_7_two_resets_of_one_moment() -> None:
    resets = [("alice", ("alice", "bob")), ("bob", ("alice", "bob", "carol")),
              ("alice", ("alice", "bob", "dave"))]  # fmt: skip
    greatest = max(resets, key=lambda reset: (ids(reset[0]), ids(*reset[1])))
    for order in permutations(resets):
        made = group(administrators=("bob",))
        for who, listed in order:
            say(made, who, "reset", *listed, at=5)
        assert members(made) == list(greatest[1])


# -- poly-8: order ---------------------------------------------------------------------------------

LIFE = [
    ("alice", "reset", ("alice", "bob", "carol", "dave"), 10),
    ("bob", "invite", ("erin",), 11),
    ("erin", "invite", ("frank",), 12),
    ("erin", "quit", (), 13),
    ("dave", "quit", (), 14),
]


def test_poly_8_the_order_of_arrival_does_not_matter() -> None:
    found = set()
    for order in permutations(LIFE):
        made = group(administrators=("bob",))
        for who, name, about, at in order:
            say(made, who, name, *about, at=at)
        found.add((tuple(members(made)), tuple(pending(made))))
    assert found == {(("alice", "bob", "carol"), (("frank", "erin"),))}


def test_poly_8_a_command_waits_for_what_allows_it() -> None:
    made = group("alice", "bob")
    assert say(made, "dave", "quit", at=8) is Code.FORBIDDEN
    assert say(made, "alice", "invite", "dave", at=7) is Code.OK
    assert members(made) == ["alice", "bob"]
    assert say(made, "dave", "quit", at=8) is Code.OK


def test_poly_8_the_owner_s_reset_may_come_before_his_bulletin() -> None:
    made = group(administrators=("bob",))
    assert say(made, "alice", "reset", "alice", "carol", at=6) is Code.FORBIDDEN
    assert made.apply(bulletin(at=5)) is Code.OK
    assert members(made) == ["alice", "carol"]


def test_poly_8_nothing_is_played_again() -> None:
    made = group("alice", "bob", "carol")
    first = command("reset", "alice", "bob", "carol", at=1)
    invited = command("invite", "dave", at=2)
    alice = one("alice").id
    assert made.apply(invited, alice) is Code.OK
    assert say(made, "bob", "quit", at=3) is Code.OK
    assert say(made, "dave", "quit", at=4) is Code.OK
    before = state(made)
    for again in (first, invited, invited, first):
        assert made.apply(again, alice) is Code.OK
        assert state(made) == before
    assert members(made) == ["alice", "carol"]
    assert say(made, "bob", "quit", at=3) is Code.OK


def test_poly_8_a_forbidden_command_stays_forbidden() -> None:
    made = group()
    for _ in range(2):
        assert say(made, "bob", "reset", "alice", "bob", at=3) is Code.FORBIDDEN


# -- poly-9: what stays ----------------------------------------------------------------------------


def test_poly_9_an_accepted_reset_stays_when_its_sender_is_fired() -> None:
    made = group(administrators=("bob",))
    assert say(made, "bob", "reset", "alice", "bob", "dave", at=5) is Code.OK
    assert made.apply(bulletin(at=6)) is Code.OK
    assert members(made) == ["alice", "bob", "dave"]
    late = group(administrators=("bob",))
    assert late.apply(bulletin(at=6)) is Code.OK
    assert say(late, "bob", "reset", "alice", "bob", "dave", at=5) is Code.FORBIDDEN
    assert members(late) == ["alice", "bob", "carol"]
    for one_of_them in (made, late):
        assert say(one_of_them, "alice", "reset", "alice", "carol", at=7) is Code.OK
    assert state(made) == state(late)


def test_poly_9_a_bulletin_does_not_change_what_was_said_before() -> None:
    made = group(administrators=("bob",))
    assert say(made, "bob", "invite", "dave", at=5) is Code.OK
    assert say(made, "bob", "quit", at=5) is Code.FORBIDDEN
    assert say(made, "carol", "invite", "erin", at=5) is Code.OK
    assert say(made, "carol", "reset", "alice", "carol", at=6) is Code.FORBIDDEN
    assert say(made, "bob", "reset", "alice", "bob", at=6) is Code.OK
    assert say(made, "bob", "invite", "dave", at=7) is Code.OK
    assert say(made, "bob", "quit", at=8) is Code.FORBIDDEN
    before = state(made)
    assert made.apply(bulletin("carol", at=9)) is Code.OK
    assert administrators(made) == ["carol"]
    assert state(made)._replace(administrators=()) == before._replace(administrators=())
    assert say(made, "bob", "invite", "erin", at=7) is Code.OK
    assert pending(made) == [("erin", "bob")], "dated back"


def test_poly_9_who_is_hired_does_not_let_in_whom_he_proposed() -> None:
    made = group()
    proposed = command("invite", "dave", at=5)
    for _ in range(2):
        assert made.apply(proposed, one("bob").id) is Code.OK
        assert pending(made) == [("dave", "bob")]
        assert made.apply(bulletin("bob", at=6)) is Code.OK


def test_poly_9_what_was_forbidden_is_asked_again() -> None:
    made = group()
    assert say(made, "bob", "reset", "alice", "bob", "dave", at=5) is Code.FORBIDDEN
    assert made.apply(bulletin("bob", at=6)) is Code.OK
    assert members(made) == ["alice", "bob", "carol"]
    assert say(made, "bob", "reset", "alice", "bob", "dave", at=5) is Code.OK
    assert members(made) == ["alice", "bob", "dave"]


def test_poly_9_a_reset_of_one_who_was_fired_does_not_begin_to_count() -> None:
    made = group(administrators=("bob", "carol"))
    assert say(made, "bob", "reset", "alice", "bob", at=5) is Code.FORBIDDEN
    assert made.apply(bulletin(at=6)) is Code.OK
    assert members(made) == ["alice", "bob", "carol"]


# -- poly-10: limits -------------------------------------------------------------------------------


@cache
def crowd(count: int) -> list[str]:
    address = one("grace").id.address
    return [f"user{number}@{address}" for number in range(count)]


def test_poly_10_members() -> None:
    made = group("alice", "bob")
    reset = command("reset", at=2, members=ids("alice") + crowd(4096))
    assert made.apply(reset, one("alice").id) is Code.TOO_LARGE
    reset = command("reset", at=2, members=ids("alice", "bob") + crowd(4093))
    assert made.apply(reset, one("alice").id) is Code.OK
    assert say(made, "alice", "invite", "carol", "dave", at=3) is Code.TOO_LARGE
    assert len(state(made).members) == 4095, "all of it or nothing"
    assert say(made, "alice", "invite", "carol", at=4) is Code.OK
    assert say(made, "alice", "invite", "dave", at=5) is Code.TOO_LARGE
    assert say(made, "bob", "quit", at=4.5) is Code.OK
    assert say(made, "alice", "invite", "dave", at=5) is Code.OK


def test_poly_10_those_who_wait() -> None:
    made = group("alice", "bob", "carol")
    asked = command("invite", at=2, members=crowd(4096))
    assert made.apply(asked, one("bob").id) is Code.OK
    assert say(made, "carol", "invite", "dave", at=3) is Code.TOO_LARGE
    assert say(made, "erin", "join", at=3) is Code.TOO_LARGE
    assert say(made, "alice", "invite", "dave", at=3) is Code.OK
    assert len(state(made).pending) == 4096


def test_poly_10_nobody_uses_up_the_room_of_others() -> None:
    made = group("alice", "bob", "carol")
    for at in (2, 3):
        asked = command("invite", at=at, members=crowd(4064))
        assert made.apply(asked, one("bob").id) is Code.OK
    assert say(made, "bob", "invite", "dave", at=4) is Code.TOO_LARGE
    assert say(made, "bob", "quit", at=4) is Code.TOO_LARGE
    for outsider in sorted(crowd(512)):
        assert made.apply(command("quit", at=5), outsider) is Code.FORBIDDEN
    assert say(made, "dave", "join", at=5) is Code.TOO_LARGE
    assert say(made, "carol", "invite", "dave", at=5) is Code.OK
    assert pending(made)[-1] == ("dave", "carol")
    assert say(made, "alice", "reset", "alice", "carol", at=6) is Code.OK
    assert members(made) == ["alice", "carol"]
    assert say(made, "dave", "join", at=7) is Code.OK, "a reset makes room"


def test_poly_10_of_all_members_and_a_reset_all_the_same() -> None:
    made = fresh()
    assert made.apply(bulletin("bob")) is Code.OK
    inside = crowd(9)
    listed = ids("alice", "bob") + inside
    assert made.apply(command("reset", at=1, members=listed), one("alice").id) is Code.OK
    taken = [
        made.apply(command("invite", at=at, members=crowd(4064)), who)
        for who, at in product(inside, (2, 3))
    ]
    assert taken == [Code.OK] * 16 + [Code.TOO_LARGE] * 2
    assert say(made, "alice", "invite", "dave", at=4) is Code.TOO_LARGE
    assert say(made, "alice", "reset", "alice", "carol", at=4) is Code.FORBIDDEN
    assert made.apply(bulletin(at=4)) is Code.OK
    assert len(state(made).members) == 11, "what has neither effect nor room is not held"
    assert say(made, "alice", "reset", "alice", "bob", at=5) is Code.OK
    assert say(made, "alice", "invite", "dave", at=6) is Code.OK


# -- poly-11: handing on ---------------------------------------------------------------------------


def test_poly_11_a_bundle_brings_a_newcomer_to_the_same_state() -> None:
    made = group("alice", "bob", "carol")
    documents = [bulletin("bob", at=2)]
    told = DocumentsCommand.create(did=crew(), meta=crew_meta(), documents=documents)
    assert made.apply(told) is Code.OK
    listed = ids("alice", "bob", "carol", "dave")
    made.issue(ResetCommand.create(group=crew(), members=listed, time=START + 3), user("bob"))
    made.issue(QuitCommand.create(group=crew(), time=START + 5), user("dave"))
    invite = InviteCommand.create(group=crew(), members=ids("erin"), time=START + 4)
    made.issue(invite, user("carol"))
    assert made.apply(overt("bob", command("quit", at=6))) is Code.FORBIDDEN
    bundle = made.bundle(user("carol"))
    secrets = ForwardContent.parse(bundle.to_wire()).secrets
    assert secrets is not None
    newcomer = Polylogue(crew(), Keyring())
    for name in NAMES:
        one(name).enter(newcomer._keyring)
    assert newcomer.apply_all(secrets).all_ok()
    assert state(newcomer) == state(made)
    assert newcomer.bundle(user("erin")).secrets is not None
    contents = [Content.parse(secret["data"].encode()).to_dict() for secret in secrets]
    assert [content.get("command") for content in contents] == [
        "document", "reset", "invite", "quit",
    ]  # fmt: skip
    assert {secret["receiver"] for secret in secrets} == {"anyone@anywhere"}


def user(name: str) -> Any:
    return one(name).user()


def test_poly_11_apply_all_says_of_each_what_is_wrong() -> None:
    made = group()
    good = made.issue(QuitCommand.create(group=crew(), time=START + 5), user("carol"))
    bad = good.to_dict() | {"sender": str(one("bob").id)}
    late = overt("bob", command("quit", at=0.5))
    wrong = overt("alice", command("quit", at=6))
    verdicts = made.apply_all([good, bad, late, wrong, encode(good), good.to_dict()])
    assert list(verdicts) == [
        Code.OK, Code.BAD_SIGNATURE, Code.EXPIRED, Code.FORBIDDEN, Code.OK, Code.OK,
    ]  # fmt: skip
    assert "quit" in verdicts.reason(2)
    assert "quit" in verdicts.reason(3)
    with pytest.raises(TypeError, match=r"messages\[1\]"):
        made.apply_all([good, 7])  # type: ignore[list-item]


def test_poly_11_what_is_refused_is_not_issued() -> None:
    made = group()
    with pytest.raises(DimError) as refusal:
        made.issue(QuitCommand.create(group=crew()), user("alice"))
    assert refusal.value.code is Code.FORBIDDEN
    with pytest.raises(TypeError, match="GroupCommand"):
        made.issue(TextContent.create(text="x"), user("alice"))  # type: ignore[arg-type]


def test_poly_11_what_is_not_kept_is_not_made_ready_to_be_handed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = group()
    again = overt("bob", command("quit", at=2)).frame
    assert made.apply(again) is Code.OK
    query = overt("carol", command("query", at=3)).frame
    monkeypatch.setattr(dimp_fast.group.polylogue, "decode", pytest.fail)
    assert made.apply_all([again, query]).all_ok()
    assert made.apply(query) is Code.OK


def test_poly_11_what_came_without_its_message_is_not_handed_on() -> None:
    made = group()
    assert say(made, "bob", "quit", at=2) is Code.OK
    [documents] = made.bundle(user("carol")).secrets or ()
    assert "document" in documents["data"]
    bare = Polylogue(crew(), made._keyring, founder=one("alice").id)
    assert bare.bundle(user("carol")).secrets == ()
    reset = overt("alice", command("reset", "alice", "bob", "carol", at=1))
    assert made.apply(reset) is Code.OK, "the same, with its message"
    assert len(made.bundle(user("carol")).secrets or ()) == 2
    assert made.apply(overt("bob", command("quit", at=2))) is Code.OK
    assert len(made.bundle(user("carol")).secrets or ()) == 3
    assert repr(made) == f"<Polylogue {crew()}, 2 members>"
    assert made.identifier == crew()
    assert made.bulletin is not None
