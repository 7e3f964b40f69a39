"""``dimp-fast group new``: a group, its meta, and the first block of its history."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

from ..accounts import AccountFolder
from ..group import History
from ..identity import EntityType
from ..meta import Meta
from ..user_folder import load_user
from ..verdict import Code, DimError
from ._entities import identifier
from ._messages import keyring_of
from ._options import Unusable, add_command
from ._report import write_json
from ._table import write_fields

_EXAMPLE = """\
example:
  dimp-fast id new --seed alice --accounts .dim
  dimp-fast group new crew.json --seed crew --founder alice@... --accounts .dim

The meta of the group has the founder's key; it goes into DIR/public and into the history, with that
of the founder. Nothing is overwritten.

exit code: 0 made, 2 usage or files that cannot be written
"""

_POLYLOGUE_NETWORK, _CHATROOM_NETWORK = int(EntityType.GROUP), int(EntityType.CHATROOM)


def add_parser(commands: Any) -> None:
    parser = add_command(
        commands,
        "new",
        run,
        purpose="found a group",
        description="Make the meta of a group and begin its history.",
        example=_EXAMPLE,
    )
    parser.add_argument("file", metavar="FILE", help="where the history goes")
    parser.add_argument("--seed", required=True, metavar="NAME", help="the name of the group's ID")
    parser.add_argument(
        "--founder", required=True, type=identifier, metavar="ID", help="who founds and owns it"
    )
    parser.add_argument(
        "--accounts", required=True, metavar="DIR", help="has the founder's private key"
    )
    parser.add_argument(
        "--polylogue", action="store_true", help="a polylogue (default: a chatroom)"
    )


def run(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    keyring = keyring_of(options.accounts)
    network = _POLYLOGUE_NETWORK if options.polylogue else _CHATROOM_NETWORK
    try:
        founder = load_user(options.accounts, options.founder, keyring)
        by = founder.identifier.without_terminal()
        meta = Meta.generate(1, founder.private_key, options.seed)
        group = meta.generate_id(network)
        folder = AccountFolder(options.accounts)
        account = folder(by.address)
        if account is None:
            raise Unusable(f"--founder: no meta of {by}")
        metas = {str(group): meta, str(by): Meta.parse(account[0])}
        history = History.found(group, by, founder.private_key, metas=metas)
    except DimError as error:
        raise Unusable(str(error)) from None
    except ValueError as error:
        raise Unusable(f"--seed: {error}") from None
    verdict = history.verify(keyring)
    if verdict.code is not Code.OK:
        raise Unusable(f"--founder: {verdict.reason}")
    _write(options.file, history)
    code = folder.save_meta(group, meta)
    if code is not Code.OK:
        os.unlink(options.file)
        raise Unusable(f"the account folder refused the meta: {code.name}")
    facts = {"id": str(group), "founder": str(by), "block": history.blocks[0].name,
             "file": options.file}  # fmt: skip
    if options.json:
        write_json(facts)
    else:
        write_fields((name.replace("id", "ID"), value) for name, value in facts.items())
    return 0


def _write(path: str, history: History) -> None:
    content = json.dumps(history.to_dict(), indent=1).encode("ascii") + b"\n"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
        file.write(content)
