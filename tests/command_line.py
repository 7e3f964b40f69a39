"""``dimp-fast`` as a user runs it, for the tests of the command line."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Collection
from typing import Any
from unittest import mock

from dimp_fast import cli

COMMAND = (sys.executable, "-m", "dimp_fast")
Done = subprocess.CompletedProcess[bytes]


def run(*arguments: object, stdin: bytes = b"", **environment: str) -> Done:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )


def call(*arguments: object, stdin: bytes = b"") -> Done:
    """The same in this process: quicker, for all that does not need one of its own."""
    streams = {
        name: io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")
        for name, content in (("stdin", stdin), ("stdout", b""), ("stderr", b""))
    }
    given = [os.fsdecode(a) if isinstance(a, bytes) else str(a) for a in arguments]
    with mock.patch.multiple(sys, **streams):
        try:
            code = cli.main(given)
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
    stdout, stderr = (_written(streams[name]) for name in ("stdout", "stderr"))
    return subprocess.CompletedProcess(given, code, stdout, stderr)


def _written(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue()


def rows(done: Done) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The JSON rows that a command wrote, and its summary."""
    *found, last = map(json.loads, done.stdout.splitlines())
    return found, last["summary"]


def at_terminal(*arguments: object, terminals: Collection[int], columns: int = 80) -> Done:
    """Run a command whose standard output (1) or standard error (2), or both, is a terminal.

    What goes to the terminal is in ``stderr`` when that is one, else in ``stdout``.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=theirs if 1 in terminals else subprocess.PIPE,
        stderr=theirs if 2 in terminals else subprocess.PIPE,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "", "PYTHONIOENCODING": "utf-8"},
    ) as process:
        os.close(theirs)
        seen: list[bytes] = []
        reader = threading.Thread(target=_read_all, args=(ours, seen))
        reader.start()
        stdout, stderr = process.communicate()
        reader.join()
    os.close(ours)
    terminal = b"".join(seen)
    if 2 in terminals:
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, terminal)
    return subprocess.CompletedProcess(process.args, process.returncode, terminal, stderr)


def _read_all(descriptor: int, seen: list[bytes]) -> None:
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # Linux says so when the other end is closed
            return
        if not chunk:
            return
        seen.append(chunk)
