"""Text for people, on terminals: what others wrote must not steer them.

Not here: JSON output, which escapes everything itself.
"""

from __future__ import annotations

import sys


def printable(text: str) -> str:
    """``text`` with escapes in place of line breaks, ESC, bidi controls and their like."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def complain(text: str) -> None:
    """One line on standard error."""
    print(printable(text), file=sys.stderr)
