"""Calls into what was registered from outside (docs/semantics.md#ext-1).

Whatever a row of ``registry`` does, only the item at hand is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

_Row = TypeVar("_Row")
_Answer = TypeVar("_Answer")
_Arguments = ParamSpec("_Arguments")


def ask(
    row: _Row,
    question: Callable[Concatenate[_Row, _Arguments], _Answer],
    *arguments: _Arguments.args,
    **options: _Arguments.kwargs,
) -> _Answer | None:
    """``question(row, *arguments)``, or ``None`` when it raises.

    ``ValueError`` is how a row says no; any other error is a mistake in it, and is reported to
    ``sys.unraisablehook``.
    """
    try:
        return question(row, *arguments, **options)
    except ValueError:
        return None
    except Exception as error:
        _Report(error)
        return None


class _Report:
    """Is gone as soon as it is made: only what a destructor raises is unraisable, and only the
    interpreter can make the arguments of that hook."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __del__(self) -> None:
        raise self._error
