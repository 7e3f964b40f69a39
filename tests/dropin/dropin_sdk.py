"""A client on the SDK of 2.4.3, the least that seals and opens: accounts in memory, no network.

Imported in the environment of ``dimplugins``; what it does with messages is the SDK's own.
"""

from __future__ import annotations

import asyncio
from typing import Any

from dimp import (
    ID,
    BaseTextContent,
    Document,
    Envelope,
    InstantMessage,
    Meta,
    PrivateKey,
    SymmetricKey,
)
from dimsdk import (
    BaseUser,
    InstantMessagePacker,
    MessageCompressor,
    MessageShortener,
    Messenger,
    ReliableMessagePacker,
    SecureMessagePacker,
    UserDataSource,
)


class Accounts(UserDataSource):  # type: ignore[misc]
    """Everybody that this process knows; the secrets of its own."""

    def __init__(self) -> None:
        self._metas: dict[str, Any] = {}
        self._documents: dict[str, list[Any]] = {}
        self._secrets: dict[str, tuple[Any, Any]] = {}

    def join(self, name: str, algorithm: str) -> dict[str, Any]:
        key, wrapping = PrivateKey.generate(algorithm), PrivateKey.generate("RSA")
        meta = Meta.generate(version="1", private_key=key, seed=name)
        identifier = ID.generate(meta, 0)
        visa = Document.create(doc_type="visa")
        visa["did"] = str(identifier)
        visa.public_key = wrapping.public_key
        visa.sign(private_key=key)
        self._secrets[str(identifier)] = (key, wrapping)
        account = {
            "id": str(identifier),
            "meta": dict(meta.to_map()),
            "documents": [dict(visa.to_map())],
        }
        self.meet(**account)
        return account

    def meet(self, id: str, meta: Any, documents: list[Any]) -> dict[str, bool]:
        found = Meta.parse(meta)
        parsed = [Document.parse(each) for each in documents]
        taken = found is not None and all(each.verify(found.public_key) for each in parsed)
        if taken:
            self._metas[id], self._documents[id] = found, parsed
        return {"taken": taken}

    async def get_user(self, identifier: Any) -> Any:
        user = BaseUser(identifier)
        user.data_source = self
        return user

    async def get_meta(self, identifier: Any) -> Any:
        return self._metas.get(str(identifier.without_terminal()))

    async def get_documents(self, identifier: Any) -> list[Any]:
        return self._documents.get(str(identifier.without_terminal()), [])

    async def private_key_for_signature(self, identifier: Any) -> Any:
        return self._secrets[str(identifier)][0]

    async def private_keys_for_decryption(self, identifier: Any) -> list[Any]:
        return [self._secrets[str(identifier.without_terminal())][1]]

    async def get_contacts(self, identifier: Any) -> list[Any]:
        return []

    async def private_key_for_visa_signature(self, identifier: Any) -> Any:
        return self._secrets[str(identifier)][0]


class _Base(Messenger):  # type: ignore[misc]
    """Packers and processors of the SDK are not asked here: the message packers are."""


_Base.__abstractmethods__ = frozenset()


class Client(_Base):
    """Seals and opens."""

    facebook: Any = None
    compressor: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.facebook = Accounts()
        self.compressor = MessageCompressor(MessageShortener())
        self._keys: list[Any] = []

    @property
    def key_cache(self) -> Any:
        return self

    async def get_cipher_key(self, sender: Any, receiver: Any, generate: bool = False) -> Any:
        return SymmetricKey.generate("AES") if generate else None

    async def cache_cipher_key(self, key: Any, sender: Any, receiver: Any) -> None:
        self._keys.append(key)

    async def send(self, sender: str, receiver: str, text: str) -> str:
        head = Envelope.create(sender=ID.parse(sender), receiver=ID.parse(receiver))
        instant = InstantMessage.create(head=head, body=BaseTextContent(text=text))
        password = await self.get_encrypt_key(msg=instant)
        secure = await InstantMessagePacker(messenger=self).encrypt_message(
            msg=instant, password=password
        )
        reliable = await SecureMessagePacker(messenger=self).sign_message(msg=secure)
        package: bytes = await self.serialize_message(msg=reliable)
        return package.decode()

    async def receive(self, package: str, receiver: str) -> dict[str, Any]:
        reliable = await self.deserialize_message(data=package.encode())
        secure = await ReliableMessagePacker(messenger=self).verify_message(msg=reliable)
        if secure is None:
            return {"verifies": False, "text": None}
        packer = SecureMessagePacker(messenger=self)
        instant = await packer.decrypt_message(msg=secure, receiver=ID.parse(receiver))
        return {"verifies": True, "text": instant.content.get("text")}


_client: list[Client] = []


def ask(what: str, request: dict[str, Any]) -> Any:
    """Do what ``what`` names; the first request starts the client."""
    if not _client:
        _client.append(Client())
    client = _client[0]
    if what in ("join", "meet"):
        return getattr(client.facebook, what)(**request)
    return asyncio.run(getattr(client, what)(**request))
