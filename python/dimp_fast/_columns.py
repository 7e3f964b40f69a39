"""Bytes of a tier as numpy columns, without a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def column(data: bytes, dtype: str) -> npt.NDArray[Any]:
    """A read-only array over ``data``; numpy is imported here, when first needed."""
    import numpy as np

    return np.frombuffer(data, dtype=np.dtype(dtype))


class Columns:
    """What the columns of addresses and those of IDs have in common. Read-only, in input order;
    refused items have zeros."""

    __slots__ = ("_codes", "_networks", "_numbers")

    def __init__(self, codes: bytes, networks: bytes, numbers: bytes) -> None:
        self._codes = codes
        self._networks = networks
        self._numbers = numbers

    @property
    def codes(self) -> npt.NDArray[np.uint8]:
        """``Code.OK`` or ``Code.BAD_ADDRESS``, shape ``(n,)``."""
        return column(self._codes, "<u1")

    @property
    def network(self) -> npt.NDArray[np.uint8]:
        """The raw network byte, shape ``(n,)``: 0 for ETH, 0x80 and 0x81 for broadcast."""
        return column(self._networks, "<u1")

    @property
    def number(self) -> npt.NDArray[np.uint32]:
        """The search number by today's definition, shape ``(n,)``."""
        return column(self._numbers, "<u4")

    def __len__(self) -> int:
        return len(self._codes)

    def __repr__(self) -> str:
        refused = len(self) - self._codes.count(0)
        return f"<{type(self).__name__} of {len(self)}, {refused} refused>"
