"""Everything that is changed in the station goes back, and a station that is not known stays."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from station_process import free_port

SCRIPT = """
import importlib, json, sys, warnings
import dimp_fast.dropin as dropin
from dimp_fast.dropin.station.known import SEAMS

def places():
    found = {}
    for seam in SEAMS:
        module, _, path = seam.partition(":")
        thing = importlib.import_module(module)
        for name in path.split("."):
            thing = getattr(thing, name)
        found[seam] = id(getattr(thing, "__func__", thing))
    from startrek import BaseHub
    return found | {"MSS": BaseHub.MSS}

request = json.loads(sys.argv[1])
if request["unlike"]:
    from dimples.server import ServerMessenger
    ServerMessenger._split_personal_message = lambda self, msg: []
before = places()
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    status = dropin.install(harden_station=request["options"])
during = places()
kept = dropin.uninstall()
print(json.dumps({
    "changed": [seam for seam in before if before[seam] != during[seam]],
    "left": [seam for seam in before if before[seam] != places()[seam]],
    "kept": kept,
    "hardened": status["hardened"],
    "said": [str(one.message) for one in said if one.category is dropin.DropinWarning],
}))
"""


def ask(options: object, unlike: bool = False) -> dict[str, object]:
    request = json.dumps({"options": options, "unlike": unlike})
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SCRIPT, request],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


GUARD = {
    "dimples.server:ServerMessenger.process_package",
    "dimples.server:ServerMessenger.process_reliable_message",
    "dimples.server:ServerMessagePacker._is_trusted",
    "dimples.server.processor:_is_duplicated",
    "dimples.server.cpu.handshake:HandshakeCommandProcessor.process_content",
    "dimples.database:AccountDatabase.save_meta",
    "dimples.database:AccountDatabase.save_document",
}
PHANTOM = "dimples.server:ServerMessenger._split_personal_message"
LOCK = "small.lock.lock:_ThreadingLock.acquire"
SERVER = "dimples.station.start:ThreadingTCPServer.serve_forever"
CHECKS = {f"dimples.common:CommonFacebook.get_{what}" for what in ("meta", "documents")}
IDS = "dimax.ext.account:GeneralAccountHelper.parse_id"
REDIS = {
    "dimples.utils:Config.load",
    *(
        f"dimples.database.redis:MessageCache.{what}_reliable_message"
        for what in ("save", "remove")
    ),
}
LOG = "dimples.station.start:init_logger"

EVERYTHING = GUARD | REDIS | CHECKS | {PHANTOM, LOCK, SERVER, LOG, IDS}


def test_all_of_it_goes_back() -> None:
    found = ask(True)
    assert set(found["changed"]) == EVERYTHING
    assert (found["left"], found["kept"], found["hardened"]) == ([], [], True)


@pytest.mark.parametrize(
    ("switch", "places"),
    [
        ("verify", GUARD),
        ("phantom", {PHANTOM}),
        ("lock", {LOCK}),
        ("redis", REDIS),
        ("checks", CHECKS),
        ("ids", {IDS}),
    ],
)
def test_what_is_switched_off_is_not_touched(switch: str, places: set[str]) -> None:
    changed = set(ask({switch: False})["changed"])
    assert changed == EVERYTHING - places


def test_threads() -> None:
    session = "dimples.server:ServerSession"
    found = ask({"loop": False})
    assert set(found["changed"]) >= {f"{session}._idle", f"{session}._queue_append", "MSS"}
    assert found["left"] == []


def test_without_hardening_the_station_is_not_touched() -> None:
    found = ask(False)
    assert (found["changed"], found["hardened"]) == ([], False)


def test_a_station_that_is_not_known_stays_as_it_is() -> None:
    """One warning, and nothing half done; the plug-ins are served all the same."""
    found = ask(True, unlike=True)
    assert (found["changed"], found["hardened"]) == ([], False)
    [said] = found["said"]
    assert "_split_personal_message" in said
    assert "not hardened" in said


FAILING = """
import socket, sys, threading
import dimp_fast.dropin as dropin
from dimp_fast.dropin.station.guard import Guard

port = int(sys.argv[1])

def is_free():
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0

for _ in range(2):
    dropin.install(harden_station={"metrics": port})
    assert not is_free()
    dropin.uninstall()
    assert is_free()

def install(self, patches):
    raise MemoryError("no more")

Guard.install = install
try:
    dropin.install(harden_station={"metrics": port})
except MemoryError:
    assert is_free()
    assert threading.active_count() == 1
else:
    raise AssertionError("it was to fail")
"""


def test_what_runs_for_it_ends_too() -> None:
    """The port of the counters is free again, also when the installation fails."""
    pytest.importorskip("prometheus_client")
    command = [sys.executable, "-W", "ignore", "-c", FAILING, str(free_port())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
