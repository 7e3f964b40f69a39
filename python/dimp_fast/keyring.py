"""The keys of checked accounts (docs/semantics.md#meta-3, #doc-1, #msg-7).

Nothing gets in unchecked: a meta must match its ID, a document must be signed by that meta's key.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from . import _dispatch
from ._json import text_of
from .document import Document
from .identity import Identifier
from .keys import PublicKey
from .meta import Meta, identifier_text
from .verdict import Code, DimError

if TYPE_CHECKING:
    from .accounts import LoadReport
    from .group import History

__all__ = ["Keyring"]

Loaded = tuple["Mapping[str, Any] | bytes", "Sequence[Mapping[str, Any] | bytes]"]
Loader = Callable[[str], "Loaded | None"]
"""Canonical address -> (meta, documents) as mappings or JSON bytes, or None when there is none.

Called from the thread that asks, which may be any; what it returns is checked like anything else.
An account that is there and cannot be used is a :class:`DimError`: it is reported to ``on_refused``
and counts as absent. Every other error reaches whoever asked the keyring.
"""

_Stored = tuple[str, bytes, list[bytes]]
"""(address, meta, documents) as JSON text, unchecked."""

ACCOUNTS_AT_ONCE = 64
"""So many accounts are read before they are checked and stored: enough to keep all threads busy,
few enough to hold their files in memory, which may have megabytes each."""

DOCUMENTS_AT_ONCE = 4096
"""So many documents are JSON text at a time when a batch is verified."""

MAX_RETIRED = 1 << 20
"""So many retired IDs are remembered; one that is forgotten would be believed again."""

RETIRED = "account: it was retired"

OnRefused = Callable[[str, Code, str], None]
"""Called with the address, the code and the reason of what a loader found and a check refused."""


class Keyring:
    """Accounts whose metas and documents were checked. Safe to share between threads.

    Args:
        max_accounts: how many accounts are held at most; ``None`` is no limit. With a loader the
            least recently used leave first and are loaded again when they are asked for; without
            one, adding beyond the limit raises.
        loader: finds the account of an address that is not held, see :data:`Loader`.
        on_refused: called with (address, code, reason) for each meta or document that the loader
            found and the check refused, and for each account that the loader could not use.

    Raises:
        TypeError: ``max_accounts`` is not an ``int``.
        ValueError: ``max_accounts`` is below 1.
    """

    __slots__ = ("_loader", "_on_refused", "_retired", "_store")

    def __init__(
        self,
        max_accounts: int | None = None,
        loader: Loader | None = None,
        on_refused: OnRefused | None = None,
    ) -> None:
        if max_accounts is not None:
            if isinstance(max_accounts, bool) or not isinstance(max_accounts, int):
                raise TypeError(
                    f"max_accounts: int or None is wanted, not {type(max_accounts).__name__}"
                )
            if max_accounts < 1:
                raise ValueError(f"max_accounts: at least 1 is wanted, not {max_accounts}")
            max_accounts = min(max_accounts, sys.maxsize)
        self._loader = loader
        self._on_refused = on_refused
        self._retired: set[str] = set()
        self._store = _dispatch.operation("KeyStore")(max_accounts, loader is not None)

    def add_meta(
        self, identifier: Identifier | str, meta: Meta | Mapping[str, Any] | bytes
    ) -> Code:
        """Add an account by its meta, an object, a mapping or JSON text. A meta is immutable: one
        that is held stays.

        Returns:
            ``OK``, or why not: ``MALFORMED``, ``BAD_ENCODING``, ``BAD_ADDRESS``, ``MISMATCH``,
            ``BAD_KEY``, ``UNSUPPORTED``, ``BAD_SIGNATURE_ENCODING``, ``BAD_SIGNATURE``, or
            ``EXPIRED`` for an account that was retired.

        Raises:
            DimError: ``TOO_LARGE``, the keyring is full and has no loader.
            TypeError: ``identifier`` or ``meta`` is of a wrong type.
        """
        owner = identifier_text(identifier, "identifier")
        try:
            code, _ = self._store.add_meta(owner, text_of(meta, Meta, "meta"))
        except OverflowError as error:
            raise DimError(Code.TOO_LARGE, str(error)) from None
        return self._unless_retired(code, owner)

    def add_history(self, history: History | Mapping[str, Any] | bytes) -> Code:
        """Learn from the history of an account whether its ID was retired
        (docs/semantics.md#hist-17): from then on everything of that ID is ``EXPIRED``. The history
        is verified with the meta that the keyring has, or that it carries.

        Returns:
            ``OK``, also for an account that goes on; or the code of the form or of the verdict;
            ``BAD_ADDRESS``, it is the history of a group; ``TOO_LARGE``, 1,048,576 retired IDs are
            remembered already.

        Raises:
            TypeError: ``history`` is of a wrong type.
        """
        from .group import History

        try:
            parsed = History.parse(history)
        except DimError as error:
            return error.code
        if not parsed.identifier.is_user:
            return Code.BAD_ADDRESS
        verdict = parsed.verify(self)
        state = verdict.state
        if state is not None and state.is_retired:
            # Whatever else the history holds, this much is proved.
            if len(self._retired) >= MAX_RETIRED:
                return Code.TOO_LARGE
            self._retired.add(parsed.identifier.address)
        return verdict.code

    def is_retired(self, identifier: Identifier | str) -> bool:
        """Whether the keyring knows that an ID was retired.

        Raises:
            DimError: ``BAD_ADDRESS``, ``identifier`` is no ID.
        """
        return Identifier.parse(identifier).address in self._retired

    def _unless_retired(self, code: int, owner: str) -> Code:
        """What would be accepted is ``EXPIRED`` when its account was retired."""
        if code == int(Code.OK) and self._retired and self.is_retired(owner):
            return Code.EXPIRED
        return Code(code)

    def _expire(
        self, codes: bytes, reasons: dict[int, str], address_of: Callable[[int], str]
    ) -> bytes:
        """The codes of a batch, ``EXPIRED`` for what would be accepted of retired accounts."""
        if not self._retired:
            return codes
        changed = bytearray(codes)
        for index, code in enumerate(codes):
            if code == int(Code.OK) and address_of(index) in self._retired:
                changed[index] = int(Code.EXPIRED)
                reasons[index] = RETIRED
        return bytes(changed)

    def _identity_key(self, identifier: Identifier) -> PublicKey | None:
        """The key of the meta of an ID, retired or not: what it signed once stays signed."""
        keys = self._ask(identifier, lambda store, owner: store.keys_for(owner))
        return PublicKey._from_canonical(*keys[-1]) if keys else None

    def add_document(self, document: Document | Mapping[str, Any] | bytes) -> Code:
        """Add a document, an object, a mapping or JSON text, of an account that is held or that
        the loader finds. The key of a newer visa pushes out that of the older one (DOC-3).

        Returns:
            ``OK``, or why not: ``TOO_LARGE``, ``MALFORMED``, ``BAD_ENCODING``, ``BAD_ADDRESS``,
            ``UNKNOWN_SENDER``, ``MISMATCH``, ``BAD_SIGNATURE_ENCODING``, ``BAD_SIGNATURE`` or
            ``EXPIRED`` (also of an account that was retired).

        Raises:
            TypeError: ``document`` is of a wrong type.
        """
        text = text_of(document, Document, "document")
        now = time.time()
        code, _ = self._store.add_document(text, now)
        if code == int(Code.UNKNOWN_SENDER) and (owner := self._find(owner_of(text))) is not None:
            self._load_found(self._store, [owner], 1)
            code, _ = self._store.add_document(text, now)
            if code == int(Code.UNKNOWN_SENDER):
                code, _ = self._store_of([owner]).add_document(text, now)
        if code == int(Code.OK) and self._retired and owner_of(text) in self._retired:
            return Code.EXPIRED
        return Code(code)

    def _verify_documents(self, sources: list[Any], threads: int) -> tuple[bytes, dict[int, str]]:
        """DOC-8. All are judged by what is held before anything is loaded: that could push an
        account out, together with documents that only the keyring had."""
        now = time.time()
        codes, reasons = bytearray(len(sources)), dict[int, str]()

        def judge(store: Any, indices: Sequence[int]) -> None:
            for start in range(0, len(indices), DOCUMENTS_AT_ONCE):
                part = indices[start : start + DOCUMENTS_AT_ONCE]
                texts = [text_of(sources[index], Document, "document") for index in part]
                found, why = store.verify_documents(texts, now, threads)
                for place, index in enumerate(part):
                    codes[index] = found[place]
                    reasons.pop(index, None)
                reasons.update((part[place], reason) for place, reason in why.items())

        def unknown(indices: Sequence[int]) -> list[int]:
            return [index for index in indices if codes[index] == int(Code.UNKNOWN_SENDER)]

        def owner(index: int) -> str:
            return owner_of(text_of(sources[index], Document, "document"))

        judge(self._store, range(len(sources)))
        by_owner: dict[str, list[int]] = {}
        if self._loader is not None:
            for index in unknown(range(len(sources))):
                by_owner.setdefault(owner(index), []).append(index)
        for accounts in self._found(list(by_owner)):
            self._load_found(self._store, accounts, threads)
            asked = [index for address, *_ in accounts for index in by_owner[address]]
            judge(self._store, asked)
            if pushed_out := unknown(asked):
                judge(self._store_of(accounts), pushed_out)
        return self._expire(bytes(codes), reasons, owner), reasons

    def keys_for(self, identifier: Identifier | str) -> tuple[PublicKey, ...]:
        """The keys that verify messages of ``identifier``: those of its documents, newest first,
        then its meta key; empty when it is unknown, known under another name, or retired.

        Raises:
            DimError: ``BAD_ADDRESS``, ``identifier`` is no ID.
        """
        if self._retired and self.is_retired(identifier):
            return ()
        found = self._ask(identifier, lambda store, owner: store.keys_for(owner))
        return tuple(PublicKey._from_canonical(*key) for key in found)

    def encryption_keys(self, identifier: Identifier | str) -> list[tuple[str | None, PublicKey]]:
        """The keys that messages to ``identifier`` are sealed with (docs/semantics.md#seal-3): the
        RSA keys of its documents with their terminals, newest first, one a terminal; its meta key
        when there is none and that is RSA. Empty when nothing can be sealed for it: it has no such
        key, is unknown, known under another name, or retired.

        Raises:
            DimError: ``BAD_ADDRESS``, ``identifier`` is no ID.
        """
        if self._retired and self.is_retired(identifier):
            return []
        found = self._ask(identifier, lambda store, owner: store.encryption_keys(owner))
        return [(terminal, PublicKey._from_canonical(*key)) for terminal, *key in found]

    def _ask(
        self, identifier: Identifier | str, question: Callable[[Any, str], list[Any]]
    ) -> list[Any]:
        """What the store says of an account, which the loader may have."""
        parsed = Identifier.parse(identifier)
        owner = str(parsed)
        found = question(self._store, owner)
        if found or self._store.contains(parsed.address):
            return found
        stored = self._find(parsed.address)
        if stored is None:
            return []
        self._load_found(self._store, [stored], 1)
        return question(self._store, owner) or question(self._store_of([stored]), owner)

    def _store_of(self, accounts: list[_Stored]) -> Any:
        """A store with those accounts only: in the shared one, others may have needed their room
        again at once, and an account that the loader has is never unknown."""
        store = type(self._store)(None, False)
        store.load(accounts, time.time(), 1)
        return store

    def _load_into(self, target: Any, addresses: Sequence[str], threads: int) -> None:
        """Load what the loader finds into ``target``, a key store or a resolution."""
        for accounts in self._found(addresses):
            self._load_found(target, accounts, threads)

    def _found(self, addresses: Sequence[str]) -> Iterator[list[_Stored]]:
        """What the loader finds, so many accounts at a time that they fit in memory."""
        for start in range(0, len(addresses), ACCOUNTS_AT_ONCE):
            asked = map(self._find, addresses[start : start + ACCOUNTS_AT_ONCE])
            yield [stored for stored in asked if stored is not None]

    def _load_found(self, target: Any, accounts: list[_Stored], threads: int) -> None:
        results = target.load(accounts, time.time(), threads)
        for (address, _, _), (meta, documents) in zip(accounts, results, strict=True):
            for code, reason in (meta, *documents):
                if code != int(Code.OK):
                    self._report(address, Code(code), reason)

    def _find(self, address: str) -> _Stored | None:
        """What the loader has of ``address``; its errors are the caller's to see."""
        if self._loader is None:
            return None
        try:
            found = self._loader(address)
        except DimError as error:
            self._report(address, error.code, error.reason)
            return None
        return None if found is None else _stored(address, found)

    def _report(self, address: str, code: Code, reason: str) -> None:
        if self._on_refused is not None:
            self._on_refused(address, code, reason)

    def load(
        self,
        folder: str | PathLike[str],
        progress: Callable[[int, int], None] | None = None,
        *,
        threads: int | None = None,
    ) -> LoadReport:
        """Load every account of a folder as the reference lays it out.

        Args:
            folder: holds ``public/<address>/meta.js`` and ``documents.js``, or the address
                folders themselves.
            progress: called with (accounts done, accounts in all).
            threads: how many threads check accounts at most; ``None`` is all, 1 stays on the
                calling thread.

        Returns:
            What was taken and what was refused, and why. Bad accounts do not raise.

        Raises:
            OSError: the folder, or a file that is there, cannot be read.
            DimError: ``TOO_LARGE``, the keyring is full and has no loader.
        """
        from .accounts import load_folder

        try:
            return load_folder(self._store, folder, progress, _dispatch.thread_count(threads))
        except OverflowError as error:
            raise DimError(Code.TOO_LARGE, str(error)) from None

    def discard(self, identifier: Identifier | str) -> bool:
        """Forget an account; says whether it was held."""
        found: bool = self._store.discard(Identifier.parse(identifier).address)
        return found

    def __contains__(self, identifier: object) -> bool:
        """Whether the account is held now; a loader is not asked."""
        if not isinstance(identifier, (str, Identifier)):
            return False
        try:
            parsed = Identifier.parse(identifier)
        except DimError:
            return False
        return bool(self._store.keys_for(str(parsed)))

    def __len__(self) -> int:
        return len(self._store)

    def __bool__(self) -> bool:
        return True  # an empty keyring is still a keyring

    def __repr__(self) -> str:
        return f"<Keyring of {len(self)} accounts>"


def owner_of(document: bytes) -> str:
    """The address whose document this says it is. It has the form of a document: somebody has said
    of it that its sender is unknown."""
    did: str = _dispatch.operation("parse_document")(document)[0]
    return Identifier.parse(did).address


def _stored(address: str, found: Loaded) -> _Stored:
    if isinstance(found, (tuple, list)) and len(found) == 2 and isinstance(found[1], Sequence):
        meta, documents = found
        if not isinstance(documents, (str, bytes)) and all(
            isinstance(source, (Mapping, bytes)) for source in (meta, *documents)
        ):
            texts = [text_of(document, Document, "document") for document in documents]
            return address, text_of(meta, Meta, "meta"), texts
    raise TypeError(
        f"loader: (meta, documents) or None is wanted for {address}, as mappings or JSON bytes"
    )
