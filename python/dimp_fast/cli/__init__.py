"""The command line, ``dimp-fast``: one module a subcommand.

Exit codes: 0 fine, 1 something was refused, 2 usage or unreadable input, 130 interrupted.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from .. import __version__
from . import doctor, verify
from ._text import complain, printable

__all__ = ["main"]

FINE, REFUSED, UNUSABLE = 0, 1, 2


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
    except OSError as error:
        complain(f"dimp-fast: {error}")
        return UNUSABLE
    except KeyboardInterrupt:
        complain("dimp-fast: interrupted")
        return 130
    finally:
        _flush()


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
    )
    parser.add_argument("--version", action="version", version=f"dimp-fast {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    verify.add_parser(commands)
    doctor.add_parser(commands)
    return parser
