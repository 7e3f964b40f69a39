"""Entries in the registries of factories that the reference keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .._patches import Patches

__all__ = ["replace"]


def replace(
    patches: Patches, holder: Any, by: str, names: Iterable[str], make: Callable[[Any], Any]
) -> None:
    """Put what ``make`` makes of it in the place of each factory.

    Args:
        holder: the class that has ``get_factory`` and ``set_factory``.
        by: what these call the name of a factory.
        names: of the factories.
        make: of the factory that is there; to give that back leaves it alone.
    """
    for name in names:
        _replace(patches, holder, {by: name}, f"{holder.__name__} {name}", make)


def _replace(
    patches: Patches, holder: Any, key: dict[str, str], label: str, make: Callable[[Any], Any]
) -> None:
    patches.entry(
        label,
        lambda: holder.get_factory(**key),
        lambda factory: holder.set_factory(**key, factory=factory),
        make,
    )
