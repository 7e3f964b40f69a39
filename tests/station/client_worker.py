"""A real client of the reference in a process of its own: requests in, answers out, one JSON
object a line.

    python client_worker.py < requests

It imports dimples and nothing of dimp_fast. What it receives is written down by a processor that
then does what the client's own does.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from typing import Any, ClassVar

from dimax import DocumentCommand, FileContent, TextContent
from dimples.client import ClientChecker, ClientFacebook, ClientMessenger, Terminal
from dimples.client.compat import ClientLibraryLoader
from dimples.client.processor import ClientMessageProcessor
from dimples.common import CommonArchivist
from dimples.database import AccountDatabase, MessageDatabase, SessionDatabase
from dimples.group import SharedGroupManager
from dimples.utils import Config
from dimsdk import ID, Envelope, InstantMessage

Answer = dict[str, Any]
RUNNING = 4
"""The order of the state in which a client has logged in."""


class Processor(ClientMessageProcessor):
    """The client's own, which also writes down what it is given."""

    received: ClassVar[list[Answer]] = []

    async def process_content(self, content: Any, r_msg: Any) -> Any:
        data = content.get("data")
        self.received.append(
            {
                "from": str(r_msg.sender),
                "type": content.type,
                "text": content.get("text"),
                "command": content.get("command"),
                "group": None if content.group is None else str(content.group),
                "size": None if data is None else len(data),
                "origin": content.get("origin"),
                "did": content.get("did"),
                "when": time.time(),
            }
        )
        return await super().process_content(content=content, r_msg=r_msg)


class Client(Terminal):
    """The reference's terminal with the parts that an application brings."""

    def __init__(self, facebook: Any, database: Any, messages: Any) -> None:
        super().__init__(facebook=facebook, database=database)
        self.messages = messages

    def _create_messenger(self, facebook: Any, session: Any) -> ClientMessenger:
        messenger = ClientMessenger(session=session, facebook=facebook, database=self.messages)
        SharedGroupManager().messenger = messenger
        facebook.checker.messenger = messenger
        return messenger

    def _create_processor(self, facebook: Any, messenger: Any) -> Processor:
        return Processor(facebook=facebook, messenger=messenger)


class Worker:
    """Answers requests about one client."""

    def __init__(self) -> None:
        self.client: Any = None
        self.me: Any = None

    async def start(self, request: Answer) -> Answer:
        """Log in with the account of a folder."""
        config = Config()
        await config.load(path=request["config"])
        accounts = AccountDatabase(config=config)
        facebook = ClientFacebook(database=accounts)
        facebook.barrack = CommonArchivist(facebook=facebook, database=accounts)
        facebook.checker = ClientChecker(facebook=facebook, database=accounts)
        SharedGroupManager().facebook = facebook
        self.me = ID.parse(identifier=request["id"])
        await facebook.set_current_user(user=await facebook.get_user(identifier=self.me))
        self.client = Client(
            facebook, SessionDatabase(config=config), MessageDatabase(config=config)
        )
        await self.client.connect(host="127.0.0.1", port=request["port"])
        return {}

    async def state(self, _: Answer) -> Answer:
        session = self.client.session
        return {"running": session.state.index == RUNNING and bool(session.ready)}

    async def text(self, request: Answer) -> Answer:
        return await self._send(TextContent.create(text=request["text"]), request["to"])

    async def file(self, request: Answer) -> Answer:
        """A file within a message."""
        content = FileContent.create(
            msg_type="0x10", data=None, filename=request["name"], url=None, password=None
        )
        content["data"] = request["data"]
        return await self._send(content, request["to"])

    async def _send(self, content: Any, receiver: str) -> Answer:
        _, sent = await self.client.messenger.send_content(
            content=content, sender=self.me, receiver=ID.parse(identifier=receiver)
        )
        return {"sent": sent is not None, "signature": sent and sent.get("signature")}

    async def group_text(self, request: Answer) -> Answer:
        """To all members, as the reference splits it."""
        group = ID.parse(identifier=request["group"])
        members = [ID.parse(identifier=member) for member in request["members"]]
        await self.client.facebook.save_members(members, group)
        content = TextContent.create(text=request["text"])
        content.group = group
        head = Envelope.create(sender=self.me, receiver=group)
        message = InstantMessage.create(head=head, body=content)
        await SharedGroupManager().send_instant_message(message)
        return {}

    async def join_group(self, request: Answer) -> Answer:
        """Know the members of a group."""
        members = [ID.parse(identifier=member) for member in request["members"]]
        await self.client.facebook.save_members(members, ID.parse(identifier=request["group"]))
        return {}

    async def ask_document(self, request: Answer) -> Answer:
        """Ask the station for an account."""
        query = DocumentCommand.query(identifier=ID.parse(identifier=request["did"]))
        return await self._send(query, "station@anywhere")

    async def knows(self, request: Answer) -> Answer:
        """What this client's own store has of an account."""
        database = self.client.facebook.archivist.database
        who = ID.parse(identifier=request["did"])
        documents = await database.get_documents(identifier=who)
        return {
            "meta": await database.get_meta(identifier=who) is not None,
            "documents": len(documents),
        }

    async def login_command(self, _: Answer) -> Answer:
        """Tell everyone that this user is here."""
        await self.client.messenger.broadcast_login(sender=self.me, user_agent="test")
        return {}

    async def report(self, request: Answer) -> Answer:
        messenger = self.client.messenger
        await (messenger.report_online() if request["online"] else messenger.report_offline())
        return {}

    async def received(self, _: Answer) -> Answer:
        return {"received": Processor.received}

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            request = json.loads(line)
            try:
                answer = await getattr(self, request["op"])(request)
            except Exception as error:
                answer = {"error": repr(error)}
            print(json.dumps(answer, default=str), file=ANSWERS, flush=True)


# The reference prints; answers go where nobody else writes.
ANSWERS = sys.stdout
sys.stdout = sys.stderr

if __name__ == "__main__":
    logging.disable()
    ClientLibraryLoader().run()
    asyncio.run(Worker().run())
