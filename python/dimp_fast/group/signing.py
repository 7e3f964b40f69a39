"""What members sign: operations and blocks of the strict form (docs/semantics.md#hist-2).

Votes are signed by :meth:`History.vote`. Not here: whether a member may, and whether it is wise.
"""

from __future__ import annotations

import time as clock
from collections.abc import Sequence
from typing import Any

from .. import coding
from ..identity import Identifier
from ..private_keys import PrivateKey
from ._form import read_entry
from ._texts import block_text, event_text, malformed, operation_text, read_event, read_header
from .outcome import Checkpoint

__all__ = ["sign_block", "sign_operation"]


def sign_operation(
    command: str,
    group: Identifier | str,
    commander: Identifier | str,
    private_key: PrivateKey,
    head: Checkpoint | None,
    user: Identifier | str | None = None,
    *,
    name: str | None = None,
    time: int | None = None,
) -> str:
    """An event: an operation, signed by its commander.

    Args:
        command: of :data:`COMMANDS`.
        group: what it is about.
        commander: who wants it.
        private_key: the commander's.
        head: the end of the chain as the commander knows it; ``None`` before the first block.
        user: whom it is about.
        name: the new name of a group.
        time: seconds since the epoch; ``None`` is now.

    Raises:
        DimError: what such an operation would be refused for by its form (HIST-2).
    """
    height, top = (-1, "") if head is None else (head.height, head.head)
    about = None if user is None else Identifier.parse(user).without_terminal()
    by = Identifier.parse(commander).without_terminal()
    text = operation_text(
        command, Identifier.parse(group), by, height, top, seconds(time), about, name
    )
    draft = read_event(event_text(text, b"?"), {})
    return event_text(text, private_key.sign(draft.operation.signed()))


def sign_block(
    group: Identifier | str,
    head: Checkpoint | None,
    events: Sequence[str],
    recorder: Identifier | str,
    private_key: PrivateKey,
    time: int | None = None,
) -> dict[str, Any]:
    """An entry of ``blocks`` without votes: events, recorded on ``head``, or as the first block.

    Raises:
        DimError: an event has not the right form, or a limit is exceeded.
    """
    height, previous = (0, "") if head is None else (head.height + 1, head.head)
    by = Identifier.parse(recorder).without_terminal()
    about = Identifier.parse(group)
    if not events:
        raise malformed("events: at least one is wanted")
    text = block_text(about, height, previous, seconds(time), by, events)
    header = read_header(text, {})
    signature = coding.base64_encode(private_key.sign(header.signed()))
    entry = {"block": text, "events": list(events), "signature": signature, "votes": {}}
    read_entry(entry, {})
    return entry


def seconds(time: int | None) -> int:
    """A time as histories have it; ``None`` is now."""
    return int(clock.time()) if time is None else int(time)
