"""The historic form of a history, of 2018: read, judged, never written (docs/semantics.md#hist-16).

Records follow each other; the first that is refused is the end. Not here: the strict form. Both
share the roles and commands (``permissions``, ``state``), the limits, and what comes out
(``outcome``); how a text is read and what it means is each one's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .. import coding
from ..identity import Identifier
from ..keys import PublicKey
from ..verdict import Code, DimError
from ._texts import (
    MAX_BLOCKS,
    MAX_EVENTS,
    MAX_NAME,
    MAX_TEXT,
    MAX_VOTES,
    Names,
    decode,
    known,
    malformed,
    roots,
)
from ._windows import windows
from .outcome import Checkpoint, Refused
from .permissions import TARGETS, Kind, Role, kind_of
from .state import MAX_MEMBERS, OPENING, State, is_command

VERSION = 1
MAX_EVENT = 1 << 20

_VOTES = "confirmations"
_LINK = "link"
_NAMES = {"setName": "name", "destroy": "suicide"}
_USERS = ("user", "member", "administrator", "admin", "owner")
"""What historic operations call the ID that they are about."""


class Event(NamedTuple):
    """A transaction."""

    leaf: str
    """The text that the merkle root covers."""
    operation: str
    command: str
    user: Identifier | None
    name: str | None
    previous: bytes
    """What ``link`` carries."""
    founder: Identifier | None
    commander: Identifier | None
    signature: bytes
    votes: dict[str, bytes]
    """Addresses and signatures."""


class Record(NamedTuple):
    """A block, or why it is none."""

    source: Mapping[str, Any]
    fault: DimError | None
    events: tuple[Event, ...] = ()
    merkle: bytes = b""
    signature: bytes = b""
    recorder: Identifier | None = None


Records = tuple[Record, ...]
Keys = Mapping[str, "PublicKey | None"]


class Result(NamedTuple):
    """What the records came to."""

    checkpoint: Checkpoint | None
    refused: list[Refused]
    total: int
    signatures: int


# -- reading -------------------------------------------------------------------------------------


def parse(source: Any, kind: Kind, names: Names) -> Records:
    """Records, each with its fault if it has one.

    Raises:
        DimError: ``TOO_LARGE`` or ``MALFORMED``, of the whole.
    """
    if not isinstance(source, list) or not source:
        raise malformed("records: not an array of at least one")
    if len(source) > MAX_BLOCKS:
        raise DimError(Code.TOO_LARGE, f"records: more than {MAX_BLOCKS}")
    records = []
    votes = 0
    for number, entry in enumerate(source):
        if not isinstance(entry, Mapping):
            raise malformed(f"records[{number}]: not an object")
        try:
            record = _parse_record(entry, kind, names)
        except DimError as error:
            record = Record(entry, error)
        records.append(record)
        votes += sum(len(event.votes) for event in record.events)
        if votes > MAX_VOTES:
            raise DimError(Code.TOO_LARGE, f"votes: more than {MAX_VOTES}")
    return tuple(records)


def _parse_record(entry: Mapping[str, Any], kind: Kind, names: Names) -> Record:
    texts = entry.get("events")
    if not isinstance(texts, list) or not texts:
        raise malformed("events: not an array of at least one")
    if len(texts) > MAX_EVENTS:
        raise DimError(Code.TOO_LARGE, f"events: more than {MAX_EVENTS}")
    events = tuple(_parse_event(text, kind, names) for text in texts)
    if len({event.leaf for event in events}) < len(events):
        raise malformed("events: the same one twice, which the merkle root need not show")
    merkle = decode(entry.get("merkle"), "merkle")
    signature = decode(entry.get("signature"), "signature")
    recorder = _member(entry.get("recorder"), names, "recorder")
    return Record(entry, None, events, merkle, signature, recorder)


def _parse_event(text: Any, kind: Kind, names: Names) -> Event:
    fields = _object(text, "event", MAX_EVENT)
    operation: Any = fields.get("operation")
    spoken = _object(operation, "operation", MAX_TEXT)
    command = spoken.get("command")
    if not isinstance(command, str):
        raise malformed("operation: command is not text")
    command = OPENING[kind] if command == "create" else _NAMES.get(command, command)
    if command != _LINK and not is_command(kind, command):
        raise malformed(f"operation: no command {command[:32]!r} of a {kind.value}")
    commander = fields.get("commander")
    return Event(
        _without_votes(text) if _VOTES in fields else text,
        operation,
        command,
        _subject(command, spoken, names),
        _name(command, spoken),
        decode(spoken.get("prevSign"), "prevSign") if command == _LINK else b"",
        _member(spoken["founder"], names, "founder") if "founder" in spoken else None,
        None if commander is None else _member(commander, names, "commander"),
        b"" if commander is None else decode(fields.get("signature"), "signature"),
        _parse_votes(fields.get(_VOTES, {})),
    )


def _object(text: Any, what: str, most: int) -> dict[str, Any]:
    if not isinstance(text, str):
        raise malformed(f"{what}: text is wanted")
    if len(text) > most:
        raise DimError(Code.TOO_LARGE, f"{what}: more than {most} characters")
    try:
        text.encode("utf-8")
        fields = json.loads(text, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError):
        raise malformed(f"{what}: not JSON without double names") from None
    if not isinstance(fields, dict):
        raise malformed(f"{what}: not an object")
    return fields


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError
    return fields


def _subject(command: str, spoken: Mapping[str, Any], names: Names) -> Identifier | None:
    """Whom an operation is about."""
    if command not in TARGETS and command != "found":
        return None
    asked = ("owner",) if command == "found" else _USERS
    found = [spoken[name] for name in asked if name in spoken]
    if command == "found" and not found:
        return None
    if len(found) != 1:
        raise malformed(f"operation: {command} is about one ID")
    return _member(found[0], names, "user")


def _name(command: str, spoken: Mapping[str, Any]) -> str | None:
    if command != "name":
        return None
    name = spoken.get("name")
    if not isinstance(name, str):
        raise malformed("operation: name is not text")
    if len(name) > MAX_NAME:
        raise DimError(Code.TOO_LARGE, f"operation: name of more than {MAX_NAME} characters")
    return name


def _member(text: Any, names: Names, what: str) -> Identifier:
    """An ID of a user, in any spelling; its terminal is dropped."""
    found = known(text, names, what, _bare)
    if found.is_broadcast or found.is_group:
        raise DimError(Code.BAD_ADDRESS, f"{what}: {text[:64]!r} cannot take part")
    return found


def _bare(text: str) -> Identifier:
    return Identifier.parse(text).without_terminal()


def _parse_votes(given: Any) -> dict[str, bytes]:
    if not isinstance(given, Mapping):
        raise malformed(f"{_VOTES}: not an object")
    if len(given) > MAX_MEMBERS:
        raise DimError(Code.TOO_LARGE, f"{_VOTES}: more than {MAX_MEMBERS}")
    return {
        Identifier.parse(address).address: decode(signature, "vote")
        for address, signature in given.items()
    }


_SPACE = re.compile("[ \t\n\r]*")
_decode = json.JSONDecoder().raw_decode


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def _without_votes(text: str) -> str:
    """The text of an event without its votes and one comma: what was there when it was covered by
    the root that the votes sign. ``text`` is an object with that member."""
    comma = None
    at = _skip(text, 0) + 1
    while True:
        start = _skip(text, at)
        name, end = _decode(text, start)
        _, end = _decode(text, _skip(text, _skip(text, end) + 1))
        after = _skip(text, end)
        if name == _VOTES:
            if comma is not None:
                return text[:comma] + text[end:]
            return text[:start] + text[_skip(text, after + 1) if text[after] == "," else end :]
        comma, at = after, after + 1


def signers(records: Records, identifier: Identifier) -> Iterable[str]:
    """Everybody whose key may be needed, each once."""
    found = {str(identifier): None}
    for record in records:
        for one in _mentioned(record):
            found[str(one)] = None
    return found


def _mentioned(record: Record) -> Iterator[Identifier]:
    if record.recorder is not None:
        yield record.recorder
    for event in record.events:
        yield from (one for one in (event.commander, event.user) if one is not None)


# -- judging -------------------------------------------------------------------------------------


def evaluate(
    records: Records,
    identifier: Identifier,
    keys: Keys,
    checkpoint: Checkpoint | None,
    verify: Callable[[list[Any], list[bytes], list[bytes]], Iterable[int]],
) -> Result:
    """Judge records from the first, or from the one after the checkpoint, up to a bad one."""
    first = 0 if checkpoint is None else checkpoint.height + 1
    voters = _by_address(records, keys)
    refused: list[Refused] = []
    count = 0
    for window in windows(records[first:], _signature_count):
        count += sum(map(_signature_count, window))
        codes = _verify_window(window, keys, voters, verify)
        for record in window:
            place = len(refused)
            try:
                checkpoint = _take(record, identifier, keys, checkpoint, codes, refused)
            except DimError as error:
                height = 0 if checkpoint is None else checkpoint.height + 1
                # Before its votes, as HIST-11 says.
                refused.insert(place, Refused(height, "", None, error.code, error.reason))
                return Result(checkpoint, refused, len(records) - first, count)
    return Result(checkpoint, refused, len(records) - first, count)


def _by_address(records: Records, keys: Keys) -> dict[str, PublicKey]:
    """The keys of all that are mentioned: of IDs with one address only one has a meta."""
    found = {}
    for record in records:
        for one in _mentioned(record):
            if (key := keys[str(one)]) is not None:
                found[one.address] = key
    return found


def _signature_count(record: Record) -> int:
    return 1 + sum(bool(event.signature) + len(event.votes) for event in record.events)


def _verify_window(
    window: Sequence[Record],
    keys: Keys,
    voters: Mapping[str, PublicKey],
    verify: Callable[[list[Any], list[bytes], list[bytes]], Iterable[int]],
) -> Iterator[int]:
    """The codes of all signatures of some records: of the record, then of each event that of its
    commander and its votes."""
    signers: list[PublicKey | None] = []
    messages: list[bytes] = []
    signatures: list[bytes] = []
    for record in window:
        signers.append(keys[str(record.recorder)] if record.recorder is not None else None)
        messages.append(record.merkle)
        signatures.append(record.signature)
        for event in record.events:
            if event.commander is not None:
                signers.append(keys[str(event.commander)])
                messages.append(event.operation.encode("utf-8"))
                signatures.append(event.signature)
            for address, signature in event.votes.items():
                signers.append(voters.get(address))
                messages.append(record.signature)
                signatures.append(signature)
    return iter(verify(signers, messages, signatures))


def _take(
    record: Record,
    identifier: Identifier,
    keys: Keys,
    before: Checkpoint | None,
    codes: Iterator[int],
    refused: list[Refused],
) -> Checkpoint:
    """The checkpoint after a record that is accepted; raises ``DimError`` for another."""
    recorded = next(codes)
    commanded, voted = [], []
    for event in record.events:
        commanded.append(int(Code.OK) if event.commander is None else next(codes))
        voted.append([(address, next(codes)) for address in event.votes])
    if record.fault is not None:
        raise record.fault
    assert record.recorder is not None
    _check_keys(record, keys)
    _check_place(record, identifier, keys, before)
    if recorded != int(Code.OK):
        raise DimError(recorded, "signature: not the recorder's over the merkle root")
    for number, code in enumerate(commanded):
        if code != int(Code.OK):
            raise DimError(code, f"event {number}: not signed by its commander")
    state = apply_record(record, identifier, None if before is None else before.state)
    height = 0 if before is None else before.height + 1
    members = () if before is None else before.state.members
    for number, votes in enumerate(voted):
        _check_votes(votes, members, record.recorder, height, number, refused)
    head = coding.base64_encode(record.signature)
    return Checkpoint(VERSION, head, height, 0, (), state)


def _check_keys(record: Record, keys: Keys) -> None:
    """UNKNOWN_SENDER."""
    signed_by = [("recorder", record.recorder)]
    signed_by += [("commander", event.commander) for event in record.events]
    for what, one in signed_by:
        if one is not None and keys[str(one)] is None:
            raise DimError(Code.UNKNOWN_SENDER, f"{what}: no checked meta of {one}")


def _check_place(
    record: Record, identifier: Identifier, keys: Keys, before: Checkpoint | None
) -> None:
    """MISMATCH of the root, the link, and the founder."""
    if roots([[event.leaf for event in record.events]])[0] != record.merkle:
        raise DimError(Code.MISMATCH, "merkle: not the root of these events")
    first = record.events[0]
    if before is not None:
        if first.command != _LINK or coding.base64_encode(first.previous) != before.head:
            raise DimError(Code.MISMATCH, "link: not to the record before")
        return
    kind = kind_of(identifier)
    founder = first.founder or first.commander or record.recorder
    if first.command != OPENING[kind] or founder != record.recorder:
        raise DimError(
            Code.MISMATCH, f"first record: does not begin with {OPENING[kind]} by its recorder"
        )
    if first.commander not in (None, founder):
        raise DimError(Code.MISMATCH, "founder: another one commands")
    if kind is Kind.ACCOUNT:
        if founder != identifier:
            raise DimError(Code.MISMATCH, "first record: of another account")
    elif keys[str(identifier)] is None:
        raise DimError(Code.UNKNOWN_SENDER, f"group: no checked meta of {identifier}")
    elif keys[str(identifier)] != keys[str(founder)]:
        raise DimError(Code.MISMATCH, "founder: the meta of the group has another key")


def apply_record(record: Record, identifier: Identifier, state: State | None) -> State:
    """The state after a record; raises ``DimError``, FORBIDDEN or TOO_LARGE."""
    recorder, first = record.recorder, record.events[0]
    assert recorder is not None
    if state is None:
        state = State.opened(identifier, recorder, first.user or recorder)
    else:
        role = state.role_of(recorder)
        least = Role.MEMBER if state.kind is Kind.POLYLOGUE else Role.OWNER
        if role < least:
            raise DimError(Code.FORBIDDEN, f"recorder: not by one less than {least.name.lower()}")
        if first.commander not in (None, recorder):
            raise DimError(Code.FORBIDDEN, "link: not the recorder's")
    for event in record.events[1:]:
        if event.command == _LINK:
            raise DimError(Code.FORBIDDEN, "link: not at the beginning")
        state = state.apply(event.command, event.commander or recorder, event.user, event.name)
    return state


def _check_votes(
    votes: Sequence[tuple[str, int]],
    members: Sequence[Identifier],
    recorder: Identifier,
    height: int,
    number: int,
    refused: list[Refused],
) -> None:
    """UNCONFIRMED; votes that are none are refused for themselves."""
    others = {one.address for one in members if one != recorder}
    right = 0
    for address, code in votes:
        if address == recorder.address and code == int(Code.OK):
            continue  # he counts already
        reason = "not this member's signature of the record"
        if address not in others:
            code, reason = int(Code.FORBIDDEN), "no member before this record"
        if code == int(Code.OK):
            right += 1
            continue
        refused.append(Refused(height, "", address, Code(code), f"event {number}: {reason}"))
    if 2 * (1 + right) <= max(len(members), 1):
        raise DimError(
            Code.UNCONFIRMED, f"event {number}: {1 + right} of {len(members)} confirmed it"
        )
