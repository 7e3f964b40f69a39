"""semantics.md: content-1, content-2; base64-2, base64-3 and json-6 as far as contents go."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import data_sets
from dimp_fast import Code, DimError, Identifier, SymmetricKey, content, decode, encode
from dimp_fast._json import emit
from dimp_fast.content import (
    Command,
    Content,
    ContentType,
    Field,
    GroupCommand,
    HandshakeCommand,
    HandshakeState,
    HistoryCommand,
    PortableFile,
    TextContent,
    TransportableData,
    as_text,
    next_serial_number,
    register,
    unregister,
)
from dimp_fast.content._base import MAX_SERIAL_NUMBER, SerialNumbers

VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
RECORDED = [
    vector for vector in VECTORS.values() if vector.kind == "content" and "v243" not in vector.id
]
OLDER = [vector for vector in VECTORS.values() if vector.id.startswith("v243.content")]
MOKI = "moki@4WDfe3zZ4T7opFSi3iDAKiuTnUHjxmXekk"
HULK = "hulk@4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj"
GROUP = "Polylogue-1234567890@7XrUr4staRFC5xu7iCqXRMpbawAGMyASUR"
AES = VECTORS["content.image.url"].output["created"]["key"]

CLASSES = {
    "text": content.TextContent,
    "handshake.start": content.HandshakeCommand,
    "handshake.again": content.HandshakeCommand,
    "handshake.restart": content.HandshakeCommand,
    "handshake.success": content.HandshakeCommand,
    "meta.query": content.MetaCommand,
    "documents.query": content.DocumentsCommand,
    "documents.response": content.DocumentsCommand,
    "login": content.LoginCommand,
    "report": content.ReportCommand,
    "ans": content.AnsCommand,
    "invite": content.InviteCommand,
    "expel": content.ExpelCommand,
    "join": content.JoinCommand,
    "quit": content.QuitCommand,
    "reset": content.ResetCommand,
    "query": content.QueryCommand,
    "file": content.FileContent,
    "image.url": content.ImageContent,
    "array": content.ArrayContent,
    "money": content.MoneyContent,
    "namecard": content.NameCard,
}
"""Input of a recorded content -> its class."""


def refusal(fields: Any, kind: type[Content] = Content) -> Code:
    with pytest.raises(DimError) as error:
        kind.parse(fields)
    return error.value.code


def command(name: str, **fields: Any) -> Any:
    return Content.parse({"type": 136, "sn": 7, "command": name, **fields})


def values(some: Content) -> dict[str, Any]:
    """What its attributes say, or why they do not."""
    said: dict[str, Any] = {"type": some.type}
    for name in some._declared:
        try:
            said[name] = getattr(some, name)
        except DimError as error:
            said[name] = error.code
    return said


# -- what the reference made -------------------------------------------------------------------


@pytest.mark.parametrize("vector", RECORDED, ids=lambda vector: vector.id)
def test_content_2_both_names_go_out_as_the_reference_writes_them(
    vector: data_sets.Vector,
) -> None:
    created, outgoing = vector.output["created"], vector.output["outgoing"]
    read = Content.parse(created)
    assert type(read) is CLASSES[vector.input]
    assert read.to_dict() == created
    assert emit(read.to_wire()) == json.dumps(outgoing)
    assert emit(Content.parse(outgoing).to_wire()) == json.dumps(outgoing)
    assert read.to_dict() == created  # writing changes nothing


@pytest.mark.parametrize("vector", RECORDED, ids=lambda vector: vector.id)
def test_content_2_old_and_new_names_read_alike(vector: data_sets.Vector) -> None:
    new, both = (Content.parse(vector.output[name]) for name in ("created", "outgoing"))
    assert type(both) is type(new)
    said, expected = values(both), values(new)
    if "documents" in said and expected["documents"] is not None:
        for document in (*said["documents"], *expected["documents"]):
            assert document.get("ID", document["did"]) == document["did"]
        said["documents"] = [item["data"] for item in said["documents"]]
        expected["documents"] = [item["data"] for item in expected["documents"]]
    assert said == expected
    assert not any(isinstance(value, Code) for value in said.values())


@pytest.mark.parametrize("vector", OLDER, ids=lambda vector: vector.id)
def test_content_1_types_of_the_older_generation(vector: data_sets.Vector) -> None:
    # It has no names of types, and takes what it does not know for nothing.
    read = Content.parse({"type": vector.input, "sn": 1, "text": "Hey"})
    is_text = vector.output == "BaseTextContent" or vector.input == "text"
    assert type(read) is (TextContent if is_text else Content)


def test_content_2_short_names() -> None:
    vector = VECTORS["msg.short.content"]
    short = json.loads(vector.output["content"])
    read, expected = Content.parse(short), Content.parse(vector.input["content"])
    assert type(read) is type(expected) is content.JoinCommand
    assert values(read) == values(expected)
    assert read.to_dict() == short
    assert read.to_wire() == expected.to_wire()


def test_msg_1_short_names_of_the_older_generation() -> None:
    vector = VECTORS["v243.short.msg"]
    short = dict(zip(vector.input, json.loads(vector.output), strict=True))
    others = {"type": "1", "group": "g@everywhere", "keys": {}, "meta": {}, "visa": {}}
    message = VECTORS["msg.broadcast"].output | others
    assert message.keys() == short.keys()
    written = json.loads(encode(message, short=True))
    assert written == {short[name]: value for name, value in message.items()}
    assert decode(json.dumps(written).encode()).to_dict() == message


def test_json_6_contents_are_written_as_the_reference_writes_json() -> None:
    vector = VECTORS["json.encode"]
    made = Content.create(type=999, sn=1, time=0, extra=vector.input)
    assert emit(made.to_dict()) == '{"type": 999, "sn": 1, "time": 0, ' + vector.output[1:]
    with pytest.raises(DimError, match="MALFORMED"):
        emit(Content.create(type=999, extra={"x": float("nan")}).to_wire())


MADE = {
    "text": lambda head: TextContent.create(text="Hey guy!", **head),
    "handshake.start": lambda head: HandshakeCommand.start(**head),
    "handshake.again": lambda head: HandshakeCommand.again("abcd", **head),
    "handshake.restart": lambda head: HandshakeCommand.restart("abcd", **head),
    "handshake.success": lambda head: HandshakeCommand.success("abcd", **head),
    "meta.query": lambda head: content.MetaCommand.create(did=HULK, **head),
    "documents.query": lambda head: content.DocumentsCommand.create(
        did=Identifier.parse(HULK), last_time=1600000000.5, **head
    ),
    "documents.response": lambda head: content.DocumentsCommand.create(
        did=MOKI,
        documents=VECTORS["content.documents.response"].output["created"]["documents"],
        **head,
    ),
    "login": lambda head: content.LoginCommand.create(did=MOKI, **head),
    "report": lambda head: content.ReportCommand.create(title="online", **head),
    "ans": lambda head: content.AnsCommand.create(names=["assistant", "archivist"], **head),
    "invite": lambda head: content.InviteCommand.create(group=GROUP, members=[HULK], **head),
    "expel": lambda head: content.ExpelCommand.create(group=GROUP, members=[HULK], **head),
    "join": lambda head: content.JoinCommand.create(group=GROUP, **head),
    "quit": lambda head: content.QuitCommand.create(group=GROUP, **head),
    "reset": lambda head: content.ResetCommand.create(group=GROUP, members=[MOKI, HULK], **head),
    "query": lambda head: content.QueryCommand.create(group=GROUP, **head),
    "file": lambda head: content.FileContent.create(data=b"abc", filename="a.txt", **head),
    "image.url": lambda head: content.ImageContent.create(
        url="https://x/y.enc", filename="p.png", key=SymmetricKey.parse(AES), **head
    ),
    "money": lambda head: content.MoneyContent.create(currency="USD", amount=1.5, **head),
    "namecard": lambda head: content.NameCard.create(did=HULK, name="Hulk", **head),
    "array": lambda head: content.ArrayContent.create(
        contents=[{"type": "1", "sn": 1020, "time": head["time"], "text": "a"}], **head
    ),
}


def test_every_recorded_content_is_made() -> None:
    assert MADE.keys() == CLASSES.keys() == {vector.input for vector in RECORDED}


@pytest.mark.parametrize("vector", RECORDED, ids=lambda vector: vector.id)
def test_content_2_what_is_made_goes_out_as_the_reference_writes_it(
    vector: data_sets.Vector,
) -> None:
    outgoing = vector.output["outgoing"]
    made = MADE[vector.input]({"sn": outgoing["sn"], "time": outgoing["time"]})
    assert type(made) is CLASSES[vector.input]
    assert emit(made.to_wire()) == json.dumps(outgoing)


# -- types -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "name", "kind"),
    [
        (1, "text", content.TextContent), (16, "file", content.FileContent),
        (18, "image", content.ImageContent), (20, "audio", content.AudioContent),
        (22, "video", content.VideoContent), (32, "page", content.PageContent),
        (51, "card", content.NameCard), (55, "quote", content.QuoteContent),
        (64, "money", content.MoneyContent), (65, "transfer", content.TransferContent),
        (160, "application", content.CustomizedContent),
        (202, "array", content.ArrayContent), (204, "customized", content.CustomizedContent),
        (207, "combine", content.CombineContent), (255, "forward", content.ForwardContent),
    ],
)  # fmt: skip
def test_content_1_types_are_numbers_texts_and_names(
    number: int, name: str, kind: type[Content]
) -> None:
    for written in (number, str(number), name):
        for field in ("type", "T"):
            read = Content.parse({field: written})
            assert type(read) is kind
            assert read.type == number
            assert isinstance(read.type, ContentType)
            assert read.to_dict() == {field: written}
            assert read.to_wire() == {"type": name if written == name else number}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (999, 999), ("999", 999), ("01", "01"), ("0x01", "0x01"), ("TEXT", "TEXT"), ("*", "*"),
        ("", ""), ("\u0661", "\u0661"), (0, 0), (-1, -1), (66, ContentType.LUCKY_MONEY),
        ("9" * 20, "9" * 20), ("9" * 5000, "9" * 5000),
    ],
)  # fmt: skip
def test_content_1_types_that_nobody_knows_are_kept(written: Any, told: Any) -> None:
    fields = {"type": written, "sn": 5, "text": {"any": ["thing"]}, "x": None}
    read = Content.parse(fields)
    assert type(read) is Content
    assert read.type == told
    assert read.sn == 5
    assert read.to_dict() == fields
    assert read.to_wire() | {"type": written} == fields


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"type": None}, {"type": True}, {"type": 1.0}, {"type": []}, {"type": {"$ref": "$"}},
        {"type": 2**63}, {"type": 10**5000}, {"text": "Hey"},
        {"type": 1, "sn": "x"}, {"type": 1, "sn": 1.5}, {"type": 1, "sn": True},
        {"type": 1, "sn": 2**63}, {"type": 1, "sn": "\u0661"}, {"type": 1, "sn": []},
        {"type": 1, "time": -1}, {"type": 1, "time": "now"}, {"type": 1, "time": True},
        {"type": 1, "time": float("nan")}, {"type": 1, "time": 10**400}, {"type": 1, "time": "1e9"},
        {"type": 1, "group": 5}, {"type": 1, "group": {}},
        {"type": 136}, {"type": 136, "command": ""}, {"type": 136, "command": 5},
        {"type": 137, "command": None}, {"type": "command", "cmd": []},
    ],
)  # fmt: skip
def test_content_1_what_is_no_content_is_malformed(fields: dict[str, Any]) -> None:
    assert refusal(fields) is Code.MALFORMED


def test_content_1_a_group_is_an_id() -> None:
    assert refusal({"type": 1, "group": "nobody"}) is Code.BAD_ADDRESS
    assert Content.parse({"type": 1, "G": "hulk@EVERYWHERE"}).group == "hulk@everywhere"
    assert Content.parse({"type": 1, "group": None}).group is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"[1]", Code.MALFORMED), (b"null", Code.MALFORMED), (b"{", Code.MALFORMED),
        (b"\xff", Code.MALFORMED), (b'{"type": NaN}', Code.MALFORMED), (b"{}", Code.MALFORMED),
        (b'{"type": 1, "x": ' + b"[" * 100_000, Code.TOO_LARGE),
        (b'{"type": 1, "x": ' + b"[" * 64, Code.TOO_LARGE),
        (b'{"type": 1, "x": ' + b"[" * 63, Code.MALFORMED),
        (b'{"type": 1, "x": ' + b"[],[" * 64, Code.MALFORMED),
        (b'{"type": 1, "x": ' + b"[" * 64 + b"]" * 64 + b"}", Code.TOO_LARGE),
        (b'{"type": 1, "x": ' + b"[" * 2000 + b"]" * 2000 + b"}", Code.TOO_LARGE),
        (b'{"type": 1, "x": [], "y": "' + b"[" * 2000 + b'}', Code.MALFORMED),
    ],
)  # fmt: skip
def test_content_1_json_text(text: bytes, code: Code) -> None:
    assert refusal(text) is code
    assert Content.parse(b'{"type": 1, "text": "Hey"}') == TextContent.parse(
        {"type": 1, "text": "Hey"}
    )


@pytest.mark.parametrize("source", [None, "text", 5, [("type", 1)]])
def test_misuse_a_content_is_a_mapping(source: Any) -> None:
    with pytest.raises(TypeError, match="source: Content, a mapping or JSON bytes"):
        Content.parse(source)


def test_content_1_a_class_reads_its_own() -> None:
    fields = {"type": 136, "command": "handshake"}
    read = Content.parse(fields)
    assert Content.parse(read) is read
    assert Command.parse(fields) == HandshakeCommand.parse(read) == read
    assert refusal(fields, TextContent) is Code.MALFORMED
    assert refusal(fields, GroupCommand) is Code.MALFORMED
    assert refusal({"type": 1}, Command) is Code.MALFORMED


# -- commands ----------------------------------------------------------------------------------


def test_content_1_commands_that_nobody_knows() -> None:
    assert type(command("search")) is Command
    assert type(Content.parse({"type": 137, "command": "suicide"})) is HistoryCommand
    for number in (136, "137"):
        found = Content.parse({"type": number, "command": "found", "group": GROUP})
        assert type(found) is GroupCommand
        assert found.group == GROUP
    # A name that is known counts more than the type and the group.
    assert type(command("invite")) is content.InviteCommand
    assert type(command("handshake", group="stations@everywhere")) is HandshakeCommand
    assert type(Content.parse({"type": 1, "command": "handshake"})) is TextContent


@pytest.mark.parametrize(
    "name", ["invite", "expel", "join", "quit", "reset", "resign", "hire", "fire", "query"]
)
def test_content_1_group_commands(name: str) -> None:
    found = command(name, group=GROUP, member=HULK, text="because", administrators=[MOKI, HULK])
    assert type(found) is content._base.COMMANDS[name]
    assert isinstance(found, GroupCommand)
    assert (found.command, found.group, found.text) == (name, GROUP, "because")
    assert found.members == (HULK,)
    assert command(name, group=GROUP, members=[MOKI, HULK], member=MOKI).members == (MOKI, HULK)
    if name in ("hire", "fire"):
        assert found.administrators == (MOKI, HULK)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"title": "Hello world!"}, HandshakeState.START),
        ({"message": "Hello world!", "session": ""}, HandshakeState.START),
        ({}, HandshakeState.START),
        ({"title": "Hello world!", "session": "abcd"}, HandshakeState.RESTART),
        ({"title": "DIM?"}, HandshakeState.AGAIN),
        ({"message": "DIM?", "session": "abcd"}, HandshakeState.AGAIN),
        ({"title": "DIM!", "session": "abcd"}, HandshakeState.SUCCESS),
    ],
)
def test_content_2_steps_of_a_handshake(fields: dict[str, Any], state: HandshakeState) -> None:
    found = command("handshake", **fields)
    assert found.state is state
    assert found.title == found.message


OLD_NAMES = [
    ({"type": 136, "cmd": "x"}, {"type": 136, "command": "x"}, "command"),
    ({"type": 136, "C": "x"}, {"type": 136, "command": "x"}, "command"),
    ({"type": 51, "ID": HULK}, {"type": 51, "did": HULK}, "did"),
    ({"type": 16, "password": AES}, {"type": 16, "key": AES}, "key"),
    ({"type": 18, "snapshot": "YWJjZGVm"}, {"type": 18, "thumbnail": "YWJjZGVm"}, "thumbnail"),
    ({"type": 22, "thumbnail": "YWJjZGVm"}, {"type": 22, "snapshot": "YWJjZGVm"}, "snapshot"),
    ({"type": 255, "forward": {"x": 1}}, {"type": 255, "secrets": [{"x": 1}]}, "secrets"),
    ({"type": 1, "N": 5}, {"type": 1, "sn": "5"}, "sn"),
    ({"type": 1, "W": "1.5"}, {"type": 1, "time": 1.5}, "time"),
    ({"type": 1, "G": GROUP}, {"type": 1, "group": GROUP}, "group"),
]


@pytest.mark.parametrize(("old", "new", "name"), OLD_NAMES)
def test_content_2_old_names(old: dict[str, Any], new: dict[str, Any], name: str) -> None:
    found = getattr(Content.parse(old), name)
    assert found is not None
    assert found == getattr(Content.parse(new), name)
    # The new name counts, unless it is null.
    [both] = old.keys() - {"type"}
    assert getattr(Content.parse({both: "nothing of this kind"} | new), name) == found
    [fresh] = new.keys() - {"type"}
    assert getattr(Content.parse({**old, fresh: None}), name) == found


@pytest.mark.parametrize("name", ["documents", "document", "profile"])
def test_content_2_documents_by_any_name(name: str) -> None:
    visa, other = {"did": MOKI, "data": "{}"}, {"did": MOKI, "data": "{ }"}
    for fields, expected in (
        ({}, None),
        ({"documents": []}, ()),
        ({"documents": [visa, other]}, (visa, other)),
        ({"document": visa}, (visa,)),
        ({"profile": visa}, (visa,)),
        ({"documents": None, "document": visa}, (visa,)),
        ({"document": visa, "documents": [{"$ref": "$.document"}]}, (visa,)),
        ({"documents": [visa, other], "document": {"$ref": "$.documents[0]"}}, (visa, other)),
        ({"documents": [visa, other], "document": other}, (visa, other)),
    ):
        found = command(name, ID=MOKI, **fields)
        assert type(found) is content.DocumentsCommand
        assert (found.command, found.did, found.documents) == ("documents", MOKI, expected)
        assert Content.parse(found.to_wire()).command == "documents"
    bare = command(name, ID=MOKI, profile="{}", signature="AAAA")
    assert bare.documents == ({"ID": MOKI, "data": "{}", "signature": "AAAA"},)
    for wrong in ("visa", 5, [5], [[visa]]):
        with pytest.raises(DimError, match="MALFORMED: documents"):
            _ = command(name, documents=wrong).documents


def test_content_2_documents_go_out_by_one_name_and_once() -> None:
    visas = [{"did": MOKI, "data": "1"}, {"ID": MOKI, "data": "2"}]
    many = content.DocumentsCommand.create(did=MOKI, documents=visas).to_wire()
    assert (many["command"], many["cmd"], many["ID"]) == ("document", "document", MOKI)
    assert "document" not in many
    assert many["documents"] == [
        {"did": MOKI, "data": "1", "ID": MOKI},
        {"ID": MOKI, "data": "2", "did": MOKI},
    ]
    one = content.DocumentsCommand.create(did=MOKI, documents=visas[0]).to_wire()
    assert "documents" not in one
    assert one["document"] == many["documents"][0]
    assert visas[0] == {"did": MOKI, "data": "1"}  # not changed


@pytest.mark.parametrize(
    ("meta", "written"),
    [
        ({"type": 1}, {"type": 1, "version": 1}),
        ({"type": "1"}, {"type": 1, "version": 1}),
        ({"version": 1}, {"version": 1, "type": 1}),
        ({"type": "MKM"}, {"type": 1, "algorithm": "MKM", "version": 1}),
        ({"type": "eth", "algorithm": "x"}, {"type": 4, "algorithm": "x", "version": 4}),
        ({"type": "other"}, {"type": "other", "algorithm": "other"}),
        ({"type": True}, {"type": True}),
        ({}, {}),
        ("meta", "meta"),
    ],
)
def test_content_2_type_and_version_of_a_meta(meta: Any, written: Any) -> None:
    for name in ("meta", "documents"):
        assert command(name, meta=meta).to_wire()["meta"] == written


def test_content_2_receipts() -> None:
    origin = {"sender": MOKI, "receiver": HULK, "time": 1.5, "sn": 9, "signature": "AAAA"}
    flat = {"type": 136, "command": "receipt", "text": "OK", **origin}
    for fields in ({"origin": origin}, {"envelope": origin},
                   {"envelope": origin, "origin": {"$ref": "$.envelope"}}):  # fmt: skip
        found = command("receipt", text="OK", **fields)
        assert found.origin == origin
        assert found.sn == 7
        sent = found.to_wire()
        assert sent["origin"] == sent["envelope"] == origin
        assert {name: sent[name] for name in ("sender", "receiver", "sn", "signature")} == {
            "sender": MOKI, "receiver": HULK, "sn": 9, "signature": "AAAA",
        }  # fmt: skip
    assert Content.parse(flat).origin == origin  # type: ignore[attr-defined]
    assert command("receipt", text="OK").origin is None


def test_content_1_receipts_and_quotes_of_a_message() -> None:
    message = {
        "sender": MOKI, "receiver": HULK, "time": 1.5, "type": 1, "data": "AAAA", "keys": {"x": ""},
        "signature": "BBBB", "meta": {}, "visa": {}, "IV": "CCCC", "traces": [],
    }  # fmt: skip
    inside = TextContent.create(text="Hey", sn=9, group=GROUP)
    receipt = content.ReceiptCommand.answer("OK", message, inside)
    assert (receipt.text, receipt.group) == ("OK", GROUP)
    assert receipt.origin == {
        "sender": MOKI, "receiver": HULK, "time": 1.5, "type": 1, "signature": "BBBB",
        "IV": "CCCC", "traces": [], "sn": 9,
    }  # fmt: skip
    assert "sn" not in (content.ReceiptCommand.answer("OK", message).origin or {})
    quote = content.QuoteContent.answer("Yes", message, inside)
    assert quote.origin == {"sender": MOKI, "receiver": GROUP, "type": 1, "sn": 9}
    assert "data" in message


def test_content_2_reports_and_logins() -> None:
    for state, title in (("foreground", "online"), ("background", "offline")):
        found = command("report", state=state)
        assert found.title == found.to_wire()["title"] == title
    assert command("report", title="online", state="other").title == "online"
    sent = command("login", ID=HULK, station={"ID": MOKI}, provider={"did": MOKI}).to_wire()
    assert sent["did"] == sent["ID"] == HULK
    assert sent["station"] == sent["provider"] == {"ID": MOKI, "did": MOKI}


def test_content_1_names_of_the_name_server() -> None:
    found = command("ans", names=" a  b ", records={"a": MOKI}, missed=["b"])
    assert (found.names, found.records, found.missed) == (("a", "b"), {"a": MOKI}, ("b",))
    with pytest.raises(DimError, match="BAD_ADDRESS: records"):
        _ = command("ans", records={"a": "nobody"}).records


# -- fields ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "name", "code"),
    [
        ({"type": 1, "text": 5}, "text", Code.MALFORMED),
        ({"type": 16, "data": "?"}, "data", Code.BAD_ENCODING),
        ({"type": 16, "data": 5}, "data", Code.MALFORMED),
        ({"type": 16, "key": {"algorithm": "AES"}}, "key", Code.BAD_KEY),
        ({"type": 16, "key": {"algorithm": "DES"}}, "key", Code.UNSUPPORTED),
        ({"type": 18, "thumbnail": 5}, "thumbnail", Code.MALFORMED),
        ({"type": 18, "thumbnail": "x"}, "thumbnail", Code.MALFORMED),
        ({"type": 51, "did": "nobody"}, "did", Code.BAD_ADDRESS),
        ({"type": 51, "did": 5}, "did", Code.MALFORMED),
        ({"type": 64, "amount": True}, "amount", Code.MALFORMED),
        ({"type": 64, "amount": 10**400}, "amount", Code.MALFORMED),
        ({"type": 202, "contents": [5]}, "contents", Code.MALFORMED),
        ({"type": 202, "contents": [{"text": "x"}]}, "contents", Code.MALFORMED),
        ({"type": 207, "messages": ["x"]}, "messages", Code.MALFORMED),
        ({"type": 255, "secrets": "x"}, "secrets", Code.MALFORMED),
        ({"type": 137, "command": "reset", "members": [MOKI, "x"]}, "members", Code.BAD_ADDRESS),
        ({"type": 136, "command": "mute", "list": {}}, "list", Code.MALFORMED),
        ({"type": 136, "command": "documents", "last_time": "x"}, "last_time", Code.MALFORMED),
    ],
)
def test_content_1_fields_are_read_when_they_are_asked_for(
    fields: dict[str, Any], name: str, code: Code
) -> None:
    found = Content.parse(fields)
    with pytest.raises(DimError, match=f": {name}: ") as error:
        getattr(found, name)
    assert error.value.code is code
    assert found.to_dict() == fields


def test_content_1_fields_that_are_there() -> None:
    audio = Content.parse({"type": 20, "duration": "2.5", "text": "Hey", "data": "YWJj"})
    assert isinstance(audio, content.AudioContent)
    assert (audio.duration, audio.text) == (2.5, "Hey")
    assert audio.data is not None
    assert audio.data.data == b"abc"
    page = content.PageContent.create(url="https://x/", html="<p>", title="T", base="about:blank")
    assert page.to_dict().keys() >= {"URL", "HTML", "title", "base"}
    assert (page.url, page.html, page.title, page.desc) == ("https://x/", "<p>", "T", None)
    array = content.ArrayContent.create(contents=[page, {"type": 999}])
    assert array.contents is not None
    assert [type(item) for item in array.contents] == [content.PageContent, Content]
    transfer = content.TransferContent.create(amount=5, remitter=MOKI, remittee=HULK)
    assert (transfer.amount, transfer.remitter, transfer.remittee) == (5, MOKI, HULK)


def test_content_1_contents_do_not_change() -> None:
    fields = {"type": 1, "text": "Hey"}
    read = TextContent.parse(fields)
    fields["text"] = "changed"
    read.to_dict()["text"] = "changed"
    read.to_wire()["text"] = "changed"
    assert read.text == "Hey"
    for name in ("text", "sn", "other"):
        with pytest.raises(AttributeError):
            setattr(read, name, "changed")
    assert read == TextContent.parse({"type": 1, "text": "Hey"})
    assert read != TextContent.parse({"type": "1", "text": "Hey"})
    assert read != fields
    assert repr(command("meta", did=MOKI)) == "<MetaCommand 'meta', sn 7>"
    assert repr(TextContent.create(text="Hey", sn=5)) == "<TextContent 1, sn 5>"


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: TextContent(), TypeError),
        (lambda: TextContent.create(txt="x"), TypeError),
        (lambda: Content.create(), TypeError),
        (lambda: Command.create(), DimError),
        (lambda: GroupCommand.create(command="found"), DimError),
        (lambda: TextContent.create(text=5), DimError),
        (lambda: TextContent.create(text="x", group="nobody"), DimError),
        (lambda: TextContent.create(text="x", type=16), DimError),
        (lambda: content.NameCard.create(did="nobody"), DimError),
        (lambda: content.FileContent.create(key=b"bytes"), DimError),
    ],
)
def test_misuse_makers(make: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        make()


def test_content_1_makers() -> None:
    made = Command.create(command="search", group=GROUP, extra={"keywords": ["x"], "who": MOKI})
    assert type(made) is GroupCommand
    assert list(made.to_dict()) == ["type", "sn", "time", "command", "group", "keywords", "who"]
    assert made.time is not None
    other = Content.create(type=999, extra={"x": Identifier.parse(MOKI)})
    assert other.to_dict() == {"type": 999, "sn": other.sn, "time": other.time, "x": MOKI}
    app = content.CustomizedContent.create(app="a", mod="m", act="x", type=160)
    assert app.type is ContentType.APPLICATION
    assert content.CustomizedContent.create(app="a").type is ContentType.CUSTOMIZED


# -- serial numbers ----------------------------------------------------------------------------


def test_content_1_serial_numbers() -> None:
    assert all(1 <= SerialNumbers().next() <= MAX_SERIAL_NUMBER for _ in range(100))
    assert len({SerialNumbers().next() for _ in range(10)}) > 5  # random starts
    numbers = SerialNumbers()
    numbers._last = MAX_SERIAL_NUMBER - 1
    assert [numbers.next() for _ in range(3)] == [MAX_SERIAL_NUMBER, 1, 2]
    numbers._last = 0
    assert numbers.next() == 1


def test_content_1_serial_numbers_from_threads() -> None:
    found: list[int] = []

    def take() -> None:
        found.extend([next_serial_number() for _ in range(2000)])

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == len(found) == 16_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_content_1_a_child_counts_on_its_own() -> None:
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(theirs, b"%d" % next_serial_number())
        os._exit(0)
    os.waitpid(child, 0)
    assert abs(int(os.read(ours, 100)) - next_serial_number()) > 1
    os.close(ours)
    os.close(theirs)


# -- what others bring -------------------------------------------------------------------------


class Sticker(Content, types={0x1A0: "sticker"}):
    """A content of somebody else."""

    pack = Field(as_text)


class SearchCommand(Command, commands=("search", "find")):
    """A command of somebody else."""

    keywords = Field(as_text)


@pytest.fixture
def registered() -> Iterator[None]:
    register(Sticker)
    register(SearchCommand)
    yield
    unregister(Sticker)
    unregister(SearchCommand)


@pytest.mark.usefixtures("registered")
def test_content_1_others_bring_classes() -> None:
    for written in (0x1A0, "416", "sticker"):
        read = Content.parse({"type": written, "pack": "cats"})
        assert type(read) is Sticker
        assert (read.type, read.pack) == (0x1A0, "cats")
    made = SearchCommand.create(keywords="cats")
    assert (made.type, made.command) == (ContentType.COMMAND, "search")
    assert type(command("find")) is SearchCommand
    with pytest.raises(ValueError, match="416: taken"):
        register(Sticker)
    with pytest.raises(ValueError, match="search: taken"):
        register(SearchCommand)


def test_content_1_what_was_taken_back_is_not_known() -> None:
    assert type(Content.parse({"type": "sticker"})) is Content
    with pytest.raises(ValueError, match="not registered"):
        unregister(Sticker)
    with pytest.raises(DimError, match="MALFORMED: type"):
        Sticker.create(pack="cats")


def test_misuse_classes_that_cannot_be_registered() -> None:
    class Nothing(Content):
        pass

    class Taken(Content, types={1: "words"}):
        pass

    class TakenName(Content, types={0x1A1: "text"}):
        pass

    class TakenCommand(Command, commands=("new", "meta")):
        pass

    class NoNumber(Content, types={"1": "text"}):  # type: ignore[dict-item]
        pass

    class NoName(Command, commands=("",)):
        pass

    class NoCommand(Content, commands=("new",)):
        pass

    for wrong in (Nothing, Taken, TakenName, TakenCommand, NoNumber, NoName, NoCommand):
        with pytest.raises(ValueError, match=r"taken|wanted|neither|for classes of"):
            register(wrong)
    for none in (Content.parse({"type": 1}), dict, None):
        with pytest.raises(TypeError, match="kind"):
            register(none)  # type: ignore[type-var]
    assert type(command("new")) is Command  # nothing of it stayed


# -- bytes as text, and files ------------------------------------------------------------------


@pytest.mark.parametrize("size", ["8", "31", "59"])
def test_base64_2_transportable_data_of_the_reference(size: str) -> None:
    vector = VECTORS[f"ted.{size}"]
    data = TransportableData.parse(vector.input)
    assert data.data.decode() == vector.output["bytes"]
    assert str(data) == vector.output["serialize"]


def test_base64_2_data_uris() -> None:
    data = TransportableData.parse("data:image/png;Charset=utf-8;filename=a.png;base64,YWJj")
    assert (data.data, data.mime_type) == (b"abc", "image/png")
    assert data.parameters == {"charset": "utf-8", "filename": "a.png"}
    assert TransportableData.parse("data:;base64,YW\nJj") == TransportableData(b"abc")
    assert str(TransportableData(b"abc")) == "YWJj"
    named = TransportableData(b"abc", parameters={"filename": "a"})
    assert str(named) == "data:text/plain;filename=a;base64,YWJj"
    assert "abc" not in repr(data)


@pytest.mark.parametrize(
    "text",
    ["?", "YWJ", "data:,abc", "data:text/plain,abc", "data:;BASE64,YWJj", "data:base64,YWJ",
     "data:text/plain;base64;x=y,YWJj", "data:YWJj", "x,YWJj", "data:;base64,?"],
)  # fmt: skip
def test_base64_2_other_texts_are_no_data(text: str) -> None:
    with pytest.raises(DimError, match="BAD_ENCODING"):
        TransportableData.parse(text)


@pytest.mark.parametrize(
    ("source", "fields", "short"),
    [
        ("https://x/y", {"URL": "https://x/y"}, "https://x/y"),
        ({"URL": "https://x/y", "filename": "y"}, None, "https://x/y"),
        ({"URL": "https://x/y", "key": AES}, None, None),
        ("data:image/png;base64,YWJj", {"data": "data:image/png;base64,YWJj"},
         "data:image/png;base64,YWJj"),
        ("data:image/png;filename=a.png;base64,YWJj",
         {"data": "data:image/png;filename=a.png;base64,YWJj", "filename": "a.png"},
         "data:image/png;filename=a.png;base64,YWJj"),
        ({"data": "data:image/png;base64,YWJj", "filename": "b.png"}, None,
         "data:image/png;filename=b.png;base64,YWJj"),
        ({"data": "data:image/png;base64,YWJj", "x": 1}, None, None),
        ("YWJjZGVm", {"data": "YWJjZGVm"}, None),
        ('{"filename": "a.png"}', {"filename": "a.png"}, None),
        ({"filename": "a.png", "URL": None}, None, None),
    ],
)  # fmt: skip
def test_content_1_files(source: Any, fields: dict[str, Any] | None, short: str | None) -> None:
    file = PortableFile.parse(source)
    assert file.to_dict() == (fields or source)
    assert file.serialize() == (short or file.to_dict())
    assert PortableFile.parse(file.serialize()).url == file.url


def test_content_1_parts_of_a_file() -> None:
    file = PortableFile.create(url="https://x/y", filename="y", key=SymmetricKey.parse(AES))
    assert (file.url, file.filename, file.data) == ("https://x/y", "y", None)
    assert file.key == SymmetricKey.parse(AES)
    assert file == PortableFile.parse({"URL": "https://x/y", "filename": "y", "key": AES})
    assert PortableFile.parse({"data": "YWJj", "password": AES}).key == file.key
    assert "https" not in repr(file)
    made = PortableFile.create(data=TransportableData(b"abc", "text/html"))
    assert made.serialize() == "data:text/html;base64,YWJj"
    card = content.NameCard.create(did=MOKI, avatar=made)
    assert card.to_dict()["avatar"] == made.serialize()
    assert card.avatar == made


@pytest.mark.parametrize("source", ["", "short", "{", "[]", {}, {"data": None}, {"key": AES}])
def test_content_1_what_is_no_file(source: Any) -> None:
    with pytest.raises(DimError, match="MALFORMED"):
        PortableFile.parse(source)
    with pytest.raises(TypeError):
        PortableFile.parse(5)  # type: ignore[arg-type]


# -- anything ----------------------------------------------------------------------------------

NAMES = sorted(
    {"x", "T", "N", "W", "G", "C", "type", "state", "envelope", "document", "profile", "signature"}
    | {
        name
        for kind in vars(content).values()
        if isinstance(kind, type) and issubclass(kind, Content)
        for field in kind._declared.values()
        for name in field.names
    }
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    | st.sampled_from([MOKI, GROUP, "YWJjZGVm", "https://x/y", "1", "data:;base64,YWJj"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
TYPES = st.sampled_from([*content._base.TYPES, *map(int, ContentType), 136, 137, 999])
COMMANDS = st.sampled_from([*content._base.COMMANDS, "search"])


@st.composite
def objects(draw: st.DrawFn) -> dict[str, Any]:
    fields = draw(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8))
    if draw(st.booleans()):
        fields |= {"type": draw(TYPES), "command": draw(COMMANDS)}
        for name in ("sn", "time", "group", "N", "W", "G"):
            fields.pop(name, None)
    return fields


def parsed(fields: dict[str, Any]) -> Content | Code:
    try:
        return Content.parse(fields)
    except DimError as error:
        return error.code


@given(objects())
def test_content_1_any_object_is_a_content_or_malformed(fields: dict[str, Any]) -> None:
    before = json.dumps(fields)
    read = parsed(fields)
    if isinstance(read, Code):
        assert read in (Code.MALFORMED, Code.BAD_ADDRESS)
        return
    assert read.to_dict() == fields
    said = values(read)
    sent = read.to_wire()
    again = Content.parse(sent)
    assert type(again) is type(read)
    assert (again.type, again.time, again.group) == (read.type, read.time, read.group)
    assert again.to_wire() == sent  # once is enough
    if not isinstance(read, content.ReceiptCommand):  # which takes over the sn of its message
        assert again.sn == read.sn
    for name in said.keys() - {"sn", "documents", "origin", "meta", "station", "provider"}:
        assert values(again)[name] == said[name], name
    assert json.dumps(fields) == before
