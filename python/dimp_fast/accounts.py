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
_SPACE = b" \t\n\r"
_DOCUMENTS = re.compile(rb'[ \t\n\r]*"documents"[ \t\n\r]*:[ \t\n\r]*')

_Structure = Iterator[tuple[int, bytes, int]]
"""(where, which, depth) of brackets and commas outside strings; the depth of a token is that of
what it opens, closes or parts, 1 for the outermost."""


def _split_documents(content: bytes) -> list[bytes]:
    """The documents of a ``documents.js``, in their own text: ``{"documents": [...]}`` as the
    reference writes it, a bare array, or one document.

    Brackets are counted and strings passed over, nothing else is read: one document that is no
    JSON must not take the others with it. Where a file breaks off, the documents that were complete
    count, and one item that is no document stands for the rest.
    """
    structure = _structure(content)
    array = _find_array(content, structure)
    if array is None:
        return [content]
    start, array_depth = array
    items: list[bytes] = []
    complete = start  # where the last value that is whole ends
    for at, token, depth in structure:
        if depth == array_depth + 1 and token in b"]}":
            complete = at + 1
        elif depth == array_depth:
            if token == b"}" or len(items) == MAX_DOCUMENTS:
                break
            items.append(content[start:at])
            start = complete = at + 1
            if token == b"]":
                if len(items) == 1 and not items[0].strip(_SPACE):
                    items.clear()  # an empty array
                is_whole = _ends_well(content, start, structure, depth)
                return items if is_whole else [*items, _NO_DOCUMENT]
    if complete > start and len(items) < MAX_DOCUMENTS:
        items.append(content[start:complete])
    return [*items, _NO_DOCUMENT]


def _structure(content: bytes) -> _Structure:
    depth = 0
    in_string = False
    for match in _TOKEN.finditer(content):
        token = match[0]
        if token == b'"':
            in_string = not in_string
        elif not in_string and len(token) == 1:
            depth += token in b"[{"
            yield match.start(), token, depth
            depth -= token in b"]}"


def _find_array(content: bytes, structure: _Structure) -> tuple[int, int] | None:
    """Where the items of the array of documents begin, and its depth; takes ``structure`` there."""
    member = 0  # where a member of the outermost object begins
    for at, token, depth in structure:
        if depth == 1:
            if token in b"[{" and content[:at].strip(_SPACE):
                return None
            if token == b"[":
                return at + 1, 1
            member = at + 1
        elif depth == 2 and token in b"[{":
            if token == b"[" and _DOCUMENTS.fullmatch(content, member, at):
                return at + 1, 2
            member = at  # not read again: that would take quadratic time
    return None


def _ends_well(content: bytes, rest: int, structure: _Structure, depth: int) -> bool:
    """Whether a file ends as it should after its array of documents, at that depth."""
    if depth == 2:
        closing = (at for at, token, depth in structure if depth == 1 and token == b"}")
        rest = next(closing, -1) + 1
    return rest > 0 and not content[rest:].strip(_SPACE)


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
