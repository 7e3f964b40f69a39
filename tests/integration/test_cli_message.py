"""``dimp-fast message``: seal, open and show, output, exit codes, and what stays secret."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import data_sets
from command_line import Done, call, run
from dimp_fast import decode

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
BROADCAST = json.dumps(VECTORS["msg.broadcast"].output).encode()
EVERY_FIELD = {
    "source", "line", "verdict", "reason", "size", "sender", "receiver", "group", "time",
    "broadcast", "type", "data", "signature", "iv", "keys", "key", "digest", "meta", "visa",
    "routing", "others", "content",
}  # fmt: skip


class World(NamedTuple):
    """An account folder that ``id new`` made."""

    folder: Path
    alice: str
    bob: str
    carol: str
    team: str
    secrets: list[bytes]
    """What must not be printed: lines from inside the private keys."""


def lines(done: Done) -> list[dict[str, Any]]:
    return list(map(json.loads, done.stdout.splitlines()))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("message") / "dim"
    found = []
    for options in (("--seed", "alice", "--name", "Alice"), ("--seed", "bob"), ("--type", "eth"),
                    ("--seed", "team", "--network", "group", "--name", "Team")):  # fmt: skip
        done = call("id", "new", *options, "--accounts", folder, "--json")
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout)["id"])
    secrets = []
    for file in (folder / "private").rglob("*.js"):
        content = json.loads(file.read_bytes())
        for key in content if isinstance(content, list) else [content]:
            inside = [line for line in key["data"].split("\n") if not line.startswith("-----")]
            secrets.append(max(inside, key=len).encode())
    assert len(secrets) == 7
    return World(folder, *found, secrets)


def checked(world: World, done: Done, code: int = 0) -> Done:
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr
    for secret in world.secrets:
        assert secret not in done.stdout + done.stderr
    return done


def sealed(world: World, *options: object) -> bytes:
    done = call(
        "message", "seal", "--accounts", world.folder, "--from", world.alice, *options
    )  # fmt: skip
    checked(world, done)
    assert done.stderr == b""
    return done.stdout


def opened(world: World, frames: bytes, *options: object, code: int = 0) -> list[dict[str, Any]]:
    done = call("message", "open", "--accounts", world.folder, "--json", *options, stdin=frames)
    return lines(checked(world, done, code))


# -- the whole way -----------------------------------------------------------------------------


def test_a_text_goes_from_one_to_another(world: World) -> None:
    frame = sealed(world, "--to", world.bob, "--text", "Hällo \u202e")
    assert "Hällo".encode() not in frame
    message = decode(frame)
    assert (message.sender, message.receiver) == (world.alice, world.bob)
    assert list(message.keys) == [world.bob]
    [row] = opened(world, frame)
    assert (row["source"], row["line"], row["verdict"], row["reason"]) == ("-", 1, "OK", "")
    content = row["message"]["content"]
    assert (content["type"], content["text"]) == (1, "Hällo \u202e")
    assert 1 <= content["sn"] < 2**31
    assert not {"data", "signature", "keys", "IV"} & row["message"].keys()
    done = checked(
        world, call("message", "open", "--accounts", world.folder, "--as", world.bob, stdin=frame)
    )
    assert f"to    {world.bob}" in done.stdout.decode()
    assert '"text": "Hällo \\u202e"' in done.stdout.decode()


@pytest.mark.parametrize("short", [False, True])
def test_a_content_is_sealed_as_it_is(world: World, tmp_path: Path, short: bool) -> None:
    content = {"type": "136", "sn": 7, "command": "login", "did": world.alice, "x": [None, 1.5]}
    file = tmp_path / "content.json"
    file.write_text(json.dumps(content, indent=1))
    options = ["--short"] if short else []
    frame = sealed(world, "--to", world.carol, "--content", file, *options)
    assert ("F" if short else "sender") in json.loads(frame)
    [row] = opened(world, frame, "--as", world.carol)
    assert row["message"]["content"] == content
    frame = sealed(world, "--to", world.carol, "--content", file, "--old-names", *options)
    [row] = opened(world, frame, "--as", world.carol)
    assert row["message"]["content"] == content | {
        "type": 136, "cmd": "login", "ID": world.alice,
    }  # fmt: skip


def test_a_group_gets_one_message(world: World) -> None:
    to = ("--to", world.alice, "--to", world.bob, "--to", world.carol, "--group", world.team)
    frame = sealed(world, *to, "--text", "Hello")
    message = decode(frame)
    assert (message.receiver, message.group) == (world.team, world.team)
    assert list(message.keys) == [world.bob, world.carol]
    for member in (world.bob, world.carol):
        [row] = opened(world, frame, "--as", member)
        assert row["message"]["content"]["group"] == world.team
    [row] = opened(world, frame, "--as", world.alice, code=1)
    assert row["verdict"] == "UNREADABLE"


def test_a_broadcast_is_plain_and_signed(world: World) -> None:
    frame = sealed(world, "--to", "anyone@anywhere", "--text", "Hi", "--attach")
    message = decode(frame)
    assert json.loads(message.data)["text"] == "Hi"
    assert message.meta is not None
    assert message.visa is not None
    [row] = opened(world, frame)
    assert row["message"]["content"]["text"] == "Hi"
    # What is attached is enough for somebody who does not know the sender.
    elsewhere = world.folder.parent / "elsewhere"
    assert call("id", "new", "--seed", "dave", "--accounts", elsewhere).returncode == 0
    done = call("message", "show", "--accounts", elsewhere, "--json", stdin=frame)
    [row] = lines(checked(world, done))
    assert (row["verdict"], row["content"]["text"]) == ("OK", "Hi")
    assert (row["meta"]["seed"], row["visa"]["did"]) == ("alice", world.alice)


def test_seal_as_json(world: World) -> None:
    [row] = lines_of(sealed(world, "--to", world.bob, "--text", "Hi", "--json"))
    assert (row["verdict"], row["reason"]) == ("OK", "")
    [back] = opened(world, json.dumps(row["message"]).encode())
    assert back["message"]["content"]["text"] == "Hi"


def lines_of(text: bytes) -> list[dict[str, Any]]:
    return list(map(json.loads, text.splitlines()))


# -- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (("--to", "hulk@4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj"), 1, "BAD_KEY"),
        (("--to", "{bob}", "--to", "{carol}"), 1, "several of them need a group"),
        (("--to", "{bob}", "--group", "{carol}"), 1, "is no group"),
        (("--to", "nobody"), 2, "BAD_ADDRESS"),
        (("--to", "{bob}", "--group", "nobody"), 2, "BAD_ADDRESS"),
        (("--to", "{bob}", "--from", "hulk@4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj"), 2, "missing"),
        (("--to", "{bob}", "--from", "other@{address}"), 2, "MISMATCH"),
        (("--to", "{bob}", "--from", "anyone@anywhere"), 2, "BAD_ADDRESS"),
    ],
)
def test_what_cannot_be_sealed(
    world: World, options: tuple[str, ...], code: int, told: str
) -> None:
    address = world.alice.partition("@")[2]
    filled = [text.format(bob=world.bob, carol=world.carol, address=address) for text in options]
    arguments = ["message", "seal", "--accounts", world.folder, "--text", "Hi"]
    if "--from" not in filled:
        arguments += ["--from", world.alice]
    done = checked(world, call(*arguments, *filled), code)
    assert told in done.stderr.decode()
    assert done.stdout == b""
    if code == 1:
        [row] = lines(checked(world, call(*arguments, *filled, "--json"), 1))
        assert row["message"] is None
        assert row["verdict"] in ("BAD_KEY", "BAD_ADDRESS")
        assert row["reason"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not JSON"), (b"[]", "not a JSON object"), (b"{}", "type: missing"),
        (b'{"type": 136}', "command: missing"), (b'{"type": 1, "group": "x"}', "group"),
        (b'{"type": 1, "x": "' + b"x" * 2**24 + b'"}', "TOO_LARGE"),
    ],
)  # fmt: skip
def test_what_is_no_content_is_not_sealed(world: World, content: bytes, told: str) -> None:
    done = call(
        "message", "seal", "--accounts", world.folder, "--from", world.alice, "--to", world.bob,
        "--content", "-", stdin=content,
    )  # fmt: skip
    assert told in checked(world, done, 2).stderr.decode()


def test_what_cannot_be_opened(world: World) -> None:
    frame = sealed(world, "--to", world.bob, "--text", "Hi").strip()
    fields = json.loads(frame)
    forged = json.dumps(fields | {"data": fields["signature"]}).encode()
    stranger = json.dumps(fields | {"sender": "hulk@4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj"}).encode()
    frames = b"\n".join((frame, forged, b"", stranger, b"{", frame))
    found = opened(world, frames, code=1)
    assert [(row["line"], row["verdict"]) for row in found] == [
        (1, "OK"), (2, "BAD_SIGNATURE"), (4, "UNKNOWN_SENDER"), (5, "MALFORMED"), (6, "OK"),
    ]  # fmt: skip
    assert [row["message"] is None for row in found] == [False, True, True, True, False]
    assert all(bool(row["reason"]) == (row["verdict"] != "OK") for row in found)
    [row] = opened(world, frame, "--as", world.carol, code=1)
    assert row["verdict"] == "UNREADABLE"
    done = call("message", "open", "--accounts", world.folder, stdin=forged)
    checked(world, done, 1)
    assert done.stdout == b""
    assert b"-:1: BAD_SIGNATURE" in done.stderr


def test_a_folder_without_private_keys_opens_broadcasts_only(world: World, tmp_path: Path) -> None:
    shutil.copytree(world.folder / "public", tmp_path / "public")
    plain = sealed(world, "--to", "anyone@anywhere", "--text", "Hi")
    secret = sealed(world, "--to", world.bob, "--text", "Hi")
    done = call("message", "open", "--accounts", tmp_path, "--json", stdin=plain + secret)
    assert [row["verdict"] for row in lines(checked(world, done, 1))] == ["OK", "UNREADABLE"]
    assert b"no private/<address>/secret.js" in done.stderr


@pytest.mark.parametrize("file", ["secret.js", "secret_keys.js"])
@pytest.mark.parametrize("change", ["cut", "other", "list"])
def test_private_keys_that_are_none_are_not_told(
    world: World, tmp_path: Path, file: str, change: str
) -> None:
    folder = tmp_path / "dim"
    shutil.copytree(world.folder, folder)
    place = folder / "private" / world.alice.partition("@")[2]
    content = (place / file).read_bytes()
    text = {
        "cut": content[:-40],
        "other": content.replace(b"A", b"B").replace(b"a", b"c"),
        "list": b"[" + content + b"]",
    }[change]
    (place / file).write_bytes(text)
    frame = sealed(world, "--to", world.bob, "--text", "Hi")
    for arguments in (
        ("seal", "--from", world.alice, "--to", world.bob, "--text", "Hi"),
        ("open", "--as", world.alice),
        ("open",),
    ):
        done = call("message", *arguments, "--accounts", folder, stdin=frame)
        checked(world, done, 2)
        assert f"{place.name}/{file}".encode() in done.stderr or b"MISMATCH" in done.stderr
        assert len(done.stderr) < 400


def test_a_private_key_of_another_is_refused(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "dim"
    shutil.copytree(world.folder, folder)
    alice, bob = (folder / "private" / who.partition("@")[2] for who in (world.alice, world.bob))
    shutil.copy(bob / "secret.js", alice / "secret.js")
    done = call(
        "message", "seal", "--accounts", folder, "--from", world.alice, "--to", world.bob,
        "--text", "Hi",
    )  # fmt: skip
    assert b"MISMATCH" in checked(world, done, 2).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "no-such-file"), ("open", "no-such-file", "--accounts", "{folder}"),
        ("open", "--accounts", "no-such-folder"), ("show", "--accounts", "no-such-folder"),
        ("open",), ("seal", "--accounts", "{folder}", "--from", "x", "--to", "y"),
        ("show", "--threads", "0"),
    ],
)  # fmt: skip
def test_what_cannot_be_used(world: World, arguments: tuple[str, ...]) -> None:
    filled = [text.format(folder=world.folder) for text in arguments]
    done = checked(world, call("message", *filled, stdin=BROADCAST), 2)
    assert done.stderr


# -- show --------------------------------------------------------------------------------------


def test_show_without_accounts_tells_the_form(world: World) -> None:
    frame = sealed(world, "--to", world.bob, "--text", "Hi", "--attach")
    fields = json.loads(frame)
    routed = fields | {
        "from": "/pc", "rcpt": f"{world.bob}/phone", "traces": [world.carol], "SDT": 1.5,
        "keys": fields["keys"] | {f"{world.bob}/phone": "AAAA", "digest": "abcdefgh"},
    }  # fmt: skip
    done = call("message", "show", "--json", stdin=json.dumps(routed).encode())
    [row] = lines(checked(world, done))
    assert row.keys() == EVERY_FIELD
    assert (row["verdict"], row["sender"], row["receiver"]) == ("OK", world.alice, world.bob)
    assert (row["type"], row["iv"], row["digest"], row["key"]) == (1, 16, "abcdefgh", None)
    assert row["keys"] == [
        {"name": world.bob, "terminal": None, "size": 256},
        {"name": f"{world.bob}/phone", "terminal": "phone", "size": 3},
    ]
    assert row["meta"] == {"type": 1, "seed": "alice", "algorithm": "ECC", "bits": 256}
    assert (row["visa"]["did"], row["visa"]["type"]) == (world.alice, "visa")
    assert row["routing"] == {
        "from": "/pc", "rcpt": f"{world.bob}/phone", "traces": [world.carol],
    }  # fmt: skip
    assert (row["others"], row["content"], row["broadcast"]) == (["SDT"], None, False)
    assert row["data"] % 16 == 0
    text = call("message", "show", stdin=json.dumps(routed).encode()).stdout.decode()
    for told in ("not verified", world.alice, "/phone (3 bytes)", "seed alice", "rcpt", "encrypted",
                 "digest", "others", "1 (text)"):  # fmt: skip
        assert told in text


def test_show_with_accounts_judges(world: World) -> None:
    frame = sealed(world, "--to", world.bob, "--text", "Hi").strip()
    forged = json.loads(frame)
    forged["data"] = forged["signature"]
    frames = frame + b"\n" + json.dumps(forged).encode() + b"\n\n{}\n"
    done = call("message", "show", "--accounts", world.folder, "--json", stdin=frames)
    found = lines(checked(world, done, 1))
    assert [(row["line"], row["verdict"]) for row in found] == [
        (1, "OK"), (2, "BAD_SIGNATURE"), (4, "MALFORMED"),
    ]  # fmt: skip
    assert found[1]["sender"] == world.alice  # what is wrong is shown too
    assert "sender" not in found[2]
    text = call("message", "show", "--accounts", world.folder, stdin=frames).stdout.decode()
    assert "-:1: OK  (verified" in text
    assert "-:2: BAD_SIGNATURE" in text


def test_show_says_what_verify_says() -> None:
    files = (EXAMPLES / "messages.jsonl", "--accounts", EXAMPLES / "accounts", "--json")
    shown, judged = call("message", "show", *files), call("verify", *files)
    assert shown.returncode == judged.returncode == 1
    assert [(row["line"], row["verdict"]) for row in lines(shown)] == [
        (row["line"], row["verdict"]) for row in lines(judged)[:-1]
    ]


def test_show_one_message_over_several_lines(tmp_path: Path) -> None:
    fields = json.loads(BROADCAST)
    file = tmp_path / "message.json"
    file.write_text(json.dumps(fields, indent=2))
    [row] = lines(call("message", "show", file, "--json"))
    assert (row["line"], row["verdict"], row["size"]) == (1, "OK", file.stat().st_size)
    assert row["broadcast"]
    assert row["content"] == json.loads(fields["data"])
    file.write_text("{\n" + " " * 2**24 + "}")
    assert [row["verdict"] for row in lines(call("message", "show", file, "--json"))] == [
        "TOO_LARGE"
    ]


@pytest.mark.parametrize("vector", ["msg.doc.dkd", "msg.doc.whitepaper"])
def test_show_messages_that_documents_print(vector: str) -> None:
    message = json.dumps(VECTORS[vector].input).encode()
    [row] = lines(call("message", "show", "--json", stdin=message))
    assert row["verdict"] == "OK"
    assert row["signature"] == 128


def test_show_what_is_hostile_does_no_harm() -> None:
    fields = json.loads(BROADCAST) | {
        "time": 1e300, "type": "\x1b[2J", "\u202efield": 1, "meta": {"type": 9}, "visa": {},
        "keys": {"\x1b": "AAAA"}, "traces": [{"did": "\x1b"}],
    }  # fmt: skip
    done = call("message", "show", stdin=json.dumps(fields).encode())
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\u202efield" in text


@pytest.mark.parametrize("command", ["seal", "open", "show"])
def test_help_shows_an_example(command: str) -> None:
    done = run("message", command, "--help")
    assert done.returncode == 0
    assert f"dimp-fast message {command}" in done.stdout.decode()
    assert "exit code" in done.stdout.decode()
