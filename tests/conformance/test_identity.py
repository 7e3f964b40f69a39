"""semantics.md: id-1 to id-4, meta-1 to meta-4, doc-1 to doc-5."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import accounts
import pytest
from accounts import b64

import data_sets
from dimp_fast import (
    Code,
    DimError,
    Identifier,
    Keyring,
    PublicKey,
    derive_addresses,
    verify_messages,
)

UNIT = "decode_batch"

VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
HULK: dict[str, Any] = VECTORS["meta.doc.hulk"].input
HULK_ID: str = VECTORS["meta.doc.hulk"].output["id"]
MAKERS = ("java", "python")


def verdict(identifier: str, meta: Any) -> Code:
    return Keyring().add_meta(identifier, meta)


# -- IDs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("maker", MAKERS)
def test_id_1_interop(tier: str, maker: str) -> None:
    cases = list(data_sets.interop(maker, "id_info"))
    assert len(cases) > 10
    for case in cases:
        if not case.expect["parsed"]:
            with pytest.raises(DimError, match="BAD_ADDRESS"):
                Identifier.parse(case.input["id"])
            continue
        found = Identifier.parse(case.input["id"])
        for name in ("name", "address", "terminal", "network"):
            assert getattr(found, name) == case.expect[name], case.id
        assert str(found) == case.input["id"]


@pytest.mark.parametrize(
    "text",
    ["", "@", "/", "a@", "@anywhere", "anywhere/", "a@b@anywhere", "anywhere/x/y", "a b@anywhere",
     "a\x00@anywhere", "a\x7f@anywhere", "a\x85@anywhere", "a\u3000@anywhere", "a\u2028@anywhere",
     "\ud800@anywhere", " anywhere", "anywhere ", "anywhere\n", "a/b@anywhere", "nowhere",
     "a" * 120 + "@anywhere", "1" * 34, "0x" + "g" * 40, "4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEk",
     "\uff10x3E9003153d9A39D3f57B126b0c38513D5e289c3E"],
)  # fmt: skip
def test_id_1_refused(tier: str, text: str) -> None:
    with pytest.raises(DimError) as error:
        Identifier.parse(text)
    assert error.value.code is Code.BAD_ADDRESS


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("ANYWHERE", "anywhere"), ("Foo@EveryWhere/PC", "Foo@everywhere/PC"),
     ("0x3e9003153d9a39d3f57b126b0c38513d5e289c3e", "0x3E9003153d9A39D3f57B126b0c38513D5e289c3E"),
     ("x@0x3E9003153D9A39D3F57B126B0C38513D5E289C3E",
      "x@0x3E9003153d9A39D3f57B126b0c38513D5e289c3E"),
     ("\u5b5f\U0001f600@" + HULK_ID[5:], "\u5b5f\U0001f600@" + HULK_ID[5:]),
     ("a" * 119 + "@anywhere", "a" * 119 + "@anywhere")],
)  # fmt: skip
def test_id_2_canonical_text(tier: str, text: str, canonical: str) -> None:
    found = Identifier.parse(text)
    assert str(found) == canonical
    assert found == canonical
    assert hash(found) == hash(Identifier.parse(canonical))


def test_id_3_and_4_types(tier: str) -> None:
    assert Identifier.parse("anywhere").is_broadcast
    assert Identifier.parse("x@everywhere").is_group
    for row in VECTORS["address.btc.networks"].output:
        found = Identifier.parse(f"hulk@{row['address']}")
        assert found.network == row["network"]
        assert found.type == row["type_named"], row
        assert (found.is_user, found.is_group) == (row["is_user"], row["is_group"])
        assert Identifier.parse(row["address"]).type == row["type_nameless"]
        assert not found.is_broadcast


# -- metas --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hulk", "moki"])
def test_meta_1_old_form(tier: str, name: str) -> None:
    vector = VECTORS[f"meta.doc.{name}"]
    assert verdict(vector.output["id"], vector.input) is Code.OK
    keyring = Keyring()
    assert keyring.add_meta(vector.output["id"] + "/pad", vector.input) is Code.OK
    assert len(keyring) == 1
    assert vector.output["id"] in keyring
    assert [key.algorithm for key in keyring.keys_for(vector.output["id"])] == ["RSA"]


@pytest.mark.parametrize("name", ["mkm.ecc", "btc.ecc", "btc.ecc.compressed", "btc.ecc.hex66",
                                  "eth.ecc", "btc.rsa"])  # fmt: skip
def test_meta_3_vectors(tier: str, name: str) -> None:
    vector = VECTORS[f"meta.{name}"]
    meta, ids = vector.input, vector.output
    if isinstance(ids, str):
        ids = {"0": ids}
    if "meta" in ids:
        meta, ids = ids["meta"], ids["ids"]
    ids = {network: text for network, text in ids.items() if network.isdigit()}
    assert ids
    for network, text in ids.items():
        assert Identifier.parse(text).network == int(network)
        assert verdict(text, meta) is Code.OK
        assert verdict(f"x{text}" if "@" in text else f"x@{text}", meta) is Code.MISMATCH


@pytest.mark.parametrize("maker", MAKERS)
def test_meta_interop(tier: str, maker: str) -> None:
    cases = list(data_sets.interop(maker, "meta_info"))
    assert len(cases) > 10
    for case in cases:
        for identifier in (case.expect.get("ids") or {}).values():
            assert verdict(identifier, case.input["meta"]) is Code.OK, case.id
        if not case.expect["valid"]:
            for network in (0, 1, 8):
                identifier = _would_be_id(case.input["meta"], network)
                assert verdict(identifier, case.input["meta"]) is not Code.OK, case.id


def _would_be_id(meta: dict[str, Any], network: int) -> str:
    """The ID a lenient reader would make of a meta, so that nothing but the fault is in the way."""
    try:
        fingerprint = base64.b64decode(meta.get("fingerprint") or "")
    except ValueError:
        fingerprint = b""
    seed = meta.get("seed") or ""
    address = derive_addresses([fingerprint], network)[0]
    return f"{seed}@{address}" if seed else address


@pytest.mark.parametrize("maker", MAKERS)
def test_match_interop(tier: str, maker: str) -> None:
    cases = list(data_sets.interop(maker, "match"))
    assert len(cases) > 20
    for case in cases:
        found = verdict(case.input["id"], case.input["meta"])
        assert (found is Code.OK) == case.expect["match"], f"{case.id} {case.note}: {found.name}"


@pytest.mark.parametrize("name", ["1", 1, "mkm", "MKM"])
@pytest.mark.parametrize("field", ["type", "version"])
def test_meta_1_names_of_a_type(tier: str, name: object, field: str) -> None:
    meta = {key: value for key, value in HULK.items() if key != "version"}
    assert verdict(HULK_ID, {**meta, field: name}) is Code.OK


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"type": 3}, Code.UNSUPPORTED),
        ({"type": "5"}, Code.UNSUPPORTED),
        ({"type": "Mkm"}, Code.UNSUPPORTED),
        ({"type": "01"}, Code.UNSUPPORTED),
        ({"version": None}, Code.MALFORMED),
        ({"type": True}, Code.MALFORMED),
        ({"type": 1.0}, Code.MALFORMED),
        ({"type": [1]}, Code.MALFORMED),
        ({"key": None}, Code.MALFORMED),
        ({"key": "text"}, Code.MALFORMED),
        ({"seed": None}, Code.MALFORMED),
        ({"seed": ""}, Code.MALFORMED),
        ({"seed": 1}, Code.MALFORMED),
        ({"fingerprint": None}, Code.MALFORMED),
        ({"fingerprint": ""}, Code.MALFORMED),
        ({"fingerprint": "AAA"}, Code.BAD_ENCODING),
        ({"fingerprint": " "}, Code.BAD_ENCODING),
        ({"fingerprint": "AAAA"}, Code.MISMATCH),
        ({"seed": "hulc"}, Code.MISMATCH),
        ({"key": {}}, Code.BAD_KEY),
        ({"key": {"algorithm": "AES", "data": ""}}, Code.UNSUPPORTED),
        ({"key": {"algorithm": "RSA", "data": "x"}}, Code.BAD_KEY),
        ({"key": VECTORS["meta.doc.moki"].input["key"]}, Code.BAD_SIGNATURE),
        ({"type": 2}, Code.MALFORMED),
        ({"type": "eth"}, Code.MALFORMED),
    ],
)
def test_meta_2_and_3_refusals(tier: str, change: dict[str, Any], expected: Code) -> None:
    assert verdict(HULK_ID, {**HULK, **change}) is expected


def test_meta_3_the_first_cause_wins(tier: str) -> None:
    assert verdict("no ID", {**HULK, "type": "9"}) is Code.BAD_ADDRESS
    assert verdict("anywhere", {**HULK, "type": "9"}) is Code.MISMATCH
    assert verdict(HULK_ID, {**HULK, "type": "9", "key": None}) is Code.MALFORMED
    assert verdict("no ID", HULK) is Code.BAD_ADDRESS
    assert verdict("no ID", {**HULK, "fingerprint": "!"}) is Code.BAD_ENCODING
    assert verdict("hulc" + HULK_ID[4:], {**HULK, "key": {}}) is Code.MISMATCH


@pytest.mark.parametrize(
    "identifier", ["hulk@anywhere", "everywhere", "hulk@" + "1" * 27 + "nobody"]
)
def test_meta_3_broadcast_ids_belong_to_nobody(tier: str, identifier: str) -> None:
    assert verdict(identifier, HULK) in (Code.MISMATCH, Code.BAD_ADDRESS)


@pytest.mark.parametrize("algorithm", accounts.ALGORITHMS)
def test_meta_4_a_copied_fingerprint_binds_no_other_key(tier: str, algorithm: str) -> None:
    victim = accounts.account(algorithm)
    attacker = accounts.signer(algorithm, 1)
    stolen = {**victim.meta, "key": attacker.public_key.to_dict()}
    assert verdict(victim.id, victim.meta) is Code.OK
    assert verdict(victim.id, stolen) is Code.BAD_SIGNATURE


@pytest.mark.parametrize("algorithm", accounts.ALGORITHMS)
@pytest.mark.parametrize("network", [0, 1, 8, 16, 136, 255])
def test_meta_3_every_algorithm_and_network(tier: str, algorithm: str, network: int) -> None:
    signer = accounts.signer(algorithm)
    types = (1, 2, 4) if algorithm == "ECC" and network == 0 else (1, 2)
    for meta_type in types:
        account = accounts.Account(signer, "bob" if meta_type == 1 else None, meta_type, network)
        assert verdict(account.id, account.meta) is Code.OK


def test_wire_1_a_fingerprint_may_lack_its_leading_zero(tier: str) -> None:
    signer = accounts.signer("RSA")
    seeds = (f"seed{n}" for n in range(100_000))
    seed = next(seed for seed in seeds if signer.sign(seed.encode())[0] == 0)
    shortened = signer.sign(seed.encode())[1:]
    meta = {"type": 1, "key": signer.public_key.to_dict(), "seed": seed,
            "fingerprint": b64(shortened)}  # fmt: skip
    assert verdict(f"{seed}@{derive_addresses([shortened])[0]}", meta) is Code.OK


def test_wire_1_no_larger_modulus_fits_a_fingerprint(tier: str) -> None:
    """n = s^3 - EM makes s a "signature" under n, if s may be padded to the length of n."""
    import hashlib

    from dimp_fast._py.keys import encode_rsa

    seed = "victim"
    size = 3 * 128
    digest_info = bytes.fromhex("3031300d060960864801650304020105000420")
    digest = hashlib.sha256(seed.encode()).digest()
    tail = b"\0" + digest_info + digest
    encoded = int.from_bytes(b"\0\1" + b"\xff" * (size - 2 - len(tail)) + tail, "big")
    fingerprint = b"\xff" * 127 + (b"\xfe" if encoded % 2 else b"\xff")
    modulus = int.from_bytes(fingerprint, "big") ** 3 - encoded
    assert modulus % 2 == 1
    assert modulus.bit_length() == 8 * size
    key = PublicKey.parse(encode_rsa(modulus, 3))
    assert key.verify(seed.encode(), fingerprint.rjust(size, b"\0"))
    meta = {"type": 1, "key": key.to_dict(), "seed": seed, "fingerprint": b64(fingerprint)}
    identifier = f"{seed}@{derive_addresses([fingerprint])[0]}"
    assert verdict(identifier, meta) is Code.BAD_SIGNATURE


@pytest.mark.parametrize("place", ["seed", "fingerprint", "algorithm", "data"])
def test_json_4_a_number_kept_as_text_is_no_text(tier: str, place: str) -> None:
    """A loader hands JSON text in, where an infinite number can stand for a text."""
    meta = json.dumps(HULK | {"version": 1})
    value = HULK["key"][place] if place in HULK["key"] else HULK[place]
    text = meta.replace(json.dumps(value), "1e999", 1).encode()
    assert b"1e999" in text
    keyring = Keyring(loader=lambda address: (text, []))
    assert keyring.keys_for(HULK_ID) == ()


def test_meta_5_a_second_key_that_matches_is_a_mismatch(tier: str) -> None:
    """An ECDSA signature verifies under two keys; the other one is computed here."""
    victim = accounts.account("ECC")
    fake = {**victim.meta, "key": {"algorithm": "ECC", "data": _other_key(victim).hex()}}
    assert verdict(victim.id, fake) is Code.OK
    keyring = Keyring()
    assert keyring.add_meta(victim.id, victim.meta) is Code.OK
    assert keyring.add_meta(victim.id, fake) is Code.MISMATCH
    assert keyring.keys_for(victim.id) == (victim.signer.public_key,)
    reported: list[Code] = []
    locked = Keyring(
        1,
        loader=lambda address: (victim.meta, [victim.document()]),
        on_refused=lambda address, code, reason: reported.append(code),
    )
    assert locked.add_meta(victim.id, fake) is Code.OK
    assert locked.add_document(victim.document()) is Code.BAD_SIGNATURE
    assert locked.add_meta(victim.id, victim.meta) is Code.MISMATCH


def _other_key(account: accounts.Account) -> bytes:
    """Q = r^-1 (sR - zG) for both points R with the x of the signature; the one not the owner's."""
    import hashlib

    from dimp_fast._py import der

    p = 2**256 - 2**32 - 977
    n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    g = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
         0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)  # fmt: skip

    def add(a: tuple[int, int] | None, b: tuple[int, int] | None) -> tuple[int, int] | None:
        if a is None or b is None:
            return a or b
        if a[0] == b[0] and (a[1] + b[1]) % p == 0:
            return None
        slope = (
            3 * a[0] * a[0] * pow(2 * a[1], -1, p)
            if a == b
            else (b[1] - a[1]) * pow(b[0] - a[0], -1, p)
        )
        x = (slope * slope - a[0] - b[0]) % p
        return x, (slope * (a[0] - x) - a[1]) % p

    def times(k: int, point: tuple[int, int]) -> tuple[int, int] | None:
        total: tuple[int, int] | None = None
        power: tuple[int, int] | None = point
        while k:
            if k & 1:
                total = add(total, power)
            power, k = add(power, power), k >> 1
        return total

    pair = der.Reader(base64.b64decode(account.meta["fingerprint"])).sequence()
    r, s = pair.unsigned(), pair.unsigned()
    z = int.from_bytes(hashlib.sha256(account.meta["seed"].encode()).digest(), "big")
    y = pow(r**3 + 7, (p + 1) // 4, p)
    inverse = pow(r, -1, n)
    found = set()
    for point in ((r, y), (r, p - y)):
        key = add(times(s * inverse % n, point), times(-z * inverse % n, g))
        assert key is not None
        found.add(b"\4" + key[0].to_bytes(32, "big") + key[1].to_bytes(32, "big"))
    owner = account.signer.public_key.data
    assert owner in found
    return next(iter(found - {owner}))


# -- documents ----------------------------------------------------------------------------------


def keyring_of(*known: accounts.Account) -> Keyring:
    keyring = Keyring()
    for account in known:
        assert keyring.add_meta(account.id, account.meta) is Code.OK
    return keyring


@pytest.mark.parametrize("maker", MAKERS)
def test_doc_interop(tier: str, maker: str) -> None:
    cases = list(data_sets.interop(maker, "doc_info"))
    assert len(cases) > 20
    for case in cases:
        _check_document_signature(case)


def _check_document_signature(case: data_sets.InteropCase) -> None:
    """The interop cases name a key, not a meta: make that key the meta key of the document's ID
    is not possible, so the signature alone is compared here."""
    from dimp_fast import PublicKey

    document = case.input["document"]
    try:
        key = PublicKey.parse(case.input["public"])
        signature = base64.b64decode(document["signature"], validate=True)
        found = key.verify(document["data"].encode(), signature)
    except (ValueError, KeyError, AttributeError, TypeError):
        found = False
    assert found == case.expect["verify"], f"{case.id} {case.note}"


@pytest.mark.parametrize("algorithm", accounts.ALGORITHMS)
def test_doc_5_the_key_of_a_verified_document_verifies(tier: str, algorithm: str) -> None:
    alice = accounts.account(algorithm)
    visa_key = accounts.signer("RSA", 1).public_key
    keyring = keyring_of(alice)
    assert keyring.add_document(alice.document(visa_key)) is Code.OK
    assert keyring.keys_for(alice.id) == (visa_key, alice.signer.public_key)
    assert keyring.keys_for(f"mallory@{alice.address}") == ()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"did": None}, Code.MALFORMED),
        ({"did": ""}, Code.BAD_ADDRESS),
        ({"did": 5}, Code.MALFORMED),
        ({"data": ""}, Code.MALFORMED),
        ({"data": {}}, Code.MALFORMED),
        ({"signature": None}, Code.MALFORMED),
        ({"signature": ""}, Code.MALFORMED),
        ({"signature": "!"}, Code.BAD_ENCODING),
        ({"did": "nobody"}, Code.BAD_ADDRESS),
        ({"did": HULK_ID}, Code.UNKNOWN_SENDER),
        ({"data": "{}"}, Code.BAD_SIGNATURE),
        ({"signature": b64(bytes(129))}, Code.BAD_SIGNATURE_ENCODING),
        ({"signature": b64(bytes(128))}, Code.BAD_SIGNATURE),
    ],
)
def test_doc_1_and_2_refusals(tier: str, change: dict[str, Any], expected: Code) -> None:
    alice = accounts.account("RSA")
    keyring = keyring_of(alice)
    assert keyring.add_document({**alice.document(), **change}) is expected


def test_doc_2_did_is_the_same_entity(tier: str) -> None:
    alice = accounts.account("ECC")
    keyring = keyring_of(alice)
    document = alice.document()
    assert keyring.add_document({**document, "did": f"{alice.id}/pad"}) is Code.OK
    assert keyring.add_document({**document, "did": alice.address}) is Code.MISMATCH
    assert keyring.add_document({**document, "did": f"bob@{alice.address}"}) is Code.MISMATCH
    old = {"ID" if name == "did" else name: value for name, value in document.items()}
    assert keyring.add_document(old) is Code.OK


@pytest.mark.parametrize("data", ["[]", "{", '{"time": -1}', '{"time": true}', '{"time": "x"}',
                                  '{"time": 1e999}', '{"x": NaN}'])  # fmt: skip
def test_doc_3_signed_data_is_an_object(tier: str, data: str) -> None:
    alice = accounts.account("ECC")
    signature = b64(alice.signer.sign(data.encode()))
    document = {"did": alice.id, "data": data, "signature": signature}
    assert keyring_of(alice).add_document(document) is Code.MALFORMED


def test_doc_3_times(tier: str) -> None:
    alice = accounts.account("ECC")
    keyring = keyring_of(alice)
    now = time.time()
    assert keyring.add_document(alice.document(time=now + 1700)) is Code.OK
    assert keyring.add_document(alice.document(time=now + 1900)) is Code.EXPIRED
    assert keyring.add_document(alice.document(time=now)) is Code.EXPIRED
    assert keyring.add_document(alice.document(time=f"{now + 1701:.3f}")) is Code.OK
    assert keyring.add_document(alice.document(time=None)) is Code.EXPIRED
    assert keyring_of(alice).add_document(alice.document(time=None)) is Code.OK


def test_doc_3_no_time_is_older_than_any_time(tier: str) -> None:
    alice = accounts.account("ECC")
    first, second = (accounts.signer("ECC", number).public_key for number in (1, 2))
    keyring = keyring_of(alice)
    assert keyring.add_document(alice.document(first, time=None)) is Code.OK
    assert keyring.add_document(alice.document(second, time=0)) is Code.OK
    assert keyring.add_document(alice.document(first, time=None)) is Code.EXPIRED
    assert keyring.keys_for(alice.id)[:-1] == (second,)


def test_doc_3_a_renewal_revokes_whoever_brought_it_first(tier: str) -> None:
    alice = accounts.account("ECC")
    lost, kept = (accounts.signer("RSA", number).public_key for number in (1, 2))
    keyring = keyring_of(alice)
    assert keyring.add_document(alice.document(lost, time=100)) is Code.OK
    new = alice.document(kept, time=200)
    assert keyring.add_document(new | {"terminal": "zzz"}) is Code.OK  # an attacker's wrapper
    assert keyring.add_document(new) is Code.OK
    assert keyring.keys_for(alice.id)[:-1] == (kept,)


def test_doc_3_the_newest_of_a_terminal_replaces_the_older(tier: str) -> None:
    alice = accounts.account("ECC")
    keyring = keyring_of(alice)
    first, second, third = (accounts.signer("RSA", number).public_key for number in (1, 2, 3))
    pad = {"terminal": "pad"}
    assert keyring.add_document(alice.document(first, time=10)) is Code.OK
    assert keyring.add_document(alice.document(second, time=20) | pad) is Code.OK
    assert keyring.add_document(alice.document(third, time=30)) is Code.OK
    assert keyring.keys_for(alice.id)[:-1] == (third, second)


def test_doc_3_an_old_document_cannot_be_put_under_another_terminal(tier: str) -> None:
    alice = accounts.account("ECC")
    keyring = keyring_of(alice)
    lost, kept = (accounts.signer("RSA", number) for number in (1, 2))
    old, new = alice.document(lost.public_key, time=10), alice.document(kept.public_key, time=20)
    assert keyring.add_document(old) is Code.OK
    assert keyring.add_document(new) is Code.OK
    for change in ({}, {"terminal": "pad"}, {"did": f"{alice.id}/pad"}, {"type": "profile"}):
        assert keyring.add_document(old | change) is Code.EXPIRED
        frame = accounts.frame(alice.message(lost, visa=old | change))
        assert verify_messages([frame], keyring)[1][0] is not Code.OK
    assert keyring.keys_for(alice.id) == (kept.public_key, alice.signer.public_key)


def test_doc_3_a_document_that_is_held_changes_nothing(tier: str) -> None:
    alice = accounts.account("ECC")
    keyring = keyring_of(alice)
    others = [accounts.signer("ECC", number).public_key for number in (1, 2)]
    assert keyring.add_document(alice.document(others[0], time=20) | {"terminal": "a"}) is Code.OK
    newest = alice.document(others[1], time=20)
    for number in range(9):
        assert keyring.add_document(newest | {"terminal": f"t{number}"}) is Code.OK
    assert keyring.keys_for(alice.id)[:-1] == (others[1], others[0])


def test_doc_3_a_folder_is_added_oldest_first(tier: str, tmp_path: Path) -> None:
    alice = accounts.account("ECC")
    keys = [accounts.signer("ECC", number).public_key for number in (1, 2, 3)]
    documents = [alice.document(key, time=time) | {"terminal": str(time)}
                 for key, time in zip(keys, (30, 10, 20), strict=True)]  # fmt: skip
    place = tmp_path / alice.address
    place.mkdir()
    (place / "meta.js").write_text(json.dumps(alice.meta))
    (place / "documents.js").write_text(json.dumps({"documents": [*documents, {"did": 1}]}))
    keyring = Keyring()
    report = keyring.load(tmp_path)
    assert (report.documents, [row.code for row in report.refused]) == (3, [Code.MALFORMED])
    assert keyring.keys_for(alice.id)[:-1] == (keys[0], keys[2], keys[1])


def test_doc_3_at_most_eight_are_held(tier: str) -> None:
    alice = accounts.account("ECC")
    keyring = keyring_of(alice)
    keys = [accounts.signer("ECC", number).public_key for number in range(1, 11)]
    for number, key in enumerate(keys):
        document = alice.document(key, time=number + 1) | {"terminal": f"t{number}"}
        assert keyring.add_document(document) is Code.OK
    assert keyring.keys_for(alice.id) == (*reversed(keys[2:]), alice.signer.public_key)


@pytest.mark.parametrize("terminal", ["", "*", "/", None])
def test_doc_4_texts_that_are_no_terminal(tier: str, terminal: str | None) -> None:
    alice = accounts.account("ECC")
    keyring = keyring_of(alice)
    first, second = (accounts.signer("ECC", number).public_key for number in (1, 2))
    assert keyring.add_document(alice.document(first, time=10)) is Code.OK
    document = alice.document(second, time=20) | {"terminal": terminal}
    assert keyring.add_document(document) is Code.OK
    assert keyring.keys_for(alice.id)[:-1] == (second,)


def test_doc_4_type_of_a_document(tier: str) -> None:
    alice = accounts.account("ECC")
    keyring = keyring_of(alice)
    first, second, third = (accounts.signer("ECC", number).public_key for number in (1, 2, 3))
    unnamed = alice.document(first, time=10, type=None)
    assert keyring.add_document(unnamed | {"type": "profile"}) is Code.OK
    assert keyring.add_document(alice.document(second, time=11, type="profile")) is Code.OK
    assert keyring.add_document(alice.document(third, time=12)) is Code.OK
    assert keyring.keys_for(alice.id)[:-1] == (third, second)


def test_doc_vector_visa(tier: str) -> None:
    moki = VECTORS["meta.doc.moki"]
    keyring = Keyring()
    assert keyring.add_meta(moki.output["id"], moki.input) is Code.OK
    visa = VECTORS["doc.visa"].output
    assert keyring.add_document(visa) is Code.OK
    tampered = json.loads(json.dumps(visa).replace("Moki", "Loki"))
    assert keyring.add_document(tampered) is Code.BAD_SIGNATURE


@pytest.mark.parametrize("value", [float("nan"), {1: 2, (3,): 4}, {"x": object()}, {"x": "\ud800"}])
def test_what_json_cannot_say_is_malformed(tier: str, value: object) -> None:
    assert verdict(HULK_ID, {**HULK, "extra": value}) is Code.MALFORMED
    assert Keyring().add_document({"did": HULK_ID, "extra": value}) is Code.MALFORMED
