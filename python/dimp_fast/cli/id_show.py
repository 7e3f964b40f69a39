"""``dimp-fast id show``: the parts of IDs and what they mean."""

from __future__ import annotations

import argparse
from typing import Any

from ..identity import Identifier, parse_identifiers
from ..verdict import DimError
from ._entities import identifier_facts
from ._items import Items, judge
from ._options import add_command, add_threads
from ._progress import progress_bar
from ._report import write_json
from ._table import write_table
from ._text import complain

_EXAMPLE = """\
example:
  dimp-fast id show hulk@4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj/phone
  dimp-fast id show --json < ids.txt

Each argument is an ID, a file with an ID a line, or - for standard input (the default). What
parses as an ID is one, even where a file has that name: say ./NAME for the file.

exit code: 0 all are IDs, 1 something is none, 2 usage or unreadable input
"""

_COLUMNS = (
    "name", "address", "terminal", "network", "type", "kind", "number", "original", "broadcast",
)  # fmt: skip


def add_parser(commands: Any) -> None:
    parser = add_command(
        commands,
        "show",
        run,
        purpose="take IDs apart",
        description="Show the parts of IDs, their kind and their search numbers.",
        example=_EXAMPLE,
    )
    parser.add_argument(
        "inputs", nargs="*", default=["-"], metavar="ID", help="an ID, a file of IDs, or -"
    )
    add_threads(parser)


def run(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    items = Items(options.inputs, is_identifier)
    total = refused = 0
    with progress_bar("IDs", size=items.size(), scrolls=True) as advance:
        for batch in items.batches():
            rows = []
            for judged in judge(batch, lambda texts: _parse(texts, options.threads)):
                value = judged.value
                facts = None if isinstance(value, DimError) else identifier_facts(value)
                if options.json:
                    write_json(judged.row({"text": judged.text} | (facts or {})))
                elif facts is None:
                    complain(f"{judged.place}: {judged.code.name} {judged.reason}")
                else:
                    rows.append(_cells(facts))
                refused += facts is None
            if rows:
                write_table(_COLUMNS, rows, headed=total == 0)
            total += len(batch.items)
            advance(batch.position, total)
    return 1 if refused else 0


def _parse(texts: list[str], threads: int | None) -> list[Identifier | DimError]:
    """Each ID, or why it is none."""
    identifiers, verdicts = parse_identifiers(texts, threads=threads)
    return [
        DimError(verdicts[index], verdicts.reason(index)) if identifier is None else identifier
        for index, identifier in enumerate(identifiers)
    ]


def is_identifier(text: str) -> bool:
    """Whether an argument is an ID, whatever files there are."""
    return not isinstance(_parse([text], 1)[0], DimError)


def _cells(facts: dict[str, Any]) -> tuple[str, ...]:
    return (
        facts["name"] or "-",
        facts["address"],
        facts["terminal"] or "-",
        str(facts["network"]),
        str(facts["type"]),
        facts["kind"],
        facts["number_text"],
        str(facts["number_le"]),
        "yes" if facts["broadcast"] else "no",
    )
