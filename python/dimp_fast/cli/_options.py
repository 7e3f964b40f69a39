"""What the subcommands share of their options."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any


class Unusable(Exception):
    """Options that do not go together, or input that cannot be used: exit code 2."""


def add_command(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], int],
    *,
    purpose: str,
    description: str,
    example: str,
) -> argparse.ArgumentParser:
    """A subcommand with ``--json``; ``run`` takes the options and gives the exit code."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=purpose,
        description=description,
        epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--json", action="store_true", help="JSON Lines on standard output, nothing else there"
    )
    parser.set_defaults(run=run)
    return parser


def add_threads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--threads", type=positive, metavar="N", help="at most N threads")


def add_filters(parser: argparse.ArgumentParser) -> None:
    """For commands that judge: what of the verdicts is shown."""
    parser.add_argument("--refused", action="store_true", help="show what was refused only")
    parser.add_argument("--quiet", action="store_true", help="show the summary only")


def positive(text: str) -> int:
    """A number from 1 on."""
    number = _number(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"a number from 1 on is wanted, not {text[:40]!r}")
    return number


def port(text: str) -> int:
    """A port of TCP."""
    number = _number(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"a port from 1 to 65535 is wanted, not {text[:40]!r}")
    return number


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 0  # also thousands of digits
