"""``dimp-fast dropin``: the drop-in in every program of this environment, or in none."""

from __future__ import annotations

import argparse
import os
import sysconfig
import warnings
from pathlib import Path
from typing import Any

from ._options import Unusable, add_command
from ._report import write_json, write_lines

_EXAMPLE = """\
example:
  dimp-fast dropin enable
  dimp-fast dropin status
  DIMP_FAST_DROPIN=off dims --config=station.ini
  dimp-fast dropin disable

enable writes one file into this environment, which makes each program that starts in it look for
the reference stack and serve its plug-ins; disable removes it. DIMP_FAST_DROPIN says how, in each
process: secure (also when it is not set), compat, station (secure, and the station hardened), off.

exit code: 0 fine, 2 there is no reference stack here, or the environment cannot be written
"""

NAME = "dimp_fast_dropin.pth"
LINE = (
    "import importlib.util as u;"
    ' getattr(u.find_spec("dimp_fast"), "origin", None)'
    ' and __import__("dimp_fast.dropin._autoload", fromlist=["begin"]).begin()\n'
)
"""One line, since that is what a .pth file is read by. It stays when dimp_fast is uninstalled, and
is quiet then; a folder of that name that is left of it has no origin."""


def add_parsers(commands: Any) -> None:
    for name, run, purpose in (
        ("enable", run_enable, "have each DIM program of this environment use dimp_fast"),
        ("disable", run_disable, "have none use it, but those that ask for it"),
        ("status", run_status, "show whether it is enabled, and what it fits"),
    ):
        add_command(
            commands,
            name,
            run,
            purpose=purpose,
            description=f"{purpose[0].upper()}{purpose[1:]}.",
            example=_EXAMPLE,
        )


def run_enable(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    facts = _facts()
    if facts["family"] is None:
        raise Unusable(
            "there is no reference stack in this environment: pip install 'dimp-fast[station]'"
        )
    _place().write_text(LINE, "utf-8")
    return _show(options, _facts())


def run_disable(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    _place().unlink(missing_ok=True)
    return _show(options, _facts())


def run_status(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    return _show(options, _facts())


def _place() -> Path:
    return Path(sysconfig.get_path("purelib"), NAME)


def _facts() -> dict[str, Any]:
    """What is there, as plain data; imports the reference."""
    from ..dropin import _autoload, _families

    facts: dict[str, Any] = {
        "enabled": _place().exists(),
        "file": str(_place()),
        "variable": os.environ.get(_autoload.VARIABLE),
        "family": None,
        "versions": {},
        "level": None,
        "reason": "",
    }
    try:
        facts["would_install"] = _autoload.options()
    except ValueError as error:
        raise Unusable(str(error)) from None
    try:
        family = _families.find()
    except ImportError:
        return facts
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the reference's modules
        fit = family.fit()
    return facts | {
        "family": family.name,
        "versions": family.versions(),
        "level": fit.level,
        "reason": fit.reason,
    }


def _show(options: argparse.Namespace, facts: dict[str, Any]) -> int:
    if options.json:
        write_json(facts)
        return 0
    state = "enabled" if facts["enabled"] else "not enabled"
    variable = "" if facts["variable"] is None else f", DIMP_FAST_DROPIN={facts['variable']}"
    lines = [f"{state} in this environment{variable} ({facts['file']})"]
    if facts["family"] is None:
        lines.append("there is no reference stack in this environment")
    else:
        versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
        lines.append(f"{facts['family']}: {versions}")
        lines.append(f"fits: {facts['level']}" + (f" ({facts['reason']})" * bool(facts["reason"])))
    write_lines(lines)
    return 0
