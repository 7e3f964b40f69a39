"""The version, as the installed distribution says it."""

from __future__ import annotations

__version__ = "0.1.0"
