"""semantics.md: doc-9. What an account folder keeps, and what a crash may do to it.

Crashes are made, not imagined: a child process that writes is killed at any moment, and the calls
of the system fail one by one.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import accounts
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dimp_fast import (
    AccountFolder,
    Code,
    Document,
    Keyring,
    Meta,
    PublicKey,
    UnreadableAccount,
    registry,
    verify_documents,
)
from dimp_fast import accounts as module
from dimp_fast._rules import DOCUMENTS_HELD

ALICE = accounts.account("ECC", "alice")
BOB = accounts.account("ECC", "bob", number=1)
VISA_KEYS = [accounts.signer("ECC", 10 + number).public_key for number in range(3)]
needs_flock = pytest.mark.skipif(module.fcntl is None, reason="no flock on this system")


@pytest.fixture
def folder(tmp_path: Path) -> AccountFolder:
    """A folder with the account of Alice."""
    folder = AccountFolder(tmp_path / "station", create=True)
    assert folder.save_meta(ALICE.id, ALICE.meta) is Code.OK
    return folder


def files(folder: AccountFolder, account: accounts.Account = ALICE) -> dict[str, bytes]:
    place = Path(folder.path(account.address, "meta.js")).parent
    return {file.name: file.read_bytes() for file in place.iterdir()}


def held(folder: AccountFolder) -> list[dict[str, Any]]:
    return list(json.loads(files(folder)["documents.js"])["documents"])


def visa(number: int, **fields: Any) -> dict[str, Any]:
    """The ``number``-th visa of Alice, a second newer than the one before."""
    return dict(_visa(number, **fields))


@cache  # ECDSA signs anew each time
def _visa(number: int, **fields: Any) -> dict[str, Any]:
    return ALICE.document(VISA_KEYS[number % 3], time=1_700_000_000 + number, **fields)


# -- names --------------------------------------------------------------------------------------

NO_NAMES = [
    "", ".", "..", "../..", "/", "/etc", "../" + ALICE.address, f"./{ALICE.address}",
    f"{ALICE.address}/", f"{ALICE.address}/..", f"x@{ALICE.address}", f"{ALICE.address}/pad",
    ALICE.id, ALICE.address + "\0", "\0", f"{ALICE.address}\n", ALICE.address.lower(),
    "a" * 5000, "1" * 5000, "\ud800", "\udcff", "anywhere", "everywhere", "ANYWHERE", "nobody",
    "0x3e9003153d9a39d3f57b126b0c38513d5e289c3e",
]  # fmt: skip


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_canonical_address_is_not_looked_up(
    folder: AccountFolder, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    touched: list[object] = []
    monkeypatch.setattr(os, "open", lambda *arguments: touched.append(arguments))
    assert folder(name) is None
    assert touched == []


# -- the layout ---------------------------------------------------------------------------------


def test_the_layout_of_the_reference(tmp_path: Path) -> None:
    folder = AccountFolder(tmp_path / "new" / "station", create=True)
    assert folder.save_meta(ALICE.id, ALICE.meta) is Code.OK
    assert folder.save_document(visa(1)) is Code.OK
    place = tmp_path / "new" / "station" / "public" / ALICE.address
    assert (place / "meta.js").read_text() == json.dumps(ALICE.meta)
    assert (place / "documents.js").read_text() == json.dumps({"documents": [visa(1)]})
    assert sorted(os.listdir(place)) == ["documents.js", "meta.js"]
    for root in (tmp_path / "new" / "station", tmp_path / "new" / "station" / "public"):
        keyring = Keyring()
        report = keyring.load(root)
        assert (report.accounts, report.documents, report.refused) == (1, 1, [])
        assert keyring.keys_for(ALICE.id) == (VISA_KEYS[1], ALICE.signer.public_key)


def test_what_is_created(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        AccountFolder(tmp_path / "none")
    empty = tmp_path / "empty"
    empty.mkdir()
    for _ in range(2):
        AccountFolder(empty, create=True)
        assert os.listdir(empty) == ["public"]
    bare = tmp_path / "bare"
    (bare / ALICE.address).mkdir(parents=True)
    AccountFolder(bare, create=True)
    assert os.listdir(bare) == [ALICE.address]
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        AccountFolder(tmp_path / "file", create=True)


@pytest.mark.parametrize("form", ["mapping", "bytes", "object"])
def test_forms_of_a_source(tmp_path: Path, form: str) -> None:
    def shaped(kind: Any, mapping: dict[str, Any]) -> Any:
        if form == "mapping":
            return mapping
        return json.dumps(mapping).encode() if form == "bytes" else kind.parse(mapping)

    folder = AccountFolder(tmp_path, create=True)
    assert folder.save_meta(ALICE.id, shaped(Meta, ALICE.meta)) is Code.OK
    assert folder.save_document(shaped(Document, visa(1))) is Code.OK
    assert folder(ALICE.address) == (
        json.dumps(ALICE.meta).encode(),
        [json.dumps(visa(1)).encode()],
    )
    for wrong in (5, "text", [], None):
        with pytest.raises(TypeError):
            folder.save_meta(ALICE.id, wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            folder.save_document(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="keyring"):
            folder.save_document(visa(1), keyring=wrong or 5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        folder.save_meta(b"x", ALICE.meta)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        folder.save_document(Meta.parse(ALICE.meta))  # type: ignore[arg-type]


@pytest.mark.skipif(os.name != "posix", reason="permission bits are those of POSIX")
def test_permission_bits_are_those_of_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        folder = AccountFolder(tmp_path / "station", create=True)
        folder.save_meta(ALICE.id, ALICE.meta)
        folder.save_document(visa(1))
    finally:
        os.umask(old)
    place = tmp_path / "station" / "public" / ALICE.address
    assert [oct(path.stat().st_mode & 0o777) for path in (place, *sorted(place.iterdir()))] == [
        "0o750", "0o640", "0o640"]  # fmt: skip


# -- metas --------------------------------------------------------------------------------------


class Lax(registry.KeyAlgorithm):
    """Whatever is signed is signed by its keys: it gives a second meta for anybody's ID."""

    names = ("LAX",)

    def parse(self, data: str) -> bytes:
        return data.encode()

    def bits(self, key: bytes) -> int:
        return 8 * len(key)

    def verify(self, key: bytes, message: bytes, signature: bytes) -> bool:
        return True


@pytest.fixture
def lax() -> Iterator[Lax]:
    row = Lax()
    registry.register(row)
    yield row
    if registry.KEY_ALGORITHMS.get("LAX") is row:
        registry.unregister(row)


OTHER_KEY = {**ALICE.meta, "key": {"algorithm": "LAX", "data": "another key"}}


def test_the_first_meta_stays(folder: AccountFolder, lax: Lax) -> None:
    before = files(folder)
    spelled_otherwise = {**ALICE.meta, "type": 1, "extra": True}
    assert folder.save_meta(ALICE.id, spelled_otherwise) is Code.OK
    assert folder.save_meta(f"{ALICE.id}/pad", ALICE.meta) is Code.OK
    assert Keyring().add_meta(ALICE.id, OTHER_KEY) is Code.OK
    assert folder.save_meta(ALICE.id, OTHER_KEY) is Code.MISMATCH
    assert files(folder) == before


def test_a_meta_that_cannot_be_judged_stays(tmp_path: Path, lax: Lax) -> None:
    folder = AccountFolder(tmp_path)
    assert folder.save_meta(ALICE.id, OTHER_KEY) is Code.OK
    registry.unregister(lax)
    assert folder.save_meta(ALICE.id, ALICE.meta) is Code.UNSUPPORTED
    assert files(folder) == {"meta.js": json.dumps(OTHER_KEY).encode()}


def test_the_meta_of_another_id_stays(tmp_path: Path, folder: AccountFolder) -> None:
    """A link, or a file system that ignores case, may lead into somebody else's folder."""
    before = files(folder)
    place = Path(folder.path(ALICE.address, "")).resolve()
    (place.parent / BOB.address).symlink_to(place)
    assert folder.save_meta(BOB.id, BOB.meta) is Code.MISMATCH
    assert folder.save_document(BOB.document(VISA_KEYS[0])) is Code.UNKNOWN_SENDER
    assert files(folder) == before


@pytest.mark.parametrize(
    "wreck",
    [b"", b"{", json.dumps(ALICE.meta).encode()[:-9], b"null", b"[]", b"\xff",
     json.dumps({**ALICE.meta, "key": BOB.meta["key"]}).encode(),
     json.dumps({**ALICE.meta, "key": {}}).encode()],
)  # fmt: skip
def test_a_meta_that_is_none_is_replaced(folder: AccountFolder, wreck: bytes) -> None:
    Path(folder.path(ALICE.address, "meta.js")).write_bytes(wreck)
    assert folder.save_document(visa(1)) is Code.UNKNOWN_SENDER
    assert folder.save_meta(ALICE.id, ALICE.meta) is Code.OK
    assert files(folder) == {"meta.js": json.dumps(ALICE.meta).encode()}


@pytest.mark.parametrize(
    ("identifier", "change", "code"),
    [
        ("bob@" + ALICE.address, {}, Code.MISMATCH),
        (BOB.id, {}, Code.MISMATCH),
        ("alice@anywhere", {}, Code.MISMATCH),
        ("everywhere", {}, Code.MISMATCH),
        (ALICE.id, {"key": BOB.meta["key"]}, Code.BAD_SIGNATURE),
        (ALICE.id, {"fingerprint": "!"}, Code.BAD_ENCODING),
        (ALICE.id, {"x": float("nan")}, Code.MALFORMED),
        (ALICE.id, {"type": 9}, Code.UNSUPPORTED),
        (ALICE.id, {"x": "y" * module.MAX_FILE_BYTES}, Code.TOO_LARGE),
        *((name, {}, None) for name in NO_NAMES),
    ],
)  # fmt: skip
def test_nothing_is_made_for_a_meta_that_does_not_match(
    tmp_path: Path, identifier: str, change: dict[str, Any], code: Code | None
) -> None:
    root = tmp_path / "station"
    folder = AccountFolder(root, create=True)
    found = folder.save_meta(identifier, {**ALICE.meta, **change})
    if code is None:  # the name of a folder that no ID may have, but for that of Alice herself
        is_alice = identifier.split("/")[0] == ALICE.id
        assert (found is Code.OK) == is_alice
        assert os.listdir(root / "public") == [ALICE.address] * is_alice
    else:
        assert found is code
        assert os.listdir(root / "public") == []
    assert os.listdir(tmp_path) == ["station"]
    assert os.listdir(root) == ["public"]


class Backwards(registry.AddressType):
    """Addresses that are a path on some systems; nobody makes them, all parse."""

    name = "backwards"

    def parse(self, text: str) -> tuple[str, int, bytes] | None:
        return (text, 0, bytes(20)) if text.startswith("..") else None


def test_an_address_that_is_a_path_here_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "..\\..\\etc"
    row = Backwards()
    registry.register(row)
    try:
        (tmp_path / address).mkdir()
        (tmp_path / address / "meta.js").write_text("{}")
        assert AccountFolder(tmp_path)(address) == (b"{}", [])
        monkeypatch.setattr(os.path, "basename", lambda path: path.split("\\")[-1])
        assert AccountFolder(tmp_path)(address) is None
    finally:
        registry.unregister(row)


# -- documents ----------------------------------------------------------------------------------


def test_doc_3_the_newest_first_one_a_place(folder: AccountFolder) -> None:
    pad, tv = {"terminal": "pad"}, {"terminal": "tv"}
    for document in (visa(1), visa(2) | pad, visa(3) | tv, visa(4) | pad):
        assert folder.save_document(document) is Code.OK
    assert held(folder) == [visa(4) | pad, visa(3) | tv, visa(1)]
    before = files(folder)
    assert folder.save_document(visa(4) | pad) is Code.OK
    assert folder.save_document(visa(4) | tv) is Code.OK  # it drops what is older there
    assert held(folder) == [visa(4) | pad, visa(1)]
    assert folder.save_document(visa(3)) is Code.EXPIRED
    assert folder.save_document(visa(0) | {"terminal": "new"}) is Code.EXPIRED
    assert folder.save_document(ALICE.document(time=time.time() + 2000)) is Code.EXPIRED
    assert folder.save_document(ALICE.document(time=None)) is Code.EXPIRED
    assert files(folder) != before
    assert held(folder) == [visa(4) | pad, visa(1)]


def test_doc_3_at_most_eight(folder: AccountFolder) -> None:
    documents = [visa(number) | {"terminal": f"t{number}"} for number in range(10)]
    for document in documents:
        assert folder.save_document(document) is Code.OK
    assert held(folder) == documents[:1:-1]
    keyring = Keyring(loader=folder)
    assert len(keyring.keys_for(ALICE.id)) == 4
    # Those of one age keep their order when the file is written anew.
    same = [visa(10, n=number) | {"terminal": f"s{number}"} for number in range(4)]
    for document in same:
        assert folder.save_document(document) is Code.OK
    assert held(folder)[:4] == same[::-1]


STEPS = st.lists(st.tuples(st.integers(0, 13), st.integers(0, 9)), max_size=16)
"""The number of a document, and of the terminal that its wrapper names."""


@cache
def numbered(number: int) -> dict[str, Any]:
    """A document with a key of its own; two in a row are of one age, the first ones have none."""
    key = accounts.signer("ECC", 20 + number).public_key
    age = None if number < 2 else 1_700_000_000 + number // 2
    return ALICE.document(key, time=age, type=None if number % 3 else "profile")


@settings(max_examples=30)
@given(steps=st.one_of(STEPS, STEPS.map(sorted)))
@example(steps=[(number, number % 10) for number in range(14)])
@example(steps=[(4, 0), (6, 1), (5, 2), (6, 0), (7, 1), (7, 0)])
def test_doc_3_what_is_kept_is_what_a_keyring_holds(steps: list[tuple[int, int]]) -> None:
    """Document by document: the same verdict, and then the same documents in the same order."""
    keyring = Keyring()
    assert keyring.add_meta(ALICE.id, ALICE.meta) is Code.OK
    with tempfile.TemporaryDirectory() as root:
        folder = AccountFolder(root)
        assert folder.save_meta(ALICE.id, ALICE.meta) is Code.OK
        for number, terminal in steps:
            document = numbered(number) | ({"terminal": f"t{terminal}"} if terminal else {})
            assert folder.save_document(document) is keyring.add_document(document)
            *keys, meta_key = keyring.keys_for(ALICE.id)
            assert meta_key == ALICE.signer.public_key
            found = [json.loads(kept["data"])["key"] for kept in held(folder)]
            assert list(map(PublicKey.parse, found)) == keys
            assert len(keys) <= DOCUMENTS_HELD
        # Whoever reads the file holds them too; those of one age have no order there.
        again = Keyring(loader=folder).keys_for(ALICE.id)
        assert len(again) == len(set(again))
        assert set(again) == set(keyring.keys_for(ALICE.id))


def test_what_does_not_verify_leaves_the_file(folder: AccountFolder) -> None:
    place = Path(folder.path(ALICE.address, "documents.js"))
    forged = visa(3) | {"signature": visa(2)["signature"]}
    texts = [json.dumps(item) for item in (visa(2), forged, 5, BOB.document(), visa(1))]
    place.write_text('{"documents": [' + ", ".join(texts))  # it breaks off, too
    assert folder.save_document(visa(4) | {"terminal": "pad"}) is Code.OK
    assert held(folder) == [visa(4) | {"terminal": "pad"}, visa(2)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"did": BOB.id}, Code.UNKNOWN_SENDER),
        ({"did": "alice@anywhere"}, Code.UNKNOWN_SENDER),
        ({"did": f"bob@{ALICE.address}"}, Code.MISMATCH),
        ({"did": f"alice@{ALICE.address}/../x"}, Code.BAD_ADDRESS),
        ({"did": "../../etc"}, Code.BAD_ADDRESS),
        ({"did": f"alice@{ALICE.address}\0"}, Code.BAD_ADDRESS),
        ({"did": 5}, Code.MALFORMED),
        ({"data": "{}"}, Code.BAD_SIGNATURE),
        ({"signature": "!"}, Code.BAD_ENCODING),
        ({"x": {1, 2}}, Code.MALFORMED),
        ({"x": "y" * module.MAX_FILE_BYTES}, Code.TOO_LARGE),
    ],
)
def test_documents_that_are_not_kept(
    tmp_path: Path, folder: AccountFolder, change: dict[str, Any], code: Code
) -> None:
    assert folder.save_document(visa(1)) is Code.OK
    before = files(folder)
    assert folder.save_document(visa(2) | change) is code
    assert files(folder) == before
    assert os.listdir(tmp_path / "station" / "public") == [ALICE.address]


def test_a_draft_is_no_document(folder: AccountFolder) -> None:
    assert folder.save_document(Document.create(ALICE.id)) is Code.MALFORMED


def test_the_oldest_leave_a_file_that_would_be_too_large(folder: AccountFolder) -> None:
    documents = [
        visa(number, x="y" * 1_500_000) | {"terminal": f"t{number}"} for number in range(4)
    ]
    for document in documents:
        assert folder.save_document(document) is Code.OK
    assert held(folder) == documents[:1:-1]
    assert Keyring(loader=folder).keys_for(ALICE.id)


@pytest.mark.parametrize("file", ["meta.js", "documents.js"])
@pytest.mark.parametrize("kind", ["directory", "large"])
def test_what_cannot_be_read_is_not_replaced(folder: AccountFolder, file: str, kind: str) -> None:
    place = Path(folder.path(ALICE.address, file))
    place.unlink(missing_ok=True)
    if kind == "directory":
        place.mkdir()
    else:
        place.write_bytes(b" " * (module.MAX_FILE_BYTES + 1))
    with pytest.raises(UnreadableAccount):
        folder.save_document(visa(1))
    if file == "meta.js":
        with pytest.raises(UnreadableAccount):
            folder.save_meta(ALICE.id, ALICE.meta)
    assert place.is_dir() == (kind == "directory")


# -- a keyring beside the folder ----------------------------------------------------------------


@pytest.mark.parametrize("limit", [None, 1])
def test_a_newer_visa_pushes_the_older_key_out(folder: AccountFolder, limit: int | None) -> None:
    assert folder.save_document(visa(1)) is Code.OK
    keyring = Keyring(limit, loader=folder)
    assert keyring.keys_for(ALICE.id) == (VISA_KEYS[1], ALICE.signer.public_key)
    assert folder.save_document(visa(2), keyring=keyring) is Code.OK
    assert keyring.keys_for(ALICE.id) == (VISA_KEYS[2], ALICE.signer.public_key)
    # Who does not say for which keyring has to discard the account there.
    assert folder.save_document(visa(3)) is Code.OK
    assert keyring.keys_for(ALICE.id) == (VISA_KEYS[2], ALICE.signer.public_key)
    assert keyring.discard(ALICE.id)
    assert keyring.keys_for(ALICE.id) == (VISA_KEYS[0], ALICE.signer.public_key)


def test_what_the_folder_refuses_does_not_reach_the_keyring(folder: AccountFolder) -> None:
    keyring = Keyring()
    assert keyring.add_meta(BOB.id, BOB.meta) is Code.OK
    document = BOB.document(VISA_KEYS[0])
    assert folder.save_document(document, keyring=keyring) is Code.UNKNOWN_SENDER
    assert keyring.keys_for(BOB.id) == (BOB.signer.public_key,)


# -- crashes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["fsync", "replace", "open"])
@pytest.mark.parametrize("file", ["meta.js", "documents.js"])
def test_a_call_that_fails_leaves_the_old_file(
    folder: AccountFolder, monkeypatch: pytest.MonkeyPatch, call: str, file: str
) -> None:
    assert folder.save_document(visa(1)) is Code.OK
    wreck = b"{" if file == "meta.js" else files(folder)[file]
    Path(folder.path(ALICE.address, file)).write_bytes(wreck)
    before = files(folder)

    def save() -> Code:
        if file == "meta.js":
            return folder.save_meta(ALICE.id, ALICE.meta)
        return folder.save_document(visa(2))

    def fail(*arguments: Any, **options: Any) -> Any:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        if call == "open":
            patched.setattr("builtins.open", _failing_to_create(open))
        else:
            patched.setattr(os, call, fail)
        with pytest.raises(OSError, match="the disk is full"):
            save()
    assert files(folder) == before
    assert save() is Code.OK
    assert files(folder) != before


def _failing_to_create(opened: Any) -> Any:
    def fail(path: Any, mode: str = "r", **options: Any) -> Any:
        if "x" in mode:
            raise OSError("the disk is full")
        return opened(path, mode, **options)

    return fail


def test_a_full_disk_leaves_no_half_a_file(
    folder: AccountFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write itself fails: half of it is there, under the name of the draft, and goes."""
    assert folder.save_document(visa(1)) is Code.OK
    before = files(folder)
    opened = open

    class Full:
        def __init__(self, path: Any) -> None:
            self._file = opened(path, "xb")

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *error: object) -> None:
            self._file.close()

        def write(self, content: bytes) -> None:
            self._file.write(content[: len(content) // 2])
            self._file.flush()
            raise OSError("the disk is full")

    def limited(path: Any, mode: str = "r", **options: Any) -> Any:
        return Full(path) if mode == "xb" else opened(path, mode, **options)

    monkeypatch.setattr("builtins.open", limited)
    with pytest.raises(OSError, match="the disk is full"):
        folder.save_document(visa(2))
    assert files(folder) == before


WRITER = """
import json, os, signal, sys, time
from dimp_fast import AccountFolder, Code
folder = AccountFolder(sys.argv[1])
documents = json.loads(sys.stdin.readline())
dies_at = sys.argv[2]
def slowed(call):
    def slow(*arguments, **options):
        if call.__name__ == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.001)
        return call(*arguments, **options)
    return slow
for name in ("fsync", "replace"):
    setattr(os, name, slowed(getattr(os, name)))
for number, document in enumerate(documents):
    assert folder.save_document(document) is Code.OK
    print(number, flush=True)
print("done", flush=True)
"""


def start_writer(
    folder: AccountFolder, documents: list[dict[str, Any]], dies_at: str = ""
) -> subprocess.Popen[str]:
    root = Path(folder.path("x", "")).parent
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root), dies_at],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdin is not None
    writer.stdin.write(json.dumps(documents) + "\n")
    writer.stdin.flush()
    return writer


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
@pytest.mark.parametrize("dies_at", ["fsync", "replace"])
def test_what_a_crash_left_is_ignored_and_cleaned(folder: AccountFolder, dies_at: str) -> None:
    assert folder.save_document(visa(1)) is Code.OK
    before = files(folder)
    writer = start_writer(folder, [visa(2)], dies_at)
    assert writer.communicate(timeout=60)[0] == ""
    assert writer.returncode == -signal.SIGKILL
    left = files(folder)
    assert left.pop(".documents.js.new")
    assert left == before
    report = Keyring().load(Path(folder.path("x", "")).parent)
    assert (report.accounts, report.documents, report.refused) == (1, 1, [])
    assert folder.save_document(visa(3)) is Code.OK
    assert sorted(files(folder)) == ["documents.js", "meta.js"]
    assert held(folder) == [visa(3)]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_writer_that_is_killed_at_any_moment_leaves_the_old_file_or_the_new(
    folder: AccountFolder,
) -> None:
    choices = random.Random(20)
    documents = [visa(number, x="y" * 20_000) for number in range(200)]
    reached = -1
    for _ in range(6):
        writer = start_writer(folder, documents[reached + 1 :])
        assert writer.stdout is not None
        first = reached + 1
        assert writer.stdout.readline() == "0\n"  # it is at work
        time.sleep(choices.uniform(0, 0.03))
        writer.kill()
        rest = writer.communicate(timeout=60)[0].split()
        assert "done" not in rest, "too few documents to be killed at"
        said = first + (int(rest[-1]) if rest else 0)
        # What was said to be kept is kept; at most the one after it may be there too.
        [document] = held(folder)
        assert document in documents[said : said + 2]
        reached = documents.index(document)
        keyring = Keyring()
        assert keyring.load(Path(folder.path("x", "")).parent).refused == []
        assert verify_documents([document], keyring).all_ok()
    assert folder.save_document(documents[reached + 1]) is Code.OK
    assert sorted(files(folder)) == ["documents.js", "meta.js"]


# -- several writers ----------------------------------------------------------------------------


@needs_flock
def test_several_processes_lose_nothing(folder: AccountFolder) -> None:
    """Each reads what is there before it writes: without a lock the last would win."""
    mine = [
        [visa(50, n=number) | {"terminal": f"t{number}"} for number in range(start, 8, 4)]
        for start in range(4)
    ]
    writers = [start_writer(folder, documents) for documents in mine]
    for writer in writers:
        assert writer.communicate(timeout=60)[0].split() == ["0", "1", "done"]
    assert {document["terminal"] for document in held(folder)} == {f"t{n}" for n in range(8)}


@pytest.mark.parametrize("flock", [True, False])
def test_several_threads_lose_nothing(
    folder: AccountFolder, monkeypatch: pytest.MonkeyPatch, flock: bool
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    if not flock:
        monkeypatch.setattr(module, "fcntl", None)
    elif module.fcntl is None:
        pytest.skip("no flock on this system")
    documents = [visa(50, n=number) | {"terminal": f"t{number}"} for number in range(8)]
    keyring = Keyring(loader=folder)
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda one: folder.save_document(one, keyring=keyring), documents))
    assert codes == [Code.OK] * 8
    assert {document["terminal"] for document in held(folder)} == {f"t{n}" for n in range(8)}
    assert keyring.keys_for(ALICE.id) == (VISA_KEYS[2], ALICE.signer.public_key)


FORKER = """
import json, os, sys, time, warnings
from pathlib import Path
from dimp_fast import AccountFolder, Code, accounts
warnings.simplefilter("ignore")
folder = AccountFolder(sys.argv[1])
document = json.loads(sys.stdin.readline())
with accounts._locked(Path(folder.path(sys.argv[2], ""))):
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
try:
    assert folder.save_document(document) is Code.OK
finally:
    os.kill(child, 9)
    os.waitpid(child, 0)
"""


@needs_flock
def test_a_forked_child_does_not_keep_the_lock(folder: AccountFolder) -> None:
    root = str(Path(folder.path("x", "")).parent)
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", FORKER, root, ALICE.address],
        input=json.dumps(visa(1)) + "\n", text=True, check=True, timeout=60,
    )  # fmt: skip
    assert time.monotonic() - started < 50
    assert held(folder) == [visa(1)]


def test_readers_see_whole_files_while_somebody_writes(folder: AccountFolder) -> None:
    documents = [visa(number, x="y" * 50_000) for number in range(60)]
    assert folder.save_document(documents[0]) is Code.OK
    writer = start_writer(folder, documents[1:])
    seen: set[PublicKey] = set()
    while writer.poll() is None:
        refused: list[Any] = []
        keyring = Keyring(loader=folder, on_refused=lambda *facts: refused.append(facts))  # noqa: B023
        seen.update(keyring.keys_for(ALICE.id))
        assert refused == []
    assert writer.communicate(timeout=60)[0].split()[-1] == "done"
    assert seen == {*VISA_KEYS, ALICE.signer.public_key}


def test_doc_9_a_clock_that_was_set_back_destroys_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    someone = accounts.account("ECC")
    store = AccountFolder(tmp_path)
    assert store.save_meta(someone.id, someone.meta) is Code.OK
    new = someone.document(time=now, name="new")
    old = someone.document(time=now - 10 * 86400, name="old")
    assert store.save_document(new) is Code.OK
    monkeypatch.setattr(time, "time", lambda: now - 9 * 86400)
    assert store.save_document(old) is Code.EXPIRED
    monkeypatch.undo()
    kept = json.loads((tmp_path / someone.address / "documents.js").read_text())["documents"]
    assert [document["data"] for document in kept] == [new["data"]]
