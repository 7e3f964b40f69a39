"""Groups that evolve by signature and vote (docs/groups.md, docs/semantics.md#group-1, #hist-1).

``History`` holds the signed blocks of a group or an account, ``verify`` judges them, ``merge``
brings nodes together. ``Polylogue`` is a small group as the clients of today keep it, by single
signed commands (docs/semantics.md#poly-1).
"""

from __future__ import annotations

from .history import History, merge
from .outcome import Checkpoint, Equivocation, HistoryVerdict, Refused
from .permissions import CLIENT_KEPT, COMMANDS, PERMISSIONS, Kind, Permission, Role, kind_of, may
from .polylogue import Pending, Polylogue, PolylogueState
from .signing import sign_block, sign_operation
from .state import State
from .steps import Step, steps

__all__ = [
    "CLIENT_KEPT",
    "COMMANDS",
    "PERMISSIONS",
    "Checkpoint",
    "Equivocation",
    "History",
    "HistoryVerdict",
    "Kind",
    "Pending",
    "Permission",
    "Polylogue",
    "PolylogueState",
    "Refused",
    "Role",
    "State",
    "Step",
    "kind_of",
    "may",
    "merge",
    "sign_block",
    "sign_operation",
    "steps",
]
