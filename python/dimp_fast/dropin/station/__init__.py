"""What changes in the real station: the rules for messages, and how it spends its time.

:func:`install` is called by ``dimp_fast.dropin.install(harden_station=...)``. Everything goes
through the recorder of patches, and back again. docs/station.md is the guide for operators.

Not here: plug-ins (``dropin._plugins``), how a process is started (``cli.station``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .counters import Counters
from .known import difference
from .options import SWITCHES, Options

if TYPE_CHECKING:
    from .._patches import Patches

__all__ = ["SWITCHES", "Counters", "Options", "counters", "difference", "install"]

_counters = Counters()


def counters() -> dict[str, Any]:
    """What the station of this process has counted so far; see :class:`Counters`."""
    return _counters.snapshot()


def install(patches: Patches, given: Mapping[str, Any] | Options | None = None) -> Options:
    """Harden the station of this process, which :func:`difference` finds to be as it is known.

    Args:
        patches: remembers what was changed.
        given: by name, see :class:`Options`.

    Returns:
        The options, with their defaults.

    Raises:
        ImportError: the station, or what an option asks for, is not installed.
        OSError: the port for the counters cannot be had.
        TypeError: an option that there is not.
        ValueError: an option that cannot be.
    """
    from ..._version import __version__
    from . import loop, seams, wake
    from .counters import export
    from .guard import Guard

    options = given if isinstance(given, Options) else Options.of(given or {})
    if options.metrics is not None:
        patches.ending(export(_counters, options.metrics))
    guard = Guard(options, _counters) if options.verify else None
    if guard is not None:
        guard.install(patches)
    for name in ("lock", "phantom", "redis", "checks", "ids"):
        if getattr(options, name):
            getattr(seams, name)(patches)
    if not options.keys:
        seams.forget_keys(patches)
    server = None
    if options.loop:
        server = loop.server_class(options, _counters, guard)
    else:
        if options.reads:
            seams.reads(patches)
        if options.wake:
            wake.wake(patches)
    seams.listen(patches, options.host, server)
    seams.announce(patches, f"{__version__} in the station; {options}")
    return options
