"""The command line, ``dimp-fast``: one module a subcommand.

Exit codes: 0 fine, 1 something was refused, 2 usage, unreadable input or output that cannot be
written, 130 interrupted.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from .. import __version__
from . import (
    address,
    bench,
    doctor,
    dropin,
    group_new,
    group_replay,
    group_show,
    group_verify,
    id_check,
    id_new,
    id_show,
    message_open,
    message_seal,
    message_show,
    run,
    station,
    verify,
)
from ._options import Unusable
from ._text import complain, printable

__all__ = ["main"]

UNUSABLE, INTERRUPTED = 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``dimp-fast`` with ``arguments`` (those of the process by default)."""
    if sys.stderr is None:  # closed by whoever started us
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    if sys.stdout is None:
        complain("dimp-fast: standard output is closed")
        return UNUSABLE
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # IDs go beyond many an encoding
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        return UNUSABLE  # whoever read our output has seen enough
    except (OSError, Unusable) as error:
        complain(f"dimp-fast: {_told(error)}")
        return UNUSABLE
    except KeyboardInterrupt:
        complain("dimp-fast: interrupted")
        return INTERRUPTED
    finally:
        _flush()


def _told(error: Exception) -> str:
    """An error for people: the file first, and no number."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _flush() -> None:
    """Write what is still to be written; where that fails, keep the interpreter's own flush at
    exit from failing again, with a message and an exit code of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="dimp-fast",
        description="Fast, trustworthy checks for stations of the DIM network.",
        epilog="dimp-fast COMMAND --help has examples and exit codes.",
    )
    parser.add_argument("--version", action="version", version=f"dimp-fast {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    verify.add_parser(commands)
    identities = _group(commands, "id", "make, show and check IDs", _ID_EXAMPLE)
    id_new.add_parser(identities)
    id_show.add_parser(identities)
    id_check.add_parser(identities)
    address.add_parsers(_group(commands, "address", "derive and check addresses", _ADDRESS_EXAMPLE))
    messages = _group(commands, "message", "seal, open and show messages", _MESSAGE_EXAMPLE)
    message_seal.add_parser(messages)
    message_open.add_parser(messages)
    message_show.add_parser(messages)
    dropin.add_parsers(
        _group(
            commands,
            "dropin",
            "use dimp_fast in every DIM program of this environment",
            _DROPIN_EXAMPLE,
        )
    )
    bench.add_parser(commands)
    groups = _group(commands, "group", "found groups, check and replay histories", _GROUP_EXAMPLE)
    group_new.add_parser(groups)
    group_show.add_parser(groups)
    group_verify.add_parser(groups)
    group_replay.add_parser(groups)
    station.add_parser(commands)
    run.add_parser(commands)
    doctor.add_parser(commands)
    return parser


_ID_EXAMPLE = """\
example:
  dimp-fast id new --seed alice --accounts .dim
  dimp-fast id show moky@anywhere
  dimp-fast id check --accounts .dim
"""

_MESSAGE_EXAMPLE = """\
example:
  dimp-fast message seal --accounts .dim --from alice@... --to bob@... --text Hello > message.json
  dimp-fast message show message.json
  dimp-fast message open message.json --accounts .dim
"""

_GROUP_EXAMPLE = """\
example:
  dimp-fast group new crew.json --seed crew --founder alice@... --accounts .dim
  dimp-fast group verify examples/groups/chatroom.json
  dimp-fast group replay examples/groups/chatroom.json
"""

_DROPIN_EXAMPLE = """\
example:
  dimp-fast dropin enable
  dimp-fast dropin status
  dimp-fast dropin disable
"""

_ADDRESS_EXAMPLE = """\
example:
  dimp-fast address derive --eth key.pem
  dimp-fast address check addresses.txt
"""


def _group(commands: Any, name: str, purpose: str, example: str) -> Any:
    parser = commands.add_parser(
        name,
        help=purpose,
        description=f"{purpose[0].upper()}{purpose[1:]}.",
        epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser.add_subparsers(metavar="COMMAND", required=True)
