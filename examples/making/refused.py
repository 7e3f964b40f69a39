"""Messages that a verifier refuses, each genuine but for one thing, and the code that it gets.

The code is the first that holds of: TOO_LARGE, MALFORMED, BAD_ENCODING, BAD_ADDRESS,
UNKNOWN_SENDER, MISMATCH, BAD_SIGNATURE_ENCODING, BAD_SIGNATURE. A few messages have two faults, to
hold that order. When no key of a sender verifies, the code is what its identity key says.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Callable
from functools import partial
from typing import Any

from Crypto.Hash import SHA1, SHA256
from Crypto.PublicKey import RSA
from Crypto.Signature import pkcs1_15, pss
from dimples.common import HandshakeCommand, Station
from dimsdk import PrivateKey
from ecdsa.util import sigencode_der

from making import spelling
from making.cast import ETH, MKM, Cast, rsa, stolen_meta
from making.corpus import Corpus, Verdict
from making.reference import FAR_FUTURE, Account
from making.spelling import ORDER, Message, compact, decoded, encoded, flipped
from making.writing import Writer

SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
SHA256_WITHOUT_NULL = bytes.fromhex("302f300b06096086480165030402010420")


class RefusedMessages:
    """Fills a corpus with messages whose verdict is a refusal."""

    def __init__(self, cast: Cast, corpus: Corpus) -> None:
        self.cast = cast
        self.known = cast.known
        self.strangers = cast.strangers
        self.reference = cast.reference
        self.corpus = corpus
        self.writer = Writer(cast, seed=2)
        self.random = random.Random(3)

    async def make(self) -> None:
        await self._too_large()
        await self._not_json()
        await self._repeated_names()
        await self._missing_fields()
        await self._wrong_types()
        await self._bad_base64()
        await self._broadcast_confusion()
        await self._bad_addresses()
        await self._unknown_senders()
        await self._mismatches()
        await self._signatures_of_the_wrong_form()
        await self._forged_visas()
        await self._forged_attachments()
        await self._tampered()
        await self._other_signers()
        await self._weak_rsa_checks()
        await self._weak_ecdsa_checks()
        await self._two_faults()

    def _refuse(self, message: Any, verdict: Verdict, made: str, *style: Any) -> None:
        self.corpus.add(message, verdict, made, *style)

    # TOO_LARGE

    async def _too_large(self) -> None:
        for depth in (65, 500):
            message = {**await self.writer.text(), "note": spelling.nested(depth - 1)}
            self._refuse(message, "TOO_LARGE", f"{depth} levels of JSON")
        message = await self.writer.text()
        line = compact(message)[:-1] + b',"note":' + b"[" * 64 + b"]" * 64 + b"}"
        self._refuse(line, "TOO_LARGE", "65 levels of JSON, arrays only")
        message = await self.writer.introduced(self.strangers["victor"])
        message["meta"] = {**message["meta"], "note": spelling.nested(63)}
        self._refuse(message, "TOO_LARGE", "65 levels of JSON, in the meta")
        message = {**await self.writer.text(), "traces": ["station"] * 65}
        self._refuse(message, "TOO_LARGE", "65 traces")
        message = await self.writer.text(self.known["alice"], self.known["bob"])
        message["keys"].update({f"{number:x}": "AA==" for number in range(4096)})
        self._refuse(message, "TOO_LARGE", "4097 keys", compact)
        line = compact(await self.writer.text())[:-1] + b',"note":' + b"[" * 1000
        self._refuse(line, "TOO_LARGE", "1001 levels of JSON that never close")

    # MALFORMED

    async def _not_json(self) -> None:
        line = compact(await self.writer.text())
        whole = {
            "not JSON": b"hello",
            "an array": b"[]",
            "the message in an array": b"[" + line + b"]",
            "text after the object": line + b"x",
            "two objects": line + line,
            "byte order mark": b"\xef\xbb\xbf" + line,
            "no closing brace": line[:-1],
            "cut off in a string": line[: len(line) // 2],
            "single quotes": line.replace(b'"', b"'"),
        }
        for made, changed in whole.items():
            self._refuse(changed, "MALFORMED", made)
        values = {
            "a comma before the brace": b"1,",
            "NaN": b"NaN",
            "a leading zero": b"01",
            "an unknown escape": rb'"\x41"',
            "a lone high surrogate": rb'"\ud800"',
            "a lone low surrogate, deep inside": rb'{"a":[{"b":"\udfff"}]}',
            "a raw control character": b'"\x01"',
            "a raw tab in a string": b'"a\tb"',
            "bytes that are not UTF-8": b'"\xff"',
            "a surrogate in UTF-8": b'"\xed\xa0\x80"',
        }
        for made, value in values.items():
            line = compact(await self.writer.text())[:-1] + b',"note":' + value + b"}"
            self._refuse(line, "MALFORMED", made)

    async def _repeated_names(self) -> None:
        for extra in ("sender", "signature"):
            message = await self.writer.text()
            line = compact(message)[:-1] + b"," + compact({extra: message[extra]})[1:]
            self._refuse(line, "MALFORMED", f"{extra} twice, the same value")
        for short, long in (("F", "sender"), ("D", "data"), ("K", "keys")):
            message = await self.writer.text()
            message[short] = message[long]
            self._refuse(message, "MALFORMED", f"{short} beside {long}")
        first, second = await self.writer.text(), await self.writer.text()
        line = compact({"data": second["data"]})[:-1] + b"," + compact(first)[1:]
        self._refuse(line, "MALFORMED", "data twice, the last one is the signed one")
        line = compact(message := await self.writer.text())[:-1]
        line += b',"s\\u0065nder":' + compact([message["sender"]])[1:-1] + b"}"
        self._refuse(line, "MALFORMED", "sender twice, one of them escaped")
        line = compact(await self.writer.text())[:-1] + b',"note":1,"note":1}'
        self._refuse(line, "MALFORMED", "an unknown name twice")
        message = await self.writer.text(receiver=self.known["alice"])
        keys = compact(message.pop("keys"))
        line = compact(message)[:-1] + b',"keys":' + keys[:-1] + b"," + keys[1:] + b"}"
        self._refuse(line, "MALFORMED", "a receiver twice in keys")
        message = await self.writer.text(self.known["alice"], self.known["bob"])
        message["key"] = message.pop("keys")[message["receiver"]]
        message["K"] = message["key"]
        self._refuse(message, "MALFORMED", "K beside key")

    async def _missing_fields(self) -> None:
        for field in ("sender", "data", "signature"):
            message = await self.writer.text()
            del message[field]
            self._refuse(message, "MALFORMED", f"no {field}")
        for field in ("data", "signature"):
            message = {**await self.writer.text(), field: ""}
            self._refuse(message, "MALFORMED", f"an empty string for {field}")
        message = {**await self.writer.text(), "signature": None}
        self._refuse(message, "MALFORMED", "null for signature")

    async def _wrong_types(self) -> None:
        values: tuple[tuple[str, tuple[Any, ...]], ...] = (
            ("sender", (1,)),
            ("receiver", (False,)),
            ("group", ({},)),
            ("time", (True, -1, "soon", "1_000", "\uff11\uff17\uff15\uff10")),
            ("type", ([],)),
            ("data", ({},)),
            ("signature", (0,)),
            ("keys", ([], {"alice": 1})),
            ("key", (1,)),
            ("IV", (16,)),
            ("meta", ("meta", [])),
            ("visa", ("visa",)),
            ("rcpt", ([],)),
            ("traces", ({},)),
        )
        for field, wrong in values:
            for value in wrong:
                message = {**await self.writer.text(), field: value}
                self._refuse(message, "MALFORMED", f"{field} is {value!r}")
        for number in (b"1e999", b"NaN"):
            line = compact({**await self.writer.text(), "time": 0})
            line = line.replace(b'"time":0', b'"time":' + number)
            self._refuse(line, "MALFORMED", f"time is {number.decode()}")

    # BAD_ENCODING

    async def _bad_base64(self) -> None:
        for field in ("data", "signature"):
            for made, spoil in BAD_BASE64.items():
                sender = self.known[self.random.choice(("alice", "carol", "dave", "frank"))]
                message = await self._with_padding(sender, field)
                message[field] = spoil(message[field])
                self._refuse(message, "BAD_ENCODING", f"{field}: {made}")
        for field in ("IV", "keys", "digest", "key"):
            message = await self._with_padding(self.known["alice"], "data")
            good = encoded(self.random.randbytes(128))
            bad = good[:40] + "*" + good[41:]
            if field == "digest":
                message["keys"]["digest"] = "q8Xz-w_1"
            elif field == "keys":
                message["keys"]["stranger"] = bad
            else:
                message[field] = bad
            self._refuse(message, "BAD_ENCODING", f"{field}: a character that is not base64")
        message = await self.writer.text(receiver=self.known["erin"])
        name = next(iter(message["keys"]))
        message["keys"][name] = message["keys"][name].rstrip("=")
        self._refuse(message, "BAD_ENCODING", "keys: no padding")
        message = await self.writer.broadcast(self.known["carol"])
        message["signature"] = message["signature"].rstrip("=")
        self._refuse(message, "BAD_ENCODING", "broadcast, signature: no padding")

    async def _with_padding(self, sender: Account, field: str) -> Message:
        """A text whose `field` ends in `=` and has a `/` or `+`, so that each fault shows."""
        while True:
            message = await self.writer.text(sender)
            text = message[field]
            if text.endswith("=") and ("/" in text or "+" in text):
                return message

    async def _broadcast_confusion(self) -> None:
        """Text that the sender's reader takes for a broadcast, and the verifier does not."""
        message = await self.writer.broadcast(
            self.known["alice"], self.known["station"].identifier, group=str(Station.EVERY)
        )
        del message["group"]
        self._refuse(message, "BAD_ENCODING", "overt group of a broadcast taken away")
        message = await self.writer.broadcast(self.known["carol"])
        message["receiver"] = self.known["alice"].text
        self._refuse(message, "BAD_ENCODING", "broadcast sent on to one user")
        # The reference takes every network byte of 0x80 and above for a broadcast.
        receiver = self.known["carol"].meta.generate_id(network=0x82)
        message = await self.writer.broadcast(self.known["alice"], receiver)
        made = "plain text to an address of network 0x82, as the reference writes it"
        self._refuse(message, "BAD_ENCODING", made)

    # BAD_ADDRESS

    async def _bad_addresses(self) -> None:
        carol, heidi = self.known["carol"], self.known["heidi"]
        name, address = carol.text.split("@")
        eth = heidi.address
        wrong = {
            "bad check code": f"{name}@{address[:-1]}{'2' if address[-1] != '2' else '3'}",
            "a character that is not base58": f"{name}@{address[:-1]}0",
            "address of 24 bytes, as Go writes it": f"{name}@{address.removeprefix('1')}",
            "two @": f"{name}@{name}@{address}",
            "two /": f"{carol.text}/phone/home",
            "a blank in the name": f"{name} {name}@{address}",
            "a blank after the address": f"{carol.text} ",
            "a tab in the name": f"{name}\t@{address}",
            "a control character in the name": f"{name}\x07@{address}",
            "a line feed after the address": f"{carol.text}\n",
            "a blank in the terminal": f"{carol.text}/my phone",
            "no address": f"{name}@",
            "an address that is a word": f"{name}@nowhere",
            "an empty string": "",
            "over 128 characters": f"{'x' * 100}@{address}",
            "ETH address with wrong capitals": eth.swapcase().replace("0X", "0x"),
            "ETH address with one wrong capital": one_letter_swapped(eth),
            "ETH address with a letter beyond f": eth[:-1] + "g",
            "ETH address of 41 characters": eth[:-1],
            "ETH address with 0X": "0X" + eth[2:],
        }
        fields = itertools.cycle(("sender", "receiver", "sender", "group", "sender"))
        for (made, text), field in zip(wrong.items(), fields, strict=False):
            sender = heidi if made.startswith("ETH") else carol
            message = {**await self.writer.text(sender), field: text}
            self._refuse(message, "BAD_ADDRESS", f"{field}: {made}")
        for field in ("receiver", "sender"):
            message = {**await self.writer.text(carol), field: wrong["bad check code"]}
            self._refuse(message, "BAD_ADDRESS", f"{field}: bad check code")
        message = {**await self.writer.text(), "group": ""}
        self._refuse(message, "BAD_ADDRESS", "group: an empty string")

    # UNKNOWN_SENDER

    async def _unknown_senders(self) -> None:
        for stranger in self.strangers.values():
            message = await self.writer.text(stranger)
            self._refuse(message, "UNKNOWN_SENDER", "no account, nothing attached")
        for name in ("victor", "xena"):
            message = await self.writer.introduced(self.strangers[name])
            del message["meta"]
            self._refuse(message, "UNKNOWN_SENDER", "no account, only the visa attached")
        message = {**await self.writer.introduced(self.strangers["xena"]), "meta": None}
        self._refuse(message, "UNKNOWN_SENDER", "no account, null for the meta")
        mallory = self.known["mallory"]
        why = {
            "ursula": "somebody else's meta in the folder",
            "trudy": "meta file cut off",
            "peggy": "attacker's key beside the fingerprint in the folder",
            "sybil": "attacker's RSA key beside the ECC fingerprint in the folder",
            "rupert": "documents but no meta in the folder",
            "sam": "meta in the folder with another seed",
            "paul": "meta in the folder with a key on the curve P-256",
        }
        for name, made in why.items():
            message = await self.writer.text(self.cast.bad[name])
            self._refuse(message, "UNKNOWN_SENDER", f"{made}, the owner signs")
        for name in ("peggy", "sybil"):
            message = await self.writer.signed_by(mallory.identity_key, self.cast.bad[name])
            self._refuse(message, "UNKNOWN_SENDER", f"{why[name]}, the attacker signs")
        message = await self.writer.text(self.known["alice"])
        message["sender"] = str(self.known["alice"].meta.generate_id(network=2))
        self._refuse(message, "UNKNOWN_SENDER", "address of a known key in another network")
        message = {**await self.writer.text(self.known["alice"]), "sender": "anyone@anywhere"}
        self._refuse(message, "UNKNOWN_SENDER", "sender is anyone@anywhere")
        message = await self.writer.text(self.strangers["walter"])
        message["signature"] = encoded(self.random.randbytes(71))
        self._refuse(message, "UNKNOWN_SENDER", "no account, random signature")

    # MISMATCH

    async def _mismatches(self) -> None:
        strangers, mallory = self.strangers, self.known["mallory"]
        for name in ("walter", "xena"):
            message = await self.writer.signed_by(
                mallory.identity_key, strangers[name], meta=mallory.meta, visa=mallory.visas[0]
            )
            made = "unknown sender, the attacker's own meta attached, the attacker signs"
            self._refuse(message, "MISMATCH", made)
        for name in ("zoe", "yves"):
            victim = strangers[name]
            message = await self.writer.signed_by(
                mallory.identity_key, victim, meta=stolen_meta(victim, mallory)
            )
            made = f"{victim.algorithm} victim's fingerprint with the attacker's key attached"
            self._refuse(message, "MISMATCH", made)
        peggy = self.cast.bad["peggy"]
        message = await self.writer.signed_by(
            mallory.identity_key, peggy, meta=stolen_meta(peggy, mallory)
        )
        self._refuse(message, "MISMATCH", "the attacker's meta in the folder and attached")
        xena, yves = strangers["xena"], strangers["yves"]
        message = await self.writer.introduced(xena)
        message["meta"] = {**message["meta"], "seed": "xena2"}
        self._refuse(message, "MISMATCH", "another seed in the meta attached")
        message["sender"] = f"xena2@{xena.address}"
        self._refuse(message, "MISMATCH", "another seed in the meta attached and in the ID")
        message = await self.writer.introduced(yves)
        message["sender"] = f"yves2@{yves.address}"
        self._refuse(message, "MISMATCH", "true meta attached, another name in the ID")
        message = await self.writer.introduced(xena)
        message["sender"] = xena.address
        self._refuse(message, "MISMATCH", "true meta attached, no name in the ID")
        victor = strangers["victor"]
        message = await self.writer.introduced(victor)
        message["meta"] = {**message["meta"], "type": ETH, "version": 4}
        self._refuse(message, "MISMATCH", "type of the meta attached changed from 2 to 4")
        message = await self.writer.introduced(victor)
        message["meta"] = strangers["walter"].meta.copy_map()
        self._refuse(message, "MISMATCH", "another's meta attached, the owner signs")
        message = await self.writer.introduced(victor)
        message["sender"] = f"victor@{victor.address}"
        self._refuse(message, "MISMATCH", "a name where the meta attached has no seed")
        renamed = {
            "erin": "alicia@{}",
            "carol": "carol2@{}",
            "alice": "alice@{}",
            "dave": "{}",
            "station": "Gsp-s001@{}",
        }
        for name, form in renamed.items():
            message = await self.writer.text(self.known[name])
            message["sender"] = form.format(self.known[name].address)
            made = "known address, but the name is not the seed of its meta"
            self._refuse(message, "MISMATCH", made)

    # BAD_SIGNATURE_ENCODING

    async def _signatures_of_the_wrong_form(self) -> None:
        for made, spoil in WRONG_DER.items():
            message = await self._with_two_long_integers(self.writer.sender("ECC"))
            message["signature"] = encoded(spoil(decoded(message["signature"])))
            self._refuse(message, "BAD_SIGNATURE_ENCODING", f"ECDSA signature: {made}")
        for name, made, spoil in (
            ("carol", "a zero byte before it", lambda signature: b"\0" + signature),
            ("dave", "a zero byte after it", lambda signature: signature + b"\0"),
            ("kate", "a zero byte before it", lambda signature: b"\0" + signature),
            ("judy", "twice in a row", lambda signature: signature * 2),
        ):
            message = await self.writer.text(self.known[name])
            message["signature"] = encoded(spoil(decoded(message["signature"])))
            self._refuse(message, "BAD_SIGNATURE_ENCODING", f"RSA signature: {made}")
        dave = self.known["dave"].identity_key
        message = await self.writer.signed_by(dave, self.known["carol"])
        made = "RSA signature of a 2048-bit key for a 1024-bit sender"
        self._refuse(message, "BAD_SIGNATURE_ENCODING", made)
        message = await self.writer.introduced(self.strangers["victor"])
        message["signature"] = encoded(decoded(message["signature"]) + b"\0")
        made = "unknown sender with a meta, ECDSA signature: a byte after it"
        self._refuse(message, "BAD_SIGNATURE_ENCODING", made)

    async def _with_two_long_integers(self, sender: Account) -> Message:
        """A text with r and s of 256 bits, so that both carry a leading zero in DER."""
        while True:
            message = await self.writer.text(sender)
            r, s = spelling.split_signature(decoded(message["signature"]))
            if r.bit_length() == 256 and s.bit_length() == 256:
                return message

    # Keys that do not count

    def _as_identity(self, sender: Account) -> Verdict:
        """What the identity key says to 128 bytes that it did not sign."""
        return "BAD_SIGNATURE" if sender.algorithm == "RSA" else "BAD_SIGNATURE_ENCODING"

    async def _forged_visas(self) -> None:
        """Visas in the folder that are not for the sender, not by the sender, or not yet."""
        why = {
            "forged": "signed by somebody else",
            "future": "with a time in the year 2100",
            "foreign": "that names somebody else",
            "borrowed": "that belongs to somebody else",
        }
        for name in ("olivia", "peter"):
            for kind, key in self.cast.false_keys[name].items():
                message = await self.writer.signed_by(key, self.known[name])
                made = f"signed by the key of a visa {why[kind]}, in the folder"
                self._refuse(message, self._as_identity(self.known[name]), made)
        tina = self.known["tina"]
        message = await self.writer.signed_by(tina.visa_keys[0], tina)
        made = "signed by the key of a visa in a file that is cut off"
        self._refuse(message, "BAD_SIGNATURE_ENCODING", made)

    async def _forged_attachments(self) -> None:
        mallory = self.known["mallory"]
        for sender in (self.known["alice"], self.known["carol"]):
            key = rsa()
            forged = sender.make_visa(key, signer=mallory.identity_key)
            foreign = sender.make_visa(key)
            foreign.set_string(key="did", value=mallory.identifier)
            with self.reference.clock.at(FAR_FUTURE):
                future = sender.make_visa(key)
            attachments: dict[str, tuple[PrivateKey, dict[str, Any]]] = {
                "a visa signed by somebody else": (key, {"visa": forged}),
                "a visa that names somebody else": (key, {"visa": foreign}),
                "a visa of the year 2100": (key, {"visa": future}),
                "somebody else's meta": (mallory.identity_key, {"meta": mallory.meta}),
            }
            if sender.meta.type in (MKM, 1):
                stolen = stolen_meta(sender, mallory)
                made = "the own fingerprint with the attacker's key"
                attachments[made] = (mallory.identity_key, {"meta": stolen})
            for made, (signer, attached) in attachments.items():
                message = await self.writer.signed_by(signer, sender, **attached)
                how = f"known sender, signed by the key of {made}, attached"
                self._refuse(message, self._as_identity(sender), how)
        for name in ("xena", "yves"):
            stranger, key = self.strangers[name], rsa()
            forged = stranger.make_visa(key, signer=mallory.identity_key)
            message = await self.writer.signed_by(key, stranger, meta=stranger.meta, visa=forged)
            made = "unknown sender, true meta, signed by the key of a forged visa"
            self._refuse(message, self._as_identity(stranger), made)

    # BAD_SIGNATURE

    async def _tampered(self) -> None:
        """Bits of data or signature changed, base64 and DER kept whole."""
        for name in ("alice", "carol", "dave", "ivan"):
            message = await self.writer.text(self.known[name])
            data = decoded(message["data"])
            position = self.random.randrange(len(data))
            changed = flipped(data, position, self.random.randrange(8))
            message["data"] = encoded(changed)
            self._refuse(message, "BAD_SIGNATURE", "one bit of the data changed")
            # The last byte is the low end of s, or of the RSA number: its form stays right.
            message = await self.writer.text(self.known[name])
            signature = flipped(decoded(message["signature"]), -1, self.random.randrange(8))
            message["signature"] = encoded(signature)
            self._refuse(message, "BAD_SIGNATURE", "one bit of the signature changed")
        for name in ("alice", "carol"):
            message = await self.writer.text(self.known[name])
            message["data"] = encoded(decoded(message["data"])[:-16])
            self._refuse(message, "BAD_SIGNATURE", "last block of the data taken away")
            first = await self.writer.text(self.known[name])
            message = await self.writer.text(self.known[name])
            message["signature"] = first["signature"]
            self._refuse(message, "BAD_SIGNATURE", "signature of another message of the sender")
            message = await self.writer.text(self.known[name])
            message["group"] = "friends@everywhere"
            made = "a broadcast group added, so that the data counts as text"
            self._refuse(message, "BAD_SIGNATURE", made)
        message = await self.writer.broadcast(self.known["alice"])
        message["data"] = message["data"].replace('": ', '":', 1)
        self._refuse(message, "BAD_SIGNATURE", "broadcast, a blank taken out of the text")
        message = await self.writer.broadcast(self.known["carol"])
        message["data"] += " "
        self._refuse(message, "BAD_SIGNATURE", "broadcast, a blank added to the text")
        message = await self.writer.introduced(self.strangers["zoe"])
        message["data"] = encoded(flipped(decoded(message["data"]), 0))
        self._refuse(message, "BAD_SIGNATURE", "unknown sender with a meta, data changed")

    async def _other_signers(self) -> None:
        """Genuine signatures, but not of this sender over these bytes."""
        known = self.known
        pairs = (("alice", "bob"), ("carol", "mallory"), ("dave", "carol"), ("leo", "grace"))
        for victim, signer in pairs:
            message = await self.writer.signed_by(known[signer].identity_key, known[victim])
            made = f"{known[victim].algorithm} sender, signed by another's "
            self._refuse(message, "BAD_SIGNATURE", f"{made}{known[signer].algorithm} key")
        message = {**await self.writer.text(known["bob"]), "sender": known["alice"].text}
        self._refuse(message, "BAD_SIGNATURE", "sender replaced")
        message = await self.writer.signed_by(known["carol"].visa_keys[0], known["olivia"])
        self._refuse(message, "BAD_SIGNATURE", "signed by another's visa key")
        for name in ("heidi", "dave"):
            secure = await self.writer.unsigned(known[name])
            key, data = known[name].identity_key, secure.data.to_bytes()
            for made, signed in {
                "the base64 text": encoded(data).encode(),
                "the digest of the data": hashlib.sha256(data).digest(),
            }.items():
                message = await self.writer.sealed(secure, key.sign(data=signed))
                self._refuse(message, "BAD_SIGNATURE", f"signed {made} instead of the data")

    async def _weak_rsa_checks(self) -> None:
        """What a careless RSA check accepts; the one of the reference accepts all of it."""
        known = self.known
        for name in ("carol", "dave", "frank", "kate", "oscar"):
            sender = known[name]
            message = await self.writer.text(sender)
            message["signature"] = encoded(self._random_rsa_signature(sender))
            self._refuse(message, "BAD_SIGNATURE", "random bytes, as long as an RSA signature")
        # The takeover of a session: a handshake as the victim, with a random signature.
        for name in ("carol", "alice"):
            victim = known[name]
            command = HandshakeCommand.restart(session="ab" * 32)
            message = spelling.read(await self.writer.send(victim, Station.ANY, command))
            message["signature"] = encoded(bytes([1]) + self.random.randbytes(127))
            verdict = self._as_identity(victim)
            self._refuse(message, verdict, "handshake as the victim, 128 random bytes")
        for name, signature in (
            ("carol", b"\0" * 128),
            ("oscar", b"\1"),
            ("dave", b"\xff" * 256),
        ):
            message = {**await self.writer.text(known[name]), "signature": encoded(signature)}
            made = f"RSA signature of {len(signature)} bytes {signature[:1].hex()}"
            self._refuse(message, "BAD_SIGNATURE", made)
        for made, sign in WRONG_RSA.items():
            sender = known["carol" if self.random.random() < 0.5 else "dave"]
            secure = await self.writer.unsigned(sender)
            signature = sign(native_key(sender), secure.data.to_bytes())
            message = await self.writer.sealed(secure, signature)
            self._refuse(message, "BAD_SIGNATURE", f"own RSA key, but {made}")
        secure = await self.writer.unsigned(known["leo"])
        signature = cube_root_forgery(secure.data.to_bytes(), 256)
        message = await self.writer.sealed(secure, signature)
        made = "exponent 3: a cube root, with garbage after the digest (Bleichenbacher 2006)"
        self._refuse(message, "BAD_SIGNATURE", made)

    def _random_rsa_signature(self, sender: Account) -> bytes:
        """Random bytes below the modulus: a number that some signature has."""
        modulus = native_key(sender).n
        number = self.random.randrange(modulus >> 8, modulus)
        return number.to_bytes((modulus.bit_length() + 7) // 8, "big")

    async def _weak_ecdsa_checks(self) -> None:
        for name in ("alice", "nina", "grace"):
            message = await self.writer.text(self.known[name])
            r, s = self.random.randrange(1, ORDER), self.random.randrange(1, ORDER)
            message["signature"] = encoded(spelling.join_signature(r, s))
            self._refuse(message, "BAD_SIGNATURE", "random r and s")
        for made, change in {
            "r and s exchanged": lambda r, s: (s, r),
            "s plus 1": lambda r, s: (r, s % (ORDER - 1) + 1),
            "r replaced by n - r": lambda r, s: (ORDER - r, s),
            "r and s are 1": lambda r, s: (1, 1),
            "r is n - 1": lambda r, s: (ORDER - 1, s),
        }.items():
            message = await self.writer.text(self.writer.sender("ECC"))
            pair = change(*spelling.split_signature(decoded(message["signature"])))
            message["signature"] = encoded(spelling.join_signature(*pair))
            self._refuse(message, "BAD_SIGNATURE", f"ECDSA signature: {made}")
        bob = self.known["bob"]
        secure = await self.writer.unsigned(bob)
        signature = bob.identity_key.ecc_key.sign(
            secure.data.to_bytes(), hashfunc=hashlib.sha1, sigencode=sigencode_der
        )
        message = await self.writer.sealed(secure, signature)
        self._refuse(message, "BAD_SIGNATURE", "own ECC key, but SHA-1")

    # Order of the codes

    async def _two_faults(self) -> None:
        known, strangers = self.known, self.strangers
        text = self.writer.text
        bad_base64 = "not base64!"
        cases: tuple[tuple[Verdict, Message, dict[str, Any], str], ...] = (
            ("TOO_LARGE", await text(), {"traces": [0] * 65, "data": None}, "no data"),
            ("MALFORMED", await text(), {"time": True, "data": bad_base64}, "bad base64"),
            ("MALFORMED", await text(strangers["yves"]), {"time": -1}, "unknown sender"),
            ("BAD_ENCODING", await text(), {"signature": bad_base64, "receiver": ""}, "address"),
            ("BAD_ENCODING", await text(strangers["xena"]), {"data": bad_base64}, "unknown"),
            ("BAD_ADDRESS", await text(strangers["zoe"]), {"receiver": "nobody"}, "unknown"),
            ("BAD_ADDRESS", await text(), {"group": "a@b@c", "signature": "AAAA"}, "signature"),
            ("MISMATCH", await text(known["erin"]), {"signature": "AAAA"}, "signature"),
        )
        for verdict, message, fields, made in cases:
            message.update(fields)
            if verdict == "MISMATCH":
                message["sender"] = "not-" + message["sender"]
            self._refuse(message, verdict, f"two faults: {verdict} and {made}")


def one_letter_swapped(address: str) -> str:
    """An ETH address with the case of its last letter changed."""
    position = max(index for index, letter in enumerate(address) if letter.isalpha())
    return address[:position] + address[position].swapcase() + address[position + 1 :]


def with_trailing_bits(text: str) -> str:
    """The same bytes, but with a one in the bits that the padding leaves over."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body = text.rstrip("=")
    return body[:-1] + alphabet[alphabet.index(body[-1]) | 1] + text[len(body) :]


BAD_BASE64: dict[str, Callable[[str], str]] = {
    "a character that is not base64": lambda text: text[:8] + "*" + text[9:],
    "a full stop inside": lambda text: text[:8] + "." + text[8:],
    "a no-break space inside": lambda text: text[:8] + "\u00a0" + text[8:],
    "alphabet of URLs": lambda text: text.replace("+", "-").replace("/", "_"),
    "no padding": lambda text: text.rstrip("="),
    "too much padding": lambda text: text + "=",
    "text after the padding": lambda text: text + "QUJD",
    "trailing bits that are not zero": with_trailing_bits,
    "data URI without base64": lambda text: f"data:application/octet-stream,{text}",
    "data URI with a bad body": lambda text: f"data:;base64,{text[:8]}*{text[9:]}",
}


def raw_signature(der: bytes) -> bytes:
    r, s = spelling.split_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def with_integers(r: int | None = None, s: int | None = None) -> Callable[[bytes], bytes]:
    """Replace r or s, keeping the DER strict."""

    def change(der: bytes) -> bytes:
        old_r, old_s = spelling.split_signature(der)
        return spelling.join_signature(old_r if r is None else r, old_s if s is None else s)

    return change


# Each takes a strict signature whose r and s fill 33 bytes; its sequence starts at byte 2.
WRONG_DER: dict[str, Callable[[bytes], bytes]] = {
    "a byte after it": lambda der: der + b"\0",
    "a byte after s, inside the sequence": lambda der: spelling.der_sequence(der[2:] + b"\0"),
    "a second zero before r": lambda der: spelling.der_sequence(
        spelling.der_integer(b"\0" + der[4:37]) + der[37:]
    ),
    "s is negative: its zero is missing": lambda der: spelling.der_sequence(
        der[2:37] + spelling.der_integer(der[40:])
    ),
    "length in two bytes": lambda der: b"\x30\x81" + der[1:],
    "indefinite length": lambda der: b"\x30\x80" + der[2:] + b"\0\0",
    "cut off in s": lambda der: der[:-3],
    "three integers": lambda der: spelling.der_sequence(der[2:] + b"\x02\x01\x01"),
    "an empty sequence": lambda der: b"\x30\x00",
    "r and s without DER, 64 bytes": raw_signature,
    "r is 0": with_integers(r=0),
    "s is 0": with_integers(s=0),
    "r is n": with_integers(r=ORDER),
    "s is n": with_integers(s=ORDER),
    "s is 2^256 - 1": with_integers(s=2**256 - 1),
    "one byte": lambda der: b"\x30",
    "128 random bytes": lambda der: bytes([1]) + random.Random(128).randbytes(127),
    "text": lambda der: b"signature",
}


# Private-key operations that no library offers, with test keys only.


def native_key(account: Account) -> RSA.RsaKey:
    return RSA.import_key(account.identity_key.get_str(key="data"))


def raw_rsa(key: RSA.RsaKey, block: bytes) -> bytes:
    return pow(int.from_bytes(block, "big"), key.d, key.n).to_bytes(key.size_in_bytes(), "big")


def sha256_block(
    key: RSA.RsaKey,
    data: bytes,
    *,
    info: bytes = SHA256_DIGEST_INFO,
    kind: int = 1,
    first: bytes = b"",
) -> bytes:
    """A signature over a PKCS#1 v1.5 block, right or wrong: 00, the type, FF …, 00, the digest."""
    content = info + hashlib.sha256(data).digest()
    size = key.size_in_bytes()
    filling = first + b"\xff" * (size - 3 - len(content) - len(first))
    return raw_rsa(key, bytes([0, kind]) + filling + b"\0" + content)


WRONG_RSA: dict[str, Callable[[RSA.RsaKey, bytes], bytes]] = {
    "RSA-PSS": lambda key, data: pss.new(key).sign(SHA256.new(data)),
    "PKCS#1 v1.5 with SHA-1": lambda key, data: pkcs1_15.new(key).sign(SHA1.new(data)),
    "DigestInfo without NULL": partial(sha256_block, info=SHA256_WITHOUT_NULL),
    "digest without DigestInfo": partial(sha256_block, info=b""),
    "a zero byte in the padding": partial(sha256_block, first=b"\xff\0"),
    "padding of type 2": partial(sha256_block, kind=2),
}


def cube_root_forgery(data: bytes, size: int) -> bytes:
    """A number whose cube starts like a signed block with the least padding, made without a key."""
    head = bytes([0, 1]) + b"\xff" * 8 + b"\0" + SHA256_DIGEST_INFO
    head += hashlib.sha256(data).digest()
    wanted = int.from_bytes(head.ljust(size, b"\0"), "big")
    low, high = 0, 1 << (size * 8 // 3 + 1)
    while low < high:  # the least number whose cube is not below the wanted block
        middle = (low + high) // 2
        if middle**3 < wanted:
            low = middle + 1
        else:
            high = middle
    if not (low**3).to_bytes(size, "big").startswith(head):
        raise ValueError("the block is too short for this forgery")
    return low.to_bytes(size, "big")
