"""``dimp-fast group replay``: a history block by block, with the members after each."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from typing import Any

from ..group import Step, steps
from ..verdict import Code, DimError
from ._groups import add_accounts, complain_of, judge, state_facts, state_lines
from ._options import add_command, add_threads
from ._report import write_json, write_lines
from ._table import write_fields
from ._text import complain, printable

_EXAMPLE = """\
example:
  dimp-fast group replay examples/groups/chatroom.json
  dimp-fast group replay crew.json --accounts .dim --json

The whole history is verified first; only blocks of the chain are shown. Where it ends before the
last block, standard error says why.

exit code: 0 the history is OK, 1 it is not, 2 usage or unreadable input
"""


def add_parser(commands: Any) -> None:
    parser = add_command(
        commands,
        "replay",
        run,
        purpose="show a history block by block",
        description="Verify a history and show it block by block.",
        example=_EXAMPLE,
    )
    parser.add_argument("file", metavar="FILE", help="a history; - is standard input")
    add_accounts(parser)
    add_threads(parser)


def run(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    found = judge(options.file, options)
    if isinstance(found, DimError):
        complain_of(options.file, found)
        return 1
    history, verdict = found
    for step in steps(history, verdict):
        (_write_json if options.json else _write_text)(step)
    if verdict.reason:
        complain(f"{options.file}: {verdict.reason}")
    return 0 if verdict.code is Code.OK else 1


def _write_json(step: Step) -> None:
    commands = [
        {"command": command, "commander": str(commander), "about": about}
        for command, commander, about in step.commands
    ]
    row = {
        "height": step.height,
        "time": step.time,
        "recorder": str(step.recorder),
        "commands": commands,
        "votes": step.votes,
        "electorate": step.electorate,
    }
    write_json(row | state_facts(step.state))


def _write_text(step: Step) -> None:
    when = "" if step.time is None else f", {time_text(step.time)}"
    head = f"block {step.height}{when}: {step.votes} of {step.electorate} votes"
    lines = [head]
    for command, commander, about in step.commands:
        lines.append(f"  {command}{'' if about is None else f' {about}'} by {commander}")
    write_lines([printable(line) for line in lines])
    write_fields((f"    {name}", text) for name, text in state_lines(step.state).items())


def time_text(seconds: int) -> str:
    """A time for people."""
    try:
        return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return str(seconds)  # no calendar goes that far
