"""Bytes of a tier as numpy columns, without a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt


def column(data: bytes, dtype: str) -> npt.NDArray[Any]:
    """A read-only array over ``data``; numpy is imported here, when first needed."""
    import numpy as np

    return np.frombuffer(data, dtype=np.dtype(dtype))
