"""The command line, ``dimp-fast``: one module a subcommand.

Exit codes: 0 fine, 1 something was refused, 2 usage or unreadable input.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .. import __version__
from . import doctor, verify

__all__ = ["main"]

FINE, REFUSED, UNUSABLE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``dimp-fast`` with ``arguments`` (those of the process by default)."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read our output has seen enough. Keep the interpreter's own flush quiet too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNUSABLE
    except OSError as error:
        print(f"dimp-fast: {error}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        print("dimp-fast: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dimp-fast",
        description="Fast, trustworthy checks for stations of the DIM network.",
    )
    parser.add_argument("--version", action="version", version=f"dimp-fast {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    verify.add_parser(commands)
    doctor.add_parser(commands)
    return parser
