"""A whole client of the reference, for the worker: it seals for our accounts and opens what we
sealed. Database and keys live in a folder that goes away with it.

Nothing here judges a message; the client is put together by ``examples/making/reference.py``.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from dimax import TextContent
from dimples.client import ClientMessageProcessor
from dimples.client.facebook import ClientArchivist
from dimples.common import CommonMessenger, Register
from dimsdk import (
    ID,
    Document,
    Envelope,
    InstantMessage,
    MessageShortener,
    Meta,
    PrivateKey,
    ReliableMessage,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))

from making.reference import Account, Clock, Reference

Answer = dict[str, Any]


class Client:
    """One process of the reference client; any account that joined may send and receive."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._reference = Reference(Path(self._folder.name))
        self._reference.clock = Clock(time.time())
        facebook, messenger = self._reference.facebook, self._reference.messenger
        # Those of a whole client: documents name administrators, and commands are obeyed.
        facebook.barrack = ClientArchivist(facebook=facebook, database=self._reference.database)
        messenger.processor = ClientMessageProcessor(facebook=facebook, messenger=messenger)
        self._accounts: dict[str, Account] = {}

    async def join(self, request: Answer) -> Answer:
        """Make an account with a visa for each terminal, ``""`` for none."""
        key = PrivateKey.generate(algorithm=request["algorithm"])
        meta = Meta.generate(version="1", private_key=key, seed=request["name"])
        account = Account(request["name"], key, meta, 0)
        for terminal in request["terminals"]:
            account.add_visa(PrivateKey.generate(algorithm="RSA"), terminal=terminal)
        await self._reference.save(account)
        self._accounts[account.text] = account
        return {
            "id": account.text,
            "meta": meta.to_map(),
            "documents": [visa.to_map() for visa in account.visas],
        }

    async def meet(self, request: Answer) -> Answer:
        """Take somebody's meta and documents into the database."""
        identifier = ID.parse(identifier=request["id"])
        database = self._reference.database
        taken = await database.save_meta(
            meta=Meta.parse(meta=request["meta"]), identifier=identifier
        )
        for document in request["documents"]:
            visa = Document.parse(document=document)
            taken &= await database.save_document(document=visa, identifier=identifier)
        return {"taken": taken}

    async def found(self, request: Answer) -> Answer:
        """Make a group of IDs; the founder is an account of this client."""
        register = Register(database=self._reference.database)
        founder = self._accounts[request["founder"]].identifier
        group = await register.create_group(founder=founder, name="crew")
        members = [ID.parse(identifier=member) for member in request["members"]]
        await self._reference.database.save_members(members=[founder, *members], group=group)
        return {"id": str(group)}

    async def send(self, request: Answer) -> Answer:
        """Packages of one text: to a user or, as the client does it, to the members of a group."""
        sender, receiver = (self._id(request, name) for name in ("sender", "receiver"))
        content = TextContent.create(text=request["text"])
        await self._reference.log_in(self._accounts[str(sender)])
        if not (receiver.is_group and not receiver.is_broadcast):
            head = request.get("head", {})
            packages = [await self._reference.send(sender, receiver, content, **head)]
        else:
            content.group = receiver
            message = InstantMessage.create(
                head=Envelope.create(sender=sender, receiver=receiver), body=content
            )
            if request["whole"]:
                await self._reference.messenger.send_instant_message(msg=message)
            else:
                await self._reference.groups.send_instant_message(message)
            packages = self._reference.take()
        return {"packages": [package.decode() for package in packages]}

    async def receive(self, request: Answer) -> Answer:
        """What an account of this client reads in a package; ``null`` when that is nothing."""
        await self._reference.log_in(self._accounts[request["receiver"]])
        messenger = self._reference.messenger
        # That of the client itself drops what has the signature of something it saw before.
        message = await CommonMessenger.deserialize_message(
            messenger, data=request["package"].encode()
        )
        secure = await messenger.verify_message(msg=message)
        if secure is None:
            return {"verifies": False, "content": None}
        try:
            instant = await messenger.decrypt_message(msg=secure)
        except (AssertionError, LookupError, ValueError) as error:
            return {"verifies": True, "content": None, "error": str(error)}
        return {"verifies": True, "content": instant and instant.content.to_map()}

    async def obey(self, request: Answer) -> Answer:
        """Do what a package says that came for an account of this client, and say what it sends."""
        await self._reference.log_in(self._accounts[request["receiver"]])
        data = request["package"].encode()
        answers = await self._reference.messenger.process_package(data=data)
        packages = [*answers, *self._reference.take()]
        return {"packages": [package.decode() for package in packages]}

    async def manage(self, request: Answer) -> Answer:
        """Have an account of this client do something with a group, as its user would."""
        await self._reference.log_in(self._accounts[request["user"]])
        members = [ID.parse(identifier=member) for member in request.get("members", [])]
        group = ID.parse(identifier=request.get("group"))
        groups, done = self._reference.groups, True
        if request["action"] == "create":
            group = await groups.create_group(members=members)
        elif request["action"] == "quit":
            done = await groups.quit_group(group=group)
        elif request["action"] == "administrators":
            done = await groups.update_administrators(administrators=members, group=group)
        else:
            action = getattr(groups, f"{request['action']}_group_members")
            done = await action(members=members, group=group)
        packages = [package.decode() for package in self._reference.take()]
        return {"group": str(group), "done": done, "packages": packages}

    async def roll(self, request: Answer) -> Answer:
        """Who is what in a group, and who waits, by what this client holds."""
        group = self._id(request, "group")
        facebook, database = self._reference.facebook, self._reference.database
        members = await facebook.get_members(identifier=group)
        waiting = []
        for command, message in await database.get_group_histories(group=group):
            asked = {"invite": command.members, "join": [message.sender]}.get(command.cmd, [])
            waiting += [[str(one), str(message.sender)] for one in asked if one not in members]
        return {
            "owner": str(await facebook.get_owner(identifier=group)),
            "members": [str(one) for one in members],
            "administrators": [str(one) for one in await facebook.get_administrators(group=group)],
            "pending": waiting,
        }

    async def shorten(self, request: Answer) -> Answer:
        """A package with one-letter names, as the base SDK writes them."""
        short = MessageShortener().compress_reliable_message(json.loads(request["package"]))
        assert ReliableMessage.parse(msg=json.loads(request["package"])) is not None
        return {"package": json.dumps(short)}

    @staticmethod
    def _id(request: Answer, name: str) -> Any:
        return ID.parse(identifier=request[name])


_running: list[tuple[asyncio.AbstractEventLoop, Client]] = []


def ask(request: Answer) -> Answer:
    """Do what ``request["what"]`` names; the first request starts the client."""
    if not _running:
        loop = asyncio.new_event_loop()
        _running.append((loop, loop.run_until_complete(_start())))
    loop, client = _running[0]
    action: Callable[[Answer], Coroutine[Any, Any, Answer]] = getattr(client, request["what"])
    return loop.run_until_complete(action(request))


async def _start() -> Client:
    return Client()  # its caches want a running loop
