"""What a history has come to, and what each command makes of it (docs/semantics.md#group-3).

Not here: signatures, votes, order. Those decide whether a command gets this far.
"""

from __future__ import annotations

from typing import Any

from ..identity import Identifier
from ..verdict import Code, DimError
from .permissions import PERMISSIONS, Kind, Role, kind_of, may

__all__ = ["MAX_MEMBERS", "State"]

MAX_MEMBERS = 4096
"""docs/semantics.md#hist-10."""

OPENING = {Kind.ACCOUNT: "register", Kind.CHATROOM: "found", Kind.POLYLOGUE: "found"}
"""What a history begins with."""


class State:
    """A group, or an account, after some blocks of its history. Immutable; equal to another that
    says the same. Instances may be shared between threads."""

    __slots__ = (
        "_administrators", "_founder", "_identifier", "_members", "_name", "_owner", "_retired",
    )  # fmt: skip

    _administrators: frozenset[str]
    _founder: str
    _identifier: Identifier
    _members: dict[str, Identifier]
    _name: str | None
    _owner: str
    _retired: bool

    def __init__(self) -> None:
        raise TypeError("a State comes from a history")

    @classmethod
    def _of(
        cls,
        identifier: Identifier,
        members: dict[str, Identifier],
        founder: str,
        owner: str,
        administrators: frozenset[str] = frozenset(),
        name: str | None = None,
        retired: bool = False,
    ) -> State:
        state = object.__new__(cls)
        state._identifier = identifier
        state._members = members
        state._founder = founder
        state._owner = owner
        state._administrators = administrators
        state._name = name
        state._retired = retired
        return state

    @classmethod
    def opened(cls, identifier: Identifier, founder: Identifier, owner: Identifier) -> State:
        """After ``found``, or ``register`` of an account: the founder, and the owner if it is
        another one, are the members."""
        members = {str(one): one for one in (founder, owner)}
        return cls._of(identifier, members, str(founder), str(owner))

    @property
    def identifier(self) -> Identifier:
        """The ID of the group or account."""
        return self._identifier

    @property
    def kind(self) -> Kind:
        """Polylogue, chatroom or account."""
        return kind_of(self._identifier)

    @property
    def members(self) -> tuple[Identifier, ...]:
        """In the order in which they came."""
        return tuple(self._members.values())

    @property
    def founder(self) -> Identifier:
        """Who began the history; perhaps no member any more."""
        return Identifier.parse(self._founder)

    @property
    def owner(self) -> Identifier:
        """The one who records."""
        return self._members[self._owner]

    @property
    def administrators(self) -> tuple[Identifier, ...]:
        """In the order in which they became members."""
        return tuple(one for text, one in self._members.items() if text in self._administrators)

    @property
    def name(self) -> str | None:
        """What a ``name`` command called the group."""
        return self._name

    @property
    def is_retired(self) -> bool:
        """Whether an account was given up (``suicide``)."""
        return self._retired

    def role_of(self, identifier: Identifier | str) -> Role:
        """What an ID is to this group; its terminal does not matter."""
        return self._role(str(Identifier.parse(identifier).without_terminal()))

    def _role(self, text: str) -> Role:
        if text not in self._members:
            return Role.OUTSIDER
        if text == self._owner:
            return Role.OWNER
        return Role.ADMINISTRATOR if text in self._administrators else Role.MEMBER

    def apply(
        self,
        command: str,
        commander: Identifier,
        user: Identifier | None = None,
        name: str | None = None,
    ) -> State:
        """The state after a command of ``commander``, perhaps about ``user``.

        Raises:
            DimError: ``FORBIDDEN``, by docs/semantics.md#group-2; ``TOO_LARGE``, too many members.
        """
        role = self._role(str(commander))
        target = None if user is None else self._role(str(user))
        if self._retired or not may(self.kind, command, role, target):
            by = f"not by {_a(role.name)} of {_a(self.kind.value)}"
            about = "" if target is None else f" about {_a(target.name)}"
            retired = ", which is retired" if self._retired else ""
            raise DimError(Code.FORBIDDEN, f"{command}: {by}{about}{retired}")
        if command == "suicide":
            return self._with(retired=True)
        if command == "name":
            return self._with(name=name)
        subject = commander if user is None else user
        return self._moved(command, subject)

    def _moved(self, command: str, subject: Identifier) -> State:
        """After a command that changes somebody's role."""
        text = str(subject)
        if command in ("join", "invite"):
            if len(self._members) >= MAX_MEMBERS:
                raise DimError(Code.TOO_LARGE, f"members: more than {MAX_MEMBERS}")
            return self._with(members={**self._members, text: subject})
        if command in ("quit", "expel"):
            left = {name: one for name, one in self._members.items() if name != text}
            return self._with(members=left)
        if command == "hire":
            return self._with(administrators=self._administrators | {text})
        administrators = self._administrators - {text}
        if command == "abdicate":
            return self._with(owner=text, administrators=administrators)
        return self._with(administrators=administrators)  # fire, resign

    def _with(self, **changed: Any) -> State:
        fields = {slot[1:]: getattr(self, slot) for slot in self.__slots__}
        return self._of(**(fields | changed))

    def to_dict(self) -> dict[str, Any]:
        """All of it as a JSON mapping."""
        return {
            "ID": str(self._identifier),
            "members": list(self._members),
            "founder": self._founder,
            "owner": self._owner,
            "administrators": [str(one) for one in self.administrators],
            "name": self._name,
            "retired": self._retired,
        }

    @classmethod
    def _from_dict(cls, mapping: dict[str, Any]) -> State:
        """What :meth:`to_dict` wrote; ``KeyError``, ``TypeError`` or ``ValueError`` otherwise."""
        members = {text: Identifier.parse(text) for text in mapping["members"]}
        administrators = frozenset(mapping["administrators"])
        if mapping["owner"] not in members or not administrators <= members.keys():
            raise ValueError("state: roles without members")
        return cls._of(
            Identifier.parse(mapping["ID"]),
            members,
            str(Identifier.parse(mapping["founder"])),
            mapping["owner"],
            administrators,
            mapping["name"],
            bool(mapping["retired"]),
        )

    def __eq__(self, other: object) -> bool:
        return self.to_dict() == other.to_dict() if isinstance(other, State) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<State of {self._identifier}, {len(self._members)} members>"


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'aoAO' else 'a'} {name.lower()}"


def is_command(kind: Kind, command: str) -> bool:
    """Whether a kind has a command at all."""
    return command in PERMISSIONS[kind]
