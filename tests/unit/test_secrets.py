"""Keys with a secret in them keep it to themselves (semantics.md#key-11)."""

from __future__ import annotations

import base64
import copy
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from dimp_fast import Code, DimError
from dimp_fast._py import der
from dimp_fast.private_keys import PrivateKey
from dimp_fast.symmetric import SymmetricKey

Key = PrivateKey | SymmetricKey

SEED = bytes(range(1, 33))
PASSWORD = "correct horse battery"
KEYS: dict[str, Key] = {
    "RSA": PrivateKey.generate("RSA", bits=1024),
    "ECC": PrivateKey.parse(SEED.hex()),
    "ED25519": PrivateKey.parse({"algorithm": "ED25519", "data": SEED.hex()}),
    "AES": SymmetricKey.parse({"algorithm": "AES", "data": base64.b64encode(SEED).decode()}),
    "password": SymmetricKey.from_password(PASSWORD),
}


def secret_of(key: Key) -> bytes:
    text: str = key.to_dict(secret=True)["data"]
    if text.startswith("-----BEGIN"):
        return base64.b64decode("".join(text.split("\n")[1:-1]))
    return bytes.fromhex(text) if isinstance(key, PrivateKey) else base64.b64decode(text)


def spellings(secret: bytes | str) -> set[str]:
    """Twelve characters of a secret, from anywhere in it, in any form that a text could have."""
    data = secret.encode() if isinstance(secret, str) else secret
    forms = [data.hex(), repr(data)[2:-1], str(list(data)), data.decode("latin-1")]
    forms += [base64.b64encode(data[start:]).decode() for start in range(3)]
    forms.append(str(int.from_bytes(data, "big")))
    return {form[at : at + 12] for form in forms for at in range(len(form) - 11)}


def says(text: str, secret: bytes | str) -> bool:
    return any(piece in text for piece in spellings(secret))


def test_the_search_finds_what_it_looks_for() -> None:
    for form in (SEED.hex(), repr(SEED), f"key: {base64.b64encode(SEED).decode()}"):
        assert says(form, SEED)
    assert says(f"no {PASSWORD}", PASSWORD)
    assert not says("<PrivateKey ECC, 256 bits>", SEED)


@pytest.mark.parametrize("name", KEYS)
def test_no_text_of_a_key_says_its_secret(name: str) -> None:
    key = KEYS[name]
    for text in (repr(key), str(key), f"{key}", f"{[key]}", f"{key!a}"):
        assert text.strip("[]") == f"<{type(key).__name__} {key.algorithm}, {key.bits} bits>"
        assert not says(text, secret_of(key))
    assert not hasattr(key, "__dict__")


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_key_is_not_pickled(name: str, protocol: int) -> None:
    with pytest.raises(TypeError, match="is not pickled, for it is secret"):
        pickle.dumps([KEYS[name]], protocol)


@pytest.mark.parametrize("name", KEYS)
def test_a_copy_of_a_key_is_the_key(name: str) -> None:
    key = KEYS[name]
    assert copy.copy(key) is key
    assert copy.deepcopy({"key": [key]})["key"][0] is key


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("secret", [False, None, 1, "yes"])
def test_a_mapping_has_to_be_asked_for(name: str, secret: Any) -> None:
    with pytest.raises(ValueError, match=r"say to_dict\(secret=True\)"):
        KEYS[name].to_dict(secret=secret)
    with pytest.raises(ValueError, match=r"say to_dict\(secret=True\)"):
        KEYS[name].to_dict()


def broken_sources() -> Iterator[tuple[str, Callable[[], object]]]:
    """What fails with a secret in its hands."""
    hexadecimal, encoded = SEED.hex(), base64.b64encode(SEED).decode()
    pem: str = KEYS["RSA"].to_dict(secret=True)["data"]
    sec1: str = KEYS["ECC"].to_dict(secret=True)["data"]
    lines = pem.split("\n")
    yield "hex too long", lambda: PrivateKey.parse(hexadecimal + "0")
    yield "bare base64", lambda: PrivateKey.parse(encoded)
    yield "bare bytes", lambda: PrivateKey.parse(SEED)
    yield "another family", lambda: PrivateKey.parse({"algorithm": "RSA", "data": hexadecimal})
    yield "unknown family", lambda: PrivateKey.parse({"algorithm": "XYZ", "data": hexadecimal})
    yield "no family", lambda: PrivateKey.parse({"data": hexadecimal})
    yield "a line less", lambda: PrivateKey.parse("\n".join(lines[:5] + lines[6:]))
    yield "lines in turn", lambda: PrivateKey.parse("\n".join([lines[0], *lines[-2:0:-1]]))
    yield (
        "two lines changed",
        lambda: PrivateKey.parse("\n".join([*lines[:7], lines[8], lines[7], *lines[9:]])),
    )
    yield "a surrogate", lambda: PrivateKey.parse(sec1.replace("\n", "\ud800"))
    yield (
        "too long a seed",
        lambda: PrivateKey.parse({"algorithm": "ED25519", "data": hexadecimal + hexadecimal}),
    )
    yield "AES of hex", lambda: SymmetricKey.parse({"algorithm": "AES", "data": hexadecimal})
    yield "AES cut", lambda: SymmetricKey.parse({"algorithm": "AES", "data": encoded[:-4]})
    yield "AES iv", lambda: SymmetricKey.parse({"algorithm": "AES", "data": encoded, "iv": "x"})
    yield (
        "passphrase",
        lambda: SymmetricKey.parse({"algorithm": "AES", "passphrase": PASSWORD + "\ud800"}),
    )
    yield (
        "long passphrase",
        lambda: SymmetricKey.parse({"algorithm": "AES", "passphrase": PASSWORD * 2}),
    )
    yield "password", lambda: SymmetricKey.from_password(PASSWORD + "\ud800")
    yield "encrypting", lambda: KEYS["AES"].encrypt(b"plaintext")  # type: ignore[union-attr]
    yield "decrypting", lambda: KEYS["ECC"].decrypt(b"ciphertext")


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__context__


@pytest.mark.parametrize(("name", "operation"), list(broken_sources()))
def test_no_error_says_a_secret(name: str, operation: Callable[[], object]) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        operation()
    printed = "".join(traceback.format_exception(raised.value))
    held = " ".join(f"{error!r} {error.args!r} {vars(error)!r}" for error in chain(raised.value))
    for secret in (SEED, PASSWORD, secret_of(KEYS["RSA"])):
        assert not says(printed + held, secret)
    if isinstance(raised.value, DimError):
        assert raised.value.code in (Code.BAD_KEY, Code.UNSUPPORTED)
    assert "During handling" not in printed


def test_equality_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def record(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr("dimp_fast.private_keys.compare_digest", record)
    monkeypatch.setattr("dimp_fast.symmetric.compare_digest", record)
    assert PrivateKey.parse(SEED.hex()) == KEYS["ECC"]
    assert KEYS["AES"] != KEYS["password"]
    assert compared == [(SEED, SEED), (SEED, secret_of(KEYS["password"]))]


def test_the_library_is_loaded_when_the_first_key_is_made() -> None:
    program = (
        "import sys, dimp_fast.private_keys, dimp_fast.symmetric\n"
        "assert 'cryptography' not in sys.modules\n"
        "dimp_fast.private_keys.PrivateKey.generate('ED25519')\n"
        "assert 'cryptography' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_key_11_no_state_of_a_secret_is_given_out() -> None:
    for secret in (PrivateKey.generate("ECC"), SymmetricKey.generate()):
        with pytest.raises(TypeError, match="not pickled"):
            secret.__getstate__()


def test_key_5_a_name_that_may_be_a_secret_is_not_quoted() -> None:
    secret = "18e14a7b6a307f426a94f8114701e7c8e774e7f9a47e2c2035db29a206321725"
    for kind in (PrivateKey, SymmetricKey):
        with pytest.raises(DimError) as refused:
            kind.parse({"algorithm": secret, "data": "ECC"})
        assert secret[:8] not in str(refused.value)


def test_key_5_private_numbers_are_not_longer_than_the_modulus() -> None:
    """A library would look for hours whether a number of a million bits is a prime."""
    key = rsa.generate_private_key(65537, 1024).private_numbers()
    public, long = key.public_numbers, 1 << 60_000
    wrong = [
        [public.n, public.e, long + key.d, key.p, key.q, key.dmp1, key.dmq1, key.iqmp],
        [public.n, public.e, key.d, long + 1, long + 3, key.dmp1, key.dmq1, key.iqmp],
    ]
    for numbers in wrong:
        body = b"".join(map(der.encode_unsigned, [0, *numbers]))
        with pytest.raises(DimError) as refused:
            PrivateKey.parse(der.encode(der.SEQUENCE, body))
        assert refused.value.code is Code.BAD_KEY
        assert "longer than the modulus" in refused.value.reason
