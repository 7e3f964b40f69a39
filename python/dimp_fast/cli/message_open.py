"""``dimp-fast message open``: verify messages, then decrypt them."""

from __future__ import annotations

import argparse
import json
from typing import Any

from .. import CipherKeys, InstantMessage, LocalUser, open_batch
from ..keyring import Keyring
from ..user_folder import load_user, load_users
from ..verdict import Code, DimError
from ._entities import identifier
from ._lines import size_of
from ._messages import envelope_facts, envelope_lines, keyring_of, read_messages
from ._options import Unusable, add_command, add_threads
from ._progress import progress_bar
from ._report import write_json, write_lines
from ._table import write_fields
from ._text import complain, printable

_EXAMPLE = """\
example:
  dimp-fast message open message.json --accounts .dim
  dimp-fast message open --accounts .dim --as bob@4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj < inbox.jsonl

A message is a line of JSON; a file whose first line is { alone is one message. The folder has
the accounts of the senders in public/ and the private keys of the receivers in private/, as
id new writes them. A key that came with one message opens the messages after it that use it
again.

exit code: 0 all were opened, 1 something was refused, 2 usage or unreadable input
"""


def add_parser(commands: Any) -> None:
    parser = add_command(
        commands,
        "open",
        run,
        purpose="verify and decrypt messages",
        description="Verify messages and decrypt them with the private keys of a folder.",
        example=_EXAMPLE,
    )
    parser.add_argument(
        "files",
        nargs="*",
        default=["-"],
        metavar="FILE",
        help="messages; - is standard input (the default)",
    )
    parser.add_argument("--accounts", required=True, metavar="DIR", help="the account folder")
    parser.add_argument(
        "--as",
        dest="users",
        action="append",
        type=identifier,
        metavar="ID",
        help="with the keys of this user, again for more (default: of all in DIR)",
    )
    add_threads(parser)


def run(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    keyring = keyring_of(options.accounts)
    users = _users(options, keyring)
    cipher_keys = CipherKeys()
    total = refused = 0
    with progress_bar("messages", size=size_of(options.files), scrolls=True) as advance:
        for batch in read_messages(options.files):
            messages, verdicts = open_batch(
                batch.items,
                users=users,
                keyring=keyring,
                cipher_keys=cipher_keys,
                threads=options.threads,
            )
            for index, (line, message) in enumerate(zip(batch.lines, messages, strict=True)):
                code = verdicts[index]
                reason = "" if code is Code.OK else verdicts.reason(index)
                row = {"source": batch.source, "line": line, "verdict": code.name, "reason": reason}
                (_write_json if options.json else _write_text)(row, message)
                refused += message is None
            total += len(batch.items)
            advance(batch.position, total)
    return 1 if refused else 0


def _users(options: argparse.Namespace, keyring: Keyring) -> list[LocalUser]:
    try:
        if options.users is not None:
            return [load_user(options.accounts, user, keyring) for user in options.users]
        users = list(load_users(options.accounts, keyring))
    except DimError as error:
        raise Unusable(str(error)) from None
    if not users:
        complain(f"dimp-fast message open: no private/<address>/secret.js in {options.accounts}")
    return users


def _write_json(row: dict[str, Any], message: InstantMessage | None) -> None:
    write_json(row | {"message": None if message is None else message.to_dict()})


def _write_text(row: dict[str, Any], message: InstantMessage | None) -> None:
    place = f"{row['source']}:{row['line']}: {row['verdict']}"
    if message is None:
        complain(f"{place} {row['reason']}")
        return
    write_lines([printable(place)])
    write_fields((f"  {k}", v) for k, v in envelope_lines(envelope_facts(message)).items())
    content = json.dumps(message.content, ensure_ascii=False, indent=2)
    write_lines([f"  {printable(line)}" for line in content.split("\n")])
