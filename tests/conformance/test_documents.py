"""semantics.md: doc-1 to doc-8, through ``Document`` and ``verify_documents``."""

from __future__ import annotations

import base64
import json
import pickle
import random
import time
from collections import UserDict
from collections.abc import Callable
from typing import Any

import accounts
import pytest
from accounts import b64

import data_sets
from dimp_fast import (
    Code,
    DimError,
    Document,
    Identifier,
    Keyring,
    Meta,
    PublicKey,
    verify_documents,
)
from dimp_fast import keyring as module
from dimp_fast.private_keys import PrivateKey

UNIT = "decode_batch"

VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
MAKERS = ("java", "python")
ALICE = accounts.account("ECC", "alice")
BOB = accounts.account("ECC", "bob", number=1)
ALICE_KEY = ALICE.signer.public_key
GROUP = accounts.Account(accounts.signer("ECC"), "group", 1, network=16)


def private(algorithm: str) -> PrivateKey:
    return PrivateKey.generate(algorithm, **({"bits": 1024} if algorithm == "RSA" else {}))


def keyring_of(*known: accounts.Account, **options: Any) -> Keyring:
    keyring = Keyring(**options)
    for account in known:
        assert keyring.add_meta(account.id, account.meta) is Code.OK
    return keyring


def refused(call: Callable[[], object]) -> Code:
    with pytest.raises(DimError) as error:
        call()
    return error.value.code


# -- what others made ---------------------------------------------------------------------------


def key_of_moki() -> PublicKey:
    return Meta.parse(VECTORS["meta.doc.moki"].input).key


def test_vector_visa(tier: str) -> None:
    vector = VECTORS["doc.visa"]
    document = Document.parse(vector.output)
    assert document.verify(key_of_moki())
    assert document.did == vector.input["did"]
    assert (document.type, document.terminal) == ("visa", None)
    assert document.time == vector.input["signed"]
    assert document.properties["name"] == vector.input["name"]
    assert document.properties["created_time"] == vector.input["created"]
    assert document.key == key_of_moki()
    assert document.to_dict() == vector.output


def test_vector_bulletin(tier: str) -> None:
    """Signed by the founder, who is moki; the group has a meta of the same key."""
    vector = VECTORS["doc.bulletin"]
    document = Document.parse(vector.output)
    assert document.type == "bulletin"
    assert document.did.is_group
    assert document.verify(key_of_moki())
    assert document.properties["founder"] == VECTORS["meta.doc.moki"].output["id"]
    assert document.key is None


def test_doc_7_the_bytes_of_the_reference(tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text that is signed is the one of the reference, to the byte."""
    for name in ("doc.visa", "doc.bulletin"):
        wanted = VECTORS[name].output
        properties = json.loads(wanted["data"])
        signed, created = properties.pop("time"), properties.pop("created_time")
        kind = properties.pop("type")
        monkeypatch.setattr(time, "time", lambda: created)  # noqa: B023
        document = Document.create(wanted["did"], kind, properties)
        monkeypatch.setattr(time, "time", lambda: signed)  # noqa: B023
        document.sign(private("ECC"))
        assert document.to_dict()["data"] == wanted["data"]


@pytest.mark.parametrize("maker", MAKERS)
def test_interop_doc_info(tier: str, maker: str) -> None:
    cases = list(data_sets.interop(maker, "doc_info"))
    assert len(cases) > 20
    for case in cases:
        key = PublicKey.parse(case.input["public"])
        try:
            document = Document.parse(case.input["document"])
        except DimError:
            assert not case.expect["verify"], f"{case.id} {case.note}"
            continue
        assert document.verify(key) == case.expect["verify"], f"{case.id} {case.note}"
        if case.expect["verify"]:
            assert document.properties.get("name") == case.expect["name"], case.id
            assert document.time == case.expect["time"], case.id
            assert document.to_dict() == case.input["document"]


# -- the form (DOC-1) and what is claimed (DOC-4) -----------------------------------------------

FAULTS: list[tuple[Any, Code]] = [
    ({"did": None}, Code.MALFORMED),
    ({"did": 5}, Code.MALFORMED),
    ({"did": ""}, Code.BAD_ADDRESS),
    ({"did": "nobody"}, Code.BAD_ADDRESS),
    ({"data": None}, Code.MALFORMED),
    ({"data": ""}, Code.MALFORMED),
    ({"data": {}}, Code.MALFORMED),
    ({"signature": None}, Code.MALFORMED),
    ({"signature": ""}, Code.MALFORMED),
    ({"signature": "!"}, Code.BAD_ENCODING),
    ({"signature": " "}, Code.BAD_ENCODING),
    ({"x": float("nan")}, Code.MALFORMED),
    ({"x": {1, 2}}, Code.MALFORMED),
    ({"x": "\ud800"}, Code.MALFORMED),
]


@pytest.mark.parametrize(("change", "code"), FAULTS)
def test_doc_1_faults_of_the_form(tier: str, change: dict[str, Any], code: Code) -> None:
    source = {**ALICE.document(), **change}
    assert refused(lambda: Document.parse(source)) is code
    assert list(verify_documents([source], keyring_of(ALICE))) == [code]
    assert keyring_of(ALICE).add_document(source) is code


def test_forms_of_a_source(tier: str) -> None:
    source = ALICE.document(name="孟")
    text = json.dumps(source, ensure_ascii=False).encode()
    forms = [source, text, bytearray(text), memoryview(text), UserDict(source)]
    forms.append(Document.parse(source))
    for form in forms:
        assert Document.parse(form).to_dict() == source
        assert keyring_of(ALICE).add_document(form) is Code.OK
    assert verify_documents(forms, keyring_of(ALICE)).all_ok()
    for bad in (b"", b"[]", b"\xff", text[:-1], text + b"x"):
        assert refused(lambda: Document.parse(bad)) is Code.MALFORMED  # noqa: B023
    verified = Document.parse(source)
    assert verified.verify(ALICE_KEY)
    assert not Document.parse(verified).is_verified
    for wrong in (None, 5, "text", [], Meta.parse(ALICE.meta)):
        with pytest.raises(TypeError, match="source"):
            Document.parse(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Document()


@pytest.mark.parametrize(
    ("wrapper", "properties", "kind", "terminal"),
    [
        ({}, {"type": "visa"}, "visa", None),
        ({"type": "profile"}, {"type": "visa"}, "visa", None),
        ({"type": "profile"}, {}, "profile", None),
        ({"type": "profile"}, {"type": ""}, "profile", None),
        ({"type": "profile"}, {"type": 5}, "profile", None),
        ({"type": 5}, {}, "visa", None),
        ({}, {}, "visa", None),
        ({"did": GROUP.id}, {}, "bulletin", None),
        ({"did": f"{ALICE.id}/pad"}, {}, "visa", "pad"),
        ({"did": f"{ALICE.id}/pad", "terminal": "tv"}, {}, "visa", "tv"),
        ({"did": f"{ALICE.id}/pad", "terminal": "*"}, {}, "visa", None),
        ({"did": f"{ALICE.id}/pad", "terminal": None}, {}, "visa", "pad"),
        ({"terminal": ""}, {}, "visa", None),
        ({"terminal": "/"}, {}, "visa", None),
        ({"terminal": 5}, {}, "visa", None),
        ({"did": None, "ID": ALICE.id}, {}, "visa", None),
    ],
)
def test_doc_4_type_and_terminal(
    tier: str, wrapper: Any, properties: dict[str, Any], kind: str, terminal: str | None
) -> None:
    data = json.dumps(properties)
    document = Document.parse({"did": ALICE.id, "data": data, "signature": "AAAA", **wrapper})
    assert (document.type, document.terminal) == (kind, terminal)
    assert document.did == (wrapper.get("did") or ALICE.id)


@pytest.mark.parametrize(
    ("data", "expected"),
    [('{"time": 5}', 5.0), ('{"time": "5.25"}', 5.25), ('{"time": 1e3}', 1000.0), ("{}", None),
     ('{"time": null}', None), ('{"time": -1}', None), ('{"time": "x"}', None),
     ('{"time": true}', None), ('{"time": 1e999}', None), ("[]", None), ("{", None)],
)  # fmt: skip
def test_time_is_a_claim(tier: str, data: str, expected: float | None) -> None:
    document = Document.parse({"did": ALICE.id, "data": data, "signature": "AAAA"})
    assert document.time == expected
    assert not document.is_verified


# -- properties (DOC-6) -------------------------------------------------------------------------


def test_doc_6_nothing_is_given_out_unverified(tier: str) -> None:
    document = Document.parse(ALICE.document(BOB.signer.public_key, name="Alice"))
    assert not document.is_verified
    for ask in (lambda: document.properties, lambda: document.key):
        assert refused(ask) is Code.BAD_SIGNATURE
    assert refused(lambda: document.set("name", "x")) is Code.BAD_SIGNATURE
    assert refused(lambda: document.sign(private("ECC"))) is Code.BAD_SIGNATURE
    assert document.unverified_properties()["name"] == "Alice"
    assert not document.verify(BOB.signer.public_key)
    assert refused(lambda: document.properties) is Code.BAD_SIGNATURE
    assert document.verify(ALICE_KEY)
    assert document.is_verified
    assert document.properties["name"] == "Alice"
    assert document.key == BOB.signer.public_key


def test_doc_6_a_later_refusal_counts(tier: str) -> None:
    document = Document.parse(ALICE.document(name="Alice"))
    assert document.verify(ALICE_KEY)
    assert not document.verify(BOB.signer.public_key)
    assert not document.is_verified
    assert refused(lambda: document.properties) is Code.BAD_SIGNATURE
    assert document.verify(ALICE_KEY)
    assert document.properties["name"] == "Alice"


def test_doc_6_properties_are_copies(tier: str) -> None:
    document = Document.parse(ALICE.document(list=[1, {"a": 2}], big=10**30))
    assert document.verify(ALICE_KEY)
    with pytest.raises(TypeError):
        document.properties["name"] = "x"  # type: ignore[index]
    document.properties["list"].append(3)
    document.to_dict()["data"] = "{}"
    assert document.properties["list"] == [1, {"a": 2}]
    assert document.properties["big"] == 10**30
    for name in ("did", "type", "terminal", "time", "is_verified", "properties", "key", "x"):
        with pytest.raises(AttributeError):
            setattr(document, name, None)


@pytest.mark.parametrize(
    ("data", "code"),
    [("[]", Code.MALFORMED), ("{", Code.MALFORMED), ("5", Code.MALFORMED), ('{"x": NaN}',
     Code.MALFORMED), ("{" * 100_000, Code.MALFORMED), ('{"x": ' + "[" * 100_000, None)],
)  # fmt: skip
def test_unverified_data_that_is_no_object(tier: str, data: str, code: Code | None) -> None:
    document = Document.parse({"did": ALICE.id, "data": data, "signature": "AAAA"})
    found = refused(document.unverified_properties)
    assert found is code if code is not None else found in (Code.MALFORMED, Code.TOO_LARGE)


@pytest.mark.parametrize("key", [None, 5, "text", [], {}, {"algorithm": "RSA", "data": "x"},
                                 {"algorithm": "SM2", "data": ""}])  # fmt: skip
def test_doc_5_a_key_that_is_of_no_use(tier: str, key: Any) -> None:
    data = json.dumps({"key": key})
    signature = b64(ALICE.signer.sign(data.encode()))
    document = Document.parse({"did": ALICE.id, "data": data, "signature": signature})
    assert document.verify(ALICE_KEY)
    assert document.key is None


# -- verify (DOC-2, DOC-3, WIRE-1) --------------------------------------------------------------


def signed(data: str, signer: accounts.Signer = ALICE.signer) -> Document:
    signature = b64(signer.sign(data.encode()))
    return Document.parse({"did": ALICE.id, "data": data, "signature": signature})


@pytest.mark.parametrize(
    "data",
    ["[]", "{", "5", '{"time": -1}', '{"time": true}', '{"time": "x"}', '{"time": 1e999}',
     '{"x": NaN}', '{"x": "\\ud800"}', '{"x": ' + "[" * 64 + "]" * 64 + "}"],
)  # fmt: skip
def test_doc_3_signed_data_is_an_object(tier: str, data: str) -> None:
    document = signed(data)
    assert not document.verify(ALICE_KEY)
    assert not document.is_verified


@pytest.mark.parametrize("data", ["{}", ' {"time": null}\n', '{"time": "5"}', '{"a": 1, "a": 2}',
                                  '{"x": 1e999}', '{"x": ' + "9" * 5000 + "}"])  # fmt: skip
def test_doc_3_what_may_be_signed(tier: str, data: str) -> None:
    document = signed(data)
    assert document.verify(ALICE_KEY)
    assert set(document.properties) <= {"time", "a", "x"}
    assert document.properties.get("a", 2) == 2


@pytest.mark.parametrize("when", [0, 1e12])
def test_age_is_for_whoever_holds_documents(tier: str, when: float) -> None:
    document = Document.parse(ALICE.document(time=when))
    assert document.verify(ALICE_KEY)
    expected = Code.OK if when == 0 else Code.EXPIRED
    assert list(verify_documents([document], keyring_of(ALICE))) == [expected]


def test_wire_1_a_signature_without_its_leading_zero(tier: str) -> None:
    signer = accounts.signer("RSA")
    texts = (json.dumps({"n": number}) for number in range(100_000))
    data = next(text for text in texts if signer.sign(text.encode())[0] == 0)
    signature = signer.sign(data.encode())
    for given in (signature, signature[1:]):
        document = Document.parse({"did": ALICE.id, "data": data, "signature": b64(given)})
        assert document.verify(signer.public_key)


def test_verify_wants_a_public_key(tier: str) -> None:
    document = signed("{}")
    for wrong in (None, ALICE.meta["key"], Meta.parse(ALICE.meta), private("ECC"), b""):
        with pytest.raises(TypeError, match="public_key"):
            document.verify(wrong)  # type: ignore[arg-type]


# -- made here (DOC-7) --------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", accounts.ALGORITHMS)
def test_doc_7_signed_here(tier: str, algorithm: str) -> None:
    key = private(algorithm)
    meta = Meta.generate(1, key, "moki")
    did = meta.generate_id(8)
    before = time.time()
    document = Document.create(did, properties={"name": "Moki 孟", "key": {"x": 1}})
    assert not document.is_verified
    assert (document.did, document.type, document.terminal, document.time) == (
        did, "visa", None, None)  # fmt: skip
    assert document.properties["name"] == "Moki 孟"  # one's own draft
    assert document.key is None
    assert document.to_dict() == {"did": str(did), "ID": str(did), "type": "visa"}
    assert not document.verify(key.public_key)
    assert document.sign(key) is document
    assert document.is_verified
    assert document.time is not None
    assert before <= document.properties["created_time"] <= document.time <= time.time()
    assert list(document.properties) == ["type", "created_time", "name", "key", "time"]
    written = document.to_dict()
    assert list(written) == ["did", "ID", "type", "data", "signature"]
    assert written["data"] == json.dumps(dict(document.properties))
    assert key.public_key.verify(written["data"].encode(), base64.b64decode(written["signature"]))
    keyring = Keyring()
    assert keyring.add_meta(did, meta) is Code.OK
    assert verify_documents([document, written], keyring).all_ok()
    assert keyring.add_document(document) is Code.OK


def test_doc_7_types_and_terminals(tier: str) -> None:
    key = private("ECC")
    pad = Document.create(f"{ALICE.id}/pad").sign(key)
    assert (pad.type, pad.terminal, pad.to_dict()["terminal"]) == ("visa", "pad", "pad")
    assert pad.to_dict()["did"] == pad.to_dict()["ID"] == f"{ALICE.id}/pad"
    tv = Document.create(Identifier.parse(f"{ALICE.id}/pad"), "profile", terminal="tv").sign(key)
    assert (tv.type, tv.terminal, tv.to_dict()["terminal"]) == ("profile", "tv", "tv")
    assert tv.properties["type"] == tv.to_dict()["type"] == "profile"
    assert Document.create(GROUP.id).sign(key).type == "bulletin"
    for terminal in ("a/b", "a b", "x@y", "y" * 128):
        assert refused(lambda: Document.create(ALICE.id, terminal=terminal)) is Code.BAD_ADDRESS  # noqa: B023
    assert refused(lambda: Document.create("nobody")) is Code.BAD_ADDRESS
    for arguments in ((5,), (ALICE.id, 5), (ALICE.id, "visa", 5)):
        with pytest.raises(TypeError):
            Document.create(*arguments)
    with pytest.raises(TypeError):
        Document.create(ALICE.id, terminal=5)  # type: ignore[arg-type]


def test_doc_7_a_draft_is_changed_and_signed_again(tier: str) -> None:
    key, other = private("ECC"), private("ED25519")
    properties = {"name": "A", "list": [1]}
    document = Document.create(ALICE.id, properties=properties)
    properties["list"].append(2)  # type: ignore[attr-defined]
    document.set("name", "B")
    document.set("avatar", {"URL": "x"})
    document.set("avatar", None)
    document.set("nothing", None)
    document.sign(key, time=1_700_000_000.5)
    assert document.time == 1_700_000_000.5
    assert document.properties["name"] == "B"
    assert document.properties["list"] == [1]
    assert "avatar" not in document.properties
    created = document.properties["created_time"]
    document.set("name", "C")
    assert not document.is_verified
    assert "signature" not in document.to_dict()
    assert not document.verify(key.public_key)
    document.sign(other, time=1_700_000_001)
    assert document.verify(other.public_key)
    assert not document.verify(key.public_key)
    assert document.unverified_properties()["created_time"] == created
    # What was verified may be renewed, with the fields that nobody reads.
    theirs = Document.parse(Document.create(ALICE.id).sign(key).to_dict() | {"extra": [1]})
    assert theirs.verify(key.public_key)
    theirs.sign(key, time=5)
    assert theirs.to_dict()["extra"] == [1]
    assert theirs.time == 5
    assert list(theirs.properties) == ["type", "created_time", "time"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"x", object(), 10**400,
                                   "\ud800", {"\udc00": 1}, 1j])  # fmt: skip
def test_json_6_what_cannot_be_said_is_not_signed(tier: str, value: Any) -> None:
    document = Document.create(ALICE.id, properties={"name": "A"}).sign(private("ECC"))
    before = document.to_dict()
    assert refused(lambda: document.set("x", value)) is Code.MALFORMED
    assert document.is_verified
    assert document.to_dict() == before
    found = refused(lambda: Document.create(ALICE.id, properties={"x": [value]}))
    assert found is Code.MALFORMED


def test_misuse_of_a_draft(tier: str) -> None:
    key = private("ECC")
    document = Document.create(ALICE.id)
    for wrong in (None, key.public_key, ALICE.signer, "key"):
        with pytest.raises(TypeError, match="private_key"):
            document.sign(wrong)  # type: ignore[arg-type]
    for when in ("5", True, b""):
        with pytest.raises(TypeError, match="time"):
            document.sign(key, time=when)  # type: ignore[arg-type]
    for when in (-1, float("nan"), float("inf"), 2**63):
        assert refused(lambda: document.sign(key, time=when)) is Code.MALFORMED  # noqa: B023
    with pytest.raises(TypeError, match="name"):
        document.set(5, 5)  # type: ignore[arg-type]
    deep: Any = []
    for _ in range(62):
        deep = [deep]
    document.set("x", deep)
    document.sign(key)
    assert refused(lambda: document.set("x", [deep])) is Code.TOO_LARGE
    assert refused(lambda: document.set("x", (deep,))) is Code.TOO_LARGE
    assert document.properties["x"] == deep
    assert refused(lambda: document.set("x", _nested(100_000))) is Code.MALFORMED


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def test_repr_and_pickle(tier: str) -> None:
    document = Document.parse(ALICE.document(name="secret"))
    assert repr(document) == f"<Document visa of {ALICE.id}, not verified>"
    assert not pickle.loads(pickle.dumps(document)).is_verified
    document.verify(ALICE_KEY)
    assert repr(document) == f"<Document visa of {ALICE.id}, verified>"
    found = pickle.loads(pickle.dumps(document))
    assert not found.is_verified  # whoever sent it may say so, but has not shown it
    assert found.to_dict() == document.to_dict()
    assert found.unverified_properties() == document.properties
    draft = Document.create(ALICE.id, properties={"name": "x"})
    assert repr(draft) == f"<Document visa of {ALICE.id}, draft>"
    assert pickle.loads(pickle.dumps(draft)).properties == draft.properties


# -- batches (DOC-8) ----------------------------------------------------------------------------

NEWEST = 1_700_000_100


def mixed() -> tuple[list[Any], list[Code]]:
    """Documents of every kind, with what becomes of each where Alice has one of ``NEWEST``."""
    document = ALICE.document(time=NEWEST + 1)
    draft = Document.create(ALICE.id)
    rows: list[tuple[Any, Code]] = [
        (document, Code.OK),
        (Document.parse(document), Code.OK),
        (json.dumps(document).encode(), Code.OK),
        (document | {"did": f"{ALICE.id}/pad", "terminal": "tv", "type": "profile"}, Code.OK),
        (ALICE.document(time=NEWEST), Code.OK),
        (ALICE.document(time=NEWEST - 1), Code.EXPIRED),
        (ALICE.document(time=None), Code.EXPIRED),
        (ALICE.document(time=time.time() + 2000), Code.EXPIRED),
        (document | {"did": ALICE.address}, Code.MISMATCH),
        (document | {"did": BOB.id}, Code.UNKNOWN_SENDER),
        (BOB.document(), Code.UNKNOWN_SENDER),
        (document | {"did": "alice@anywhere"}, Code.UNKNOWN_SENDER),
        (document | {"data": "{}"}, Code.BAD_SIGNATURE),
        (document | {"signature": b64(b"x" * 70)}, Code.BAD_SIGNATURE_ENCODING),
        (draft, Code.MALFORMED),
    ]
    rows += [({**document, **change}, code) for change, code in FAULTS]
    documents, codes = (list(column) for column in zip(*rows, strict=True))
    return documents, codes


def known(**options: Any) -> Keyring:
    keyring = keyring_of(ALICE, **options)
    assert keyring.add_document(ALICE.document(time=NEWEST)) is Code.OK
    return keyring


@pytest.mark.parametrize("threads", [None, 1, 2])
@pytest.mark.parametrize("at_once", [1, 7, module.DOCUMENTS_AT_ONCE])
def test_doc_8_each_as_if_it_were_added_alone(
    tier: str, monkeypatch: pytest.MonkeyPatch, at_once: int, threads: int | None
) -> None:
    monkeypatch.setattr(module, "DOCUMENTS_AT_ONCE", at_once)
    documents, codes = mixed()
    order = list(range(len(codes))) * 2
    random.Random(3).shuffle(order)
    keyring = known()
    batch = [documents[index] for index in order]
    verdicts = verify_documents(batch, keyring, threads=threads)
    assert list(verdicts) == [codes[index] for index in order]
    assert keyring.keys_for(ALICE.id) == (ALICE_KEY,)
    for place, (source, code) in enumerate(zip(batch, verdicts, strict=True)):
        assert (verdicts.reason(place) == "accepted") == (code is Code.OK)
        assert known().add_document(source) is code
    assert not any(item.is_verified for item in batch if isinstance(item, Document))
    assert len(verify_documents([], keyring)) == 0


class Loading:
    """A loader over some accounts, with one document of Alice; counts what it was asked."""

    def __init__(self, *people: accounts.Account) -> None:
        self._people = {person.address: person for person in people}
        self.asked: list[str] = []

    def __call__(self, address: str) -> Any:
        self.asked.append(address)
        person = self._people.get(address)
        return None if person is None else (person.meta, [person.document(time=NEWEST)])


@pytest.mark.parametrize("limit", [None, 1, 2])
def test_doc_8_the_loader_is_asked_for_the_others(tier: str, limit: int | None) -> None:
    documents, codes = mixed()
    loader = Loading(ALICE)
    keyring = Keyring(limit, loader=loader)
    assert list(verify_documents(documents, keyring)) == codes
    assert sorted(loader.asked) == sorted([ALICE.address, BOB.address, "anywhere"])
    assert ALICE.id in keyring


@pytest.mark.parametrize("limit", [None, 1, 5])
def test_doc_8_an_eviction_makes_nobody_unknown(
    tier: str, monkeypatch: pytest.MonkeyPatch, limit: int | None
) -> None:
    monkeypatch.setattr(module, "ACCOUNTS_AT_ONCE", 4)
    monkeypatch.setattr(module, "DOCUMENTS_AT_ONCE", 6)
    people = [accounts.account("ECC", f"user{number}", number=number) for number in range(12)]
    good = [person.document(time=NEWEST + number % 2) for number in range(3) for person in people]
    stale = [person.document(time=NEWEST - 1) for person in people]
    loader = Loading(*people)
    refusals: list[object] = []
    keyring = Keyring(limit, loader=loader, on_refused=lambda *facts: refusals.append(facts))
    verdicts = verify_documents(good + stale, keyring)
    assert list(verdicts) == [Code.OK] * len(good) + [Code.EXPIRED] * len(stale)
    assert sorted(loader.asked) == sorted(person.address for person in people)
    assert len(keyring) == (limit or len(people))
    assert refusals == []


def test_doc_8_what_only_the_keyring_had_counts_to_the_end(
    tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading for one part of a batch pushes an account out that another part is about."""
    monkeypatch.setattr(module, "DOCUMENTS_AT_ONCE", 1)
    loader = Loading(ALICE, BOB)
    keyring = Keyring(1, loader=loader)
    assert keyring.add_document(ALICE.document(time=NEWEST + 50)) is Code.OK
    batch = [BOB.document(time=NEWEST), ALICE.document(time=NEWEST + 49), BOB.document(time=1)]
    assert list(verify_documents(batch, keyring)) == [Code.OK, Code.EXPIRED, Code.EXPIRED]


def test_doc_8_what_the_loader_has_is_checked(tier: str) -> None:
    refusals: list[Code] = []
    keyring = Keyring(
        loader=lambda address: (BOB.meta, [b"x"]),
        on_refused=lambda address, code, reason: refusals.append(code),
    )
    batch = [ALICE.document(), BOB.document()]
    assert list(verify_documents(batch, keyring)) == [Code.UNKNOWN_SENDER, Code.OK]
    assert sorted(refusals) == [Code.MISMATCH, Code.MALFORMED]


def test_doc_8_misuse(tier: str) -> None:
    document = ALICE.document()
    for wrong in (None, 5, "text", [document], Meta.parse(ALICE.meta)):
        with pytest.raises(TypeError, match=r"documents\[1\]"):
            verify_documents([document, wrong], known())  # type: ignore[list-item]
    for one in (document, json.dumps(document).encode(), Document.parse(document), "text"):
        with pytest.raises(TypeError, match="documents"):
            verify_documents(one, known())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="keyring"):
        verify_documents([document], {})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="threads"):
        verify_documents([document], known(), threads=0)
