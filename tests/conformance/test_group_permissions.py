"""Who may do what (docs/semantics.md, group_1, group_2 and group_3): the table in docs/groups.md
is what histories are judged by, role by role and command by command.

``DIMP_FAST_WRITE_TABLES=1`` writes the table anew.
"""

from __future__ import annotations

import os
import re
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from histories import CHATROOM, POLYLOGUE, Chronicle, Member, crew, member, verdict

from dimp_fast import Code, Identifier
from dimp_fast.group import COMMANDS, PERMISSIONS, Kind, Role, kind_of, may

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "groups.md"
KINDS = {"polylogue": POLYLOGUE, "chatroom": CHATROOM}
GROUP_COMMANDS = tuple(command for command in COMMANDS if command not in ("register", "suicide"))
ROLES = ("outsider", "member", "administrator", "owner")
ABOUT = ("abdicate", "invite", "expel", "hire", "fire")

# The commander, and somebody else of each role. In a polylogue nobody is an administrator.
PEOPLE = {"owner": "alice", "administrator": "bob", "member": "carol", "outsider": "dave"}
OTHERS = {"owner": "alice", "administrator": "erin", "member": "frank", "outsider": "grace"}


def group_with_roles(network: int) -> Chronicle:
    names = ["bob", "carol", "erin", "frank"] if network == CHATROOM else ["carol", "frank"]
    group, alice = crew(*names, network=network), member("alice")
    if network == CHATROOM:
        hired = [group.event("hire", alice, member(name)) for name in ("bob", "erin")]
        group.block(alice, hired, [member("bob"), member("carol")])
    return group


def outcome(network: int, command: str, by: Member, about: Member | None) -> Code:
    group = group_with_roles(network)
    name = "x" if command == "name" else None
    event = group.event(command, by, about, name=name)
    voters = [member(name) for name in ("bob", "carol", "erin", "frank")]
    if network == POLYLOGUE:
        voters = voters[1::2]
    group.block(member("alice"), [event], voters)
    return verdict(group).code


def roles_of(network: int) -> tuple[str, ...]:
    return ROLES if network == CHATROOM else tuple(r for r in ROLES if r != "administrator")


@cache
def matrix(kind: str) -> dict[tuple[str, str], str]:
    """What histories of a kind let each role do: the roles about whom, ``yes``, or nothing."""
    network = KINDS[kind]
    found: dict[tuple[str, str], str] = {}
    for command, role in product(GROUP_COMMANDS, roles_of(network)):
        by = member(PEOPLE[role])
        if command not in ABOUT:
            code = outcome(network, command, by, None)
            assert code in (Code.OK, Code.FORBIDDEN)
            found[command, role] = "yes" if code is Code.OK else ""
            continue
        allowed = []
        for target in roles_of(network):
            other = member(OTHERS[target])
            if other is by:
                continue
            code = outcome(network, command, by, other)
            assert code in (Code.OK, Code.FORBIDDEN)
            if code is Code.OK:
                allowed.append(target)
        found[command, role] = ", ".join(allowed)
    return found


def rendered(kind: str) -> str:
    found = matrix(kind)
    rows = [f"| {kind} | {' | '.join(ROLES)} |", "|---" * 5 + "|"]
    for command in GROUP_COMMANDS:
        cells = (found.get((command, role), "") or "-" for role in ROLES)
        rows.append(f"| `{command}` | {' | '.join(cells)} |")
    return "\n".join(rows)


@pytest.mark.parametrize("kind", KINDS)
def test_group_2_the_table_in_the_document_is_what_histories_do(kind: str) -> None:
    table = rendered(kind)
    text = DOCUMENT.read_text("utf-8")
    begin, end = f"<!-- table: {kind} -->\n", f"\n<!-- end: {kind} -->"
    assert text.count(begin) == text.count(end) == 1
    if os.environ.get("DIMP_FAST_WRITE_TABLES") == "1":
        head, rest = text.split(begin)
        DOCUMENT.write_text(head + begin + table + end + rest.split(end)[1], "utf-8")
        text = DOCUMENT.read_text("utf-8")
    [written] = re.findall(re.escape(begin) + "(.*?)" + re.escape(end), text, re.DOTALL)
    assert written == table


@pytest.mark.parametrize("kind", KINDS)
def test_group_2_may_says_what_histories_do(kind: str) -> None:
    network = KINDS[kind]
    of = Kind(kind)
    for (command, role), allowed in matrix(kind).items():
        by = Role[role.upper()]
        if command not in ABOUT:
            assert may(of, command, by) is (allowed == "yes")
            assert not may(of, command, by, Role.MEMBER)
            continue
        targets = {target for target in ROLES if may(of, command, by, Role[target.upper()])}
        assert {one for one in targets if one in roles_of(network)} == set(
            filter(None, allowed.split(", "))
        )
        assert not may(of, command, by)
    assert not may(of, "dance", Role.OWNER)
    assert set(PERMISSIONS[of]) == set(GROUP_COMMANDS)


def test_group_2_nobody_acts_on_himself() -> None:
    for network in KINDS.values():
        for command, role in product(ABOUT, roles_of(network)):
            by = member(PEOPLE[role])
            assert outcome(network, command, by, by) is Code.FORBIDDEN, (command, role)


@pytest.mark.parametrize(
    ("network", "kind"),
    [(0x01, "polylogue"), (0x10, "polylogue"), (0x31, "chatroom"), (0x30, "chatroom"),
     (0, "account"), (0x88, "account"), (0x03, "polylogue")],
)  # fmt: skip
def test_group_1_kinds_by_the_type_of_the_id(network: int, kind: str) -> None:
    identifier = member("alice").group("crew", network)[0]
    assert kind_of(Identifier.parse(identifier)) is Kind(kind)


def test_group_1_and_3_roles_and_what_commands_make_of_them() -> None:
    group = group_with_roles(CHATROOM)
    alice, bob, carol = map(member, ("alice", "bob", "carol"))
    state = verdict(group).state
    assert state is not None
    assert [state.role_of(member(name).id).name for name in ("alice", "bob", "carol", "dave")] == [
        "OWNER", "ADMINISTRATOR", "MEMBER", "OUTSIDER",
    ]  # fmt: skip
    # An administrator who becomes the owner is an administrator no longer; the old owner stays.
    group.block(alice, [group.event("abdicate", alice, bob)], [bob, carol, member("erin")])
    state = verdict(group).state
    assert state is not None
    assert state.owner == str(bob)
    assert state.administrators == (member("erin").id,)
    assert state.role_of(alice.id) is Role.MEMBER
    assert state.founder == str(alice)
    group.block(bob, [group.event("fire", bob, member("erin")), group.event("quit", alice)],
                [alice, carol, member("erin")])  # fmt: skip
    state = verdict(group).state
    assert state is not None
    assert state.administrators == ()
    assert [str(one) for one in state.members] == [
        str(member(name)) for name in ("bob", "carol", "erin", "frank")
    ]


def test_group_3_an_expelled_administrator_s_rights_are_gone() -> None:
    group = group_with_roles(CHATROOM)
    alice, bob = member("alice"), member("bob")
    voters = [member(name) for name in ("carol", "erin", "frank")]
    fired = [group.event("fire", alice, bob), group.event("expel", alice, bob)]
    group.block(alice, fired, voters)
    assert verdict(group).code is Code.OK
    group.block(alice, [group.event("expel", bob, member("carol"))], voters)
    assert verdict(group).code is Code.FORBIDDEN
