"""Accounts for the station tests, written as the reference keeps them.

Made with dimp_fast, since both stacks read the same files; what is tested is the station.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dimp_fast import Document, Identifier, Keyring, LocalUser, Meta, PrivateKey
from dimp_fast.cli.id_new import Made, NewFiles, save_account

STATION_NETWORK = 2


@dataclass(frozen=True)
class Account:
    """An account with its private keys."""

    user: LocalUser
    meta: Meta
    visa: Document

    @property
    def identifier(self) -> Identifier:
        return self.user.identifier

    def __str__(self) -> str:
        return str(self.user.identifier)

    def attachments(self) -> dict[str, Any]:
        """What a first handshake carries."""
        return {"meta": self.meta, "visa": self.visa}

    def introduce(self, keyring: Keyring) -> None:
        """Add meta and visa to a keyring."""
        keyring.add_meta(self.identifier, self.meta)
        keyring.add_document(self.visa)


def make_account(
    seed: str,
    *folders: Path,
    algorithm: str = "ECC",
    network: int = 0,
    secret: bool = True,
    **properties: Any,
) -> Account:
    """A new account, written into ``folders``; its private keys go where ``secret`` says so.

    As ``dimid`` does, the visa has an RSA key of 1024 bits to write to.
    """
    bits = {"bits": 1024} if algorithm == "RSA" else {}
    key, inbox = PrivateKey.generate(algorithm, **bits), PrivateKey.generate("RSA", bits=1024)
    meta = Meta.generate("mkm", key, seed)
    identifier = meta.generate_id(network)
    described = {"name": seed.title(), "key": inbox.public_key.to_dict(), **properties}
    visa = Document.create(identifier, "visa", described).sign(key)
    account = Account(LocalUser(identifier, key, [inbox]), meta, visa)
    for folder in folders:
        with NewFiles() as files:
            save_account(Made(key, meta, identifier, visa, inbox), folder, files)
        if not secret:
            for file in (folder / "private" / identifier.address).iterdir():
                file.unlink()
    return account
