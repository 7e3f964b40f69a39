"""``dimp-fast bench``: how fast it is on this machine, beside the libraries that one would use
instead.

The benchmarks are pytest-benchmark tests, in the source beside the package and in an installed
package inside it; the extra ``bench`` brings what runs them and the peers. Not here: what is
measured and how.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import tempfile
from pathlib import Path
from typing import Any

from ._options import Unusable, positive

_EXAMPLE = """\
example:
  dimp-fast bench
  dimp-fast bench --only "verify and ECDSA"
  dimp-fast bench --full --json results.json --html report.html

Everything that is compared takes turns in one process; the table has medians of the quiet rounds
and ratios within a round. "time / first" beside a peer says how many times as fast we are.

exit code: 0 fine, 1 somebody's answer was wrong, 2 usage, or the peers are not installed
"""

_PACKAGE = Path(__file__).parents[1]
_PLACES = (_PACKAGE / "_benches", _PACKAGE.parents[1] / "benches")
"""In an installed package, and in the source."""

_NEEDED = {
    "based58": "based58", "coincurve": "coincurve", "Crypto": "pycryptodome", "ecdsa": "ecdsa",
    "matplotlib": "matplotlib", "msgspec": "msgspec", "orjson": "orjson", "pybase64": "pybase64",
    "pytest": "pytest", "pytest_benchmark": "pytest-benchmark",
}  # fmt: skip
"""Module -> distribution."""


def add_parser(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "bench",
        help="measure dimp_fast and its peers on this machine",
        description="Measure how fast dimp_fast is on this machine, beside its peers.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument(
        "--quick", action="store_true", help="a few minutes: short rounds, no slow races (default)"
    )
    pace.add_argument("--full", action="store_true", help="everything, at full length")
    parser.add_argument("--only", metavar="WORDS", help='some of it: "verify", "ECDSA and not one"')
    parser.add_argument("--rounds", type=positive, metavar="N", help="rounds a race")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round of every race")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report with charts")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    folder = next((place for place in _PLACES if (place / "conftest.py").exists()), None)
    if folder is None:
        raise Unusable("the benchmarks are not in this installation")
    missing = [name for module, name in _NEEDED.items() if not importlib.util.find_spec(module)]
    if missing:
        raise Unusable(f"{', '.join(missing)}: not here; pip install 'dimp-fast[bench]'")
    for file in (options.json, options.html):
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        return _measure(folder, options, options.json or Path(scratch, "results.json"))


def _measure(folder: Path, options: argparse.Namespace, results: Path) -> int:
    import pytest

    arguments = [
        *("--rootdir", str(folder), "--confcutdir", str(folder), "-c", os.devnull),
        *(
            "-p",
            "no:cacheprovider",
            "-qq",
            "--no-header",
            "--no-summary",
            "--import-mode=importlib",
        ),
        *("--race-progress", "--race-fresh", "--race-results", str(results.absolute())),
    ]
    if not options.full:
        arguments.append("--race-quick")
    if options.html is not None:
        arguments += ["--race-html", str(options.html.absolute())]
    if options.only is not None:
        arguments += ["-k", options.only]
    if options.rounds is not None:
        arguments += ["--race-rounds", str(options.rounds)]
    code = pytest.main([*arguments, str(folder)])
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise Unusable(f"--only {options.only}: nothing has such a name")
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if code == pytest.ExitCode.USAGE_ERROR:
        return 2
    return int(code != pytest.ExitCode.OK)
