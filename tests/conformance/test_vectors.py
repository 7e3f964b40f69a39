"""Every vector of identities in tests/data/dim has a test that uses it."""

from __future__ import annotations

from pathlib import Path

import data_sets

PREFIXES = (
    "digest.", "base58.", "base64.", "hex.", "address.", "number.", "id.", "meta.", "keys.", "doc.",
    "sig.", "v243.",
)  # fmt: skip

USED = {
    "test_coding.py": ["digest.empty", "digest.abc", "digest.moky", "digest.64", "base58.set",
                       "base64.set", "hex.set", "v243.hex"],
    "test_identifiers.py": ["address.btc.networks", "address.btc.layout", "address.btc.genesis",
                            "address.eth.key", "address.eth.eip55", "number.search",
                            "id.parse.dimples", "v243.address.networks", "v243.id.parse"],
    "test_metas.py": ["meta.doc.hulk", "meta.doc.moki", "meta.mkm.ecc", "meta.btc.ecc",
                      "meta.btc.ecc.compressed", "meta.btc.ecc.hex66", "meta.btc.rsa",
                      "meta.eth.ecc", "meta.eth.compressed", "v243.meta.hulk",
                      "v243.meta.version_only"],
    "test_keys.py": ["keys.ecc.forms", "v243.ecc.form.66", "v243.ecc.form.128",
                     "v243.ecc.form.130", "v243.ecc.form.pem"],
    "test_private_keys.py": ["keys.ecc.private", "sig.ecdsa"],
    "test_signatures.py": ["sig.rsa.seed", "sig.rsa.empty", "sig.rsa.bin", "sig.rsa.negative"],
    "test_documents.py": ["doc.visa", "doc.bulletin"],
}  # fmt: skip
"""The module that uses them -> vectors, but for the names of meta types."""

ELSEWHERE = {
    "v243.aes": "symmetric keys: test_symmetric.py",
    "v243.content.type.1": "contents: test_contents.py",
    "v243.content.type.'1'": "contents: test_contents.py",
    "v243.content.type.'text'": "contents: test_contents.py",
    "v243.content.type.999": "contents: test_contents.py",
    "v243.content.type.'*'": "contents: test_contents.py",
    "v243.content.type.'0'": "contents: test_contents.py",
    "v243.short.msg": "short field names of messages",
    "v243.utf8": "text of messages",
    "keys.bundle.encode": "encrypted keys of messages",
    "keys.bundle.decode": "encrypted keys of messages",
    "v243.bundle.encode": "encrypted keys of messages",
}
"""Vectors under the same prefixes that are not about identities -> what they are about."""


def names_of_meta_types() -> set[str]:
    """``test_metas.py`` takes all there are."""
    return {vector.id for vector in data_sets.dim_vectors("meta") if ".type." in vector.id}


def test_every_vector_of_identities_is_used() -> None:
    there = {v.id for v in data_sets.dim_vectors() if v.id.startswith(PREFIXES)}
    used = {name for names in USED.values() for name in names} | names_of_meta_types()
    assert len(names_of_meta_types()) == 18
    assert used.isdisjoint(ELSEWHERE)
    assert there == used | ELSEWHERE.keys()


def test_the_modules_name_their_vectors() -> None:
    """In full, or as ``f"head.{rest}"`` with the rest among the parameters."""
    for module, names in USED.items():
        source = Path(__file__).with_name(module).read_text("utf-8")
        for name in names:
            dots = [at + 1 for at, character in enumerate(name) if character == "."]
            assert f'"{name}"' in source or any(
                f'f"{name[:at]}{{' in source and f'"{name[at:]}"' in source for at in dots
            ), (module, name)
