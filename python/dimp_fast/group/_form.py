"""Blocks of the strict form: read, united, written (docs/semantics.md#hist-1, #hist-10, #hist-13).

Not here: the signed texts in a block (``_texts``), and whether any of it is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .. import coding
from ..meta import Meta
from ..verdict import Code, DimError
from ._texts import (
    MAX_BLOCKS,
    MAX_EVENTS,
    MAX_VOTES,
    Event,
    Header,
    Names,
    decode,
    identifier,
    malformed,
    read_event,
    read_header,
    roots,
)
from .state import MAX_MEMBERS

MAX_COPIES = 4
BLOCKS_AT_ONCE = 1024
"""So many merkle trees are computed at a time."""

Votes = dict[str, tuple[bytes, ...]]


class Block:
    """A block and all that was signed about it; immutable. Equal when all of it is."""

    __slots__ = ("events", "header", "name", "root", "signatures", "votes")

    def __init__(
        self,
        header: Header,
        name: str,
        root: str,
        events: tuple[Event, ...],
        signatures: tuple[bytes, ...],
        votes: Votes,
    ) -> None:
        self.header = header
        self.name = name
        self.root = root
        """Hex of the merkle root of these events, whatever the header says."""
        self.events = events
        self.signatures = signatures
        """Of the recorder, sorted."""
        self.votes = votes
        """Voter to signatures, each sorted."""

    @property
    def key(self) -> tuple[str, str]:
        """Name and root: with other events than it covers, a header is another block."""
        return self.name, self.root

    @property
    def place(self) -> tuple[int, str, str]:
        """Where it stands among the blocks of a history."""
        return self.header.height, self.name, self.root

    @property
    def signature_count(self) -> int:
        """How many signatures there are to look at."""
        return len(self.signatures) + len(self.events) + sum(map(len, self.votes.values()))

    def with_signatures(self, signatures: Iterable[bytes], votes: Votes) -> Block:
        """The same block with others."""
        kept = tuple(sorted(signatures))
        return Block(self.header, self.name, self.root, self.events, kept, votes)

    def union(self, other: Block) -> Block:
        """All that either has; raises ``DimError``, TOO_LARGE."""
        if other.signatures == self.signatures and other.votes == self.votes:
            return self
        votes = dict(self.votes)
        for voter, signatures in other.votes.items():
            votes[voter] = _united(votes.get(voter, ()), signatures)
        if len(votes) > MAX_MEMBERS:
            raise DimError(Code.TOO_LARGE, f"votes: more than {MAX_MEMBERS}")
        return self.with_signatures(_united(self.signatures, other.signatures), votes)

    def entries(self) -> Iterator[dict[str, Any]]:
        """The block as JSON mappings: more than one where statements have several signatures."""
        copies = max(map(len, (self.signatures, *self.votes.values())))
        for copy in range(copies):
            signature = self.signatures[min(copy, len(self.signatures) - 1)]
            votes = {
                voter: coding.base64_encode(signatures[copy])
                for voter, signatures in sorted(self.votes.items())
                if copy < len(signatures)
            }
            yield {
                "block": self.header.text,
                "events": [event.text for event in self.events],
                "signature": coding.base64_encode(signature),
                "votes": votes,
            }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Block):
            return NotImplemented
        mine, theirs = ((one.key, one.signatures, one.votes) for one in (self, other))
        return mine == theirs

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Block {self.name[:8]} at height {self.header.height}>"


def _united(mine: Sequence[bytes], theirs: Sequence[bytes]) -> tuple[bytes, ...]:
    if mine == theirs or not mine:
        return tuple(theirs)
    united = sorted({*mine, *theirs})
    if len(united) > MAX_COPIES:
        raise DimError(Code.TOO_LARGE, f"signatures of one statement: more than {MAX_COPIES}")
    return tuple(united)


def only(source: Mapping[str, Any], fields: Sequence[str], what: str) -> None:
    for name in source:
        if name not in fields:
            raise malformed(f"{what}: no field {str(name)[:64]!r}")


def parse_metas(source: Any, names: Names) -> dict[str, Meta | DimError]:
    """Metas by ID; what is none is kept as its refusal, since it may not be needed."""
    if not isinstance(source, Mapping):
        raise malformed("metas: not an object")
    metas: dict[str, Meta | DimError] = {}
    for name, mapping in source.items():
        identifier(name, names, "metas", is_member=False)
        if not isinstance(mapping, Mapping):
            raise malformed(f"metas: that of {name[:64]} is not an object")
        try:
            metas[name] = Meta.parse(mapping)
        except DimError as error:
            metas[name] = error
    return metas


def parse_blocks(source: Any, names: Names) -> dict[tuple[str, str], Block]:
    if not isinstance(source, list) or not source:
        raise malformed("blocks: not an array of at least one")
    if len(source) > MAX_COPIES * MAX_BLOCKS:
        raise DimError(Code.TOO_LARGE, f"blocks: more than {MAX_BLOCKS}")
    blocks: dict[tuple[str, str], Block] = {}
    for start in range(0, len(source), BLOCKS_AT_ONCE):
        part = source[start : start + BLOCKS_AT_ONCE]
        read = []
        for number, entry in enumerate(part, start=start):
            try:
                read.append(read_entry(entry, names))
            except DimError as error:
                raise DimError(error.code, f"blocks[{number}]: {error.reason}") from None
        found = roots([[event.text for event in events] for _, events, _, _ in read])
        for (header, events, signature, votes), root in zip(read, found, strict=True):
            block = Block(header, header.block_name(), root.hex(), events, (signature,), votes)
            other = blocks.get(block.key)
            blocks[block.key] = block if other is None else other.union(block)
    check_limits(blocks.values())
    return blocks


def read_entry(entry: Any, names: Names) -> tuple[Header, tuple[Event, ...], bytes, Votes]:
    if not isinstance(entry, Mapping):
        raise malformed("not an object")
    only(entry, ("block", "events", "signature", "votes"), "block")
    header = read_header(entry.get("block"), names)
    texts, given = entry.get("events"), entry.get("votes")
    if not isinstance(texts, list) or not texts:
        raise malformed("events: not an array of at least one")
    if len(texts) > MAX_EVENTS:
        raise DimError(Code.TOO_LARGE, f"events: more than {MAX_EVENTS}")
    events = tuple(read_event(text, names) for text in texts)
    signature = decode(entry.get("signature"), "signature")
    if not isinstance(given, Mapping):
        raise malformed("votes: not an object")
    if len(given) > MAX_MEMBERS:
        raise DimError(Code.TOO_LARGE, f"votes: more than {MAX_MEMBERS}")
    recorder = str(header.recorder)
    if recorder in given:
        raise malformed("votes: the recorder votes by recording")
    votes: Votes = {}
    for voter, encoded in given.items():
        votes[str(identifier(voter, names, "voter"))] = (decode(encoded, "vote"),)
    return header, events, signature, votes


def check_limits(blocks: Iterable[Block]) -> None:
    count = votes = 0
    for block in blocks:
        count += 1
        votes += len(block.votes)
    if count > MAX_BLOCKS:
        raise DimError(Code.TOO_LARGE, f"blocks: more than {MAX_BLOCKS}")
    if votes > MAX_VOTES:
        raise DimError(Code.TOO_LARGE, f"votes: more than {MAX_VOTES}")
