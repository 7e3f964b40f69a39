"""How the Python tier says no: a code and one line a person can read."""

from __future__ import annotations

from ..verdict import Code


class Refusal(ValueError):
    """Carries ``args == (code, reason)``, like the errors of the native tiers."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(int(code), reason)
        self.code = code
        self.reason = reason
