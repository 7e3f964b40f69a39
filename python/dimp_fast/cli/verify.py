"""``dimp-fast verify``: check a stream of messages against the accounts of their senders."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from .. import Keyring, verify_messages
from ..accounts import AccountFolder
from ..verdict import Code
from ._lines import Batch, read_batches, size_of
from ._options import Unusable, add_command, add_filters, add_threads, positive
from ._progress import progress_bar
from ._report import Tally, listed, refusals, tier_of, write_json, write_lines
from ._text import complain, printable

_EXAMPLE = """\
example:
  dimp-fast verify examples/messages.jsonl --accounts examples/accounts

Each line is the JSON text of one reliable message. The account folder is a station's:
public/<address>/meta.js and documents.js. Metas are checked against their IDs, documents
against the metas, messages against the keys that came through; accounts are read when
their first message comes, so there may be more of them than memory holds.

exit code: 0 all accepted (with --expect: all verdicts as expected), 1 something was refused
(with --expect: a verdict differs), 2 usage or unreadable input
"""


class Judged(NamedTuple):
    """One message and what became of it."""

    source: str
    line: int
    sender: str | None
    receiver: str | None
    code: Code
    reason: str


def add_parser(commands: Any) -> None:
    parser = add_command(
        commands,
        "verify",
        run,
        purpose="check messages against the accounts of their senders",
        description="Check messages against the accounts of their senders.",
        example=_EXAMPLE,
    )
    parser.add_argument(
        "files",
        nargs="*",
        default=["-"],
        metavar="FILE",
        help="JSON Lines; - is standard input (the default)",
    )
    parser.add_argument("--accounts", required=True, metavar="DIR", help="the account folder")
    add_filters(parser)
    parser.add_argument(
        "--expect", metavar="FILE", help='compare with JSON Lines of {"line": n, "verdict": name}'
    )
    parser.add_argument("--learn", action="store_true", help="keep attached metas and visas")
    add_threads(parser)
    parser.add_argument(
        "--max-accounts",
        type=positive,
        default=20_000,
        metavar="N",
        help="hold at most N accounts in memory (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    if options.expect is not None and len(options.files) > 1:
        raise Unusable("--expect goes with one FILE")
    tally = Tally()
    refused_accounts: Counter[Code] = Counter()

    def refused_account(address: str, code: Code, reason: str) -> None:
        refused_accounts[code] += 1
        if not options.quiet:
            complain(f"account {address}: {code.name} {reason}")

    folder = AccountFolder(options.accounts)
    if next(folder.addresses(), None) is None:
        complain(f"dimp-fast verify: no public/<address>/meta.js in {options.accounts}")
    keyring = Keyring(options.max_accounts, loader=folder, on_refused=refused_account)
    expected = None if options.expect is None else _Expected(options.expect)
    write = _write_json if options.json else _write_text
    bar = progress_bar("messages", size=size_of(options.files), scrolls=not options.quiet)
    with bar as advance:
        for batch in read_batches(options.files):
            for judged in _judge(batch, keyring, options):
                tally.codes[judged.code] += 1
                if expected is not None:
                    expected.compare(judged)
                if not options.quiet and not (options.refused and judged.code is Code.OK):
                    write(judged)
            advance(batch.position, tally.total)
    if expected is not None:
        expected.finish()
    (_summary_json if options.json else _summary_text)(tally, refused_accounts, expected)
    return 0 if (tally.all_ok if expected is None else expected.all_met) else 1


def _judge(batch: Batch, keyring: Keyring, options: argparse.Namespace) -> Iterator[Judged]:
    messages, verdicts = verify_messages(
        batch.items, keyring, learn=options.learn, threads=options.threads
    )
    columns = zip(batch.lines, messages.sender, messages.receiver, verdicts, strict=True)
    for index, (line, sender, receiver, code) in enumerate(columns):
        reason = "" if code is Code.OK else verdicts.reason(index)
        yield Judged(str(batch.source), line, sender, receiver, code, reason)


class _Expected:
    """The verdicts that should come out, read in step with those that do."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._rows = self._read()
        self.compared = self.different = self.missing = 0

    @property
    def all_met(self) -> bool:
        return not self.different and not self.missing

    def _read(self) -> Iterator[tuple[int, str]]:
        with open(self._path, "rb") as file:
            for number, text in enumerate(file, start=1):
                if text.isspace():
                    continue
                try:
                    row = json.loads(text)
                    yield int(row["line"]), str(row["verdict"])
                except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
                    raise Unusable(f"{self._path}:{number}: not a line and a verdict") from error

    def compare(self, judged: Judged) -> None:
        line, verdict = next(self._rows, (None, "nothing"))
        self.compared += 1
        if line == judged.line and verdict == judged.code.name:
            return
        self.different += 1
        wanted = verdict if line == judged.line else "nothing"
        complain(
            f"{judged.source}:{judged.line}: {judged.code.name} instead of {wanted}"
            f" ({judged.reason or 'accepted'})"
        )

    def finish(self) -> None:
        self.missing = sum(1 for _ in self._rows)
        if self.missing:
            complain(f"{self._path}: {self.missing} verdicts for messages that are not there")

    def facts(self) -> dict[str, int]:
        return {
            "compared": self.compared,
            "different": self.different,
            "missing": self.missing,
        }

    def line(self) -> str:
        if self.all_met:
            return f"every verdict as expected ({self.compared})"
        same = self.compared - self.different
        return f"as expected: {same} of {self.compared}; expected and not there: {self.missing}"


def _write_json(judged: Judged) -> None:
    write_json(
        {
            "source": judged.source,
            "line": judged.line,
            "sender": judged.sender,
            "receiver": judged.receiver,
            "verdict": judged.code.name,
            "reason": judged.reason,
        }
    )


def _write_text(judged: Judged) -> None:
    if judged.sender is None:
        text = judged.reason
    else:
        text = f"{judged.sender} -> {judged.receiver}"
        if judged.reason:
            text += f"  ({judged.reason})"
    write_lines([printable(f"{judged.source}:{judged.line}: {judged.code.name:<22} {text}")])


def _summary_json(
    tally: Tally, refused_accounts: Counter[Code], expected: _Expected | None
) -> None:
    facts = tally.facts("decode_batch") | {"refused_accounts": refusals(refused_accounts)}
    if expected is not None:
        facts["expected"] = expected.facts()
    write_json({"summary": facts})


def _summary_text(
    tally: Tally, refused_accounts: Counter[Code], expected: _Expected | None
) -> None:
    lines = tally.lines("messages")
    if refused_accounts:
        lines.append(f"metas and documents refused: {listed(refused_accounts)}")
    lines.append(f"{tally.speed('messages')}, {_tiers()}")
    if expected is not None:
        lines.append(expected.line())
    write_lines(lines)


def _tiers() -> str:
    """Which tier did it. Cython has no signatures: those are checked in Python then."""
    tier, signatures = tier_of("decode_batch"), tier_of("verify_batch")
    text = f"tier: {tier}"
    return text if signatures == tier else f"{text} (signatures: {signatures})"
