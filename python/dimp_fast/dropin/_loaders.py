"""Noticing that the host registers its plug-ins, which takes ours out of the registries.

The station does so once, when its configuration is made; a program may do so again at any time.
Not here: what is put back then.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from ._families import Family
from ._patches import Patches

__all__ = ["follow"]


def follow(patches: Patches, family: Family, loaded: Callable[[], None]) -> None:
    """Call ``loaded`` whenever a loader of the family has run.

    Loaders call each other; the outermost counts, since it registers last.
    """
    depth = threading.local()

    def followed(load: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(load)
        def run(*arguments: Any, **options: Any) -> Any:
            depth.now = getattr(depth, "now", 0) + 1
            try:
                return load(*arguments, **options)
            finally:
                depth.now -= 1
                if depth.now == 0:
                    loaded()

        return run

    for loader in family.loaders():
        patches.attribute(loader, "load", followed)
