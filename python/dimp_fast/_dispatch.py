"""Which tier serves which operation: one table, known-answer tests, the environment.

Not here: any algorithm. Tiers never import each other; the public modules ask here.
See docs/architecture.md for what a tier offers.
"""

from __future__ import annotations

import importlib.util
import os
import threading
import warnings
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from . import registry
from ._version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

RUST, CYTHON, PYTHON = "rust", "cython", "python"
TIERS = (RUST, CYTHON, PYTHON)
"""Fastest first."""

_EXTENSIONS = {
    RUST: ("_rust",),
    CYTHON: ("_cy_address", "_cy_base58", "_cy_columns", "_cy_digest", "_cy_envelope"),
    PYTHON: (),
}
"""What must have been built for a tier to be here."""

_MODULES = {RUST: "dimp_fast._rust", CYTHON: "dimp_fast._cython", PYTHON: "dimp_fast._python"}
SIMD_LEVELS = ("avx512ifma", "avx512", "avx2", "portable")

KEY_TABLES = 64
"""MiB for tables of keys that come again, unless the environment says otherwise."""

UNITS: dict[str, tuple[str, ...]] = {
    "uniform": (RUST, PYTHON),
    "derive_addresses": TIERS,
    "derive_eth_addresses": TIERS,
    "parse_addresses": TIERS,
    "format_addresses": TIERS,
    "parse_identifier": (CYTHON, PYTHON),
    "parse_identifiers": TIERS,
    "join_identifiers": (CYTHON, PYTHON),
    "number_texts": (CYTHON, PYTHON),
    "route": TIERS,
    "parse_public_key": (RUST, PYTHON),
    "verify_batch": (RUST, PYTHON),
    "ecdsa_signer": (RUST, PYTHON),
    "match_metas": (RUST, PYTHON),
    "prove_document": (RUST, PYTHON),
    "decode_batch": TIERS,
    "encode": (RUST, PYTHON),
    "retarget": (RUST, PYTHON),
    "framing": (RUST, PYTHON),
    "digests": TIERS,
    "merkle_roots": (RUST, PYTHON),
    "base58": (CYTHON, RUST, PYTHON),
    "base64": TIERS,
}
"""What is chosen together -> the tiers that have it, fastest first as measured."""

MEMBERS: dict[str, tuple[str, ...]] = {
    "parse_public_key": ("parse_public_key", "parse_public_key_mapping"),
    "verify_batch": ("verify_batch", "expect_batch", "VerifyKey"),
    "ecdsa_signer": ("EcdsaSigner",),
    "match_metas": ("match_metas", "parse_meta", "meta_address"),
    "prove_document": ("prove_document", "parse_document"),
    "retarget": ("retarget", "retarget_batch"),
    "decode_batch": ("decode_batch", "KeyStore"),
    "framing": ("FrameDecoder", "decode_datagram", "encode_mtp", "encode_mars"),
    "digests": ("sha256", "keccak256", "ripemd160"),
    "base58": ("base58_encode", "base58_decode"),
    "base64": ("base64_encode", "base64_decode"),
}
"""Operations that share handles or rules, and so move together from tier to tier."""

_UNIT_OF = {member: unit for unit in UNITS for member in MEMBERS.get(unit, (unit,))}


class Settings(NamedTuple):
    """What the environment asks for."""

    backend: str
    simd: str
    threads: int
    require: tuple[str, ...]
    key_tables: int = KEY_TABLES

    @classmethod
    def from_environment(cls) -> Settings:
        """Read ``DIMP_FAST_*``; an unknown value is an ``ImportError`` that names the choices."""
        backend = _choice("DIMP_FAST_BACKEND", ("auto", *TIERS))
        simd = _choice("DIMP_FAST_SIMD", ("auto", *SIMD_LEVELS))
        threads = _number("DIMP_FAST_THREADS", 1, 1024)
        key_tables = _number("DIMP_FAST_KEY_TABLES", 0, 65536)
        required = os.environ.get("DIMP_FAST_REQUIRE", "")
        require = tuple(name.strip() for name in required.split(",") if name.strip())
        for name in require:
            if name not in TIERS:
                raise ImportError(f"DIMP_FAST_REQUIRE={required!r}: one of {', '.join(TIERS)}")
        tables = KEY_TABLES if key_tables is None else key_tables
        return cls(backend, simd, threads or 0, require, tables)


def _choice(variable: str, choices: tuple[str, ...]) -> str:
    value = os.environ.get(variable, "").strip().lower() or "auto"
    if value not in choices:
        raise ImportError(f"{variable}={value!r}: one of {', '.join(choices)} is wanted")
    return value


def _number(variable: str, least: int, most: int) -> int | None:
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and least <= int(text) <= most):
        raise ImportError(f"{variable}={text!r}: a number from {least} to {most} is wanted")
    return int(text)


class Selection(NamedTuple):
    """Which tier serves a unit, and what the known-answer tests said on the way."""

    tier: str
    module: ModuleType
    selftests: dict[str, str]


class Dispatcher:
    """The choice of tiers for one setting. One is made at import; tests make more."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._loaded: dict[str, ModuleType | None] = {}
        self._absent: dict[str, str] = {}
        self._selected: dict[str, Selection] = {}
        self._operations: dict[str, Any] = {}
        self._lock = threading.RLock()
        for tier in settings.require:
            if self.load(tier) is None:
                raise ImportError(
                    f"DIMP_FAST_REQUIRE asks for the {tier} tier: {self._absent[tier]}"
                )
        if settings.backend != "auto" and self.load(settings.backend) is None:
            here = ", ".join(tier for tier in TIERS if self.load(tier) is not None)
            raise ImportError(
                f"DIMP_FAST_BACKEND={settings.backend}: {self._absent[settings.backend]}; "
                f"tiers that are here: {here}"
            )

    def load(self, tier: str) -> ModuleType | None:
        """The module of a tier, or ``None`` when it was not built or does not work."""
        with self._lock:
            if tier not in self._loaded:
                self._loaded[tier] = self._import(tier)
            return self._loaded[tier]

    def _import(self, tier: str) -> ModuleType | None:
        for extension in _EXTENSIONS[tier]:
            if importlib.util.find_spec(f"dimp_fast.{extension}") is None:
                self._absent[tier] = f"dimp_fast.{extension} was not built"
                return None
        try:
            module = importlib.import_module(_MODULES[tier])
            if tier == RUST:
                if module.__version__ != __version__:
                    raise ImportError(f"it was built for version {module.__version__}")
                simd = None if self.settings.simd == "auto" else self.settings.simd
                module.configure(self.settings.threads, simd, self.settings.key_tables << 20)
        except (ImportError, AttributeError) as error:
            self._absent[tier] = f"broken: {error}"
            warnings.warn(
                f"dimp_fast: the {tier} tier is there but does not load, "
                f"a slower one takes its place: {error}",
                RuntimeWarning,
                stacklevel=2,
            )
        else:
            if hasattr(module, "extend"):
                registry.attach(module)
            return module
        return None

    def candidates(self, unit: str) -> Iterable[str]:
        """Tiers that may serve ``unit`` under the cap, fastest first, Python last."""
        cap = self.settings.backend
        first = 0 if cap == "auto" else TIERS.index(cap)
        return (tier for tier in UNITS[unit] if TIERS.index(tier) >= first)

    def select(self, unit: str) -> Selection:
        """The tier that serves ``unit``; runs known-answer tests on first use."""
        with self._lock:
            if unit not in self._selected:
                self._selected[unit] = self._select(unit)
            return self._selected[unit]

    def _select(self, unit: str) -> Selection:
        from ._selftest import SelfTestFailure, run

        results: dict[str, str] = {}
        for tier in self.candidates(unit):
            module = self.load(tier)
            if module is None:
                continue
            try:
                run(unit, module)
            except SelfTestFailure as failure:
                results[tier] = f"failed: {failure}"
                warnings.warn(
                    f"dimp_fast: {unit} of the {tier} tier failed its known-answer test and is "
                    f"disabled: {failure}",
                    RuntimeWarning,
                    stacklevel=2,
                )
                continue
            results[tier] = "passed"
            return Selection(tier, module, results)
        raise RuntimeError(f"no tier passes the known-answer test of {unit}: {results}")

    def operation(self, name: str) -> Any:
        """The callable that serves ``name``."""
        try:
            return self._operations[name]
        except KeyError:
            found = getattr(self.select(_UNIT_OF[name]).module, name)
            self._operations[name] = found
            return found

    def absent(self) -> dict[str, str]:
        """Tiers that cannot serve, and why."""
        for tier in TIERS:
            self.load(tier)
        return dict(self._absent)


_dispatcher = Dispatcher(Settings.from_environment())
if _dispatcher.settings.backend in ("auto", RUST):
    _dispatcher.load(RUST)


def current() -> Dispatcher:
    """The dispatcher that the public functions use."""
    return _dispatcher


def use(dispatcher: Dispatcher) -> Dispatcher:
    """Make ``dispatcher`` the current one and return the old one. For the conformance suite.

    Not thread-safe; handles made before keep the tier that made them.
    """
    global _dispatcher
    old, _dispatcher = _dispatcher, dispatcher
    return old


def operation(name: str) -> Any:
    """The callable that serves ``name`` in the fastest tier that passes its self-test."""
    return _dispatcher.operation(name)


MAX_THREADS = 1024
"""As many as anybody may ask for; a larger number means the same."""


def thread_count(threads: int | None) -> int:
    """``threads=`` of the public functions: None is all (0 for a tier), else at least 1."""
    if threads is None:
        return 0
    if isinstance(threads, bool) or not isinstance(threads, int):
        raise TypeError(f"threads: int or None is wanted, not {type(threads).__name__}")
    if threads < 1:
        raise ValueError(f"threads: at least 1 is wanted, not {threads}")
    return min(threads, MAX_THREADS)
