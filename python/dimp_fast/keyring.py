"""The keys of checked accounts (docs/semantics.md#meta-3, #doc-1, #msg-7).

Nothing gets in unchecked: a meta must match its ID, a document must be signed by that meta's key.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
"""

OnRefused = Callable[[str, Code, str], None]


class Keyring:
    """Accounts whose metas and documents were checked. Safe to share between threads.

    Args:
        max_accounts: how many accounts are held at most; ``None`` is no limit. With a loader the
            least recently used leave first and are loaded again when they are asked for; without
            one, adding beyond the limit raises.
        loader: finds the account of an address that is not held, see :data:`Loader`.
        on_refused: called with (address, code, reason) for each meta or document that the loader
            found and the check refused.
    """

    __slots__ = ("_loader", "_on_refused", "_store")

    def __init__(
        self,
        max_accounts: int | None = None,
        loader: Loader | None = None,
        on_refused: OnRefused | None = None,
    ) -> None:
        if max_accounts is not None and max_accounts < 1:
            raise ValueError(f"max_accounts: at least 1 is wanted, not {max_accounts}")
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
        """
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
        code, _ = self._store.add_document(text, time.time())
        if code == int(Code.UNKNOWN_SENDER) and self._load_owner(document):
            code, _ = self._store.add_document(text, time.time())
        return Code(code)

    def _load_owner(self, document: Mapping[str, Any]) -> bool:
        did = document.get("did", document.get("ID"))
        try:
            return isinstance(did, str) and self._load_missing(Identifier.parse(did))
        except DimError:
            return False

    def keys_for(self, identifier: Identifier | str) -> tuple[PublicKey, ...]:
        """The keys that verify messages of ``identifier``: those of its documents, newest first,
        then its meta key; empty when it is unknown, or known under another name.

        Raises:
            DimError: ``BAD_ADDRESS``, ``identifier`` is no ID.
        """
        parsed = Identifier.parse(identifier)
        self._load_missing(parsed)
        found = self._store.keys_for(str(parsed))
        return tuple(_public_key(algorithm, data) for algorithm, data in found)

    def _load_missing(self, identifier: Identifier) -> bool:
        if self._loader is None or self._store.contains(identifier.address):
            return False
        return self._load_into(self._store, [identifier.address], 1)

    def _load_into(self, store: Any, addresses: Iterable[str], threads: int) -> bool:
        """Load what the loader finds into ``store``, a key store or a resolution; says whether
        there was anything."""
        stored = list(self._stored(addresses))
        results = store.load(stored, time.time(), threads)
        if self._on_refused is not None:
            for (address, _, _), (meta, documents) in zip(stored, results, strict=True):
                for code, reason in (meta, *documents):
                    if code != int(Code.OK):
                        self._on_refused(address, Code(code), reason)
        return bool(stored)

    def _stored(self, addresses: Iterable[str]) -> Iterator[tuple[str, bytes, list[bytes]]]:
        """What the loader finds, as JSON text; its errors are the caller's to see."""
        if self._loader is None:
            return
        for address in addresses:
            found = self._loader(address)
            if found is not None:
                meta, documents = found
                yield address, _text(meta), [_text(document) for document in documents]

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


def _text(source: Mapping[str, Any] | bytes) -> bytes:
    return source if isinstance(source, bytes) else _json(source) or b""


def _public_key(algorithm: str, data: bytes) -> PublicKey:
    if algorithm == "ED25519":  # its canonical data alone could be anything
        return PublicKey.parse({"algorithm": algorithm, "data": data.hex()})
    return PublicKey.parse(data)
