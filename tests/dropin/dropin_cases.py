"""What is asked of the reference, with the drop-in and without: one function a case.

Imported in the environments of the families, where there is no pytest; nothing here judges. What a
case answers goes through JSON. Names begin with the defect (docs/dropin.md) that they show.
"""

from __future__ import annotations

import asyncio
import importlib.util
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dimp
from dimp import (
    ID,
    JSON,
    UTF8,
    Address,
    Base58,
    Base64,
    Document,
    Hex,
    Meta,
    PrivateKey,
    PublicKey,
    SymmetricKey,
    TransportableData,
)

DIMPLES = importlib.util.find_spec("dimples") is not None

HULK = "hulk@4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj"
ETH = "0x" + "ab" * 20
ETH_EIP55 = "0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB"
SEED = b"alice"


def load() -> None:
    """What a program does: register the family's plug-ins."""
    if DIMPLES:
        from dimples.common.compat import LibraryLoader

        LibraryLoader().run()
    else:
        from dimplugins.ext_loader import ExtensionLoader
        from dimplugins.plugin_loader import PluginLoader

        ExtensionLoader().load()
        PluginLoader().load()


def attempt(ask: Callable[[], Any]) -> Any:
    """The answer, or the name of the exception's class."""
    try:
        return ask()
    except Exception as error:
        return type(error).__name__


def generate_id(meta: Any, network: int = 0) -> Any:
    return meta.generate_id(network) if DIMPLES else ID.generate(meta, network)


def person(name: str, algorithm: str = "ECC") -> tuple[Any, Any, Any]:
    """Key, meta and ID."""
    key = PrivateKey.generate(algorithm)
    meta = Meta.generate(version="1", private_key=key, seed=name)
    return key, meta, generate_id(meta)


def visa_of(identifier: Any, key: Any, name: str = "Bob", **properties: Any) -> Any:
    visa = Document.create(doc_type="visa")
    visa["did"] = str(identifier)
    visa.set_property(name="name", value=name)
    for each, value in properties.items():
        visa.set_property(name=each, value=value)
    visa.public_key = PrivateKey.generate("RSA").public_key
    visa.sign(private_key=key)
    return visa


# Keys and signatures


def d1_rsa_signatures() -> list[bool]:
    """A good one, one of other bytes, and no signature at all."""
    key = PrivateKey.generate("RSA")
    signature = key.sign(data=b"message")
    public = PublicKey.parse(key.public_key.to_map())
    return [
        public.verify(data=b"message", signature=signature),
        public.verify(data=b"another", signature=signature),
        public.verify(data=b"message", signature=bytes(len(signature))),
    ]


def d1_keys_parsed_before() -> bool:
    """Whether a key of the reference's own class, as an early host has it, accepts a forgery."""
    if DIMPLES:
        from dimap.crypto.rsa import RSAPublicKey
    else:
        from dimplugins.crypto.rsa import RSAPublicKey
    public = RSAPublicKey(dict(PrivateKey.generate("RSA").public_key.to_map()))
    return public.verify(data=b"message", signature=bytes(128))


def d2_copied_fingerprint(algorithm: str) -> bool:
    """Whether the victim's ID can be had with another key."""
    _, meta, victim = person("alice", algorithm)
    forged = dict(meta.to_map()) | {"key": PrivateKey.generate(algorithm).public_key.to_map()}
    parsed = Meta.parse(meta=forged)
    return parsed is not None and str(generate_id(parsed, victim.address.network)) == str(victim)


def d3_random_twice() -> dict[str, bool]:
    """Whether the same seed of the module ``random`` gives the same again."""

    def seeded(make: Callable[[], Any]) -> Any:
        random.seed(7)
        return make()

    def iv() -> Any:
        extra: dict[str, Any] = {}
        SymmetricKey.generate("AES").encrypt(b"", extra)
        return extra["IV"]

    makers = {"key": lambda: SymmetricKey.generate("AES").to_map()["data"], "iv": iv}
    if DIMPLES:
        from dimples.conn.protocol import mars
        from dimples.server import session
        from udp.ba import data as udp_data
        from udp.ba import utils as udp_utils

        makers |= {
            "session": lambda: session.random_bytes(32),
            "transaction": lambda: udp_utils.random_bytes(8),
            "transaction copy": lambda: udp_data.random_bytes(8),
            "mars": lambda: mars.random_int(4),
        }
    return {name: seeded(make) == seeded(make) for name, make in makers.items()}


def d10_random_ciphertexts() -> int:
    """How many of 2000 ciphertexts of two blocks, that nobody encrypted, are plaintexts."""
    import hashlib

    key = SymmetricKey.parse({"algorithm": "AES", "data": Base64.encode(bytes(range(32)))})
    accepted = 0
    for number in range(2000):
        ciphertext = hashlib.sha256(b"%d" % number).digest()
        answer = attempt(lambda data=ciphertext: key.decrypt(data, {"IV": "A" * 22 + "=="}))
        accepted += isinstance(answer, bytes)
    return accepted


def d11_edited_iv() -> str | None:
    """The plaintext after its first byte was changed on the way, through the IV."""
    key, extra = SymmetricKey.generate("AES"), {}
    ciphertext = key.encrypt(b"100 coins", extra)
    iv = bytearray(Base64.decode(extra["IV"]))
    iv[0] ^= ord("1") ^ ord("9")
    plaintext = key.decrypt(ciphertext, {"IV": Base64.encode(bytes(iv))})
    return None if plaintext is None else plaintext.decode()


def d20_rsa_2048_without_size() -> Any:
    """200 bytes to a key of 2048 bits that does not say so, and back."""
    key = PrivateKey.generate("RSA")
    if len(key.sign(data=b"")) != 256:  # the reference makes 1024 unless asked
        key = type(key).new_key(bits=2048)
    bare = {name: key.to_map()[name] for name in ("algorithm", "data")}
    key = PrivateKey.parse(bare)
    public = {n: v for n, v in key.public_key.to_map().items() if n in ("algorithm", "data")}
    plaintext = bytes(200)
    return attempt(lambda: key.decrypt(PublicKey.parse(public).encrypt(plaintext, {})) == plaintext)


def d21_other_curves() -> Any:
    """Whether a key of P-256, called ECC, verifies what it signed."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    public = PublicKey.parse({"algorithm": "ECC", "data": pem.decode()})
    signature = key.sign(b"message", ec.ECDSA(hashes.SHA256()))
    return public is not None and public.verify(data=b"message", signature=signature)


def d21_both_halves_of_s() -> list[bool]:
    """Whether a signature counts with a low S and with a high one."""
    from cryptography.hazmat.primitives.asymmetric.utils import (
        decode_dss_signature,
        encode_dss_signature,
    )

    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    key = PrivateKey.generate("ECC")
    r, s = decode_dss_signature(key.sign(data=b"message"))
    return [
        key.public_key.verify(data=b"message", signature=encode_dss_signature(r, half))
        for half in (s, order - s)
    ]


def d22_exceptions() -> dict[str, Any]:
    """What bad data does to a caller who checks for ``None`` and ``False``."""
    ecc = PrivateKey.generate("ECC").public_key
    rsa = {"algorithm": "RSA", "data": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"}
    broken = {"algorithm": "ECC", "data": "zz"}
    return {
        "signature": attempt(lambda: ecc.verify(data=b"", signature=b"0")),
        "key": attempt(lambda: PublicKey.parse(broken) and PublicKey.parse(broken).data.to_bytes()),
        "base64": attempt(lambda: Base64.decode("A")),
        "base58": attempt(lambda: Base58.decode("0")),
        "hex": attempt(lambda: Hex.decode("zz")),
        "utf8": attempt(lambda: UTF8.decode(b"\xff")),
        "json": attempt(lambda: JSON.decode("{")),
        "meta type": attempt(lambda: Meta.parse({"type": "2", "key": {}}) is None),
        "meta key": attempt(
            lambda: (
                Meta.parse({"type": "1", "key": rsa, "seed": "x", "fingerprint": "AAAA"}) is None
            )
        ),
        "document": attempt(
            lambda: Document.parse({"type": "visa", "data": 5, "signature": "AAAA"}) is None
        ),
        "time": attempt(lambda: str(dimp.Converter.get_datetime(-1))),
    }


def d32_exceptions() -> list[str]:
    """What the private key raises over ciphertexts that are wrong in different ways."""
    key = PrivateKey.generate("RSA")
    size = len(key.sign(data=b""))
    wrong = (b"", bytes(size - 1), bytes(size), b"\xff" * size, bytes(size + 1))
    answers = [attempt(lambda data=data: key.decrypt(data, {})) for data in wrong]
    return [each for each in answers if isinstance(each, str)]


def d33_unrelated_keys() -> list[bool]:
    """Whether unrelated RSA keys match, and are equal."""
    a, b = (PrivateKey.generate("RSA") for _ in range(2))
    return [b.public_key.match_sign_key(a), a == b, a.public_key.match_sign_key(a)]


# Text


def d4_base64(text: str) -> Any:
    """What a text is as base64, in hex."""
    data = attempt(lambda: Base64.decode(text))
    return data.hex() if isinstance(data, bytes) else data


def d18_json(text: str) -> Any:
    """A JSON text, written again."""
    value = attempt(lambda: JSON.decode(text))
    return value if value is None else repr(value)[:40]


def d19_wrong_types() -> dict[str, Any]:
    """What values of a wrong type are taken for."""

    def data(value: Any) -> Any:
        made = TransportableData.parse(value)
        return None if made is None else made.to_bytes().hex()

    return {
        "true as base64": attempt(lambda: data(True)),
        "number as base64": attempt(lambda: data(12345678)),
        "list as ID": attempt(lambda: str(ID.parse([HULK]))),
        "arabic time": attempt(lambda: str(dimp.Converter.get_float("\u0661\u0662"))),
        "infinite time": attempt(lambda: str(dimp.Converter.get_datetime(float("inf")))),
        "true as a time": attempt(lambda: str(dimp.Converter.get_datetime(True))),
        "time": attempt(lambda: str(float(dimp.Converter.get_float("12.5")))),
    }


# Identity


def identifiers(texts: list[str]) -> list[Any]:
    """What texts are as IDs: text, name, address, terminal, type, broadcast, group."""
    return [attempt(lambda text=text: _facts(ID.parse(text))) for text in texts]


def _facts(identifier: Any) -> Any:
    if identifier is None:
        return None
    return [
        str(identifier),
        identifier.name,
        str(identifier.address),
        identifier.terminal,
        int(identifier.type),
        identifier.is_broadcast,
        identifier.is_group,
    ]


def address_of_network(network: int) -> str:
    """An address that somebody made for itself."""
    from dimp_fast import derive_addresses

    return derive_addresses([b"fingerprint"], network)[0]


def d9_explicit_checks() -> dict[str, Any]:
    """Bad data that the reference asserts away, if assertions are on."""
    _, meta, identifier = person("alice")
    fields = dict(meta.to_map())
    no_seed = {name: value for name, value in fields.items() if name != "seed"}
    visa = visa_of(identifier, PrivateKey.generate("ECC"))
    return {
        "address": attempt(lambda: Address.parse("x" * 20) is None),
        "id": attempt(lambda: ID.parse("a@b@c@" + "x" * 200) is None),
        "data uri": attempt(lambda: TransportableData.parse("data:text/plain,hello") is None),
        "meta": attempt(lambda: Meta.parse(no_seed) is None),
        "document": attempt(lambda: Document.parse({"data": "{}", "signature": "AAAA"}) is None),
        "properties": attempt(
            lambda: Document.parse({**visa.to_map(), "data": "[]"}).verify(meta.public_key)
        ),
        "padding": attempt(
            lambda: SymmetricKey.generate("AES").decrypt(b"", {"IV": "A" * 22 + "=="})
        ),
        "aes": attempt(lambda: SymmetricKey.parse({"algorithm": "AES", "data": "AAAA"}) is None),
    }


def d17_cache(entries: int) -> list[int]:
    """Entries of the cache of IDs after many were put into it, and after it was told to shrink."""
    cache = dimp.shared_account_extensions.id_cache
    for number in range(entries):
        cache.put(key=f"somebody{number}", value=ID.parse(HULK))
    held = cache.size
    cache.reduce_memory()
    return [held, cache.size]


def d17_others(entries: int) -> dict[str, Any]:
    """Entries of the cache of users; whether something that was just done may be done again once
    many others were, without them, and whether the latest time of somebody is still known."""
    from dimples.common import archivist, checker

    users = archivist.ThanosCache()
    queries, times = checker.FrequencyChecker(expires=3600.0), checker.RecentTimeChecker()
    now = dimp.DateTime(timestamp=1_750_000_000.0)
    older = dimp.DateTime(timestamp=1_740_000_000.0)
    first = queries.is_expired(key="first", now=now)
    again = not queries.is_expired(key="first", now=now)
    times.set_last_time("first", now)
    for number in range(entries):
        users.put(number, number)
        queries.is_expired(key=number, now=now)
        times.set_last_time(number, now)
    return {
        "users": users.size,
        "queries": queries.is_expired(key="first", now=now),
        "again": first and again,
        "times": times.is_expired("first", older),
    }


def d24_documents() -> dict[str, bool]:
    """Whether a document is said to be valid that nobody checked, and after a check."""
    key, meta, identifier = person("alice")
    visa = visa_of(identifier, key)
    signature = TransportableData.parse(visa["signature"])
    forged = Document.create(doc_type="visa", data=visa["data"] + " ", signature=signature)
    good = Document.create(doc_type="visa", data=visa["data"], signature=signature)
    return {
        "forged": forged.is_valid,
        "forged, checked": forged.verify(meta.public_key),
        "good, checked": good.verify(meta.public_key) and good.is_valid,
    }


# dimples only


def d6_kinds(texts: list[str]) -> list[Any]:
    """The class of what texts are as addresses."""
    parsed = [attempt(lambda text=text: Address.parse(text)) for text in texts]
    return [
        each if each is None or isinstance(each, str) else type(each).__name__ for each in parsed
    ]


def d24_of_somebody_else() -> list[Any]:
    """Whether the archivist takes a document that names another ID: of alice for bob, of alice for
    alice."""
    from dimples.common.archivist import CommonArchivist

    key, meta, alice = person("alice")
    visa = visa_of(alice, key)

    class Facebook:
        async def get_meta(self, identifier: Any) -> Any:
            return meta

    class Archivist:
        facebook = Facebook()

        def warning(self, *arguments: Any) -> None: ...

    def verify(identifier: Any) -> Any:
        return asyncio.run(
            CommonArchivist._verify_document(Archivist(), document=visa, identifier=identifier)
        )

    other = ID.create(name="bob", address=alice.address)
    return [verify(other), verify(alice)]


def d14_verify_keys() -> list[int]:
    """How many keys verify, and how many are written to, of an account with one visa that its owner
    signed and one that somebody else did."""
    from dimsdk.crypto.agent import visa_agent

    key, meta, alice = person("alice")
    good, forged = visa_of(alice, key), visa_of(alice, PrivateKey.generate("ECC"))
    forged["terminal"] = "evil"
    parsed = [Document.parse(dict(each.to_map())) for each in (good, forged)]
    agent = visa_agent()
    keys = agent.get_verify_keys(meta=meta, documents=parsed)
    bundle = agent.encrypt_bundle(data=b"key", meta=meta, documents=parsed)
    return [len(keys), len(bundle.to_map())]


def d28_terminals() -> list[str]:
    """Where a user is logged in whose visa names no terminal."""
    from dimsdk.crypto.agent import visa_agent

    key, _, alice = person("alice")
    return sorted(visa_agent().get_terminals(documents=[visa_of(alice, key)]))


def extract(text: str) -> Any:
    """What dimples makes of a frame: the fields that count, as IDs and bytes."""
    from dimp import ReliableMessage
    from dimples.common.compat import CompatibleCompressor

    def read() -> Any:
        fields = CompatibleCompressor().extract_reliable_message(data=text.encode())
        message = ReliableMessage.parse(msg=fields)
        if message is None:
            return None
        return {
            "sender": str(message.sender),
            "receiver": str(message.receiver),
            "signature": message["signature"],
            "data": message["data"],
            "bytes": message.signature.to_bytes().decode(),
        }

    return attempt(read)


def d26_aliases(alias: str) -> Any:
    """What an alias that the operator gave is, as text of a configuration."""
    from dimples.common.facebook import CommonFacebook

    CommonFacebook.ans.save(name=alias, identifier=ID.parse(HULK))
    return str(ID.parse(alias))


class _Keys:
    """The cipher keys that a messenger keeps."""

    def __init__(self) -> None:
        self.kept: list[Any] = []

    async def get_cipher_key(self, sender: Any, receiver: Any, generate: bool = False) -> Any:
        return self.kept[-1] if self.kept else None

    async def cache_cipher_key(self, key: Any, sender: Any, receiver: Any) -> None:
        self.kept.append(key)


def d23_keys_of_messages(algorithm: str, readable: bool) -> dict[str, Any]:
    """What becomes of the key that came with an encrypted message."""
    from dimp import SecureMessage
    from dimples.common.compat import CompatibleCompressor
    from dimsdk import Messenger, SecureMessagePacker

    keys, secret = _Keys(), SymmetricKey.generate(algorithm)
    fields: dict[str, Any] = {"sender": HULK, "receiver": "moki@4WDfe3zZ4T7opFSi3iDAKiuTnUHjxmXekk"}
    content = JSON.encode({"type": 1, "sn": 7, "text": "Hello"}).encode()
    fields["data"] = Base64.encode(secret.encrypt(content, fields))
    if not readable:
        fields["data"] = Base64.encode(bytes(32))
    fields["keys"] = {fields["receiver"]: Base64.encode(b"wrapped")}

    names = dict.fromkeys(Messenger.__abstractmethods__)
    messenger: Any = type("Half", (Messenger,), names)
    messenger.compressor = CompatibleCompressor()
    messenger.cipher_key_delegate = keys

    async def decrypt_key(self: Any, bundle: Any, receiver: Any, msg: Any) -> bytes:
        return JSON.encode(dict(secret.to_map())).encode()

    messenger.decrypt_key = decrypt_key
    half = messenger()

    async def decrypt() -> Any:
        message = SecureMessage.parse(msg=fields)
        packer = SecureMessagePacker(messenger=half)
        return await packer.decrypt_message(msg=message, receiver=message.receiver)

    try:
        read = asyncio.run(decrypt())
        outcome = None if read is None else read.content.get("text")
    except ValueError as error:
        outcome = str(error)[:30]
    return {"outcome": outcome, "kept": [key.algorithm for key in keys.kept]}


def content_of(text: str) -> Any:
    """What dimples reads in a decrypted content."""
    from dimp import Content
    from dimples.common.compat import CompatibleCompressor

    def read() -> Any:
        fields = CompatibleCompressor().extract_content(data=text.encode(), key={})
        content = Content.parse(content=fields)
        return (
            None if content is None else {"fields": dict(fields), "class": type(content).__name__}
        )

    return attempt(read)


# What must not change


def kept() -> dict[str, Any]:
    """Behaviours of the reference that others rely on."""
    rsa = PrivateKey.generate("RSA") if not DIMPLES else _rsa(1024)
    key = SymmetricKey.parse({"algorithm": "AES", "data": Base64.encode(bytes(32))})
    extra: dict[str, Any] = {}
    key.encrypt(b"", extra)
    zero_iv = key.encrypt(b"hello", {"IV": Base64.encode(bytes(16))})
    found = {
        "IV is a field of the message": list(extra),
        "zero IV when absent": key.decrypt(zero_iv, {}).decode(),
        "one and the other type": [
            Meta.parse(_old_meta(1)) is not None,
            Meta.parse(_old_meta("1")) is not None,
        ],
        "PKCS#1 under PUBLIC KEY": PublicKey.parse(_pkcs1(rsa)).verify(
            data=SEED, signature=rsa.sign(data=SEED)
        ),
        "RSA of 1024 bits": len(_rsa(1024).sign(data=b"")),
        "emitted": JSON.encode({"a": [1, 2.5, None, True], "é": "/\u007f\n"}),
        "mapping": sorted(set(rsa.public_key.to_map()) - {"time", "keySize"}),
    }
    if DIMPLES:
        from dimples.common.protocol import Password

        found |= {
            "digest of a key": Password.digest(password=key),
            "password": Password.generate("secret").to_map()["data"],
            "aliases": [str(ID.parse(each)) for each in ("all", "anyone", "founder")],
            "constants": ID.parse("station@anywhere") is ID.parse("STATION@anywhere"),
            "nameless": _facts(ID.parse("anywhere"))[4:],
        }
    return found


def _rsa(bits: int) -> Any:
    return type(PrivateKey.generate("RSA")).new_key(bits=bits)


_OLD: dict[str, Any] = {}


def _old_meta(kind: Any) -> dict[str, Any]:
    if not _OLD:
        _OLD.update(person("alice")[1].to_map())
    return dict(_OLD) | {"type": kind}


def _pkcs1(private: Any) -> dict[str, str]:
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_der_private_key,
    )

    public = load_der_private_key(private.data.to_bytes(), None).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    return {"algorithm": "RSA", "data": pem.replace("RSA PUBLIC KEY", "PUBLIC KEY")}


def unknown_content() -> Any:
    """What a content of an unknown type is."""
    from dimp import Content

    content = Content.parse({"type": "999", "sn": 1})
    return None if content is None else type(content).__name__


def classes() -> dict[str, list[str]]:
    """What callers ask of objects: the classes of the reference that they count as."""
    key, meta, identifier = person("alice")
    visa = visa_of(identifier, key)
    objects = {
        "rsa": PrivateKey.generate("RSA"),
        "public": PrivateKey.generate("RSA").public_key,
        "ecc": key.public_key,
        "aes": SymmetricKey.generate("AES"),
        "meta": Meta.parse(dict(meta.to_map())),
        "visa": Document.parse(dict(visa.to_map())),
        "id": ID.parse(HULK),
        "address": Address.parse(ETH_EIP55),
        "data": TransportableData.parse("AAAA"),
    }
    return {
        name: sorted(
            {
                kind.__name__
                for kind in type(each).__mro__
                if not kind.__module__.startswith("dimp_fast")
            }
        )
        for name, each in objects.items()
    }


# Vectors


def vector_hex(texts: list[str]) -> list[Any]:
    found = [attempt(lambda text=text: Hex.decode(text)) for text in texts]
    return [each.hex() if isinstance(each, bytes) else each for each in found]


def vector_utf8(data: str) -> Any:
    return attempt(lambda: UTF8.decode(bytes.fromhex(data)))


def vector_bundle_encode(bundle: dict[str, str], receiver: str) -> Any:
    if DIMPLES:
        from dimp import UserEncryptedBundle
    else:
        from dimsdk import UserEncryptedBundle

    made = UserEncryptedBundle()
    for terminal, data in bundle.items():
        made[terminal] = data.encode()
    return made.encode(ID.parse(receiver))


def vector_bundle_decode(keys: dict[str, str], receiver: str) -> Any:
    from dimp import EncryptedBundle

    made = EncryptedBundle.decode(encoded_keys=keys, receiver=ID.parse(receiver))
    return {terminal: data.decode() for terminal, data in made.to_map().items()}


def vector_short(message: dict[str, Any]) -> str:
    from dimsdk import MessageShortener

    return JSON.encode(MessageShortener().compress_reliable_message(message))


# Whole clients


def client(what: str, **request: Any) -> Any:
    """A client of dimples in this process (``tests/reference/reference_client.py``)."""
    folder = str(Path(__file__).resolve().parents[1] / "reference")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    import reference_client

    return reference_client.ask({"what": what, **request})


def sdk(what: str, **request: Any) -> Any:
    """A client on the SDK of 2.4.3 in this process (``dropin_sdk.py``)."""
    import dropin_sdk

    return dropin_sdk.ask(what, request)
