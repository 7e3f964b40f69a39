"""Random bytes from the operating system, wherever the reference takes them from a Mersenne
Twister (D3): AES keys and initialisation vectors, session keys, transaction numbers.

The functions are bound by name when the modules are imported, so that each copy is replaced.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .._patches import Patches

__all__ = ["install"]

_BYTES = (
    "dimap.crypto.aes",
    "dimplugins.crypto.aes",
    "dimples.utils",
    "dimples.server.session",
    "udp.ba.utils",
    "udp.ba.data",
)
_INTEGERS = ("dimples.conn.protocol.mars",)


def random_bytes(size: int) -> bytes:
    """``size`` bytes of the operating system's randomness."""
    return os.urandom(size)


def random_int(size: int) -> int:
    """A number of ``size`` random bytes."""
    return int.from_bytes(os.urandom(size), "little")


def install(patches: Patches) -> None:
    for modules, function in ((_BYTES, random_bytes), (_INTEGERS, random_int)):
        for module in map(_imported, modules):
            if hasattr(module, function.__name__):
                _replace(patches, module, function)


def _replace(patches: Patches, module: ModuleType | None, function: Callable[[int], Any]) -> None:
    patches.attribute(module, function.__name__, lambda _: function)


def _imported(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
