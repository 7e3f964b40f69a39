"""The drop-in in every program of an environment, without a change to any.

`dimp-fast dropin enable` writes a line into that environment that calls :func:`begin` when Python
starts. That waits for the plug-in loader of the reference; when it has run for the first time, the
drop-in is installed. ``DIMP_FAST_DROPIN`` governs it: ``secure`` (also when it is not set),
``compat``, ``station`` (secure, and the station hardened), or ``off``.
"""

from __future__ import annotations

import functools
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

__all__ = ["VARIABLE", "begin", "options", "start", "stop"]

VARIABLE = "DIMP_FAST_DROPIN"
MODES: dict[str, dict[str, Any] | None] = {
    "secure": {"mode": "secure"},
    "compat": {"mode": "compat"},
    "station": {"mode": "secure", "harden_station": True},
    "off": None,
}
_SPELLINGS = {"": "secure", "1": "secure", "on": "secure", "0": "off"}
_WATCHED = frozenset(("dimap.plugin_loader", "dimplugins.plugin_loader"))


def options() -> dict[str, Any] | None:
    """What ``install`` is called with; ``None`` when it is not.

    Raises:
        ValueError: the variable has another value.
    """
    value = os.environ.get(VARIABLE, "").lower()
    value = _SPELLINGS.get(value, value)
    if value not in MODES:
        raise ValueError(f"{VARIABLE}: {', '.join(MODES)} are known, not {value[:40]!r}")
    return MODES[value]


class _Watch:
    """A finder of modules: finds the loaders' as others do, and has a look at them once they are
    there. It is no subclass of ``importlib.abc``'s, whose import takes longer than all of this."""

    def __init__(self, loaded: Callable[[ModuleType], None]) -> None:
        self._loaded = loaded
        self._finding = False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _WATCHED or self._finding:
            return None
        self._finding = True
        try:
            spec = find_spec(fullname)
        finally:
            self._finding = False
        if spec is not None and spec.loader is not None:
            following: Any = _Following(spec.loader, self._loaded)
            spec.loader = following
        return spec


class _Following:
    """A loader, and what is to be done then."""

    def __init__(self, loader: Any, loaded: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._loaded = loaded

    def create_module(self, spec: ModuleSpec) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._loaded(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


def start(chosen: dict[str, Any]) -> None:
    """Wait for the plug-in loader, and install the drop-in with these options when it has run."""

    def watch(module: ModuleType) -> None:
        loader: Any = module.PluginLoader
        load = loader.load

        @functools.wraps(load)
        def once(*arguments: Any, **keywords: Any) -> Any:
            result = load(*arguments, **keywords)
            if vars(loader).get("load") is once:
                loader.load = load
            from . import install, status

            if not status()["installed"]:  # the program may have done so itself
                install(**chosen)
            return result

        loader.load = once

    sys.meta_path.insert(0, _Watch(watch))


def stop() -> None:
    """Wait no longer, in a process that is to be plain. Too late once the loader is imported."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Watch)]


def begin() -> None:
    """What the line in the environment calls."""
    try:
        chosen = options()
    except ValueError as error:
        # Python is starting: nothing but a warning gets through, and to serve is the safer choice.
        warnings.warn(f"dimp_fast: {error}; secure is taken", stacklevel=2)
        chosen = MODES["secure"]
    if chosen is not None:
        start(chosen)
