"""``dimp-fast run``: any program of the reference with the drop-in: edges, bots, clients."""

from __future__ import annotations

import argparse
import importlib.util
import os
import runpy
import sys
import traceback
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from ._options import Unusable

_EXAMPLE = """\
example:
  dimp-fast run dime --config=/etc/dim/edge.ini
  dimp-fast run bot.py --name archivist
  dimp-fast run -m my_client

PROGRAM is a command that a package has installed, a file, or after -m a module. The station has
a command of its own: dimp-fast station.

exit code: that of the program; 2 when there is no such program, or no reference
"""


def add_parser(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "run",
        help="run a DIM program (an edge, a bot, a client) with the drop-in",
        description="Run a program that is built on dimples or the SDK, with dimp_fast in it.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--mode",
        choices=("secure", "compat"),
        default="secure",
        help="compat is more lenient, see docs/dropin.md (default: secure)",
    )
    parser.add_argument("-m", dest="module", action="store_true", help="PROGRAM is a module")
    parser.add_argument("program", metavar="PROGRAM", help="what to run")
    more = parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="for the program itself"
    )
    more.required = False  # argparse would ask for it beside PROGRAM, when both are missing
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    program = _find(options.program, options.module)
    from .. import dropin

    try:
        dropin.install(mode=options.mode)
    except ImportError as error:
        raise Unusable(f"{error}; try: pip install 'dimp-fast[station]'") from None
    sys.argv = [options.program, *options.arguments]
    try:
        found = program()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except Exception:  # the program's, not one of dimp-fast: told as Python does
        traceback.print_exc()
        return 1
    return found if isinstance(found, int) else 0


def _find(name: str, is_module: bool) -> Any:
    """What runs the program. It is looked for before anything is installed, and finds its modules
    where it would without us."""
    if is_module:
        sys.path.insert(0, os.getcwd())
        if not _is_runnable(name):
            raise Unusable(f"{name}: no such module")
        return lambda: runpy.run_module(name, run_name="__main__", alter_sys=True)
    if Path(name).is_file():
        sys.path.insert(0, str(Path(name).resolve().parent))
        return lambda: runpy.run_path(name, run_name="__main__")
    commands = entry_points(group="console_scripts", name=name)
    if not commands:
        raise Unusable(f"{name}: no such file, and no command that a package has installed")
    command = next(iter(commands))
    return lambda: command.load()()


def _is_runnable(name: str) -> bool:
    """Whether there is that module, or a package with a ``__main__``."""
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
    except (ImportError, ValueError) as error:  # of a package that the name begins with; no name
        raise Unusable(f"{name}: {error}") from None
    return spec is not None
