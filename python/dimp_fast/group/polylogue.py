"""Small groups as the clients of today keep them: single signed commands, no votes
(docs/semantics.md#poly-1 to #poly-11).

``Polylogue`` takes bulletins and commands in any order and says who the members are. Not here:
histories by signature and vote (``history``), and sending what is made.
"""

from __future__ import annotations

import time as clock
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .._fields import as_identifier, as_identifiers, malformed
from ..content import Content, DocumentsCommand, ForwardContent, GroupCommand
from ..document import Document
from ..identity import ANYONE, Identifier
from ..keyring import Keyring
from ..keys import PublicKey
from ..levels import InstantMessage
from ..local_user import LocalUser
from ..message import ReliableMessage, decode, encode
from ..opening import open_batch, open_message
from ..sealing import seal
from ..verdict import Code, DimError, Verdicts
from .permissions import CLIENT_KEPT, Kind, Role, kind_of
from .state import MAX_MEMBERS

__all__ = ["Pending", "Polylogue", "PolylogueState"]

# docs/semantics.md#poly-10: IDs in the commands held. One that comes late has all of them told
# again, so that their number bounds time as well as memory.
COMMAND_WEIGHT = 32
MAX_OF_ONE = 8192
MAX_OF_MEMBERS = 65_536
MAX_OF_OUTSIDERS = 16_384

NEAR_FUTURE = 30 * 60
"""Seconds that a clock may be ahead of ours (docs/semantics.md#poly-7)."""

OUTSIDERS = ""
"""The account that all outsiders share."""

Message = ReliableMessage | Mapping[str, Any] | bytes


class Pending(NamedTuple):
    """Somebody who waits for a reset: invited by a member, or, where ``by`` is ``user``, by a
    request of his own."""

    user: Identifier
    by: Identifier
    time: float


class PolylogueState(NamedTuple):
    """A polylogue at some moment. Equal to another that says the same."""

    identifier: Identifier
    owner: Identifier
    members: tuple[Identifier, ...]
    """As the last reset has them, then in the order in which they came."""
    administrators: tuple[Identifier, ...]
    """As the bulletin has them; not each need be a member."""
    pending: tuple[Pending, ...]
    """In the order of time, one an ID."""
    reset: float | None
    """When the members were last set; ``None`` as long as they never were."""

    def role_of(self, identifier: Identifier | str) -> Role:
        """What an ID is to this group; its terminal does not matter."""
        bare = Identifier.parse(identifier).without_terminal()
        if bare == self.owner:
            return Role.OWNER
        if bare in self.administrators:
            return Role.ADMINISTRATOR
        return Role.MEMBER if bare in self.members else Role.OUTSIDER


class _Said(NamedTuple):
    """A command as far as it matters. The order of tuples is that of docs/semantics.md#poly-8."""

    time: float
    is_after_reset: bool
    command: str
    sender: str
    members: tuple[str, ...]

    @property
    def weight(self) -> int:
        return COMMAND_WEIGHT + len(self.members)


class _Held:
    """What is kept of a command: who pays for its room, whether the bulletin had its sender as an
    administrator when it came, how it came, and its verdict for now."""

    __slots__ = ("account", "code", "is_of_staff", "message")

    def __init__(self, account: str, is_of_staff: bool, message: ReliableMessage | None) -> None:
        self.account = account
        self.is_of_staff = is_of_staff
        self.message = message
        self.code = Code.OK


class _Bulletin(NamedTuple):
    time: float
    data: str
    document: Document
    owner: str
    administrators: tuple[str, ...]


class _Roll:
    """Members, administrators and those who wait, one command after the other."""

    def __init__(
        self, owner: str, members: Sequence[str], administrators: Sequence[str], base: _Said | None
    ) -> None:
        self.owner = owner
        self.members = dict.fromkeys(members)
        self.administrators = dict.fromkeys(administrators)
        self.resigned: set[str] = set()
        self.pending: dict[str, tuple[str, float]] = {}
        self.base = base

    def role_of(self, who: str, is_of_staff: bool) -> Role:
        """``is_of_staff``: by the bulletin."""
        if who == self.owner:
            return Role.OWNER
        if is_of_staff and who not in self.resigned:
            return Role.ADMINISTRATOR
        return Role.MEMBER if who in self.members else Role.OUTSIDER

    def _allows(self, said: _Said, role: Role) -> bool:
        """docs/semantics.md#poly-4 to #poly-6."""
        if role not in CLIENT_KEPT.get(said.command, ()):
            return False
        if said.command in ("invite", "query"):
            return said.sender in self.members
        if said.command == "reset":
            still_leads = role is Role.OWNER or said.sender in self.administrators
            listed = set(said.members)
            is_whole = said.members[0] == self.owner and self.administrators.keys() <= listed
            return still_leads and is_whole
        return True

    def take(self, said: _Said, is_of_staff: bool) -> Code:
        """Do what a command says, all of it or nothing."""
        role = self.role_of(said.sender, is_of_staff)
        if not self._allows(said, role):
            return Code.FORBIDDEN
        if said.command == "reset":
            self.members = dict.fromkeys(said.members)
            self.pending.clear()
            self.base = said
        elif said.command == "quit":
            del self.members[said.sender]
        elif said.command == "resign":
            self.resigned.add(said.sender)
            self.administrators.pop(said.sender, None)
        elif said.command == "invite" and role > Role.MEMBER:
            return self._add(said)
        elif said.command != "query":
            return self._ask(said)
        return Code.OK

    def _add(self, said: _Said) -> Code:
        new = [one for one in said.members if one not in self.members]
        if len(self.members) + len(new) > MAX_MEMBERS:
            return Code.TOO_LARGE
        for one in new:
            self.members[one] = None
            self.pending.pop(one, None)
        return Code.OK

    def _ask(self, said: _Said) -> Code:
        asked = said.members if said.command == "invite" else (said.sender,)
        new = [one for one in asked if one not in self.members and one not in self.pending]
        if len(self.pending) + len(new) > MAX_MEMBERS:
            return Code.TOO_LARGE
        self.pending.update((one, (said.sender, said.time)) for one in new)
        return Code.OK


class Polylogue:
    """A small group that its clients keep.

    Metas of the senders are those of ``keyring``, which also learns the meta and the documents of
    the group that are applied. Not for several threads at once.

    Args:
        group: its ID.
        keyring: checked accounts; that of the group may come later.
        founder: the owner where no bulletin names one.

    Raises:
        DimError: ``BAD_ADDRESS``, an ID that is none; ``UNKNOWN_SENDER`` or ``MISMATCH``, the
            founder has no checked meta, or another key than the group.
        ValueError: ``group`` is not the ID of a polylogue.
    """

    __slots__ = (
        "_base", "_base_message", "_bulletin", "_founder", "_group", "_held", "_keyring", "_meta",
        "_roll", "_room", "_said",
    )  # fmt: skip

    def __init__(
        self,
        group: Identifier | str,
        keyring: Keyring,
        *,
        founder: Identifier | str | None = None,
    ) -> None:
        if not isinstance(keyring, Keyring):
            raise TypeError(f"keyring: Keyring is wanted, not {type(keyring).__name__}")
        self._group = Identifier.parse(group).without_terminal()
        if self._group.is_broadcast or kind_of(self._group) is not Kind.POLYLOGUE:
            raise ValueError(f"group: {self._group} is no polylogue")
        self._keyring = keyring
        self._meta: Mapping[str, Any] | None = None
        self._bulletin: _Bulletin | None = None
        self._base: _Said | None = None
        self._base_message: ReliableMessage | None = None
        self._said: list[_Said] = []
        self._held: dict[_Said, _Held] = {}
        self._room: Counter[str] = Counter()
        self._founder = None if founder is None else self._owner(Identifier.parse(founder))
        self._roll: _Roll | None = None
        self._tell_again()

    @property
    def identifier(self) -> Identifier:
        """The ID of the group."""
        return self._group

    @property
    def bulletin(self) -> Document | None:
        """The newest one."""
        return None if self._bulletin is None else self._bulletin.document

    @property
    def state(self) -> PolylogueState | None:
        """Who is what, by all that was applied so far; ``None`` while the owner is not known."""
        roll = self._roll
        if roll is None:
            return None
        return PolylogueState(
            self._group,
            Identifier.parse(roll.owner),
            tuple(map(Identifier.parse, roll.members)),
            tuple(map(Identifier.parse, roll.administrators)),
            tuple(
                Pending(Identifier.parse(user), Identifier.parse(by), time)
                for user, (by, time) in roll.pending.items()
            ),
            None if roll.base is None else roll.base.time,
        )

    def apply(
        self,
        command: Message | InstantMessage | Content | Document,
        sender: Identifier | str | None = None,
    ) -> Code:
        """Take a command, or a bulletin.

        Args:
            command: a broadcast message, as it came or decoded, which is verified here; what
                :func:`dimp_fast.open_message` made of another one; or, with ``sender``, a content.
                A ``documents`` command or a :class:`Document` of the group needs no sender.
            sender: who said it. That it was he, the caller has checked.

        Returns:
            ``OK``, also when it was applied before, or the code by docs/semantics.md#poly-1 to
            #poly-10 or of the message. ``FORBIDDEN`` can become ``OK`` when more is known.

        Raises:
            TypeError: an argument is of a wrong type.
        """
        try:
            self._apply(command, sender)
        except DimError as refusal:
            return refusal.code
        return Code.OK

    def apply_all(self, messages: Sequence[Message], *, threads: int | None = None) -> Verdicts:
        """Take broadcast messages, such as the ``secrets`` of what :meth:`bundle` made, in their
        order; see :meth:`apply`. All signatures are verified in one native pass.

        Raises:
            TypeError: an item is of a wrong type; the message names its index.
        """
        opened, verdicts = open_batch(messages, users=(), keyring=self._keyring, threads=threads)
        codes = bytearray(map(int, verdicts))
        reasons: dict[int, str] = {}
        for index, (message, source) in enumerate(zip(opened, messages, strict=True)):
            if message is None:
                reasons[index] = verdicts.reason(index)
                continue
            try:
                self._apply_content(message.content, message.sender, source)
            except DimError as refusal:
                codes[index], reasons[index] = refusal.code, refusal.reason
        return Verdicts(bytes(codes), reasons.get)

    def issue(self, command: GroupCommand, sender: LocalUser) -> ReliableMessage:
        """Sign a command as a broadcast message, and apply it.

        Raises:
            DimError: what :meth:`apply` refuses is not issued; or by :func:`dimp_fast.seal`.
            TypeError: an argument is of a wrong type.
        """
        if not isinstance(command, GroupCommand):
            raise TypeError(f"command: GroupCommand is wanted, not {type(command).__name__}")
        message = self._seal(command, sender)
        self._apply(message, None)
        return message

    def bundle(self, holder: LocalUser) -> ForwardContent:
        """All that somebody needs who comes new, to be sealed for him by ``holder``, a local user
        (docs/semantics.md#poly-11)."""
        messages: list[ReliableMessage | None] = []
        if self._bulletin is not None:
            documents = [self._bulletin.document]
            told = DocumentsCommand.create(did=self._group, meta=self._meta, documents=documents)
            messages.append(self._seal(told, holder))
        messages.append(self._base_message)
        held = map(self._held.__getitem__, self._said)
        messages += [one.message for one in held if one.code is Code.OK]
        secrets = [message for message in messages if message is not None]
        return ForwardContent.create(group=self._group, secrets=secrets)

    def _seal(self, content: Content, sender: LocalUser) -> ReliableMessage:
        return seal(content.to_wire(), sender=sender, receivers=ANYONE, keyring=self._keyring)

    # What comes in.

    def _apply(self, command: Any, sender: Identifier | str | None) -> None:
        """:meth:`apply`; a refusal is raised."""
        if isinstance(command, Document):
            self._take_document(command)
        elif isinstance(command, DocumentsCommand):
            self._take_documents(command)
        elif isinstance(command, (Content, Mapping)) and sender is not None:
            self._apply_content(command, Identifier.parse(sender), None)
        elif isinstance(command, InstantMessage) and sender is None:
            self._apply_content(command.content, command.sender, None)
        elif isinstance(command, (bytes, Mapping, ReliableMessage)) and sender is None:
            opened = open_message(command, users=(), keyring=self._keyring)
            self._apply_content(opened.content, opened.sender, command)
        else:
            raise TypeError(
                "command: a message is wanted, or a content with its sender, "
                f"not {type(command).__name__} with {type(sender).__name__}"
            )

    def _apply_content(
        self,
        source: Content | Mapping[str, Any],
        sender: Identifier,
        message: Message | None,
    ) -> None:
        """``message``: what it came in, which verified; ``None`` where that is not here."""
        content = Content.parse(source)
        if isinstance(content, DocumentsCommand):
            return self._take_documents(content)
        if not isinstance(content, GroupCommand):
            raise malformed("command: none of a group")
        return self._take(self._read(content, sender), message)

    def _take_documents(self, command: DocumentsCommand) -> None:
        """docs/semantics.md#poly-2. All are taken that can be; the first refusal is told."""
        if command.did is None or not command.did.is_same_as(self._group):
            raise DimError(Code.MISMATCH, "did: another ID than the group's")
        if command.documents is None and command.meta is None:
            raise malformed("documents: missing")
        if command.meta is not None:
            _expect(self._keyring.add_meta(self._group, command.meta), "meta")
            self._meta = command.meta
        refusals: list[DimError] = []
        for document in command.documents or ():
            try:
                self._take_document(document)
            except DimError as refusal:
                refusals.append(refusal)
        if refusals:
            raise refusals[0]

    def _take_document(self, source: Document | Mapping[str, Any]) -> None:
        document = Document.parse(source)
        if not document.did.is_same_as(self._group):
            raise DimError(Code.MISMATCH, "did: another ID than the group's")
        _expect(self._keyring.add_document(document), "document")
        if document.type == "bulletin":
            self._take_bulletin(document)

    def _take_bulletin(self, document: Document) -> None:
        document.verify(self._group_key())
        says = document.properties
        named = says.get("founder")
        owner = self._founder if named is None else self._owner(as_identifier(named))
        if owner is None:
            raise DimError(Code.UNKNOWN_SENDER, "founder: not named")
        listed = says.get("administrators")
        identifiers = () if listed is None else as_identifiers(listed)
        _not_too_many(identifiers, "administrators")
        administrators = _users(identifiers, "administrators")
        data = document.to_dict()["data"]
        bulletin = _Bulletin(document.time or 0.0, data, document, owner, administrators)
        if self._bulletin is not None and bulletin[:2] < self._bulletin[:2]:
            raise DimError(Code.EXPIRED, "time: older than the bulletin that is held")
        self._bulletin = bulletin
        self._tell_again()

    def _group_key(self) -> PublicKey:
        key = self._keyring._identity_key(self._group)
        if key is None:
            raise DimError(Code.UNKNOWN_SENDER, "group: no checked meta")
        return key

    def _owner(self, founder: Identifier) -> str:
        """docs/semantics.md#poly-1."""
        [owner] = _users([founder], "founder")
        key = self._keyring._identity_key(founder)
        if key is None:
            raise DimError(Code.UNKNOWN_SENDER, f"founder: no checked meta of {owner}")
        if key != self._group_key():
            raise DimError(Code.MISMATCH, f"founder: {owner} has another key than the group")
        return owner

    def _read(self, content: GroupCommand, sender: Identifier) -> _Said:
        """The form of a command, and who says it (docs/semantics.md#poly-3)."""
        name, time, group, members = content.command, content.time, content.group, content.members
        is_about_others = name in ("invite", "reset")
        if is_about_others:
            _not_too_many(members, "members")
        if name is None or time is None:
            raise malformed(f"{name or 'command'}: no time")
        if is_about_others and not members:
            raise malformed(f"{name}: no members")
        listed = _users(members, "members") if is_about_others and members else ()
        [who] = _users([sender], "sender")
        if self._roll is None:
            raise DimError(Code.UNKNOWN_SENDER, "owner: not known yet")
        if group is None or not group.is_same_as(self._group):
            raise DimError(Code.MISMATCH, "group: another one")
        return _Said(time, name != "reset", name, who, listed)

    # What it comes to.

    def _take(self, said: _Said, message: Message | None) -> None:
        """Judge a command, and keep it."""
        if said == self._base:
            self._base_message = self._base_message or _reliable(message)
            return
        roll, known = self._roll, self._held.get(said)
        assert roll is not None  # _read() has looked
        is_of_staff = self._bulletin is not None and said.sender in self._bulletin.administrators
        if known is not None:
            known.message = known.message or _reliable(message)
            if known.code is Code.FORBIDDEN and is_of_staff and not known.is_of_staff:
                known.is_of_staff = True
                self._tell_again()
            return _expect(known.code, said.command)
        if self._is_old(said) or said.time > clock.time() + NEAR_FUTURE:
            raise DimError(Code.EXPIRED, f"time: {said.command} is too old, or in the future")
        if said.command not in CLIENT_KEPT or said.command == "query":
            return _expect(roll.take(said, is_of_staff), said.command)
        role = roll.role_of(said.sender, is_of_staff)
        account = OUTSIDERS if role is Role.OUTSIDER else said.sender
        is_full = self._is_full(said, account)
        if is_full and not (said.command == "reset" and role > Role.MEMBER):
            raise DimError(Code.TOO_LARGE, f"{said.command}: too many commands since the reset")
        held = _Held(account, is_of_staff, _reliable(message))
        return _expect(self._keep(said, held, is_full), said.command)

    def _is_old(self, said: _Said) -> bool:
        """docs/semantics.md#poly-7."""
        if said.command == "resign":
            return self._bulletin is not None and said.time < self._bulletin.time
        if self._base is None:
            return False
        return said.time < self._base.time or (said.command == "reset" and said < self._base)

    def _is_full(self, said: _Said, account: str) -> bool:
        """docs/semantics.md#poly-10."""
        outside = self._room[OUTSIDERS]
        if account == OUTSIDERS:
            return outside + said.weight > MAX_OF_OUTSIDERS
        of_members = self._room.total() - outside
        is_one_full = self._room[account] + said.weight > MAX_OF_ONE
        return is_one_full or of_members + said.weight > MAX_OF_MEMBERS

    def _keep(self, said: _Said, held: _Held, is_full: bool) -> Code:
        """Put a command in its place in time. One that has no effect and no room is dropped."""
        assert self._roll is not None
        is_last = not self._said or self._said[-1] < said
        insort(self._said, said)
        self._held[said] = held
        self._room[held.account] += said.weight
        if is_last and said.command != "reset":
            held.code = self._roll.take(said, held.is_of_staff)
        else:
            self._tell_again()
        has_no_place = held.code is Code.FORBIDDEN and is_full
        if held.code is Code.TOO_LARGE or has_no_place:
            self._drop([said])
        return held.code

    def _tell_again(self) -> None:
        """What all that is held comes to, from the last reset on (docs/semantics.md#poly-8)."""
        bulletin, base = self._bulletin, self._base
        owner = self._founder if bulletin is None else bulletin.owner
        if owner is None:
            return
        administrators = () if bulletin is None else bulletin.administrators
        members = (owner,) if base is None else base.members
        self._drop([said for said in self._said if self._is_old(said)])
        roll = self._roll = _Roll(owner, members, administrators, base)
        for said in self._said:
            held = self._held[said]
            held.code = roll.take(said, held.is_of_staff)
        if roll.base is not base:
            self._settle(roll)

    def _settle(self, roll: _Roll) -> None:
        """A reset was accepted: it stays, and what it replaced goes (docs/semantics.md#poly-9)."""
        assert roll.base is not None
        self._base, self._base_message = roll.base, self._held[roll.base].message
        self._drop([said for said in self._said if said == roll.base or self._is_old(said)])

    def _drop(self, dropped: list[_Said]) -> None:
        for said in dropped:
            del self._said[bisect_left(self._said, said)]
            self._room[self._held.pop(said).account] -= said.weight

    def __repr__(self) -> str:
        count = "?" if self._roll is None else len(self._roll.members)
        return f"<Polylogue {self._group}, {count} members>"


def _users(identifiers: Sequence[Identifier], field: str) -> tuple[str, ...]:
    """The texts of IDs of users, each once, without terminals."""
    for one in identifiers:
        if not one.is_user or one.is_broadcast:
            raise DimError(Code.BAD_ADDRESS, f"{field}: {one} is no user")
    return tuple(dict.fromkeys(str(one.without_terminal()) for one in identifiers))


def _not_too_many(identifiers: Sequence[Identifier] | None, field: str) -> None:
    if identifiers is not None and len(identifiers) > MAX_MEMBERS:
        raise DimError(Code.TOO_LARGE, f"{field}: more than {MAX_MEMBERS}")


def _reliable(source: Message | None) -> ReliableMessage | None:
    """A message that verified, as it can be handed on; for those that are kept."""
    if source is None or isinstance(source, ReliableMessage):
        return source
    return decode(source if isinstance(source, bytes) else encode(source))


def _expect(code: Code, what: str) -> None:
    if code is not Code.OK:
        raise DimError(code, f"{what}: {code.name}")
