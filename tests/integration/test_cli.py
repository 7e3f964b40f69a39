"""``dimp-fast`` as a user runs it: output, exit codes, bounds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import accounts
import pytest

import dimp_fast

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MESSAGES, ACCOUNTS = EXAMPLES / "messages.jsonl", EXAMPLES / "accounts"


def run(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "dimp_fast.cli", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        check=False,
    )


def rows(done: subprocess.CompletedProcess[bytes]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    *messages, last = map(json.loads, done.stdout.splitlines())
    return messages, last["summary"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    alice = accounts.account("ECC")
    place = tmp_path / "accounts" / "public" / alice.address
    place.mkdir(parents=True)
    (place / "meta.js").write_text(json.dumps(alice.meta))
    return tmp_path / "accounts"


GOOD = accounts.frame(accounts.account("ECC").message())


def test_verify_examples_as_json() -> None:
    done = run("verify", MESSAGES, "--accounts", ACCOUNTS, "--json")
    assert done.returncode == 1, done.stderr
    messages, summary = rows(done)
    manifest = list(map(json.loads, (EXAMPLES / "manifest.jsonl").read_bytes().splitlines()))
    found = [(row["line"], row["verdict"]) for row in messages]
    assert found == [(row["line"], row["verdict"]) for row in manifest]
    assert set(messages[0]) == {"source", "line", "sender", "receiver", "verdict", "reason"}
    assert {row["source"] for row in messages} == {str(MESSAGES)}
    assert all(bool(row["reason"]) == (row["verdict"] != "OK") for row in messages)
    accepted = sum(row["verdict"] == "OK" for row in messages)
    assert (summary["total"], summary["accepted"]) == (len(messages), accepted)
    assert sum(summary["refused"].values()) == len(messages) - accepted
    assert summary["backend"] in ("rust", "cython", "python")
    assert summary["seconds"] > 0


def test_verify_against_a_manifest(tmp_path: Path) -> None:
    manifest = EXAMPLES / "manifest.jsonl"
    done = run("verify", MESSAGES, "--accounts", ACCOUNTS, "--expect", manifest, "--quiet")
    assert done.returncode == 0, done.stdout
    assert b"every verdict as expected" in done.stdout
    lines = manifest.read_bytes().splitlines(keepends=True)
    row = json.loads(lines[4])
    row["verdict"] = "EXPIRED"
    changed = tmp_path / "manifest.jsonl"
    for content in ([*lines[:4], json.dumps(row).encode() + b"\n", *lines[5:]], lines[:-1],
                    [*lines, b'{"line": 100000, "verdict": "OK"}\n']):  # fmt: skip
        changed.write_bytes(b"".join(content))
        done = run("verify", MESSAGES, "--accounts", ACCOUNTS, "--expect", changed, "--quiet")
        assert done.returncode == 1
        assert done.stderr


def test_verify_standard_input_and_blank_lines(folder: Path) -> None:
    text = b"\n" + GOOD + b"\r\n  \n" + GOOD
    for arguments in ((), ("-",)):
        done = run("verify", *arguments, "--accounts", folder, "--json", stdin=text)
        assert done.returncode == 0, done.stderr
        messages, summary = rows(done)
        assert [(row["source"], row["line"]) for row in messages] == [("-", 2), ("-", 4)]
        assert summary["accepted"] == 2


def test_verify_text_output(folder: Path) -> None:
    text = GOOD + b"\nnonsense\n"
    done = run("verify", "--accounts", folder, stdin=text)
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 1
    assert lines[0].startswith("-:1: OK ")
    assert lines[1].startswith("-:2: MALFORMED ")
    assert lines[2] == "2 messages, 1 accepted"
    refused = run("verify", "--accounts", folder, "--refused", stdin=text).stdout.decode()
    assert "-:1:" not in refused
    assert "-:2:" in refused
    quiet = run("verify", "--accounts", folder, "--quiet", stdin=text).stdout.decode()
    assert ":2:" not in quiet


def test_verify_an_empty_input_is_fine(folder: Path) -> None:
    done = run("verify", "--accounts", folder, "--json", stdin=b"")
    assert done.returncode == 0
    assert rows(done)[1]["total"] == 0


def test_verify_a_line_that_is_too_long_is_refused_alone(folder: Path) -> None:
    long = b'{"x": "' + b"y" * (17 * 1024 * 1024) + b'"}'
    done = run("verify", "--accounts", folder, "--json", stdin=GOOD + b"\n" + long + b"\n" + GOOD)
    messages, _ = rows(done)
    assert [row["verdict"] for row in messages] == ["OK", "TOO_LARGE", "OK"]


@pytest.mark.parametrize(
    "arguments",
    [(), ("verify",), ("verify", "nowhere.jsonl", "--accounts", EXAMPLES), ("nonsense",),
     ("verify", "--accounts", "nowhere"), ("verify", "--accounts", EXAMPLES, "--threads", "0"),
     ("verify", MESSAGES, "--accounts", ACCOUNTS, "--expect", "nowhere"),
     ("verify", MESSAGES, MESSAGES, "--accounts", ACCOUNTS, "--expect", "x"),
     ("verify", EXAMPLES, "--accounts", ACCOUNTS)],
)  # fmt: skip
def test_usage_and_unreadable_input_exit_with_2(arguments: tuple[object, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("command", [(), ("verify",), ("doctor",)])
def test_help_shows_an_example(command: tuple[str, ...]) -> None:
    done = run(*command, "--help")
    assert done.returncode == 0
    assert not command or b"example:" in done.stdout


def test_version() -> None:
    assert run("--version").stdout.decode().strip() == f"dimp-fast {dimp_fast.__version__}"


def test_a_reader_that_leaves_is_no_crash(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    path.write_bytes((b"{}" + b"\n") * 50_000)
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "dimp_fast.cli", "verify", path, "--accounts", folder]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert done.returncode == 2
    assert done.stderr == b""


def test_doctor() -> None:
    done = run("doctor", "--json")
    assert done.returncode == 0, done.stdout
    info = json.loads(done.stdout)
    assert info["version"] == dimp_fast.__version__
    assert all(op["selftest"] == "passed" for op in info["operations"].values())
    text = run("doctor").stdout.decode()
    for word in ("tiers:", "self-test", "build:", "cpu:", "threads:", *info["operations"]):
        assert word in text


def test_verify_uses_flat_memory(folder: Path, tmp_path: Path) -> None:
    """Six times the input may not take noticeably more memory."""
    peaks = []
    for count in (5_000, 30_000):
        path = tmp_path / f"{count}.jsonl"
        with path.open("wb") as file:
            for _ in range(count // 1000):
                file.write((GOOD + b"\n") * 1000)
        code = (
            "import resource, sys; from dimp_fast.cli import main; code = main(sys.argv[1:]);"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr);"
            "sys.exit(code)"
        )
        arguments = ["verify", str(path), "--accounts", str(folder), "--quiet"]
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stderr.split()[-1]))
    assert peaks[1] < peaks[0] * 1.25, peaks
