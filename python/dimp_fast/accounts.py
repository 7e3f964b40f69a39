"""A station's account folder, as the reference lays it out: ``public/<address>/meta.js`` and
``documents.js``.

What is read is believed only after the keyring has checked it; what is written was checked before.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from . import _dispatch
from ._json import text_of
from ._rules import DOCUMENTS_HELD
from .document import Document
from .identity import Identifier
from .keyring import ACCOUNTS_AT_ONCE, Keyring, owner_of
from .meta import Meta, identifier_text
from .verdict import Code, DimError

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

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
    """The accounts of a folder by address. Use one as the ``loader`` of a keyring.

    Reading and writing is safe from several threads, and from several processes where the system
    has ``flock`` (Windows has none: let one process write there). Whoever reads finds the old file
    or the new one, also after a crash.

    Args:
        folder: holds ``public/``, or the address folders themselves.
        create: make ``folder`` and ``public/`` when there is no folder, or an empty one.

    Raises:
        NotADirectoryError: ``folder`` is not a directory.
    """

    def __init__(self, folder: str | os.PathLike[str], *, create: bool = False) -> None:
        root = Path(folder)
        public = root / "public"
        if create and (not root.exists() or (root.is_dir() and not any(root.iterdir()))):
            public.mkdir(parents=True, exist_ok=True)
        if not root.is_dir():
            raise NotADirectoryError(f"not a directory: {root}")
        self._root = public if public.is_dir() else root

    def __call__(self, address: str) -> tuple[bytes, list[bytes]] | None:
        """Meta and documents as JSON text, unchecked, or ``None`` when the folder has no such
        account, or could have none: only a canonical address that is not broadcast is looked up.
        What is no document is handed on too, for the keyring to refuse.

        Raises:
            UnreadableAccount: ``meta.js`` is too large, or not a file; a ``DimError``.
            OSError: a file cannot be read.
            TypeError: ``address`` is not a ``str``.
        """
        return self._read_account(address) if is_account(address) else None

    def _read_account(self, address: str) -> tuple[bytes, list[bytes]] | None:
        place = self._root / address
        meta = read_file(place / _META)
        if meta is None:
            return None
        try:
            documents = read_file(place / _DOCUMENTS)
        except UnreadableAccount:
            return meta, [_NO_DOCUMENT]  # the meta alone has a key
        return meta, [] if documents is None else _split_documents(documents)

    def addresses(self) -> Iterator[str]:
        """The names of the account folders that have a ``meta.js``, unchecked."""
        with os.scandir(self._root) as entries:
            for entry in entries:
                if os.path.exists(os.path.join(entry.path, _META)):
                    yield entry.name

    def path(self, address: str, file: str) -> str:
        """Where a file of an account lies."""
        return str(self._root / address / file)

    def save_meta(
        self, identifier: Identifier | str, meta: Meta | Mapping[str, Any] | bytes
    ) -> Code:
        """Keep an account by its meta, an object, a mapping or JSON text. The first one stays
        (DOC-9); a ``meta.js`` that breaks off, or whose key or signature is wrong, is replaced.

        Returns:
            ``OK`` when the folder has a meta of this key for ``identifier`` now, or why not: what
            :meth:`Keyring.add_meta` says; ``MISMATCH`` also when a meta of another key or another
            ID is there, ``UNSUPPORTED`` also when one is there that cannot be judged here,
            ``TOO_LARGE`` also for more than a ``meta.js`` may have.

        Raises:
            UnreadableAccount: what is there is no file, or too large to be looked at.
            OSError: the disk. The old file is there then, or the new one.
            TypeError: an argument is of a wrong type.
        """
        owner = identifier_text(identifier, "identifier")
        text = text_of(meta, Meta, "meta").strip(_SPACE)
        code, _ = _new_store().add_meta(owner, text)
        if code != int(Code.OK):
            return Code(code)
        if len(text) > MAX_FILE_BYTES:
            return Code.TOO_LARGE
        address = Identifier.parse(owner).address
        if not is_account(address):
            return Code.BAD_ADDRESS
        place = self._root / address
        self._make(place)
        with _locked(place):
            held = read_file(place / _META)
            if held is not None:
                store = _new_store()
                [((found, _), _)] = store.load([(address, held, [])], time.time(), 1)
                if found == int(Code.OK):
                    return Code(store.add_meta(owner, text)[0])
                if found in (int(Code.UNSUPPORTED), int(Code.MISMATCH)):
                    return Code(found)  # somebody's meta all the same
            _replace(place, _META, text)
        return Code.OK

    def save_document(
        self,
        document: Document | Mapping[str, Any] | bytes,
        *,
        keyring: Keyring | None = None,
    ) -> Code:
        """Keep a document, an object, a mapping or JSON text, of an account that the folder has.
        Of those that are there the ones stay that DOC-3 lets stay: they are checked again.

        Args:
            keyring: gets the document too, so that the key of an older visa leaves it at once. A
                keyring that has the account from this folder would not look here again.

        Returns:
            ``OK`` when the folder has the document now, or why not: what
            :meth:`Keyring.add_document` says, ``UNKNOWN_SENDER`` when the folder has no meta that
            matches, ``TOO_LARGE`` for more than a ``documents.js`` may have.

        Raises:
            UnreadableAccount: what is there is no file, or too large to be looked at.
            OSError: the disk. The old file is there then, or the new one.
            TypeError: an argument is of a wrong type.
        """
        if keyring is not None and not isinstance(keyring, Keyring):
            raise TypeError(f"keyring: Keyring or None is wanted, not {type(keyring).__name__}")
        text = text_of(document, Document, "document").strip(_SPACE)
        code = Code(_new_store().add_document(text, time.time())[0])
        if code is not Code.UNKNOWN_SENDER:
            return code  # it has not even the form
        address = owner_of(text)
        if not is_account(address) or not (place := self._root / address).is_dir():
            return Code.UNKNOWN_SENDER
        with _locked(place):
            code = self._save_document(place, text)
        if code is Code.OK and keyring is not None:
            keyring.add_document(text)
        return code

    def _save_document(self, place: Path, text: bytes) -> Code:
        meta = read_file(place / _META)
        if meta is None:
            return Code.UNKNOWN_SENDER
        content = read_file(place / _DOCUMENTS)
        there = [] if content is None else _split_documents(content)
        store, now = _new_store(), time.time()
        [((code, _), verdicts)] = store.load([(place.name, meta, there)], now, 1)
        if code != int(Code.OK):
            return Code.UNKNOWN_SENDER
        code, _ = store.add_document(text, now)
        if code != int(Code.OK):
            return Code(code)
        judged = [(found, refused) for found, (refused, _) in zip(there, verdicts, strict=True)]
        checked = [found for found, refused in judged if refused == int(Code.OK)]
        # What lies in the future does so because the clock was set back: it was let in once.
        future = [found for found, refused in judged if refused == int(Code.EXPIRED)]
        if any(_time_of(text) < _time_of(found) for found in future):
            return Code.EXPIRED
        checked += future
        kept = _newest_first([*reversed(checked), text])
        while len(written := b'{"documents": [' + b", ".join(kept) + b"]}") > MAX_FILE_BYTES:
            kept.pop()
        if not kept:
            return Code.TOO_LARGE
        if written != content:
            _replace(place, _DOCUMENTS, written)
        return Code.OK

    def _make(self, place: Path) -> None:
        """The folder of an account, so that it outlasts a crash once something is in it."""
        if not place.is_dir():
            place.mkdir(exist_ok=True)
            _sync(self._root)


_META, _DOCUMENTS = "meta.js", "documents.js"


def is_account(address: str) -> bool:
    """Whether a folder may have that name: a canonical address that is not broadcast (DOC-9).

    A file system that ignores case may find the folder of another spelling; what is in it does not
    match this address then.
    """
    try:
        parsed = Identifier.parse(address)
    except DimError:
        return False
    # What a registered type takes for an address could be a path here.
    is_name = os.path.basename(address) == address
    return parsed.address == address and not parsed.is_broadcast and is_name


def _new_store() -> Any:
    return _dispatch.operation("KeyStore")(None, False)


def read_file(path: Path) -> bytes | None:
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableAccount(Code.MALFORMED, f"{path.name}: not a file")
            # Room for this file, not for the largest: there may be a hundred thousand.
            content = file.read(min(status.st_size, MAX_FILE_BYTES) + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError:
        raise UnreadableAccount(Code.MALFORMED, f"{path.name}: a directory, not a file") from None
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENXIO):
            raise
        raise UnreadableAccount(Code.MALFORMED, f"{path.name}: no file: {error.strerror}") from None
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableAccount(Code.TOO_LARGE, f"{path.name}: more than {MAX_FILE_BYTES} bytes")
    return content


def _open_at_once(path: str, flags: int) -> int:
    """Opens without waiting: a pipe would wait for somebody who writes."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


_THREADS = threading.Lock()
"""Where there is no ``flock``, which parts threads too."""


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    """Nobody else writes in this folder, and what a crash left there is gone."""
    with _flock(place) if fcntl is not None else _THREADS:
        for file in (_META, _DOCUMENTS):
            _draft(place, file).unlink(missing_ok=True)
        yield


@contextmanager
def _flock(place: Path) -> Iterator[None]:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        # Closing is not enough: a child that was forked meanwhile has the descriptor too.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def _draft(place: Path, file: str) -> Path:
    """What is written before it takes the place of ``file``; one name, for one writer."""
    return place / f".{file}.new"


def _replace(place: Path, file: str, content: bytes) -> None:
    """Put a file in the place of another in one step, on the disk before it has the name."""
    draft = _draft(place, file)
    try:
        with open(draft, "xb") as new:
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
        os.replace(draft, place / file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync(place)


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk, where folders can be opened."""
    if fcntl is None:
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Row(NamedTuple):
    """What DOC-3 asks of a document that was verified."""

    time: float
    place: tuple[str, str | None]
    data: str
    text: bytes


def _time_of(document: bytes) -> float:
    """A time to sort by; none comes before all others."""
    time: float | None = _dispatch.operation("parse_document")(document)[3]
    return -1.0 if time is None else time


def _newest_first(documents: list[bytes]) -> list[bytes]:
    """Those of verified documents that are held when all are added, oldest first (DOC-3)."""
    parse = _dispatch.operation("parse_document")
    rows: list[_Row] = []
    for text in documents:
        _, kind, terminal, time, data, _ = parse(text)
        rows.append(
            _Row(-1.0 if time is None else time, (kind, terminal), data, text.strip(_SPACE))
        )
    held: list[_Row] = []
    for row in sorted(rows, key=lambda row: row.time):
        if any(other.data == row.data for other in held):
            held = [other for other in held if other.place != row.place or other.time >= row.time]
        else:
            held = [row, *(other for other in held if other.place != row.place)]
    return [row.text for row in held[:DOCUMENTS_HELD]]


_TOKEN = re.compile(rb'\\.|["\[\]{},]', re.DOTALL)
_SPACE = b" \t\n\r"
_ARRAY = re.compile(rb'[ \t\n\r]*"documents"[ \t\n\r]*:[ \t\n\r]*')

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
            if token == b"[" and _ARRAY.fullmatch(content, member, at):
                return at + 1, 2
            member = at  # not read again: that would take quadratic time
    return None


def _ends_well(content: bytes, rest: int, structure: _Structure, depth: int) -> bool:
    """Whether a file ends as it should after its array of documents, at that depth."""
    if depth == 2:
        closing = (at for at, token, depth in structure if depth == 1 and token == b"}")
        rest = next(closing, -1) + 1
    return rest > 0 and not content[rest:].strip(_SPACE)


class JudgedAccount(NamedTuple):
    """What there is of an account in a folder, and what it is worth."""

    name: str
    """Of the folder."""
    identifier: str | None
    """The ID, when the meta matches the address that the folder is named by."""
    code: Code
    """The verdict on the meta."""
    reason: str
    documents: list[tuple[Code, str]]
    """The verdicts on the documents; none when the meta was refused."""


def judge_accounts(
    accounts: AccountFolder, names: Sequence[str], threads: int, store: Any = None
) -> Iterator[list[JudgedAccount]]:
    """The verdicts on accounts of a folder, some dozen at a time; what is accepted goes into
    ``store``, a key store of a tier, if there is one. A name without a ``meta.js`` is left out."""
    for start in range(0, len(names), ACCOUNTS_AT_ONCE):
        found = [
            (name, account)
            for name in names[start : start + ACCOUNTS_AT_ONCE]
            if (account := _read_or_refuse(accounts, name)) is not None
        ]
        stored = [(name, *account) for name, account in found if not isinstance(account, DimError)]
        into = _new_store() if store is None else store
        verdicts = iter(into.load(stored, time.time(), threads))
        yield [_judged(name, account, verdicts) for name, account in found]


_Files = tuple[bytes, list[bytes]]


def _read_or_refuse(accounts: AccountFolder, name: str) -> _Files | DimError | None:
    if not is_account(name):
        return DimError(Code.BAD_ADDRESS, "folder: not named by an address")
    try:
        return accounts._read_account(name)
    except UnreadableAccount as error:
        return error


def _judged(
    name: str, account: _Files | DimError, verdicts: Iterator[tuple[Any, list[Any]]]
) -> JudgedAccount:
    if isinstance(account, DimError):
        return JudgedAccount(name, None, account.code, account.reason, [])
    (code, reason), documents = next(verdicts)
    identifier = None
    if code == int(Code.OK):
        seed = _dispatch.operation("parse_meta")(account[0])[1]
        identifier = name if seed is None else f"{seed}@{name}"
    judged = [(Code(refused), why) for refused, why in documents]
    return JudgedAccount(name, identifier, Code(code), reason, judged)


def load_folder(
    store: Any,
    folder: str | os.PathLike[str],
    progress: Callable[[int, int], None] | None,
    threads: int,
) -> LoadReport:
    """Load all accounts of ``folder`` into the key store of a tier."""
    accounts = AccountFolder(folder)
    report = LoadReport()
    names = sorted(accounts.addresses())
    done = 0
    for batch in judge_accounts(accounts, names, threads, store):
        for account in batch:
            _add_to(report, accounts, account)
        done = min(done + ACCOUNTS_AT_ONCE, len(names))
        if progress is not None:
            progress(done, len(names))
    return report


def _add_to(report: LoadReport, accounts: AccountFolder, account: JudgedAccount) -> None:
    if account.code is Code.OK:
        report.accounts += 1
    else:
        file = _META if is_account(account.name) else ""
        path = accounts.path(account.name, file)
        report.refused.append(RefusedAccount(path, account.code, account.reason))
    for code, reason in account.documents:
        if code is Code.OK:
            report.documents += 1
        else:
            path = accounts.path(account.name, _DOCUMENTS)
            report.refused.append(RefusedAccount(path, code, reason))
