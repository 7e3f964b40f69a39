"""Genuine messages to start from: texts, broadcasts, introductions, signatures by a chosen key."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from dimax import TextContent
from dimples.common import MessageUtils
from dimsdk import ANYONE, ID, Content, Envelope, InstantMessage, Meta, SecureMessage

from making.cast import Cast
from making.reference import Account
from making.spelling import Message, read

_TEXTS = json.loads((Path(__file__).parent / "words.json").read_text(encoding="utf-8"))
WORDS: list[str] = _TEXTS["short"]
PARAGRAPH: str = _TEXTS["long"]


class Writer:
    """Writes for any account of the cast, through the reference client."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.cast = cast
        self.reference = cast.reference
        self.choice = random.Random(seed)

    def receivers(self) -> list[Account]:
        """Accounts that can be written to: those with a visa."""
        return [account for account in self.cast.known.values() if account.visas]

    def receiver_for(self, sender: Account) -> Account:
        return self.choice.choice([who for who in self.receivers() if who is not sender])

    def sender(self, algorithm: str | None = None) -> Account:
        """Any known account, or any whose identity key is of that algorithm."""
        return self.choice.choice(
            [
                account
                for account in self.cast.known.values()
                if algorithm in (None, account.algorithm)
            ]
        )

    def words(self) -> TextContent:
        return TextContent.create(text=self.choice.choice(WORDS))

    async def send(self, sender: Account, receiver: ID, content: Content, **head: Any) -> bytes:
        return await self.reference.send(sender.identifier, receiver, content, **head)

    async def text(self, sender: Account | None = None, receiver: Account | None = None) -> Message:
        """A text between two accounts, as a mapping whose spelling may change."""
        sender = sender or self.sender()
        receiver = receiver or self.receiver_for(sender)
        return read(await self.send(sender, receiver.identifier, self.words()))

    async def broadcast(self, sender: Account, receiver: ID = ANYONE, **head: Any) -> Message:
        return read(await self.send(sender, receiver, self.words(), **head))

    async def unsigned(
        self,
        sender: Account,
        *,
        meta: Meta | dict[str, Any] | None = None,
        visa: Any = None,
    ) -> SecureMessage:
        """An encrypted text before it is signed, with attachments on its envelope."""
        receiver = self.receiver_for(sender).identifier
        message = InstantMessage.create(
            head=Envelope.create(sender=sender.identifier, receiver=receiver), body=self.words()
        )
        if isinstance(meta, dict):
            message["meta"] = meta
        else:
            MessageUtils.set_meta(meta=meta, msg=message)
        MessageUtils.set_visa(visa=visa, msg=message)
        return await self.reference.messenger.encrypt_message(msg=message)

    async def signed_by(self, key: Any, sender: Account, **attachments: Any) -> Message:
        """A text of `sender` that `key` signs, whoever that key belongs to."""
        secure = await self.unsigned(sender, **attachments)
        return await self.sealed(secure, key.sign(data=secure.data.to_bytes()))

    async def sealed(self, secure: SecureMessage, signature: bytes) -> Message:
        return read(await self.reference.seal(secure, signature))

    async def introduced(self, sender: Account) -> Message:
        """A text with the sender's meta and visa attached, as on first contact."""
        return await self.signed_by(
            sender.identity_key, sender, meta=sender.meta, visa=sender.visas[0]
        )
