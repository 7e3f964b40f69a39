"""The drop-in: the reference stack of the DIM network, unmodified, served by dimp_fast.

    import dimp_fast.dropin

    dimp_fast.dropin.install()        # before the station loads its plug-ins, or after
    dimp_fast.dropin.status()         # what is served, what somebody else has replaced since
    dimp_fast.dropin.uninstall()      # everything as it was

Two families of the reference are known: ``dimples`` (2.1, with dimap, dimax, dimsdk 2.5) and
``dimplugins`` (the SDK of 2.4.3). Nothing of either is edited, and nothing is imported from them
until :func:`install` is called. docs/dropin.md says what changes for a station.

Not here: the launcher (``dimp-fast station``), and what hardens a station (``dropin.station``).
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._patches import Patches

if TYPE_CHECKING:
    from ._families import Family, Fit

__all__ = ["DropinWarning", "install", "status", "uninstall"]

MODES = ("secure", "compat")


class DropinWarning(UserWarning):
    """The reference that is installed is not quite one that the drop-in knows."""


class _Installed:
    """What is in place: one for the process."""

    def __init__(self, family: Family, fit: Fit, mode: str, options: Mapping[str, Any] | None):
        self.family = family
        self.fit = fit
        self.mode = mode
        self.options = options
        self.patches = Patches()
        self.is_hardened = False
        self.times_loaded = 0
        """How often the host has registered its plug-ins since."""


_lock = threading.RLock()
_installed: _Installed | None = None


def install(
    mode: str = "secure", harden_station: bool | Mapping[str, Any] = False
) -> dict[str, Any]:
    """Serve the plug-ins of the reference in this process.

    May be called before the host loads its plug-ins and after, and again: what is in place already
    stays, what the host has registered anew since is replaced again. Objects that the host parsed
    before keep their class, except that no RSA key of theirs accepts a forgery any more; so call it
    before the first session.

    Args:
        mode: ``"secure"``, or ``"compat"``, which relaxes lenient base64 text, odd spellings of IDs
            and addresses, and duplicate names in JSON (docs/dropin.md), nothing else.
        harden_station: also change what the station does with messages; a mapping gives the options
            of the parts (docs/dropin.md), true means their defaults.

    Returns:
        What :func:`status` says.

    Raises:
        ImportError: there is no reference in this environment.
        ValueError: an unknown mode; or it is installed already with another one: uninstall first.

    Warns:
        DropinWarning: the reference is not one that is known: less is installed, or nothing of the
            station's. One warning, which says what.
    """
    global _installed
    if mode not in MODES:
        raise ValueError(f"mode: {' or '.join(map(repr, MODES))} is wanted, not {mode!r}")
    options = _options(harden_station)
    with _lock:
        if _installed is None:
            _installed = _install(mode, options)
        elif (mode, options) != (_installed.mode, _installed.options):
            raise ValueError("the drop-in is installed with other options: uninstall it first")
        else:
            _apply(_installed)
        return status()


def _options(harden_station: bool | Mapping[str, Any]) -> Mapping[str, Any] | None:
    if isinstance(harden_station, Mapping):
        return dict(harden_station)
    return {} if harden_station else None


def _install(mode: str, options: Mapping[str, Any] | None) -> _Installed:
    from ._families import NOTHING, find
    from ._loaders import follow

    family = find()
    fit = family.fit()
    made = _Installed(family, fit, mode, options)
    lacking = [fit.reason] if fit.reason else []
    try:
        _apply(made)
        if fit.level != NOTHING:
            follow(made.patches, family, lambda: _loaded(made))
        if options is not None and fit.is_whole and family.has_station():
            from . import station

            if difference := station.difference():
                lacking.append(difference)
            else:
                station.install(made.patches, options)
                made.is_hardened = True
    except BaseException:
        made.patches.restore()  # never half of it
        raise
    if options is not None and not made.is_hardened:
        why = "" if lacking else ": there is none here"
        lacking.append(f"the station is not hardened{why}")
    if lacking:
        warnings.warn(f"dimp_fast: {'; '.join(lacking)}", DropinWarning, stacklevel=4)
    return made


def _apply(made: _Installed) -> None:
    from ._plugins import apply

    apply(made.patches, made.family, made.fit, made.mode)


def _loaded(made: _Installed) -> None:
    """The host has just registered its plug-ins, over ours."""
    with _lock:
        if made is _installed:
            made.times_loaded += 1
            _apply(made)


def uninstall() -> list[str]:
    """Put back what :func:`install` has replaced, the last first.

    Objects made meanwhile keep their class, and go on working.

    Returns:
        What somebody else has replaced since, which stays as it is; usually nothing.
    """
    global _installed
    with _lock:
        if _installed is None:
            return []
        made, _installed = _installed, None
        return made.patches.restore()


def status() -> dict[str, Any]:
    """What is installed, as plain data.

    ``installed`` is false, and nothing else there, when nothing is. Else: ``family`` and its
    ``versions``; ``level``, ``"whole"`` or what was left of it, and ``reason`` why; ``mode``;
    ``hardened``; ``loads``, how often the host has registered its plug-ins since; ``replaced``,
    what is served, by name; ``overwritten``, what of it somebody else has replaced since:
    :func:`install` takes it back.
    """
    with _lock:
        made = _installed
        if made is None:
            return {"installed": False}
        return {
            "installed": True,
            "family": made.family.name,
            "versions": made.family.versions(),
            "level": made.fit.level,
            "reason": made.fit.reason,
            "mode": made.mode,
            "hardened": made.is_hardened,
            "loads": made.times_loaded,
            "replaced": made.patches.labels(),
            "overwritten": made.patches.overwritten(),
        }
