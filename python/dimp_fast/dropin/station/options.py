"""What a hardened station can be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ...identity import Identifier

__all__ = ["SWITCHES", "Options"]


@dataclass(frozen=True)
class Options:
    """Options of ``harden_station``; each has a default that is right for a station.

    Raises:
        ValueError: a number below 1, a port that is none, or ``vouch`` names something that is no
            ID.
    """

    verify: bool = True
    """Verify every message before it is acted on (docs/station.md)."""
    vouch: tuple[str, ...] = ()
    """IDs of neighbour stations that vouch for senders whose keys are not known here."""
    loop: bool = True
    """One event loop for all connections instead of a thread and a loop each."""
    uvloop: bool = True
    """That loop is one of uvloop, where it is installed."""
    wake: bool = True
    """Without ``loop``: a session wakes up for what there is to do instead of polling."""
    reads: bool = True
    """Without ``loop``: sockets are read 64 KiB at a time instead of 1232 bytes."""
    lock: bool = True
    """A lock that is free is taken at once, without a detour through a thread pool."""
    phantom: bool = True
    """No second copy of a message for the terminal ``/`` that does not exist."""
    redis: bool = True
    """A station without Redis remembers that instead of looking it up for every message."""
    checks: bool = True
    """An account is looked over for what is to be asked for once a second, not at each reading."""
    ids: bool = True
    """An ID is recognised by its type."""
    keys: bool = True
    """A key that was parsed is kept by its text."""
    max_accounts: int = 100_000
    """Accounts whose checked keys are held in memory."""
    duplicates: int = 200_000
    """Messages that the filter of duplicates remembers."""
    batch: int = 1024
    """Messages that are verified at a time at most."""
    threads: int | None = None
    """Threads that verify a batch; all cores unless said."""
    host: str | None = None
    """Address to listen on; the station listens on all, whatever its configuration says."""
    metrics: int | None = None
    """Port on the loopback where Prometheus finds the counters; it needs ``prometheus_client``."""

    def __post_init__(self) -> None:
        for name in ("max_accounts", "duplicates", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: at least 1 is wanted, not {getattr(self, name)}")
        if self.metrics is not None and not 1 <= self.metrics <= 65535:
            raise ValueError(f"metrics: a port from 1 to 65535 is wanted, not {self.metrics}")
        object.__setattr__(self, "vouch", tuple(str(Identifier.parse(i)) for i in self.vouch))

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Options:
        """From a mapping by name.

        Raises:
            TypeError: an option that there is not.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(given.keys() - known):
            raise TypeError(f"options of the station: unknown: {', '.join(unknown)}")
        return cls(**given)

    def __str__(self) -> str:
        """One line for a log."""
        on = [name for name in SWITCHES if getattr(self, name)]
        off = [name for name in SWITCHES if not getattr(self, name)]
        vouching = f"; {len(self.vouch)} neighbours vouch" if self.vouch else ""
        return f"on: {', '.join(on) or 'nothing'}; off: {', '.join(off) or 'nothing'}{vouching}"


SWITCHES = (
    "verify",
    "loop",
    "uvloop",
    "wake",
    "reads",
    "lock",
    "phantom",
    "redis",
    "checks",
    "ids",
    "keys",
)
"""What can be switched off by name."""
