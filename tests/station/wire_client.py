"""A client on the wire: MTP frames over a socket, messages sealed and opened with dimp_fast.

It is made to see everything and to do wrong: it says what it is told to say, in anybody's name,
and keeps all that arrives. The benchmarks load stations with it.
"""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable
from typing import Any

from station_accounts import Account

from dimp_fast import DimError, Identifier, Keyring, encode, open_message, seal
from dimp_fast.framing import Decoder, MtpType, encode_mtp, messages, reply

ANY_STATION, EVERY_STATION = "station@anywhere", "stations@everywhere"
HELLO, AGAIN, WELCOME = "Hello world!", "DIM?", "DIM!"

Content = dict[str, Any]


class Silence(AssertionError):
    """What was waited for did not come."""


class WireClient:
    """One connection of one account. Not for several threads."""

    def __init__(self, port: int, account: Account, keyring: Keyring) -> None:
        self.account = account
        self.keyring = keyring
        self.frames: list[bytes] = []
        """Messages as they arrived, beginning with what has not been taken yet."""
        self.acknowledged = 0
        self._decoder = Decoder("mtp")
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # -- sending

    def send(self, *frames: bytes) -> None:
        self._socket.sendall(b"".join(map(encode_mtp, frames)))

    def plain(self, content: Content, sender: Account | None = None, **fields: Any) -> bytes:
        """A message for any station, which is not encrypted, as a first handshake is."""
        whole = {"sn": secrets.randbits(31) + 1, "time": time.time(), "group": EVERY_STATION}
        message = seal(
            whole | content,
            sender=(sender or self.account).user,
            receivers=ANY_STATION,
            group=EVERY_STATION,
            keyring=self.keyring,
        )
        return encode(message.to_dict() | {name: plain(item) for name, item in fields.items()})

    def sealed(self, content: Content, receiver: Any, **fields: Any) -> bytes:
        """An encrypted message to ``receiver``."""
        whole = {"sn": secrets.randbits(31) + 1, "time": time.time()}
        message = seal(
            whole | content,
            sender=self.account.user,
            receivers=receiver if isinstance(receiver, (str, Identifier)) else str(receiver),
            keyring=self.keyring,
        )
        return encode(message.to_dict() | fields)

    # -- receiving

    def wait(self, found: Callable[[bytes], Any], what: str, seconds: float = 30) -> Any:
        """The first true answer of ``found`` about a message that arrived; it is taken."""
        end, looked_at = time.monotonic() + seconds, 0
        while True:
            for place in range(looked_at, len(self.frames)):
                if answer := found(self.frames[place]):
                    del self.frames[place]
                    return answer
            looked_at = len(self.frames)
            left = end - time.monotonic()
            if left <= 0 or not self.receive(left):
                raise Silence(f"{self.account}: no {what} in {seconds} s, but {self.heard()}")

    def receive(self, seconds: float) -> bool:
        """Read what arrives within this time; ``False`` when nothing does, or the other side is
        gone."""
        self._socket.settimeout(max(seconds, 0.001))
        try:
            chunk = self._socket.recv(65536)
        except (TimeoutError, ConnectionResetError):
            return False
        for frame in self._decoder.feed(chunk):
            if frame.type == MtpType.MESSAGE_RESPONSE:
                self.acknowledged += 1
            elif (answer := reply(frame)) is not None:
                self._socket.sendall(answer)
            self.frames += messages(frame.payload) if frame.type == MtpType.MESSAGE else []
        return bool(chunk)

    def opened(self, frame: bytes) -> Content | None:
        """The content of a message that this account can read and whose sender is genuine."""
        try:
            opened = open_message(frame, users=self.account.user, keyring=self.keyring)
        except DimError:
            return None
        return {"from": opened.sender.without_terminal(), **opened.content}

    def heard(self) -> list[Any]:
        """All that has arrived, opened where that can be done."""
        return [self.opened(frame) or frame[:120] for frame in self.frames]

    def content(self, wanted: Callable[[Content], Any], what: str, seconds: float = 30) -> Content:
        """The first content that is ``wanted``."""

        def found(frame: bytes) -> Content | None:
            content = self.opened(frame)
            # Contents may come several in an array.
            parts = [content] if content is None or content["type"] != 202 else content["contents"]
            return next((part for part in parts if part and wanted(part)), None)

        return dict(self.wait(found, what, seconds))

    def text(self, text: str, seconds: float = 30) -> Content:
        return self.content(lambda content: content.get("text") == text, repr(text), seconds)

    def receipt(self, seconds: float = 30) -> Content:
        return self.content(lambda content: content.get("command") == "receipt", "receipt", seconds)

    def signatures(self) -> list[str]:
        """The signatures of all that has arrived, as text."""
        return [message_fields(frame)["signature"] for frame in self.frames]

    # -- handshake

    def hello(self, session: str | None = None) -> Content:
        content: Content = {"type": 136, "command": "handshake", "cmd": "handshake"}
        content |= {"title": HELLO, "message": HELLO}
        return content if session is None else content | {"session": session}

    def ask(self) -> str:
        """Begin the handshake; returns the session key."""
        self.send(self.plain(self.hello(), **self.account.attachments()))
        return str(self._handshake(AGAIN)["session"])

    def login(self) -> str:
        """The whole handshake; returns the session key."""
        key = self.ask()
        self.send(self.plain(self.hello(key)))
        self._handshake(WELCOME)
        return key

    def _handshake(self, title: str) -> Content:
        return self.content(lambda content: content.get("title") == title, f"handshake {title}")

    def fileno(self) -> int:
        """For ``select``."""
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> WireClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def plain(item: Any) -> Any:
    return item.to_dict() if hasattr(item, "to_dict") else item


def message_fields(frame: bytes) -> dict[str, Any]:
    from dimp_fast import decode

    return decode(frame).to_dict()


def forged(frame: bytes, victim: Account, signature_bytes: int = 128) -> bytes:
    """The same message with another's name on it, and random bytes for a signature."""
    fields = message_fields(frame)
    fields["sender"] = str(victim)
    fields["signature"] = secrets.token_bytes(signature_bytes)
    return encode(fields)
