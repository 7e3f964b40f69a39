"""The version. A test holds it equal to that of the distribution and of the Rust workspace."""

from __future__ import annotations

__version__ = "0.1.0"
