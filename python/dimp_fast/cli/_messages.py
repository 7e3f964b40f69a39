"""What the commands about messages share: their input, and what is told of an envelope."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Any

from .. import Keyring
from ..accounts import AccountFolder
from ..content import ContentType
from ..identity import Identifier
from ..verdict import Code
from ._lines import MAX_FRAME_BYTES, Batch, batches_of, open_source
from ._text import complain


def read_messages(sources: Sequence[str]) -> Iterator[Batch]:
    """The messages of some sources, a line each. One whose first line is ``{`` and nothing else is
    one message over several lines. Raises ``OSError``."""
    done = 0
    for source in sources:
        position = 0
        with open_source(source) as file:
            first = file.readline(MAX_FRAME_BYTES + 2)
            if first.strip() == b"{":
                whole = first + file.read(MAX_FRAME_BYTES + 1 - len(first))
                batches: Iterator[Batch] = iter([Batch(source, [1], [whole], len(whole))])
            else:
                batches = batches_of(source, file, MAX_FRAME_BYTES, first)
            for batch in batches:
                position = batch.position
                yield batch._replace(position=done + position)
        done += position


def keyring_of(folder: str) -> Keyring:
    """A keyring that reads a folder, and complains of what it refuses there."""

    def refused(address: str, code: Code, reason: str) -> None:
        complain(f"account {address}: {code.name} {reason}")

    return Keyring(loader=AccountFolder(folder), on_refused=refused)


def envelope_facts(message: Any) -> dict[str, Any]:
    """Who writes to whom, when and what, of a message of any level."""
    group: Identifier | None = message.group
    return {
        "sender": str(message.sender),
        "receiver": str(message.receiver),
        "group": None if group is None else str(group),
        "time": message.time,
        "broadcast": message.is_broadcast,
    }


def envelope_lines(facts: dict[str, Any]) -> dict[str, str]:
    """The same for people."""
    lines = {"from": facts["sender"], "to": facts["receiver"]}
    if facts["group"] is not None:
        lines["group"] = facts["group"]
    if facts["time"] is not None:
        lines["time"] = _time_text(facts["time"])
    return lines


def _time_text(seconds: float) -> str:
    try:
        moment = datetime.fromtimestamp(seconds, timezone.utc)
    except (OverflowError, ValueError, OSError):
        return str(seconds)  # no calendar goes that far
    return f"{seconds} ({moment:%Y-%m-%d %H:%M:%S} UTC)"


def type_text(kind: Any) -> str:
    """A content type for people."""
    if isinstance(kind, str) and kind.isascii() and kind.isdigit() and len(kind) <= 18:
        kind = int(kind)
    if isinstance(kind, int) and kind in list(ContentType):
        return f"{kind} ({ContentType(kind).name.lower().replace('_', ' ')})"
    return str(kind)
