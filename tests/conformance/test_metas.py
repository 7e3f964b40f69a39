"""semantics.md: meta-1 to meta-7, through ``Meta`` and ``match_metas``.

Where a vector of the reference has another outcome, the test names the rule that wants it.
"""

from __future__ import annotations

import base64
import json
import pickle
import random
import subprocess
import sys
from collections import UserDict
from typing import Any

import accounts
import pytest
from accounts import b64

import data_sets
from dimp_fast import (
    Code,
    DimError,
    EntityType,
    Identifier,
    Keyring,
    Meta,
    PublicKey,
    derive_addresses,
    match_metas,
    registry,
)
from dimp_fast import meta as module
from dimp_fast.private_keys import PrivateKey

UNIT = "match_metas"

VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
HULK: dict[str, Any] = VECTORS["meta.doc.hulk"].input
HULK_ID: str = VECTORS["meta.doc.hulk"].output["id"]
MAKERS = ("java", "python")
NUMBERS = {"DefaultMeta": 1, "BTCMeta": 2, "ETHMeta": 4}


def of_type(name: object, field: str = "type") -> dict[str, Any]:
    """A sound meta of the type that has this name, as far as it is one."""
    number = {"2": 2, "btc": 2, "BTC": 2, "4": 4, "eth": 4, "ETH": 4}.get(str(name), 1)
    meta = accounts.account("ECC", "alice" if number == 1 else None, number).meta
    return {field: name, **{key: value for key, value in meta.items() if key != "type"}}


def code_of(source: Any) -> Code:
    try:
        Meta.parse(source)
    except DimError as error:
        return error.code
    return Code.OK


# -- the vectors of the reference ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["hulk", "moki"])
def test_meta_1_the_printed_metas(tier: str, name: str) -> None:
    vector = VECTORS[f"meta.doc.{name}"]
    meta = Meta.parse(vector.input)
    assert (meta.type, meta.seed) == (1, name)
    assert meta.fingerprint == base64.b64decode(vector.input["fingerprint"])
    assert meta.key.algorithm == "RSA"
    assert meta.is_valid
    assert meta.matches(vector.output["id"])
    assert meta.generate_id(8) == vector.output["id"]
    assert meta.to_dict() == vector.input


@pytest.mark.parametrize("name", ["mkm.ecc", "btc.ecc", "btc.ecc.compressed", "btc.ecc.hex66",
                                  "eth.ecc", "btc.rsa"])  # fmt: skip
def test_meta_3_ids_of_the_vectors(tier: str, name: str) -> None:
    vector = VECTORS[f"meta.{name}"]
    source, ids = vector.input, vector.output
    if isinstance(ids, str):
        ids = {"0": ids}
    if "meta" in ids:
        source, ids = ids["meta"], ids["ids"]
    meta = Meta.parse(source)
    assert meta.is_valid
    for network, text in ids.items():
        if network == "spki_der_hex":
            assert meta.key.data.hex() == text
            continue
        assert meta.generate_id(int(network)) == text
        assert meta.matches(text)
        assert meta.matches(Identifier.parse(f"{text}/pad"))


def test_meta_3_a_compressed_key_makes_no_eth_address(tier: str) -> None:
    meta = Meta.parse(VECTORS["meta.eth.compressed"].input)
    assert not meta.is_valid
    with pytest.raises(ValueError, match="no address of such a key"):
        meta.generate_id(0)
    assert meta.check(VECTORS["meta.eth.ecc"].output) is Code.MISMATCH


@pytest.mark.parametrize(
    "vector",
    [v for v in VECTORS.values() if v.kind == "meta" and ".type." in v.id],
    ids=lambda vector: vector.id,
)
def test_meta_1_names_of_types(tier: str, vector: data_sets.Vector) -> None:
    name = vector.input["type"] if isinstance(vector.input, dict) else vector.input
    expected = NUMBERS.get(vector.output)
    if vector.id.startswith("v243") and str(name).lower() == "mkm":
        assert vector.output is None
        expected = 1  # META-1 reads the names; 2.4.3 does not know them yet
    for field in ("type", "version"):
        source = of_type(name, field)
        if expected is None:
            assert code_of(source) is Code.UNSUPPORTED
        else:
            assert Meta.parse(source).type == expected
            assert Meta.parse(source).is_valid


def test_meta_1_the_older_generation(tier: str) -> None:
    assert Meta.parse({"type": 1, **HULK}).matches(VECTORS["v243.meta.hulk"].output["id"])
    vector = VECTORS["v243.meta.version_only"]
    assert vector.output is None
    assert Meta.parse(vector.input).matches(HULK_ID)  # META-1: version where there is no type


@pytest.mark.parametrize("maker", accounts.OLD_SPELLINGS)
def test_meta_1_as_implementations_of_2019_wrote_it(tier: str, maker: str) -> None:
    """Only a version, and an RSA key with PKCS#1 under the label of another form."""
    signer, public, _ = accounts.old_rsa_key(maker)
    fingerprint = signer.sign(b"moky")
    source = {"version": 1, "key": public, "seed": "moky", "fingerprint": b64(fingerprint)}
    identifier = "moky@" + derive_addresses([fingerprint], 8)[0]
    meta = Meta.parse(source)
    assert meta.is_valid
    assert meta.key == signer.public_key
    assert meta.generate_id(8) == identifier
    assert meta.to_dict() == source
    assert Keyring().add_meta(identifier, source) is Code.OK
    stranger = accounts.signer("RSA")
    forged = {**source, "fingerprint": b64(stranger.sign(b"moky"))}
    theirs = "moky@" + derive_addresses([stranger.sign(b"moky")], 8)[0]
    found = match_metas([source, source, forged, forged], [identifier, theirs] * 2)
    assert list(found) == [Code.OK, Code.MISMATCH, Code.MISMATCH, Code.BAD_SIGNATURE]


# -- what other implementations made ------------------------------------------------------------


@pytest.mark.parametrize("maker", MAKERS)
def test_interop_meta_info(tier: str, maker: str) -> None:
    cases = list(data_sets.interop(maker, "meta_info"))
    assert len(cases) > 10
    for case in cases:
        try:
            meta = Meta.parse(case.input["meta"])
        except DimError:
            assert not case.expect["valid"], case.id
            continue
        assert meta.is_valid == case.expect["valid"], case.id
        if meta.is_valid:
            assert (meta.type, meta.seed) == (case.expect["type"], case.expect["seed"]), case.id
        for network, identifier in (case.expect.get("ids") or {}).items():
            assert meta.generate_id(int(network)) == identifier, case.id
            assert meta.matches(identifier), case.id


@pytest.mark.parametrize("maker", MAKERS)
def test_interop_match(tier: str, maker: str) -> None:
    cases = list(data_sets.interop(maker, "match"))
    assert len(cases) > 20
    metas = [case.input["meta"] for case in cases]
    identifiers = [case.input["id"] for case in cases]
    verdicts = match_metas(metas, identifiers)
    assert verdicts.ok.tolist() == [case.expect["match"] for case in cases]
    for meta, identifier, code in zip(metas, identifiers, verdicts, strict=True):
        assert Keyring().add_meta(identifier, meta) is code
        form = code_of(meta)
        assert (Meta.parse(meta).check(identifier) if form is Code.OK else form) is code


# -- the form (META-1, META-2) ------------------------------------------------------------------

FAULTS: list[tuple[Any, Code]] = [
    ({"type": 3}, Code.UNSUPPORTED),
    ({"type": "Mkm"}, Code.UNSUPPORTED),
    ({"type": 2**62}, Code.UNSUPPORTED),
    ({"type": 1.0}, Code.MALFORMED),
    ({"type": True}, Code.MALFORMED),
    ({"version": None}, Code.MALFORMED),
    ({"key": None}, Code.MALFORMED),
    ({"key": []}, Code.MALFORMED),
    ({"seed": None}, Code.MALFORMED),
    ({"seed": ""}, Code.MALFORMED),
    ({"seed": 5}, Code.MALFORMED),
    ({"seed": "\ud800"}, Code.MALFORMED),
    ({"fingerprint": None}, Code.MALFORMED),
    ({"fingerprint": ""}, Code.MALFORMED),
    ({"fingerprint": "AAA"}, Code.BAD_ENCODING),
    ({"type": 2}, Code.MALFORMED),
    ({"x": float("nan")}, Code.MALFORMED),
    ({"x": float("inf")}, Code.MALFORMED),
    ({"x": {1, 2}}, Code.MALFORMED),
    ({"x": b"bytes"}, Code.MALFORMED),
    ({(1, 2): 3}, Code.MALFORMED),
]


@pytest.mark.parametrize(("change", "code"), FAULTS)
def test_meta_2_faults_of_the_form(tier: str, change: dict[str, Any], code: Code) -> None:
    assert code_of({**HULK, **change}) is code
    assert list(match_metas([{**HULK, **change}], [HULK_ID])) == [code]


def test_forms_of_a_source(tier: str) -> None:
    text = json.dumps(HULK).encode()
    meta = Meta.parse(HULK)
    for source in (text, bytearray(text), memoryview(text), UserDict(HULK), meta):
        assert Meta.parse(source) == meta
        assert match_metas([source], [HULK_ID]).all_ok()
        assert Keyring().add_meta(HULK_ID, source) is Code.OK
    for bad in (b"", b"[]", b"null", b"\xff", b"\xef\xbb\xbf" + text, text + b"x", text[:-1]):
        assert code_of(bad) is Code.MALFORMED
    assert code_of(b'{"x": ' + b"[" * 70 + b"]" * 70 + b"}") is Code.TOO_LARGE
    circular: dict[str, Any] = {**HULK}
    circular["x"] = circular
    assert code_of(circular) is Code.MALFORMED
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert code_of({**HULK, "x": deep}) is Code.MALFORMED


@pytest.mark.parametrize("wrong", [None, 5, "text", [HULK], (), {1}])
def test_misuse(tier: str, wrong: Any) -> None:
    with pytest.raises(TypeError, match="source"):
        Meta.parse(wrong)
    with pytest.raises(TypeError, match=r"metas\[1\]"):
        match_metas([HULK, wrong], [HULK_ID] * 2)
    if not isinstance(wrong, str):
        with pytest.raises(TypeError, match=r"identifiers\[1\]"):
            match_metas([HULK] * 2, [HULK_ID, wrong])
        with pytest.raises(TypeError, match="identifier"):
            Meta.parse(HULK).matches(wrong)
    for one in (HULK, json.dumps(HULK).encode(), Meta.parse(HULK)):
        with pytest.raises(TypeError, match="metas"):
            match_metas(one, [HULK_ID])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="identifiers"):
        match_metas([HULK], HULK_ID)
    with pytest.raises(ValueError, match="unequal"):
        match_metas([HULK], [])
    with pytest.raises(TypeError):
        Meta()


# -- the object ---------------------------------------------------------------------------------


def test_it_is_immutable(tier: str) -> None:
    source = json.loads(json.dumps({**HULK, "extra": {"list": [1, 2.5, None, 10**30]}}))
    meta = Meta.parse(source)
    copy = json.loads(json.dumps(source))
    source["extra"]["list"].append(3)
    source["seed"] = "other"
    assert meta.to_dict() == copy
    meta.to_dict()["extra"]["list"].clear()
    assert meta.to_dict() == copy
    for name in ("type", "seed", "key", "fingerprint", "is_valid", "anything"):
        with pytest.raises(AttributeError):
            setattr(meta, name, None)


def test_equality(tier: str) -> None:
    """Of what it says, not of how it is spelled."""
    meta = Meta.parse(HULK)
    spelled = Meta.parse({
        "type": "mkm", "seed": "hulk", "key": PublicKey.parse(HULK["key"]).to_dict(),
        "fingerprint": f"data:image/png;base64,{HULK['fingerprint']}", "extra": 1,
    })  # fmt: skip
    assert meta == spelled
    assert hash(meta) == hash(spelled)
    assert {meta: 1}[spelled] == 1
    for change in ({"seed": "hulc"}, {"fingerprint": "AAAA"}, {"key": {"algorithm": "ECC"}},
                   {"key": VECTORS["meta.doc.moki"].input["key"]}):  # fmt: skip
        other = Meta.parse({**HULK, **change})
        assert other != meta
        assert other == Meta.parse({**HULK, **change})
        assert hash(other) == hash(Meta.parse({**HULK, **change}))
    assert meta != HULK
    assert meta != "hulk"
    assert repr(meta) == "<Meta of type 1, 'hulk'>"
    assert repr(Meta.parse(of_type(2))) == "<Meta of type 2>"


def test_pickle(tier: str) -> None:
    meta = Meta.parse({**HULK, "extra": "孟"})
    found = pickle.loads(pickle.dumps(meta))
    assert found == meta
    assert found.to_dict() == meta.to_dict()


def test_numbers_that_no_double_holds(tier: str) -> None:
    """JSON-4: what nobody reads is kept."""
    text = json.dumps(HULK).encode()[:-1] + b', "a": 1e999, "b": 1' + b"0" * 400 + b', "c": 1.50}'
    found = Meta.parse(text).to_dict()
    assert (found["a"], found["b"], found["c"]) == ("1e999", "1" + "0" * 400, 1.5)
    assert pickle.loads(pickle.dumps(Meta.parse(text))).to_dict() == found


@pytest.mark.parametrize(
    ("key", "code"),
    [({}, Code.BAD_KEY), ({"algorithm": "RSA", "data": "x"}, Code.BAD_KEY),
     ({"algorithm": "SM2", "data": ""}, Code.UNSUPPORTED)],
)  # fmt: skip
def test_a_key_is_parsed_when_it_is_asked_for(tier: str, key: dict[str, str], code: Code) -> None:
    meta = Meta.parse({**HULK, "key": key})
    for _ in range(2):
        with pytest.raises(DimError) as error:
            _ = meta.key
        assert error.value.code is code
    assert not meta.is_valid
    assert meta.check(HULK_ID) is code
    assert meta.generate_id(8) == HULK_ID  # the fingerprint alone makes the address
    plain = Meta.parse({"type": 2, "key": key})
    assert not plain.is_valid
    with pytest.raises(DimError) as error:
        plain.generate_id(0)
    assert error.value.code is code


# -- valid by itself (META-6) -------------------------------------------------------------------


@pytest.mark.parametrize("seed", ["a b", "a@b", "a/b", "@", "\n", "x" * 128, "\u2028"])
def test_meta_6_a_seed_that_cannot_be_a_name(tier: str, seed: str) -> None:
    signer = accounts.signer("ECC")
    fingerprint = signer.sign(seed.encode())
    meta = Meta.parse({"type": 1, "key": signer.public_key.to_dict(), "seed": seed,
                       "fingerprint": b64(fingerprint)})  # fmt: skip
    assert not meta.is_valid
    with pytest.raises(ValueError, match="ID"):
        meta.generate_id(0)
    with pytest.raises(ValueError, match="ID"):
        Meta.generate(1, PrivateKey.generate("ECC"), seed)


def test_meta_6_validity_is_found_out_once(tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    metas = [Meta.parse(HULK), Meta.parse({**HULK, "seed": "hulc"})]
    assert [meta.is_valid for meta in metas] == [True, False]
    monkeypatch.setattr(module._dispatch, "operation", lambda name: pytest.fail(name))
    assert [meta.is_valid for meta in metas] == [True, False]


# -- IDs ----------------------------------------------------------------------------------------


def test_ids_of_a_meta(tier: str) -> None:
    meta = Meta.parse(HULK)
    for network in (0, 1, 8, EntityType.STATION, 0x80, 255):
        found = meta.generate_id(network, "pad")
        assert (found.name, found.network, found.terminal) == ("hulk", network, "pad")
        assert meta.matches(found)
        assert not found.is_broadcast
    assert meta.generate_id() == meta.generate_id(0)
    assert meta.generate_id(8, "").terminal is None
    eth = Meta.parse(of_type(4))
    assert eth.generate_id(0, "pad").terminal == "pad"
    for network in (-1, 256):
        with pytest.raises(ValueError, match="network"):
            meta.generate_id(network)
    with pytest.raises(ValueError, match="network"):
        eth.generate_id(1)
    for terminal in ("a/b", "a b", "x@y", "y" * 128):
        with pytest.raises(ValueError, match="ID"):
            meta.generate_id(0, terminal)
    for wrong in ("8", 8.0, None, True):
        with pytest.raises(TypeError, match="network"):
            meta.generate_id(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="terminal"):
        meta.generate_id(0, 5)  # type: ignore[arg-type]


# -- made here ----------------------------------------------------------------------------------

NAMES = {1: (1, "1", "mkm", "MKM"), 2: (2, "2", "btc", "BTC"), 4: (4, "4", "eth", "ETH")}


@pytest.mark.parametrize("number", NAMES)
@pytest.mark.parametrize("algorithm", accounts.ALGORITHMS)
def test_meta_6_generated_metas(tier: str, number: int, algorithm: str) -> None:
    options = {"bits": 1024} if algorithm == "RSA" else {}
    key = PrivateKey.generate(algorithm, **options)
    seed = "浩克" if number == 1 else None
    if number == 4 and algorithm != "ECC":
        with pytest.raises(ValueError, match="no address of such a key"):
            Meta.generate(number, key)
        return
    for name in NAMES[number]:
        meta = Meta.generate(name, key, seed)
        names = ["type", "version", "key", *(("seed", "fingerprint") if seed else ())]
        written = meta.to_dict()
        assert list(written) == names
        assert written["type"] == written["version"] == number == meta.type
        assert type(written["type"]) is int
        assert written["key"] == key.public_key.to_dict()
        assert (meta.key, meta.seed) == (key.public_key, seed)
        assert meta.is_valid
        assert meta.matches(meta.generate_id(0, "pad"))
        if seed:
            assert meta.fingerprint is not None
            assert key.public_key.verify(seed.encode(), meta.fingerprint)


def test_meta_6_what_cannot_be_generated(tier: str) -> None:
    key = PrivateKey.generate("ECC")
    too_many: list[tuple[int | str, str | None]] = [(2, "seed"), ("eth", "seed"), (2, "")]
    too_few: list[tuple[int | str, str | None]] = [(1, None), ("mkm", None), (1, "")]
    for kind, seed in [*too_many, *too_few]:
        with pytest.raises(ValueError, match="seed"):
            Meta.generate(kind, key, seed)
    for kind in (0, 3, "5", "Mkm", "MKM ", -1, 10**400):
        with pytest.raises(DimError, match=r"UNSUPPORTED|MALFORMED"):
            Meta.generate(kind, key, "seed")
    with pytest.raises(ValueError, match="surrogate"):
        Meta.generate(1, key, "\ud800")
    for wrong in (None, 1.0, True, b"1", [1]):
        with pytest.raises(TypeError, match="type"):
            Meta.generate(wrong, key, "seed")  # type: ignore[arg-type]
    for wrong in (None, key.public_key, "key"):
        with pytest.raises(TypeError, match="private_key"):
            Meta.generate(1, wrong, "seed")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="seed"):
        Meta.generate(1, key, b"seed")  # type: ignore[arg-type]


# -- batches (META-7) ---------------------------------------------------------------------------


def mixed() -> tuple[list[Any], list[Any], list[Code]]:
    """Metas and IDs of every kind, with what becomes of each."""
    rows: list[tuple[Any, Any, Code]] = []
    for algorithm in accounts.ALGORITHMS:
        for number in (1, 2):
            account = accounts.account(algorithm, "alice" if number == 1 else None, number)
            rows += [
                (account.meta, account.id, Code.OK),
                (Meta.parse(account.meta), Identifier.parse(account.id + "/pad"), Code.OK),
                (json.dumps(account.meta).encode(), account.id, Code.OK),
                (account.meta, "x" + account.id, Code.MISMATCH if number == 1 else
                 Code.BAD_ADDRESS),
                (account.meta, "anyone@anywhere", Code.MISMATCH),
                (account.meta, "\ud800", Code.BAD_ADDRESS),
                ({**account.meta, "key": {}}, account.id, Code.BAD_KEY),
                ({**account.meta, "x": 1j}, "no ID", Code.MALFORMED),
            ]  # fmt: skip
    rows += [({**HULK, **change}, HULK_ID, code) for change, code in FAULTS]
    metas, identifiers, codes = (list(column) for column in zip(*rows, strict=True))
    return metas, identifiers, codes


@pytest.mark.parametrize("threads", [None, 1, 2])
@pytest.mark.parametrize("at_once", [1, 7, module.PAIRS_AT_ONCE])
def test_meta_7_pair_by_pair(
    tier: str, monkeypatch: pytest.MonkeyPatch, at_once: int, threads: int | None
) -> None:
    monkeypatch.setattr(module, "PAIRS_AT_ONCE", at_once)
    metas, identifiers, codes = mixed()
    order = list(range(len(codes))) * 2
    random.Random(5).shuffle(order)
    verdicts = match_metas(
        [metas[index] for index in order], [identifiers[index] for index in order], threads=threads
    )
    assert list(verdicts) == [codes[index] for index in order]
    for place, code in enumerate(verdicts):
        assert verdicts.reason(place)
        alone = match_metas([metas[order[place]]], [identifiers[order[place]]])
        assert verdicts.reason(place) == alone.reason(0)
        assert (code is Code.OK) == (verdicts.reason(place) == "accepted")
    assert len(match_metas([], [])) == 0


def test_meta_7_a_large_batch_takes_the_memory_of_a_slice() -> None:
    """Ten times the pairs: more codes and longer lists, but not a copy of every meta."""
    code = (
        "import json, resource, sys; from dimp_fast import match_metas\n"
        "meta, identifier, count = json.loads(sys.argv[1])\n"
        "verdicts = match_metas([meta] * count, [identifier] * count)\n"
        "assert verdicts.all_ok() and len(verdicts) == count\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    account = accounts.account("ECC", None, 4)
    peaks = []
    for count in (10_000, 100_000):
        pair = json.dumps([{**account.meta, "padding": "x" * 500}, account.id, count])
        done = subprocess.run(
            [sys.executable, "-c", code, pair], capture_output=True, check=False, text=True
        )
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stdout) * (1 if sys.platform == "darwin" else 1024))
    assert peaks[1] - peaks[0] < 8 << 20, peaks


# -- registered types (EXT-2) -------------------------------------------------------------------


class Reversed(registry.MetaType):
    """BTC style over the key data and the fingerprint backwards."""

    number = 77
    names = ("backwards",)

    def __init__(self, has_seed: bool) -> None:
        self.has_seed = has_seed

    def address(self, key: bytes, fingerprint: bytes, network: int) -> str | None:
        if network == 3:
            return None
        if network == 4:
            raise ValueError("not there")
        if network == 5:
            raise RuntimeError("a mistake")
        return derive_addresses([(key + fingerprint)[::-1]], network, threads=1)[0]


@pytest.mark.parametrize("has_seed", [True, False])
def test_ext_2_a_registered_type(
    tier: str, has_seed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: reported.append(str(found.exc_value)))
    row = Reversed(has_seed)
    key = PrivateKey.generate("ECC")
    seed = "alice" if has_seed else None
    with pytest.raises(DimError, match="UNSUPPORTED"):
        Meta.generate("backwards", key, seed)
    registry.register(row)
    try:
        meta = Meta.generate("backwards", key, seed)
        assert meta.to_dict()["type"] == meta.type == 77
        assert meta.is_valid
        assert meta.matches(meta.generate_id(8))
        assert Keyring().add_meta(meta.generate_id(2), meta) is Code.OK
        assert not meta.matches("alice@" + meta.generate_id(8).address[:-1])
        for network in (3, 4, 5):
            with pytest.raises(ValueError, match="77"):
                meta.generate_id(network)
        assert reported == ["a mistake"]
        with pytest.raises(DimError, match="MALFORMED"):
            Meta.generate("backwards", key, None if has_seed else "alice")
    finally:
        registry.unregister(row)
    with pytest.raises(DimError, match="UNSUPPORTED"):
        meta.generate_id(8)
    assert code_of(meta.to_dict()) is Code.UNSUPPORTED
