"""Sizes that the races share: batches, and messages that are signed.

The slow ones run at full length only (``--full``); what is left says as much in minutes.
"""

from __future__ import annotations

from typing import Any

import pytest


def slow(value: Any) -> Any:
    """A parameter that a quick run leaves out."""
    return pytest.param(value, marks=pytest.mark.slow)


BATCHES = (1, 8, 64, 256, slow(1024), slow(4096))
"""Items in a call."""

MESSAGES = {"200 B": 200, "1 KB": 1 << 10, "16 KB": 16 << 10, "256 KB": 256 << 10}
"""Bytes that are signed: the field ``data`` of a message, decoded."""
