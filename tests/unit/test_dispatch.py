"""The choice of tiers: environment, self-tests, what an import loads."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import types
import warnings
from typing import Any

import pytest

import dimp_fast
from dimp_fast import _dispatch, _selftest, backend_info, registry


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DIMP_FAST_")}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


TIERS_HERE = [tier for tier in _dispatch.TIERS if tier not in _dispatch.current().absent()]


def test_an_import_loads_nothing_heavy() -> None:
    heavy = ["numpy", "cryptography", "nacl", "base58", "rich", "hypothesis", "json", "asyncio"]
    code = f"import sys, dimp_fast; print([m for m in {heavy} if m in sys.modules])"
    done = run(code)
    assert done.returncode == 0, done.stderr
    # json is light, and what the keyring speaks with its tiers.
    assert set(eval(done.stdout)) <= {"json"}


@pytest.mark.parametrize("tier", TIERS_HERE)
def test_backend_is_a_cap(tier: str) -> None:
    code = "import json, dimp_fast; print(json.dumps(dimp_fast.backend_info()))"
    done = run(code, DIMP_FAST_BACKEND=tier)
    assert done.returncode == 0, done.stderr
    info = json.loads(done.stdout)
    assert info["settings"]["backend"] == tier
    for unit, operation in info["operations"].items():
        slower = _dispatch.TIERS[_dispatch.TIERS.index(tier) :]
        candidates = [t for t in _dispatch.UNITS[unit] if t in slower and t in TIERS_HERE]
        assert operation["tier"] == candidates[0], unit
        assert operation["selftest"] == "passed"
        assert operation["disabled"] == {}


@pytest.mark.parametrize(
    "environment",
    [{"DIMP_FAST_BACKEND": "fortran"}, {"DIMP_FAST_SIMD": "mmx"}, {"DIMP_FAST_THREADS": "0"},
     {"DIMP_FAST_THREADS": "many"}, {"DIMP_FAST_THREADS": "-1"}, {"DIMP_FAST_REQUIRE": "rust,go"},
     {"DIMP_FAST_KEY_TABLES": "65537"}, {"DIMP_FAST_KEY_TABLES": "1.5"}],
)  # fmt: skip
def test_unknown_settings_are_an_import_error_with_the_choices(environment: dict[str, str]) -> None:
    done = run("import dimp_fast", **environment)
    assert done.returncode == 1
    assert "ImportError: " + next(iter(environment)) in done.stderr


@pytest.mark.parametrize("tier", ["rust", "cython"])
def test_a_tier_that_was_not_built_is_an_import_error_that_names_what_is_here(
    tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_dispatch._EXTENSIONS, tier, ("_not_built",))
    with pytest.raises(ImportError, match=r"_not_built was not built; tiers that are here: .*pyth"):
        _dispatch.Dispatcher(_dispatch.Settings(tier, "auto", 0, ()))
    with pytest.raises(ImportError, match=f"DIMP_FAST_REQUIRE asks for the {tier} tier"):
        _dispatch.Dispatcher(_dispatch.Settings("auto", "auto", 0, (tier,)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tiers = _dispatch.Dispatcher(_dispatch.Settings("auto", "auto", 0, ()))
        for unit in _dispatch.UNITS:
            assert tiers.select(unit).tier != tier


@pytest.mark.parametrize("level", _dispatch.SIMD_LEVELS)
def test_simd_is_a_cap(level: str) -> None:
    code = "import dimp_fast as d; print(d.backend_info()['cpu']['simd'])"
    done = run(code, DIMP_FAST_SIMD=level)
    assert done.returncode == 0, done.stderr
    levels = _dispatch.SIMD_LEVELS
    assert levels.index(done.stdout.strip()) >= levels.index(level)


def test_threads_from_the_environment() -> None:
    code = "import dimp_fast as d; print(d.backend_info()['threads'], d.backend_info()['settings'])"
    done = run(code, DIMP_FAST_THREADS="3")
    assert done.stdout.startswith("3 " if "rust" in TIERS_HERE else "1 ")
    assert "'threads': 3" in done.stdout


def dispatcher(**modules: Any) -> _dispatch.Dispatcher:
    made = _dispatch.Dispatcher(_dispatch.Settings("auto", "auto", 0, ()))
    made._loaded.update(modules)
    return made


def test_an_operation_with_a_wrong_answer_is_disabled_loudly_and_alone() -> None:
    from dimp_fast import _python

    broken = types.SimpleNamespace(**vars(_python))
    broken.verify_batch = lambda keys, messages, *_: bytes(len(messages))  # says yes to everything
    tiers = dispatcher(rust=broken, cython=None)
    with pytest.warns(
        RuntimeWarning, match="verify_batch of the rust tier failed its known-answer"
    ):
        selection = tiers.select("verify_batch")
    assert selection.tier == "python"
    assert selection.selftests["rust"].startswith("failed: verify_batch")
    assert tiers.operation("VerifyKey") is _python.VerifyKey  # its family moved with it
    assert tiers.select("decode_batch").tier == "rust"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tiers.select("verify_batch")  # warned once


def _lies() -> dict[str, dict[str, Any]]:
    """For each unit a tier that is right but for one plausible mistake."""
    from dimp_fast import _python

    class Credulous(_python.KeyStore):
        def resolve(self, table: Any) -> Any:
            resolution = super().resolve(table)
            resolution.verify = lambda now, threads: (table.codes(), {})  # type: ignore[method-assign]
            return resolution

    def unchecked(texts: list[str], threads: int) -> Any:
        codes, *columns = _python.parse_addresses(texts, threads)
        return (bytes(len(codes)), *columns)

    return {
        "derive_addresses": {
            "derive_addresses": lambda items, networks, threads: _python.derive_addresses(
                items, b"\0", threads
            )
        },
        "derive_eth_addresses": {
            "derive_eth_addresses": lambda points, threads: [
                text.lower() for text in _python.derive_eth_addresses(points, threads)
            ]
        },
        "parse_addresses": {"parse_addresses": unchecked},
        "format_addresses": {
            "format_addresses": lambda digests, networks: _python.format_addresses(
                digests, networks[:1]
            )
        },
        "parse_identifier": {
            "parse_identifier": lambda text: _python.parse_identifier(text.rpartition("@")[2])
        },
        "parse_identifiers": {
            "parse_identifiers": lambda texts, threads: [
                parsed and (text, *parsed[1:])
                for text, parsed in zip(
                    texts, _python.parse_identifiers(texts, threads), strict=True
                )
            ]
        },
        "join_identifiers": {
            "join_identifiers": lambda names, addresses, terminals: [
                f"{name or ''}@{address}" for name, address in zip(names, addresses, strict=True)
            ]
        },
        "number_texts": {
            "number_texts": lambda numbers: [
                text.lstrip("0-") for text in _python.number_texts(numbers)
            ]
        },
        "route": {"route": lambda texts, shards: _python.route(texts, 1)},
        "parse_public_key": {
            "parse_public_key_mapping": lambda algorithm, data: _python.parse_public_key(data)
        },
        "verify_batch": {"verify_batch": lambda keys, messages, *_: bytes(len(messages))},
        "ecdsa_signer": {
            "EcdsaSigner": lambda secret: _python.EcdsaSigner(secret[::-1])  # little-endian
        },
        "match_metas": {"match_metas": lambda identifiers, *_: (bytes(len(identifiers)), {})},
        "prove_document": {"prove_document": lambda *_: (0, "")},
        "decode_batch": {"KeyStore": Credulous},
        "encode": {"encode": lambda message, short: _python.encode(message, False)},
        "retarget": {"retarget": lambda frame, fields: frame},
        "framing": {"FrameDecoder": lambda kind, limit: _python.FrameDecoder(kind, 1 << 30)},
        "uniform": {
            "uniform": lambda items, kind, size=None: all(map(kind.__instancecheck__, items))
        },
        "digests": {"keccak256": lambda data: hashlib.sha3_256(data).digest()},
        "merkle_roots": {
            # An odd level takes its last node up as it is.
            "merkle_roots": lambda leaves, counts, _: b"".join(
                _python.merkle_roots([b"a"], [1], 1) for _ in counts
            )
        },
        "base58": {"base58_decode": lambda text: _python.base58_decode(text.strip())},
        "base64": {"base64_decode": base64.b64decode},
    }


@pytest.mark.parametrize("unit", _dispatch.UNITS)
def test_every_selftest_notices_a_plausible_mistake(unit: str) -> None:
    from dimp_fast import _python

    honest = types.SimpleNamespace(**vars(_python))
    _selftest.run(unit, honest)  # type: ignore[arg-type]
    wrong = types.SimpleNamespace(**{**vars(_python), **_lies()[unit]})
    with pytest.raises(_selftest.SelfTestFailure):
        _selftest.run(unit, wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("unit", "member"),
    [(unit, member) for unit, members in _dispatch.MEMBERS.items() for member in members],
)
def test_a_unit_without_one_of_its_members_is_noticed(unit: str, member: str) -> None:
    from dimp_fast import _python

    partial = {name: value for name, value in vars(_python).items() if name != member}
    with pytest.raises(_selftest.SelfTestFailure, match=member):
        _selftest.run(unit, types.SimpleNamespace(**partial))  # type: ignore[arg-type]


def test_a_native_tier_learns_of_extensions(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    native = types.SimpleNamespace(
        __version__=dimp_fast.__version__,
        configure=lambda threads, simd, key_tables: None,
        extend=lambda *row: told.append(row),
        retract=lambda *row: told.remove(row),
    )

    class Upside(registry.AddressType):
        name = "upside"

        def parse(self, text: str) -> None:
            return None

    row = Upside()
    monkeypatch.setattr(registry, "_native", [])
    monkeypatch.setattr(_dispatch.importlib, "import_module", lambda name: native)
    monkeypatch.setattr(_dispatch, "_EXTENSIONS", {"rust": (), "cython": (), "python": ()})
    registry.register(row)
    try:
        for _ in range(2):  # another dispatcher does not tell it again
            tiers = _dispatch.Dispatcher(_dispatch.Settings("auto", "auto", 0, ()))
            assert tiers.load("rust") is native
            assert told == [("address", row)]
    finally:
        registry.unregister(row)
    assert told == []


def test_a_module_of_another_version_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    stale = types.SimpleNamespace(__version__="0.0.1")
    monkeypatch.setattr(_dispatch.importlib, "import_module", lambda name: stale)
    monkeypatch.setattr(_dispatch, "_EXTENSIONS", {"rust": (), "cython": (), "python": ()})
    tiers = _dispatch.Dispatcher(_dispatch.Settings("auto", "auto", 0, ()))
    with pytest.warns(RuntimeWarning, match=r"built for version 0\.0\.1"):
        tiers.load("rust")


def test_no_tier_left_is_an_error() -> None:
    nothing = types.SimpleNamespace()
    tiers = dispatcher(rust=nothing, cython=nothing, python=nothing)
    with pytest.warns(RuntimeWarning), pytest.raises(RuntimeError, match="no tier passes"):
        tiers.select("encode")


def test_a_tier_that_is_here_and_does_not_load_warns_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise ImportError("undefined symbol: x")

    monkeypatch.setattr(_dispatch.importlib, "import_module", fail)
    monkeypatch.setattr(_dispatch, "_EXTENSIONS", {"rust": (), "cython": (), "python": ()})
    tiers = _dispatch.Dispatcher(_dispatch.Settings("auto", "auto", 0, ()))
    with pytest.warns(RuntimeWarning, match="the rust tier is there but does not load"):
        tiers.load("rust")
    assert tiers.load("rust") is None
    assert tiers._absent["rust"] == "broken: undefined symbol: x"


@pytest.mark.skipif("rust" not in TIERS_HERE, reason="only the Rust tier has tables of keys")
@pytest.mark.parametrize(("mebibytes", "expected"), [("", 64), ("0", 0), ("3", 3)])
def test_key_tables_from_the_environment(mebibytes: str, expected: int) -> None:
    code = "import json, dimp_fast as d; print(json.dumps(d.backend_info()))"
    info = json.loads(run(code, DIMP_FAST_KEY_TABLES=mebibytes).stdout)
    assert info["settings"]["key_tables"] == expected
    assert info["key_tables"]["budget"] == expected << 20
    assert info["key_tables"]["bytes"] <= expected << 20


def test_backend_info_is_plain_json() -> None:
    info = backend_info()
    assert json.loads(json.dumps(info)) == info
    assert set(info["operations"]) == set(_dispatch.UNITS)
    assert info["tiers"]["python"] == "available"
    for operation in info["operations"].values():
        assert set(operation) == {"tier", "simd", "selftest", "disabled"}
