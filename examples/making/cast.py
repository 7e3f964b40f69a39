"""The accounts of the examples, and the account folder that a verifier is given.

Known accounts are in the folder and in order. Strangers are real accounts that the folder lacks.
Bad accounts have a folder whose meta must not be believed. All are made with the reference's key,
meta and document classes and written with its storage classes; only what the reference would refuse
to write, and older spellings, are written as plain JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, lcm
from pathlib import Path
from typing import Any

from Crypto.PublicKey import RSA
from Crypto.Util.number import getPrime
from dimap.crypto.rsa import RSAPrivateKey
from dimples.common import Station
from dimples.database import DocumentStorage, MetaStorage
from dimsdk import (
    ID,
    Document,
    EntityType,
    Meta,
    PrivateKey,
    PublicKey,
    TransportableData,
)
from ecdsa import NIST256p, SigningKey

from making import spelling
from making.reference import FAR_FUTURE, Account, FolderConfig, Reference

MKM, BTC, ETH = "1", "2", "4"
OLD_PERSON, OLD_STATION = 0x08, 0x88  # network bytes of 2018, read by the reference to this day
CROWD = 14  # further members, so that the big group passes the limit of 16 for hidden groups


def ecc() -> PrivateKey:
    return PrivateKey.generate(algorithm="ECC")


def rsa(bits: int = 1024, exponent: int = 65537) -> PrivateKey:
    """An RSA key; the reference generates 1024 bits and the exponent 65537 only."""
    if bits == 1024 and exponent == 65537:
        return PrivateKey.generate(algorithm="RSA")
    native = _short_modulus(exponent) if bits == 1023 else RSA.generate(bits, e=exponent)
    key = {
        "algorithm": "RSA",
        "data": native.export_key(pkcs=1).decode(),
        "keySize": native.size_in_bytes(),
    }
    return RSAPrivateKey(key)


def p256() -> PrivateKey:
    """An "ECC" key on the wrong curve."""
    pem = SigningKey.generate(curve=NIST256p).to_pem(format="pkcs8").decode()
    return PrivateKey.parse(key={"algorithm": "ECC", "data": pem})


def _short_modulus(exponent: int) -> RSA.RsaKey:
    """A 1023-bit modulus, as the JavaScript SDK makes one time in three."""
    while True:
        p, q = getPrime(512), getPrime(512)
        period = lcm(p - 1, q - 1)
        if (p * q).bit_length() == 1023 and gcd(exponent, period) == 1:
            return RSA.construct((p * q, exponent, pow(exponent, -1, period), p, q))


def respelled(key: PrivateKey, data: str, **fields: Any) -> PublicKey:
    """The public key of `key` with another spelling of its `data`."""
    return PublicKey.parse(key={**key.public_key.to_map(), "data": data, **fields})


def signed_meta(key: PrivateKey, public_key: PublicKey, seed: str) -> Meta:
    """A type-1 meta that carries `public_key` and a fingerprint made with `key`."""
    fingerprint = TransportableData.create(data=key.sign(data=seed.encode()))
    return Meta.create(version=MKM, public_key=public_key, seed=seed, fingerprint=fingerprint)


def public_pem(key: PrivateKey) -> str:
    return str(key.public_key.get_str(key="data"))


def user(
    nickname: str,
    key: PrivateKey,
    version: str,
    *,
    seed: str | None = None,
    network: int = EntityType.USER,
    meta: Meta | None = None,
    visa: bool = True,
) -> Account:
    """An account with one RSA-1024 visa, as the reference's `dimid` registers it."""
    if meta is None:
        meta = Meta.generate(version=version, private_key=key, seed=seed)
    account = Account(nickname, key, meta, network)
    if visa:
        account.add_visa(rsa())
    return account


class Cast:
    """Every account of the examples, by nickname."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.known: dict[str, Account] = {}
        self.strangers: dict[str, Account] = {}
        self.bad: dict[str, Account] = {}
        self.small_group: ID
        self.big_group: ID
        # Documents that lie in the folder but must not count, and the keys in them.
        self.false_documents: dict[str, list[Document]] = {}
        self.false_keys: dict[str, dict[str, PrivateKey]] = {}

    async def gather(self) -> None:
        self.known = {**_today(), **_other_spellings(), **_other_sizes(), **_servers()}
        for number in range(1, CROWD + 1):
            version = BTC if number % 2 else ETH
            self.known[f"member-{number:02}"] = user(f"Member {number}", ecc(), version)
        self.strangers = {
            "victor": user("Victor", ecc(), BTC),
            "walter": user("Walter", ecc(), ETH),
            "xena": user("Xena", rsa(), MKM, seed="xena"),
            "yves": user("Yves", ecc(), MKM, seed="yves"),
            "zoe": user("Zoe", rsa(2048), MKM, seed="zoe"),
        }
        self.bad = {
            "ursula": user("Ursula", ecc(), MKM, seed="ursula"),
            "trudy": user("Trudy", rsa(), MKM, seed="trudy"),
            "peggy": user("Peggy", rsa(), MKM, seed="peggy"),
            "sybil": user("Sybil", ecc(), MKM, seed="sybil"),
            "rupert": user("Rupert", ecc(), BTC),
            "sam": user("Sam", rsa(), MKM, seed="sam"),
            # The reference follows the curve in the PEM; the protocol's ECC has one curve.
            "paul": user("Paul", p256(), MKM, seed="paul"),
        }
        for account in [*self.known.values(), *self.strangers.values(), *self.bad.values()]:
            await self.reference.save(account)
        known = self.known
        self.small_group = await self.reference.create_group(
            known["alice"], "Three friends", [known["bob"], known["carol"]]
        )
        crowd = [known[f"member-{number:02}"] for number in range(1, CROWD + 1)]
        self.big_group = await self.reference.create_group(
            known["erin"], "The whole village", [known["alice"], known["bob"], *crowd]
        )
        self._forge_documents()

    def _forge_documents(self) -> None:
        """Visas that a verifier has to refuse, with keys that sign messages later."""
        mallory = self.known["mallory"]
        for nickname in ("olivia", "peter"):
            account = self.known[nickname]
            keys = {kind: rsa() for kind in ("forged", "future", "foreign")}
            forged = account.make_visa(
                keys["forged"], terminal="forged", signer=mallory.identity_key
            )
            with self.reference.clock.at(FAR_FUTURE):
                future = account.make_visa(keys["future"], terminal="future")
            # Only the text in `data` is signed, so the name on the wrapper can be changed.
            foreign = account.make_visa(keys["foreign"], terminal="foreign")
            foreign.set_string(key="did", value=mallory.identifier)
            self.false_documents[nickname] = [forged, future, foreign, *mallory.visas]
            self.false_keys[nickname] = {**keys, "borrowed": mallory.visa_keys[0]}

    # The account folder

    async def publish(self, root: Path) -> None:
        """Write `root`/public/<address>/meta.js and documents.js, as the reference lays it out."""
        folder = AccountFolder(root)
        for nickname, account in self.known.items():
            documents = await self.reference.database.get_documents(account.identifier)
            documents = [*documents, *self.false_documents.get(nickname, [])]
            await folder.save(account.identifier, account.meta, documents)
        for group in (self.small_group, self.big_group):
            meta = await self.reference.database.get_meta(group)
            bulletins = await self.reference.database.get_documents(group)
            await folder.save(group, meta, bulletins)
        await self._publish_old_spellings(folder)
        await self._publish_bad_accounts(folder)

    async def _publish_old_spellings(self, folder: AccountFolder) -> None:
        """What the reference reads, and other implementations write, but the reference does not."""
        for nickname in ("frank", "old-station"):
            account = self.known[nickname]
            meta = {"version": 1, **account.meta.copy_map()}
            del meta["type"]
            await folder.write_meta(account.identifier, meta)
        frank = self.known["frank"]
        visas = [{"ID": frank.text, **visa.copy_map()} for visa in frank.visas]
        for visa in visas:
            visa.pop("did")
            visa.pop("type")
        await folder.write_documents(frank.identifier, visas)
        for nickname, name in (("judy", "MKM"), ("grace", "BTC")):
            account = self.known[nickname]
            meta = {**account.meta.copy_map(), "type": name}
            await folder.write_meta(account.identifier, meta)
        nina = self.known["nina"]
        meta = nina.meta.copy_map()
        meta["key"] = {**meta["key"], "data": spelling.compressed_pem(meta["key"]["data"])}
        await folder.write_meta(nina.identifier, meta)
        folder.truncate(self.known["tina"].identifier, "documents.js")

    async def _publish_bad_accounts(self, folder: AccountFolder) -> None:
        """Folders whose meta is none of their account."""
        bad, mallory = self.bad, self.known["mallory"]
        for account in bad.values():
            await folder.save(account.identifier, account.meta, account.visas)
        # Somebody else's meta under Ursula's address.
        await folder.write_meta(bad["ursula"].identifier, self.strangers["yves"].meta.copy_map())
        folder.truncate(bad["trudy"].identifier, "meta.js")
        # Mallory's key beside the victim's fingerprint: the reference believes it, since its RSA
        # check says yes to everything and the address is the hash of the fingerprint.
        for victim in (bad["peggy"], bad["sybil"]):
            await folder.write_meta(victim.identifier, stolen_meta(victim, mallory))
        folder.remove(bad["rupert"].identifier, "meta.js")
        meta = {**bad["sam"].meta.copy_map(), "seed": "samuel"}
        await folder.write_meta(bad["sam"].identifier, meta)


def stolen_meta(victim: Account, attacker: Account) -> dict[str, Any]:
    """The victim's seed and fingerprint with the attacker's key."""
    return {**victim.meta.copy_map(), "key": attacker.meta.copy_map()["key"]}


class AccountFolder:
    """The reference's storage classes over a folder of their own."""

    def __init__(self, root: Path) -> None:
        config = FolderConfig(root)
        self._public = root / "public"
        self._metas = MetaStorage(config=config)
        self._documents = DocumentStorage(config=config)

    def path(self, identifier: ID, name: str) -> Path:
        return self._public / str(identifier.address) / name

    async def save(self, identifier: ID, meta: Meta, documents: Sequence[Document]) -> None:
        await self._metas.save_meta(meta=meta, identifier=identifier)
        if documents:
            await self._documents.save_documents(documents=list(documents), identifier=identifier)

    async def write_meta(self, identifier: ID, meta: dict[str, Any]) -> None:
        path = str(self.path(identifier, "meta.js"))
        await self._metas.write_json(container=meta, path=path)

    async def write_documents(self, identifier: ID, documents: list[dict[str, Any]]) -> None:
        path = str(self.path(identifier, "documents.js"))
        await self._documents.write_json(container=documents, path=path)

    def truncate(self, identifier: ID, name: str) -> None:
        path = self.path(identifier, name)
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])

    def remove(self, identifier: ID, name: str) -> None:
        self.path(identifier, name).unlink()


def _today() -> dict[str, Account]:
    """Accounts as the reference and its peers make them today."""
    accounts = {
        "alice": user("Alice", ecc(), BTC),
        "bob": user("Bob", ecc(), ETH),
        "carol": user("Carol", rsa(), MKM, seed="carol"),
        "dave": user("Dave", rsa(2048), MKM, seed="dave", visa=False),
        "erin": user("Erin", ecc(), MKM, seed="erin"),
        "xiaoming": user("小明", ecc(), MKM, seed="小明"),
        "olivia": user("Olivia", rsa(), MKM, seed="olivia"),
        "peter": user("Peter", ecc(), MKM, seed="peter"),
        "tina": user("Tina", ecc(), BTC),
        "mallory": user("Mallory", rsa(), MKM, seed="mallory"),
    }
    erin = accounts["erin"]
    erin.add_visa(rsa(), terminal="phone")
    erin.add_visa(rsa(2048), terminal="laptop")
    return accounts


def _other_spellings() -> dict[str, Account]:
    """Keys spelled as other implementations, or older ones, spell them."""
    frank_key, judy_key, nina_key = rsa(), rsa(), ecc()
    frank = spelling.pem(spelling.pkcs1_der(public_pem(frank_key)))
    judy = spelling.pem(
        spelling.pkcs1_der(public_pem(judy_key)), "RSA PUBLIC KEY", newline="\r\n", width=76
    )
    accounts = {
        "frank": user(
            "Frank",
            frank_key,
            MKM,
            network=OLD_PERSON,
            meta=signed_meta(frank_key, respelled(frank_key, frank), "frank"),
        ),
        "judy": user(
            "Judy",
            judy_key,
            MKM,
            meta=signed_meta(judy_key, respelled(judy_key, judy), "judy"),
        ),
        "nina": user("Nina", nina_key, MKM, seed="nina"),
    }
    hexadecimal = (("grace", BTC, False, {}), ("heidi", ETH, True, {}))
    for nickname, version, compressed, fields in (
        *hexadecimal,
        ("ivan", BTC, True, {"compressed": 1}),
    ):
        key = ecc()
        text = spelling.ecc_hex(public_pem(key), compressed=compressed)
        meta = Meta.create(version=version, public_key=respelled(key, text, **fields))
        accounts[nickname] = user(nickname.title(), key, version, meta=meta)
    return accounts


def _other_sizes() -> dict[str, Account]:
    """RSA identities beside the usual 1024 and 2048 bits with e = 65537."""
    return {
        "kate": user("Kate", rsa(1023), MKM, seed="kate"),
        "leo": user("Leo", rsa(2048, exponent=3), MKM, seed="leo"),
        "oscar": user("Oscar", rsa(), BTC),
    }


def _servers() -> dict[str, Account]:
    station = user("Base Station", ecc(), MKM, seed="gsp-s001", network=EntityType.STATION)
    visa = station.visas[0]
    visa.set_property(name="host", value="127.0.0.1")
    visa.set_property(name="port", value=Station(host="127.0.0.1", port=9394).port)
    visa.sign(private_key=station.identity_key)
    return {
        "station": station,
        "old-station": user("Old Station", rsa(), MKM, seed="gsp-s000", network=OLD_STATION),
        "assistant": user("Assistant", ecc(), MKM, seed="assistant", network=EntityType.BOT),
    }
