"""semantics.md: open-1 to open-4, and what others sealed."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import pytest
from people import START, Person, changed, group_id, handmade, keyring_of, person, rsa

import data_sets
from dimp_fast import (
    EVERYONE,
    CipherKeys,
    Code,
    DimError,
    Keyring,
    LocalUser,
    PrivateKey,
    ReliableMessage,
    SymmetricKey,
    Verdicts,
    decode,
    encode,
    open_batch,
    open_message,
    seal,
    verify_messages,
)
from dimp_fast import opening as opening_module

UNIT = "decode_batch"

VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
MAKERS = ("java", "python")
ALICE, BOB, CAROL, ROB, RITA = map(person, ("alice", "bob", "carol", "rob", "rita"))
EVERYBODY = (ALICE, BOB, CAROL, ROB, RITA)
CONTENT = {"type": 1, "sn": 42, "text": "Hey guy!"}
TEXT = json.dumps(CONTENT).encode()
CREW = group_id()
REASON = "content: not to be read with the keys at hand"


def post(to: Any = BOB.id, sender: Person = ALICE, **options: Any) -> ReliableMessage:
    keyring = keyring_of(*EVERYBODY)
    return seal(CONTENT, sender=sender.user(), receivers=to, keyring=keyring, time=START, **options)


def read(message: Any, *users: LocalUser, **options: Any) -> Any:
    """The content, or the code and reason."""
    listed = list(users) or [BOB.user()]
    try:
        opened = open_message(message, users=listed, keyring=keyring_of(*EVERYBODY), **options)
    except DimError as error:
        return error.code, error.reason
    return opened.content


UNREADABLE = (Code.UNREADABLE, REASON)


# -- what others sealed ------------------------------------------------------------------------


@pytest.mark.parametrize("maker", MAKERS)
def test_open_interop(tier: str, maker: str) -> None:
    cases = list(data_sets.interop(maker, "unpack"))
    assert len(cases) > 30
    for case in cases:
        world, expected = case.input["world"], case.expect
        keyring = Keyring()
        for identifier, user in world["users"].items():
            if user["meta"] is not None:
                assert keyring.add_meta(identifier, user["meta"]) is Code.OK, case.id
            for document in user["documents"]:
                assert keyring.add_document(document) is Code.OK, case.id
        store = CipherKeys()
        for direction, key in world["cipher_keys"].items():
            store.hold(*direction.split(">"), SymmetricKey.parse(key))
        users = [_local(name, world["users"][name]["private_keys"]) for name in world["local"]]
        frame = case.input["wire"].encode()
        [opened], verdicts = open_batch([frame], users=users, keyring=keyring, cipher_keys=store)
        if not expected["verify"]:
            assert verdicts[0] not in (Code.OK, Code.UNREADABLE), case.id
        elif expected["content"] is None:
            assert verdicts[0] is Code.UNREADABLE, case.id
            assert verdicts.reason(0) == REASON
        else:
            assert verdicts[0] is Code.OK, (case.id, verdicts.reason(0))
        found = None if opened is None else opened.content
        assert found == expected["content"], case.id


def _local(identifier: str, sources: list[dict[str, Any]]) -> LocalUser:
    keys = [PrivateKey.parse(source) for source in sources]
    return LocalUser(identifier, keys[0], [key for key in keys if key.algorithm == "RSA"])


def test_open_the_published_broadcast(tier: str) -> None:
    """The other published messages are for hulk, whose private key is not part of the tests:
    they verify, and nobody here reads them."""
    keyring = Keyring()
    for name in ("hulk", "moki"):
        published = VECTORS[f"meta.doc.{name}"]
        assert keyring.add_meta(published.output["id"], published.input) is Code.OK
    assert keyring.add_document(VECTORS["doc.visa"].output) is Code.OK
    vector = VECTORS["msg.broadcast"].output
    opened = open_message(vector, users=[], keyring=keyring)
    assert opened.content == json.loads(vector["data"])
    sealed = [
        VECTORS["msg.doc.dkd"].input,
        VECTORS["msg.doc.whitepaper"].input,
        VECTORS["msg.reliable"].output,
        VECTORS["msg.wire.dimples"].output.encode(),
        VECTORS["msg.wire.short"].output.encode(),
    ]
    hulk = LocalUser(VECTORS["meta.doc.hulk"].output["id"], rsa(1))
    opened_or_not, verdicts = open_batch(sealed, users=hulk, keyring=keyring)
    assert list(verdicts) == [Code.UNREADABLE] * 5
    assert opened_or_not == [None] * 5


def test_open_1_the_plaintexts_of_the_published_messages_are_read_as_they_were_printed(
    tier: str,
) -> None:
    """The same keys and contents as in the papers, sealed for somebody whose key is here: the
    passphrase of 2018, the escaped slash, and no IV."""
    for name in ("msg.doc.dkd", "msg.doc.whitepaper"):
        output = VECTORS[name].output
        key = SymmetricKey.parse(json.loads(output["key_plaintext"]))
        data = base64.b64decode(VECTORS[name].input["data"])
        assert key.decrypt(data) == output["content"].encode()
        wrapped = rsa(5).public_key.encrypt(output["key_plaintext"].encode())
        reader = Person("reader", ALICE.identity, {None: rsa(5)})
        message = {
            "sender": str(ALICE.id), "receiver": str(reader.id), "time": 1545405083,
            "data": data, "key": wrapped, "signature": ALICE.identity.sign(data),
        }  # fmt: skip
        assert read(decode(encode(message)), reader.user()) == json.loads(output["content"])


def test_open_1_bundles_of_the_reference(tier: str) -> None:
    """keys.bundle.decode: which entries are whose."""
    vector = VECTORS["keys.bundle.decode"]
    place = {"/": None, "pc": "pc", "x": "x"}
    message = decode(encode(VECTORS["msg.reliable"].output | {"keys": vector.input}))
    hulk = VECTORS["meta.doc.hulk"].output["id"]
    taken = opening_module._Verified(0, message)
    found = {terminal: base64.b64decode(sealed) for terminal, sealed in taken.named[hulk]}
    assert found == {place[name]: text.encode() for name, text in vector.output.items()}
    assert taken.digest == vector.input["digest"]


# -- open-1: whose entries, in which order -----------------------------------------------------


@pytest.mark.parametrize("reader", EVERYBODY[1:], ids=lambda one: str(one.id.name))
def test_open_1_what_we_seal_we_open(tier: str, reader: Person) -> None:
    for sender in (ALICE, ROB):
        message = post(reader.id, sender)
        for form in (message, message.to_dict(), encode(message), encode(message, short=True)):
            assert read(form, reader.user()) == CONTENT


def test_open_1_each_login_point_opens_its_own(tier: str) -> None:
    message = post(CAROL.id)
    for terminal in ("pad", "phone"):
        user = CAROL.user(terminal)
        assert read(message, user) == CONTENT
        own = {f"{CAROL.id}/{terminal}": message.keys[f"{CAROL.id}/{terminal}"]}
        assert read(changed(message, keys=own), user) == CONTENT
        other = {"pad": "phone", "phone": "pad"}[terminal]
        foreign = {f"{CAROL.id}/{other}": message.keys[f"{CAROL.id}/{other}"]}
        assert read(changed(message, keys=foreign), user) == UNREADABLE
    # Without a terminal: the bare ID, then every login point that has an entry.
    everywhere = CAROL.user()
    for name, sealed in message.keys.items():
        assert read(changed(message, keys={name: sealed}), everywhere) == CONTENT
    junk = base64.b64encode(bytes(128)).decode()
    spoilt = message.keys | {str(CAROL.id): junk}
    assert read(changed(message, keys=spoilt), everywhere) == CONTENT
    assert read(changed(message, keys=spoilt), CAROL.user("pad")) == CONTENT


def test_open_1_the_old_field_comes_last(tier: str) -> None:
    message = post()
    sealed = message.keys[str(BOB.id)]
    assert read(changed(message, keys=None, key=sealed)) == CONTENT
    assert read(changed(message, keys={}, key=sealed)) == CONTENT
    wrong = base64.b64encode(BOB.visa_keys[None].public_key.encrypt(b"{}")).decode()
    assert read(changed(message, keys={str(BOB.id): wrong}, key=sealed)) == CONTENT
    assert read(changed(message, key=wrong)) == CONTENT
    assert read(changed(message, keys=None, key=wrong)) == UNREADABLE


def test_open_1_short_names_outside_and_inside(tier: str) -> None:
    key = SymmetricKey.generate()
    mapping = key.to_dict(secret=True)
    short = json.dumps({"A": mapping["algorithm"], "D": mapping["data"]}).encode()
    content = {"T": "136", "N": 7, "W": 1.5, "G": "g@everywhere", "C": "join", "x": 1}
    assert json.dumps(content) == VECTORS["msg.short.content"].output["content"]
    message = handmade(ALICE, BOB.id, json.dumps(content).encode(), key, short, BOB.visa_keys[None])
    expected = VECTORS["msg.short.content"].input["content"]
    assert read(encode(message, short=True)) == expected
    # In a content with long names, a short one is a field of somebody's own.
    own = json.dumps(CONTENT | {"C": 5, "N": 6}).encode()
    message = handmade(ALICE, BOB.id, own, reader=BOB.visa_keys[None])
    assert read(message) == CONTENT | {"C": 5, "N": 6}


def test_open_1_an_iv_in_the_key_and_none_at_all(tier: str) -> None:
    for iv, fields in ((bytes(range(16)), {"iv"}), (bytes(16), set())):
        text = base64.b64encode(iv).decode()
        key = SymmetricKey.parse(SymmetricKey.generate().to_dict(secret=True) | {"iv": text})
        mapping = key.to_dict(secret=True)
        sealed = {name: value for name, value in mapping.items() if name != "iv" or name in fields}
        message = handmade(
            ALICE, BOB.id, TEXT, key, json.dumps(sealed).encode(), BOB.visa_keys[None]
        )
        assert "IV" not in message.to_dict()
        assert read(message) == CONTENT


def test_open_1_the_receiver_opens_and_nobody_else(tier: str) -> None:
    message = post()
    assert read(message, CAROL.user(), ROB.user()) == UNREADABLE
    assert read(message, CAROL.user(), BOB.user(), ROB.user()) == CONTENT
    # Not even one who has the key, when it is addressed to another: the receiver is not signed,
    # and who is named in ``keys`` is not asked.
    namesake = LocalUser(f"bobby@{BOB.id.address}", rsa(3), [BOB.visa_keys[None]])
    assert read(message, namesake) == UNREADABLE
    assert open_batch([message], users=[], keyring=keyring_of(ALICE))[1][0] is Code.UNREADABLE


def test_open_1_of_a_group_who_is_named_opens(tier: str) -> None:
    message = post([BOB.id, CAROL.id], group=CREW)
    for user in (BOB.user(), CAROL.user("pad")):
        assert read(message, ROB.user(), user) == CONTENT
    assert read(message, ROB.user(), RITA.user()) == UNREADABLE
    # Java and JavaScript leave the name of the group to the receiver.
    assert read(changed(message, group=None), BOB.user()) == CONTENT


def test_open_1_only_so_many_entries_are_tried(tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[bytes] = []
    decrypt = PrivateKey.decrypt

    def counted(key: PrivateKey, ciphertext: bytes) -> bytes | None:
        tried.append(ciphertext)
        return decrypt(key, ciphertext)

    monkeypatch.setattr(PrivateKey, "decrypt", counted)
    message = post(RITA.id)
    flood = {f"{RITA.id}/{number}": "AAAA" for number in range(4000)}
    sealed = message.keys[str(RITA.id)]
    assert read(changed(message, keys=flood | {str(RITA.id): sealed}), RITA.user()) == CONTENT
    assert len(tried) == 1, "the bare ID comes first"
    tried.clear()
    assert read(changed(message, keys=flood | {f"{RITA.id}/z": sealed}), RITA.user()) == UNREADABLE
    assert len(tried) == 2 * opening_module.MAX_TRIED, "each with both keys of hers"
    # The old field is among them, and a message for many users here has no more.
    tried.clear()
    assert read(changed(message, keys=flood, key=sealed), RITA.user()) == CONTENT
    tried.clear()
    users = [LocalUser(f"n{number}@{ROB.id.address}", ROB.identity) for number in range(40)]
    assert read(changed(message, receiver=str(CREW), keys=None, key="AAAA"), *users) == UNREADABLE
    assert len(tried) == opening_module.MAX_TRIED


# -- open-2: keys that came before -------------------------------------------------------------


def test_open_2_a_key_that_came_before(tier: str) -> None:
    sent, held = CipherKeys(), CipherKeys()
    first, second = post(cipher_keys=sent), post(cipher_keys=sent)
    assert read(second, cipher_keys=held) == UNREADABLE
    assert read(second) == UNREADABLE
    assert read(first, cipher_keys=held) == CONTENT
    assert read(second, cipher_keys=held) == CONTENT
    # Neither of another direction nor for another user here.
    assert read(changed(second, receiver=str(CAROL.id)), CAROL.user(), cipher_keys=held) == (
        UNREADABLE
    )
    assert read(second, CAROL.user(), cipher_keys=held) == UNREADABLE
    assert read(changed(second, group=str(CREW)), cipher_keys=held) == UNREADABLE


def test_open_2_the_digest_chooses_among_keys(tier: str) -> None:
    held = CipherKeys()
    stores = [CipherKeys() for _ in range(3)]
    for store in stores:
        assert read(post(cipher_keys=store), cipher_keys=held) == CONTENT
    for store in stores:
        again = post(cipher_keys=store)
        assert list(again.keys) == ["digest"]
        assert read(again, cipher_keys=held) == CONTENT
        # Without a digest all of them are tried, the newest first.
        assert read(changed(again, keys=None), cipher_keys=held) == CONTENT
        wrong = SymmetricKey.generate().digest
        assert read(changed(again, keys={"digest": wrong}), cipher_keys=held) == UNREADABLE


def test_open_2_keys_get_old(tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from dimp_fast import cipher_keys

    now = START
    monkeypatch.setattr(cipher_keys.time, "time", lambda: now)
    sent, held = CipherKeys(max_age=1e9), CipherKeys(max_age=10)
    assert read(post(cipher_keys=sent), cipher_keys=held) == CONTENT
    now += 9
    assert read(post(cipher_keys=sent), cipher_keys=held) == CONTENT
    now += 1
    assert read(post(cipher_keys=sent), cipher_keys=held) == UNREADABLE


def test_open_2_group_keys_are_of_the_direction_to_the_group(tier: str) -> None:
    sent, held = CipherKeys(), CipherKeys()
    members = [BOB.id, CAROL.id]
    first, second = (post(members, group=CREW, cipher_keys=sent) for _ in range(2))
    assert read(first, cipher_keys=held) == CONTENT
    assert read(second, cipher_keys=held) == CONTENT
    assert read(changed(second, receiver=str(BOB.id)), cipher_keys=held) == CONTENT
    assert read(changed(second, receiver=str(BOB.id), group=None), cipher_keys=held) == UNREADABLE


def test_open_1_an_entry_that_does_not_open_is_not_made_up_for(tier: str) -> None:
    sent, held = CipherKeys(), CipherKeys()
    assert read(post(cipher_keys=sent), cipher_keys=held) == CONTENT
    again = post(cipher_keys=sent)
    assert read(again, cipher_keys=held) == CONTENT
    junk = base64.b64encode(bytes(range(128))).decode()
    for fields in ({"keys": again.keys | {str(BOB.id): junk}}, {"key": junk}, {"key": ""}):
        assert read(changed(again, **fields), cipher_keys=held) == UNREADABLE


def test_open_2_the_order_in_a_batch_does_not_matter(tier: str) -> None:
    sent = CipherKeys(max_uses=3)
    messages = [post(cipher_keys=sent) for _ in range(12)]
    for seed in range(3):
        shuffled = random.Random(seed).sample(messages, len(messages))
        opened, verdicts = open_batch(
            shuffled, users=BOB.user(), keyring=keyring_of(ALICE), cipher_keys=CipherKeys()
        )
        assert verdicts.all_ok()
        assert all(one is not None and one.content == CONTENT for one in opened)


# -- open-3: one failure -----------------------------------------------------------------------


def test_open_3_each_byte_of_a_message_matters(tier: str) -> None:
    """One bit at a time of ciphertext, IV, sealed key and signature. What is signed is refused by
    the signature, the rest by one and the same failure. A changed IV changes the first block and
    nothing else, which nobody can see but by the JSON: hence a text that begins there."""
    message = post()
    fields = message.to_dict()
    raw = {
        "data": message.data,
        "signature": message.signature,
        "IV": base64.b64decode(fields["IV"]),
        "keys": base64.b64decode(fields["keys"][str(BOB.id)]),
    }
    broken: list[tuple[str, int, dict[str, Any]]] = []
    for name, data in raw.items():
        for place in range(len(data)):
            changed_data = bytearray(data)
            changed_data[place] ^= 1 << place % 8
            text: Any = base64.b64encode(bytes(changed_data)).decode()
            broken.append(
                (name, place, fields | {name: {str(BOB.id): text} if name == "keys" else text})
            )
    store = CipherKeys()
    _, verdicts = open_batch(
        [mapping for _, _, mapping in broken],
        users=BOB.user(),
        keyring=keyring_of(ALICE),
        cipher_keys=store,
    )
    refused_by_signature = {Code.BAD_SIGNATURE, Code.BAD_SIGNATURE_ENCODING}
    for index, (name, place, _) in enumerate(broken):
        if name in ("data", "signature"):
            assert verdicts[index] in refused_by_signature, (name, place)
        elif name == "keys":
            assert (verdicts[index], verdicts.reason(index)) == UNREADABLE, (name, place)
        else:
            assert verdicts[index] in (Code.OK, Code.UNREADABLE), (name, place)
    first = next(i for i, (name, place, _) in enumerate(broken) if (name, place) == ("IV", 0))
    assert verdicts[first] is Code.UNREADABLE, "the brace that opens the object"
    assert len(store) <= 1


def test_open_3_no_padding_oracle(tier: str) -> None:
    """Whoever may choose the last blocks learns nothing from the answer: every wrong padding, and
    every right padding over nonsense, fails alike."""
    answers = set()
    for last in range(256):
        key, iv = SymmetricKey.generate(), bytes(16)
        block = bytes(15) + bytes((last,))
        # The raw block, without the padding that encrypt adds.
        data = key.encrypt(block, {"IV": base64.b64encode(iv).decode()})[:16]
        mapping = {
            "sender": str(ALICE.id), "receiver": str(BOB.id), "time": START, "IV": iv,
            "data": data, "signature": ALICE.identity.sign(data),
            "keys": {str(BOB.id): BOB.visa_keys[None].public_key.encrypt(
                json.dumps(key.to_dict(secret=True)).encode())},
        }  # fmt: skip
        answers.add(read(decode(encode(mapping))))
    assert answers == {UNREADABLE}


def test_open_3_all_that_can_go_wrong_looks_the_same(tier: str) -> None:
    reader = BOB.visa_keys[None]
    secret = SymmetricKey.generate().to_dict(secret=True)

    def sealed(text: bytes) -> ReliableMessage:
        return handmade(ALICE, BOB.id, TEXT, None, text, reader)

    def saying(content: bytes) -> ReliableMessage:
        return handmade(ALICE, BOB.id, content, reader=reader)

    broken = {
        "no key": handmade(ALICE, BOB.id, TEXT),
        "empty keys": handmade(ALICE, BOB.id, TEXT, keys={}),
        "another AES key": sealed(json.dumps(secret).encode()),
        "a key that is no JSON": sealed(b"key"),
        "a key that is an array": sealed(b"[]"),
        "an empty key": sealed(b""),
        "a key without data": sealed(b'{"algorithm": "AES"}'),
        "an unknown algorithm": sealed(json.dumps(secret | {"algorithm": "DES"}).encode()),
        "a short key": sealed(json.dumps(secret | {"data": "AAAA"}).encode()),
        "PLAIN": sealed(b'{"algorithm": "PLAIN"}'),
        "sealed for another key": handmade(ALICE, BOB.id, TEXT, reader=rsa(4)),
        "no JSON": saying(b"Hey guy!"),
        "nothing": saying(b""),
        "an array": saying(b"[1]"),
        "two objects": saying(TEXT + TEXT),
        "no UTF-8": saying(b'{"text": "\xff"}'),
        "NaN": saying(b'{"x": NaN}'),
        "a lone surrogate": saying(b'{"x": "\\ud800"}'),
        "too deep": saying(b'{"x": ' + b"[" * 64 + b"]" * 64 + b"}"),
        "a wrong IV": changed(post(), IV="AAAA"),
        "no whole blocks": _of_data(b"x" * 17),
        "not encrypted": _of_data(TEXT),
        "PLAIN over plain text": _of_data(
            TEXT, keys={str(BOB.id): reader.public_key.encrypt(b'{"algorithm": "PLAIN"}')}
        ),
        "an ECC key": changed(post(), keys={str(BOB.id): "AAAA"}),
    }
    for name, message in broken.items():
        store = CipherKeys()
        assert verify_messages([encode(message)], keyring_of(ALICE))[1].all_ok(), name
        assert read(message, cipher_keys=store) == UNREADABLE, name
        assert len(store) == 0, name


def _of_data(data: bytes, **fields: Any) -> ReliableMessage:
    mapping = {
        "sender": str(ALICE.id), "receiver": str(BOB.id), "time": START,
        "data": data, "signature": ALICE.identity.sign(data), **fields,
    }  # fmt: skip
    return decode(encode(mapping))


def test_open_3_errors_of_the_signature_come_first(tier: str) -> None:
    message = post()
    stranger = person("eve")
    signed = handmade(stranger, BOB.id, TEXT, reader=BOB.visa_keys[None])
    rows = [
        (b"{", Code.MALFORMED),
        ({"sender": str(ALICE.id)}, Code.MALFORMED),
        (signed, Code.UNKNOWN_SENDER),
        (changed(signed, sender=str(ALICE.id)), Code.BAD_SIGNATURE),
        (changed(message, sender=str(CAROL.id)), Code.BAD_SIGNATURE),
        (changed(signed, meta=stranger.meta.to_dict()), Code.OK),
        (changed(message, receiver=str(CAROL.id)), Code.UNREADABLE),
        (message, Code.OK),
    ]
    messages, codes = map(list, zip(*rows, strict=True))
    opened, verdicts = open_batch(messages, users=BOB.user(), keyring=keyring_of(*EVERYBODY))
    assert list(verdicts) == codes
    assert [one is not None for one in opened] == [code == Code.OK for code in codes]
    assert "sender" in verdicts.reason(1) or "data" in verdicts.reason(1)
    assert isinstance(verdicts, Verdicts)


# -- open-4: poisoned keys ---------------------------------------------------------------------


def test_open_4_only_a_key_that_read_something_is_held(tier: str) -> None:
    sent, held = CipherKeys(), CipherKeys()
    first, second = post(cipher_keys=sent), post(cipher_keys=sent)
    forged = handmade(person("eve"), BOB.id, TEXT, reader=BOB.visa_keys[None])
    poison = [
        changed(forged, sender=str(ALICE.id)),  # not signed by her
        changed(first, keys={str(BOB.id): forged.keys[str(BOB.id)]}),  # signed, with another key
        changed(first, IV="AAAA"),
    ]
    for message in poison:
        assert isinstance(read(message, cipher_keys=held), tuple)
        assert len(held) == 0
    assert read(first, cipher_keys=held) == CONTENT
    for message in poison:
        read(message, cipher_keys=held)
    assert len(held) == 1
    assert read(second, cipher_keys=held) == CONTENT
    assert read(changed(second, keys=None), cipher_keys=held) == CONTENT


def test_open_4_a_broadcast_brings_no_key(tier: str) -> None:
    store = CipherKeys()
    sealed = BOB.visa_keys[None].public_key.encrypt(
        json.dumps(SymmetricKey.generate().to_dict(secret=True)).encode()
    )
    message = changed(post(EVERYONE), keys={str(BOB.id): base64.b64encode(sealed).decode()})
    assert read(message, cipher_keys=store) == CONTENT
    assert len(store) == 0


# -- what comes out ----------------------------------------------------------------------------


def test_seal_1_an_opened_message_keeps_what_nobody_knows(tier: str) -> None:
    message = post(attachments={"meta": ALICE.meta, "SDT": 5, "zz": [{"a": None}]})
    relayed = changed(message, traces=[{"ID": "x"}], rcpt=f"{BOB.id}/pad", key="AAAA")
    opened = open_message(relayed, users=BOB.user(), keyring=keyring_of(ALICE))
    fields = relayed.to_dict()
    for name in ("keys", "key", "IV", "signature"):
        del fields[name]
    fields["content"] = CONTENT
    assert list(opened.fields) == [
        "content" if name == "data" else name for name in fields if name != "content"
    ]
    del fields["data"]
    assert opened.to_dict() == fields
    assert opened.envelope.time == START


def test_open_3_a_content_that_somebody_put_beside_the_ciphertext_is_not_read(tier: str) -> None:
    fields = post().to_dict()
    evil = {"type": 1, "text": "evil"}
    for mapping in ({"content": evil} | fields, fields | {"content": evil}):
        opened = open_message(mapping, users=BOB.user(), keyring=keyring_of(ALICE))
        assert opened.content == CONTENT
        assert "evil" not in json.dumps(opened.to_dict())


def test_open_3_a_broadcast_group_turns_nothing_into_a_content(tier: str) -> None:
    assert read(changed(post(), group="x@everywhere"))[0] is Code.BAD_SIGNATURE
    assert read(_broadcast(b"no JSON")) == UNREADABLE
    assert read(_broadcast(TEXT)) == CONTENT


def _broadcast(text: bytes) -> ReliableMessage:
    mapping = {
        "sender": str(ALICE.id), "receiver": str(EVERYONE),
        "data": text.decode(), "signature": ALICE.identity.sign(text),
    }  # fmt: skip
    return decode(encode(mapping))


def test_open_arguments_of_wrong_types() -> None:
    keyring, user = keyring_of(ALICE), BOB.user()
    for messages, options, name in [
        ([5], {}, r"messages\[0\]"),
        ([b"", "text"], {}, r"messages\[1\]"),
        (b"frame", {}, "messages"),
        (post(), {}, "messages"),
        ([], {"users": [BOB]}, r"users\[0\]"),
        ([], {"keyring": {}}, "keyring"),
        ([], {"cipher_keys": {}}, "cipher_keys"),
    ]:
        arguments: dict[str, Any] = {"users": user, "keyring": keyring} | options
        with pytest.raises(TypeError, match=name):
            open_batch(messages, **arguments)
    assert open_batch([], users=user, keyring=keyring) == ([], Verdicts(b""))
