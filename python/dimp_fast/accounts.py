"""A station's account folder, as the reference lays it out: ``public/<address>/meta.js`` and
``documents.js``.

Reading only. What is read is believed only after the keyring has checked it.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from . import _dispatch
from .keyring import ACCOUNTS_AT_ONCE
from .verdict import Code, DimError

__all__ = ["AccountFolder", "LoadReport", "RefusedAccount", "load_folder"]

MAX_FILE_BYTES = 4 * 1024 * 1024
"""A larger meta.js or documents.js is refused unread."""

MAX_DOCUMENTS = 256
"""So many documents of a documents.js are looked at. A keyring holds 8 an account; a file of 4 MiB
could name a million, and each would be checked."""

_NO_DOCUMENT = b""
"""Stands for what could not be read as a document: the keyring says ``MALFORMED``."""


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


class UnreadableAccount(DimError):
    """An account's ``meta.js`` is there and cannot be used."""


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
        """Meta and documents as JSON text, unchecked, or ``None`` when the folder has no such
        account. What is no document is handed on too, for the keyring to refuse.

        Raises:
            UnreadableAccount: ``meta.js`` is too large, or not a file; a ``DimError``.
            OSError: a file cannot be read.
        """
        place = self._root / address
        meta = _read(place / "meta.js")
        if meta is None:
            return None
        try:
            documents = _read(place / "documents.js")
        except UnreadableAccount:
            return meta, [_NO_DOCUMENT]  # the meta alone has a key
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
    except IsADirectoryError:
        raise UnreadableAccount(Code.MALFORMED, f"{path.name}: a directory, not a file") from None
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableAccount(Code.TOO_LARGE, f"{path.name}: more than {MAX_FILE_BYTES} bytes")
    return content


_TOKEN = re.compile(rb'\\.|["\[\]{},]', re.DOTALL)
_DOCUMENTS = re.compile(rb'[ \t\n\r]*"documents"[ \t\n\r]*:[ \t\n\r]*')
_SPACE = b" \t\n\r"


def _split_documents(content: bytes) -> list[bytes]:
    """The documents of a ``documents.js``, in their own text: ``{"documents": [...]}`` as the
    reference writes it, a bare array, or one document.

    Brackets are counted and strings passed over, nothing else: one document that is not JSON must
    not take the others with it. Of a file that breaks off, what was complete counts, and one item
    that is no document stands for the rest.
    """
    items: list[bytes] = []
    array = 0  # the depth of the array of documents while inside it
    found = in_string = False
    depth = start = end = 0
    for match in _TOKEN.finditer(content):
        token, at = match[0], match.start()
        if token == b'"':
            in_string = not in_string
        elif in_string or token.startswith(b"\\"):
            continue
        elif token in b"[{":
            depth += 1
            if depth == 1 and content[:at].strip(_SPACE):
                break  # something stands before the value
            if token == b"[" and not found:
                found = depth == 1 or (
                    depth == 2 and _DOCUMENTS.fullmatch(content, start, at) is not None
                )
                array = depth if found else 0
            if depth == 1 or array == depth:
                start = end = at + 1
        elif token == b",":
            if array == depth:
                if len(items) == MAX_DOCUMENTS:
                    return [*items, _NO_DOCUMENT]
                items.append(content[start:at])
            if depth == 1 or array == depth:
                start = at + 1
    return items


def load_folder(
    store: Any,
    folder: str | os.PathLike[str],
    progress: Callable[[int, int], None] | None,
) -> LoadReport:
    """Load all accounts of ``folder`` into the key store of a tier."""
    accounts = AccountFolder(folder)
    report = LoadReport()
    names = sorted(accounts.addresses())
    for start in range(0, len(names), ACCOUNTS_AT_ONCE):
        batch = names[start : start + ACCOUNTS_AT_ONCE]
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
            found = accounts(address)
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
