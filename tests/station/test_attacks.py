"""What an attacker does to a station: it works on the plain one, and not with the drop-in.

The attacker has an account of its own and a connection, and knows the public keys of everybody.
Victims have an identity key of ECC or of RSA; both have an RSA key in their visa, whose signatures
the reference takes for good whatever they are.
"""

from __future__ import annotations

import secrets

import pytest
from station_people import People
from wire_client import WireClient, forged, message_fields

from dimp_fast import encode

SECONDS = 2.0
"""After which something that did not come counts as refused, where nothing else can tell."""


@pytest.fixture(params=["ECC", "RSA"])
def algorithm(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def secure(request: pytest.FixtureRequest) -> bool:
    """Whether the station of this test has the drop-in."""
    return request.node.callspec.params["station"] != "plain"


def senders(client: WireClient) -> set[str]:
    return {message_fields(frame)["sender"] for frame in client.frames}


def test_relay_as_somebody_else(people: People, algorithm: str, secure: bool) -> None:
    """A message with another's name and random bytes for a signature reaches a third person."""
    alice = people.join(people.account("alice", algorithm))
    bob, mallory = people.join("bob"), people.join("mallory")
    fake = mallory.sealed({"type": 1, "text": "I am Alice"}, bob.account)
    mallory.send(forged(fake, alice.account))
    mallory.send(mallory.sealed({"type": 1, "text": "the next"}, bob.account))
    bob.text("the next")  # a station keeps the order of a connection
    assert (str(alice.account) in senders(bob)) == (not secure)


def test_no_receipt_for_what_was_not_relayed(people: People, secure: bool) -> None:
    """The receipt names the message that was taken; none is made for one that was refused."""
    bob, mallory = people.join("bob"), people.join("mallory")
    fields = message_fields(mallory.sealed({"type": 1, "text": "not mine"}, bob.account))
    fake = encode(fields | {"signature": secrets.token_bytes(70)})
    mallory.send(fake, mallory.sealed({"type": 1, "text": "mine"}, bob.account))
    bob.text("mine")
    signed = message_fields(fake)["signature"]

    def receipts() -> list[str]:
        opened = [mallory.opened(frame) or {} for frame in mallory.frames]
        return [item["origin"]["signature"] for item in opened if item.get("command") == "receipt"]

    while len(receipts()) < 1 + (not secure) and mallory.receive(SECONDS):
        pass
    assert (signed in receipts()) == (not secure)
    assert len(set(receipts())) == 1 + (not secure)


def test_forged_command(people: People, algorithm: str, secure: bool) -> None:
    """A command with a victim's name is processed as the victim's: the station believes that she
    is at another station from now on, and sends her mail there."""
    alice = people.join(people.account("alice", algorithm))
    mallory = people.wire("mallory")
    gone = {
        "type": 136,
        "command": "login",
        "cmd": "login",
        "did": str(alice.account),
        "station": {"did": str(people.account("elsewhere")), "host": "10.0.0.1", "port": 9394},
    }
    mallory.send(forged(mallory.plain(gone), alice.account))
    mallory.ask()  # a station keeps the order of a connection
    believed = people.station.root / "public" / alice.account.identifier.address
    assert (believed / "login_commands.js").exists() == (not secure)


def test_session_takeover(people: People, algorithm: str, secure: bool) -> None:
    """Ask for a session key as oneself, finish the handshake as the victim: its mail comes here."""
    alice = people.join(people.account("alice", algorithm))
    bob, mallory = people.join("bob"), people.wire("mallory")
    key = mallory.ask()
    mallory.send(forged(mallory.plain(mallory.hello(key)), alice.account))
    mallory.receive(SECONDS)
    bob.send(bob.sealed({"type": 1, "text": "for Alice only"}, alice.account))
    alice.text("for Alice only")
    while mallory.receive(0.3):
        pass
    assert (str(bob.account) in senders(mallory)) == (not secure)


def test_handshake_of_another_signed_by_itself(people: People, secure: bool) -> None:
    """Whoever gets the victim to sign a handshake with a session key of its own has the session,
    unless a key serves only the one whom it was told."""
    alice, mallory = people.wire("alice"), people.wire("mallory")
    bob = people.join("bob")
    key = mallory.ask()
    mallory.send(alice.plain(alice.hello(key), **alice.account.attachments()))
    mallory.receive(SECONDS)
    bob.send(bob.sealed({"type": 1, "text": "for Alice only"}, alice.account))
    bob.receipt()
    while mallory.receive(0.3):
        pass
    assert (str(bob.account) in senders(mallory)) == (not secure)


def test_handshake_after_an_ordinary_message(people: People, secure: bool) -> None:
    """The station tells the session key to whoever says anything before the handshake."""
    alice, mallory = people.wire("alice"), people.wire("mallory")
    bob, known = people.join("bob"), people.join(mallory.account)
    known.close()
    mallory.send(mallory.sealed({"type": 1, "text": "anything"}, bob.account))
    key = mallory.content(lambda content: content.get("title") == "DIM?", "question")["session"]
    mallory.send(alice.plain(alice.hello(key), **alice.account.attachments()))
    while mallory.receive(SECONDS):
        pass
    bob.send(bob.sealed({"type": 1, "text": "for Alice only"}, alice.account))
    bob.receipt()
    while mallory.receive(0.3):
        pass
    assert (str(bob.account) in senders(mallory)) == (not secure)


def test_replay_in_another_spelling(people: People, secure: bool) -> None:
    """The same message with another text for the same signature is the same message."""
    alice, bob = people.join("alice"), people.join("bob")
    first = alice.sealed({"type": 1, "text": "only once"}, bob.account)
    fields = message_fields(first)
    again = encode(fields | {"signature": " " + fields["signature"] + " \n"})
    shifted = encode(fields | {"time": fields["time"] + 3600})
    alice.send(first)
    bob.text("only once")
    alice.send(again, shifted, alice.sealed({"type": 1, "text": "the end"}, bob.account))
    bob.text("the end")
    opened = [(bob.opened(frame) or {}).get("text") for frame in bob.frames]
    assert ("only once" not in opened) == secure


def test_forged_trace_does_not_suppress(people: People, secure: bool) -> None:
    """A message that says it was at this station already has not been there."""
    alice, bob = people.join("alice"), people.join("bob")
    station = str(people.station.account)
    trace = [{"ID": station, "did": station, "time": 4e9}]
    alice.send(alice.sealed({"type": 1, "text": "traced"}, bob.account, traces=trace))
    alice.send(alice.sealed({"type": 1, "text": "the next"}, bob.account))
    bob.text("the next")
    opened = [(bob.opened(frame) or {}).get("text") for frame in bob.frames]
    assert ("traced" in opened) == secure


def test_receipt_to_somebody_else(guarded: People) -> None:
    """``from`` is not signed: it may name a terminal of the sender, and nobody else."""
    bob, mallory = people_of(guarded, "bob", "mallory")
    other = guarded.account("carol")
    mallory.send(mallory.sealed({"type": 1, "text": "x"}, bob.account, **{"from": str(other)}))
    mallory.send(mallory.sealed({"type": 1, "text": "the next"}, bob.account))
    bob.text("the next")
    assert not any((bob.opened(frame) or {}).get("text") == "x" for frame in bob.frames)


def people_of(people: People, *names: str) -> list[WireClient]:
    return [people.join(name) for name in names]


def test_unknown_sender_is_not_relayed(guarded: People) -> None:
    """Nobody vouches for whom this station does not know, and a station's ID is no proof."""
    bob, mallory = people_of(guarded, "bob", "mallory")
    stranger = guarded.wire("stranger")
    mallory.send(stranger.sealed({"type": 1, "text": "who am I"}, bob.account))
    mallory.send(mallory.sealed({"type": 1, "text": "the next"}, bob.account))
    bob.text("the next")
    assert str(stranger.account) not in senders(bob)


def test_a_station_of_ones_own_is_not_trusted(guarded: People) -> None:
    """IDs of stations are free to make. One that has logged in speaks for itself only."""
    from station_accounts import STATION_NETWORK, make_account

    alice, bob = people_of(guarded, "alice", "bob")
    rogue = make_account("rogue", network=STATION_NETWORK)
    rogue.introduce(guarded.keyring)
    station = guarded.join(rogue)
    fake = station.sealed({"type": 1, "text": "I am Alice"}, bob.account)
    station.send(forged(fake, alice.account))
    query = {"type": 136, "command": "documents", "cmd": "documents", "did": str(bob.account)}
    station.send(forged(station.plain(query), alice.account))
    station.send(station.sealed({"type": 1, "text": "the next"}, bob.account))
    bob.text("the next")
    assert str(alice.account) not in senders(bob)
    while station.receive(0.3):
        pass
    assert all(message_fields(frame)["receiver"] != str(alice.account) for frame in station.frames)


def test_good_messages_still_pass(guarded: People) -> None:
    """What is refused is refused for itself; the connection goes on."""
    bob, mallory = people_of(guarded, "bob", "mallory")
    fake = forged(mallory.sealed({"type": 1, "text": "x"}, bob.account), bob.account)
    for turn in range(3):
        mallory.send(fake, b"no message at all", b'{"sender": "nobody"}')
        mallory.send(mallory.sealed({"type": 1, "text": f"turn {turn}"}, bob.account))
        bob.text(f"turn {turn}")


def test_forged_message_inside_another(people: People, secure: bool) -> None:
    """The station processes messages that a message to it carries, each by itself."""
    alice, bob, mallory = people.join("alice"), people.join("bob"), people.join("mallory")
    fake = forged(mallory.sealed({"type": 1, "text": "I am Alice"}, bob.account), alice.account)
    real = mallory.sealed({"type": 1, "text": "carried"}, bob.account)
    secrets = [message_fields(frame) for frame in (fake, real)]
    mallory.send(mallory.sealed({"type": 255, "secrets": secrets}, people.station.account))
    bob.text("carried")
    assert (str(alice.account) in senders(bob)) == (not secure)
