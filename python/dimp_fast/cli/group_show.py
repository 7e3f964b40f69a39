"""``dimp-fast group show``: what a history says, believed or not."""

from __future__ import annotations

import argparse
from typing import Any

from ..group import History
from ..verdict import DimError
from ._groups import complain_of, read_history
from ._options import add_command
from ._report import write_json
from ._table import write_fields, write_table
from .group_replay import time_text

_EXAMPLE = """\
example:
  dimp-fast group show examples/groups/chatroom.json

Only the form is checked, no signature: this is what the file claims. group verify judges it.

exit code: 0 it has the form of a history, 1 it has not, 2 usage or unreadable input
"""

_COLUMNS = ("height", "block", "on", "time", "recorder", "commands", "votes")


def add_parser(commands: Any) -> None:
    parser = add_command(
        commands,
        "show",
        run,
        purpose="show what a history claims",
        description="Show the blocks of a history as they are claimed.",
        example=_EXAMPLE,
    )
    parser.add_argument("file", metavar="FILE", help="a history; - is standard input")


def run(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    history = read_history(options.file)
    if isinstance(history, DimError):
        complain_of(options.file, history)
        return 1
    rows = _strict_rows(history) if history.version == 2 else _historic_rows(history)
    facts: dict[str, Any] = {
        "id": str(history.identifier),
        "version": history.version,
        "metas": sorted(history.metas),
        "blocks": rows,
    }
    if options.json:
        write_json(facts)
        return 0
    write_fields(
        [("ID", facts["id"]), ("version", str(facts["version"])),
         ("metas", ", ".join(history.metas) or "none")]
    )  # fmt: skip
    write_table(_COLUMNS, [_cells(row) for row in rows])
    return 0


def _strict_rows(history: History) -> list[dict[str, Any]]:
    return [
        {
            "height": block.header.height,
            "block": block.name,
            "on": block.header.previous,
            "time": block.header.time,
            "recorder": str(block.header.recorder),
            "commands": [event.operation.command for event in block.events],
            "votes": len(block.votes),
        }
        for block in history.blocks
    ]


def _historic_rows(history: History) -> list[dict[str, Any]]:
    return [
        {
            "height": height,
            "block": None,
            "on": None,
            "time": None,
            "recorder": None if record.recorder is None else str(record.recorder),
            "commands": [event.command for event in record.events],
            "votes": max((len(event.votes) for event in record.events), default=0),
        }
        for height, record in enumerate(history.records)
    ]


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        str(row["height"]),
        (row["block"] or "-")[:12],
        (row["on"] or "-")[:12],
        "-" if row["time"] is None else time_text(row["time"]),
        row["recorder"] or "-",
        ", ".join(row["commands"]) or "-",
        str(row["votes"]),
    )
