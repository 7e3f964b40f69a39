"""A verified history block by block: who did what, and what came of it.

Not here: any check. The verdict says which blocks count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..identity import Identifier
from . import _historic
from ._evaluation import apply_events
from .history import History
from .outcome import HistoryVerdict
from .state import State

__all__ = ["Step", "steps"]


class Step(NamedTuple):
    """One block of the chain."""

    height: int
    time: int | None
    """``None`` in the historic form, which signs none."""
    recorder: Identifier
    commands: tuple[tuple[str, Identifier, str | None], ...]
    """Command, commander, and the ID or name that it is about."""
    votes: int
    """Right votes, that of the recorder among them; of the event with the fewest."""
    electorate: int
    """Members before the block."""
    state: State
    """After it."""


def steps(history: History, verdict: HistoryVerdict) -> Iterator[Step]:
    """The blocks of the chain that :meth:`History.verify` accepted, from the first block on.

    Args:
        history: what was verified.
        verdict: of a verification without a checkpoint.
    """
    if verdict.history.version == 1:
        yield from _historic_steps(verdict)
        return
    blocks = {block.name: block for block in verdict.history.blocks}
    state = None
    for name in verdict.chain:
        block = blocks[name]
        header = block.header
        electorate = 1 if state is None else len(state.members)
        state = apply_events(state, history.identifier, header.recorder, block.events)
        commands = tuple(
            (
                event.operation.command,
                event.commander,
                event.operation.name if event.operation.user is None else str(event.operation.user),
            )
            for event in block.events
        )
        votes = 1 + len(block.votes)
        yield Step(header.height, header.time, header.recorder, commands, votes, electorate, state)


def _historic_steps(verdict: HistoryVerdict) -> Iterator[Step]:
    refused = {(one.height, one.voter) for one in verdict.refused}
    state = None
    for height, record in enumerate(verdict.history.records):
        recorder = record.recorder
        assert recorder is not None
        electorate = 1 if state is None else len(state.members)
        state = _historic.apply_record(record, verdict.history.identifier, state)
        commands = tuple(
            (
                event.command,
                event.commander or recorder,
                event.name if event.user is None else str(event.user),
            )
            for event in record.events
        )
        votes = min(
            1 + sum((height, one) not in refused and one != recorder.address for one in event.votes)
            for event in record.events
        )
        yield Step(height, None, recorder, commands, votes, electorate, state)
