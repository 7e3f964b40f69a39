"""The account folder: odd files, limits, and what they may not spoil."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import accounts
import pytest

from dimp_fast import AccountFolder, Code, DimError, Keyring
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
def test_hostile_files_take_linear_time(head: bytes, unit: bytes) -> None:
    def seconds(size: int) -> float:
        content = head + unit * (size // len(unit))
        started = time.process_time()
        assert _split_documents(content)
        return time.process_time() - started

    assert seconds(400_000) < 2.0  # quadratic time would be minutes


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


def test_other_errors_of_the_disk_reach_the_caller(tmp_path: Path, alice: Path) -> None:
    (alice / "documents.js").symlink_to("documents.js")  # a link to itself
    with pytest.raises(OSError, match=r"documents\.js"):
        AccountFolder(tmp_path)(ALICE.address)
    with pytest.raises(OSError, match=r"documents\.js"):
        Keyring().load(tmp_path)
