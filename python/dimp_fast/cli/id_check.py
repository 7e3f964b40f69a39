"""``dimp-fast id check``: whether IDs belong to the keys that metas name."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .. import _dispatch
from .._json import load_object
from ..accounts import MAX_FILE_BYTES, AccountFolder, judge_accounts
from ..meta import match_metas
from ..verdict import Code, DimError
from ._items import Items, judge
from ._lines import MAX_FRAME_BYTES, open_source, read_batches, size_of
from ._options import Unusable, add_command, add_filters, add_threads
from ._progress import Advance, progress_bar
from ._report import Tally, listed, refusals, tier_of, write_json, write_lines
from ._text import printable
from .id_show import is_identifier

_EXAMPLE = """\
example:
  dimp-fast id check --meta meta.js hulk@4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj
  dimp-fast id check pairs.jsonl
  dimp-fast id check --accounts .dim

Without --meta and --accounts, each line of the files, or of standard input (the default), is a
pair: {"id": ID, "meta": {...}}. With --meta the arguments are IDs, files of IDs, or -. With
--accounts each meta is checked against the address that its folder is named by, and each document
against the meta.

exit code: 0 all belong together, 1 something was refused, 2 usage or unreadable input
"""

_META_BYTES_AT_ONCE = 64 * 1024 * 1024


class Pair(NamedTuple):
    """One ID and what its meta says of it."""

    place: str
    source: str | None
    line: int | None
    id: str | None
    code: Code
    reason: str
    documents: list[tuple[Code, str]] | None = None
    """The verdicts of the documents of an account."""


def add_parser(commands: Any) -> None:
    parser = add_command(
        commands,
        "check",
        run,
        purpose="check IDs against their metas",
        description="Check that IDs belong to the keys of their metas.",
        example=_EXAMPLE,
    )
    parser.add_argument("inputs", nargs="*", metavar="INPUT", help="files of pairs; IDs for --meta")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--meta", metavar="FILE", help="one meta, for all the IDs")
    what.add_argument("--accounts", metavar="DIR", help="check every account of a folder")
    add_filters(parser)
    add_threads(parser)


def run(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    tally = Tally()
    documents: Counter[Code] = Counter()
    write = _write_json if options.json else _write_text
    pairs, bar = _source(options)
    with bar as advance:
        for pair in pairs(advance):
            tally.codes[pair.code] += 1
            documents.update(code for code, _ in pair.documents or ())
            if not options.quiet and not (options.refused and _is_fine(pair)):
                write(pair)
    is_folder = options.accounts is not None
    (_summary_json if options.json else _summary_text)(tally, documents if is_folder else None)
    return 0 if tally.all_ok and documents[Code.OK] == documents.total() else 1


def _is_fine(pair: Pair) -> bool:
    return pair.code is Code.OK and all(code is Code.OK for code, _ in pair.documents or ())


Pairs = Callable[[Advance], Iterator[Pair]]


def _source(options: argparse.Namespace) -> tuple[Pairs, Any]:
    """What gives the pairs, and the progress bar that goes with it."""
    scrolls = not options.quiet
    if options.accounts is not None:
        if options.inputs:
            raise Unusable("--accounts goes without other inputs")
        folder = AccountFolder(options.accounts)
        names = sorted(folder.addresses())
        if not names:
            raise Unusable(f"no public/<address>/meta.js in {options.accounts}")
        return (
            lambda advance: _of_folder(folder, names, options.threads, advance),
            progress_bar("accounts", count=len(names), scrolls=scrolls),
        )
    if options.meta is not None:
        if not options.inputs:
            raise Unusable("--meta wants IDs")
        items = Items(options.inputs, is_identifier)
        return (
            lambda advance: _of_meta(items, options.meta, options.threads, advance),
            progress_bar("IDs", size=items.size(), scrolls=scrolls),
        )
    sources = options.inputs or ["-"]
    return (
        lambda advance: _of_lines(sources, options.threads, advance),
        progress_bar("pairs", size=size_of(sources), scrolls=scrolls),
    )


def _of_lines(sources: Sequence[str], threads: int | None, advance: Advance) -> Iterator[Pair]:
    total = 0
    for batch in read_batches(sources):
        read = [_read_pair(line) for line in batch.items]
        good = [pair for pair in read if not isinstance(pair, DimError)]
        verdicts = match_metas(
            [meta for _, meta in good], [identifier for identifier, _ in good], threads=threads
        )
        index = 0
        for line, pair in zip(batch.lines, read, strict=True):
            source, place = batch.source, f"{batch.source}:{line}"
            if isinstance(pair, DimError):
                yield Pair(place, source, line, None, pair.code, pair.reason)
                continue
            code = verdicts[index]
            reason = "" if code is Code.OK else verdicts.reason(index)
            yield Pair(place, source, line, pair[0], code, reason)
            index += 1
        total += len(read)
        advance(batch.position, total)


def _read_pair(line: bytes) -> tuple[str, Mapping[str, Any]] | DimError:
    if len(line) > MAX_FRAME_BYTES:
        return DimError(Code.TOO_LARGE, f"line: more than {MAX_FRAME_BYTES} bytes")
    try:
        pair = load_object(line.decode("utf-8"))
    except UnicodeDecodeError:
        return DimError(Code.MALFORMED, "line: not UTF-8")
    except DimError as error:
        return error
    identifier, meta = pair.get("id"), pair.get("meta")
    if not isinstance(identifier, str):
        return DimError(Code.MALFORMED, "id: missing, or not text")
    if not isinstance(meta, dict):
        return DimError(Code.MALFORMED, "meta: missing, or not an object")
    return identifier, meta


def _of_meta(items: Items, path: str, threads: int | None, advance: Advance) -> Iterator[Pair]:
    with open_source(path) as file:
        meta = file.read(MAX_FILE_BYTES + 1)
    if len(meta) > MAX_FILE_BYTES:
        raise Unusable(f"{path}: more than {MAX_FILE_BYTES} bytes")
    at_once = max(1, _META_BYTES_AT_ONCE // (len(meta) + 1))

    def check(texts: list[str]) -> list[str | DimError]:
        checked: list[str | DimError] = []
        for start in range(0, len(texts), at_once):
            part = texts[start : start + at_once]
            verdicts = match_metas([meta] * len(part), part, threads=threads)
            for index, (text, code) in enumerate(zip(part, verdicts, strict=True)):
                is_fine = code is Code.OK
                checked.append(text if is_fine else DimError(code, verdicts.reason(index)))
        return checked

    total = 0
    for batch in items.batches():
        for one in judge(batch, check, is_item=is_identifier):
            yield Pair(one.place, one.source, one.line, one.text, one.code, one.reason)
        total += len(batch.items)
        advance(batch.position, total)


def _of_folder(
    folder: AccountFolder, names: Sequence[str], threads: int | None, advance: Advance
) -> Iterator[Pair]:
    done = 0
    for batch in judge_accounts(folder, names, _dispatch.thread_count(threads)):
        for account in batch:
            place = folder.path(account.name, "")
            verdict = account.identifier, account.code, account.reason
            yield Pair(place, place, None, *verdict, account.documents)
        done += len(batch)
        advance(0, done)


def _write_json(pair: Pair) -> None:
    row: dict[str, Any] = {
        "source": pair.source,
        "line": pair.line,
        "id": pair.id,
        "verdict": pair.code.name,
        "reason": pair.reason,
    }
    if pair.documents is not None:
        row["documents"] = [
            {"verdict": code.name, "reason": reason} for code, reason in pair.documents
        ]
    write_json(row)


def _write_text(pair: Pair) -> None:
    text = pair.id if not pair.reason else f"{pair.id}  ({pair.reason})" if pair.id else pair.reason
    lines = [f"{pair.place}: {pair.code.name:<22} {text}"]
    for number, (code, reason) in enumerate(pair.documents or (), start=1):
        if code is not Code.OK:
            lines.append(f"{pair.place}: document {number}: {code.name} {reason}")
    write_lines([printable(line) for line in lines])


def _summary_json(tally: Tally, documents: Counter[Code] | None) -> None:
    facts = tally.facts("match_metas")
    if documents is not None:
        facts["documents"] = {
            "total": documents.total(),
            "accepted": documents[Code.OK],
            "refused": refusals(documents),
        }
    write_json({"summary": facts})


def _summary_text(tally: Tally, documents: Counter[Code] | None) -> None:
    items = "pairs" if documents is None else "accounts"
    lines = tally.lines(items)
    if documents is not None:
        lines.append(f"{documents.total()} documents, {documents[Code.OK]} accepted")
        if refused := listed(documents):
            lines.append(f"documents refused: {refused}")
    lines.append(f"{tally.speed(items)}, tier: {tier_of('match_metas')}")
    write_lines(lines)
