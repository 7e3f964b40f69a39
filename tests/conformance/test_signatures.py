"""semantics.md: sig-1, rsa-1 to rsa-4, ecdsa-1, ecdsa-2, ed25519-1, ed25519-2, wire-1."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable, Iterator

import pytest

import data_sets
from data_sets import KeyCase, SignatureCase
from dimp_fast import Code, DimError, PublicKey, verify_batch

UNIT = "verify_batch"
VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}

COLLECTIONS: dict[str, Callable[[], Iterator[SignatureCase]]] = {
    "wycheproof_rsa": data_sets.wycheproof_rsa,
    "wycheproof_ecdsa": data_sets.wycheproof_ecdsa,
    "wycheproof_ed25519": data_sets.wycheproof_ed25519,
    "rsa1024": data_sets.rsa1024,
    "rsa_sizes": data_sets.rsa_sizes,
    "ecdsa_edge": data_sets.ecdsa_edge,
    "ed25519_edge": data_sets.ed25519_edge,
}


def _parsed(case: SignatureCase) -> PublicKey | None:
    if case.code == "BAD_KEY":
        with pytest.raises(DimError, match="BAD_KEY"):
            PublicKey.parse(case.key_der)
        return None
    try:
        return PublicKey.parse(case.key_der)
    except DimError:
        return None  # a source that gives no codes: its verdict says whether this may be


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_signatures_have_the_verdict_of_their_source(tier: str, collection: str) -> None:
    cases = [(case, _parsed(case)) for case in COLLECTIONS[collection]()]
    assert len(cases) > 30
    verdicts = verify_batch(
        [key for _, key in cases],
        [case.message for case, _ in cases],
        [case.signature for case, _ in cases],
        threads=1,
    )
    for (case, key), code in zip(cases, verdicts, strict=True):
        assert (code is Code.OK) == case.valid, f"{case.id} {case.note}: {code.name}"
        if case.code is not None and key is not None:
            assert code.name == case.code, f"{case.id} {case.note}"
        if key is not None:
            assert key.verify(case.message, case.signature) == case.valid


def key_of_moki() -> PublicKey:
    return PublicKey.parse(VECTORS["meta.doc.moki"].input["key"])


@pytest.mark.parametrize("name", ["sig.rsa.seed", "sig.rsa.empty", "sig.rsa.bin"])
def test_rsa_3_signatures_of_the_reference(tier: str, name: str) -> None:
    vector = VECTORS[name]
    assert vector.input["private"] == "moki_secret"
    message = bytes.fromhex(vector.input["data_hex"])
    signature = base64.b64decode(vector.output)
    key = key_of_moki()
    assert key.verify(message, signature)
    found = verify_batch(key, [message, message + b"\0"], [signature, signature])
    assert list(found) == [Code.OK, Code.BAD_SIGNATURE]


def test_rsa_3_what_the_reference_takes_for_a_signature(tier: str) -> None:
    vector = VECTORS["sig.rsa.negative"]
    signatures = {"128 zero bytes": bytes(128), "empty": b"", "3 bytes": b"\1\2\3"}
    assert vector.output["reference"] == [True] * 3
    found = verify_batch(
        key_of_moki(), [b"moki"] * 3, [signatures[case] for case in vector.input["cases"]]
    )
    assert found.ok.tolist() == vector.output["required"]
    encoding = Code.BAD_SIGNATURE_ENCODING
    assert list(found) == [Code.BAD_SIGNATURE, encoding, encoding]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_threads_do_not_change_a_verdict(tier: str, collection: str) -> None:
    cases = list(COLLECTIONS[collection]())
    keys = [_parsed(case) for case in cases]
    columns = keys, [case.message for case in cases], [case.signature for case in cases]
    alone = verify_batch(*columns, threads=1)
    assert verify_batch(*columns, threads=2) == alone
    assert verify_batch(*columns) == alone


def _good(algorithm: str) -> list[SignatureCase]:
    source = {
        "RSA": data_sets.rsa1024,
        "ECC": data_sets.wycheproof_ecdsa,
        "ED25519": data_sets.wycheproof_ed25519,
    }[algorithm]
    return [case for case in source() if case.valid]


@pytest.mark.parametrize("algorithm", ["RSA", "ECC", "ED25519"])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40, 64, 65])
def test_one_bad_item_in_every_position_changes_only_its_own_verdict(
    tier: str, algorithm: str, size: int
) -> None:
    good = list(itertools.islice(itertools.cycle(_good(algorithm)), size))
    keys = [PublicKey.parse(case.key_der) for case in good]
    messages = [case.message for case in good]
    signatures = [case.signature for case in good]
    assert verify_batch(keys, messages, signatures).all_ok()
    positions = range(size) if size <= 17 else (0, 1, size // 2, size - 2, size - 1)
    for position in positions:
        wrong = list(messages)
        wrong[position] += b"!"
        verdicts = verify_batch(keys, wrong, signatures)
        expected = [Code.OK] * size
        expected[position] = Code.BAD_SIGNATURE
        assert list(verdicts) == expected


@pytest.mark.parametrize("algorithm", ["RSA", "ECC", "ED25519"])
def test_one_key_serves_a_whole_batch(tier: str, algorithm: str) -> None:
    first = _good(algorithm)[0]
    key = PublicKey.parse(first.key_der)
    messages = [first.message] * 20
    signatures = [first.signature] * 20
    messages[7] = b"another"
    verdicts = verify_batch(key, messages, signatures)
    assert verdicts.counts() == {Code.OK: 19, Code.BAD_SIGNATURE: 1}
    assert verdicts[7] is Code.BAD_SIGNATURE


def test_sig_1_no_key_is_bad_key(tier: str) -> None:
    assert list(verify_batch([None], [b""], [b""])) == [Code.BAD_KEY]


@pytest.mark.parametrize("algorithm", ["RSA", "ECC", "ED25519"])
@pytest.mark.parametrize("signature", [b"", b"\0", b"\x30", b"\x30\x00", bytes(127), bytes(4096)])
def test_sig_1_rubbish_is_refused_without_an_exception(
    tier: str, algorithm: str, signature: bytes
) -> None:
    key = PublicKey.parse(_good(algorithm)[0].key_der)
    assert key.verify(b"message", signature) is False
    assert verify_batch(key, [b"message"], [signature])[0] is Code.BAD_SIGNATURE_ENCODING


@pytest.mark.parametrize("algorithm", ["RSA", "ECC"])
def test_the_primitive_does_not_pad_a_shorter_rsa_signature(tier: str, algorithm: str) -> None:
    case = _good(algorithm)[0]
    key = PublicKey.parse(case.key_der)
    verdict = verify_batch(key, [case.message], [case.signature[1:]])[0]
    assert verdict is Code.BAD_SIGNATURE_ENCODING


KEY_CASES: list[KeyCase] = [
    *data_sets.rsa_keys(),
    *data_sets.ecdsa_keys(),
    *data_sets.ed25519_keys(),
]


@pytest.mark.parametrize("case", KEY_CASES, ids=lambda case: f"{case.algorithm}-{case.id}")
def test_key_cases(tier: str, case: KeyCase) -> None:
    parsed = []
    for source in case.inputs:
        if case.code == "OK":
            parsed.append(PublicKey.parse(source))
        else:
            with pytest.raises(DimError) as error:
                PublicKey.parse(source)
            assert error.value.code.name == case.code, source
    for key in parsed:
        assert key == parsed[0]
        assert key.algorithm == case.algorithm
        assert case.bits is None or key.bits == case.bits
        assert case.raw is None or key.data == case.raw


def test_misuse_raises_and_names_the_index(tier: str) -> None:
    key = PublicKey.parse(_good("ECC")[0].key_der)
    with pytest.raises(TypeError, match=r"messages\[1\]"):
        verify_batch(key, [b"a", "b"], [b"", b""])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"keys\[0\]"):
        verify_batch(["key"], [b"a"], [b""])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="unequal"):
        verify_batch([key], [b"a", b"b"], [b"", b""])
    with pytest.raises(ValueError, match="threads"):
        verify_batch(key, [b"a"], [b""], threads=0)


def test_mutable_buffers_are_copied(tier: str) -> None:
    case = _good("ECC")[0]
    key = PublicKey.parse(case.key_der)
    assert verify_batch(key, [bytearray(case.message)], [memoryview(case.signature)]).all_ok()  # type: ignore[list-item]
