"""What the reference stack makes of contents: requests in, answers out, one JSON object a line.

    python content_worker.py < requests

Started by ``test_contents.py``. It imports ``dimples`` and nothing of dimp_fast: loading the
reference's plug-ins changes its process for good, which is why it has one.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from answering import Answer, serve
from dimax.dkd import (
    BaseMoneyContent,
    BaseTextContent,
    CombineForwardContent,
    ListContent,
    NameCardContent,
    SecretContent,
    TransferMoneyContent,
    WebPageContent,
)
from dimax.protocol import (
    DocumentCommand,
    FileContent,
    GroupCommand,
    MetaCommand,
    QuoteContent,
    ReceiptCommand,
)
from dimp import TransportableFile
from dimples.common.compat.compatible import CompatibleIncoming, CompatibleOutgoing
from dimples.common.compat.compressor import CompatibleShortener
from dimples.common.protocol import (
    AnsCommand,
    BlockCommand,
    FireGroupCommand,
    GroupHistory,
    HandshakeCommand,
    HireGroupCommand,
    LoginCommand,
    MuteCommand,
    QueryCommand,
    ReportCommand,
    ResignGroupCommand,
)
from dimsdk import ID, Content, Document, Envelope, Meta, SymmetricKey, TransportableData

GETTERS = (
    "type", "sn", "time", "group", "cmd", "text", "title", "session", "state", "filename", "url",
    "name", "desc", "currency", "amount", "remitter", "remittee", "identifier", "members",
    "administrators", "last_time", "origin", "application", "module", "action", "names", "records",
    "device", "agent", "station", "provider", "duration", "contents", "mute_list", "block_list",
)  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, Content):
        return type(value).__name__
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict) or value is None or isinstance(value, (int, float, str)):
        return value
    if hasattr(value, "timestamp"):
        return value.timestamp
    return str(value)


def read(request: Answer) -> Answer:
    """A content as the reference takes it from the network: its class and what it says."""
    fields = CompatibleShortener().extract_content(content=request["content"])
    fields = dict(fields)
    CompatibleIncoming.fix_content(content=fields)
    content = Content.parse(content=fields)
    if content is None:
        return {"class": None}
    said = {name: _plain(getattr(content, name)) for name in GETTERS if hasattr(content, name)}
    documents = getattr(content, "documents", None)
    if documents is not None:
        said["documents"] = [document.to_map() for document in documents]
    return {"class": type(content).__name__, "fields": said}


def send(request: Answer) -> Answer:
    """A content as the reference sends it: the fields that it encrypts, and their text."""
    content = Content.parse(content=copy.deepcopy(request["content"]))
    CompatibleOutgoing.fix_content(content=content)
    return {"text": json.dumps(content.to_map())}


MOKI = "moki@4WDfe3zZ4T7opFSi3iDAKiuTnUHjxmXekk"
HULK = "hulk@4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj"
GROUP = "Polylogue-1234567890@7XrUr4staRFC5xu7iCqXRMpbawAGMyASUR"


def _makers(request: Answer) -> dict[str, Callable[[], Content]]:
    """One content of each kind, in the words of the reference; its name is our class."""
    moki, hulk = ID.parse(identifier=MOKI), ID.parse(identifier=HULK)
    group = ID.parse(identifier=GROUP)
    members = [moki, hulk]
    meta, document = Meta.parse(meta=request["meta"]), Document.parse(document=request["visa"])
    data = TransportableData.create(data=b"abc")
    url = "https://example.com/file.enc"
    key = SymmetricKey.parse(key=request["key"])
    text = BaseTextContent(text="Hey guy!")
    envelope = Envelope.create(sender=moki, receiver=hulk)
    transfer = TransferMoneyContent(currency="USD", amount=1.5)
    transfer.remitter, transfer.remittee = moki, hulk
    audio = FileContent.audio(data=data, filename="a.mp4")
    audio.duration, audio.text = 2.5, "Hey"
    image = FileContent.image(url=url, filename="p.png", password=key)
    image.thumbnail = TransportableFile.parse("data:image/png;base64,YWJj")
    video = FileContent.video(url=url, filename="v.mp4", password=key)
    video.snapshot = TransportableFile.parse("https://example.com/v.jpg")
    login = LoginCommand(identifier=hulk)
    login.device, login.agent = "PC", "DIM/1.0"
    login.station = {"did": MOKI, "host": "127.0.0.1", "port": 9394}
    login.provider = {"did": HULK}
    mute, block = MuteCommand(), BlockCommand()
    mute.mute_list, block.block_list = members, members
    avatar = TransportableFile.parse("https://example.com/a.png")
    return {
        "TextContent": lambda: text,
        "FileContent": lambda: FileContent.file(data=data, filename="a.txt"),
        "ImageContent": lambda: image,
        "AudioContent": lambda: audio,
        "VideoContent": lambda: video,
        "PageContent": lambda: WebPageContent(url=url, title="Title", desc="About"),
        "NameCard": lambda: NameCardContent(identifier=hulk, name="Hulk", avatar=avatar),
        "QuoteContent": lambda: QuoteContent.create("Yes", envelope=envelope, content=text),
        "MoneyContent": lambda: BaseMoneyContent(currency="USD", amount=1),
        "TransferContent": lambda: transfer,
        "CustomizedContent": lambda: GroupHistory.query_group_history(group=group),
        "ArrayContent": lambda: ListContent(
            contents=[BaseTextContent(text="a"), HandshakeCommand.start()]
        ),
        "ForwardContent": lambda: SecretContent(messages=[]),
        "CombineContent": lambda: CombineForwardContent(title="Chat", messages=[]),
        "HandshakeCommand": lambda: HandshakeCommand.ask(session="abcd"),
        "MetaCommand": lambda: MetaCommand.response(identifier=moki, meta=meta),
        "DocumentsCommand": lambda: DocumentCommand.response(
            documents=[document], meta=meta, identifier=moki
        ),
        "ReceiptCommand": lambda: ReceiptCommand.create("OK", envelope=envelope, content=text),
        "LoginCommand": lambda: login,
        "ReportCommand": lambda: ReportCommand(title="online"),
        "AnsCommand": lambda: AnsCommand.response(["a", "b"], records={"a": MOKI, "b": HULK}),
        "MuteCommand": lambda: mute,
        "BlockCommand": lambda: block,
        "InviteCommand": lambda: GroupCommand.invite(group=group, members=members),
        "ExpelCommand": lambda: GroupCommand.expel(group=group, members=members),
        "JoinCommand": lambda: GroupCommand.join(group=group),
        "QuitCommand": lambda: GroupCommand.quit(group=group),
        "ResetCommand": lambda: GroupCommand.reset(group=group, members=members),
        "ResignCommand": lambda: ResignGroupCommand(group=group),
        "HireCommand": lambda: HireGroupCommand(group=group, administrators=members),
        "FireCommand": lambda: FireGroupCommand(group=group, administrators=members),
        "QueryCommand": lambda: QueryCommand.query(group=group),
    }


def make(request: Answer) -> Answer:
    """Contents that the reference makes, by our names: as created, and the text that it sends."""
    made = {name: maker() for name, maker in _makers(request).items()}
    created = {name: copy.deepcopy(content.to_map()) for name, content in made.items()}
    for content in made.values():
        CompatibleOutgoing.fix_content(content=content)
    return {
        name: {
            "class": type(content).__name__,
            "created": created[name],
            "text": json.dumps(content.to_map()),
        }
        for name, content in made.items()
    }


OPERATIONS: dict[str, Callable[[Answer], Answer]] = {"read": read, "send": send, "make": make}


if __name__ == "__main__":
    serve(OPERATIONS)
