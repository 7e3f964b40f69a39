"""The account folder: odd files, limits, and what they may not spoil."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import accounts
import pytest

from dimp_fast import AccountFolder, Code, DimError, Keyring
from dimp_fast import accounts as module
from dimp_fast.accounts import (
    MAX_DOCUMENTS,
    MAX_FILE_BYTES,
    UnreadableAccount,
    _split_documents,
)

ALICE, BOB = (accounts.account("ECC", f"user{number}", number=number) for number in range(2))
VISA_KEYS = [accounts.signer("ECC", 10 + number).public_key for number in range(2)]
VISAS = [
    json.dumps(
        ALICE.document(key, time=1_700_000_000 + number) | {"terminal": f"desk{number}"}
    ).encode()
    for number, key in enumerate(VISA_KEYS)
]


@pytest.fixture
def alice(tmp_path: Path) -> Path:
    """The folder of one account with a meta, in ``tmp_path``."""
    place = tmp_path / ALICE.address
    place.mkdir()
    (place / "meta.js").write_text(json.dumps(ALICE.meta))
    return place


@pytest.mark.parametrize(
    ("content", "items"),
    [
        (b"[]", []),
        (b" [ \r\n\t] ", []),
        (b'{"documents": []}', []),
        (b'{"a": 1}', [b'{"a": 1}']),
        (b"[1]", [b"1"]),
        (b'[{"a": [1, 2]} , {"b": {}}]', [b'{"a": [1, 2]} ', b' {"b": {}}']),
        (b'{"x": [1], "documents" : [{}, 2], "y": {"z": []}}\n', [b"{}", b" 2"]),
        (rb'["[,]\"\\", "\\"]', [rb'"[,]\"\\"', rb' "\\"']),
        (b'{"documents": {"documents": [1]}}', [b'{"documents": {"documents": [1]}}']),
        (b'{"a": {"documents": [1]}}', [b'{"a": {"documents": [1]}}']),
        (b'{"a": "documents", "b": [1]}', [b'{"a": "documents", "b": [1]}']),
        (b"[{},]", [b"{}", b""]),
        # Not whole: what was complete, and one for the rest.
        (b'[{"a": 1}, {"b": 2}, {"c": ', [b'{"a": 1}', b' {"b": 2}', b""]),
        (b'[{"a": 1}', [b'{"a": 1}', b""]),
        (b'[{"a": 1}, "b', [b'{"a": 1}', b""]),
        (b'[{"a": 1}}', [b'{"a": 1}', b""]),
        (b"[{}] x", [b"{}", b""]),
        (b"[] x", [b""]),
        (b'{"documents": [{}]', [b"{}", b""]),
        (b'{"documents": [{}]} x', [b"{}", b""]),
        (b"[", [b""]),
        # No file of documents at all: for the keyring to refuse.
        (b"", [b""]),
        (b"x", [b"x"]),
        (b"x []", [b"x []"]),
        (b"{", [b"{"]),
        (b"\xef\xbb\xbf[]", [b"\xef\xbb\xbf[]"]),
    ],
)
def test_documents_are_parted_without_being_read(content: bytes, items: list[bytes]) -> None:
    assert _split_documents(content) == items


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b'{"x": 1e999}', Code.MALFORMED),
        (b'{"x": NaN}', Code.MALFORMED),
        (b'{"x": ' + b"9" * 5000 + b"}", Code.MALFORMED),
        (b'{"x": ' + b"[" * 2000 + b"]" * 2000 + b"}", Code.TOO_LARGE),
        (b'{"x": "\xff"}', Code.MALFORMED),
        (b"null", Code.MALFORMED),
        (b'{"x" 1}', Code.MALFORMED),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_bad_document_does_not_spoil_its_neighbours(
    tmp_path: Path, alice: Path, bad: bytes, code: Code, wrapped: bool
) -> None:
    content = b"[" + b", ".join([VISAS[0], bad, VISAS[1]]) + b"]"
    (alice / "documents.js").write_bytes(b'{"documents": ' + content + b"}" if wrapped else content)
    keyring = Keyring()
    report = keyring.load(tmp_path)
    assert (report.accounts, report.documents) == (1, 2)
    assert [refused.code for refused in report.refused] == [code]
    assert set(VISA_KEYS) < set(keyring.keys_for(ALICE.id))


def test_a_file_that_breaks_off_keeps_what_was_complete(tmp_path: Path, alice: Path) -> None:
    (alice / "documents.js").write_bytes(b"[" + b", ".join(VISAS)[:-1])
    report = Keyring().load(tmp_path)
    assert (report.accounts, report.documents) == (1, 1)
    assert [refused.code for refused in report.refused] == [Code.MALFORMED]


def test_so_many_documents_of_a_file_are_looked_at() -> None:
    full = b"[" + b",".join([b"{}"] * MAX_DOCUMENTS) + b"]"
    assert _split_documents(full) == [b"{}"] * MAX_DOCUMENTS
    for more in (full[:-1] + b",{}]", full[:-1] + b"," + b"{}," * 9999, b"[" + b"," * 100_000):
        found = _split_documents(more)
        assert len(found) == MAX_DOCUMENTS + 1
        assert found[-1] == b""


@pytest.mark.parametrize(
    "unit",
    [b"[", b"{", b'"', b"\\", b'\\"', b"[]", b"{}", b"[[],", b'{"a":[', b" ", b'"documents"'],
)
@pytest.mark.parametrize("head", [b"", b"[", b"{", b'{"', b'{"documents":[', b"{" + b" " * 200_000])
def test_hostile_files_are_read_once(
    monkeypatch: pytest.MonkeyPatch, head: bytes, unit: bytes
) -> None:
    """Linear time, by what is looked at: no bracket twice, and no text for the name twice."""
    tokens, searched, structure, array = 0, 0, module._structure, module._ARRAY

    def counted(content: bytes) -> Iterator[tuple[int, bytes, int]]:
        nonlocal tokens
        for found in structure(content):
            tokens += 1
            yield found

    class Counted:
        def fullmatch(self, content: bytes, start: int, end: int) -> re.Match[bytes] | None:
            nonlocal searched
            searched += end - start
            return array.fullmatch(content, start, end)

    monkeypatch.setattr(module, "_structure", counted)
    monkeypatch.setattr(module, "_ARRAY", Counted())
    content = head + unit * (50_000 // len(unit))
    assert _split_documents(content)
    assert tokens <= len(content)
    assert searched <= len(content)


def test_a_large_documents_file_leaves_the_meta(tmp_path: Path, alice: Path) -> None:
    (alice / "documents.js").write_bytes(b"[" + b" " * MAX_FILE_BYTES + b"]")
    keyring = Keyring()
    report = keyring.load(tmp_path)
    assert (report.accounts, report.documents) == (1, 0)
    assert [refused.code for refused in report.refused] == [Code.MALFORMED]
    assert keyring.keys_for(ALICE.id) == (ALICE.signer.public_key,)
    assert AccountFolder(tmp_path)(ALICE.address) == ((alice / "meta.js").read_bytes(), [b""])


def test_a_documents_file_that_is_a_directory_leaves_the_meta(tmp_path: Path, alice: Path) -> None:
    (alice / "documents.js").mkdir()
    assert Keyring(loader=AccountFolder(tmp_path)).keys_for(ALICE.id)


@pytest.mark.parametrize("kind", ["directory", "large"])
def test_a_meta_that_cannot_be_used_is_reported(tmp_path: Path, alice: Path, kind: str) -> None:
    bob = tmp_path / BOB.address
    bob.mkdir()
    if kind == "directory":
        (bob / "meta.js").mkdir()
    else:
        (bob / "meta.js").write_bytes(b" " * (MAX_FILE_BYTES + 1))
    code = Code.MALFORMED if kind == "directory" else Code.TOO_LARGE
    with pytest.raises(UnreadableAccount) as error:
        AccountFolder(tmp_path)(BOB.address)
    assert isinstance(error.value, DimError)
    assert error.value.code is code
    report = Keyring().load(tmp_path)
    assert report.accounts == 1
    assert [(os.path.basename(path), found) for path, found, _ in report.refused] == [
        ("meta.js", code)
    ]
    refused: list[tuple[str, Code, str]] = []
    lazy = Keyring(loader=AccountFolder(tmp_path), on_refused=lambda *facts: refused.append(facts))
    assert lazy.keys_for(BOB.id) == ()
    assert lazy.keys_for(ALICE.id)
    assert [(address, found) for address, found, _ in refused] == [(BOB.address, code)]


def test_other_errors_of_the_disk_reach_the_caller(
    tmp_path: Path, alice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def failing(path: str, *arguments: int) -> int:
        if str(path).endswith("meta.js"):
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return opened(path, *arguments)

    monkeypatch.setattr(os, "open", failing)
    with pytest.raises(OSError, match=r"meta\.js"):
        AccountFolder(tmp_path)(ALICE.address)
    with pytest.raises(OSError, match=r"meta\.js"):
        Keyring().load(tmp_path)


# -- odd names and entries (semantics.md#doc-9) ---------------------------------------------------


def test_an_address_is_text(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        AccountFolder(tmp_path)(ALICE.address.encode())  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["anywhere", "everywhere", "nobody", ALICE.address.lower(), "x@y"])
def test_a_folder_of_another_name_is_refused(tmp_path: Path, alice: Path, name: str) -> None:
    shutil.copytree(alice, tmp_path / name)
    keyring = Keyring()
    report = keyring.load(tmp_path)
    assert report.accounts == len(keyring) == 1
    assert [(row.code, row.reason) for row in report.refused] == [
        (Code.BAD_ADDRESS, "folder: not named by an address")
    ]


def test_a_name_that_is_not_utf_8_is_refused(tmp_path: Path, alice: Path) -> None:
    try:
        shutil.copytree(os.fsencode(alice), os.fsencode(tmp_path) + b"/\xff\xfe")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    report = Keyring().load(tmp_path)
    assert (report.accounts, [row.code for row in report.refused]) == (1, [Code.BAD_ADDRESS])


@pytest.mark.parametrize("file", ["meta.js", "documents.js"])
@pytest.mark.parametrize("kind", ["pipe", "loop", "broken link", "device"])
def test_odd_entries_are_reported_and_hurt_nobody(
    tmp_path: Path, alice: Path, file: str, kind: str
) -> None:
    bob = tmp_path / BOB.address
    bob.mkdir()
    (bob / "meta.js").write_text(json.dumps(BOB.meta))
    (bob / file).unlink(missing_ok=True)
    if kind == "pipe":
        if not hasattr(os, "mkfifo"):
            pytest.skip("no pipes with names here")
        os.mkfifo(bob / file)
    else:
        (bob / file).symlink_to({"loop": file, "device": os.devnull}.get(kind, "nowhere"))
    report = Keyring().load(tmp_path)
    assert report.accounts == (1 if file == "meta.js" else 2)
    # A link that leads nowhere is no file; a loop of links is found when it is opened, and a
    # folder whose meta.js does not exist is no account.
    silent = kind == "broken link" or (kind == "loop" and file == "meta.js")
    assert [row.code for row in report.refused] == ([] if silent else [Code.MALFORMED])
    keyring = Keyring(loader=AccountFolder(tmp_path))
    assert keyring.keys_for(ALICE.id)
    assert bool(keyring.keys_for(BOB.id)) == (file == "documents.js")


def test_links_between_folders_bring_no_account_under_another_name(
    tmp_path: Path, alice: Path
) -> None:
    (tmp_path / BOB.address).symlink_to(alice)
    (tmp_path / "loop").symlink_to("loop")
    report = Keyring().load(tmp_path)
    assert (report.accounts, [row.code for row in report.refused]) == (1, [Code.MISMATCH])


def test_a_large_folder_is_loaded_a_slice_at_a_time(tmp_path: Path) -> None:
    people = [accounts.Account(accounts.signer("ECC"), f"n{number}", 1) for number in range(150)]
    for person in people:
        place = tmp_path / "public" / person.address
        place.mkdir(parents=True)
        (place / "meta.js").write_text(json.dumps(person.meta))
        (place / "documents.js").write_text(json.dumps({"documents": [person.document()]}))
    steps: list[tuple[int, int]] = []
    report = Keyring().load(tmp_path, progress=lambda *step: steps.append(step))
    assert (report.accounts, report.documents, report.refused) == (150, 150, [])
    assert steps == [(64, 150), (128, 150), (150, 150)]
