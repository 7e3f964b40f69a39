"""Who may do what in a group: roles, commands, one table (docs/semantics.md#group-1 to #group-4).

The tables in docs/groups.md are those of this one, and tests compare them. Not here: what a
command does (``state``), and who signed it.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from types import MappingProxyType
from typing import NamedTuple

from ..identity import EntityType, Identifier

__all__ = [
    "CLIENT_KEPT",
    "COMMANDS",
    "PERMISSIONS",
    "TARGETS",
    "Kind",
    "Permission",
    "Role",
    "kind_of",
    "may",
]


class Kind(Enum):
    """What evolves by a history."""

    POLYLOGUE = "polylogue"
    CHATROOM = "chatroom"
    ACCOUNT = "account"


class Role(IntEnum):
    """What an ID is to a group; exactly one of these at a time."""

    OUTSIDER = 0
    MEMBER = 1
    ADMINISTRATOR = 2
    OWNER = 3


class Permission(NamedTuple):
    """Which roles may issue a command, and about whom."""

    roles: frozenset[Role]
    targets: frozenset[Role] | None = None
    """Roles of the ID that it is about; ``None`` when it is about nobody."""


_OUTSIDER, _MEMBER, _ADMINISTRATOR, _OWNER = Role
_MEMBERS = frozenset((_MEMBER, _ADMINISTRATOR, _OWNER))
_NOBODY: frozenset[Role] = frozenset()


def _only(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


TARGETS: MappingProxyType[str, frozenset[Role]] = MappingProxyType(
    {
        "abdicate": _only(_MEMBER, _ADMINISTRATOR),
        "invite": _only(_OUTSIDER),
        "expel": _only(_MEMBER),
        "hire": _only(_MEMBER),
        "fire": _only(_ADMINISTRATOR),
    }
)
"""Commands that are about somebody else, and the roles that one may have."""

_POLYLOGUE = {
    "found": _NOBODY,
    "abdicate": _only(_OWNER),
    "invite": _MEMBERS,
    "expel": _only(_OWNER),
    "join": _only(_OUTSIDER),
    "quit": _only(_MEMBER),
    "name": _MEMBERS,
    "hire": _NOBODY,
    "fire": _NOBODY,
    "resign": _NOBODY,
}

_CHATROOM = _POLYLOGUE | {
    "expel": _only(_ADMINISTRATOR, _OWNER),
    "hire": _only(_OWNER),
    "fire": _only(_OWNER),
    "resign": _only(_ADMINISTRATOR),
}

_ACCOUNT = {"register": _NOBODY, "suicide": _only(_OWNER)}


def _with_targets(roles: dict[str, frozenset[Role]]) -> MappingProxyType[str, Permission]:
    return MappingProxyType(
        {command: Permission(who, TARGETS.get(command)) for command, who in roles.items()}
    )


PERMISSIONS: MappingProxyType[Kind, MappingProxyType[str, Permission]] = MappingProxyType(
    {
        Kind.POLYLOGUE: _with_targets(_POLYLOGUE),
        Kind.CHATROOM: _with_targets(_CHATROOM),
        Kind.ACCOUNT: _with_targets(_ACCOUNT),
    }
)
"""Kind -> command -> who may. ``found`` and ``register`` open a history; nobody may later."""

CLIENT_KEPT: MappingProxyType[str, frozenset[Role]] = MappingProxyType(
    {
        "reset": _only(_ADMINISTRATOR, _OWNER),
        "invite": _MEMBERS,
        "join": _only(_OUTSIDER),
        "quit": _only(_MEMBER),
        "resign": _only(_ADMINISTRATOR),
        "query": _MEMBERS,
    }
)
"""Command -> who may, in a polylogue that its clients keep, without a history
(docs/semantics.md#poly-4 to #poly-6)."""

COMMANDS = tuple(dict.fromkeys(command for table in PERMISSIONS.values() for command in table))
"""All commands, in the order of the tables."""


def may(kind: Kind, command: str, role: Role, target: Role | None = None) -> bool:
    """Whether ``role`` may issue a command about somebody of role ``target``, or about nobody.

    ``False`` too for a command that the kind does not have, and for a target too many or too few.
    """
    permission = PERMISSIONS[kind].get(command)
    if permission is None or role not in permission.roles:
        return False
    if permission.targets is None or target is None:
        return permission.targets is None and target is None
    return target in permission.targets


def kind_of(identifier: Identifier) -> Kind:
    """What a history of this ID is about."""
    if identifier.is_user:
        return Kind.ACCOUNT
    return Kind.CHATROOM if identifier.type == EntityType.CHATROOM else Kind.POLYLOGUE
