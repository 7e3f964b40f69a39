"""The plug-ins of the reference, served by the public functions of dimp_fast.

Each module here is a part: a mixin stands in front of a class of the reference, so that whoever
asks for the class of an object gets the answer it always got. The D numbers are the defects of the
reference that docs/dropin.md lists.
"""

from __future__ import annotations

from .._families import NOTHING, Family, Fit
from .._patches import Patches
from . import (
    agents,
    caches,
    coders,
    data,
    digests,
    documents,
    identity,
    keys,
    messages,
    metas,
    randomness,
)

__all__ = ["apply"]


def apply(patches: Patches, family: Family, fit: Fit, mode: str) -> None:
    """Put in place whatever is not yet, of what the host has loaded; may be called again."""
    if fit.level == NOTHING:
        return
    randomness.install(patches)
    digests.install(patches, family)
    keys.install(patches, family)
    if not fit.is_whole:
        return
    coders.install(patches, family, mode)
    data.install(patches, family)
    caches.install(patches, family)
    identity.install(patches, family, mode)
    metas.install(patches, family)
    documents.install(patches, family)
    messages.install(patches, family, mode)
    agents.install(patches, family)
