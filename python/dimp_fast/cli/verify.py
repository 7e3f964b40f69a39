"""``dimp-fast verify``: check a stream of messages against the accounts of their senders."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from .. import Keyring, verify_messages
from ..accounts import AccountFolder
from ..verdict import Code
from ._frames import Batch, read_batches
from ._progress import progress_bar
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


class Summary:
    """What a run came to."""

    def __init__(self) -> None:
        self.codes: Counter[Code] = Counter()
        self.refused_accounts: Counter[Code] = Counter()
        self.different = 0
        self.missing = 0
        self.started = time.perf_counter()

    @property
    def total(self) -> int:
        return self.codes.total()

    def refused(self) -> dict[str, int]:
        return {code.name: n for code, n in self.codes.most_common() if code is not Code.OK}

    def seconds(self) -> float:
        return time.perf_counter() - self.started


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "verify",
        help="check messages against the accounts of their senders",
        description="Check messages against the accounts of their senders.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files", nargs="*", default=["-"], metavar="FILE", help="JSON Lines; - is standard input"
    )
    parser.add_argument("--accounts", required=True, metavar="DIR", help="the account folder")
    parser.add_argument("--json", action="store_true", help="JSON Lines on standard output")
    parser.add_argument("--refused", action="store_true", help="show refused messages only")
    parser.add_argument("--quiet", action="store_true", help="show the summary only")
    parser.add_argument(
        "--expect", metavar="FILE", help='compare with JSON Lines of {"line": n, "verdict": name}'
    )
    parser.add_argument("--learn", action="store_true", help="keep attached metas and visas")
    parser.add_argument("--threads", type=_positive, metavar="N", help="at most N threads")
    parser.add_argument(
        "--max-accounts",
        type=_positive,
        default=20_000,
        metavar="N",
        help="hold at most N accounts in memory (default: %(default)s)",
    )
    parser.set_defaults(run=run)


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0  # also thousands of digits
    if number < 1:
        raise argparse.ArgumentTypeError(f"a number from 1 on is wanted, not {text[:40]!r}")
    return number


def run(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    if options.expect is not None and len(options.files) > 1:
        complain("dimp-fast verify: --expect goes with one FILE")
        return 2
    summary = Summary()

    def refused_account(address: str, code: Code, reason: str) -> None:
        summary.refused_accounts[code] += 1
        if not options.quiet:
            complain(f"account {address}: {code.name} {reason}")

    folder = AccountFolder(options.accounts)
    if next(folder.addresses(), None) is None:
        complain(f"dimp-fast verify: no public/<address>/meta.js in {options.accounts}")
    keyring = Keyring(options.max_accounts, loader=folder, on_refused=refused_account)
    expected = None if options.expect is None else _Expected(options.expect)
    write = _write_json if options.json else _write_text
    with progress_bar(options.files) as advance:
        done = 0
        for source in options.files:
            position = 0
            for batch in read_batches(source):
                for judged in _judge(batch, keyring, options):
                    summary.codes[judged.code] += 1
                    if expected is not None:
                        summary.different += expected.differs(judged)
                    if not options.quiet and not (options.refused and judged.code is Code.OK):
                        write(judged)
                position = batch.position
                advance(done + position, summary.total)
            done += position
    if expected is not None:
        summary.missing = expected.missing()
    (_summary_json if options.json else _summary_text)(summary, expected)
    if expected is not None:
        return 1 if summary.different or summary.missing else 0
    return 0 if summary.codes[Code.OK] == summary.total else 1


def _judge(batch: Batch, keyring: Keyring, options: argparse.Namespace) -> Iterator[Judged]:
    messages, verdicts = verify_messages(
        batch.frames, keyring, learn=options.learn, threads=options.threads
    )
    columns = zip(batch.lines, messages.sender, messages.receiver, verdicts, strict=True)
    for index, (line, sender, receiver, code) in enumerate(columns):
        reason = "" if code is Code.OK else verdicts.reason(index)
        yield Judged(batch.source, line, sender, receiver, code, reason)


class _Expected:
    """The verdicts that should come out, read in step with those that do."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._rows = self._read()
        self.compared = 0

    def _read(self) -> Iterator[tuple[int, str]]:
        with open(self._path, "rb") as file:
            for number, text in enumerate(file, start=1):
                if text.isspace():
                    continue
                try:
                    row = json.loads(text)
                    yield int(row["line"]), str(row["verdict"])
                except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
                    raise OSError(f"{self._path}:{number}: not a line and a verdict") from error

    def differs(self, judged: Judged) -> bool:
        line, verdict = next(self._rows, (None, "nothing"))
        self.compared += 1
        if line == judged.line and verdict == judged.code.name:
            return False
        wanted = verdict if line == judged.line else "nothing"
        complain(
            f"{judged.source}:{judged.line}: {judged.code.name} instead of {wanted}"
            f" ({judged.reason or 'accepted'})"
        )
        return True

    def missing(self) -> int:
        rest = sum(1 for _ in self._rows)
        if rest:
            complain(f"{self._path}: {rest} verdicts for messages that are not there")
        return rest


def _write_json(judged: Judged) -> None:
    record = {
        "source": judged.source,
        "line": judged.line,
        "sender": judged.sender,
        "receiver": judged.receiver,
        "verdict": judged.code.name,
        "reason": judged.reason,
    }
    sys.stdout.write(json.dumps(record) + "\n")


def _write_text(judged: Judged) -> None:
    if judged.sender is None:
        text = judged.reason
    else:
        text = f"{judged.sender} -> {judged.receiver}"
        if judged.reason:
            text += f"  ({judged.reason})"
    text = f"{judged.source}:{judged.line}: {judged.code.name:<22} {text}"
    sys.stdout.write(printable(text) + "\n")


def _summary_json(summary: Summary, expected: _Expected | None) -> None:
    facts: dict[str, Any] = {
        "total": summary.total,
        "accepted": summary.codes[Code.OK],
        "refused": summary.refused(),
        "seconds": round(summary.seconds(), 6),
        "backend": _backend(),
        "refused_accounts": {code.name: n for code, n in summary.refused_accounts.most_common()},
    }
    if expected is not None:
        facts["expected"] = {
            "compared": expected.compared,
            "different": summary.different,
            "missing": summary.missing,
        }
    sys.stdout.write(json.dumps({"summary": facts}) + "\n")


def _summary_text(summary: Summary, expected: _Expected | None) -> None:
    seconds = summary.seconds()
    rate = summary.total / seconds if seconds else 0.0
    lines = [f"{summary.total} messages, {summary.codes[Code.OK]} accepted"]
    lines += [f"  {name:<22} {n}" for name, n in summary.refused().items()]
    if summary.refused_accounts:
        refused = ", ".join(
            f"{code.name} {n}" for code, n in summary.refused_accounts.most_common()
        )
        lines.append(f"metas and documents refused: {refused}")
    lines.append(f"{seconds:.3f} s, {rate:,.0f} messages/s, {_tiers()}")
    if expected is not None:
        if summary.different or summary.missing:
            same = expected.compared - summary.different
            lines.append(
                f"as expected: {same} of {expected.compared}; "
                f"expected and not there: {summary.missing}"
            )
        else:
            lines.append(f"every verdict as expected ({expected.compared})")
    sys.stdout.write("\n".join(lines) + "\n")


def _backend() -> str:
    from .. import backend_info

    backend: str = backend_info()["backend"]
    return backend


def _tiers() -> str:
    """Which tier did it. Cython has no signatures: those are checked in Python then."""
    from .. import backend_info

    info = backend_info()
    signatures = info["operations"]["verify_batch"]["tier"]
    text = f"tier: {info['backend']}"
    return text if signatures == info["backend"] else f"{text} (signatures: {signatures})"
