"""What the verification of a history comes to: verdict, checkpoint, evidence
(docs/semantics.md#hist-11, #hist-14, #hist-15).

Not here: how a verdict is found (``_evaluation``, ``_historic``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import coding
from ..identity import Identifier
from ..keyring import Keyring
from ..verdict import Code, DimError
from ..verify import verify_batch
from ._texts import Names, ballot, decode, malformed, read_header
from .state import State

if TYPE_CHECKING:
    from .history import History

__all__ = ["Checkpoint", "Equivocation", "HistoryVerdict", "Refused"]

WINDOW = 64
"""An operation counts in so many blocks after the last one that its commander knew (HIST-8)."""


class Refused(NamedTuple):
    """A part of a history that was refused."""

    height: int
    """Of the block; -1 for what belongs to none, such as a meta."""
    block: str
    """The name of the block, or of what was refused; empty in the historic form."""
    voter: str | None
    """Whose vote it is; ``None`` when it is the block, or its recorder's signature."""
    code: Code
    reason: str

    def __str__(self) -> str:
        where = f"block {self.height}" if self.height >= 0 else self.block
        vote = "" if self.voter is None else f", vote of {self.voter}"
        return f"{where}{vote}: {self.code.name} {self.reason}"


class Checkpoint:
    """The end of a verified chain, to go on from: what a node notes down for itself (HIST-15).

    Immutable. It is believed as it stands, so keep it where nobody else writes.
    """

    __slots__ = ("head", "height", "recent", "state", "time", "version")

    head: str
    """The name of the last block; in the historic form base64 of its signature."""
    height: int
    time: int
    recent: tuple[tuple[str, frozenset[str]], ...]
    """Names of the last blocks and digests of their operations, the newest first, at most 64."""
    state: State
    version: int

    def __init__(
        self,
        version: int,
        head: str,
        height: int,
        time: int,
        recent: tuple[tuple[str, frozenset[str]], ...],
        state: State,
    ) -> None:
        values = {"version": version, "head": head, "height": height, "time": time,
                  "recent": recent, "state": state}  # fmt: skip
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Checkpoint is immutable: {name}")

    def to_dict(self) -> dict[str, Any]:
        """A JSON mapping that :meth:`parse` reads."""
        return {
            "version": self.version,
            "head": self.head,
            "height": self.height,
            "time": self.time,
            "recent": [[name, sorted(operations)] for name, operations in self.recent],
            "state": self.state.to_dict(),
        }

    @classmethod
    def parse(cls, mapping: Mapping[str, Any]) -> Checkpoint:
        """Read what :meth:`to_dict` wrote.

        Raises:
            DimError: ``MALFORMED``, it is something else.
        """
        try:
            recent = tuple((str(name), frozenset(done)) for name, done in mapping["recent"])
            numbers = [mapping[name] for name in ("version", "height", "time")]
            if any(type(number) is not int for number in numbers) or len(recent) > WINDOW:
                raise ValueError
            state = State._from_dict(mapping["state"])
            version, height, time = numbers
            return cls(version, str(mapping["head"]), height, time, recent, state)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise malformed("checkpoint: not one that was written here") from None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Checkpoint):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Checkpoint of {self.state.identifier} at height {self.height}>"


class Equivocation(NamedTuple):
    """Two signed statements of one ID that exclude each other: evidence (HIST-14)."""

    kind: str
    """``"recorder"`` or ``"voter"``."""
    culprit: Identifier
    group: Identifier
    height: int
    previous: str
    statements: tuple[tuple[str, bytes], tuple[str, bytes]]
    """Two blocks, by their text when they were recorded and by their name when voted for, and the
    signatures; ordered by the blocks' names."""

    def verify(self, keyring: Keyring) -> Code:
        """Whether this convicts the culprit, for anybody who has its meta.

        Returns:
            ``OK``; ``UNKNOWN_SENDER``; ``MISMATCH``, these two do not exclude each other;
            ``BAD_SIGNATURE_ENCODING`` or ``BAD_SIGNATURE``.
        """
        key = keyring._identity_key(self.culprit)
        if key is None:
            return Code.UNKNOWN_SENDER
        messages = [self._signed(text) for text, _ in self.statements]
        if None in messages or messages[0] == messages[1]:
            return Code.MISMATCH
        signed = [message for message in messages if message is not None]
        verdicts = verify_batch(key, signed, [signature for _, signature in self.statements])
        return next((code for code in verdicts if code is not Code.OK), Code.OK)

    def _signed(self, text: str) -> bytes | None:
        """What was signed, when it is about this place."""
        if self.kind == "voter":
            return ballot(str(self.group), self.height, self.previous, text)
        names: Names = {}
        try:
            header = read_header(text, names)
        except DimError:
            return None
        place = (header.group, header.recorder, header.height, header.previous)
        if place != (self.group, self.culprit, self.height, self.previous):
            return None
        return header.signed()

    def to_dict(self) -> dict[str, Any]:
        """A JSON mapping that :meth:`parse` reads."""
        statements = [
            {"block": text, "signature": coding.base64_encode(signature)}
            for text, signature in self.statements
        ]
        return {
            "kind": self.kind,
            "culprit": str(self.culprit),
            "group": str(self.group),
            "height": self.height,
            "previous": self.previous,
            "statements": statements,
        }

    @classmethod
    def parse(cls, mapping: Mapping[str, Any]) -> Equivocation:
        """Read evidence that somebody sent; nothing is proved before :meth:`verify`.

        Raises:
            DimError: ``MALFORMED``, ``BAD_ENCODING``, ``BAD_ADDRESS`` or ``TOO_LARGE``.
        """
        try:
            kind, height, previous = (mapping[name] for name in ("kind", "height", "previous"))
            culprit, group = (Identifier.parse(mapping[name]) for name in ("culprit", "group"))
            first, second = mapping["statements"]
            texts = [first["block"], second["block"]]
            signatures = [decode(one["signature"], "signature") for one in (first, second)]
        except (KeyError, TypeError, AttributeError):
            raise malformed("evidence: fields are missing") from None
        except ValueError as error:
            if isinstance(error, DimError):
                raise
            raise malformed("evidence: two statements are wanted") from None
        if (
            kind not in ("recorder", "voter")
            or type(height) is not int
            or not all(isinstance(text, str) for text in (previous, *texts))
        ):
            raise malformed("evidence: a field of a wrong type")
        statements = ((texts[0], signatures[0]), (texts[1], signatures[1]))
        return cls(kind, culprit, group, height, previous, statements)


class HistoryVerdict:
    """The verdict on a history. Immutable.

    There is no truth value: say ``verdict.code is Code.OK``.
    """

    __slots__ = (
        "accepted", "chain", "checkpoint", "code", "equivocations", "history", "reason", "refused",
        "signatures", "state", "total", "unjudged",
    )  # fmt: skip

    code: Code
    """``OK``: every block is on the chain and every signature is right. Else the code of the first
    refusal, or ``CONFLICT``, or ``UNCONFIRMED`` (HIST-11)."""
    reason: str
    """One line for people; empty when all is well."""
    accepted: int
    """Blocks of the chain, those up to a checkpoint among them."""
    chain: tuple[str, ...]
    """Names of the blocks of the chain above the checkpoint; empty in the historic form."""
    total: int
    """Different blocks that the history has above the checkpoint."""
    unjudged: int
    """Blocks that stand on refused ones."""
    state: State | None
    """After the chain; ``None`` when not even the first block was accepted."""
    checkpoint: Checkpoint | None
    """The end of the chain, for the next time."""
    refused: tuple[Refused, ...]
    """All that was refused, from the first block on."""
    equivocations: tuple[Equivocation, ...]
    """Who said two things, by height."""
    signatures: int
    """How many signatures were looked at."""
    history: History
    """What is worth keeping and merging (HIST-13); of the historic form what was accepted."""

    def __init__(self, **values: Any) -> None:
        for name in self.__slots__:
            object.__setattr__(self, name, values[name])

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"HistoryVerdict is immutable: {name}")

    def counts(self) -> Counter[Code]:
        """How often each code was the reason of a refusal."""
        return Counter(refused.code for refused in self.refused)

    def __bool__(self) -> bool:
        raise TypeError("a HistoryVerdict has no truth value; look at its code")

    def __repr__(self) -> str:
        return f"<HistoryVerdict {self.code.name}, {self.accepted} blocks accepted>"
