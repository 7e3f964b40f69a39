"""What docs/extending.md tells people to do works, on every tier (semantics.md#ext-1, #ext-2).

The page's own code is run: an algorithm, an address type and a meta type from outside the package.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dimp_fast import (
    Code,
    DimError,
    Document,
    Identifier,
    Keyring,
    Meta,
    PrivateKey,
    PublicKey,
    content,
    decode,
    decode_batch,
    derive_addresses,
    match_metas,
    parse_addresses,
    parse_identifiers,
    verify_batch,
    verify_documents,
    verify_messages,
)
from dimp_fast.registry import (
    ADDRESS_TYPES,
    KEY_ALGORITHMS,
    META_TYPES,
    AddressType,
    KeyAlgorithm,
    MetaType,
    register,
    unregister,
)

UNIT = "decode_batch"
PAGE = Path(__file__).parents[2] / "docs" / "extending.md"
RECEIVER = "hulk@4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj"


@contextlib.contextmanager
def nothing_left_behind() -> Iterator[None]:
    try:
        yield
    finally:
        tables: tuple[dict[str, Any], ...] = (KEY_ALGORITHMS, ADDRESS_TYPES, META_TYPES)
        for row in [row for table in tables for row in dict.fromkeys(table.values())]:
            unregister(row)


def blocks() -> list[str]:
    found = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(found) == 3
    return found


def test_content_1_contents_of_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    [block] = [block for block in blocks() if "dimp_fast.content" in block]
    try:
        exec(compile(block, PAGE.name, "exec"), names)
        assert capsys.readouterr().out.startswith("cats\n{'type': 136, ")
        assert names["Content"].parse({"type": 0x1A0, "pack": "cats"}).pack == "cats"
    finally:
        for kind in (names["Sticker"], names["SearchCommand"]):
            content.unregister(kind)


@pytest.fixture
def extended(tier: str, capsys: pytest.CaptureFixture[str]) -> Iterator[dict[str, Any]]:
    """The names that the page's code leaves, with its rows registered."""
    names: dict[str, Any] = {}
    with nothing_left_behind():
        for block in blocks():
            if "dimp_fast.content" not in block:
                exec(compile(block, PAGE.name, "exec"), names)
        printed = capsys.readouterr().out
        identifier, counts = names["identifier"], Counter([Code.OK, Code.MISMATCH])
        assert printed == f"{identifier} OK OK\n{counts}\n"
        assert names["keyring"].keys_for(identifier) == (names["key"].public_key,)
        yield names


def message(sender: str, key: PrivateKey, data: bytes = b"ciphertext") -> dict[str, Any]:
    return {
        "sender": sender,
        "receiver": RECEIVER,
        "time": 1_700_000_000,
        "type": 1,
        "data": base64.b64encode(data).decode(),
        "signature": base64.b64encode(key.sign(data)).decode(),
    }


def frame(mapping: dict[str, Any]) -> bytes:
    return json.dumps(mapping).encode()


def test_ext_1_messages_of_an_extended_account_verify(extended: dict[str, Any]) -> None:
    identifier, key, keyring = extended["identifier"], extended["key"], extended["keyring"]
    native = PrivateKey.generate("ECC")
    meta = Meta.generate(1, native, "moki")
    moki = meta.generate_id(0)
    assert keyring.add_meta(moki, meta) is Code.OK
    good = message(str(identifier), key)
    changed = good | {"data": base64.b64encode(b"other").decode()}
    frames = [frame(good), frame(message(str(moki), native)), frame(changed)] * 20
    for threads in (1, None):
        messages, verdicts = verify_messages(frames, keyring, threads=threads)
        assert list(verdicts)[:3] == [Code.OK, Code.OK, Code.BAD_SIGNATURE]
        assert verdicts.counts() == {Code.OK: 40, Code.BAD_SIGNATURE: 20}
    assert messages.sender[0] == str(identifier)


def test_ext_1_first_contact_with_an_attached_meta(extended: dict[str, Any]) -> None:
    identifier, key, meta = extended["identifier"], extended["key"], extended["meta"]
    attached = message(str(identifier), key) | {"meta": meta.to_dict()}
    stranger = PrivateKey.generate("ED448")
    stolen = message(str(identifier), stranger) | {"meta": Meta.generate(9, stranger).to_dict()}
    _, verdicts = verify_messages([frame(attached), frame(stolen)], Keyring())
    assert list(verdicts) == [Code.OK, Code.MISMATCH]


def test_ext_2_keys(extended: dict[str, Any]) -> None:
    key = extended["key"]
    public = key.public_key
    assert (public.algorithm, public.bits, len(public.data)) == ("ED448", 456, 57)
    assert PublicKey.parse(public.to_dict()) == public
    assert PrivateKey.parse(key.to_dict(secret=True)).public_key == public
    signature = key.sign(b"a")
    native = PrivateKey.generate("ED25519")
    keys = [public, native.public_key, public, None] * 50
    found = verify_batch(
        keys, [b"a", b"a", b"b", b"a"] * 50, [signature, native.sign(b"a"), signature, b""] * 50
    )
    assert list(found) == [Code.OK, Code.OK, Code.BAD_SIGNATURE, Code.BAD_KEY] * 50
    with pytest.raises(DimError) as refused:
        PublicKey.parse({"algorithm": "ED448", "data": "no hex"})
    assert refused.value.code is Code.BAD_KEY
    with pytest.raises(DimError):
        PublicKey.parse(public.data)  # no other spelling than its mapping


def test_ext_2_addresses(extended: dict[str, Any]) -> None:
    text = "x1" + "08" + "ab" * 16 + "01020304"
    found = Identifier.parse(f"moki@{text.upper().replace('X', 'x')}/pad")
    assert str(found) == f"moki@{text}/pad"
    assert (found.network, found.number, found.number_le) == (8, 0x01020304, 0x04030201)
    assert not found.is_broadcast
    columns = parse_addresses([text, text[:-1], RECEIVER[5:], "x1" + "zz" * 21] * 20)
    assert columns.codes.tolist() == [0, 8, 0, 8] * 20
    assert columns.text()[0] == text
    assert columns.digest[0].tobytes() == bytes.fromhex(text[4:])
    parsed, verdicts = parse_identifiers([f"moki@{text}", f"moki@{text}1"] * 20)
    assert verdicts.counts() == {Code.OK: 20, Code.BAD_ADDRESS: 20}
    assert str(parsed[0]) == f"moki@{text}"
    assert decode(frame(message(f"moki@{text}", extended["key"]))).sender == f"moki@{text}"


def test_ext_2_metas_and_documents(extended: dict[str, Any]) -> None:
    key, identifier = extended["key"], extended["identifier"]
    # Each part stands alone: a native address over an extended fingerprint, and the other way.
    mixed = Meta.generate(1, key, "moki")
    native = PrivateKey.generate("ECC")
    over = Meta.generate("x1", native)
    pairs = [
        (mixed, mixed.generate_id(0), Code.OK),
        (over, over.generate_id(3), Code.OK),
        (over, identifier, Code.MISMATCH),
        (mixed, f"hulk@{mixed.generate_id(0).address}", Code.MISMATCH),
        (over.to_dict() | {"seed": "moki"}, over.generate_id(0), Code.MALFORMED),
        (mixed.to_dict() | {"fingerprint": "AAAA"}, mixed.generate_id(0), Code.MISMATCH),
    ]
    found = match_metas([meta for meta, _, _ in pairs], [text for _, text, _ in pairs])
    assert list(found) == [code for _, _, code in pairs]
    visa = Document.create(identifier, "visa", {"name": "Moki"}).sign(key)
    forged = Document.create(identifier, "visa", {"name": "Moki"}).sign(native)
    verdicts = verify_documents([visa, forged], extended["keyring"])
    assert verdicts[0] is Code.OK
    assert verdicts[1] is Code.BAD_SIGNATURE


def test_ext_1_what_is_not_registered_is_refused(tier: str) -> None:
    with pytest.raises(DimError) as refused:
        PublicKey.parse({"algorithm": "ED448", "data": "00" * 57})
    assert refused.value.code is Code.UNSUPPORTED
    meta = {"type": 9, "key": {"algorithm": "RSA", "data": "x"}}
    assert list(match_metas([meta], [RECEIVER])) == [Code.UNSUPPORTED]
    assert parse_addresses(["x1" + "00" * 21]).codes.tolist() == [int(Code.BAD_ADDRESS)]


class VerifiesOnly(KeyAlgorithm):
    """Has no private keys."""

    names = ("PUBLIC-ONLY",)

    def parse(self, data: str) -> bytes:
        return data.encode()

    def bits(self, key: bytes) -> int:
        return 8 * len(key)

    def verify(self, key: bytes, message: bytes, signature: bytes) -> bool:
        return message == signature


def test_ext_1_an_algorithm_may_verify_only(tier: str) -> None:
    row = VerifiesOnly()
    register(row)
    try:
        for make in (
            lambda: PrivateKey.generate("PUBLIC-ONLY"),
            lambda: PrivateKey.parse({"algorithm": "PUBLIC-ONLY", "data": "secret"}),
            lambda: row.public(b"secret"),
            lambda: row.sign(b"secret", b"message"),
        ):
            with pytest.raises(DimError, match="PUBLIC-ONLY has no private keys") as refused:
                make()
            assert refused.value.code is Code.UNSUPPORTED
        key = PublicKey.parse({"algorithm": "PUBLIC-ONLY", "data": "anybody"})
        assert list(verify_batch([key], [b"m"], [b"m"])) == [Code.OK]
    finally:
        unregister(row)


class Broken(KeyAlgorithm):
    """Fails in a way that nobody foresaw."""

    names = ("BROKEN",)

    def parse(self, data: str) -> bytes:
        if data == "parse":
            raise RuntimeError("in parse")
        return data.encode()

    def bits(self, key: bytes) -> int:
        return 8

    def verify(self, key: bytes, message: bytes, signature: bytes) -> bool:
        if message == b"raise":
            raise RuntimeError("in verify")
        return 1 if message == b"one" else message == b"true"  # type: ignore[return-value]


def test_ext_1_an_error_inside_refuses_the_item_and_is_reported(
    tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: seen.append(str(found.exc_value)))
    with nothing_left_behind():
        register(Broken())
        with pytest.raises(DimError) as refused:
            PublicKey.parse({"algorithm": "BROKEN", "data": "parse"})
        assert refused.value.code is Code.BAD_KEY
        key = PublicKey.parse({"algorithm": "BROKEN", "data": "k"})
        found = verify_batch(key, [b"true", b"raise", b"one", b"false"] * 10, [b""] * 40)
        # Only True is true: an answer of another type is no answer.
        wanted = [Code.OK, Code.BAD_SIGNATURE, Code.BAD_SIGNATURE, Code.BAD_SIGNATURE]
        assert list(found) == wanted * 10
    assert seen.count("in parse") == 1
    assert seen.count("in verify") == 10


class BrokenMeta(MetaType):
    """Makes no address, each way that there is."""

    number = 9
    names = ("broken",)

    def address(self, key: bytes, fingerprint: bytes, network: int) -> str | None:
        if network == 1:
            raise RuntimeError("in address")
        if network == 2:
            raise ValueError("none there")
        return None if network == 3 else 5  # type: ignore[return-value]


def test_ext_1_a_broken_meta_type_matches_nothing(
    tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: seen.append(str(found.exc_value)))
    key = PrivateKey.generate("ECC")
    fingerprint = key.public_key.data
    with nothing_left_behind():
        register(BrokenMeta())
        with pytest.raises(ValueError, match="9"):
            Meta.generate("broken", key)
        meta = Meta.parse({"type": 9, "key": key.public_key.to_dict()})
        assert not meta.is_valid
        identifiers = derive_addresses([fingerprint] * 4, [0, 1, 2, 3])
        for network in range(4):
            with pytest.raises(ValueError, match="9"):
                meta.generate_id(network)
        seen.clear()
        found = match_metas([meta.to_dict()] * 40, identifiers * 10)
        assert list(found) == [Code.MISMATCH] * 40
        assert seen.count("in address") == 10
        for identifier in identifiers:
            assert not meta.matches(identifier)
            assert Keyring().add_meta(identifier, meta) is Code.MISMATCH
        assert seen.count("in address") == 12


class BrokenAddress(AddressType):
    """Fails, or answers what is no row of an address."""

    name = "broken"

    answers: dict[str, Any] = {  # noqa: RUF012
        "b-number": 5,
        "b-text": "b-text",
        "b-short": ("b-short", 0),
        "b-types": (b"b-types", "0", "x" * 20),
        "b-float": ("b-float", 0.0, bytes(20)),
        "b-good": ("b-good", 3, bytes(20)),
    }

    def parse(self, text: str) -> tuple[str, int, bytes] | None:
        if text == "b-raise":
            raise RuntimeError("in parse")
        found: tuple[str, int, bytes] | None = self.answers.get(text)
        return found


def test_ext_2_a_broken_address_type_takes_nothing(
    tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: seen.append(str(found.exc_value)))
    with nothing_left_behind():
        register(BrokenAddress())
        texts = [*BrokenAddress.answers, "b-raise"]
        columns = parse_addresses(texts * 10)
        assert list(columns) == [*[None] * 5, "b-good", None] * 10
        assert seen.count("in parse") == 10
        _, verdicts = parse_identifiers([f"moki@{text}" for text in texts])
        assert verdicts.counts() == {Code.OK: 1, Code.BAD_ADDRESS: 6}
        assert seen.count("in parse") == 11
        for text in ("b-raise", "b-number"):
            with pytest.raises(DimError) as refused:
                Identifier.parse(f"moki@{text}")
            assert refused.value.code is Code.BAD_ADDRESS
        assert seen.count("in parse") == 12


class Wild(AddressType):
    """Answers what no address may be."""

    name = "wild"

    answers: dict[str, Any] = {  # noqa: RUF012
        "w-digest": ("w-digest", 0, b"short"),
        "w-network": ("w-network", 256, bytes(20)),
        "w-other": ("w-digest", 0, bytes(20)),
        "w-long": ("w" * 65, 0, bytes(20)),
        "w-name": ("a@w-name", 0, bytes(20)),
        "w-good": ("w-good", 0x80, bytes(20)),
        "W-GOOD": ("w-good", 0x80, bytes(20)),
        "anywhere": ("anywhere", 0, bytes(20)),
    }

    def parse(self, text: str) -> tuple[str, int, bytes] | None:
        found: tuple[str, int, bytes] | None = self.answers.get(text)
        return found


def test_ext_2_answers_of_address_types_are_checked(tier: str) -> None:
    with nothing_left_behind():
        register(Wild())
        texts = list(Wild.answers)
        columns = parse_addresses(texts)
        assert columns.text() == [None] * 5 + ["w-good", "w-good", "anywhere"]
        assert columns.network.tolist()[-1] == 0x80  # what is built in comes first
        assert not Identifier.parse("w-good").is_broadcast
        assert Identifier.parse("anywhere").is_broadcast


def test_ext_1_small_frames_in_a_batch_do_not_wait_for_each_other(tier: str) -> None:
    """Threads that work on a batch call the extension: nobody may hold the GIL meanwhile."""
    with nothing_left_behind():
        register(Wild())
        small = b'{"F":"w-good","D":"AA==","V":"AA=="}'
        for count in (1, 15, 16, 32, 64, 1000):
            batch = decode_batch([small] * count)
            assert batch.sender == ["w-good"] * count
            identifiers, verdicts = parse_identifiers(["w-good", "w-other"] * count)
            assert verdicts.counts() == {Code.OK: count, Code.BAD_ADDRESS: count}
            assert len(identifiers) == 2 * count


class Nine(MetaType):
    number = 9

    def address(self, key: bytes, fingerprint: bytes, network: int) -> str | None:
        return None


@pytest.mark.parametrize(
    ("names", "error"),
    [
        (("RSA",), "RSA: taken"),
        (("BROKEN", "SHA256withECDSA"), "taken"),
        ((), "at least one"),
        (("X", "X"), "twice"),
        (("",), "none empty"),
    ],
)
def test_ext_1_taken_names_are_refused(names: tuple[str, ...], error: str) -> None:
    row = Broken()
    row.names = names
    with pytest.raises(ValueError, match=error):
        register(row)
    assert not KEY_ALGORITHMS


def test_ext_1_one_row_a_name_or_number() -> None:
    with nothing_left_behind():
        register(Broken())
        with pytest.raises(ValueError, match="BROKEN: taken"):
            register(Broken())
        register(Nine())
        other = Nine()
        with pytest.raises(ValueError, match="9: taken"):
            register(other)
        with pytest.raises(ValueError, match="not registered"):
            unregister(other)
        other.number = 256
        with pytest.raises(ValueError, match="0 to 255"):
            register(other)
        other.number = 4
        with pytest.raises(ValueError, match="4: taken"):
            register(other)
    with pytest.raises(TypeError, match="MetaType is wanted, not int"):
        register(9)  # type: ignore[arg-type]
