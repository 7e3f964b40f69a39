"""Reduce Wycheproof test vectors to the facts that the tests need: tests/data/wycheproof.

    python import_wycheproof.py FOLDER --commit HASH

FOLDER is ``testvectors_v1`` of a C2SP/wycheproof checkout and HASH the commit it is at. Kept are
the key, the message, the signature (or IV and ciphertext), the verdict, the flags and the number of
each test; comments, notes and the other spellings of the keys are left out. Nothing is recomputed:
``result`` is the verdict of Wycheproof, also where dimp_fast is stricter ("acceptable").
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

from case_file import Json, read, write

LICENCE = "Apache-2.0"


def rsa_key(group: Json) -> Json:
    key = group["publicKey"]
    return {
        "n": key["modulus"].removeprefix("00"),
        "e": int(key["publicExponent"], 16),
        "spki": group["publicKeyDer"],
    }


def point(group: Json) -> Json:
    return {"point": group["publicKey"]["uncompressed"]}


def raw_key(group: Json) -> Json:
    return {"raw": group["publicKey"]["pk"]}


def reduced(
    source: Json, key: Callable[[Json], Json] | None, kept: Iterable[str]
) -> tuple[list[Json], list[Json]]:
    """Split into keys (equal ones once) and tests that refer to a key by its place in the list."""
    keys: list[Json] = []
    cases: list[Json] = []
    for group in source["testGroups"]:
        place: Json = {}
        if key is not None:
            found = key(group)
            if found not in keys:
                keys.append(found)
            place = {"key": keys.index(found)}
        cases += (
            {"tcId": test["tcId"]} | place | {name: test[name] for name in kept}
            for test in group["tests"]
        )
    if len(cases) != source["numberOfTests"]:
        raise ValueError(f"{len(cases)} tests, announced {source['numberOfTests']}")
    return keys, cases


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("folder", type=Path)
    options.add_argument("--commit", required=True)
    given = options.parse_args()

    signature = ("msg", "sig", "result", "flags")
    tables: tuple[tuple[str, str, Callable[[Json], Json] | None, tuple[str, ...]], ...] = (
        ("rsa_2048_sha256", "rsa_signature_2048_sha256_test.json", rsa_key, signature),
        ("ecdsa_secp256k1_sha256", "ecdsa_secp256k1_sha256_test.json", point, signature),
        ("ed25519", "ed25519_test.json", raw_key, signature),
        (
            "aes_cbc_pkcs5",
            "aes_cbc_pkcs5_test.json",
            None,
            ("key", "iv", "msg", "ct", "result", "flags"),
        ),
    )
    for name, file_name, key, kept in tables:
        source = read(given.folder / file_name)
        keys, cases = reduced(source, key, kept)
        generators = {
            f"{group['source']['name']} {group['source']['version']}"
            for group in source["testGroups"]
        }
        content: Json = {
            "origin": f"C2SP/wycheproof testvectors_v1/{file_name}",
            "commit": given.commit,
            "licence": LICENCE,
            "generators": ", ".join(sorted(generators)),
            "algorithm": source["algorithm"],
            "schema": source["schema"],
        }
        write(
            f"wycheproof/{name}.json",
            content | ({"keys": keys} if keys else {}) | {"cases": cases},
        )


if __name__ == "__main__":
    main()
