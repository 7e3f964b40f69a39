"""The signed texts of the strict form: written, and read in exactly that spelling
(docs/semantics.md#hist-2, #hist-4, #hist-10).

Not here: whether a signature is right, and whether anybody may say what a text says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .. import _dispatch, coding
from ..identity import Identifier
from ..verdict import Code, DimError
from .permissions import COMMANDS, TARGETS, kind_of
from .state import is_command

# docs/semantics.md#hist-10, for both forms.
MAX_BLOCKS = 65_536
MAX_EVENTS = 256
MAX_TEXT = 4096
MAX_VOTES = 2_097_152
MAX_IDENTIFIERS = 65_536
MAX_NAME = 128
LAST_HEIGHT = 65_535
LAST_TIME = 2**53 - 1

OPERATION = ("command", "group", "commander", "height", "head", "time")
EVENT = ("operation", "signature")
BLOCK = ("group", "height", "previous", "time", "recorder", "events", "merkle")

Names = dict[str, Identifier]
"""IDs of a history by their text: each is parsed once, and is one object."""


class Operation(NamedTuple):
    """What somebody wants done."""

    text: str
    command: str
    group: Identifier
    commander: Identifier
    height: int
    """Of the last block that its commander knew; -1 when there is none yet."""
    head: str
    """The name of that block."""
    time: int
    user: Identifier | None
    name: str | None

    def signed(self) -> bytes:
        """What its commander signs."""
        return _signed("operation", self.text)


class Event(NamedTuple):
    """An operation with its signature: what a leaf of the merkle tree stands for."""

    text: str
    operation: Operation
    signature: bytes

    @property
    def commander(self) -> Identifier:
        """Who signed."""
        return self.operation.commander


class Header(NamedTuple):
    """The signed text of a block."""

    text: str
    group: Identifier
    height: int
    previous: str
    time: int
    recorder: Identifier
    events: int
    merkle: str

    def signed(self) -> bytes:
        """What its recorder signs."""
        return _signed("block", self.text)

    def block_name(self) -> str:
        """What others call the block: hex of a double SHA-256 (HIST-4)."""
        return coding.sha256(coding.sha256(self.signed())).hex()

    def ballot(self, name: str) -> bytes:
        """What its voters sign; ``name`` is the block's."""
        return ballot(str(self.group), self.height, self.previous, name)


def ballot(group: str, height: int, previous: str, name: str) -> bytes:
    """What voters sign (HIST-7)."""
    fields = {"group": group, "height": height, "previous": previous, "block": name}
    return _signed("vote", json.dumps(fields))


def _signed(what: str, text: str) -> bytes:
    return f"DIM history 2 {what}\n{text}".encode("ascii")


# -- writing -------------------------------------------------------------------------------------


def operation_text(
    command: str,
    group: Identifier,
    commander: Identifier,
    height: int,
    head: str,
    time: int,
    user: Identifier | None = None,
    name: str | None = None,
) -> str:
    """The text of an operation."""
    fields = dict(
        zip(OPERATION, (command, str(group), str(commander), height, head, time), strict=True)
    )
    if user is not None:
        fields["user"] = str(user)
    if name is not None:
        fields["name"] = name
    return json.dumps(fields)


def event_text(operation: str, signature: bytes) -> str:
    """The text of an event."""
    encoded = coding.base64_encode(signature)
    return json.dumps(dict(zip(EVENT, (operation, encoded), strict=True)))


def block_text(
    group: Identifier, height: int, previous: str, time: int, recorder: Identifier,
    events: Sequence[str],
) -> str:  # fmt: skip
    """The text of a block with these events."""
    merkle = roots([events])[0].hex()
    values = (str(group), height, previous, time, str(recorder), len(events), merkle)
    return json.dumps(dict(zip(BLOCK, values, strict=True)))


def roots(trees: Sequence[Sequence[str]], threads: int = 1) -> list[bytes]:
    """The merkle root of each list of texts; none is empty."""
    leaves = [text.encode("utf-8", "surrogatepass") for tree in trees for text in tree]
    found = _dispatch.operation("merkle_roots")(leaves, [len(tree) for tree in trees], threads)
    return [found[at : at + 32] for at in range(0, len(found), 32)]


# -- reading -------------------------------------------------------------------------------------


def read_event(text: Any, names: Names) -> Event:
    """An event in the one spelling that it has.

    Raises:
        DimError: ``TOO_LARGE``, ``MALFORMED``, ``BAD_ENCODING`` or ``BAD_ADDRESS``.
    """
    fields = _fields(text, "event", 3 * MAX_TEXT, EVENT)
    for name in EVENT:
        _wants(fields, name, str, "event")
    operation = _read_operation(fields["operation"], names)
    return Event(text, operation, decode(fields["signature"], "event: signature"))


def _read_operation(text: str, names: Names) -> Operation:
    fields = _fields(text, "operation", MAX_TEXT, OPERATION, ("user", "name"))
    _wants(fields, "command", str, "operation")
    command = fields["command"]
    group = _about(fields, names, "operation")
    commander = identifier(fields["commander"], names, "commander")
    _number(fields, "height", -1, LAST_HEIGHT, "operation")
    _number(fields, "time", 0, LAST_TIME, "operation")
    _digest(fields, "head", fields["height"] < 0, "operation")
    if command not in COMMANDS or not is_command(kind_of(group), command):
        kind = kind_of(group).value
        raise malformed(f"operation: no command {command[:32]!r} of a {kind}")
    wanted = {"user"} if command in TARGETS else {"name"} if command == "name" else set()
    found = fields.keys() - OPERATION
    if found != wanted and (command != "found" or found != {"user"}):
        raise malformed(f"operation: {command} has {' and '.join(sorted(found)) or 'nothing'}")
    user = identifier(fields["user"], names, "user") if "user" in fields else None
    name = fields.get("name")
    if name is not None:
        _wants(fields, "name", str, "operation")
        if len(name) > MAX_NAME:
            raise DimError(Code.TOO_LARGE, f"operation: name of more than {MAX_NAME} characters")
        if any("\ud800" <= character <= "\udfff" for character in name):
            raise malformed("operation: name has lone surrogates")
    return Operation(
        text, command, group, commander, fields["height"], fields["head"], fields["time"], user,
        name,
    )  # fmt: skip


def read_header(text: Any, names: Names) -> Header:
    """The text of a block; raises as :func:`read_event` does."""
    fields = _fields(text, "block", MAX_TEXT, BLOCK)
    group = _about(fields, names, "block")
    _number(fields, "height", 0, LAST_HEIGHT, "block")
    _number(fields, "time", 0, LAST_TIME, "block")
    _number(fields, "events", 1, MAX_EVENTS, "block")
    _digest(fields, "previous", fields["height"] == 0, "block")
    _digest(fields, "merkle", False, "block")
    recorder = identifier(fields["recorder"], names, "recorder")
    return Header(
        text, group, fields["height"], fields["previous"], fields["time"], recorder,
        fields["events"], fields["merkle"],
    )  # fmt: skip


def _fields(
    text: Any, what: str, most: int, needed: Sequence[str], others: Sequence[str] = ()
) -> dict[str, Any]:
    """The fields of a text that is its own emission."""
    if not isinstance(text, str):
        raise malformed(f"{what}: text is wanted")
    if len(text) > most:
        raise DimError(Code.TOO_LARGE, f"{what}: more than {most} characters")
    try:
        fields = json.loads(text)
        spelled = json.dumps(fields)
    except (ValueError, RecursionError):
        raise malformed(f"{what}: not JSON") from None
    if spelled != text:
        raise malformed(f"{what}: not in the one spelling that it has")
    if not isinstance(fields, dict):
        raise malformed(f"{what}: not an object")
    found = list(fields)
    if found[: len(needed)] != list(needed) or not set(found[len(needed) :]).issubset(others):
        raise malformed(f"{what}: wants {', '.join(needed)}, in this order")
    return fields


def _about(fields: dict[str, Any], names: Names, what: str) -> Identifier:
    """The group or account that a text is about."""
    _wants(fields, "group", str, what)
    return identifier(fields["group"], names, "group", is_member=False)


def _wants(fields: Mapping[str, Any], name: str, kind: type, what: str) -> None:
    if type(fields[name]) is not kind:
        raise malformed(f"{what}: {name} is not {'text' if kind is str else 'a whole number'}")


def _number(fields: Mapping[str, Any], name: str, least: int, most: int, what: str) -> None:
    _wants(fields, name, int, what)
    if fields[name] > most:
        raise DimError(Code.TOO_LARGE, f"{what}: {name} above {most}")
    if fields[name] < least:
        raise malformed(f"{what}: {name} below {least}")


def _digest(fields: Mapping[str, Any], name: str, is_empty: bool, what: str) -> None:
    _wants(fields, name, str, what)
    text = fields[name]
    if is_empty:
        if text:
            raise malformed(f"{what}: {name} before the first block")
        return
    if len(text) != 64 or text.strip("0123456789abcdef"):
        raise DimError(Code.BAD_ENCODING, f"{what}: {name} is not 64 lower-case hex digits")


def identifier(text: Any, names: Names, what: str, *, is_member: bool = True) -> Identifier:
    """A canonical ID without a terminal; of a user that is not broadcast where it is a member."""
    found = known(text, names, what, _canonical)
    if found.terminal is not None or found.is_broadcast or (is_member and found.is_group):
        raise DimError(Code.BAD_ADDRESS, f"{what}: {text[:64]!r} cannot take part")
    return found


def _canonical(text: str) -> Identifier:
    found = Identifier.parse(text)
    if str(found) != text:
        raise DimError(Code.BAD_ADDRESS, f"{text[:64]!r} is not canonical")
    return found


def known(text: Any, names: Names, what: str, parse: Callable[[str], Identifier]) -> Identifier:
    """What ``parse`` makes of a text, once; raises ``TOO_LARGE`` for one too many."""
    if not isinstance(text, str):
        raise malformed(f"{what}: not text")
    found = names.get(text)
    if found is None:
        try:
            found = parse(text)
        except DimError as error:
            raise DimError(error.code, f"{what}: {error.reason}") from None
        if len(names) >= MAX_IDENTIFIERS:
            raise DimError(Code.TOO_LARGE, f"IDs: more than {MAX_IDENTIFIERS}")
        names[text] = found
    return found


def decode(text: Any, what: str) -> bytes:
    """The bytes of base64 in its one spelling."""
    if not isinstance(text, str):
        raise malformed(f"{what}: not text")
    if len(text) > 2 * MAX_TEXT:
        raise DimError(Code.TOO_LARGE, f"{what}: more than {2 * MAX_TEXT} characters")
    data: bytes | None = _dispatch.operation("base64_decode")(text)
    if not data or len(text) != (len(data) + 2) // 3 * 4:
        raise DimError(Code.BAD_ENCODING, f"{what}: not base64 without white space")
    return data


def malformed(reason: str) -> DimError:
    """A refusal of the form."""
    return DimError(Code.MALFORMED, reason)
