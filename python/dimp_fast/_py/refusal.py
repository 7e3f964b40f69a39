"""How the Python tier says no: a code and one line a person can read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..verdict import Code

Verdict = tuple[int, str]
"""A code and its reason."""

ADMITTED: Verdict = (int(Code.OK), "")


class Refusal(ValueError):
    """Carries ``args == (code, reason)``, like the errors of the native tiers."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(int(code), reason)
        self.code = code
        self.reason = reason

    @property
    def verdict(self) -> Verdict:
        return int(self.code), self.reason


def judge(check: Callable[..., object], *arguments: Any) -> Verdict:
    """What ``check`` refuses with, or that it does not."""
    try:
        check(*arguments)
    except Refusal as refusal:
        return refusal.verdict
    return ADMITTED


def columns(verdicts: list[Verdict]) -> tuple[bytes, dict[int, str]]:
    """Codes, and the reasons of the refused by index."""
    codes = bytes(code for code, _ in verdicts)
    return codes, {index: reason for index, (code, reason) in enumerate(verdicts) if code}
