"""Accounts that we make and the reference accepts, and the other way round, type by type.

The reference accepts every RSA signature, so that its word counts for little there: for RSA it
signs the same bytes with the same private key too, and PKCS#1 v1.5 signatures have one value.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from dimp_fast import (
    Code,
    Document,
    EntityType,
    Identifier,
    Keyring,
    Meta,
    PrivateKey,
    match_metas,
    verify_documents,
)

ACCOUNTS = [
    ("mkm", "ECC", "hulk", EntityType.USER, "visa"),
    ("mkm", "RSA", "hulk", EntityType.USER, "visa"),
    ("mkm", "ECC", "relay-1", EntityType.STATION, "visa"),
    ("mkm", "RSA", "Avengers", EntityType.GROUP, "bulletin"),
    ("mkm", "ECC", "Avengers", EntityType.GROUP, "bulletin"),
    ("mkm", "ECC", "浩克", EntityType.BOT, "visa"),
    ("btc", "ECC", None, EntityType.USER, "visa"),
    ("btc", "RSA", None, EntityType.USER, "visa"),
    ("eth", "ECC", None, EntityType.USER, "visa"),
]
NUMBERS = {"mkm": 1, "btc": 2, "eth": 4}

with_each_account = pytest.mark.parametrize(
    ("kind", "algorithm", "seed", "network", "document"), ACCOUNTS
)


@with_each_account
def test_the_reference_accepts_what_we_make(
    reference: Any, kind: str, algorithm: str, seed: str | None, network: int, document: str
) -> None:
    options = {"bits": 1024} if algorithm == "RSA" else {}
    key = PrivateKey.generate(algorithm, **options)
    meta = Meta.generate(kind, key, seed)
    identifier = meta.generate_id(network)
    made = Document.create(identifier, document, {"name": "Name 孟"})
    made.sign(key)
    found = reference.ask(
        "judge_account", id=str(identifier), meta=meta.to_dict(), document=made.to_dict()
    )
    assert found == {
        "id": True, "meta": True, "same": True, "document": True, "did": True, "name": "Name 孟",
    }  # fmt: skip
    if algorithm == "RSA":
        _compare_signatures(reference, key, meta, made)


def _compare_signatures(reference: Any, key: PrivateKey, meta: Meta, document: Document) -> None:
    wrapper = document.to_dict()
    signed = [(wrapper["data"].encode(), base64.b64decode(wrapper["signature"]))]
    if meta.seed is not None and meta.fingerprint is not None:
        signed.append((meta.seed.encode(), meta.fingerprint))
    for data, signature in signed:
        theirs = reference.ask(
            "verify",
            private_key=key.to_dict(secret=True),
            data=data.hex(),
            signature=signature.hex(),
        )
        assert theirs == {"verifies": True, "signature": signature.hex()}


@with_each_account
def test_we_accept_what_the_reference_makes(
    reference: Any, kind: str, algorithm: str, seed: str | None, network: int, document: str
) -> None:
    made = reference.ask(
        "make_account",
        type=str(NUMBERS[kind]), algorithm=algorithm, seed=seed, network=int(network),
        document=document, name="Name 孟",
    )  # fmt: skip
    meta = Meta.parse(made["meta"])
    identifier = Identifier.parse(made["id"])
    assert meta.is_valid
    assert meta.matches(identifier)
    assert meta.generate_id(identifier.network) == identifier
    assert match_metas([made["meta"]], [made["id"]]).all_ok()

    found = Document.parse(made["document"])
    assert found.did == identifier
    assert found.type == document
    assert found.verify(meta.key)
    assert found.properties["name"] == "Name 孟"
    keyring = Keyring()
    assert keyring.add_meta(identifier, made["meta"]) is Code.OK
    assert verify_documents([made["document"]], keyring).all_ok()
    assert keyring.add_document(made["document"]) is Code.OK

    # The private key of the reference is ours to use.
    key = PrivateKey.parse(made["private_key"])
    assert key.public_key == meta.key
    assert meta.key.verify(b"message", key.sign(b"message"))
    theirs = reference.ask(
        "verify",
        private_key=json.loads(json.dumps(key.to_dict(secret=True))),
        data=b"message".hex(),
        signature=key.sign(b"message").hex(),
    )
    assert theirs["verifies"]
    assert meta.key.verify(b"message", bytes.fromhex(theirs["signature"]))
