"""Messages that we seal and the reference opens, and the other way round.

The reference accepts every RSA signature, so that its word counts for little there; that ours are
right is held elsewhere. What is of interest here is that the content comes out.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from world import CONTENT, TEXT, World

from dimp_fast import (
    EVERYONE,
    CipherKeys,
    Identifier,
    decode,
    encode,
    open_batch,
    split_for_members,
    split_for_terminals,
)


@pytest.fixture(scope="module")
def world(reference: Any) -> World:
    return World(reference)


def is_read(answer: Any) -> bool:
    """Whether the reference read the content as it was, but for the names that it adds."""
    content = answer["content"]
    return bool(answer["verifies"]) and content is not None and content == content | CONTENT


with_each_identity = pytest.mark.parametrize("algorithm", ["ECC", "RSA"])


@with_each_identity
def test_personal_messages_of_ours(world: World, algorithm: str) -> None:
    alice, bob = (
        world.our(f"alice-{algorithm}", algorithm),
        world.their(f"bob-{algorithm}", algorithm),
    )
    message = world.seal(alice, bob)
    assert is_read(world.they_read(message, bob))
    assert is_read(world.they_read(encode(message, short=True), bob)), "short names"
    copies = split_for_terminals(message)
    assert [copy.to_dict()["rcpt"] for copy in copies] == [str(bob)]
    assert is_read(world.they_read(copies[0], bob))


@with_each_identity
def test_personal_messages_of_theirs(world: World, algorithm: str) -> None:
    alice, bob = (
        world.our(f"alice-{algorithm}", algorithm),
        world.their(f"bob-{algorithm}", algorithm),
    )
    [package] = world.they_send(bob, alice.id)
    opened = world.we_read(package, alice.user())
    assert (opened.content["text"], opened.sender) == (TEXT, bob)
    short = world.ask("shorten", package=package.decode())["package"].encode()
    assert short != package
    assert world.we_read(short, alice.user()).content == opened.content


def test_an_identity_without_a_visa_is_written_to_by_its_meta_key(world: World) -> None:
    """The other way round there is nothing: the client neither writes to such an identity nor
    reads what it wrote."""
    theirs = world.their("simple", "RSA", ())
    message = world.seal(world.our("alice-ECC"), theirs)
    assert list(message.keys) == [str(theirs)]
    assert is_read(world.they_read(message, theirs))


def test_two_terminals(world: World) -> None:
    ours = world.our("carol", terminals=("pad", "phone"))
    theirs = world.their("dora", terminals=("pad", "phone"))
    message = world.seal(ours, theirs)
    assert set(message.keys) == {str(theirs), f"{theirs}/pad", f"{theirs}/phone"}
    assert is_read(world.they_read(message, theirs))
    for copy in split_for_terminals(message):
        assert is_read(world.they_read(copy, theirs)), copy.to_dict()["rcpt"]
    [package] = world.they_send(theirs, ours.id)
    names = decode(package).keys
    assert {f"{ours.id}/pad", f"{ours.id}/phone"} <= set(names)
    for user in (ours.user(), ours.user("pad"), ours.user("phone")):
        assert world.we_read(package, user).content["text"] == TEXT


def test_the_old_field(world: World) -> None:
    alice, bob = world.our("alice-ECC"), world.their("bob-ECC")
    message = world.seal(alice, bob).to_dict()
    message["key"] = message.pop("keys")[str(bob)]
    assert is_read(world.they_read(encode(message), bob))
    [package] = world.they_send(bob, alice.id)
    fields = json.loads(package)
    fields["key"] = fields.pop("keys")[str(alice.id)]
    assert world.we_read(fields, alice.user()).content["text"] == TEXT


def test_a_key_that_serves_again(world: World) -> None:
    alice, bob = world.our("alice-ECC"), world.their("eddie")
    sent = CipherKeys()
    first, second, third = (world.seal(alice, bob, cipher_keys=sent) for _ in range(3))
    assert list(second.keys) == list(third.keys) == ["digest"]
    assert not is_read(world.they_read(second, bob)), "the key has not come yet"
    assert is_read(world.they_read(first, bob))
    assert is_read(world.they_read(second, bob))
    assert is_read(world.they_read(third, bob))

    held = CipherKeys()
    packages = [world.they_send(bob, alice.id)[0] for _ in range(2)]
    assert world.we_read(packages[0], alice.user(), cipher_keys=held).content["text"] == TEXT
    # The reference sends its key every time; peers leave the entries out, with or without digest.
    again = json.loads(packages[1])
    for keys in (None, {}, {"digest": held._held((str(bob), str(alice.id)), None)[0].digest}):
        opened = world.we_read(again | {"keys": keys}, alice.user(), cipher_keys=held)
        assert opened.content["text"] == TEXT


def test_broadcasts(world: World) -> None:
    alice, bob = world.our("alice-ECC"), world.their("bob-ECC")
    assert is_read(world.they_read(world.seal(alice, EVERYONE), bob))
    group = Identifier.parse("stations@everywhere")
    overt = world.seal(alice, bob, group=group)
    assert is_read(world.they_read(overt, bob))
    for receiver, head in ((EVERYONE, {}), (alice.id, {"group": str(group)})):
        [package] = world.they_send(bob, receiver, head=head)
        assert world.we_read(package).content["text"] == TEXT


def test_a_group_of_three(world: World) -> None:
    alice, carol = world.our("alice-ECC"), world.our("carol", terminals=("pad", "phone"))
    bob = world.their("bob-ECC")
    made = world.ask("found", founder=str(bob), members=[str(alice.id), str(carol.id)])
    crew = Identifier.parse(made["id"])

    message = world.seal(alice, [alice.id, bob, carol.id], group=crew)
    for form in (message, *split_for_members(message, [bob])):
        assert is_read(world.they_read(form, bob))
        assert world.we_read(message, carol.user()).content == CONTENT

    # The client sends each member of a small group a message of its own, or one for all.
    packages = world.they_send(bob, crew, whole=False)
    users = [alice.user(), carol.user()]
    opened, verdicts = open_batch(packages, users=users, keyring=world.keyring)
    assert verdicts.all_ok()
    texts = [(one.receiver, one.content["text"]) for one in opened if one is not None]
    assert texts == [(alice.id, TEXT), (carol.id, TEXT)]
    [whole] = world.they_send(bob, crew, whole=True)
    assert decode(whole).receiver == crew
    for user in users:
        assert world.we_read(whole, user).content["text"] == TEXT


def test_a_group_of_twenty_in_the_split_form(world: World) -> None:
    bob = world.their("bob-ECC")
    crowd = [world.our(f"member-{number}") for number in range(19)]
    ids = [one.id for one in crowd]
    made = world.ask("found", founder=str(bob), members=[str(one) for one in ids])
    crew = Identifier.parse(made["id"])

    packages = world.they_send(bob, crew, whole=False)
    assert len(packages) == 19
    fields = [decode(package).to_dict() for package in packages]
    assert all("key" in one and "keys" not in one for one in fields)
    assert len({one["data"] for one in fields}) == 1
    users = [one.user() for one in crowd]
    opened, verdicts = open_batch(packages, users=users, keyring=world.keyring)
    assert verdicts.all_ok()
    assert [one.receiver for one in opened if one is not None] == ids
    assert {one.content["text"] for one in opened if one is not None} == {TEXT}

    message = world.seal(crowd[0], [bob, *ids], group=crew)
    copies = split_for_members(message)
    assert [copy.receiver for copy in copies] == [bob, *ids[1:]]
    assert is_read(world.they_read(copies[0], bob))
    assert is_read(world.they_read(message, bob))


def test_what_was_changed_on_the_way_is_read_by_nobody(world: World) -> None:
    alice, bob = world.our("alice-ECC"), world.their("frida")
    fields, other = (world.seal(alice, bob).to_dict() for _ in range(2))
    for name in ("keys", "data"):
        answer = world.they_read(encode(fields | {name: other[name]}), bob)
        # The client puts a text of its own in the place of what it could not decrypt.
        assert answer["content"] is None or answer["content"]["text"] != TEXT
    assert is_read(world.they_read(encode(fields), bob))
