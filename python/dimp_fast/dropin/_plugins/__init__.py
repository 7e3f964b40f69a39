"""The plug-ins of the reference, served by the public functions of dimp_fast.

Each module here is a part: what it puts into the registries, and which of the reference's classes
it builds on.
"""

from __future__ import annotations

from .._families import NOTHING, Family, Fit
from .._patches import Patches
from . import coders, digests, keys, randomness

__all__ = ["apply"]


def apply(patches: Patches, family: Family, fit: Fit, mode: str) -> None:
    """Put in place whatever is not yet; may be called again and again."""
    if fit.level == NOTHING:
        return
    randomness.install(patches, family)
    digests.install(patches, family)
    keys.install(patches, family)
    if not fit.is_whole:
        return
    coders.install(patches, family, mode)
