"""``dimp-fast station`` and ``dimp-fast run``: a newcomer has a station in one command, and an
operator the same station as before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from station_accounts import make_account
from station_people import People
from station_process import DROP_IN, free_port, running
from wire_client import WireClient

from dimp_fast import AccountFolder, Identifier, Keyring

COMMAND = [sys.executable, "-W", "ignore", "-m", "dimp_fast"]


def dimp_fast(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=60, **more
    )


@contextmanager
def launched(*arguments: str, home: Path) -> Iterator[dict[str, Any]]:
    """The launcher with ``--json``; gives what it says at start."""
    process = subprocess.Popen(
        [*COMMAND, "station", "--json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "XDG_DATA_HOME": str(home), "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        yield json.loads(next(line for line in lines if line.startswith("{")))
    finally:
        process.terminate()
        process.communicate(timeout=20)


def connect(address: str, **options: Any) -> WireClient:
    """A client, as soon as the station listens."""
    end = time.monotonic() + 20
    while True:
        try:
            return WireClient(int(address.rpartition(":")[2]), **options)
        except ConnectionRefusedError:
            assert time.monotonic() < end, "the station does not listen"
            time.sleep(0.05)


@pytest.mark.parametrize("compare", [False, True])
def test_a_station_in_one_command(tmp_path: Path, compare: bool) -> None:
    """Without a configuration it makes one, says what it did, and finds it the next time."""
    more = ["--compare"] if compare else []
    folder = tmp_path / "home" / "dimp-fast" / "station"
    with launched(*more, home=tmp_path / "home") as said:
        made = said["made"]
        assert made["folder"] == str(folder)
        assert said["mode"] == ("plain" if compare else "secure")
        station = Identifier.parse(made["ID"])
        keyring = Keyring(max_accounts=8, loader=AccountFolder(folder))
        assert keyring.keys_for(station)
        secret = folder / "private" / station.address / "secret.js"
        assert secret.stat().st_mode & 0o077 == 0
        alice = make_account("alice")
        with connect(made["address"], account=alice, keyring=keyring) as client:
            client.login()
    with launched(*more, home=tmp_path / "home") as said:
        assert said["made"] == {}
        assert said["config"] == str(folder / "config.ini")


def test_it_listens_on_the_loopback_only(tmp_path: Path) -> None:
    """The station says 0.0.0.0 whatever its configuration says; one that was made here does not."""
    with launched("--folder", str(tmp_path / "st"), home=tmp_path) as said:
        account = make_account("alice")
        connect(said["made"]["address"], account=account, keyring=Keyring()).close()
        port = int(said["made"]["address"].rpartition(":")[2])
        listening = Path("/proc/net/tcp").read_text().splitlines()
        places = [line.split()[1] for line in listening if line.split()[3] == "0A"]
        assert f"0100007F:{port:04X}" in places
        assert f"00000000:{port:04X}" not in places


def test_a_folder_with_something_else_in_it(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    done = dimp_fast("station", "--folder", str(tmp_path))
    assert done.returncode == 2
    assert "config.ini" in done.stderr
    assert os.listdir(tmp_path) == ["diary.txt"]


def test_no_such_configuration(tmp_path: Path) -> None:
    done = dimp_fast("station", "--config", str(tmp_path / "none.ini"))
    assert done.returncode == 2
    assert "no such file" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--vouch", "gsp.example.org"], "--vouch"),
        (["--without", "speed"], "speed"),
        (["--metrics", "70000"], "65535"),
        (["--metrics", "0"], "65535"),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = dimp_fast("station", "--folder", str(tmp_path / "st"), *arguments)
    assert done.returncode == 2
    assert said in done.stderr


def with_customization(folder: Path, text: str) -> dict[str, str]:
    """An environment in which every Python runs this first."""
    (folder / "sitecustomize.py").write_text(text)
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path}


def test_a_station_that_cannot_be_hardened_does_not_start(tmp_path: Path) -> None:
    """It would relay everything, and listen everywhere."""
    unlike = (
        "from dimples.server import ServerMessenger\n"
        "ServerMessenger._split_personal_message = lambda self, msg: []\n"
    )
    environment = with_customization(tmp_path, unlike)
    done = dimp_fast("station", "--folder", str(tmp_path / "st"), env=environment)
    assert done.returncode == 2
    assert "would not be hardened" in done.stderr
    assert "--compare" in done.stderr
    assert not done.stdout


def test_a_station_that_gives_up(tmp_path: Path) -> None:
    broken = (
        "from dimp_fast.dropin.station.loop import LoopServer\n"
        "def start(self, coroutine):\n"
        "    coroutine.close()\n"
        "    raise MemoryError('no more')\n"
        "LoopServer.start = start\n"
    )
    environment = with_customization(tmp_path, broken)
    done = dimp_fast("station", "--folder", str(tmp_path / "st"), env=environment)
    assert done.returncode == 1
    assert "no more" in done.stderr


@pytest.mark.parametrize("command", [["station"], ["run", "dims"]])
def test_without_dimples_it_says_how_to_get_it(tmp_path: Path, command: list[str]) -> None:
    blocker = tmp_path / "sitecustomize.py"
    blocker.write_text(
        "import importlib.util as u\n"
        "find = u.find_spec\n"
        "gone = ('dimples', 'dimap', 'dimplugins')\n"
        "u.find_spec = lambda name, *a: None if name in gone else find(name, *a)\n"
    )
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    done = dimp_fast(*command, env={**os.environ, "PYTHONPATH": path, "XDG_DATA_HOME": "/none"})
    assert done.returncode == 2
    assert "pip install" in done.stderr


def test_one_line_at_start_and_refusals_in_the_log(tmp_path: Path) -> None:
    with running(tmp_path / "st", DROP_IN, more=("--log-level", "info")) as station:
        people = People(station, tmp_path)
        bob, mallory = people.join("bob"), people.join("mallory")
        stranger = people.wire("stranger")
        mallory.send(stranger.sealed({"type": 1, "text": "x"}, bob.account))
        mallory.send(mallory.sealed({"type": 1, "text": "the next"}, bob.account))
        bob.text("the next")
        people.close()
        log = station.log.read_text()
        lines = [line for line in log.splitlines() if "dimp_fast:" in line]
        assert sum("in the station" in line for line in lines) == 1
        assert any(f"refused {stranger.account}: unknown_sender" in line for line in lines)


def test_counters_over_http(tmp_path: Path) -> None:
    pytest.importorskip("prometheus_client")
    import urllib.request

    port = free_port()
    with running(tmp_path / "st", DROP_IN, more=("--metrics", str(port))) as station:
        people = People(station, tmp_path)
        people.join("alice")
        people.close()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
    assert 'dimp_fast_station_passed_total{reason="verified"} 2.0' in text


def test_a_neighbour_that_vouches(tmp_path: Path) -> None:
    """Off by default; the operator names the station."""
    from station_accounts import STATION_NETWORK

    neighbour = make_account("neighbour", network=STATION_NETWORK)
    more = ("--vouch", str(neighbour))
    with running(tmp_path / "st", DROP_IN, more=more) as station:
        people = People(station, tmp_path)
        neighbour.introduce(people.keyring)
        bob, bridge = people.join("bob"), people.join(neighbour)
        roaming = people.wire("roaming")
        bridge.send(roaming.sealed({"type": 1, "text": "from afar"}, bob.account))
        assert bob.text("from afar")["from"] == roaming.account.identifier
        people.close()


@pytest.mark.parametrize(
    "switch",
    ["verify", "uvloop", "wake", "reads", "lock", "phantom", "redis", "checks", "ids", "keys"],
)
def test_each_change_can_be_switched_off(tmp_path: Path, switch: str) -> None:
    """And messages go on."""
    more = ["--without", switch]
    if switch in ("wake", "reads"):
        more += ["--without", "loop"]
    with running(tmp_path / "st", DROP_IN, more=more) as station:
        people = People(station, tmp_path)
        alice, bob = people.join("alice"), people.join("bob")
        alice.send(alice.sealed({"type": 1, "text": "Hey"}, bob.account))
        bob.text("Hey")
        people.close()


PROGRAM = """
import sys
import dimp_fast.dropin
print(sys.argv[1:], dimp_fast.dropin.status()["installed"])
from dimples.client.compat import ClientLibraryLoader
ClientLibraryLoader().run()
from dimsdk import PrivateKey
print(type(PrivateKey.generate(algorithm="RSA").public_key).__mro__[1].__module__)
sys.exit(7)
"""


def test_run_a_file(tmp_path: Path) -> None:
    """Arguments are the program's own, and its exit code is ours."""
    program = tmp_path / "bot.py"
    program.write_text(PROGRAM)
    done = dimp_fast("run", str(program), "--mode", "loud")
    assert done.returncode == 7, done.stderr
    assert done.stdout.splitlines()[0] == "['--mode', 'loud'] True"
    assert "dimp_fast" in done.stdout.splitlines()[1]


def test_an_error_of_the_program_is_told_as_such(tmp_path: Path) -> None:
    program = tmp_path / "bot.py"
    program.write_text("open('no such file')")
    done = dimp_fast("run", str(program))
    assert done.returncode == 1
    assert f'"{program}", line 1' in done.stderr
    assert "FileNotFoundError" in done.stderr


@pytest.fixture
def installed(tmp_path: Path) -> list[str]:
    """The command as pip installs it. ``python -m dimp_fast`` finds the current folder's modules,
    this does not."""
    script = tmp_path / "bin" / "dimp-fast"
    script.parent.mkdir()
    script.write_text("import sys\nfrom dimp_fast.cli import main\nsys.exit(main())\n")
    return [sys.executable, "-W", "ignore", str(script)]


def in_folder(
    folder: Path, command: list[str], **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, cwd=folder, env=environment
    )


def test_run_a_module(tmp_path: Path, installed: list[str]) -> None:
    """Of the current folder, as ``python -m`` does."""
    (tmp_path / "my_bot.py").write_text(PROGRAM)
    done = in_folder(tmp_path, [*installed, "run", "-m", "my_bot", "x"])
    assert done.returncode == 7, done.stderr
    assert done.stdout.startswith("['x'] True")


@pytest.mark.parametrize("name", ["no_such", "no.such.mod", "json.no_such", "dimples", "", "."])
def test_run_a_module_that_there_is_not(name: str) -> None:
    done = dimp_fast("run", "-m", name)
    assert done.returncode == 2
    assert done.stderr.startswith(f"dimp-fast: {name}: ")
    assert done.stderr.count("\n") == 1


def test_run_a_command_without_the_current_folder(tmp_path: Path, installed: list[str]) -> None:
    """What lies about there does not stand in for a module of the command's."""
    site = tmp_path / "site"
    (site / "peek-1.dist-info").mkdir(parents=True)
    (site / "peek-1.dist-info" / "METADATA").write_text("Name: peek\nVersion: 1\n")
    (site / "peek-1.dist-info" / "entry_points.txt").write_text("[console_scripts]\npeek=peek:main")
    (site / "peek.py").write_text("def main():\n    import lying_about\n")
    (tmp_path / "lying_about.py").touch()
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")]))
    done = in_folder(tmp_path, [*installed, "run", "peek"], PYTHONPATH=path)
    assert done.returncode == 1
    assert "No module named 'lying_about'" in done.stderr


def test_run_a_command() -> None:
    """One that a package has installed; this one shows its help."""
    done = dimp_fast("run", "dime", "--help")
    assert "DIM" in done.stdout, done.stderr


def test_run_what_there_is_not() -> None:
    done = dimp_fast("run", "no-such-program")
    assert done.returncode == 2
    assert "no-such-program" in done.stderr
