"""The private keys of the users of a folder, as stations and ``dimp-fast id new`` keep them:
``private/<address>/secret.js`` and ``secret_keys.js``, beside ``public/``.

Not here: making them. No error says what is in such a file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ._json import load_object
from .accounts import AccountFolder, is_account, read_file
from .identity import Identifier
from .keyring import Keyring
from .local_user import LocalUser
from .meta import Meta
from .private_keys import PrivateKey
from .verdict import Code, DimError

__all__ = ["load_user", "load_users"]

_SECRET, _SECRET_KEYS = "secret.js", "secret_keys.js"


def load_user(
    folder: str | os.PathLike[str], identifier: Identifier | str, keyring: Keyring | None = None
) -> LocalUser:
    """A user with its private keys: the one that belongs to its meta, and those of its visas.

    Args:
        folder: holds ``private/`` and ``public/``.
        identifier: whose keys; a terminal stays.
        keyring: knows the account; ``None`` reads it from the folder.

    Raises:
        DimError: ``BAD_ADDRESS``; ``BAD_KEY`` or ``MALFORMED``, there is no private key, or none
            that can be used; ``MISMATCH``, it is not that of the ID, or the folder has no meta of
            it.
        OSError: a file cannot be read.
    """
    owner = Identifier.parse(identifier)
    place = Path(folder) / "private" / owner.address
    if not is_account(owner.address):
        raise DimError(Code.BAD_ADDRESS, f"{owner}: has no private key")
    with _about(place / _SECRET):
        source = read_file(place / _SECRET)
        if source is None:
            raise DimError(Code.BAD_KEY, "missing")
        key = PrivateKey.parse(load_object(source))
    accounts = keyring or Keyring(loader=AccountFolder(folder))
    if key.public_key not in accounts.keys_for(owner):
        raise DimError(Code.MISMATCH, f"{owner}: {_SECRET} is not the key of a meta of this ID")
    return LocalUser(owner, key, _decrypt_keys(place / _SECRET_KEYS))


def load_users(
    folder: str | os.PathLike[str], keyring: Keyring | None = None
) -> Iterator[LocalUser]:
    """Every user of a folder that has a private key and a meta there; see :func:`load_user`."""
    private = Path(folder) / "private"
    names = sorted(os.listdir(private)) if private.is_dir() else []
    accounts = AccountFolder(folder)
    for address in names:
        found = accounts(address) if (private / address / _SECRET).is_file() else None
        if found is not None:
            with _about(Path(accounts.path(address, "meta.js"))):
                seed = Meta.parse(found[0]).seed
            owner = Identifier.create(seed, address)
            if owner.is_user:  # groups have keys too, and read nothing
                yield load_user(folder, owner, keyring)


def _decrypt_keys(path: Path) -> list[PrivateKey]:
    """Those of a list of keys that decrypt."""
    with _about(path):
        source = read_file(path)
        if source is None:
            return []
        try:
            mappings = json.loads(source)
        except (ValueError, RecursionError):
            mappings = None
        if not isinstance(mappings, list) or not all(isinstance(item, dict) for item in mappings):
            raise DimError(Code.MALFORMED, "not a list of keys")
        keys = map(PrivateKey.parse, mappings)
        return [key for key in keys if key.algorithm == "RSA"]


@contextmanager
def _about(path: Path) -> Iterator[None]:
    """Has errors say which file they are about."""
    try:
        yield
    except DimError as error:
        raise DimError(error.code, f"{path.parent.name}/{path.name}: {error.reason}") from None
