"""``dimp-fast group``: output, exit codes, files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from make_groups import make

from command_line import call, rows, run
from dimp_fast.group import History

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "groups"
MANIFEST = EXAMPLES / "manifest.jsonl"
EXPECTED = [json.loads(line) for line in MANIFEST.read_text("ascii").splitlines()]
FILES = sorted(EXAMPLES.glob("*.json"))


def test_verify_every_example_as_its_manifest_says() -> None:
    done = run("group", "verify", *FILES, "--expect", MANIFEST, "--json")
    assert done.returncode == 0, done.stderr
    found, summary = rows(done)
    wanted = {row["file"]: row["verdict"] for row in EXPECTED}
    assert {Path(row["source"]).name: row["verdict"] for row in found} == wanted
    assert len(found) == len(EXPECTED) > 30
    assert summary["expected"] == {"different": 0, "missing": 0}
    assert summary["accepted"] == sum(row["verdict"] == "OK" for row in EXPECTED)
    assert sum(summary["refused"].values()) == len(EXPECTED) - summary["accepted"]
    by_file = {Path(row["source"]).name: row for row in found}
    fork = by_file["fork.json"]
    assert [one["kind"] for one in fork["equivocations"]] == ["recorder", "voter"]
    assert by_file["replayed.json"]["refused"][0]["height"] == 3
    assert by_file["account-retired.json"]["retired"]
    assert all(bool(row["reason"]) == (row["verdict"] != "OK") for row in found)


def test_fresh_examples_get_the_same_verdicts(tmp_path: Path) -> None:
    make(tmp_path)
    rows_made = (tmp_path / "manifest.jsonl").read_text("ascii").splitlines()
    assert [json.loads(row) for row in rows_made] == EXPECTED
    files = sorted(tmp_path.glob("*.json"))
    manifest = tmp_path / "manifest.jsonl"
    done = call("group", "verify", *files, "--expect", manifest, "--quiet")
    assert done.returncode == 0, done.stderr


def test_verify_text_and_what_differs(tmp_path: Path) -> None:
    good, bad = EXAMPLES / "chatroom.json", EXAMPLES / "fork.json"
    done = call("group", "verify", good)
    assert done.returncode == 0
    assert b"8 of 8 blocks, 3 members" in done.stdout
    done = call("group", "verify", good, bad)
    assert done.returncode == 1
    text = done.stdout.decode()
    assert "2 histories, 1 accepted" in text
    assert "two signed statements as voter at height 2" in text
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text('{"file": "chatroom.json", "verdict": "CONFLICT"}\n')
    done = call("group", "verify", good, "--expect", manifest)
    assert done.returncode == 1
    assert b"OK instead of CONFLICT" in done.stderr
    assert b"different: 1, expected and not there: 0" in done.stdout
    done = call("group", "verify", "--expect", MANIFEST, "--quiet", good)
    assert done.returncode == 1
    assert f"expected and not there: {len(EXPECTED) - 1}".encode() in done.stdout
    manifest.write_text('{"file": "chatroom.json", "verdict": "FINE"}\n')
    done = call("group", "verify", good, "--expect", manifest)
    assert done.returncode == 2
    assert b"not a file and its verdict" in done.stderr


def test_verify_standard_input_and_unreadable_files(tmp_path: Path) -> None:
    text = (EXAMPLES / "chatroom.json").read_bytes()
    assert call("group", "verify", stdin=text).returncode == 0
    done = call("group", "verify", stdin=b"nonsense")
    assert done.returncode == 1
    assert b"-: MALFORMED" in done.stdout
    assert call("group", "verify", tmp_path / "none").returncode == 2


def test_replay_tells_block_by_block() -> None:
    done = call("group", "replay", EXAMPLES / "chatroom.json", "--json")
    assert done.returncode == 0, done.stderr
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    assert [step["height"] for step in steps] == list(range(8))
    assert [len(step["members"]) for step in steps] == [1, 4, 4, 3, 5, 5, 4, 3]
    assert [command["command"] for command in steps[2]["commands"]] == ["hire", "name"]
    assert steps[2]["votes"] == 3
    assert steps[2]["electorate"] == 4
    assert steps[-1]["owner"] != steps[0]["owner"]
    text = call("group", "replay", EXAMPLES / "chatroom.json").stdout.decode()
    assert "block 2, 2025-06-15" in text
    assert "3 of 4 votes" in text
    assert "administrators  bob@" in text


def test_replay_stops_at_what_was_refused_and_says_why() -> None:
    done = call("group", "replay", EXAMPLES / "replayed.json", "--json")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    assert b"block 3: EXPIRED event 0: the same operation as in block 1" in done.stderr
    done = call("group", "replay", EXAMPLES / "without-version.json")
    assert done.returncode == 1
    assert b"MALFORMED" in done.stderr
    done = call("group", "replay", EXAMPLES / "historic.json", "--json")
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    assert [step["time"] for step in steps] == [None] * 4
    assert [step["votes"] for step in steps] == [1, 1, 2, 3]


def test_show_believes_nothing() -> None:
    for file, version in (("fork.json", 2), ("historic.json", 1), ("forged-operation.json", 2)):
        done = call("group", "show", EXAMPLES / file, "--json")
        assert done.returncode == 0, done.stderr
        shown = json.loads(done.stdout)
        assert shown["version"] == version
        assert [row["height"] for row in shown["blocks"]] == sorted(
            row["height"] for row in shown["blocks"]
        )
        text = call("group", "show", EXAMPLES / file).stdout.decode()
        assert shown["id"] in text
        assert "found" in text
    assert call("group", "show", EXAMPLES / "wrapped-signature.json").returncode == 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    done = call("id", "new", "--seed", "alice", "--accounts", tmp_path / "dim")
    assert done.returncode == 0, done.stderr
    return tmp_path / "dim"


def made(folder: Path, *options: str) -> dict[str, Any]:
    alice = json.loads(call("id", "check", "--accounts", folder, "--json").stdout.splitlines()[0])
    file = folder.parent / "crew.json"
    done = call("group", "new", file, "--seed", "crew", "--founder", alice["id"], "--accounts",
                folder, "--json", *options)  # fmt: skip
    assert done.returncode == 0, done.stderr
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


@pytest.mark.parametrize(("options", "kind"), [((), 0x31), (("--polylogue",), 1)])
def test_new_founds_a_group(folder: Path, options: tuple[str, ...], kind: int) -> None:
    facts = made(folder, *options)
    file = Path(facts["file"])
    history = History.parse(file.read_bytes())
    assert str(history.identifier) == facts["id"]
    assert history.identifier.type == kind
    assert call("group", "verify", file).returncode == 0
    [row], _ = rows(call("group", "verify", file, "--accounts", folder, "--json"))
    assert row["verdict"] == "OK"
    assert row["members"] == [row["owner"]] == [facts["founder"]]
    # The meta of the group is in the folder now.
    bare = json.dumps({**history.to_dict(), "metas": {}}).encode()
    assert call("group", "verify", "--accounts", folder, stdin=bare).returncode == 0
    assert call("group", "verify", stdin=bare).returncode == 1


def test_new_overwrites_nothing_and_needs_a_founder(folder: Path) -> None:
    facts = made(folder)
    before = Path(facts["file"]).read_bytes()
    arguments = ("--founder", facts["founder"], "--accounts", folder)
    done = call("group", "new", facts["file"], "--seed", "other", *arguments)
    assert done.returncode == 2
    assert Path(facts["file"]).read_bytes() == before
    other = folder.parent / "other.json"
    for seed, founder in (("", facts["founder"]), ("a@b", facts["founder"]),
                          ("crew", "bob@1Dt2aGrwnyxYWm9Bc1omskpGZrUbjXrbm5"),
                          ("crew", "bob")):  # fmt: skip
        done = call("group", "new", other, "--seed", seed, "--founder", founder, "--accounts",
                    folder)  # fmt: skip
        assert done.returncode == 2, (seed, founder)
        assert done.stderr
        assert not other.exists()


@pytest.mark.parametrize("command", ["", "new", "show", "verify", "replay"])
def test_help_has_an_example(command: str) -> None:
    done = call("group", *filter(None, [command]), "--help")
    assert done.returncode == 0
    assert b"example:" in done.stdout
