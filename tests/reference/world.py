"""People of ours and of the reference's client, who know each other."""

from __future__ import annotations

from typing import Any

from people import Person, rsa

from dimp_fast import (
    Code,
    Identifier,
    InstantMessage,
    Keyring,
    LocalUser,
    PrivateKey,
    ReliableMessage,
    encode,
    open_message,
    seal,
)

TEXT = "Grüße, 孟 \U0001f600"
CONTENT = {"type": 1, "sn": 42, "time": 1_750_000_000.5, "text": TEXT}


class World:
    """Accounts of ours and of the reference's client, who all know each other."""

    def __init__(self, reference: Any) -> None:
        self._reference = reference
        self.keyring = Keyring()
        self.ours: dict[str, Person] = {}
        self.theirs: dict[str, Identifier] = {}

    def ask(self, what: str, **request: Any) -> Any:
        return self._reference.ask("client", what=what, **request)

    def our(self, name: str, algorithm: str = "ECC", terminals: tuple[str, ...] = ("",)) -> Person:
        if name not in self.ours:
            identity = (
                PrivateKey.generate("ECC") if algorithm == "ECC" else rsa(9000 + len(self.ours))
            )
            keys = {
                place or None: rsa(len(self.ours) * 10 + n) for n, place in enumerate(terminals)
            }
            person = self.ours[name] = Person(name, identity, keys)
            person.enter(self.keyring)
            documents = [visa.to_dict() for visa in person.visas]
            answer = self.ask(
                "meet", id=str(person.id), meta=person.meta.to_dict(), documents=documents
            )
            assert answer == {"taken": True}
        return self.ours[name]

    def their(
        self, name: str, algorithm: str = "ECC", terminals: tuple[str, ...] = ("",)
    ) -> Identifier:
        if name not in self.theirs:
            made = self.ask("join", name=name, algorithm=algorithm, terminals=terminals)
            assert self.keyring.add_meta(made["id"], made["meta"]) is Code.OK
            for document in made["documents"]:
                assert self.keyring.add_document(document) is Code.OK
            self.theirs[name] = Identifier.parse(made["id"])
        return self.theirs[name]

    def seal(self, sender: Person, receivers: Any, **options: Any) -> ReliableMessage:
        return seal(
            CONTENT, sender=sender.user(), receivers=receivers, keyring=self.keyring, **options
        )

    def they_read(self, message: ReliableMessage | bytes, receiver: Identifier) -> Any:
        package = message if isinstance(message, bytes) else encode(message)
        return self.ask("receive", receiver=str(receiver), package=package.decode())

    def they_send(self, sender: Identifier, receiver: Identifier, **options: Any) -> list[bytes]:
        answer = self.ask("send", sender=str(sender), receiver=str(receiver), text=TEXT, **options)
        return [package.encode() for package in answer["packages"]]

    def we_read(self, message: Any, *users: LocalUser, **options: Any) -> InstantMessage:
        return open_message(message, users=users, keyring=self.keyring, **options)
