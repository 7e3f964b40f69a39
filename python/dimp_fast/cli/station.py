"""``dimp-fast station``: the real station, unmodified, with the drop-in; or plain, to compare."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..dropin import _autoload
from ..dropin._patches import Patches
from ..dropin.station import SWITCHES, Options, seams
from ..verdict import DimError
from ._dimples import default_home, find_home, require_dimples
from ._options import Unusable, add_command, port
from ._report import write_json, write_lines

_EXAMPLE = """\
example:
  dimp-fast station
  dimp-fast station --config /etc/dim/config.ini
  dimp-fast station --compare
  dimp-fast station --config config.ini --without loop -- --log-dir /var/log/dim

Without --config: what /etc/dim/config.ini says, as the station does; where there is none, a
station is made: an account of its own, files in a folder of yours, a port on the loopback.
What follows -- goes to the station. The guide for operators is docs/station.md.

exit code: 0 ended as it was told to, 1 the station gave up, 2 usage or a configuration that
cannot be used, or dimples is not installed, or is not one that can be hardened
"""

SYSTEM_CONFIG = Path("/etc/dim/config.ini")
"""Where the station looks when it is not told; ``dimples.station.start.DEFAULT_CONFIG``."""

LEVELS = ("debug", "info", "warning", "error")


def add_parser(commands: Any) -> None:
    parser = add_command(
        commands,
        "station",
        run,
        purpose="run the real station with the drop-in",
        description="Run the station of dimples, unmodified, with dimp_fast in it.",
        example=_EXAMPLE,
    )
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--config", metavar="FILE", type=Path, help="the station's configuration")
    place.add_argument(
        "--folder", metavar="DIR", type=Path, help=f"make the station there (default: {_home()})"
    )
    parser.add_argument("--compare", action="store_true", help="run the plain station instead")
    parser.add_argument("--mode", choices=("secure", "compat"), default="secure")
    parser.add_argument(
        "--without",
        action="append",
        choices=SWITCHES,
        default=[],
        metavar="NAME",
        help=f"switch one change off; again for more: {', '.join(SWITCHES)}",
    )
    parser.add_argument(
        "--vouch",
        action="append",
        default=[],
        metavar="ID",
        help="trust this neighbour station about senders unknown here; again for more",
    )
    parser.add_argument(
        "--metrics", type=port, metavar="PORT", help="counters for Prometheus on the loopback"
    )
    parser.add_argument("--host", metavar="ADDRESS", help="listen there (default: everywhere)")
    parser.add_argument("--log-level", choices=LEVELS, default="warning", help="(default: warning)")
    parser.add_argument("more", nargs="*", metavar="-- ARGUMENT", help="for the station itself")


def _home() -> str:
    return str(default_home()).replace("%", "%%")


def run(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    require_dimples()
    config, made, is_own = _find_config(options)
    # A station that was made here says 127.0.0.1, and is meant to be found there only.
    host = options.host or ("127.0.0.1" if is_own else None)
    told: dict[str, Any] = {"config": str(config), "made": made, "mode": "plain"}
    patches = Patches()
    if options.compare:
        _autoload.stop()  # before anything of the reference is imported
        seams.listen(patches, host)
    else:
        told["mode"] = options.mode
        told["switches"] = _install(options, host)
    try:
        _tell(told, options.json)
        return _serve(config, options.log_level, options.more)
    finally:
        patches.restore()


def _find_config(options: argparse.Namespace) -> tuple[Path, dict[str, str], bool]:
    """The configuration, what was made, and whether it is of a station made here."""
    if options.config is not None:
        if not options.config.is_file():
            raise Unusable(f"{options.config}: no such file")
        return options.config, {}, False
    if options.folder is None and SYSTEM_CONFIG.is_file():
        return SYSTEM_CONFIG, {}, False
    home = find_home(options.folder or default_home())
    return home.config, home.made, True


def _install(options: argparse.Namespace, host: str | None) -> str:
    from .. import dropin

    switches = {name: name not in options.without for name in SWITCHES}
    try:
        chosen = Options.of(
            {**switches, "vouch": options.vouch, "metrics": options.metrics, "host": host}
        )
        status = dropin.install(mode=options.mode, harden_station=vars(chosen))
    except DimError as error:
        raise Unusable(f"--vouch: {error.reason}") from None
    except ImportError as error:
        raise Unusable(f"{error.name or error} is not installed") from None
    if not status["hardened"]:
        dropin.uninstall()
        raise Unusable(
            "this station is not one that is known, and would not be hardened. "
            "--compare starts it plain, 'dimp-fast run dims' with the plug-ins alone"
        )
    return str(chosen)


def _tell(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        write_json(told)
        sys.stdout.flush()
        return
    lines = [f"made a station: {name} {value}" for name, value in told["made"].items()]
    lines.append(f"configuration: {told['config']}")
    if told["mode"] == "plain":
        lines.append("the plain station, without dimp_fast")
    else:
        lines.append(f"with dimp_fast, mode {told['mode']}; {told['switches']}")
    lines.append("Ctrl-C ends it")
    write_lines(lines)
    sys.stdout.flush()


def _serve(config: Path, level: str, more: list[str]) -> int:
    """Run the station's own starter in this process."""
    from dimples.station import start
    from dimples.utils import LogLevel

    start.LOG_LEVEL = getattr(LogLevel, level.upper())
    sys.argv = ["dims", f"--config={config}", *more]
    try:
        start.main()
    except SystemExit as end:
        return 0 if end.code is None else 1
    return 0
