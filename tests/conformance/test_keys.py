"""semantics.md: key-1 to key-4."""

from __future__ import annotations

import base64
import pickle

import pytest

import data_sets
from dimp_fast import Code, DimError, PublicKey

UNIT = "parse_public_key"

VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
MOKI_PEM: str = VECTORS["meta.doc.moki"].input["key"]["data"]
FORMS: dict[str, str] = VECTORS["keys.ecc.forms"].input
POINT = bytes.fromhex(FORMS["130"])
ED25519_RAW = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")


def refusal(source: object) -> Code:
    with pytest.raises(DimError) as error:
        PublicKey.parse(source)  # type: ignore[arg-type]
    assert error.value.reason
    return error.value.code


@pytest.mark.parametrize("form", FORMS)
def test_key_2_spellings_of_one_ecc_key(tier: str, form: str) -> None:
    expected = bytes.fromhex(VECTORS["keys.ecc.forms"].output[form])
    for source in (FORMS[form], {"algorithm": "ECC", "data": FORMS[form]}):
        key = PublicKey.parse(source)
        assert (key.algorithm, key.bits, key.data) == ("ECC", 256, expected)


@pytest.mark.parametrize("form", ["66", "128", "130", "pem"])
def test_ecc_1_spellings_beside_the_older_generation(tier: str, form: str) -> None:
    vector = VECTORS[f"v243.ecc.form.{form}"]
    point = VECTORS["v243.ecc.form.130"].output
    # 2.4.3 refuses 33 bytes; ECC-1 reads them, and they are the same key.
    assert vector.output == ({"raises": "Error"} if form == "66" else point)
    for source in (vector.input, {"algorithm": "ECC", "data": vector.input}):
        assert PublicKey.parse(source).point.hex() == point


def test_ecc_1_raw_hex_and_bytes(tier: str) -> None:
    key = PublicKey.parse(FORMS["130"])
    assert PublicKey.parse(FORMS["130"][2:]) == key
    assert PublicKey.parse(POINT) == key
    assert PublicKey.parse(bytes.fromhex(FORMS["66"])) == key


@pytest.mark.parametrize("flag", [True, 1, 2.5, "1", "true", "YES", "on"])
def test_key_4_compressed_hashes_33_bytes(tier: str, flag: object) -> None:
    key = PublicKey.parse({"algorithm": "ECC", "data": FORMS["130"], "compressed": flag})
    assert key.data == bytes.fromhex(FORMS["66"])
    assert PublicKey.parse(key.to_dict()) == key


@pytest.mark.parametrize("flag", [False, 0, 0.0, None, "", "0", "false", "no", [], [1]])
def test_key_4_not_compressed_hashes_65_bytes(tier: str, flag: object) -> None:
    key = PublicKey.parse({"algorithm": "ECC", "data": FORMS["66"], "compressed": flag})
    assert key.data == POINT


def _rewrapped(pem: str, width: int, end: str) -> str:
    body = "".join(pem.split("\n")[1:-1])
    lines = [body[i : i + width] for i in range(0, len(body), width)]
    label = pem.split("\n")[0][len("-----BEGIN ") : -len("-----")]
    return end.join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"])


@pytest.mark.parametrize("width", [1, 60, 64, 76, 10_000])
@pytest.mark.parametrize("end", ["\n", "\r\n", "", " \t"])
@pytest.mark.parametrize("label", ["PUBLIC KEY", "RSA PUBLIC KEY"])
def test_key_2_pem_of_any_width_and_label(tier: str, width: int, end: str, label: str) -> None:
    key = PublicKey.parse(MOKI_PEM)
    spki = _rewrapped(key.to_dict()["data"], width, end)
    for pem in (_rewrapped(MOKI_PEM, width, end), spki):
        relabelled = pem.replace("PUBLIC KEY", label)
        assert PublicKey.parse(relabelled) == key
        assert PublicKey.parse(f"\r\n {relabelled} \n") == key
        assert PublicKey.parse({"algorithm": "RSA", "data": relabelled}) == key


def test_key_4_rsa_data_is_spki_whatever_the_spelling(tier: str) -> None:
    key = PublicKey.parse(MOKI_PEM)  # a PKCS#1 body under a PUBLIC KEY label
    assert key.data.hex().startswith("30819f300d06092a864886f70d010101050003818d00308189028181")
    assert (key.algorithm, key.bits) == ("RSA", 1024)
    assert PublicKey.parse(key.data) == key
    without_parameters = bytes.fromhex("30819d300b06092a864886f70d01010103818d00") + key.data[22:]
    assert PublicKey.parse(without_parameters).data == key.data


def _ssh_rsa(exponent: bytes, modulus: bytes) -> str:
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in (b"ssh-rsa", exponent, modulus))
    return f"ssh-rsa {base64.b64encode(blob).decode()}"


def test_key_2_openssh_text(tier: str) -> None:
    key = PublicKey.parse(MOKI_PEM)
    modulus = key.data[29 : 29 + 129 - 1 + 1]
    modulus = key.data[key.data.index(b"\x02\x81\x81") + 3 :][:129]
    text = _ssh_rsa(b"\x01\x00\x01", modulus)
    assert PublicKey.parse(text) == key
    assert PublicKey.parse(f"{text} moki@station\n") == key
    assert refusal(text + "\nssh-rsa AAAA") is Code.BAD_KEY
    assert refusal(_ssh_rsa(b"\x01\x00\x01", b"\0" + modulus)) is Code.BAD_KEY
    assert refusal(text[:-8]) is Code.BAD_KEY
    assert refusal("ssh-ed25519 AAAA") is Code.BAD_KEY


@pytest.mark.parametrize("algorithm", ["RSA", "SHA256withRSA", "RSA/ECB/PKCS1Padding"])
def test_key_1_rsa_names(tier: str, algorithm: str) -> None:
    assert PublicKey.parse({"algorithm": algorithm, "data": MOKI_PEM}).algorithm == "RSA"


@pytest.mark.parametrize("algorithm", ["ECC", "SHA256withECDSA"])
def test_key_1_ecc_names(tier: str, algorithm: str) -> None:
    assert PublicKey.parse({"algorithm": algorithm, "data": FORMS["66"]}).algorithm == "ECC"


@pytest.mark.parametrize("algorithm", ["rsa", "EC", "AES", "", "RSA "])
def test_key_1_other_names_are_unsupported(tier: str, algorithm: str) -> None:
    assert refusal({"algorithm": algorithm, "data": MOKI_PEM}) is Code.UNSUPPORTED


@pytest.mark.parametrize(
    "mapping",
    [{}, {"algorithm": "RSA"}, {"data": MOKI_PEM}, {"algorithm": "RSA", "data": None},
     {"algorithm": 1, "data": MOKI_PEM}, {"algorithm": "RSA", "data": b"bytes"},
     {"algorithm": "RSA", "data": ""}, {"algorithm": "ECC", "data": ""}],
)  # fmt: skip
def test_key_1_incomplete_mappings_are_bad_keys(tier: str, mapping: dict[str, object]) -> None:
    assert refusal(mapping) is Code.BAD_KEY


def test_key_1_a_key_of_another_family_is_a_bad_key(tier: str) -> None:
    with pytest.raises(DimError, match="labelled ECC, but it is a key of RSA"):
        PublicKey.parse({"algorithm": "ECC", "data": MOKI_PEM})
    assert refusal({"algorithm": "RSA", "data": FORMS["130"]}) is Code.BAD_KEY
    assert refusal({"algorithm": "ED25519", "data": MOKI_PEM}) is Code.BAD_KEY


@pytest.mark.parametrize(
    "text",
    ["", "x", "-----BEGIN PUBLIC KEY-----", MOKI_PEM.replace("PUBLIC", "PRIVATE"),
     MOKI_PEM.replace("-----BEGIN PUBLIC", "-----BEGIN RSA PUBLIC"), MOKI_PEM + MOKI_PEM,
     MOKI_PEM + "\n-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
     "".join(MOKI_PEM.split("\n")[1:-1]), MOKI_PEM.replace("MIGJ", "MIGK"),
     MOKI_PEM.replace("MIGJ", "MI!J"), MOKI_PEM.replace("=", ""), "\ufeff" + MOKI_PEM,
     "x" + MOKI_PEM, MOKI_PEM + "x", "\ud800", "04" * 64, "zz" * 33],
)  # fmt: skip
def test_key_2_anything_else_is_a_bad_key(tier: str, text: str) -> None:
    assert refusal(text) is Code.BAD_KEY
    assert refusal({"algorithm": "RSA", "data": text}) is Code.BAD_KEY


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"\x30\x00", b"\x30\x80\x00\x00", bytes(33), POINT[:-1]]
)
def test_key_3_broken_der_is_a_bad_key(tier: str, data: bytes) -> None:
    assert refusal(data) is Code.BAD_KEY


def test_key_3_der_has_nothing_after_it(tier: str) -> None:
    spki = PublicKey.parse(MOKI_PEM).data
    assert refusal(spki + b"\0") is Code.BAD_KEY
    assert refusal(spki[:-1]) is Code.BAD_KEY
    for cut in range(len(spki)):
        refusal(spki[:cut])


def test_key_3_other_algorithms_are_unsupported(tier: str) -> None:
    x25519 = bytes.fromhex("302a300506032b656e032100") + bytes(32)
    assert refusal(x25519) is Code.UNSUPPORTED
    p256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200") + POINT
    assert refusal(p256) is Code.UNSUPPORTED


def test_ed25519_1_spellings(tier: str) -> None:
    spki = bytes.fromhex("302a300506032b6570032100") + ED25519_RAW
    body = base64.b64encode(spki).decode()
    pem = f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"
    key = PublicKey.parse(spki)
    assert (key.algorithm, key.bits, key.data) == ("ED25519", 256, ED25519_RAW)
    assert PublicKey.parse(pem) == key
    for text in (pem, ED25519_RAW.hex(), ED25519_RAW.hex().upper(), base64.b64encode(ED25519_RAW)):
        data = text if isinstance(text, str) else text.decode()
        assert PublicKey.parse({"algorithm": "ED25519", "data": data}) == key
    assert refusal({"algorithm": "ED25519", "data": ED25519_RAW.hex()[2:]}) is Code.BAD_KEY
    assert refusal({"algorithm": "ED25519", "data": "00" * 32}) is Code.BAD_KEY


@pytest.mark.parametrize(
    "source", [MOKI_PEM, FORMS["66"], b"0*0\x05\x06\x03+ep\x03!\0" + ED25519_RAW]
)
def test_to_dict_parses_to_the_same_key(tier: str, source: str | bytes) -> None:
    key = PublicKey.parse(source)
    again = PublicKey.parse(key.to_dict())
    assert again == key
    assert hash(again) == hash(key)
    assert again.data == key.data
    assert pickle.loads(pickle.dumps(key)) == key
    assert str(key.bits) in repr(key)


@pytest.mark.parametrize("source", [None, 5, [MOKI_PEM]])
def test_other_types_are_misuse(tier: str, source: object) -> None:
    with pytest.raises(TypeError):
        PublicKey.parse(source)  # type: ignore[arg-type]


@pytest.mark.parametrize("maker", ["java", "python"])
def test_interop_public_keys(tier: str, maker: str) -> None:
    cases = list(data_sets.interop(maker, "key_data"))
    assert cases
    for case in cases:
        key = PublicKey.parse(case.input["public"])
        assert key.data.hex() == case.expect["public_data_hex"], case.id


@pytest.mark.parametrize("maker", ["java", "python"])
def test_interop_signatures(tier: str, maker: str) -> None:
    cases = list(data_sets.interop(maker, "verify"))
    assert len(cases) > 40
    for case in cases:
        try:
            signature = base64.b64decode(case.input["signature"], validate=True)
            key = PublicKey.parse(case.input["public"])
            found = key.verify(bytes.fromhex(case.input["data_hex"]), signature)
        except (ValueError, DimError):
            found = False
        assert found == case.expect["verify"], f"{case.id} {case.note}"


def _rsa_spki(modulus: int, exponent: int) -> bytes:
    from dimp_fast._py.keys import encode_rsa

    return encode_rsa(modulus, exponent)


@pytest.mark.parametrize(
    ("modulus", "exponent", "expected"),
    [(2**1015 + 2, 2, Code.BAD_KEY), (2**1015 + 1, 2, Code.UNSUPPORTED),
     (2**8192 + 1, 1, Code.UNSUPPORTED), (2**1023 + 1, 1, Code.BAD_KEY),
     (2**1023 + 1, 2**33 + 2, Code.BAD_KEY), (2**1023 + 1, 2**33 + 1, Code.UNSUPPORTED),
     (2**1023 + 1, 0, Code.BAD_KEY), (0, 3, Code.BAD_KEY), (1, 3, Code.UNSUPPORTED)],
)  # fmt: skip
def test_rsa_2_the_first_fault_decides(
    tier: str, modulus: int, exponent: int, expected: Code
) -> None:
    assert refusal(_rsa_spki(modulus, exponent)) is expected
