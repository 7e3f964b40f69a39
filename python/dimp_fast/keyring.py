"""The keys of checked accounts (docs/semantics.md#meta-3, #doc-1, #msg-7).

Nothing gets in unchecked: a meta must match its ID, a document must be signed by that meta's key.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from . import _dispatch
from .identity import Identifier
from .keys import PublicKey
from .verdict import Code, DimError

if TYPE_CHECKING:
    from .accounts import LoadReport

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

    __slots__ = ("_loader", "_on_refused", "_store")

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
        self._store = _dispatch.operation("KeyStore")(max_accounts, loader is not None)

    def add_meta(self, identifier: Identifier | str, meta: Mapping[str, Any]) -> Code:
        """Add an account by its meta. A meta is immutable: one that is held stays.

        Returns:
            ``OK``, or why not: ``MALFORMED``, ``BAD_ENCODING``, ``BAD_ADDRESS``, ``MISMATCH``,
            ``BAD_KEY``, ``UNSUPPORTED``, ``BAD_SIGNATURE_ENCODING`` or ``BAD_SIGNATURE``.

        Raises:
            DimError: ``TOO_LARGE``, the keyring is full and has no loader.
            TypeError: ``identifier`` or ``meta`` is of a wrong type.
        """
        if not isinstance(identifier, (str, Identifier)):
            raise TypeError(
                f"identifier: str or Identifier is wanted, not {type(identifier).__name__}"
            )
        text = _json(meta)
        if text is None:
            return Code.MALFORMED
        try:
            code, _ = self._store.add_meta(str(identifier), text)
        except OverflowError as error:
            raise DimError(Code.TOO_LARGE, str(error)) from None
        return Code(code)

    def add_document(self, document: Mapping[str, Any]) -> Code:
        """Add a document of an account that is held, or that the loader finds.

        Returns:
            ``OK``, or why not: ``MALFORMED``, ``BAD_ENCODING``, ``BAD_ADDRESS``,
            ``UNKNOWN_SENDER``, ``MISMATCH``, ``BAD_SIGNATURE_ENCODING``, ``BAD_SIGNATURE`` or
            ``EXPIRED``.
        """
        text = _json(document)
        if text is None:
            return Code.MALFORMED
        now = time.time()
        code, _ = self._store.add_document(text, now)
        if code == int(Code.UNKNOWN_SENDER) and (owner := self._find_owner(document)) is not None:
            self._load_found(self._store, [owner], 1)
            code, _ = self._store.add_document(text, now)
            if code == int(Code.UNKNOWN_SENDER):
                code, _ = self._store_of(owner).add_document(text, now)
        return Code(code)

    def _find_owner(self, document: Mapping[str, Any]) -> _Stored | None:
        did: Any = document.get("did")
        if did is None:  # JSON's null is absent, as for whoever checks the document
            did = document.get("ID")
        try:
            address = Identifier.parse(did).address
        except (DimError, TypeError):
            return None
        return self._find(address)

    def keys_for(self, identifier: Identifier | str) -> tuple[PublicKey, ...]:
        """The keys that verify messages of ``identifier``: those of its documents, newest first,
        then its meta key; empty when it is unknown, or known under another name.

        Raises:
            DimError: ``BAD_ADDRESS``, ``identifier`` is no ID.
        """
        parsed = Identifier.parse(identifier)
        found = self._store.keys_for(str(parsed))
        if not found and (stored := self._find(parsed.address)) is not None:
            self._load_found(self._store, [stored], 1)
            found = self._store.keys_for(str(parsed)) or self._store_of(stored).keys_for(
                str(parsed)
            )
        return tuple(_public_key(algorithm, data) for algorithm, data in found)

    def _store_of(self, stored: _Stored) -> Any:
        """A store with that account only: in the shared one, other threads may have needed its
        room again at once, and an account that the loader has is never unknown."""
        store = type(self._store)(None, False)
        store.load([stored], time.time(), 1)
        return store

    def _load_into(self, target: Any, addresses: Sequence[str], threads: int) -> None:
        """Load what the loader finds into ``target``, a key store or a resolution."""
        for start in range(0, len(addresses), ACCOUNTS_AT_ONCE):
            asked = map(self._find, addresses[start : start + ACCOUNTS_AT_ONCE])
            self._load_found(target, [stored for stored in asked if stored is not None], threads)

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
    ) -> LoadReport:
        """Load every account of a folder as the reference lays it out.

        Args:
            folder: holds ``public/<address>/meta.js`` and ``documents.js``, or the address
                folders themselves.
            progress: called with (accounts done, accounts in all).

        Returns:
            What was taken and what was refused, and why. Bad accounts do not raise.

        Raises:
            OSError: the folder cannot be read.
            DimError: ``TOO_LARGE``, the keyring is full and has no loader.
        """
        from .accounts import load_folder

        try:
            return load_folder(self._store, folder, progress)
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


def _json(mapping: Mapping[str, Any]) -> bytes | None:
    """The mapping as JSON text; None for what JSON cannot say."""
    if not isinstance(mapping, Mapping):
        raise TypeError(f"a mapping is wanted, not {type(mapping).__name__}")
    try:
        return json.dumps(dict(mapping), allow_nan=False).encode("ascii")
    except (TypeError, ValueError, RecursionError):
        return None


def _stored(address: str, found: Loaded) -> _Stored:
    if isinstance(found, (tuple, list)) and len(found) == 2 and isinstance(found[1], Sequence):
        meta, documents = found
        if not isinstance(documents, (str, bytes)) and all(
            isinstance(source, (Mapping, bytes)) for source in (meta, *documents)
        ):
            return address, _text(meta), [_text(document) for document in documents]
    raise TypeError(
        f"loader: (meta, documents) or None is wanted for {address}, as mappings or JSON bytes"
    )


def _text(source: Mapping[str, Any] | bytes) -> bytes:
    return source if isinstance(source, bytes) else _json(source) or b""


def _public_key(algorithm: str, data: bytes) -> PublicKey:
    if algorithm == "ED25519":  # its canonical data alone could be anything
        return PublicKey.parse({"algorithm": algorithm, "data": data.hex()})
    return PublicKey.parse(data)
