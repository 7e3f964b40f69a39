"""``dimp-fast`` as a user runs it: output, exit codes, bounds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import accounts
import pytest

import dimp_fast
from command_line import at_terminal, call, rows, run

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MESSAGES, ACCOUNTS = EXAMPLES / "messages.jsonl", EXAMPLES / "accounts"


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


def test_verify_counts_what_is_different_and_what_is_missing(tmp_path: Path) -> None:
    head = tmp_path / "head.jsonl"
    head.write_bytes(b"".join(MESSAGES.read_bytes().splitlines(keepends=True)[:100]))
    arguments = (head, "--accounts", ACCOUNTS, "--expect", EXAMPLES / "manifest.jsonl")
    done = run("verify", *arguments, "--quiet", "--json")
    assert done.returncode == 1
    assert rows(done)[1]["expected"] == {"compared": 100, "different": 0, "missing": 535}
    text = run("verify", *arguments, "--quiet").stdout.decode()
    assert "as expected: 100 of 100; expected and not there: 535" in text


def test_verify_says_when_the_account_folder_is_none(tmp_path: Path) -> None:
    done = run("verify", "--accounts", tmp_path, "--quiet", stdin=GOOD)
    assert done.returncode == 1
    assert b"no public/<address>/meta.js" in done.stderr


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


def test_names_of_any_alphabet_on_any_terminal(folder: Path) -> None:
    stranger = accounts.frame(accounts.account("ECC", "李明").message())
    text = f"-:1: UNKNOWN_SENDER         {accounts.account('ECC', '李明').id} -> "
    for encoding, written in (("utf-8", text), ("ascii", text.replace("李明", r"\u674e\u660e"))):
        done = run("verify", "--accounts", folder, stdin=stranger, PYTHONIOENCODING=encoding)
        assert done.returncode == 1, done.stderr
        assert done.stdout.decode(encoding).startswith(written)


def test_text_output_cannot_steer_a_terminal(folder: Path, tmp_path: Path) -> None:
    alice = accounts.account("ECC")
    evil = f"a\u202eb\u200f@{alice.address}"
    path = tmp_path / "x\x1b[31m\nfake:1: OK"
    path.write_bytes(accounts.frame(alice.message(sender=evil)) + b"\n{}")
    place = tmp_path / "expect\x1b.jsonl"
    place.write_bytes(b'{"line": 1, "verdict": "\\u001b"}\n' * 3)
    arguments = ("verify", path, "--accounts", folder)
    for more in ((), ("--expect", place)):
        done = run(*arguments, *more)
        assert done.returncode == 1
        for stream in (done.stdout, done.stderr):
            assert all(line.isprintable() for line in stream.decode().splitlines())
            assert not stream.decode().startswith("fake")
        assert rb"x\x1b[31m\nfake:1: OK:1: MISMATCH" in done.stdout
        assert rb"a\u202eb\u200f@" in done.stdout
    messages, _ = rows(run(*arguments, "--json"))
    assert (messages[0]["source"], messages[0]["sender"]) == (str(path), evil)
    for wrong in (("--\x1b[31m", "verify", "--accounts", folder), ("verify", "--accounts", "\x1b")):
        done = run(*wrong)
        assert done.returncode == 2
        assert b"\x1b" not in done.stderr
        assert rb"\x1b" in done.stderr


@pytest.mark.parametrize("descriptor", [0, 1, 2])
def test_a_closed_standard_stream_is_no_crash(folder: Path, descriptor: int) -> None:
    shell = f'exec "$0" -m dimp_fast verify --accounts "$1" {descriptor}>&-'
    done = subprocess.run(
        ["sh", "-c", shell, sys.executable, str(folder)],
        input=None if descriptor == 0 else GOOD,
        capture_output=True,
        check=False,
    )
    if descriptor == 2:
        assert done.returncode == 0
        assert done.stdout.startswith(b"-:1: OK ")
    else:
        assert done.returncode == 2
        name = "input" if descriptor == 0 else "output"
        assert done.stderr.decode() == f"dimp-fast: standard {name} is closed\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this platform")
def test_a_full_disk_is_no_crash(folder: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "dimp_fast", "verify", "--accounts", str(folder)],
            input=GOOD,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"dimp-fast: ")
    assert done.stderr.count(b"\n") == 1


def test_large_limits_mean_no_limit(folder: Path) -> None:
    many = "9" * 25
    limits = ("--threads", many, "--max-accounts", many)
    done = run("verify", "--accounts", folder, *limits, stdin=GOOD)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "row",
    [b'{"line": 1e400, "verdict": "OK"}', b"[" * 100_000, b'{"line": ' + b"[" * 100_000, b"[]",
     b'{"line": NaN, "verdict": "OK"}', b'{"line": ' + b"9" * 5000 + b"}", b"\xff", b"1", b"{}"],
)  # fmt: skip
def test_a_manifest_that_is_none_exits_with_2(folder: Path, tmp_path: Path, row: bytes) -> None:
    path = tmp_path / "manifest.jsonl"
    path.write_bytes(row + b"\n")
    done = call("verify", "--accounts", folder, "--expect", path, stdin=GOOD)
    assert done.returncode == 2
    assert b"not a line and a verdict" in done.stderr
    assert b"Traceback" not in done.stderr


def test_account_files_that_are_none_do_not_end_the_run(folder: Path) -> None:
    alice, bob = accounts.account("ECC"), accounts.account("ECC", "bob", number=1)
    (folder / "public" / bob.address / "meta.js").mkdir(parents=True)
    (folder / "public" / alice.address / "documents.js").write_bytes(b" " * (4 * 1024 * 1024 + 1))
    text = accounts.frame(bob.message()) + b"\n" + GOOD
    done = run("verify", "--accounts", folder, "--json", stdin=text)
    messages, summary = rows(done)
    assert [row["verdict"] for row in messages] == ["UNKNOWN_SENDER", "OK"]
    assert summary["refused_accounts"] == {"MALFORMED": 2}
    assert f"account {bob.address}: MALFORMED meta.js" in done.stderr.decode()


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
     ("verify", EXAMPLES, "--accounts", ACCOUNTS),
     ("verify", "--accounts", EXAMPLES, "--threads", "9" * 5000),
     ("verify", "--accounts", EXAMPLES, "--max-accounts", "-" + "9" * 30)],
)  # fmt: skip
def test_usage_and_unreadable_input_exit_with_2(arguments: tuple[object, ...]) -> None:
    done = call(*arguments)
    assert done.returncode == 2
    assert done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("message", "seal", "--accounts", ".", "--from", "a", "--to", "b", "--text", "x"),
         "argument --from: BAD_ADDRESS: ID: not an ID: 'a'"),
        (("message", "seal", "--accounts", ".", "--from", "moky@anywhere", "--to", "b"),
         "argument --to: BAD_ADDRESS: ID: not an ID: 'b'"),
        (("message", "open", "--accounts", ".", "--as", "b"), "argument --as: BAD_ADDRESS"),
        (("group", "new", "x.json", "--founder", "b"), "argument --founder: BAD_ADDRESS"),
        (("group", "show", "no such file"), "dimp-fast: no such file: No such file or directory"),
        (("run",), "the following arguments are required: PROGRAM\n"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(arguments: tuple[str, ...], said: str) -> None:
    done = call(*arguments)
    assert done.returncode == 2
    assert said in done.stderr.decode()


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
    command = [sys.executable, "-m", "dimp_fast", "verify", path, "--accounts", folder]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert done.returncode == 2
    assert done.stderr == b""


def test_rows_go_to_standard_output_while_a_bar_is_shown(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    path.write_bytes((GOOD + b"\n") * 3)
    done = at_terminal("verify", path, "--accounts", folder, "--json", terminals=(2,))
    messages, summary = rows(done)
    assert [row["verdict"] for row in messages] == ["OK"] * 3
    assert summary["accepted"] == 3
    assert b"3 messages" in done.stderr
    assert b'"verdict"' not in done.stderr


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
