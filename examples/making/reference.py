"""One process of the reference client (dimples 2.1.1), with its outgoing wire put into a list.

The client is the reference's own: plug-ins, database, facebook, messenger and packer. Two things
are not: the session, which keeps every package instead of sending it, and the clock, which starts
on a fixed day so that no document of the examples lies in the future of whoever reads them.
Nothing here judges a message.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dimax.protocol import DocumentType
from dimples.client import (
    ClientChecker,
    ClientFacebook,
    ClientMessagePacker,
    ClientMessenger,
    ClientSession,
)
from dimples.client.compat import ClientLibraryLoader
from dimples.common import CommonArchivist, Register, Station
from dimples.conn.gatekeeper import StreamClientHub
from dimples.database import AccountDatabase, MessageDatabase, PrivateKeyStorage, SessionDatabase
from dimples.group import SharedGroupManager
from dimples.utils import Config
from dimsdk import (
    ID,
    Content,
    DateTime,
    Document,
    Envelope,
    InstantMessage,
    Meta,
    PrivateKey,
    ReliableMessage,
    SecureMessage,
)
from startrek import ConnectionDelegate, SocketAddress

START = 1_751_328_000.0  # 2025-07-01, when the clock of the examples starts
FAR_FUTURE = 4_102_444_800.0  # 2100-01-01


class Clock:
    """The time that the reference reads: it runs at the usual speed, from a chosen moment."""

    def __init__(self, start: float) -> None:
        self._offset = start - time.time()
        DateTime.now = classmethod(lambda cls: cls(timestamp=self.now()))
        DateTime.current_timestamp = classmethod(lambda cls: self.now())

    def now(self) -> float:
        return time.time() + self._offset

    @contextmanager
    def at(self, moment: float) -> Iterator[None]:
        """Let the reference live at another moment for a while."""
        offset = self._offset
        self._offset = moment - time.time()
        try:
            yield
        finally:
            self._offset = offset


class FolderConfig(Config):
    """The reference's configuration for a database below one folder, without Redis."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root

    @property
    def database_root(self) -> str:
        return str(self._root)


class Outbox(ClientSession):
    """A client session, logged in, that keeps what the messenger hands over for sending."""

    def __init__(self, station: Station, database: SessionDatabase) -> None:
        super().__init__(station=station, database=database)
        self.packages: list[bytes] = []

    def _create_hub(
        self, delegate: ConnectionDelegate, address: SocketAddress, sock: socket.socket | None
    ) -> StreamClientHub:
        return StreamClientHub(delegate=delegate)  # connects to nothing

    @property
    def ready(self) -> bool:
        return True

    async def queue_message_package(
        self, msg: ReliableMessage, data: bytes, priority: int = 0
    ) -> bool:
        self.packages.append(data)
        return True


class Account:
    """A user or station whose private keys this process holds."""

    def __init__(self, nickname: str, identity_key: PrivateKey, meta: Meta, network: int) -> None:
        self.nickname = nickname
        self.identity_key = identity_key
        self.meta = meta
        self.identifier: ID = meta.generate_id(network=network)
        self.visas: list[Document] = []
        self.visa_keys: list[PrivateKey] = []

    @property
    def text(self) -> str:
        return str(self.identifier)

    @property
    def address(self) -> str:
        return str(self.identifier.address)

    @property
    def algorithm(self) -> str:
        return str(self.identity_key.algorithm)

    def make_visa(
        self, key: PrivateKey, *, terminal: str = "", signer: PrivateKey | None = None
    ) -> Document:
        """A visa for `key`, signed by the identity key (or, to forge one, by `signer`)."""
        visa = Document.create(doc_type=DocumentType.VISA)
        visa.set_string(key="did", value=self.identifier)
        if terminal:
            visa["terminal"] = terminal
        visa.name = self.nickname
        visa.public_key = key.public_key
        visa.sign(private_key=signer or self.identity_key)
        return visa

    def add_visa(self, key: PrivateKey, *, terminal: str = "") -> None:
        self.visas.append(self.make_visa(key, terminal=terminal))
        self.visa_keys.append(key)


class Reference:
    """The reference client over a database in `root`; any account in it may send."""

    def __init__(self, root: Path) -> None:
        logging.getLogger("small").setLevel(logging.CRITICAL)
        self.clock = Clock(START)
        ClientLibraryLoader().run()
        config = FolderConfig(root)
        self.database = AccountDatabase(config=config)
        # PrivateKeyTable.save_private_key misses an await; its file storage works.
        self._private_keys = PrivateKeyStorage(config=config)
        self.facebook = ClientFacebook(database=self.database)
        self.facebook.barrack = CommonArchivist(facebook=self.facebook, database=self.database)
        self._checker = ClientChecker(facebook=self.facebook, database=self.database)
        self.facebook.checker = self._checker
        self.station = Station(host="127.0.0.1", port=9394)
        self.outbox = Outbox(self.station, SessionDatabase(config=config))
        self.messenger = ClientMessenger(
            session=self.outbox, facebook=self.facebook, database=MessageDatabase(config=config)
        )
        self.packer = ClientMessagePacker(facebook=self.facebook, messenger=self.messenger)
        self.messenger.packer = self.packer
        self.groups = SharedGroupManager()
        self.groups.facebook = self.facebook
        self.groups.messenger = self.messenger

    # Accounts

    async def save(self, account: Account) -> None:
        """Put an account into the client's database: keys, meta, visas."""
        user = account.identifier
        await self._private_keys.save_private_key(
            key=account.identity_key, user=user, key_type=PrivateKeyStorage.ID_KEY_TAG
        )
        for key in account.visa_keys:
            await self._private_keys.save_private_key(
                key=key, user=user, key_type=PrivateKeyStorage.MSG_KEY_TAG
            )
        await self.database.save_meta(meta=account.meta, identifier=user)
        for visa in account.visas:
            await self.database.save_document(document=visa, identifier=user)

    async def create_group(self, founder: Account, title: str, members: list[Account]) -> ID:
        register = Register(database=self.database)
        group = await register.create_group(founder=founder.identifier, name=title)
        everyone = [founder.identifier, *(member.identifier for member in members)]
        await self.database.save_members(members=everyone, group=group)
        return group

    # Messages

    async def log_in(self, account: Account) -> None:
        """Make `account` the current user of the client."""
        user = await self.facebook.get_user(identifier=account.identifier)
        await self.facebook.set_current_user(user=user)

    def take(self) -> list[bytes]:
        """The packages sent since the last call, oldest first."""
        packages = self.outbox.packages[:]
        self.outbox.packages.clear()
        return packages

    async def broadcast_documents(self) -> list[bytes]:
        """The current user's visa for its contacts and for everyone."""
        self._checker.messenger = self.messenger
        await self.messenger.broadcast_documents(updated=True)
        self._checker.messenger = None
        return self.take()

    async def send(self, sender: ID, receiver: ID, content: Content, **head: Any) -> bytes:
        """Encrypt, sign and serialise one message; `head` adds fields to its envelope."""
        envelope = Envelope.create(sender=sender, receiver=receiver)
        message = InstantMessage.create(head=envelope, body=content)
        for name, value in head.items():
            message[name] = value
        await self.messenger.send_instant_message(msg=message)
        (package,) = self.take()
        return package

    async def seal(self, message: SecureMessage, signature: bytes) -> bytes:
        """Put a signature made elsewhere on a secure message and serialise it."""
        signed = ReliableMessage.from_secure_message(s_msg=message, signature=signature)
        return await self.messenger.serialize_message(msg=signed)
