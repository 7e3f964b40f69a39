"""Installing, undoing, and what happens in between."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
from dropin_process import run_in

HERE = Path(__file__).parent

PRELUDE = f"""\
import json, sys, warnings
sys.path.insert(0, {str(HERE)!r})
warnings.simplefilter("ignore")
import dropin_cases as cases, dropin_state as state
from dimp_fast import dropin
from dimp_fast.dropin import _families
caught = []
def answer(**facts):
    print("answer:" + json.dumps(facts))
def forged():
    return cases.d1_rsa_signatures()[1]
"""


def tell(family: str, program: str, *options: str) -> dict[str, Any]:
    """What a program says by ``answer(...)``, in a process of the family."""
    done = run_in(family, *options, "-c", PRELUDE + textwrap.dedent(program))
    assert done.returncode == 0, done.stderr[-2000:]
    [line] = [line for line in done.stdout.splitlines() if line.startswith("answer:")]
    facts: dict[str, Any] = json.loads(line[len("answer:") :])
    return facts


def test_uninstall_leaves_the_reference_as_it_was(family: str) -> None:
    found = tell(
        family,
        """
        cases.load()
        state.import_all()
        before = state.snapshot()
        dropin.install()
        during = state.changes(before, state.snapshot())
        left = dropin.uninstall()
        after = state.changes(before, state.snapshot())
        answer(during=during, left=left, after=after, status=dropin.status(), forged=forged())
        """,
    )
    assert len(found["during"]) > 30
    assert found["after"] == []
    assert found["left"] == []
    assert found["status"] == {"installed": False}
    assert found["forged"] is True, "plain again"


def test_early_and_late_install_the_same(family: str) -> None:
    program = """
        {}
        names = dropin.status()["replaced"]
        answer(names=sorted(names), forged=forged(), overwritten=dropin.status()["overwritten"])
        """
    late = tell(family, program.format("cases.load(); dropin.install()"))
    early = tell(family, program.format("dropin.install(); cases.load()"))
    assert early == late
    assert early["forged"] is False
    assert early["overwritten"] == []


def test_again_and_again_changes_nothing(family: str) -> None:
    found = tell(
        family,
        """
        cases.load()
        first = dropin.install()
        before = state.snapshot()
        second = dropin.install()
        answer(same=first == second, changes=state.changes(before, state.snapshot()))
        """,
    )
    assert found == {"same": True, "changes": []}


def test_the_host_registers_its_plugins_again(family: str) -> None:
    """It is noticed, ours go back in, and what comes back in the end are the host's latest."""
    found = tell(
        family,
        """
        import dimp
        cases.load()
        dropin.install()
        cases.load()
        status = dropin.status()
        served = forged()
        dropin.uninstall()
        cases_after = forged()
        kind = type(dimp.PublicKey.get_factory("RSA")).__module__
        answer(loads=status["loads"], overwritten=status["overwritten"], served=served,
               after=cases_after, kind=kind)
        """,
    )
    assert found["loads"] == (1 if family == "dimples" else 2)
    assert found["overwritten"] == []
    assert (found["served"], found["after"]) == (False, True)
    assert not found["kind"].startswith("dimp_fast")


def test_what_somebody_else_put_in_place_is_reported_and_stays(family: str) -> None:
    found = tell(
        family,
        """
        import dimp
        cases.load()
        dropin.install()
        mine = object()
        dimp.Base64.coder = mine
        told = dropin.status()["overwritten"]
        left = dropin.uninstall()
        answer(told=told, left=left, stays=dimp.Base64.coder is mine)
        """,
    )
    assert found["told"] == found["left"]
    assert len(found["told"]) == 1
    assert found["told"][0].endswith("Base64.coder")
    assert found["stays"] is True


def test_a_plugin_of_the_hosts_own_stays(family: str) -> None:
    found = tell(
        family,
        """
        import dimp
        cases.load()
        class Coder(type(dimp.Base64.coder)): pass
        dimp.Base64.coder = mine = Coder()
        dropin.install()
        answer(stays=dimp.Base64.coder is mine)
        """,
    )
    assert found == {"stays": True}


def test_modes(family: str) -> None:
    found = tell(
        family,
        """
        cases.load()
        found = []
        for arguments in ({"mode": "wild"}, {"mode": "secure"}, {"mode": "compat"}):
            try:
                found.append(dropin.install(**arguments)["mode"])
            except ValueError as error:
                found.append(str(error))
        answer(found=found)
        """,
    )
    wild, secure, compat = found["found"]
    assert "'secure' or 'compat'" in wild
    assert secure == "secure"
    assert "uninstall it first" in compat


UNKNOWN = {
    "a newer version": (
        """
        import importlib.metadata as metadata
        version = metadata.version
        newer = ("dimples", "dimplugins")
        metadata.version = lambda name: "9.9" if name in newer else version(name)
        """,
        "keys",
        "9.9 is not known",
    ),
    "a seam beside the keys": (
        """
        kind = _families.find().get("BaseAddressFactory")
        kind.parse_address = lambda self, text: None
        """,
        "keys",
        "BaseAddressFactory.parse_address",
    ),
    "a seam of the keys": (
        """
        kind = _families.find().get("RSAPublicKey")
        kind.verify = lambda self, message, signature: True
        """,
        "nothing",
        "RSAPublicKey.verify",
    ),
    "a class that is gone": (
        """
        import importlib
        family = _families.find()
        del family.module("BTCMeta").BTCMeta
        """,
        "keys",
        "BTCMeta",
    ),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_an_unknown_reference_gets_what_is_safe_and_one_warning(family: str, what: str) -> None:
    change, level, reason = UNKNOWN[what]
    found = tell(
        family,
        "cases.load()\n"
        + textwrap.dedent(change)
        + textwrap.dedent("""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            status = dropin.install(harden_station=True)
        told = [str(each.message) for each in caught if each.category is dropin.DropinWarning]
        import dimp
        answer(level=status["level"], hardened=status["hardened"], told=told,
               replaced=len(status["replaced"]),
               json=type(dimp.JSON.coder).__module__, keys=type(dimp.PublicKey.get_factory("RSA"))
               .__module__)
        """),
    )
    assert (found["level"], found["hardened"]) == (level, False)
    assert len(found["told"]) == 1
    assert reason in found["told"][0]
    assert "the station is not hardened" in found["told"][0]
    assert not found["json"].startswith("dimp_fast")
    assert found["keys"].startswith("dimp_fast") == (level == "keys")
    assert (found["replaced"] == 0) == (level == "nothing")


def test_without_a_station_there_is_nothing_to_harden() -> None:
    found = tell(
        "dimplugins",
        """
        cases.load()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            status = dropin.install(harden_station=True)
        told = [str(each.message) for each in caught if each.category is dropin.DropinWarning]
        answer(level=status["level"], hardened=status["hardened"], told=told)
        """,
    )
    assert (found["level"], found["hardened"]) == ("whole", False)
    assert found["told"] == ["dimp_fast: the station is not hardened: there is none here"]


def test_a_failure_leaves_nothing_behind(family: str) -> None:
    found = tell(
        family,
        """
        cases.load()
        state.import_all()
        from dimp_fast.dropin._plugins import metas
        before = state.snapshot()
        def broken(*arguments): raise RuntimeError("broken")
        metas.install = broken
        try:
            dropin.install()
            raised = False
        except RuntimeError:
            raised = True
        answer(raised=raised, changes=state.changes(before, state.snapshot()),
               status=dropin.status())
        """,
    )
    assert found == {"raised": True, "changes": [], "status": {"installed": False}}


def test_without_a_reference() -> None:
    found = run_in(
        "dimples",
        "-c",
        "import importlib.util as util; find = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name.startswith('dim') else find(name)\n"
        "from dimp_fast import dropin\n"
        "try: dropin.install()\n"
        "except ImportError as error: print(error)\n",
        DIMP_FAST_REQUIRE="",  # the tiers are hidden too
    )
    assert "pip install 'dimples" in found.stdout, found.stderr
