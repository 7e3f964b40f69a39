"""What the drop-in has changed in the reference, and how it goes back.

Every change goes through one :class:`Patches`: an attribute of a module, a class or an object, or
an entry of a registry that is reached through functions. Not here: what is changed, and when.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

__all__ = ["Patches"]

_ABSENT = object()
"""The attribute was inherited, or was not there."""


class _Change:
    """One place: how it is read and written, what was there, and what we put there."""

    __slots__ = ("label", "new", "old", "read", "write")

    def __init__(
        self,
        label: str,
        read: Callable[[], Any],
        write: Callable[[Any], None],
        old: Any,
        new: Any,
    ) -> None:
        self.label = label
        self.read = read
        self.write = write
        self.old = old
        self.new = new


class Patches:
    """The changes made, by place, in the order in which they were made.

    A place is changed once: to patch one again that still holds what we put there does nothing. One
    that somebody else has written to since is patched anew, and what *they* put there is what
    comes back in the end. Not thread-safe: ``install`` and ``uninstall`` hold a lock.
    """

    def __init__(self) -> None:
        self._changes: dict[Any, _Change] = {}
        self._endings = ExitStack()

    def attribute(
        self, holder: Any, name: str, make: Callable[[Any], Any], label: str | None = None
    ) -> None:
        """Replace ``holder.name``.

        Args:
            holder: a module, a class, or an object.
            name: of the attribute; it need not be there.
            make: what to put there, of what ``holder.name`` is now, inherited or not (``None``
                when it is not there). To give that back leaves it alone.
            label: what reports call it; the name of the holder and the attribute unless said.
        """

        def read() -> Any:
            return _own(holder, name)

        def write(value: Any) -> None:
            if value is _ABSENT:
                delattr(holder, name)
            else:
                setattr(holder, name, value)

        def made(there: Any) -> Any:
            return make(getattr(holder, name, None) if there is _ABSENT else there)

        # The closures keep the holder alive, so that its id stays its own.
        key = (id(holder), name)
        self._replace(key, label or f"{_name_of(holder)}.{name}", read, write, made)

    def entry(
        self,
        label: str,
        read: Callable[[], Any],
        write: Callable[[Any], None],
        make: Callable[[Any], Any],
    ) -> None:
        """Replace an entry of a registry that has functions to read and write it; ``label`` says
        which, and is its own."""
        self._replace(label, label, read, write, make)

    def _replace(
        self,
        key: Any,
        label: str,
        read: Callable[[], Any],
        write: Callable[[Any], None],
        make: Callable[[Any], Any],
    ) -> None:
        there = read()
        known = self._changes.get(key)
        if known is not None and there is known.new:
            return
        new = make(there)
        if new is there:
            return
        write(new)
        self._changes.pop(key, None)  # changed later than it was the first time
        self._changes[key] = _Change(label, read, write, there, new)

    def ending(self, end: Callable[[], object]) -> None:
        """Have ``end`` called by :meth:`restore`, after everything was put back; the last first.
        For what runs because of the changes, such as a thread."""
        self._endings.callback(end)

    def overwritten(self) -> list[str]:
        """The places, by label, that somebody else has written to since."""
        changes = self._changes.values()
        return [change.label for change in changes if change.read() is not change.new]

    def labels(self) -> list[str]:
        """All places, in order."""
        return [change.label for change in self._changes.values()]

    def restore(self) -> list[str]:
        """Put everything back, the last change first.

        Returns:
            The labels of the places that somebody else has written to since: these stay as they
            are.
        """
        kept = []
        while self._changes:
            _, change = self._changes.popitem()
            if change.read() is change.new:
                change.write(change.old)
            else:
                kept.append(change.label)
        self._endings.close()
        return kept

    def __len__(self) -> int:
        return len(self._changes)


def _own(holder: Any, name: str) -> Any:
    """The attribute as it lies in the holder itself (a static method as such, not what it is when
    it is asked for), or through the property that holds it."""
    own = getattr(holder, "__dict__", {})
    if name in own:
        return own[name]
    if not isinstance(holder, type) and hasattr(getattr(type(holder), name, None), "__set__"):
        return getattr(holder, name)
    return _ABSENT


def _name_of(holder: Any) -> str:
    module = getattr(holder, "__module__", None)
    name = getattr(holder, "__qualname__", None) or getattr(holder, "__name__", None)
    if name is None:
        return type(holder).__name__
    return name if module is None else f"{module}.{name}"
