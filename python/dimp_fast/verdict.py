"""Verdict codes and how a batch reports them (docs/semantics.md#verdict-1).

Not here: any checking. Every tier speaks in these numbers.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from ._columns import column

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

    import numpy as np
    import numpy.typing as npt

__all__ = ["Code", "DimError", "Verdicts"]


class Code(IntEnum):
    """A verdict. ``OK`` is 0, everything else is a refusal; the numbers are stable.

    A code has no truth value: ``if code:`` would read a refusal as success.
    """

    OK = 0
    BAD_SIGNATURE = 1
    BAD_SIGNATURE_ENCODING = 2
    BAD_KEY = 3
    UNSUPPORTED = 4
    MISMATCH = 5
    UNKNOWN_SENDER = 6
    BAD_ENCODING = 7
    BAD_ADDRESS = 8
    MALFORMED = 9
    TOO_LARGE = 10
    EXPIRED = 11
    UNREADABLE = 12
    FORBIDDEN = 13
    CONFLICT = 14
    UNCONFIRMED = 15

    def __bool__(self) -> bool:
        raise TypeError("a Code has no truth value; compare it with Code.OK")


_MEANINGS = {
    Code.OK: "accepted",
    Code.BAD_SIGNATURE: "signature: not made over these bytes by this key",
    Code.BAD_SIGNATURE_ENCODING: "signature: cannot be a signature of this key",
    Code.BAD_KEY: "key: missing or unusable",
    Code.UNSUPPORTED: "key: algorithm, curve or size is not supported",
    Code.MISMATCH: "ID: does not belong to this meta",
    Code.UNKNOWN_SENDER: "sender: no checked key",
    Code.BAD_ENCODING: "encoding: not base64",
    Code.BAD_ADDRESS: "address: not an address",
    Code.MALFORMED: "message: not a JSON object with the needed fields",
    Code.TOO_LARGE: "message: a limit is exceeded",
    Code.EXPIRED: "time: too old, or too far in the future",
    Code.UNREADABLE: "content: not to be read with the keys at hand",
    Code.FORBIDDEN: "operation: signed by somebody who may not do that",
    Code.CONFLICT: "block: another one of its height was chosen",
    Code.UNCONFIRMED: "block: not confirmed by more than half of the members",
}


class DimError(ValueError):
    """Raised by parsers of single items; batches put the code in place instead.

    Attributes:
        code: why, as a :class:`Code` other than ``OK``.
        reason: one line a person can read, naming the offending field.
    """

    def __init__(self, code: Code | int, reason: str) -> None:
        self.code = Code(code)
        self.reason = reason
        super().__init__(f"{self.code.name}: {reason}")

    def __reduce__(self) -> tuple[type[DimError], tuple[Code, str]]:
        return type(self), (self.code, self.reason)


class Verdicts:
    """The verdicts of a batch, in input order. Immutable.

    There is no truth value: nobody may read a batch as "all fine" by accident; say
    :meth:`all_ok`.
    """

    __slots__ = ("_codes", "_reason")

    def __init__(self, codes: bytes, reason: Callable[[int], str | None] | None = None) -> None:
        self._codes = codes
        self._reason = reason

    @property
    def codes(self) -> npt.NDArray[np.uint8]:
        """The codes as a read-only ``uint8`` array of shape ``(n,)``."""
        return column(self._codes, "<u1")

    @property
    def ok(self) -> npt.NDArray[np.bool_]:
        """``codes == Code.OK`` as a ``bool`` array of shape ``(n,)``."""
        ok: npt.NDArray[np.bool_] = self.codes == int(Code.OK)
        return ok

    def all_ok(self) -> bool:
        """Whether every item was accepted; true for an empty batch."""
        return not self._codes.strip(b"\0")

    def reason(self, index: int) -> str:
        """One line a person can read about item ``index``, naming the offending field."""
        code = self[index]
        if self._reason is not None:
            detail = self._reason(index if index >= 0 else index + len(self))
            if detail:
                return detail
        return _MEANINGS[code]

    def counts(self) -> Counter[Code]:
        """How many items got each code; 0 for codes that did not occur, which are left out."""
        from collections import Counter

        return Counter({code: n for code in Code if (n := self._codes.count(int(code)))})

    def __len__(self) -> int:
        return len(self._codes)

    def __getitem__(self, index: int) -> Code:
        if isinstance(index, slice):
            raise TypeError("Verdicts: an index is wanted, not a slice; use .codes for slices")
        return Code(self._codes[index])

    def __iter__(self) -> Iterator[Code]:
        return map(Code, self._codes)

    def __bool__(self) -> bool:
        raise TypeError("Verdicts have no truth value; use all_ok(), ok or codes")

    def __eq__(self, other: object) -> bool:
        return self._codes == other._codes if isinstance(other, Verdicts) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        counts = ", ".join(f"{code.name}: {n}" for code, n in self.counts().items())
        return f"<Verdicts of {len(self)}: {counts or 'empty'}>"
