"""The verdict on a history of the strict form (docs/semantics.md#hist-3 to #hist-15).

All signatures of many blocks go to the verifier at once; then the blocks are judged from the first
on, each against the state after its predecessor. Not here: the form, which is judged before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import coding
from ..identity import Identifier
from ..keys import PublicKey
from ..verdict import Code, DimError
from ._texts import Event, Operation
from ._windows import windows
from .outcome import WINDOW, Checkpoint, Equivocation, Refused
from .permissions import Kind, kind_of
from .state import OPENING, State

if TYPE_CHECKING:
    from ._form import Block

SKEW = 30 * 60
LONGEST = 7 * 24 * 60 * 60
MAX_WAITING = 1024

Keys = dict[str, "PublicKey | None"]
Verify = Callable[[list[Any], list[bytes], list[bytes]], Iterable[int]]
"""Codes of signatures; takes keys, messages, signatures."""


class Node:
    """A block that is acceptable on its branch, or the checkpoint."""

    __slots__ = ("block", "height", "is_confirmed", "name", "operations", "parent", "state", "time")

    def __init__(
        self,
        name: str,
        height: int,
        time: int,
        operations: frozenset[str],
        parent: Node | None,
        state: State,
        is_confirmed: bool,
        block: Block | None = None,
    ) -> None:
        self.name = name
        self.height = height
        self.time = time
        self.operations = operations
        self.parent = parent
        self.state = state
        self.is_confirmed = is_confirmed
        self.block = block


class Result(NamedTuple):
    """What came out."""

    head: Node | None
    nodes: list[Node]
    waiting: list[Block]
    refused: list[Refused]
    spoiled: dict[tuple[str, str], set[tuple[str | None, bytes]]]
    """Signatures that are not right, of blocks that are: voter, or ``None`` for the recorder."""
    unjudged: int
    signatures: int


def evaluate(
    blocks: Sequence[Block],
    identifier: Identifier,
    keys: Keys,
    now: float,
    checkpoint: Checkpoint | None,
    verify: Verify,
) -> Result:
    """Judge blocks, which are sorted by height and name."""
    judge = _Judge(blocks, identifier, keys, now, checkpoint)
    judged = [block for block in blocks if block.header.height > judge.floor]
    for window in windows(judged, lambda block: block.signature_count):
        codes = _verify_window(window, keys, verify)
        for block in window:
            judge.take(block, codes)
    return judge.result()


def _verify_window(window: list[Block], keys: Keys, verify: Verify) -> Iterator[int]:
    """The codes of all signatures of some blocks, in the order in which :class:`_Judge` asks."""
    signers: list[PublicKey | None] = []
    messages: list[bytes] = []
    signatures: list[bytes] = []
    for block in window:
        count = len(block.signatures)
        signers += [keys[str(block.header.recorder)]] * count
        messages += [block.header.signed()] * count
        signatures += block.signatures
        for event in block.events:
            signers.append(keys[str(event.commander)])
            messages.append(event.operation.signed())
            signatures.append(event.signature)
        message = block.header.ballot(block.name)
        for voter, votes in block.votes.items():
            signers += [keys[voter]] * len(votes)
            messages += [message] * len(votes)
            signatures += votes
    return iter(verify(signers, messages, signatures))


class _Judge:
    """Judges one block after the other, predecessors first."""

    def __init__(
        self,
        blocks: Sequence[Block],
        identifier: Identifier,
        keys: Keys,
        now: float,
        checkpoint: Checkpoint | None,
    ) -> None:
        self._identifier = identifier
        self._keys = keys
        self._now = now
        self._root = None if checkpoint is None else _rooted(checkpoint)
        self.floor = -1 if self._root is None else self._root.height
        self._heights = {block.name: block.header.height for block in blocks}
        self._found = {} if self._root is None else {self._root.name: self._root}
        self._fallen: set[str] = set()
        self._nodes: list[Node] = []
        self._waiting: list[Block] = []
        self._refused: list[Refused] = []
        self._spoiled: dict[tuple[str, str], set[tuple[str | None, bytes]]] = {}
        self._unjudged = self._signatures = 0

    def result(self) -> Result:
        head = choose(self._nodes, self._root)
        return Result(
            head, self._nodes, self._waiting[:MAX_WAITING], self._refused, self._spoiled,
            self._unjudged, self._signatures,
        )  # fmt: skip

    def take(self, block: Block, codes: Iterator[int]) -> None:
        """Judge the next block; ``codes`` has what the verifier says of its signatures."""
        self._signatures += block.signature_count
        recorded = [next(codes) for _ in block.signatures]
        commanded = [next(codes) for _ in block.events]
        voted = [
            (voter, vote, next(codes)) for voter, votes in block.votes.items() for vote in votes
        ]
        parent = self._found.get(block.header.previous)
        try:
            is_waiting = self._waits(block, parent)
            if is_waiting is None:
                self._unjudged += 1
                self._fallen.add(block.name)
                return
            self._check_signatures(block, recorded, commanded)
            self._spoil(block, recorded)
            if is_waiting:
                self._waiting.append(block)
                self._count(block, None, voted)
                return
            node = self._accept(block, parent)
        except DimError as error:
            self._refuse(block, None, error.code, error.reason)
            self._fallen.add(block.name)
            return
        votes = self._count(block, parent, voted)
        electorate = 1 if parent is None else len(parent.state._members)
        has_parent = parent is None or parent.is_confirmed
        node.is_confirmed = has_parent and 2 * (1 + votes) > electorate
        self._nodes.append(node)
        self._found[block.name] = node

    def _waits(self, block: Block, parent: Node | None) -> bool | None:
        """Whether the predecessor is still to come; ``None`` when it was refused."""
        header = block.header
        if parent is not None and header.height != parent.height + 1:
            raise DimError(Code.MISMATCH, f"height: its predecessor has {parent.height}")
        if parent is not None or header.height == 0:
            return False
        if header.previous in self._fallen:
            return None
        if header.height == self.floor + 1 and self._root is not None:
            raise DimError(Code.CONFLICT, "not on the block of the checkpoint")
        known = self._heights.get(header.previous)
        if known is not None and known != header.height - 1:
            raise DimError(Code.MISMATCH, f"height: its predecessor has {known}")
        return True

    def _check_signatures(self, block: Block, recorded: list[int], commanded: list[int]) -> None:
        """UNKNOWN_SENDER, MISMATCH of what needs no predecessor, then the signatures."""
        header = block.header
        signers = [("recorder", header.recorder)]
        signers += [("commander", event.commander) for event in block.events]
        for what, signer in signers:
            if self._keys[str(signer)] is None:
                raise DimError(Code.UNKNOWN_SENDER, f"{what}: no checked meta of {signer}")
        self._check_form(block)
        if int(Code.OK) not in recorded:
            raise DimError(recorded[0], "signature: not the recorder's over this block")
        for number, code in enumerate(commanded):
            if code != int(Code.OK):
                raise DimError(code, f"event {number}: not signed by its commander")

    def _check_form(self, block: Block) -> None:
        header = block.header
        if block.root != header.merkle or len(block.events) != header.events:
            raise DimError(Code.MISMATCH, "merkle: not the root of these events")
        if header.group != self._identifier:
            raise DimError(Code.MISMATCH, f"group: this is a history of {self._identifier}")
        for number, event in enumerate(block.events):
            if event.operation.group != self._identifier:
                raise DimError(Code.MISMATCH, f"event {number}: of another group")
        if header.height == 0:
            self._check_opening(block)

    def _check_opening(self, block: Block) -> None:
        """HIST-5, HIST-17."""
        recorder, first = block.header.recorder, block.events[0]
        kind = kind_of(self._identifier)
        if first.operation.command != OPENING[kind] or first.commander != recorder:
            raise DimError(
                Code.MISMATCH, f"first block: does not begin with {OPENING[kind]} by its recorder"
            )
        if kind is Kind.ACCOUNT:
            if recorder != self._identifier:
                raise DimError(Code.MISMATCH, "first block: recorded by another account")
            return
        if (key := self._keys[str(self._identifier)]) is None:
            raise DimError(Code.UNKNOWN_SENDER, f"group: no checked meta of {self._identifier}")
        if key != self._keys[str(recorder)]:
            raise DimError(Code.MISMATCH, "founder: the meta of the group has another key")

    def _accept(self, block: Block, parent: Node | None) -> Node:
        """The node of a block that is not confirmed yet, when it is acceptable on its branch."""
        header = block.header
        if parent is not None and header.time < parent.time:
            raise DimError(Code.EXPIRED, "time: before that of its predecessor")
        if header.time > self._now + SKEW:
            raise DimError(Code.EXPIRED, "time: more than 30 minutes in the future")
        done = set()
        for number, event in enumerate(block.events):
            digest = digest_of(event.operation)
            if digest in done:
                raise DimError(Code.EXPIRED, f"event {number}: the same operation again")
            done.add(digest)
            try:
                _check_age(event.operation, digest, header.time, parent, header.height)
            except DimError as error:
                raise DimError(error.code, f"event {number}: {error.reason}") from None
        state = apply_events(
            None if parent is None else parent.state, self._identifier, header.recorder,
            block.events,
        )  # fmt: skip
        return Node(
            block.name, header.height, header.time, frozenset(done), parent, state, False, block
        )

    def _spoil(self, block: Block, recorded: list[int]) -> None:
        """Note signatures of the recorder that are wrong, beside one that is right."""
        for signature, code in zip(block.signatures, recorded, strict=True):
            if code != int(Code.OK):
                self._refuse(block, None, Code(code), "signature: a second one, which is wrong")
                self._spoiled.setdefault(block.key, set()).add((None, signature))

    def _count(self, block: Block, parent: Node | None, voted: list[tuple[str, bytes, int]]) -> int:
        """How many members voted for a block, besides its recorder. Without the predecessor nobody
        knows who is a member."""
        voters = set()
        members = {} if parent is None else parent.state._members
        is_waiting = parent is None and block.header.height > 0
        for voter, signature, code in voted:
            reason = ""
            if self._keys[voter] is None:
                code, reason = int(Code.UNKNOWN_SENDER), "no checked meta"
            elif code != int(Code.OK):
                reason = "not the voter's signature for this block"
            elif voter not in members and not is_waiting:
                code, reason = int(Code.FORBIDDEN), "no member before this block"
            else:
                voters.add(voter)
            if reason:
                self._refuse(block, voter, Code(code), reason)
                self._spoiled.setdefault(block.key, set()).add((voter, signature))
        return len(voters)

    def _refuse(self, block: Block, voter: str | None, code: Code, reason: str) -> None:
        self._refused.append(Refused(block.header.height, block.name, voter, code, reason))


def digest_of(operation: Operation) -> str:
    """What an operation is recognised by when it comes again."""
    return coding.sha256(operation.signed()).hex()


def _check_age(
    operation: Operation, digest: str, time: int, parent: Node | None, height: int
) -> None:
    """HIST-8 and HIST-9 of one operation in a block of that time and height."""
    if operation.time > time + SKEW:
        raise DimError(Code.EXPIRED, "time: more than 30 minutes after its block")
    if operation.time < time - LONGEST:
        raise DimError(Code.EXPIRED, "time: more than 7 days before its block")
    known = operation.height
    if known >= height or height - known > WINDOW or (known < 0) != (height == 0):
        raise DimError(Code.EXPIRED, f"height: {known} is not one of the {WINDOW} before")
    node = parent
    while node is not None and node.height > known:
        if digest in node.operations:
            raise DimError(Code.EXPIRED, f"the same operation as in block {node.height}")
        node = node.parent
    if operation.head != ("" if node is None else node.name):
        raise DimError(Code.EXPIRED, "head: not on this branch")


def apply_events(
    state: State | None, identifier: Identifier, recorder: Identifier, events: Sequence[Event]
) -> State:
    """The state after the operations of a block; raises ``DimError``, FORBIDDEN or TOO_LARGE."""
    if state is None:
        first = events[0]
        owner = first.operation.user or first.commander
        state = State.opened(identifier, first.commander, owner)
        events = events[1:]
    elif recorder != state.owner:
        raise DimError(Code.FORBIDDEN, "recorder: not the owner")
    for event in events:
        operation = event.operation
        state = state.apply(operation.command, event.commander, operation.user, operation.name)
    return state


def _rooted(checkpoint: Checkpoint) -> Node:
    """The last block before those that are judged, with what replay is recognised by behind it."""
    node: Node | None = None
    height = checkpoint.height - len(checkpoint.recent)
    for name, operations in reversed(checkpoint.recent):
        height += 1
        node = Node(name, height, checkpoint.time, operations, node, checkpoint.state, True)
    if node is None or node.name != checkpoint.head:
        raise ValueError("checkpoint: its head is not the newest of its blocks")
    return node


def choose(nodes: Sequence[Node], root: Node | None) -> Node | None:
    """The end of the chain (HIST-12): predecessors stand before their successors in ``nodes``."""
    best: dict[str, tuple[int, Node]] = {}
    start = "" if root is None else root.name
    for node in reversed(nodes):
        if not node.is_confirmed:
            continue
        length = 1 + (best[node.name][0] if node.name in best else 0)
        place = start if node.parent is None else node.parent.name
        other = best.get(place)
        if other is None or (-length, node.name) < (-other[0], other[1].name):
            best[place] = (length, node)
    head = root
    while (found := best.get(start)) is not None:
        head = found[1]
        start = head.name
    return head


def recent_of(head: Node) -> tuple[tuple[str, frozenset[str]], ...]:
    """The last blocks of the chain, the newest first."""
    recent: list[tuple[str, frozenset[str]]] = []
    node: Node | None = head
    while node is not None and len(recent) < WINDOW:
        recent.append((node.name, node.operations))
        node = node.parent
    return tuple(recent)


def equivocations(result: Result, group: Identifier) -> list[Equivocation]:
    """Who recorded or voted twice on one predecessor (HIST-14), by height and predecessor."""
    siblings: dict[str, list[Block]] = {}
    for node in result.nodes:
        if node.block is not None:
            siblings.setdefault(node.block.header.previous, []).append(node.block)
    found = []
    for blocks in siblings.values():
        if len(blocks) > 1:
            found += _recorded_twice(blocks, result, group) + _voted_twice(blocks, result, group)
    return found


def _recorded_twice(blocks: list[Block], result: Result, group: Identifier) -> list[Equivocation]:
    recorded: dict[Identifier, list[tuple[str, bytes]]] = {}
    for block in sorted(blocks, key=lambda block: block.name):
        signature = right_ones(block.signatures, None, block, result)[0]
        recorded.setdefault(block.header.recorder, []).append((block.header.text, signature))
    return _convicted("recorder", recorded, blocks[0], group)


def _voted_twice(blocks: list[Block], result: Result, group: Identifier) -> list[Equivocation]:
    voted: dict[str, list[tuple[str, bytes]]] = {}
    for block in sorted(blocks, key=lambda block: block.name):
        for voter, signatures in block.votes.items():
            if right := right_ones(signatures, voter, block, result):
                voted.setdefault(voter, []).append((block.name, right[0]))
    by_voter = {Identifier.parse(voter): said for voter, said in sorted(voted.items())}
    return _convicted("voter", by_voter, blocks[0], group)


def _convicted(
    kind: str, said: dict[Identifier, list[tuple[str, bytes]]], block: Block, group: Identifier
) -> list[Equivocation]:
    height, previous = block.header.height, block.header.previous
    return [
        Equivocation(kind, culprit, group, height, previous, (statements[0], statements[1]))
        for culprit, statements in said.items()
        if len(statements) > 1
    ]


def right_ones(
    signatures: Sequence[bytes], signer: str | None, block: Block, result: Result
) -> list[bytes]:
    """Those of some sorted signatures of one statement that are right."""
    spoiled = result.spoiled.get(block.key, ())
    return [signature for signature in signatures if (signer, signature) not in spoiled]
