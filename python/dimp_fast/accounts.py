"""A station's account folder, as the reference lays it out: ``public/<address>/meta.js`` and
``documents.js``.

Reading only. What is read is believed only after the keyring has checked it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from . import _dispatch
from .verdict import Code

__all__ = ["AccountFolder", "LoadReport", "RefusedAccount", "load_folder"]

MAX_FILE_BYTES = 4 * 1024 * 1024
"""A larger meta.js or documents.js is refused unread."""

_BATCH = 256


class RefusedAccount(NamedTuple):
    """A meta or document that did not get in."""

    path: str
    code: Code
    reason: str


class LoadReport:
    """What loading a folder came to."""

    __slots__ = ("accounts", "documents", "refused")

    def __init__(self) -> None:
        self.accounts = 0
        """How many accounts got in."""
        self.documents = 0
        """How many of their documents got in."""
        self.refused: list[RefusedAccount] = []
        """Metas and documents that did not, and why."""

    def __repr__(self) -> str:
        return (
            f"<LoadReport: {self.accounts} accounts, {self.documents} documents, "
            f"{len(self.refused)} refused>"
        )


class UnreadableAccount(Exception):
    """An account's files are there and cannot be used."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class AccountFolder:
    """Finds accounts by address; use one as the ``loader`` of a keyring.

    Args:
        folder: holds ``public/``, or the address folders themselves.

    Raises:
        NotADirectoryError: ``folder`` is not a directory.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        root = Path(folder)
        if not root.is_dir():
            raise NotADirectoryError(f"not a directory: {root}")
        public = root / "public"
        self._root = public if public.is_dir() else root

    def __call__(self, address: str) -> tuple[bytes, list[bytes]] | None:
        try:
            return self.read(address)
        except UnreadableAccount:
            return None  # a checked key is what a sender needs; this account has none

    def read(self, address: str) -> tuple[bytes, list[bytes]] | None:
        """Meta and documents as JSON text, or ``None`` when the folder has no such account.

        Raises:
            UnreadableAccount: a file is too large, or not what its name says.
        """
        place = self._root / address
        meta = _read(place / "meta.js")
        if meta is None:
            return None
        documents = _read(place / "documents.js")
        return meta, [] if documents is None else _split_documents(documents)

    def addresses(self) -> Iterator[str]:
        """The names of the account folders that have a ``meta.js``, unchecked."""
        with os.scandir(self._root) as entries:
            for entry in entries:
                if entry.is_dir() and os.path.exists(os.path.join(entry.path, "meta.js")):
                    yield entry.name

    def path(self, address: str, file: str) -> str:
        """Where a file of an account lies."""
        return str(self._root / address / file)


def _read(path: Path) -> bytes | None:
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableAccount(Code.TOO_LARGE, f"{path.name}: more than {MAX_FILE_BYTES} bytes")
    return content


def _split_documents(content: bytes) -> list[bytes]:
    """The documents of a ``documents.js``: ``{"documents": [...]}`` as the reference writes it, a
    bare array, or one document."""
    try:
        value: Any = json.loads(content)
        if isinstance(value, dict) and isinstance(value.get("documents"), list):
            value = value["documents"]
        items = value if isinstance(value, list) else [value]
        return [
            json.dumps(item, allow_nan=False).encode("ascii")
            for item in items
            if isinstance(item, dict)
        ]
    except (ValueError, RecursionError):
        return [b""]  # one document that is no document: the keyring says MALFORMED


def load_folder(
    store: Any,
    folder: str | os.PathLike[str],
    progress: Callable[[int, int], None] | None,
) -> LoadReport:
    """Load all accounts of ``folder`` into the key store of a tier."""
    accounts = AccountFolder(folder)
    report = LoadReport()
    names = sorted(accounts.addresses())
    for start in range(0, len(names), _BATCH):
        batch = names[start : start + _BATCH]
        _load_batch(store, accounts, batch, report)
        if progress is not None:
            progress(start + len(batch), len(names))
    return report


def _load_batch(store: Any, accounts: AccountFolder, names: list[str], report: LoadReport) -> None:
    canonical = _dispatch.operation("parse_addresses")(names, 1)[5]
    stored: list[tuple[str, bytes, list[bytes]]] = []
    for name, address in zip(names, canonical, strict=True):
        if address != name:
            report.refused.append(
                RefusedAccount(
                    accounts.path(name, ""), Code.BAD_ADDRESS, "folder: not named by an address"
                )
            )
            continue
        try:
            found = accounts.read(address)
        except UnreadableAccount as error:
            report.refused.append(
                RefusedAccount(accounts.path(address, "meta.js"), error.code, error.reason)
            )
            continue
        if found is not None:
            stored.append((address, *found))
    results = store.load(stored, time.time(), 0)
    for (address, _, _), (verdict, documents) in zip(stored, results, strict=True):
        _report(report, accounts.path(address, "meta.js"), verdict)
        if verdict[0] == int(Code.OK):
            report.accounts += 1
        for document in documents:
            _report(report, accounts.path(address, "documents.js"), document)
            report.documents += document[0] == int(Code.OK)


def _report(report: LoadReport, path: str, verdict: tuple[int, str]) -> None:
    code, reason = verdict
    if code != int(Code.OK):
        report.refused.append(RefusedAccount(path, Code(code), reason))
