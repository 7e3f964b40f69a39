"""Histories: a group's or an account's signed and confirmed blocks, in one object
(docs/semantics.md#hist-1 to #hist-17).

Parsing looks at the form and nothing else; ``verify`` says how far it is true. Not here: how it
finds out (``_evaluation``, ``_historic``).
"""

from __future__ import annotations

import json
import time as clock
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .. import _dispatch
from .._json import load_object
from ..identity import Identifier
from ..keyring import Keyring
from ..keys import PublicKey
from ..meta import Meta, match_metas
from ..private_keys import PrivateKey
from ..verdict import Code, DimError
from ..verify import verify_batch
from . import _evaluation, _historic
from ._form import Block, Votes, check_limits, only, parse_blocks, parse_metas
from ._texts import Names, identifier, malformed
from .outcome import Checkpoint, HistoryVerdict, Refused
from .permissions import Kind, kind_of
from .signing import seconds, sign_block, sign_operation
from .state import OPENING, State

__all__ = ["History", "merge"]

VERSION, HISTORIC = 2, 1
MAX_BYTES = 1 << 30


class History:
    """The blocks of a group, or of an account, in the right form. Whether they are true is for
    :meth:`verify` to say.

    Immutable but for :attr:`state`, which is that of the last verification. Equal to another of the
    same blocks, signatures, votes and metas. Instances may be shared between threads.
    """

    __slots__ = ("_blocks", "_identifier", "_metas", "_records", "_state")

    _blocks: dict[tuple[str, str], Block]
    _identifier: Identifier
    _metas: dict[str, Meta | DimError]
    _records: _historic.Records | None
    _state: State | None

    def __init__(self) -> None:
        raise TypeError("use History.parse(), History.found() or History.register()")

    @classmethod
    def _of(
        cls,
        identifier: Identifier,
        blocks: dict[tuple[str, str], Block],
        metas: dict[str, Any],
        records: _historic.Records | None = None,
    ) -> History:
        history = object.__new__(cls)
        history._identifier = identifier
        history._blocks = blocks
        history._metas = metas
        history._records = records
        history._state = None
        return history

    @classmethod
    def parse(cls, source: Mapping[str, Any] | bytes | History) -> History:
        """Check the form of a history, strict (HIST-1) or historic (HIST-16), and nothing else.

        Args:
            source: the mapping, or its JSON text.

        Raises:
            DimError: ``TOO_LARGE``, ``MALFORMED``, ``BAD_ENCODING`` or ``BAD_ADDRESS``.
            TypeError: ``source`` is of another type.
        """
        if isinstance(source, History):
            return source
        if isinstance(source, (bytes, bytearray, memoryview)):
            if len(source) > MAX_BYTES:
                raise DimError(Code.TOO_LARGE, f"history: more than {MAX_BYTES} bytes")
            source = load_object(bytes(source))
        if not isinstance(source, Mapping):
            raise TypeError(
                f"source: a mapping or JSON bytes is wanted, not {type(source).__name__}"
            )
        names: Names = {}
        about = identifier(source.get("ID"), names, "ID", is_member=False)
        metas = parse_metas(source.get("metas", {}), names)
        if "records" in source:
            only(source, ("ID", "records", "metas"), "history")
            records = _historic.parse(source["records"], kind_of(about), names)
            return cls._of(about, {}, metas, records)
        only(source, ("version", "ID", "metas", "blocks"), "history")
        if type(source.get("version")) is not int or source["version"] != VERSION:
            raise malformed(f"version: {VERSION} is wanted, or records for the historic form")
        return cls._of(about, parse_blocks(source.get("blocks"), names), metas)

    @classmethod
    def found(
        cls,
        identifier: Identifier | str,
        founder: Identifier | str,
        private_key: PrivateKey,
        *,
        owner: Identifier | str | None = None,
        time: int | None = None,
        metas: Mapping[str, Meta] | None = None,
    ) -> History:
        """Begin the history of a group.

        Args:
            identifier: the group, whose meta has the founder's key (HIST-5).
            founder: who founds and records.
            private_key: the founder's.
            owner: somebody else to be the owner; the founder unless said.
            time: seconds since the epoch; ``None`` is now.
            metas: what the history carries for those who have no keyring.

        Raises:
            DimError: ``BAD_ADDRESS``, an ID cannot take part.
            ValueError: ``identifier`` is no group.
        """
        group = Identifier.parse(identifier)
        if kind_of(group) is Kind.ACCOUNT:
            raise ValueError(f"identifier: a group is wanted, not {group}")
        named = None if owner is None else Identifier.parse(owner)
        return cls._begun(group, Identifier.parse(founder), private_key, named, time, metas)

    @classmethod
    def register(
        cls,
        identifier: Identifier | str,
        private_key: PrivateKey,
        *,
        time: int | None = None,
        metas: Mapping[str, Meta] | None = None,
    ) -> History:
        """Begin the history of an account; arguments as for :meth:`found`.

        Raises:
            DimError: ``BAD_ADDRESS``, the ID cannot take part.
            ValueError: ``identifier`` is no user.
        """
        account = Identifier.parse(identifier)
        if kind_of(account) is not Kind.ACCOUNT:
            raise ValueError(f"identifier: a user is wanted, not {account}")
        return cls._begun(account, account, private_key, None, time, metas)

    @classmethod
    def _begun(
        cls,
        about: Identifier,
        founder: Identifier,
        private_key: PrivateKey,
        owner: Identifier | None,
        time: int | None,
        metas: Mapping[str, Meta] | None,
    ) -> History:
        moment = seconds(time)
        command = OPENING[kind_of(about)]
        opening = sign_operation(command, about, founder, private_key, None, owner, time=moment)
        entry = sign_block(about, None, [opening], founder, private_key, moment)
        carried = {name: meta.to_dict() for name, meta in (metas or {}).items()}
        return cls.parse(
            {"version": VERSION, "ID": str(about), "metas": carried, "blocks": [entry]}
        )

    @property
    def identifier(self) -> Identifier:
        """Whose history it is."""
        return self._identifier

    @property
    def version(self) -> int:
        """2, or 1 for the historic form."""
        return VERSION if self._records is None else HISTORIC

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of the strict form by height and name; nothing is proved."""
        return tuple(sorted(self._blocks.values(), key=lambda block: block.place))

    @property
    def records(self) -> _historic.Records:
        """The records of the historic form; nothing is proved."""
        return self._records or ()

    @property
    def metas(self) -> dict[str, Meta]:
        """The metas that it carries and that have the form of one, by ID; nothing is proved."""
        return {name: meta for name, meta in self._metas.items() if isinstance(meta, Meta)}

    @property
    def state(self) -> State | None:
        """What the last :meth:`verify` came to: members, owner, administrators, and more. ``None``
        before one, and when it accepted nothing."""
        return self._state

    def __len__(self) -> int:
        return len(self._blocks) if self._records is None else len(self._records)

    def __bool__(self) -> bool:
        return True

    def verify(
        self,
        keyring: Keyring,
        checkpoint: Checkpoint | None = None,
        *,
        now: float | None = None,
        threads: int | None = None,
    ) -> HistoryVerdict:
        """Check every signature and judge every block (HIST-3 to HIST-12).

        Args:
            keyring: the metas of those who signed. Metas that the history carries stand in for IDs
                that it does not know.
            checkpoint: of an earlier verification of this history: what is not higher is neither
                judged nor looked at.
            now: the time by which the future is told; ``None`` is the clock.
            threads: how many threads at most; ``None`` is all, 1 stays on the calling thread.

        Returns:
            The verdict. Nothing in a history that parsed makes this raise.

        Raises:
            TypeError: an argument is of a wrong type.
            ValueError: the checkpoint is of another history, or of the other form.
        """
        return self._verify(keyring, checkpoint, now, _batch_verifier(threads), threads)

    def _verify(
        self,
        keyring: Keyring,
        checkpoint: Checkpoint | None,
        now: float | None,
        verify: _evaluation.Verify,
        threads: int | None,
    ) -> HistoryVerdict:
        if not isinstance(keyring, Keyring):
            raise TypeError(f"keyring: Keyring is wanted, not {type(keyring).__name__}")
        if checkpoint is not None:
            self._check_checkpoint(checkpoint)
        moment = clock.time() if now is None else float(now)
        above = -1 if checkpoint is None else checkpoint.height
        keys, refused = self._keys(keyring, above, threads)
        if self._records is not None:
            result = _historic.evaluate(self._records, self._identifier, keys, checkpoint, verify)
            verdict = self._historic_verdict(result, refused)
        else:
            blocks = self.blocks
            found = _evaluation.evaluate(blocks, self._identifier, keys, moment, checkpoint, verify)
            verdict = self._verdict(found, refused, checkpoint)
        self._state = verdict.state
        return verdict

    def _check_checkpoint(self, checkpoint: Checkpoint) -> None:
        if not isinstance(checkpoint, Checkpoint):
            raise TypeError(
                f"checkpoint: Checkpoint or None is wanted, not {type(checkpoint).__name__}"
            )
        if checkpoint.version != self.version or checkpoint.state.identifier != self._identifier:
            raise ValueError(f"checkpoint: of {checkpoint.state.identifier}, not of this history")

    def _keys(
        self, keyring: Keyring, above: int, threads: int | None
    ) -> tuple[dict[str, PublicKey | None], list[Refused]]:
        """The meta key of everybody who signed, and carried metas that are none (HIST-3)."""
        signers = map(Identifier.parse, self._signers(above))
        keys = {str(one): keyring._identity_key(one) for one in signers}
        carried = [name for name in self._metas if name in keys and keys[name] is None]
        refused = []
        metas = {name: self._metas[name] for name in carried}
        parsed = {name: meta for name, meta in metas.items() if isinstance(meta, Meta)}
        verdicts = match_metas(list(parsed.values()), list(parsed), threads=threads)
        judged = dict(zip(parsed, verdicts, strict=True))
        for name, meta in metas.items():
            if isinstance(meta, DimError):
                refused.append(Refused(-1, f"meta of {name}", None, meta.code, meta.reason))
            elif judged[name] is Code.OK:
                keys[name] = meta.key
            else:
                refused.append(
                    Refused(-1, f"meta of {name}", None, judged[name], "does not prove this ID")
                )
        return keys, refused

    def _signers(self, above: int) -> Iterable[str]:
        """Everybody whose key is needed for blocks above a height, each once."""
        if self._records is not None:
            return _historic.signers(self._records, self._identifier)
        signers = {str(self._identifier): None}
        for block in self._blocks.values():
            if block.header.height <= above:
                continue
            signers[str(block.header.recorder)] = None
            signers.update((str(event.commander), None) for event in block.events)
            signers.update(dict.fromkeys(block.votes))
        return signers

    def _verdict(
        self, result: _evaluation.Result, refused: list[Refused], checkpoint: Checkpoint | None
    ) -> HistoryVerdict:
        head = result.head
        accepted = 0 if head is None else head.height + 1
        first = -1 if checkpoint is None else checkpoint.height
        judged = [block for block in self._blocks.values() if block.header.height > first]
        refused = refused + result.refused
        chain = _chain(head, first)
        code, reason = _summary(refused, result, accepted, chain)
        after = None if head is None else Checkpoint(
            VERSION, head.name, head.height, head.time, _evaluation.recent_of(head), head.state
        )  # fmt: skip
        return HistoryVerdict(
            code=code,
            reason=reason,
            accepted=accepted,
            chain=chain,
            total=len(judged),
            unjudged=result.unjudged,
            state=None if head is None else head.state,
            checkpoint=after,
            refused=tuple(refused),
            equivocations=tuple(_evaluation.equivocations(result, self._identifier)),
            signatures=result.signatures,
            history=self._kept(result, first),
        )

    def _kept(self, result: _evaluation.Result, height: int) -> History:
        """What HIST-13 says is worth keeping: blocks that were not refused, one right signature a
        statement. What lies below a checkpoint stays as it is."""
        blocks = {
            block.key: block for block in self._blocks.values() if block.header.height <= height
        }
        good = [node.block for node in result.nodes if node.block is not None] + result.waiting
        for block in good:
            right = _evaluation.right_ones
            signatures = right(block.signatures, None, block, result)[:1]
            votes: Votes = {
                voter: (kept[0],)
                for voter, given in block.votes.items()
                if (kept := right(given, voter, block, result))
            }
            is_same = len(block.signatures) == 1 and votes == block.votes
            kept_block = block if is_same else block.with_signatures(signatures, votes)
            blocks[block.key] = kept_block
        return History._of(self._identifier, blocks, self._metas)

    def _historic_verdict(self, result: _historic.Result, refused: list[Refused]) -> HistoryVerdict:
        refused = refused + result.refused
        records = self.records
        accepted = 0 if result.checkpoint is None else result.checkpoint.height + 1
        return HistoryVerdict(
            code=refused[0].code if refused else Code.OK,
            reason=str(refused[0]) if refused else "",
            accepted=accepted,
            chain=(),
            total=result.total,
            unjudged=max(len(records) - accepted - 1, 0),
            state=None if result.checkpoint is None else result.checkpoint.state,
            checkpoint=result.checkpoint,
            refused=tuple(refused),
            equivocations=(),
            signatures=result.signatures,
            history=History._of(self._identifier, {}, self._metas, records[:accepted]),
        )

    # -- writing ---------------------------------------------------------------------------------

    def propose(
        self,
        head: Checkpoint,
        events: Sequence[str],
        recorder: Identifier | str,
        private_key: PrivateKey,
        *,
        time: int | None = None,
    ) -> History:
        """This history with a new block on ``head``, recorded and not yet confirmed.

        Args:
            head: the end of the chain as :meth:`verify` found it.
            events: of :func:`sign_operation`, in the order in which they count.
            recorder: the owner.
            private_key: the owner's.
            time: seconds since the epoch; ``None`` is now, or the head's time when that is later.

        Raises:
            ValueError: there is a block on ``head`` already: a second one would be an equivocation
                (HIST-14). Also for a history of the historic form.
            DimError: an event has not the right form, or a limit is exceeded.
        """
        self._check_writable()
        self._check_checkpoint(head)
        rivals = [block for block in self._blocks.values() if block.header.previous == head.head]
        if rivals:
            raise ValueError(f"head: {len(rivals)} blocks stand on it; a second one convicts you")
        moment = max(seconds(time), head.time if time is None else 0)
        by = Identifier.parse(recorder)
        entry = sign_block(self._identifier, head, events, by, private_key, moment)
        return merge(self, self._alone(entry))

    def vote(
        self, voter: Identifier | str, private_key: PrivateKey, block: str | None = None
    ) -> History:
        """This history with a vote for a block, the highest one unless said.

        Whether the block deserves it is for the voter to know: verify first.

        Args:
            voter: a member, not the recorder.
            private_key: the voter's.
            block: the name of the block; needed when there are several of the greatest height.

        Raises:
            ValueError: no such block, or more than one; or ``voter`` has voted for another one with
                the same predecessor: a second vote would be an equivocation (HIST-14).
        """
        self._check_writable()
        by = str(Identifier.parse(voter).without_terminal())
        top = max(one.header.height for one in self._blocks.values())
        wanted = [
            one
            for one in self._blocks.values()
            if (one.header.height == top if block is None else one.name == block)
        ]
        if len(wanted) != 1:
            raise ValueError(f"block: {len(wanted)} blocks, one is wanted")
        [chosen] = wanted
        for other in self._blocks.values():
            is_rival = other is not chosen and other.header.previous == chosen.header.previous
            if is_rival and by in other.votes:
                raise ValueError(f"voter: has voted for {other.name}; a second vote convicts")
        signature = private_key.sign(chosen.header.ballot(chosen.name))
        voted = chosen.with_signatures(chosen.signatures, {by: (signature,)})
        alone = History._of(self._identifier, {voted.key: voted}, {})
        return merge(self, alone)

    def _check_writable(self) -> None:
        if self._records is not None:
            raise ValueError("the historic form is read only")

    def _alone(self, entry: dict[str, Any]) -> History:
        return History.parse({"version": VERSION, "ID": str(self._identifier), "blocks": [entry]})

    def to_dict(self) -> dict[str, Any]:
        """The JSON mapping, the same for every history that is equal to this one."""
        metas = {name: meta.to_dict() for name, meta in sorted(self.metas.items())}
        if self._records is not None:
            entries = [record.source for record in self._records]
            return {"ID": str(self._identifier), "records": entries, "metas": metas}
        blocks = [entry for block in self.blocks for entry in block.entries()]
        return {
            "version": VERSION, "ID": str(self._identifier), "metas": metas, "blocks": blocks,
        }  # fmt: skip

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, History):
            return NotImplemented
        if self._records is not None or other._records is not None:
            return self.to_dict() == other.to_dict()
        return (
            self._identifier == other._identifier
            and self._blocks == other._blocks
            and self.metas == other.metas
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<History of {self._identifier}, {len(self)} blocks>"


def merge(a: History, b: History) -> History:
    """All that two histories of one group hold (HIST-13). Nothing is judged: verify before, so that
    what others made up does not fill the memory, and after, to see what it came to.

    Raises:
        ValueError: they are of different groups, or one is of the historic form.
        DimError: ``TOO_LARGE``, together they exceed a limit (HIST-10).
    """
    for history in (a, b):
        if not isinstance(history, History):
            raise TypeError(f"History is wanted, not {type(history).__name__}")
        if history._records is not None:
            raise ValueError("the historic form cannot be merged: nothing in it names a record")
    if a._identifier != b._identifier:
        raise ValueError(f"histories of {a._identifier} and {b._identifier}")
    blocks = dict(a._blocks)
    for key, block in b._blocks.items():
        mine = blocks.get(key)
        blocks[key] = block if mine is None else mine.union(block)
    check_limits(blocks.values())
    metas = dict(a._metas)
    for name, meta in b._metas.items():
        metas[name] = min(metas.get(name, meta), meta, key=_meta_order)
    return History._of(a._identifier, blocks, metas)


def _meta_order(meta: Meta | DimError) -> tuple[int, str]:
    """What is no meta comes last."""
    if isinstance(meta, DimError):
        return 1, str(meta)
    return 0, json.dumps(meta.to_dict(), sort_keys=True)


def _chain(head: _evaluation.Node | None, floor: int) -> tuple[str, ...]:
    """Names of the blocks up to the head, the first one first."""
    chain = []
    while head is not None and head.height > floor:
        chain.append(head.name)
        head = head.parent
    return tuple(reversed(chain))


def _summary(
    refused: Sequence[Refused], result: _evaluation.Result, accepted: int, chain: Sequence[str]
) -> tuple[Code, str]:
    """The code of a whole history, and why (HIST-11)."""
    if refused:
        return refused[0].code, str(refused[0])
    chosen = set(chain)
    nodes = result.nodes
    beside = [node.block for node in nodes if node.name not in chosen and node.block is not None]
    beside += result.waiting
    rivals = [block for block in beside if block.header.height < accepted]
    if rivals:
        height = min(block.header.height for block in rivals)
        return Code.CONFLICT, f"block {height}: CONFLICT another one was chosen"
    if beside:
        height = min(block.header.height for block in beside)
        return Code.UNCONFIRMED, f"block {height}: UNCONFIRMED not by more than half, or waiting"
    return Code.OK, ""


def _batch_verifier(threads: int | None) -> _evaluation.Verify:
    _dispatch.thread_count(threads)

    def verify(
        keys: list[PublicKey | None], messages: list[bytes], signatures: list[bytes]
    ) -> bytes:
        return bytes(verify_batch(keys, messages, signatures, threads=threads).codes)

    return verify
