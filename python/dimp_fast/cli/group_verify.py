"""``dimp-fast group verify``: the verdict on histories."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

from ..group import History, HistoryVerdict
from ..verdict import Code, DimError
from ._groups import add_accounts, code_of, judge, state_facts
from ._options import Unusable, add_command, add_threads
from ._report import Tally, write_json, write_lines
from ._text import complain, printable

_EXAMPLE = """\
example:
  dimp-fast group verify examples/groups/*.json --expect examples/groups/manifest.jsonl
  dimp-fast group verify crew.json --accounts .dim

Each file is the JSON of one history, of today's form or that of 2018. Every signature is checked
with the meta of who signed, every block against the state before it.

exit code: 0 all are OK (with --expect: all verdicts as expected), 1 something was refused
(with --expect: a verdict differs or is missing), 2 usage or unreadable input
"""

_SHOWN = 20
"""So many refusals of one history are shown to people."""


def add_parser(commands: Any) -> None:
    parser = add_command(
        commands,
        "verify",
        run,
        purpose="check histories of groups",
        description="Check histories of groups and accounts.",
        example=_EXAMPLE,
    )
    parser.add_argument(
        "files",
        nargs="*",
        default=["-"],
        metavar="FILE",
        help="a history; - is standard input (the default)",
    )
    add_accounts(parser)
    parser.add_argument("--quiet", action="store_true", help="show the summary only")
    parser.add_argument(
        "--expect", metavar="FILE", help='compare with JSON Lines of {"file": f, "verdict": name}'
    )
    add_threads(parser)


def run(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    expected = None if options.expect is None else _expectations(options.expect)
    tally = Tally()
    different = 0
    for source in options.files:
        found = judge(source, options)
        code = code_of(found)
        tally.codes[code] += 1
        if not options.quiet:
            (_write_json if options.json else _write_text)(source, found)
        if expected is not None:
            wanted = expected.pop(os.path.basename(source), None)
            if wanted != code.name:
                different += 1
                complain(f"{source}: {code.name} instead of {wanted or 'nothing'}")
    missing = len(expected or ())
    _summary(tally, options, different, missing)
    if expected is None:
        return 0 if tally.all_ok else 1
    return 1 if different or missing else 0


def _expectations(path: str) -> dict[str, str]:
    """File name to verdict."""
    expected = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                row = json.loads(line)
                expected[str(row["file"])] = Code[row["verdict"]].name
            except (ValueError, KeyError, TypeError):
                raise Unusable(f"{path}:{number}: not a file and its verdict") from None
    return expected


def _write_json(source: str, found: tuple[History, HistoryVerdict] | DimError) -> None:
    row: dict[str, Any] = {"source": source}
    if isinstance(found, DimError):
        write_json(row | {"verdict": found.code.name, "reason": found.reason})
        return
    history, verdict = found
    refused = [
        {"height": one.height, "block": one.block, "voter": one.voter, "verdict": one.code.name,
         "reason": one.reason}
        for one in verdict.refused
    ]  # fmt: skip
    row |= {
        "verdict": verdict.code.name,
        "reason": verdict.reason,
        "id": str(history.identifier),
        "version": history.version,
        "blocks": len(history),
        "accepted": verdict.accepted,
        "signatures": verdict.signatures,
    }
    row |= state_facts(verdict.state)
    row["refused"] = refused
    row["equivocations"] = [one.to_dict() for one in verdict.equivocations]
    write_json(row)


def _write_text(source: str, found: tuple[History, HistoryVerdict] | DimError) -> None:
    if isinstance(found, DimError):
        write_lines([printable(f"{source}: {found.code.name:<22} {found.reason}")])
        return
    history, verdict = found
    members = 0 if verdict.state is None else len(verdict.state.members)
    lines = [
        f"{source}: {verdict.code.name:<22} {history.identifier}: {verdict.accepted} of "
        f"{len(history)} blocks, {members} members"
    ]
    lines += [f"  {one}" for one in verdict.refused[:_SHOWN]]
    if len(verdict.refused) > _SHOWN:
        lines.append(f"  and {len(verdict.refused) - _SHOWN} more")
    if verdict.reason and not verdict.refused:
        lines.append(f"  {verdict.reason}")
    lines += [
        f"  {one.culprit}: two signed statements as {one.kind} at height {one.height}"
        for one in verdict.equivocations[:_SHOWN]
    ]
    write_lines([printable(line) for line in lines])


def _summary(tally: Tally, options: argparse.Namespace, different: int, missing: int) -> None:
    expectation = {"different": different, "missing": missing}
    if options.json:
        facts = tally.facts("verify_batch")
        write_json({"summary": facts | ({"expected": expectation} if options.expect else {})})
        return
    lines = [*tally.lines("histories"), tally.speed("histories")]
    if options.expect:
        is_met = not different and not missing
        lines.append(
            f"every verdict as expected ({tally.total})"
            if is_met
            else f"different: {different}, expected and not there: {missing}"
        )
    write_lines(lines)
