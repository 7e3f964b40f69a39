"""``dimp-fast id`` and ``dimp-fast address``: output, exit codes, files, and what stays secret."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import accounts
import pytest

from command_line import COMMAND, Done, at_terminal, call, rows, run
from dimp_fast import (
    AccountFolder,
    Code,
    Document,
    Identifier,
    Keyring,
    Meta,
    PublicKey,
    derive_addresses,
    derive_eth_addresses,
)
from dimp_fast.private_keys import PrivateKey

HULK = "hulk@4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj"
HULK_ADDRESS = HULK.partition("@")[2]
KEY = accounts.signer("ECC").public_key
PEM = "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n".format(
    accounts.b64(bytes.fromhex("3056301006072a8648ce3d020106052b8104000a034200") + KEY.point)
)


def lines(done: Done) -> list[dict[str, Any]]:
    return list(map(json.loads, done.stdout.splitlines()))


def mode(path: str | Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def secret_of(path: str | Path) -> PrivateKey:
    return PrivateKey.parse(json.loads(Path(path).read_bytes()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """An account folder as ``id new`` makes it, and what it said."""
    place = tmp_path_factory.mktemp("new") / "dim"
    done = run("id", "new", "--seed", "alice", "--name", "爱丽丝", "--accounts", place, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    return place, json.loads(done.stdout)


# id new


def test_new_writes_an_account_as_stations_keep_it(folder: tuple[Path, dict[str, Any]]) -> None:
    place, row = folder
    private, public = (place / kind / row["address"] for kind in ("private", "public"))
    assert row["files"] == {
        "private_key": str(private / "secret.js"),
        "visa_key": str(private / "secret_keys.js"),
        "meta": str(public / "meta.js"),
        "visa": str(public / "documents.js"),
    }
    assert {mode(private / name) for name in os.listdir(private)} == {0o600}
    assert mode(private) == mode(place / "private") == 0o700
    identifier = Identifier.parse(row["id"])
    assert (row["name"], row["number"], row["number_text"]) == (
        "alice", identifier.number, identifier.number_text,
    )  # fmt: skip
    key = secret_of(private / "secret.js")
    meta = Meta.parse((public / "meta.js").read_bytes())
    assert meta.matches(identifier)
    assert meta.key == key.public_key
    assert meta.to_dict() == row["meta"]
    [mapping] = json.loads((private / "secret_keys.js").read_bytes())
    visa_key = PrivateKey.parse(mapping)
    assert (visa_key.algorithm, visa_key.bits) == ("RSA", 2048)
    assert visa_key != key
    _, [document] = AccountFolder(place)(row["address"]) or (None, [])
    visa = Document.parse(document)
    assert visa.verify(key.public_key)
    assert (visa.type, visa.key, visa.properties["name"]) == (
        "visa", visa_key.public_key, "爱丽丝",
    )  # fmt: skip
    assert row["documents"] == [visa.to_dict()]


def test_a_message_by_a_new_account_verifies(folder: tuple[Path, dict[str, Any]]) -> None:
    place, row = folder
    data = b"ciphertext"
    for file in ("private_key", "visa_key"):
        mapping = json.loads(Path(row["files"][file]).read_bytes())
        key = PrivateKey.parse(mapping if isinstance(mapping, dict) else mapping[0])
        for signed, code in ((data, 0), (b"other", 1)):
            message = {
                "sender": row["id"], "receiver": HULK, "time": 1, "type": 1,
                "data": accounts.b64(data), "signature": accounts.b64(key.sign(signed)),
            }  # fmt: skip
            done = call("verify", "--accounts", place, stdin=json.dumps(message).encode())
            assert done.returncode == code, done.stdout


def test_new_accounts_join_those_that_are_there(tmp_path: Path) -> None:
    place = tmp_path / "a" / "b"
    (place / "sessions").mkdir(parents=True)  # a station keeps more there
    made = []
    for arguments in (
        ("--seed", "s1", "--network", "station"),
        ("--type", "btc"),
        (),
        ("--seed", "g1", "--network", "group", "--name", "Gruppe"),
        ("--seed", "g2", "--network", "group"),
        ("--seed", "e1", "--algorithm", "ED25519"),
        ("--seed", "r1", "--algorithm", "RSA", "--bits", "1024"),
    ):
        done = call("id", "new", *arguments, "--accounts", place, "--json")
        assert done.returncode == 0, done.stderr
        made.append(json.loads(done.stdout))
    assert [row["kind"] for row in made] == [
        "station", "user", "user", "group", "group", "user", "user",
    ]  # fmt: skip
    assert [row["meta"]["type"] for row in made] == [1, 2, 4, 1, 1, 1, 1]
    assert [[document["type"] for document in row["documents"]] for row in made] == [
        ["visa"], ["visa"], ["visa"], ["bulletin"], [], ["visa"], ["visa"],
    ]  # fmt: skip
    assert ["visa_key" in row["files"] for row in made] == [True, True, True, False, False, True,
                                                            True]  # fmt: skip
    assert (made[6]["algorithm"], made[6]["bits"]) == ("RSA", 1024)
    report = Keyring().load(place)
    assert (report.accounts, report.documents, report.refused) == (7, 6, [])
    done = call("id", "check", "--accounts", place, "--json")
    assert done.returncode == 0, done.stdout
    found, summary = rows(done)
    assert {row["id"] for row in found} == {row["id"] for row in made}
    assert (summary["total"], summary["documents"]["accepted"]) == (7, 6)


def test_new_beside_a_key_file(tmp_path: Path) -> None:
    out = tmp_path / "keys" / "alice.json"
    done = call("id", "new", "--seed", "alice", "--out", out)
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    assert text.startswith("ID ")
    assert sorted(os.listdir(out.parent)) == ["alice.json", "alice.meta.json"]
    assert (mode(out), mode(out.parent)) == (0o600, 0o700)
    identifier = text.splitlines()[0].split()[1]
    meta = Meta.parse((tmp_path / "keys/alice.meta.json").read_bytes())
    assert meta.matches(identifier)
    assert meta.key == secret_of(out).public_key
    assert Identifier.parse(identifier).number_text in text
    assert str(out) in text
    done = call("id", "check", "--meta", tmp_path / "keys/alice.meta.json", identifier)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("wish", [("--visa",), ("--name", "Bob")])
def test_new_beside_a_key_file_with_a_visa(tmp_path: Path, wish: tuple[str, ...]) -> None:
    done = call("id", "new", *wish, "--out", tmp_path / "bob")
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(tmp_path)) == ["bob", "bob.meta", "bob.visa", "bob.visa-key"]
    assert mode(tmp_path / "bob") == mode(tmp_path / "bob.visa-key") == 0o600
    visa = Document.parse((tmp_path / "bob.visa").read_bytes())
    assert visa.verify(secret_of(tmp_path / "bob").public_key)
    assert visa.key == secret_of(tmp_path / "bob.visa-key").public_key
    assert visa.properties.get("name") == (wish[1] if len(wish) > 1 else None)


def test_new_never_shows_a_secret_unless_asked(tmp_path: Path) -> None:
    for number, more in enumerate(((), ("--json",))):
        out = tmp_path / f"key{number}"
        done = run("id", "new", "--seed", "alice", "--visa", "--out", out, *more)
        shown = done.stdout + done.stderr
        for path in (out, out.with_suffix(".visa-key")):
            data = json.loads(path.read_bytes())["data"]
            assert not any(
                line.encode() in shown for line in data.splitlines() if not line.startswith("-----")
            )
        assert b"PRIVATE" not in shown
    done = run("id", "new", "--out", tmp_path / "text", "--print-secret")
    mapping = json.loads(done.stdout.decode().splitlines()[-1].removeprefix("private key"))
    assert PrivateKey.parse(mapping) == secret_of(tmp_path / "text")
    done = run("id", "new", "--out", tmp_path / "json", "--print-secret", "--json")
    assert PrivateKey.parse(json.loads(done.stdout)["secret"]) == secret_of(tmp_path / "json")


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_new_is_private_under_any_umask(tmp_path: Path, umask: int) -> None:
    command = [*COMMAND, "id", "new", "--visa", "--out", tmp_path / "a" / "b" / "key"]
    done = subprocess.run(command, capture_output=True, check=False, umask=umask)
    assert done.returncode == 0, done.stderr
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700
    assert mode(tmp_path / "a" / "b" / "key") == mode(tmp_path / "a/b/key.visa-key") == 0o600


@pytest.mark.parametrize("there", ["key", "key.meta", "key.visa", "key.visa-key"])
@pytest.mark.parametrize("kind", ["file", "link", "dangling"])
def test_new_overwrites_nothing_and_follows_no_link(tmp_path: Path, there: str, kind: str) -> None:
    place = tmp_path / "place"
    place.mkdir()
    target = tmp_path / "target"
    if kind == "file":
        (place / there).write_text("precious")
    else:
        if kind == "link":
            target.write_text("precious")
        (place / there).symlink_to(target)
    done = call("id", "new", "--visa", "--out", place / "key")
    assert done.returncode == 2
    assert b"File exists" in done.stderr
    assert done.stdout == b""
    assert os.listdir(place) == [there]  # what was written before that is gone
    if kind == "dangling":
        assert not target.exists()
    else:
        assert (place / there).read_text() == "precious"


def test_new_puts_no_secret_between_public_folders(
    tmp_path: Path, folder: tuple[Path, dict[str, Any]]
) -> None:
    public = tmp_path / "served"
    public.symlink_to(folder[0] / "public")
    before = os.listdir(public)
    done = call("id", "new", "--accounts", public)
    assert done.returncode == 2
    assert b"without a folder public/" in done.stderr
    assert os.listdir(public) == before


def test_new_leaves_no_key_of_an_account_that_could_not_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "dim"
    (place / "public").mkdir(parents=True)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dimp_fast.accounts._replace", fail)
    done = call("id", "new", "--accounts", place)
    assert done.returncode == 2
    assert b"No space left" in done.stderr
    assert [path for path in place.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "arguments",
    [("--seed", "a@b"), ("--seed", "a/b"), ("--seed", ""), ("--seed", "a b"), ("--seed", "x" * 128),
     ("--seed", b"\xff\xfe"), ("--type", "mkm"), ("--type", "btc", "--seed", "alice"),
     ("--type", "eth", "--network", "1"), ("--type", "eth", "--algorithm", "RSA"),
     ("--network", "256"), ("--network", "x"), ("--network", "9" * 5000), ("--bits", "2048"),
     ("--algorithm", "RSA", "--seed", "alice", "--bits", "512"), ("--algorithm", "DSA"),
     ("--seed", "gg", "--network", "group", "--visa"), ("--name", b"\xff")],
)  # fmt: skip
def test_new_makes_nothing_of_what_cannot_be(
    tmp_path: Path, arguments: tuple[str | bytes, ...]
) -> None:
    done = call("id", "new", *arguments, "--out", tmp_path / "key")
    assert done.returncode == 2
    assert done.stderr
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "arguments",
    [(), ("--out", "a", "--accounts", "b"), ("--out", "-"), ("--out", "/dev/null/key"),
     ("--accounts", "/dev/null")],
)  # fmt: skip
def test_new_wants_one_place_to_write_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    done = call("id", "new", *arguments)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "warning"),
    [(("--seed", "李明"), "white paper"), (("--seed", "x"), "white paper"),
     (("--type", "btc", "--network", "2"), "without a name"),
     (("--seed", "old", "--network", "0x89"), "broadcast"),
     (("--type", "btc", "--algorithm", "RSA", "--bits", "1024"), "differ"),
     (("--seed", "ed", "--algorithm", "ED25519"), "ED25519")],
)  # fmt: skip
def test_new_warns_of_what_others_do_not_understand(
    tmp_path: Path, arguments: tuple[str, ...], warning: str
) -> None:
    done = call("id", "new", *arguments, "--out", tmp_path / "key", "--json")
    assert done.returncode == 0, done.stderr
    assert warning in done.stderr.decode()
    row = json.loads(done.stdout)
    meta = Meta.parse(row["meta"])
    assert meta.matches(row["id"])


# id show


def test_show_takes_ids_apart() -> None:
    done = run("id", "show", f"{HULK}/phone", "gsp@everywhere", HULK_ADDRESS, "--json")
    assert done.returncode == 0, done.stderr
    hulk, gsp, nameless = lines(done)
    assert hulk == {
        "source": None, "line": 1, "verdict": "OK", "reason": "", "text": f"{HULK}/phone",
        "id": f"{HULK}/phone", "name": "hulk", "address": HULK_ADDRESS, "terminal": "phone",
        "network": 8, "type": 0, "kind": "user", "number": 2729727604,
        "number_text": "272-972-7604", "number_le": 1951839394, "broadcast": False,
    }  # fmt: skip
    assert (gsp["network"], gsp["kind"], gsp["broadcast"]) == (129, "every", True)
    assert (nameless["name"], nameless["terminal"]) == (None, None)


def test_show_from_files_and_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "ids.txt"
    path.write_text(f"\n{HULK}\r\nnonsense\n")
    done = call("id", "show", "moky@anywhere", path, "-", "x", "--json", stdin=HULK.encode())
    assert done.returncode == 1
    found = [(row["source"], row["line"], row["verdict"]) for row in lines(done)]
    assert found == [
        (None, 1, "OK"), (str(path), 2, "OK"), (str(path), 3, "BAD_ADDRESS"), ("-", 1, "OK"),
        (None, 4, "BAD_ADDRESS"),
    ]  # fmt: skip
    assert lines(call("id", "show", "--json", stdin=HULK.encode()))[0]["id"] == HULK


def test_an_id_is_no_file_even_where_one_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "anywhere").write_text(HULK)
    for argument, name in (("anywhere", None), ("./anywhere", "hulk")):
        done = call("id", "show", argument, "--json")
        assert json.loads(done.stdout)["name"] == name


def test_show_as_text_says_what_it_refused_on_standard_error() -> None:
    done = call("id", "show", HULK, "foo@bar")
    assert done.returncode == 1
    head, row = done.stdout.decode().splitlines()
    assert head.split()[:3] == ["name", "address", "terminal"]
    assert row.split()[:3] == ["hulk", HULK_ADDRESS, "-"]
    assert done.stderr.decode() == (
        "argument 2: BAD_ADDRESS ID: not an ID: 'foo@bar', nor a file\n"
    )


def test_show_aligns_wide_characters() -> None:
    from rich.cells import cell_len

    ids = (f"李明@{HULK_ADDRESS}", f"hulk@{HULK_ADDRESS}/電話", "moky@anywhere")
    text = call("id", "show", *ids).stdout.decode()
    found = text.splitlines()
    kinds = ("kind", "user", "user", "any")
    starts = {
        cell_len(line[: line.index(f" {kind} ")]) for line, kind in zip(found, kinds, strict=True)
    }
    assert len(starts) == 1


def test_show_fits_into_a_terminal() -> None:
    identifier = f"李明@{HULK_ADDRESS}/[bold]"
    wide = at_terminal("id", "show", identifier, terminals=(1,), columns=200)
    assert len(wide.stdout.decode().split("\r\n")) == 3  # a head, a row, the end
    narrow = at_terminal("id", "show", identifier, terminals=(1,), columns=80).stdout.decode()
    fields = dict(line.split(None, 1) for line in narrow.split("\r\n") if line)
    assert (fields["address"], fields["terminal"]) == (HULK_ADDRESS, "[bold]")


def test_ids_cannot_steer_a_terminal() -> None:
    evil = f"a\u202eb\u200f@{HULK_ADDRESS}"
    done = call("id", "show", evil, "\x1b[31m")
    assert rb"a\u202eb\u200f" in done.stdout
    for stream in (done.stdout, done.stderr):
        assert all(line.isprintable() for line in stream.decode().splitlines())
    assert lines(call("id", "show", evil, "--json"))[0]["id"] == evil


# id check


def pair(account: accounts.Account, **fields: object) -> dict[str, Any]:
    return {"id": account.id, "meta": account.meta, **fields}


ALICE, BOB = accounts.account("ECC", "alice"), accounts.account("RSA", "bob")


def test_check_judges_pairs(tmp_path: Path) -> None:
    forged = {**ALICE.meta, "fingerprint": BOB.meta["fingerprint"]}
    given: list[object] = [
        pair(ALICE),
        pair(BOB, meta=ALICE.meta),
        pair(BOB),
        pair(BOB, meta={**forged, "seed": "bob"}),
        pair(ALICE, id="nobody"),
        pair(ALICE, id=7),
        pair(ALICE, meta=None),
        [],
        pair(accounts.account("ED25519", None, 2)),
        pair(ALICE, id="\udcff"),
    ]
    text = b"\n\n".join(json.dumps(row).encode() for row in given) + b"\n\xff\n{\n" + b"[" * 5000
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(text)
    verdicts = [
        "OK", "MISMATCH", "OK", "BAD_SIGNATURE_ENCODING", "BAD_ADDRESS", "MALFORMED", "MALFORMED",
        "MALFORMED", "OK", "BAD_ADDRESS", "MALFORMED", "MALFORMED", "TOO_LARGE",
    ]  # fmt: skip
    for arguments, stdin, source in (((path,), b"", str(path)), ((), text, "-")):
        done = run("id", "check", *arguments, "--json", stdin=stdin)
        assert done.returncode == 1, done.stderr
        assert done.stderr == b""
        found, summary = rows(done)
        assert [row["verdict"] for row in found] == verdicts
        assert [row["line"] for row in found] == [*range(1, 21, 2), 20, 21, 22]
        assert {row["source"] for row in found} == {source}
        assert all(bool(row["reason"]) == (row["verdict"] != "OK") for row in found)
        assert (found[0]["id"], found[5]["id"]) == (ALICE.id, None)
        assert (summary["total"], summary["accepted"]) == (13, 3)
        assert summary["refused"]["MALFORMED"] == 5
        assert summary["backend"] in ("rust", "cython", "python")


def test_check_as_text(tmp_path: Path) -> None:
    text = b"\n".join(json.dumps(pair(BOB, meta=one.meta)).encode() for one in (BOB, ALICE))
    done = call("id", "check", stdin=text)
    assert done.returncode == 1
    first, second, summary, refused, _ = done.stdout.decode().splitlines()
    assert first.split() == ["-:1:", "OK", BOB.id]
    assert second.startswith(f"-:2: MISMATCH               {BOB.id}  (")
    assert (summary, refused.split()) == ("2 pairs, 1 accepted", ["MISMATCH", "1"])
    assert b":1: OK" not in call("id", "check", "--refused", stdin=text).stdout
    assert b":2:" not in call("id", "check", "--quiet", stdin=text).stdout
    assert call("id", "check", "--quiet", stdin=text.splitlines()[0]).returncode == 0


def test_check_one_meta_against_ids(tmp_path: Path) -> None:
    path = tmp_path / "meta.js"
    path.write_text(json.dumps(ALICE.meta, indent=2))
    done = call("id", "check", "--meta", path, ALICE.id, f"{ALICE.id}/phone", "--json")
    assert done.returncode == 0, done.stdout
    assert [row["line"] for row in rows(done)[0]] == [1, 2]
    done = call("id", "check", "--meta", path, BOB.id, "-", "--json", stdin=ALICE.id.encode())
    assert [row["verdict"] for row in rows(done)[0]] == ["MISMATCH", "OK"]
    assert b"nor a file" not in done.stdout, "what is an ID is not looked for as a file"
    assert done.returncode == 1
    assert b"nor a file" in call("id", "check", "--meta", path, "nope").stdout
    for content, verdict in ((b"{", "MALFORMED"), (b"{}", "MALFORMED"), (b"[" * 99, "MALFORMED")):
        path.write_bytes(content)
        done = call("id", "check", "--meta", path, ALICE.id, "--json")
        assert [row["verdict"] for row in rows(done)[0]] == [verdict]


def test_check_a_folder_account_by_account(tmp_path: Path) -> None:
    store = AccountFolder(tmp_path / "dim", create=True)
    for one in (ALICE, BOB):
        assert store.save_meta(one.id, one.meta) is Code.OK
        assert store.save_document(one.document()) is Code.OK
    public = tmp_path / "dim" / "public"
    impostor = accounts.account("ECC", "carol", number=1)
    (public / impostor.address).mkdir()
    (public / impostor.address / "meta.js").write_text(json.dumps(ALICE.meta))
    (public / "nonsense\x1b").mkdir()
    (public / "nonsense\x1b" / "meta.js").write_text(json.dumps(ALICE.meta))
    large = accounts.account("ECC", None, 4)
    (public / large.address).mkdir()
    (public / large.address / "meta.js").write_bytes(b" " * (4 * 1024 * 1024 + 1))
    documents = [ALICE.document(), BOB.document(), {**BOB.document(), "signature": "AAAA"}]
    (public / BOB.address / "documents.js").write_text(json.dumps(documents))
    done = call("id", "check", "--accounts", tmp_path / "dim", "--json")
    assert done.returncode == 1
    found, summary = rows(done)
    judged = {row["source"]: row for row in found}
    assert judged[str(public / ALICE.address)]["id"] == ALICE.id
    assert [
        (judged[str(public / name)]["verdict"], judged[str(public / name)]["id"])
        for name in (BOB.address, impostor.address, "nonsense\x1b", large.address)
    ] == [("OK", BOB.id), ("MISMATCH", None), ("BAD_ADDRESS", None), ("TOO_LARGE", None)]
    of_bob = [document["verdict"] for document in judged[str(public / BOB.address)]["documents"]]
    assert of_bob == ["MISMATCH", "OK", "BAD_SIGNATURE"]
    assert summary["refused"] == {"MISMATCH": 1, "BAD_ADDRESS": 1, "TOO_LARGE": 1}
    assert summary["documents"] == {
        "total": 4, "accepted": 2, "refused": {"MISMATCH": 1, "BAD_SIGNATURE": 1},
    }  # fmt: skip
    text = call("id", "check", "--accounts", tmp_path / "dim", "--refused").stdout.decode()
    assert f"{public / BOB.address}: document 1: MISMATCH " in text
    assert rf"{public}/nonsense\x1b: BAD_ADDRESS" in text
    assert f"{ALICE.address}: OK" not in text
    assert "5 accounts, 2 accepted" in text


def test_check_is_not_fine_when_only_a_document_is_wrong(tmp_path: Path) -> None:
    store = AccountFolder(tmp_path, create=True)
    assert store.save_meta(ALICE.id, ALICE.meta) is Code.OK
    (tmp_path / "public" / ALICE.address / "documents.js").write_text("[{}]")
    assert call("id", "check", "--accounts", tmp_path).returncode == 1


# address


def test_derive_from_hex() -> None:
    fingerprint = bytes(range(70))
    for network, number in (("0", 0), ("station", 2), ("0x88", 0x88), ("GROUP", 1)):
        done = run("address", "derive", fingerprint.hex(), "--network", network)
        assert done.returncode == 0, done.stderr
        assert done.stdout.decode() == derive_addresses([fingerprint], number)[0] + "\n"


@pytest.mark.parametrize(
    "content",
    [PEM, PEM.replace("\n", "\r\n"), json.dumps(KEY.to_dict()), json.dumps(KEY.to_dict(), indent=1),
     KEY.point.hex(), f"\n{KEY.point.hex().upper()}\r\n"],
)  # fmt: skip
def test_derive_from_key_files(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.write_text(content, newline="")
    for given, stdin in ((path, b""), ("-", content.encode())):
        done = call("address", "derive", given, "--eth", stdin=stdin)
        assert done.stdout.decode() == derive_eth_addresses([KEY])[0] + "\n", done.stderr
        done = call("address", "derive", given, "--network", "8", stdin=stdin)
        assert done.stdout.decode() == derive_addresses([KEY.data], 8)[0] + "\n", done.stderr


def test_derive_takes_hex_for_a_key_when_told() -> None:
    point = KEY.point
    compressed = bytes((2 + point[64] % 2,)) + point[1:33]
    for text in (compressed.hex(), point[1:].hex()):
        as_bytes = call("address", "derive", text).stdout.decode().strip()
        as_key = call("address", "derive", "--key", text).stdout.decode().strip()
        assert as_bytes == derive_addresses([bytes.fromhex(text)])[0]
        assert as_key == derive_addresses([KEY.data])[0]
        assert (
            call("address", "derive", "--eth", text).stdout.decode().strip()
            == (derive_eth_addresses([KEY])[0])
        )


def test_derive_says_what_has_no_address(tmp_path: Path) -> None:
    rsa = accounts.signer("RSA").public_key.to_dict()
    given = [
        KEY.point.hex(), "xyz", "abc", json.dumps(rsa),
        json.dumps({**KEY.to_dict(), "compressed": 1}), "{", "[]", "04" + "00" * 64, "é" * 5,
    ]  # fmt: skip
    text = "\n".join(given).encode() + b"\n\xff\n" + b"a" * 70_000
    done = call("address", "derive", "--eth", "--json", stdin=text)
    assert done.returncode == 1
    found = lines(done)
    assert [row["verdict"] for row in found] == [
        "OK", "BAD_KEY", "BAD_KEY", "BAD_KEY", "BAD_KEY", "MALFORMED", "BAD_KEY", "BAD_KEY",
        "BAD_KEY", "BAD_ENCODING", "TOO_LARGE",
    ]  # fmt: skip
    assert found[0]["address"] == derive_eth_addresses([KEY])[0]
    assert all("address" not in row for row in found[1:])
    done = call("address", "derive", "abc", "abcd")
    assert done.returncode == 1
    assert done.stdout.decode() == derive_addresses([b"\xab\xcd"])[0] + "\n"
    assert done.stderr.decode() == "argument 1: BAD_ENCODING fingerprint: not hex, nor a file\n"
    assert call("address", "derive", "--eth", "--network", "1", "aa").returncode == 2


def test_derive_does_not_repeat_a_private_key(tmp_path: Path) -> None:
    assert call("id", "new", "--out", tmp_path / "key").returncode == 0
    mapping = json.loads((tmp_path / "key").read_bytes())
    (tmp_path / "pem").write_text(mapping["data"])
    for name in ("key", "pem"):
        for more in ((), ("--json",)):
            done = call("address", "derive", "--eth", tmp_path / name, *more)
            assert done.returncode == 1
            shown = (done.stdout + done.stderr).decode()
            assert "BAD_KEY" in shown
            assert not any(line in shown for line in mapping["data"].splitlines()[1:-1])


def test_check_addresses(tmp_path: Path) -> None:
    eth = derive_eth_addresses([KEY])[0]
    path = tmp_path / "addresses.txt"
    given = [HULK_ADDRESS, eth.lower(), "ANYWHERE", HULK_ADDRESS[:-1], eth.swapcase(), HULK]
    path.write_bytes("\n".join(given).encode() + b"\r\n\n\xff\xfe\n" + b"x" * 5000)
    done = run("address", "check", path, "--json")
    assert done.returncode == 1, done.stderr
    found, summary = rows(done)
    assert found[0] == {
        "source": str(path), "line": 1, "verdict": "OK", "reason": "", "text": HULK_ADDRESS,
        "address": HULK_ADDRESS, "network": 8, "type": 0, "kind": "user", "number": 2729727604,
        "number_text": "272-972-7604", "number_le": 1951839394, "broadcast": False,
    }  # fmt: skip
    assert [row["verdict"] for row in found] == [
        "OK", "OK", "OK", "BAD_ADDRESS", "BAD_ADDRESS", "BAD_ADDRESS", "BAD_ENCODING", "TOO_LARGE",
    ]  # fmt: skip
    assert [row["address"] for row in found[1:3]] == [eth, "anywhere"]
    assert [row["line"] for row in found] == [1, 2, 3, 4, 5, 6, 8, 9]
    assert (summary["total"], summary["accepted"]) == (8, 3)
    text = run("address", "check", "--refused", path).stdout.decode()
    assert f"{path}:1:" not in text
    assert f"{path}:4: BAD_ADDRESS" in text
    assert "8 addresses, 3 accepted" in text
    assert run("address", "check", HULK_ADDRESS, "--quiet").returncode == 0


def test_check_addresses_in_flat_memory(tmp_path: Path) -> None:
    """Ten times the input may not take noticeably more memory."""
    addresses = derive_addresses([number.to_bytes(4, "big") for number in range(20_000)])
    code = (
        "import resource, sys; from dimp_fast.cli import main; code = main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(code)"
    )
    peaks = []
    for times in (1, 10):
        path = tmp_path / f"{times}.txt"
        path.write_text("\n".join(addresses * times))
        command = [sys.executable, "-c", code, "address", "check", str(path), "--quiet"]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        assert f"{20_000 * times} addresses".encode() in done.stdout
        peaks.append(int(done.stderr.split()[-1]))
    assert peaks[1] < peaks[0] * 1.25, peaks


# All of them


@pytest.mark.parametrize(
    "command",
    [("id",), ("id", "new"), ("id", "show"), ("id", "check"), ("address",), ("address", "derive"),
     ("address", "check")],
)  # fmt: skip
def test_help_shows_an_example(command: tuple[str, ...]) -> None:
    done = call(*command, "--help")
    assert done.returncode == 0
    assert b"example:\n  dimp-fast " in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [("id",), ("address",), ("id", "nonsense"), ("id", "check", "nowhere"),
     ("id", "check", "--accounts", "nowhere"), ("id", "check", "--accounts", "/", "x"),
     ("id", "check", "--accounts", "/"), ("id", "check", "--meta", "nowhere", HULK),
     ("id", "check", "--meta", "/dev/null"), ("id", "check", "--meta", "/dev/zero", HULK),
     ("id", "show", "/"), ("id", "show", "--threads", "0", HULK), ("address", "check", "/"),
     ("address", "derive", "/"), ("address", "derive", "--network", "-1", "aa")],
)  # fmt: skip
def test_usage_and_unreadable_input_exit_with_2(arguments: tuple[str, ...]) -> None:
    done = call(*arguments)
    assert done.returncode == 2
    assert done.stderr
    assert b"Traceback" not in done.stderr


READERS = [("id", "show"), ("id", "check"), ("address", "derive"), ("address", "check")]


@pytest.mark.parametrize("command", READERS)
def test_odd_input_is_refused_and_no_crash(command: tuple[str, ...]) -> None:
    odd = os.urandom(5000) + b"\n\0\n" + b"x" * (17 * 1024 * 1024) + b"\n{" + b"[" * 5000 + b"\n"
    done = run(*command, "--json", stdin=odd)
    assert done.returncode == 1, done.stderr
    assert done.stderr == b""
    found = [row for row in lines(done) if "summary" not in row]
    assert found
    assert all(row["verdict"] != "OK" and row["reason"] for row in found)


@pytest.mark.parametrize("command", READERS)
def test_empty_input_is_fine(command: tuple[str, ...]) -> None:
    done = call(*command, "--json", stdin=b"\n \n")
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""


@pytest.mark.parametrize("command", READERS)
def test_a_reader_that_leaves_is_no_crash(command: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"ab\n" * 20_000)
    reader, writer = os.pipe()
    os.close(reader)
    with path.open("rb") as file:
        done = subprocess.run(
            [*COMMAND, *command, "--json"], stdin=file, stdout=writer, stderr=subprocess.PIPE,
            check=False,
        )  # fmt: skip
    os.close(writer)
    assert done.returncode == 2
    assert done.stderr == b""


@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize("descriptor", [0, 1])
def test_a_closed_standard_stream_is_no_crash(command: tuple[str, ...], descriptor: int) -> None:
    shell = f'exec "$@" {descriptor}<&-'
    done = subprocess.run(
        ["sh", "-c", shell, "sh", *COMMAND, *command],
        input=None if descriptor == 0 else b"ab\n",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    name = "input" if descriptor == 0 else "output"
    assert done.stderr.decode() == f"dimp-fast: standard {name} is closed\n"


def test_a_bar_shows_on_a_terminal_and_never_between_rows(tmp_path: Path) -> None:
    path = tmp_path / "addresses"
    path.write_text(f"{HULK_ADDRESS}\n" * 5000)
    done = at_terminal("address", "check", path, "--json", terminals=(2,))
    assert len(done.stdout.splitlines()) == 5001
    assert b"5000 addresses" in done.stderr
    done = at_terminal("address", "check", path, "--quiet", terminals=(1, 2))
    assert b"5000 addresses, 5000 accepted" in done.stderr
    assert "━".encode() in done.stderr
    done = at_terminal("address", "check", path, terminals=(1, 2))
    assert "━".encode() not in done.stderr
    store = AccountFolder(tmp_path / "dim", create=True)
    assert store.save_meta(ALICE.id, ALICE.meta) is Code.OK
    done = at_terminal("id", "check", "--accounts", tmp_path / "dim", "--json", terminals=(2,))
    assert b"1 of 1 accounts" in done.stderr
    assert rows(done)[1]["accepted"] == 1


def test_public_keys_of_new_ids_are_read_by_derive(tmp_path: Path) -> None:
    done = call("id", "new", "--out", tmp_path / "key", "--json")
    row = json.loads(done.stdout)
    mapping = json.dumps(row["meta"]["key"])
    assert PublicKey.parse(row["meta"]["key"]) == secret_of(tmp_path / "key").public_key
    assert call("address", "derive", "--eth", mapping).stdout.decode().strip() == row["address"]
