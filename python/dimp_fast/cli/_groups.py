"""What the commands about groups share: histories from files, and what is told of them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from .. import Keyring
from ..group import History, HistoryVerdict, State
from ..verdict import Code, DimError
from ._lines import open_source
from ._messages import keyring_of
from ._text import complain

MAX_BYTES = 1 << 30


def add_accounts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--accounts",
        metavar="DIR",
        help="metas of this account folder; without it, and for IDs that it lacks, those that the "
        "history carries",
    )


def keyring_for(options: argparse.Namespace) -> Keyring:
    """The accounts that were named, or none."""
    return Keyring() if options.accounts is None else keyring_of(options.accounts)


def read_history(source: str) -> History | DimError:
    """A history from a file, or why it has not the form of one. Raises ``OSError``."""
    with open_source(source) as file:
        text = file.read(MAX_BYTES + 1)
    try:
        return History.parse(text)
    except DimError as error:
        return error


def judge(source: str, options: argparse.Namespace) -> tuple[History, HistoryVerdict] | DimError:
    """A history from a file and its verdict."""
    history = read_history(source)
    if isinstance(history, DimError):
        return history
    verdict = history.verify(keyring_for(options), threads=getattr(options, "threads", None))
    return history, verdict


def state_facts(state: State | None) -> dict[str, Any]:
    """Members and roles, for programs."""
    if state is None:
        return {"members": [], "owner": None, "administrators": [], "name": None, "retired": False}
    facts = state.to_dict()
    return {name: facts[name] for name in ("members", "owner", "administrators", "name", "retired")}


def state_lines(state: State | None) -> Mapping[str, str]:
    """The same for people."""
    if state is None:
        return {"members": "none"}
    lines = {"owner": str(state.owner)}
    if state.administrators:
        lines["administrators"] = ", ".join(map(str, state.administrators))
    lines["members"] = ", ".join(map(str, state.members))
    if state.name is not None:
        lines["name"] = state.name
    if state.is_retired:
        lines["retired"] = "yes"
    return lines


def complain_of(source: str, error: DimError) -> None:
    """One line about what has not the form of a history."""
    complain(f"{source}: {error.code.name} {error.reason}")


def code_of(found: tuple[History, HistoryVerdict] | DimError) -> Code:
    return found.code if isinstance(found, DimError) else found[1].code
