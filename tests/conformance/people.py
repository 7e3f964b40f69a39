"""People with private keys, who seal and open messages. Throw-away keys; tests only."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from dimp_fast import (
    Code,
    Document,
    EntityType,
    Identifier,
    Keyring,
    LocalUser,
    Meta,
    PrivateKey,
    ReliableMessage,
    SymmetricKey,
    decode,
    encode,
)

START = 1_700_000_000.0


@cache
def rsa(number: int) -> PrivateKey:
    """The ``number``-th RSA key, the same throughout a run."""
    return PrivateKey.generate("RSA", bits=1024)


class Person:
    """A user. ``visas`` are RSA keys by terminal, the newest last."""

    def __init__(
        self, name: str, identity: PrivateKey, visas: dict[str | None, PrivateKey] | None = None
    ) -> None:
        self.identity = identity
        self.meta = Meta.generate(1, identity, name)
        self.id: Identifier = self.meta.generate_id(EntityType.USER)
        self.visa_keys = visas or {}
        self.visas = [
            self.visa(key, terminal, START + number)
            for number, (terminal, key) in enumerate(self.visa_keys.items())
        ]

    def visa(self, key: PrivateKey, terminal: str | None, time: float) -> Document:
        properties = {"key": key.public_key.to_dict()}
        draft = Document.create(self.id, "visa", properties, terminal=terminal)
        return draft.sign(self.identity, time=time)

    def user(self, terminal: str | None = None) -> LocalUser:
        """With all keys, or as one login point with its own key."""
        if terminal is None:
            return LocalUser(self.id, self.identity, list(self.visa_keys.items()))
        keys = [(terminal, self.visa_keys[terminal])]
        return LocalUser(self.id.with_terminal(terminal), self.identity, keys)

    def enter(self, keyring: Keyring) -> None:
        assert keyring.add_meta(self.id, self.meta) is Code.OK
        for visa in self.visas:
            assert keyring.add_document(visa) is Code.OK


@cache
def person(name: str) -> Person:
    """The same person throughout a run. Those with an RSA identity have no visa but ``rita``;
    ``ned`` has no key that encrypts."""
    number = sum(name.encode())
    if name in ("rob", "rita"):
        return Person(name, rsa(number), {None: rsa(number + 1000)} if name == "rita" else None)
    visas: dict[str | None, PrivateKey] = {None: rsa(number)}
    if name == "carol":
        visas = {"pad": rsa(number), "phone": rsa(number + 1000)}
    if name == "ned":
        visas = {}
    return Person(name, PrivateKey.generate("ECC"), visas)


@cache
def group_id() -> Identifier:
    key = PrivateKey.generate("ECC")
    return Meta.generate(1, key, "crew").generate_id(EntityType.GROUP)


def keyring_of(*people: Person, **options: Any) -> Keyring:
    keyring = Keyring(**options)
    for one in people:
        one.enter(keyring)
    return keyring


def changed(message: ReliableMessage, **fields: Any) -> ReliableMessage:
    """The message with other fields, ``None`` for none; the signature stays."""
    mapping = message.to_dict() | fields
    return decode(encode({name: value for name, value in mapping.items() if value is not None}))


def handmade(
    sender: Person,
    receiver: Identifier,
    plaintext: bytes,
    key: SymmetricKey | None = None,
    sealed_key: bytes | None = None,
    reader: PrivateKey | None = None,
    **fields: Any,
) -> ReliableMessage:
    """A message put together by hand and signed: for what ``seal`` does not make."""
    message: dict[str, Any] = {"sender": str(sender.id), "receiver": str(receiver), "time": START}
    key = key or SymmetricKey.generate()
    data = key.encrypt(plaintext, message)
    text = json.dumps(key.to_dict(secret=True)).encode() if sealed_key is None else sealed_key
    if reader is not None:
        message["keys"] = {str(receiver): reader.public_key.encrypt(text)}
    message |= {"data": data, "signature": sender.identity.sign(data), **fields}
    return decode(encode({name: value for name, value in message.items() if value is not None}))
