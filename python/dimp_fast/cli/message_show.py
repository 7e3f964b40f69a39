"""``dimp-fast message show``: what is in the envelope of messages."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from .. import MessageBatch, ReliableMessage, Verdicts, decode_batch, verify_messages
from .._json import load_object
from ..document import Document
from ..identity import Identifier
from ..meta import Meta
from ..portable import TransportableData
from ..verdict import Code, DimError
from ._lines import Batch, size_of
from ._messages import envelope_facts, envelope_lines, keyring_of, read_messages, type_text
from ._options import add_command, add_threads
from ._progress import progress_bar
from ._report import write_json, write_lines
from ._table import write_fields
from ._text import printable

_EXAMPLE = """\
example:
  dimp-fast message show examples/messages.jsonl
  dimp-fast message show --accounts examples/accounts --json - < message.json

A message is a line of JSON; a file whose first line is { alone is one message. Without
--accounts only the form is checked. Nothing is decrypted: message open does that.

exit code: 0 all are messages (with --accounts: and verified), 1 something was refused,
2 usage or unreadable input
"""

_SHOWN = frozenset(
    ("sender", "receiver", "group", "time", "type", "data", "signature", "IV", "keys", "key",
     "meta", "visa", "from", "rcpt", "traces")
)  # fmt: skip
_ROUTING = ("from", "rcpt", "traces", "recipients", "neighbor")


def add_parser(commands: Any) -> None:
    parser = add_command(
        commands,
        "show",
        run,
        purpose="take messages apart",
        description="Show the envelope of messages, who can read them, and what is attached.",
        example=_EXAMPLE,
    )
    parser.add_argument(
        "files",
        nargs="*",
        default=["-"],
        metavar="FILE",
        help="messages; - is standard input (the default)",
    )
    parser.add_argument("--accounts", metavar="DIR", help="verify against this account folder")
    add_threads(parser)


def run(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    keyring = None if options.accounts is None else keyring_of(options.accounts)
    total = refused = 0
    with progress_bar("messages", size=size_of(options.files), scrolls=True) as advance:
        for batch in read_messages(options.files):
            if keyring is None:
                messages = decode_batch(batch.items, threads=options.threads)
                verdicts = messages.verdicts
            else:
                messages, verdicts = verify_messages(batch.items, keyring, threads=options.threads)
            refused += _show(batch, messages, verdicts, options)
            total += len(batch.items)
            advance(batch.position, total)
    return 1 if refused else 0


def _show(
    batch: Batch, messages: MessageBatch, verdicts: Verdicts, options: argparse.Namespace
) -> int:
    """Write a batch; returns how many were refused."""
    refused = 0
    for index, (line, message) in enumerate(zip(batch.lines, messages, strict=True)):
        code = verdicts[index]
        refused += code is not Code.OK
        verdict = {
            "source": batch.source,
            "line": line,
            "verdict": code.name,
            "reason": "" if code is Code.OK else verdicts.reason(index),
            "size": len(batch.items[index]),
        }
        facts = None if message is None else _facts(message)
        if options.json:
            write_json(verdict | (facts or {}))
        else:
            _write_text(verdict, facts, is_verified=options.accounts is not None)
    return refused


def _facts(message: ReliableMessage) -> dict[str, Any]:
    """Everything about a message that was decoded, without any of its bytes but a plain text."""
    fields = message.to_dict()
    keys = fields.get("keys") or {}
    return envelope_facts(message) | {
        "type": message.type,
        "data": len(message.data),
        "signature": len(message.signature),
        "iv": _size(fields.get("IV")),
        "keys": [
            {"name": name, "terminal": _terminal(name), "size": _size(value)}
            for name, value in keys.items()
            if name != "digest"
        ],
        "key": _size(fields.get("key")),
        "digest": keys.get("digest"),
        "meta": None if fields.get("meta") is None else _meta_facts(fields["meta"]),
        "visa": None if fields.get("visa") is None else _visa_facts(fields["visa"]),
        "routing": {name: fields[name] for name in _ROUTING if fields.get(name) is not None},
        "others": [name for name in fields if name not in _SHOWN and name not in _ROUTING],
        "content": _plain_content(message) if message.is_broadcast else None,
    }


def _size(text: Any) -> int | None:
    """Bytes of transportable data that the decoder let through."""
    return None if text is None else len(TransportableData.parse(text).data)


def _terminal(name: str) -> str | None:
    try:
        return Identifier.parse(name).terminal
    except DimError:
        return None  # names are not checked when a message is decoded


def _meta_facts(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """What a meta claims; nobody has matched it with the sender."""
    try:
        meta = Meta.parse(mapping)
        key = meta.key
    except DimError as error:
        return {"verdict": error.code.name, "reason": error.reason}
    return {"type": meta.type, "seed": meta.seed, "algorithm": key.algorithm, "bits": key.bits}


def _visa_facts(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """What a visa claims; nobody has verified it."""
    try:
        visa = Document.parse(mapping)
    except DimError as error:
        return {"verdict": error.code.name, "reason": error.reason}
    return {
        "did": str(visa.did), "type": visa.type, "terminal": visa.terminal, "time": visa.time
    }  # fmt: skip


def _plain_content(message: ReliableMessage) -> dict[str, Any] | None:
    try:
        return load_object(message.data)
    except DimError:
        return None


def _write_text(
    verdict: dict[str, Any], facts: dict[str, Any] | None, *, is_verified: bool
) -> None:
    place = f"{verdict['source']}:{verdict['line']}: {verdict['verdict']}"
    told = verdict["reason"] or ("verified" if is_verified else "not verified, the form is right")
    write_lines([printable(f"{place}  ({told}, {verdict['size']} bytes)")])
    if facts is not None:
        write_fields((f"  {name}", value) for name, value in _lines(facts).items())


def _lines(facts: dict[str, Any]) -> dict[str, str]:
    lines = envelope_lines(facts)
    if facts["type"] is not None:
        lines["type"] = type_text(facts["type"])
    kind = "plain text, for everybody" if facts["broadcast"] else "encrypted"
    lines["data"] = f"{facts['data']} bytes, {kind}"
    for name in ("signature", "iv", "key"):
        if facts[name] is not None:
            lines[name] = f"{facts[name]} bytes"
    if facts["keys"]:
        lines["keys"] = ", ".join(f"{key['name']} ({key['size']} bytes)" for key in facts["keys"])
    if facts["digest"] is not None:
        lines["digest"] = facts["digest"]
    for name in ("meta", "visa", "routing"):
        if facts[name]:
            lines[name] = ", ".join(
                f"{part} {value}" for part, value in facts[name].items() if value is not None
            )
    if facts["others"]:
        lines["others"] = ", ".join(facts["others"])
    if facts["content"] is not None:
        lines["content"] = json.dumps(facts["content"], ensure_ascii=False)
    return lines
