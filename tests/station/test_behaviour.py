"""What must not change: the same things are asked of the plain station and of the one with the
drop-in, by real clients and on the wire."""

from __future__ import annotations

import base64
import secrets
import socket
import time

import pytest
from real_client import RealClient
from station_accounts import Account, make_account
from station_people import People, introduce
from wire_client import WireClient, message_fields

from dimp_fast import Document, LocalUser, PrivateKey, decode, encode, framing


def couple(people: People) -> tuple[RealClient, RealClient]:
    """Two real clients that know each other and have logged in."""
    alice = people.real("alice")
    bob = people.real("bob", alice.account)
    introduce(alice.folder / "dim", bob.account)
    for client in (alice, bob):
        client.login(people.station.port)
    return alice, bob


def test_real_clients(people: People) -> None:
    """Login, text both ways, receipts, a message as large as a file, documents, login broadcast."""
    alice, bob = couple(people)
    alice.ask("text", to=bob.account, text="Hey guy!")
    assert bob.hears(text="Hey guy!")["from"] == str(alice.account)
    bob.ask("text", to=alice.account, text="Hey there!")
    assert alice.hears(text="Hey there!")["from"] == str(bob.account)
    alice.hears(command="receipt", text="Message delivered.")
    bob.hears(command="receipt", text="Message delivered.")

    data = base64.b64encode(secrets.token_bytes(200_000)).decode()
    alice.ask("file", to=bob.account, name="photo.jpg", data=data)
    bob.hears(seconds=30, size=len(data))

    carol = people.join("carol")  # the station learns of her; alice's client asks the station
    assert alice.ask("knows", did=carol.account) == {"meta": False, "documents": 0}
    alice.ask("ask_document", did=carol.account)
    alice.until(lambda: alice.ask("knows", did=carol.account)["documents"], "document of carol")

    alice.ask("login_command")
    folder = people.station.root / "public" / alice.account.identifier.address
    alice.until((folder / "login_commands.js").exists, "stored login")
    alice.ask("report", online=False)
    alice.ask("report", online=True)
    bob.ask("text", to=alice.account, text="still there?")
    alice.hears(text="still there?")


def test_group_of_three(people: People) -> None:
    """Small groups are split by the client; the station relays a message for each member."""
    founder = people.real("founder")
    others = [people.real(name, founder.account) for name in ("second", "third")]
    everybody = [founder, *others]
    group = make_group(founder.account)
    members = [str(client.account) for client in everybody]
    for client in everybody:
        known = [other.account for other in everybody if other is not client]
        introduce(client.folder / "dim", *known, group)
        client.login(people.station.port)
        client.ask("join_group", group=group, members=members)
    founder.ask("group_text", group=group, members=members, text="Hello all")
    for client in others:
        heard = client.hears(text="Hello all")
        assert heard["group"] == str(group)
        assert heard["from"] == str(founder.account)


def make_group(founder: Account) -> Account:
    """A group of the founder's, by its meta and bulletin."""
    from dimp_fast import Meta

    key = founder.user.private_key
    meta = Meta.generate("mkm", key, "friends")
    identifier = meta.generate_id(1)
    bulletin = Document.create(
        identifier, "bulletin", {"name": "Friends", "founder": str(founder)}
    ).sign(key)
    return Account(GroupUser(identifier), meta, bulletin)  # type: ignore[arg-type]


class GroupUser:
    """Stands where an account has its user: a group has no keys to read with."""

    def __init__(self, identifier: object) -> None:
        self.identifier = identifier


def test_offline_delivery(people: People) -> None:
    """What comes for somebody who is not there is kept, and delivered once."""
    alice, bob = people.join("alice"), people.join("bob")
    bob.close()
    wait_until_gone(people, alice, bob)
    alice.send(alice.sealed({"type": 1, "text": "while you were out"}, bob.account))
    alice.content(lambda content: content.get("text") == "Message cached.", "receipt")
    again = people.join(bob.account)
    again.text("while you were out")
    while again.receive(0.3):
        pass
    again.close()
    wait_until_gone(people, alice, again)
    once_more = people.join(bob.account)
    while once_more.receive(0.7):
        pass
    texts = [(once_more.opened(frame) or {}).get("text") for frame in once_more.frames]
    assert "while you were out" not in texts


def wait_until_gone(people: People, alice: WireClient, gone: WireClient) -> None:
    """Until the station has noticed that a client has hung up."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        probe = alice.sealed({"type": 136, "command": "nothing", "sn": 1}, gone.account)
        alice.send(probe)
        signed = message_fields(probe)["signature"]
        receipt = alice.content(
            lambda content, signed=signed: (
                content.get("command") == "receipt" and content["origin"]["signature"] == signed
            ),
            "receipt",
        )
        if receipt["text"] == "Message cached.":
            return
        time.sleep(0.1)
    raise AssertionError("the station does not notice that a client is gone")


def test_two_terminals(people: People) -> None:
    """A user with two devices: each gets its copy, which its own key opens."""
    alice, devices = people.join("alice"), two_terminals(people)
    for name, device in devices.items():
        device.login()
        people.keyring.add_document(device.account.visa)
        assert device.account.visa.terminal == name
    message = alice.sealed({"type": 1, "text": "to all of you"}, devices["phone"].account)
    assert {f"{devices['phone'].account}/{name}" for name in devices} <= decode(message).keys.keys()
    alice.send(message)
    for name, device in devices.items():
        frame = device.wait(
            lambda frame, device=device: (
                (device.opened(frame) or {}).get("text") == "to all of you" and frame
            ),
            name,
        )
        assert message_fields(frame)["rcpt"].endswith(f"/{name}")


def two_terminals(people: People) -> dict[str, WireClient]:
    """Two devices of one user: one identity key, a visa with a key each."""
    first = make_account("bob")
    people.keyring.add_meta(first.identifier, first.meta)
    key = first.user.private_key
    devices = {}
    for name in ("phone", "pad"):
        inbox = PrivateKey.generate("RSA", bits=1024)
        properties = {"name": "Bob", "key": inbox.public_key.to_dict()}
        visa = Document.create(first.identifier, "visa", properties, terminal=name).sign(key)
        user = LocalUser(first.identifier, key, [(name, inbox)])
        devices[name] = people.wire(Account(user, first.meta, visa))
    return devices


def test_order_and_number(people: People) -> None:
    """A burst arrives whole, in order, once; each message has its receipts."""
    alice, bob = people.join("alice"), people.join("bob")
    burst = [alice.sealed({"type": 1, "text": f"{n}"}, bob.account) for n in range(100)]
    alice.send(*burst)
    bob.text("99", seconds=30)
    texts = [(bob.opened(frame) or {}).get("text") for frame in bob.frames]
    assert texts == [str(n) for n in range(99)]

    def delivered() -> set[str]:
        opened = [alice.opened(frame) or {} for frame in alice.frames]
        return {
            item["origin"]["signature"]
            for item in opened
            if item.get("text") == "Message delivered."
        }

    while len(delivered()) < 100 and alice.receive(5):
        pass
    assert len(delivered()) == 100
    assert alice.acknowledged >= 100


def test_who_hangs_up_has_said_what_it_said(people: People) -> None:
    """What the station has acknowledged is delivered, also when the client is gone by then."""
    alice, bob = people.join("alice"), people.join("bob")
    said = [alice.sealed({"type": 1, "text": f"{n}"}, bob.account) for n in range(10)]
    before = alice.acknowledged
    alice.send(*said)
    while alice.acknowledged < before + 10:
        assert alice.receive(10)
    alice.close()
    bob.text("9")
    assert [(bob.opened(frame) or {}).get("text") for frame in bob.frames] == list("012345678")


def test_message_before_login(people: People) -> None:
    """What comes before the handshake waits for it; the station asks for it with the key."""
    bob = people.join("bob")
    alice = people.wire("alice")
    alice.ask()
    alice.send(alice.sealed({"type": 1, "text": "too early"}, bob.account))
    again = alice.content(lambda content: content.get("title") == "DIM?", "question")
    assert not bob.receive(0.3)
    alice.send(alice.plain(alice.hello(again["session"])))
    alice.content(lambda content: content.get("title") == "DIM!", "welcome")
    bob.text("too early")


def test_short_names(people: People) -> None:
    """Peers in other languages write one letter for a name."""
    alice, bob = people.join("alice"), people.join("bob")
    message = decode(alice.sealed({"type": 1, "text": "short"}, bob.account))
    alice.send(encode(message, short=True))
    assert bob.text("short")["from"] == alice.account.identifier


@pytest.mark.parametrize("kind", ["mars", "ws"])
def test_other_framings(people: People, kind: str) -> None:
    """A connection speaks what its first bytes are: Mars and WebSocket, too."""
    bob = people.join("bob")
    alice = people.account("alice")
    with OtherFraming(people.station.port, kind) as other:
        wire = people.wire(alice)  # to make messages with
        other.send(wire.plain(wire.hello(), **alice.attachments()))
        key = other.content(wire, "DIM?")["session"]
        other.send(wire.plain(wire.hello(key)))
        other.content(wire, "DIM!")
        other.send(wire.sealed({"type": 1, "text": f"over {kind}"}, bob.account))
        bob.text(f"over {kind}")
        other.ping()
        bob.send(bob.sealed({"type": 1, "text": "and back"}, alice))
        other.content(wire, "and back")


class OtherFraming:
    """A connection in another framing than MTP."""

    def __init__(self, port: int, kind: str) -> None:
        self._kind = kind
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._seq = 0
        self._left = b""
        if kind == "ws":
            self._socket.sendall(
                b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            while b"\r\n\r\n" not in self._left:
                self._left += self._socket.recv(4096)
            answer, _, self._left = self._left.partition(b"\r\n\r\n")
            assert b"101" in answer.splitlines()[0]
            assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer  # RFC 6455, section 1.3
        else:
            self._decoder = framing.Decoder("mars")

    def send(self, payload: bytes) -> None:
        if self._kind == "mars":
            self._seq += 1
            command = framing.MarsCommand.SEND_MESSAGE
            self._socket.sendall(framing.encode_mars(payload, type=command, seq=self._seq))
            return
        mask = secrets.token_bytes(4)
        frame = bytearray(framing.encode_websocket(payload))
        head = len(frame) - len(payload)
        frame[1] |= 0x80
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self._socket.sendall(bytes(frame[:head]) + mask + masked)

    def ping(self) -> None:
        self.send(b"PING")
        while True:
            if any(payload == b"PONG" for payload in self.payloads()):
                return

    def content(self, wire: WireClient, wanted: str) -> dict[str, object]:
        """The first content with this title or text."""
        while True:
            for payload in self.payloads():
                for message in framing.messages(payload):
                    content = wire.opened(message) or {}
                    if wanted in (content.get("title"), content.get("text")):
                        return content

    def payloads(self) -> list[bytes]:
        """What arrives next; raises ``TimeoutError`` when nothing does."""
        chunk = self._socket.recv(65536)
        assert chunk, "the station hung up"
        if self._kind == "mars":
            return [frame.payload for frame in self._decoder.feed(chunk)]
        self._left += chunk
        found = []
        while (frame := split_websocket(self._left)) is not None:
            payload, self._left = frame
            found.append(payload)
        return found

    def __enter__(self) -> OtherFraming:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def split_websocket(data: bytes) -> tuple[bytes, bytes] | None:
    """The first frame of a server, and what follows it."""
    if len(data) < 2:
        return None
    size, head = data[1] & 0x7F, 2
    if size == 126:
        size, head = int.from_bytes(data[2:4], "big"), 4
    elif size == 127:
        size, head = int.from_bytes(data[2:10], "big"), 10
    if len(data) < head + size:
        return None
    return data[head : head + size], data[head + size :]
