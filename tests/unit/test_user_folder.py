"""Private keys of a folder: found by address, bound to a meta, and never told."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dimp_fast import AccountFolder, Code, DimError, Document, Keyring, Meta, PrivateKey
from dimp_fast.identity import Identifier
from dimp_fast.user_folder import load_user, load_users


def put(root: Path, seed: str, *, network: int = 0, algorithm: str = "ECC") -> Identifier:
    """An account with a visa, as stations keep it."""
    options = {"bits": 1024} if algorithm == "RSA" else {}
    key, visa_key = PrivateKey.generate(algorithm, **options), PrivateKey.generate("RSA", bits=1024)
    meta = Meta.generate("mkm", key, seed)
    owner = meta.generate_id(network)
    folder = AccountFolder(root, create=True)
    assert folder.save_meta(owner, meta) is Code.OK
    if owner.is_user:
        visa = Document.create(owner, "visa", {"key": visa_key.public_key.to_dict()}).sign(key)
        assert folder.save_document(visa) is Code.OK
    private = root / "private" / owner.address
    private.mkdir(parents=True)
    (private / "secret.js").write_text(json.dumps(key.to_dict(secret=True)))
    keys = [visa_key.to_dict(secret=True), PrivateKey.generate("ECC").to_dict(secret=True)]
    (private / "secret_keys.js").write_text(json.dumps(keys))
    return owner


@pytest.mark.parametrize(("algorithm", "count"), [("ECC", 1), ("RSA", 2)])
def test_a_user_has_the_keys_of_its_files(tmp_path: Path, algorithm: str, count: int) -> None:
    owner = put(tmp_path, "hulk", algorithm=algorithm)
    keyring = Keyring(loader=AccountFolder(tmp_path))
    user = load_user(tmp_path, str(owner), keyring)
    assert user.identifier == owner
    assert user.private_key.public_key in keyring.keys_for(owner)
    keys = list(user.decrypt_keys(None))
    assert [key.algorithm for key in keys] == ["RSA"] * count
    [(_, public)] = keyring.encryption_keys(owner)
    assert keys[0].decrypt(public.encrypt(b"secret")) == b"secret"
    at_home = load_user(tmp_path, owner.with_terminal("pc"))
    assert at_home.identifier.terminal == "pc"


def test_users_are_those_with_a_key_and_a_meta(tmp_path: Path) -> None:
    assert list(load_users(tmp_path)) == []
    users = {put(tmp_path, "hulk"), put(tmp_path, "moki")}
    put(tmp_path, "Avengers", network=0x10)
    alone = put(tmp_path, "alone")
    os.remove(tmp_path / "public" / alone.address / "meta.js")
    (tmp_path / "private" / "notes").mkdir()
    (tmp_path / "private" / "notes.txt").write_text("x")
    assert {user.identifier for user in load_users(tmp_path)} == users
    with pytest.raises(DimError, match="MISMATCH"):
        load_user(tmp_path, alone)


@pytest.mark.parametrize(
    ("file", "content", "code"),
    [
        ("secret.js", None, Code.BAD_KEY),
        ("secret.js", "", Code.MALFORMED),
        ("secret.js", "[]", Code.MALFORMED),
        ("secret.js", '{"algorithm": "ECC", "data": "topsecret"}', Code.BAD_KEY),
        ("secret.js", '{"algorithm": "topsecret", "data": "topsecret"}', Code.UNSUPPORTED),
        ("secret.js", "topsecret", Code.MALFORMED),
        ("secret.js", " " * (4 * 1024 * 1024 + 1), Code.TOO_LARGE),
        ("secret_keys.js", "{}", Code.MALFORMED),
        ("secret_keys.js", '["topsecret"]', Code.MALFORMED),
        ("secret_keys.js", "[" * 100_000, Code.MALFORMED),
        ("secret_keys.js", '[{"algorithm": "RSA", "data": "topsecret"}]', Code.BAD_KEY),
    ],
)
def test_files_that_are_none_are_named_and_not_told(
    tmp_path: Path, file: str, content: str | None, code: Code
) -> None:
    owner = put(tmp_path, "hulk")
    path = tmp_path / "private" / owner.address / file
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(DimError) as error:
        load_user(tmp_path, owner)
    assert error.value.code is code
    assert error.value.reason.startswith(f"{owner.address}/{file}: ")
    if code is not Code.UNSUPPORTED:  # the name of an algorithm is no secret
        assert "topsecret" not in str(error.value)
    assert error.value.__cause__ is None


def test_other_ids(tmp_path: Path) -> None:
    owner = put(tmp_path, "hulk")
    for wrong, code in (
        (f"other@{owner.address}", Code.MISMATCH),
        ("anyone@anywhere", Code.BAD_ADDRESS),
        ("nobody", Code.BAD_ADDRESS),
        ("moki@4WDfe3zZ4T7opFSi3iDAKiuTnUHjxmXekk", Code.BAD_KEY),
    ):
        with pytest.raises(DimError) as error:
            load_user(tmp_path, wrong)
        assert error.value.code is code, wrong
