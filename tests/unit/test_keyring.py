"""Bounds, loaders and threads of the keyring."""

from __future__ import annotations

import json
import sys
import threading
from collections import UserDict
from pathlib import Path
from typing import Any

import accounts
import pytest
from accounts import frame

from dimp_fast import (
    AccountFolder,
    Code,
    DimError,
    Document,
    Identifier,
    Keyring,
    Meta,
    PublicKey,
    Verdicts,
    derive_addresses,
    verify_batch,
    verify_messages,
)
from dimp_fast.keyring import ACCOUNTS_AT_ONCE

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PEOPLE = [accounts.account("ECC", f"user{n}", number=n) for n in range(6)]


class Counting:
    """A loader over some accounts that counts what it was asked."""

    def __init__(self, people: list[accounts.Account]) -> None:
        self._people = {person.address: person for person in people}
        self.asked: list[str] = []

    def __call__(self, address: str) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
        self.asked.append(address)
        person = self._people.get(address)
        return None if person is None else (person.meta, [person.document()])


def test_without_a_loader_adding_beyond_the_limit_raises() -> None:
    keyring = Keyring(max_accounts=2)
    for person in PEOPLE[:2]:
        assert keyring.add_meta(person.id, person.meta) is Code.OK
    assert keyring.add_meta(PEOPLE[0].id, PEOPLE[0].meta) is Code.OK  # it is there already
    with pytest.raises(DimError) as error:
        keyring.add_meta(PEOPLE[2].id, PEOPLE[2].meta)
    assert error.value.code is Code.TOO_LARGE
    assert len(keyring) == 2
    learn = [frame(PEOPLE[2].message(meta=PEOPLE[2].meta))]
    assert verify_messages(learn, keyring, learn=True)[1].all_ok()
    assert len(keyring) == 2


def test_evicted_accounts_are_loaded_again_and_never_reported_unknown() -> None:
    loader = Counting(PEOPLE)
    keyring = Keyring(max_accounts=2, loader=loader)
    frames = [frame(person.message()) for person in PEOPLE]
    for _ in range(3):
        assert verify_messages(frames, keyring)[1].all_ok()
        assert len(keyring) == 2
    for text in frames * 2:
        assert verify_messages([text], keyring)[1].all_ok()
    assert loader.asked.count(PEOPLE[0].address) > 2


def test_the_least_recently_used_account_leaves_first() -> None:
    loader = Counting(PEOPLE)
    keyring = Keyring(max_accounts=2, loader=loader)
    for number in (0, 1, 0, 2):
        assert keyring.keys_for(PEOPLE[number].id)
    loader.asked.clear()
    assert keyring.keys_for(PEOPLE[0].id)
    assert loader.asked == []
    assert keyring.keys_for(PEOPLE[1].id)
    assert loader.asked == [PEOPLE[1].address]


def test_a_loader_is_asked_once_a_batch_and_sender() -> None:
    loader = Counting(PEOPLE[:1])
    keyring = Keyring(loader=loader)
    frames = [frame(PEOPLE[0].message()), frame(PEOPLE[1].message())] * 5
    verdicts = verify_messages(frames, keyring)[1]
    assert verdicts.counts() == {Code.OK: 5, Code.UNKNOWN_SENDER: 5}
    assert sorted(loader.asked) == sorted(person.address for person in PEOPLE[:2])


def test_what_a_loader_returns_is_checked() -> None:
    refused: list[tuple[str, Code, str]] = []
    wrong = Keyring(
        loader=lambda address: (PEOPLE[1].meta, []),
        on_refused=lambda *facts: refused.append(facts),
    )
    assert verify_messages([frame(PEOPLE[0].message())], wrong)[1][0] is Code.UNKNOWN_SENDER
    assert [(address, code) for address, code, _ in refused] == [(PEOPLE[0].address, Code.MISMATCH)]
    broken = Keyring(loader=lambda address: (b"{", [b"x"]))
    assert verify_messages([frame(PEOPLE[0].message())], broken)[1][0] is Code.UNKNOWN_SENDER


def test_errors_of_a_loader_reach_the_caller() -> None:
    def fail(address: str) -> None:
        raise OSError("the disk is gone")

    keyring = Keyring(loader=fail)
    with pytest.raises(OSError, match="the disk is gone"):
        verify_messages([frame(PEOPLE[0].message())], keyring)


def test_documents_of_accounts_that_the_loader_has() -> None:
    person = PEOPLE[0]
    keyring = Keyring(loader=Counting([person]))
    key = accounts.signer("RSA", 1).public_key
    assert keyring.add_document(person.document(key, time=1_700_000_001)) is Code.OK
    assert keyring.keys_for(person.id) == (key, person.signer.public_key)


@pytest.mark.parametrize("is_loaded", [False, True])
@pytest.mark.parametrize("limit", [None, 1])
def test_the_key_of_a_newer_visa_pushes_the_older_out(is_loaded: bool, limit: int | None) -> None:
    person, meta_key = PEOPLE[0], PEOPLE[0].signer.public_key
    signers = [accounts.signer("ECC", 20 + number) for number in range(3)]
    keys = [signer.public_key for signer in signers]
    visas = [person.document(key, time=100 + number) for number, key in enumerate(keys)]
    keyring = Keyring(
        limit, loader=(lambda address: (person.meta, visas[:1])) if is_loaded else None
    )
    if not is_loaded:
        assert keyring.add_meta(person.id, person.meta) is Code.OK
        assert keyring.add_document(visas[0]) is Code.OK
    frames = [frame(person.message(signer)) for signer in signers]
    for newest in range(3):
        if newest:
            assert keyring.add_document(visas[newest]) is Code.OK
        assert keyring.keys_for(person.id) == (keys[newest], meta_key)
        verdicts = verify_messages(frames, keyring)[1]
        assert verdicts.ok.tolist() == [number == newest for number in range(3)]
    # Nor does the older one come back, by itself or with a message.
    assert keyring.add_document(visas[1]) is Code.EXPIRED
    late = frame(person.message(signers[1], visa=visas[1]))
    assert not verify_messages([late], keyring, learn=True)[1].all_ok()
    assert keyring.keys_for(person.id) == (keys[2], meta_key)


def test_metas_and_documents_in_every_form() -> None:
    person, key = PEOPLE[0], accounts.signer("RSA", 1).public_key
    document = person.document(key)
    shapes: list[Any] = [
        lambda kind, mapping: kind.parse(mapping),
        lambda kind, mapping: json.dumps(mapping).encode(),
        lambda kind, mapping: bytearray(json.dumps(mapping).encode()),
        lambda kind, mapping: UserDict(mapping),
    ]
    for shape in shapes:
        keyring = Keyring()
        assert keyring.add_meta(person.id, shape(Meta, person.meta)) is Code.OK
        assert keyring.add_document(shape(Document, document)) is Code.OK
        assert keyring.keys_for(person.id) == (key, person.signer.public_key)
    keyring = Keyring(loader=Counting([person]))
    assert (
        keyring.add_document(json.dumps(document | {"signature": "AAAA"}).encode()) is not Code.OK
    )
    assert person.id in keyring
    for wrong in (None, 5, "text", [document], Meta.parse(person.meta)):
        with pytest.raises(TypeError, match="document"):
            keyring.add_document(wrong)  # type: ignore[arg-type]
    for wrong in (None, 5, "text", Document.parse(document)):
        with pytest.raises(TypeError, match="meta"):
            keyring.add_meta(person.id, wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("algorithm", accounts.ALGORITHMS)
def test_keys_come_out_as_they_are(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They were parsed when they came in, and are not parsed again."""
    person = accounts.account(algorithm)
    keyring = Keyring()
    assert keyring.add_meta(person.id, person.meta) is Code.OK
    monkeypatch.setattr(PublicKey, "parse", lambda *_: pytest.fail("a key is parsed again"))
    [key] = keyring.keys_for(person.id)
    assert key == person.signer.public_key
    assert (key.algorithm, key.bits) == (algorithm, person.signer.public_key.bits)
    assert key.verify(b"x", person.signer.sign(b"x"))


def test_a_meta_that_is_held_stays() -> None:
    person = PEOPLE[0]
    keyring = Keyring()
    assert keyring.add_meta(person.id, person.meta) is Code.OK
    key = accounts.signer("RSA", 1).public_key
    assert keyring.add_document(person.document(key)) is Code.OK
    assert keyring.add_meta(person.id, person.meta) is Code.OK
    assert len(keyring.keys_for(person.id)) == 2
    assert keyring.discard(person.id)
    assert not keyring.discard(person.id)
    assert keyring.keys_for(person.id) == ()


def test_the_account_folder_of_the_reference(tmp_path: Path) -> None:
    good, bad = PEOPLE[0], PEOPLE[1]
    for person, meta in ((good, good.meta), (bad, good.meta)):
        place = tmp_path / "public" / person.address
        place.mkdir(parents=True)
        (place / "meta.js").write_text(json.dumps(meta))
        (place / "documents.js").write_text(json.dumps({"documents": [person.document()]}))
    odd = tmp_path / "public" / "not an address"
    odd.mkdir()
    (odd / "meta.js").write_text("{}")
    (tmp_path / "public" / "empty").mkdir()
    large = tmp_path / "public" / PEOPLE[2].address
    large.mkdir()
    (large / "meta.js").write_bytes(b" " * (4 * 1024 * 1024 + 1))
    for folder in (tmp_path, tmp_path / "public"):
        steps: list[int] = []
        keyring = Keyring()
        report = keyring.load(folder, progress=lambda *step: steps.extend(step))  # noqa: B023
        assert (report.accounts, report.documents) == (1, 1)
        assert sorted(refused.code.name for refused in report.refused) == [
            "BAD_ADDRESS", "MISMATCH", "TOO_LARGE"]  # fmt: skip
        assert steps == [4, 4]
        assert good.id in keyring
        assert bad.id not in keyring
    lazy = Keyring(loader=AccountFolder(tmp_path))
    assert lazy.keys_for(good.id)
    assert not lazy.keys_for(bad.id)
    assert not lazy.keys_for(PEOPLE[2].id)
    with pytest.raises(NotADirectoryError):
        Keyring().load(tmp_path / "nowhere")


@pytest.mark.parametrize("content", ["[]", "{}", "null", "x", "[1, null]", '{"documents": []}'])
def test_odd_document_files_do_not_hurt_the_account(tmp_path: Path, content: str) -> None:
    place = tmp_path / PEOPLE[0].address
    place.mkdir()
    (place / "meta.js").write_text(json.dumps(PEOPLE[0].meta))
    (place / "documents.js").write_text(content)
    assert Keyring().load(tmp_path).accounts == 1


def test_many_threads_share_a_keyring() -> None:
    keyring = Keyring(max_accounts=3, loader=Counting(PEOPLE))
    frames = [frame(person.message()) for person in PEOPLE]
    wrong: list[object] = []

    def work(offset: int) -> None:
        try:
            for step in range(20):
                at = (offset + step) % len(frames)
                verdicts = verify_messages(frames[at:] + frames[:at], keyring)[1]
                if not verdicts.all_ok():
                    wrong.append(verdicts)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.fixture
def crowded() -> Keyring:
    """A keyring of one account in which other threads always need the room at once."""
    keyring = Keyring(max_accounts=1, loader=Counting(PEOPLE[:2]))
    other = PEOPLE[5]
    load = keyring._store.load

    class Evicting:
        """The store of the keyring, which loses what it loads before anybody asks for it."""

        def __new__(cls, *arguments: Any) -> Any:
            return object.__new__(cls) if not arguments else type(store)(*arguments)

        def load(self, found: Any, now: float, threads: int) -> Any:
            results = load(found, now, threads)
            store.add_meta(other.id, json.dumps(other.meta).encode())
            return results

        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

    store = keyring._store
    keyring._store = Evicting()
    return keyring


def test_keys_of_an_account_that_was_evicted_meanwhile(crowded: Keyring) -> None:
    for person in PEOPLE[:2]:
        assert crowded.keys_for(person.id) == (person.signer.public_key,)
        assert not crowded._store.contains(person.address)
    assert crowded.keys_for(PEOPLE[2].id) == ()


def test_a_document_for_an_account_that_was_evicted_meanwhile(crowded: Keyring) -> None:
    document = PEOPLE[0].document(time=1_700_000_001)
    assert crowded.add_document(document) is Code.OK
    assert not crowded._store.contains(PEOPLE[0].address)
    assert crowded.add_document({**document, "signature": "AAAA"}) in (
        Code.BAD_SIGNATURE,
        Code.BAD_SIGNATURE_ENCODING,
    )
    assert crowded.add_document(PEOPLE[2].document()) is Code.UNKNOWN_SENDER


def test_threads_that_need_each_others_room_find_every_account() -> None:
    keyring = Keyring(max_accounts=1, loader=Counting(PEOPLE))
    wrong: list[object] = []

    def work(person: accounts.Account) -> None:
        try:
            for _ in range(200):
                if keyring.keys_for(person.id) != (person.signer.public_key,):
                    wrong.append(person.id)
                if (code := keyring.add_document(person.document())) is not Code.OK:
                    wrong.append(code)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(person,)) for person in PEOPLE]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []


def test_accounts_are_loaded_in_slices() -> None:
    """A batch may have more senders than their files fit in memory."""
    people = [accounts.account("ECC", f"user{n}", number=n) for n in range(ACCOUNTS_AT_ONCE + 9)]
    held: list[int] = []
    keyring = Keyring()

    def loader(address: str) -> Any:
        held.append(len(keyring))
        return by_address[address].meta, []

    by_address = {person.address: person for person in people}
    keyring._loader = loader
    assert verify_messages([frame(person.message()) for person in people], keyring)[1].all_ok()
    assert held == [0] * ACCOUNTS_AT_ONCE + [ACCOUNTS_AT_ONCE] * 9
    assert len(keyring) == len(people)


def test_an_account_that_a_loader_cannot_use_is_reported_and_absent() -> None:
    refused: list[tuple[str, Code, str]] = []
    good = Counting(PEOPLE[:1])

    def loader(address: str) -> Any:
        if address == PEOPLE[1].address:
            raise DimError(Code.TOO_LARGE, "row: too long")
        return good(address)

    keyring = Keyring(loader=loader, on_refused=lambda *facts: refused.append(facts))
    frames = [frame(person.message()) for person in PEOPLE[:2]]
    assert list(verify_messages(frames, keyring)[1]) == [Code.OK, Code.UNKNOWN_SENDER]
    assert refused == [(PEOPLE[1].address, Code.TOO_LARGE, "row: too long")]
    assert keyring.keys_for(PEOPLE[1].id) == ()
    assert keyring.add_document(PEOPLE[1].document()) is Code.UNKNOWN_SENDER
    assert len(refused) == 3
    assert Keyring(loader=loader).keys_for(PEOPLE[1].id) == ()


@pytest.mark.parametrize("name", ["did", "ID"])
def test_the_loader_is_asked_by_either_name_of_a_document(name: str) -> None:
    person = PEOPLE[0]
    document = {"did": None, "ID": None, **person.document()}
    document["did"], document[name] = None, person.id
    keyring = Keyring(loader=Counting([person]))
    assert keyring.add_document(document) is Code.OK
    assert keyring.add_document({**document, "did": 5}) is Code.MALFORMED


@pytest.mark.parametrize(
    "found",
    [5, (), "meta", ({},), ({}, None), ({}, {}), ({}, b""), ({}, "x"), ({}, [None]), (None, []),
     ({}, ["{}"]), ("{}", []), ({}, [], []), {"meta": {}, "documents": []}],
)  # fmt: skip
def test_a_loader_that_breaks_its_protocol(found: Any) -> None:
    person = PEOPLE[0]
    keyring = Keyring(loader=lambda address: found)
    expected = pytest.raises(TypeError, match=f"loader: .*{person.address}")
    with expected:
        keyring.keys_for(person.id)
    with expected:
        keyring.add_document(person.document())
    with expected:
        verify_messages([frame(person.message())], keyring)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="max_accounts"):
        Keyring(max_accounts=0)
    for wrong in (True, 1.0, "1"):
        with pytest.raises(TypeError, match="max_accounts"):
            Keyring(max_accounts=wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Keyring().add_meta("x", "text")  # type: ignore[arg-type]
    for nobody in (123, None, b"x"):
        with pytest.raises(TypeError, match="identifier"):
            Keyring().add_meta(nobody, PEOPLE[0].meta)  # type: ignore[arg-type]
    assert Keyring().add_meta("x", PEOPLE[0].meta) is Code.BAD_ADDRESS
    with pytest.raises(DimError):
        Keyring().keys_for("nobody")
    assert "nobody" not in Keyring()
    assert 5 not in Keyring()
    assert bool(Keyring())
    with pytest.raises(TypeError, match="keyring: Keyring"):
        verify_messages([], None)  # type: ignore[arg-type]


def test_large_numbers_mean_no_limit() -> None:
    keyring = Keyring(2**70)
    assert keyring.add_meta(PEOPLE[0].id, PEOPLE[0].meta) is Code.OK
    message = frame(PEOPLE[0].message())
    assert verify_messages([message] * 3, keyring, threads=2**64)[1].all_ok()
    signer = PEOPLE[0].signer
    columns = [b"m"] * 3, [signer.sign(b"m")] * 3
    assert verify_batch(signer.public_key, *columns, threads=10**30).all_ok()
    assert len(derive_addresses([b"a"], threads=2**64)) == 1


def test_misuse_of_plain_values() -> None:
    with pytest.raises(TypeError, match=r"\.codes"):
        Verdicts(b"\0\1")[0:1]  # type: ignore[index]
    parsed = Identifier.parse(PEOPLE[0].id)
    assert parsed.is_same_as(Identifier.parse(PEOPLE[0].id + "/desk"))
    with pytest.raises(TypeError, match="Identifier"):
        parsed.is_same_as(PEOPLE[0].id)  # type: ignore[arg-type]
    for network in (None, True, "x", 1.0, [1]):
        with pytest.raises(TypeError, match=r"network\[1\]"):
            derive_addresses([b"a", b"b"], [0, network])  # type: ignore[list-item]
    for network in (None, True, 1.5):
        with pytest.raises(TypeError, match="network"):
            derive_addresses([b"a"], network)  # type: ignore[arg-type]
    numpy = pytest.importorskip("numpy")
    plain = derive_addresses([b"a", b"b"], [0, 136])
    assert derive_addresses([b"a", b"b"], numpy.array([0, 136], dtype="u1")) == plain
