"""What keys with a secret in them have in common (docs/semantics.md#key-11).

Not here: any key. Python cannot wipe memory, so a secret stays in it until it is used for
something else; what is held off here is that it leaves the process by accident.
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

_Key = TypeVar("_Key", bound="Secret")


class Secret:
    """Neither pickled nor written as a mapping unless the caller says so; a copy is itself."""

    __slots__ = ()

    def _need_consent(self, secret: object) -> None:
        if secret is not True:
            raise ValueError(
                f"the mapping of a {type(self).__name__} holds its secret: "
                "say to_dict(secret=True), and keep the result where nobody else reads it"
            )

    def __reduce__(self) -> NoReturn:
        kind = type(self).__name__
        raise TypeError(
            f"a {kind} is not pickled, for it is secret: "
            f"send what to_dict(secret=True) gives, if you must, and {kind}.parse() it there"
        )

    def __getstate__(self) -> NoReturn:
        self.__reduce__()

    def __copy__(self: _Key) -> _Key:
        return self

    def __deepcopy__(self: _Key, memo: dict[int, Any]) -> _Key:
        return self
