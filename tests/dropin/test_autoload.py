"""Autoload: `dimp-fast dropin enable`, and what DIMP_FAST_DROPIN makes of it.

The environment that it is enabled in is made for the test: it sees the packages of a family and
nothing of what other tests run with.
"""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pytest
from dropin_process import ROOT, python_of

PROGRAM = """\
import sys, json, warnings
warnings.simplefilter("ignore")
try:
    from dimples.common.compat import LibraryLoader
    LibraryLoader().run()
except ImportError:
    from dimplugins.ext_loader import ExtensionLoader
    from dimplugins.plugin_loader import PluginLoader
    ExtensionLoader().load()
    PluginLoader().load()
import dimp
served = type(dimp.PublicKey.get_factory("RSA")).__module__.startswith("dimp_fast")
status = None
if served:
    from dimp_fast import dropin
    status = {name: dropin.status()[name] for name in ("mode", "hardened", "overwritten")}
print(json.dumps([served, status]))
"""


class Environment:
    """One of a family, to be thrown away."""

    def __init__(self, folder: Path, family: str) -> None:
        venv.create(folder, with_pip=False)
        self.python = folder / "bin" / "python"
        self.site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
        packages = python_of(family).parents[1] / self.site.relative_to(folder)
        # Added as a folder, not a site: its own .pth files do not count here.
        # They are read in the order of their names, and ours is to find the package.
        (self.site / "a_family.pth").write_text(f"{packages}\n{ROOT / 'python'}\n", "utf-8")

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {n: v for n, v in os.environ.items() if n != "DIMP_FAST_DROPIN"}
        return subprocess.run(
            [str(self.python), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**environment, **variables},
        )

    def dropin(self, command: str, **variables: str) -> Any:
        done = self.run("-m", "dimp_fast", "dropin", command, "--json", **variables)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def program(self, **variables: str) -> list[Any]:
        """A program of the host, which knows nothing of dimp_fast."""
        done = self.run("-c", PROGRAM, **variables)
        assert done.returncode == 0, done.stderr
        found: list[Any] = json.loads(done.stdout)
        return found


@pytest.fixture
def environment(tmp_path: Path, family: str) -> Environment:
    return Environment(tmp_path / "environment", family)


PLAIN: list[Any] = [False, None]


def served(mode: str) -> list[Any]:
    return [True, {"mode": mode, "hardened": False, "overwritten": []}]


def test_off_by_default_and_on_when_enabled(environment: Environment, family: str) -> None:
    assert environment.program() == PLAIN
    assert environment.program(DIMP_FAST_DROPIN="secure") == PLAIN, "the variable alone: nothing"
    facts = environment.dropin("enable")
    assert (facts["enabled"], facts["family"], facts["level"]) == (True, family, "whole")
    assert Path(facts["file"]).is_relative_to(environment.site)
    assert environment.program() == served("secure")
    assert environment.program(DIMP_FAST_DROPIN="compat") == served("compat")
    assert environment.program(DIMP_FAST_DROPIN="off") == PLAIN
    assert environment.dropin("status")["enabled"] is True
    assert environment.dropin("disable")["enabled"] is False
    assert environment.program() == PLAIN
    assert list(environment.site.glob("dimp_fast*")) == []


def test_a_mistake_in_the_variable_is_told_and_safe(environment: Environment) -> None:
    environment.dropin("enable")
    done = environment.run("-c", PROGRAM, DIMP_FAST_DROPIN="of")
    assert json.loads(done.stdout) == served("secure")
    assert "DIMP_FAST_DROPIN" in done.stderr
    refused = environment.run("-m", "dimp_fast", "dropin", "status", DIMP_FAST_DROPIN="of")
    assert refused.returncode == 2
    assert "secure, compat, station, off" in refused.stderr


def test_a_program_that_installs_for_itself_has_its_way(environment: Environment) -> None:
    environment.dropin("enable")
    program = "from dimp_fast import dropin\ndropin.install('compat')\n" + PROGRAM
    done = environment.run("-c", program)
    assert json.loads(done.stdout) == served("compat"), done.stderr


@pytest.mark.parametrize("is_left", [False, True], ids=["nothing", "a folder"])
def test_quiet_when_the_package_is_gone(environment: Environment, is_left: bool) -> None:
    environment.dropin("enable")
    (environment.site / "a_family.pth").unlink()
    if is_left:
        (environment.site / "dimp_fast" / "dropin").mkdir(parents=True)
    done = environment.run("-c", "print('started')", PYTHONPATH="")
    assert (done.stdout, done.stderr) == ("started\n", "")


def test_enable_needs_a_reference(tmp_path: Path) -> None:
    """The wheels of dimp_fast's own dependencies are not needed for that."""
    environment = Environment(tmp_path / "bare", "dimples")
    (environment.site / "a_family.pth").write_text(f"{ROOT / 'python'}\n", "utf-8")
    done = environment.run("-m", "dimp_fast", "dropin", "enable")
    assert done.returncode == 2
    assert "dimp-fast[station]" in done.stderr
    assert list(environment.site.glob("dimp_fast*")) == []


def test_status_for_people(environment: Environment, family: str) -> None:
    done = environment.run("-m", "dimp_fast", "dropin", "status")
    assert done.returncode == 0
    assert done.stdout.startswith("not enabled in this environment")
    assert f"{family}: " in done.stdout
    assert "fits: whole" in done.stdout


COMPARE = f"""\
import sys
from dimp_fast.cli import main, station
def serve(*_):
    exec({PROGRAM!r}, {{}})
    return 0
station._serve = serve
sys.exit(main(["station", "--compare", "--folder", sys.argv[1]]))
"""


@pytest.mark.parametrize("family", ["dimples"])
def test_the_plain_station_is_plain_there_too(environment: Environment, tmp_path: Path) -> None:
    """`dimp-fast station --compare`, up to the point where the station starts."""
    environment.dropin("enable")
    done = environment.run("-c", COMPARE, str(tmp_path / "station"))
    assert done.returncode == 0, done.stderr
    assert "the plain station, without dimp_fast" in done.stdout
    assert json.loads(done.stdout.splitlines()[-1]) == PLAIN
