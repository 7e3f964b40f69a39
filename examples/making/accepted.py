"""Messages that a verifier accepts: what the reference client sends, and what its peers send.

Each is encrypted and signed by the reference. Where a message is changed afterwards, only what the
signature does not cover changes: the spelling, the envelope, fields of other implementations.
"""

from __future__ import annotations

import random

from dimax import (
    ArrayContent,
    CombineContent,
    DocumentCommand,
    FileContent,
    ForwardContent,
    GroupCommand,
    MetaCommand,
    MoneyContent,
    NameCard,
    PageContent,
    QuoteContent,
    ReceiptCommand,
    TextContent,
    TransferContent,
)
from dimples.common import (
    AnsCommand,
    BlockCommand,
    GroupHistory,
    HandshakeCommand,
    LoginCommand,
    MuteCommand,
    Password,
    QueryCommand,
    ReportCommand,
    Station,
)
from dimsdk import (
    ANYONE,
    EVERYONE,
    ID,
    Content,
    DateTime,
    Envelope,
    InstantMessage,
    MessageShortener,
    ReliableMessage,
    SymmetricKey,
    TransportableData,
)

from making import spelling
from making.cast import CROWD, Cast, rsa, stolen_meta
from making.corpus import Corpus
from making.reference import Account
from making.spelling import Message, data_uri, encoded, wrapped
from making.writing import PARAGRAPH, WORDS, Writer


class AcceptedMessages:
    """Fills a corpus with messages whose verdict is OK."""

    def __init__(self, cast: Cast, corpus: Corpus) -> None:
        self.cast = cast
        self.reference = cast.reference
        self.corpus = corpus
        self.writer = Writer(cast, seed=1)

    async def make(self) -> None:
        await self._personal_texts()
        await self._other_contents()
        await self._commands()
        await self._broadcasts()
        await self._groups()
        await self._first_contacts()
        await self._logins()
        await self._visa_keys()
        await self._attachments_of_known_senders()
        await self._envelopes()
        await self._null_fields()
        await self._terminals()
        await self._routing_fields()
        await self._other_names()
        await self._short_names()
        await self._json_styles()
        await self._json_oddities()
        await self._base64_forms()
        await self._ecdsa_forms()
        await self._short_rsa_signatures()
        await self._at_the_limits()

    async def _send(self, sender: Account, receiver: ID, content: Content, made: str) -> None:
        self.corpus.accept(await self.writer.send(sender, receiver, content), made)

    # What the client sends

    async def _personal_texts(self) -> None:
        """Every known account speaks, all but the crowd twice, some of them at length."""
        everyone = [*self.cast.known.values()]
        senders = [*everyone, *everyone[:-CROWD]]
        for number, sender in enumerate(senders):
            receiver = self.writer.receiver_for(sender)
            content = self.writer.words()
            if number % 7 == 0:
                content = TextContent.create(text=PARAGRAPH * (3 + number // 2))
            made = f"text from {sender.nickname}: {sender.algorithm} identity, {meta_type(sender)}"
            await self._send(sender, receiver.identifier, content, made)
        alice, bob = self.cast.known["alice"], self.cast.known["bob"]
        for text in WORDS:
            await self._send(alice, bob.identifier, TextContent.create(text=text), "text")

    async def _other_contents(self) -> None:
        alice, bob = self.cast.known["alice"], self.cast.known["bob"]
        earlier = ReliableMessage.parse(msg=await self.writer.text(bob, alice))
        plain = InstantMessage.create(
            head=Envelope.create(sender=bob.identifier, receiver=alice.identifier),
            body=self.writer.words(),
        )
        password = SymmetricKey.generate(algorithm="AES")
        url = "https://example.com/download/0123456789abcdef.bin"
        image = FileContent.image(filename="sea.png", url=url, password=password)
        transfer = TransferContent.create(currency="CNY", amount=8.88)
        contents = {
            "file of 3 KB": FileContent.file(data=some_bytes(3000), filename="notes.bin"),
            "file of 56 KB": FileContent.file(data=some_bytes(56_000), filename="book.bin"),
            "voice of 4 KB": FileContent.audio(data=some_bytes(4000), filename="voice.mp4"),
            "image behind an URL": image,
            "film behind an URL": FileContent.video(filename="a.mp4", url=url, password=password),
            "web page": PageContent.create_from_url(
                url="https://example.com/", title="Example", desc="A page", icon=None
            ),
            "name card": NameCard.create(identifier=bob.identifier, name="Bob", avatar=None),
            "quote": QuoteContent.create(
                text="I agree.", envelope=earlier.envelope, content=plain.content
            ),
            "money": MoneyContent.create(currency="USD", amount=3.14),
            "transfer": transfer,
            "array of contents": ArrayContent.create(
                contents=[self.writer.words(), self.writer.words()]
            ),
            "combined messages": CombineContent.create(title="Chat", messages=[plain]),
            "forwarded message": ForwardContent.create(messages=[earlier]),
        }
        for made, content in contents.items():
            await self._send(alice, bob.identifier, content, made)
            if "56" not in made:
                sender = self.writer.sender()
                receiver = self.writer.receiver_for(sender)
                await self._send(sender, receiver.identifier, content, made)

    async def _commands(self) -> None:
        known = self.cast.known
        alice, bob, station = known["alice"], known["bob"], known["station"]
        mute, block = MuteCommand(), BlockCommand()
        mute.mute_list = [known["mallory"].identifier]
        block.block_list = [known["mallory"].identifier]
        visa = alice.visas[0]
        commands = {
            "meta query": MetaCommand.query(identifier=bob.identifier),
            "meta response": MetaCommand.response(identifier=alice.identifier, meta=alice.meta),
            "documents query": DocumentCommand.query(
                identifier=bob.identifier, last_time=DateTime.now()
            ),
            "documents response": DocumentCommand.response(
                identifier=alice.identifier, meta=alice.meta, documents=[visa]
            ),
            "mute": mute,
            "block": block,
            "name query": AnsCommand.query(names=["archivist", "assistant"]),
            "handshake with a session key": HandshakeCommand.restart(session="5e" * 32),
            "report": ReportCommand(title=ReportCommand.ONLINE),
        }
        for made, command in commands.items():
            for receiver in (station, bob):
                await self._send(alice, receiver.identifier, command, f"command: {made}")
        for _ in range(10):
            sender = self.writer.choice.choice(self.writer.receivers())
            receiver = self.writer.receiver_for(sender)
            earlier = ReliableMessage.parse(msg=await self.writer.text(receiver, sender))
            receipt = ReceiptCommand.create(text="Message received.", envelope=earlier.envelope)
            await self._send(sender, receiver.identifier, receipt, "receipt")

    async def _broadcasts(self) -> None:
        known = self.cast.known
        senders = [known[name] for name in ("alice", "carol", "heidi", "kate", "leo")]
        for receiver in (ANYONE, EVERYONE, Station.ANY, Station.EVERY):
            for sender in senders:
                content = self.writer.words()
                await self._send(sender, receiver, content, f"broadcast to {receiver}")
        login = LoginCommand(identifier=known["alice"].identifier)
        login.agent = "DIM/1.0"
        await self._send(known["alice"], EVERYONE, login, "login, broadcast")
        report = ReportCommand(title=ReportCommand.OFFLINE)
        await self._send(known["alice"], Station.ANY, report, "report, broadcast")
        for name in ("alice", "dave", "ivan"):
            message = await self.writer.broadcast(
                known[name], known["station"].identifier, group=str(Station.EVERY)
            )
            self.corpus.accept(message, "broadcast by an overt group, to one station")

    async def _groups(self) -> None:
        cast, known = self.cast, self.cast.known
        alice, erin = known["alice"], known["erin"]
        for group, sender, size in ((cast.small_group, alice, 3), (cast.big_group, erin, 17)):
            for _ in range(2):
                text = self.writer.words()
                text.group = group
                head = Envelope.create(sender=sender.identifier, receiver=group)
                await self.reference.log_in(sender)
                await self.reference.groups.send_instant_message(
                    InstantMessage.create(head=head, body=text)
                )
                for package in self.reference.take()[:8]:
                    made = f"copy for one of {size} members"
                    self.corpus.accept(package, f"group message, {made}")
            text = self.writer.words()
            text.group = group
            package = await self.reference.send(sender.identifier, group, text)
            self.corpus.accept(package, f"group message in one piece, keys for {size} members")
        group = cast.small_group
        members = [known[name].identifier for name in ("alice", "bob", "carol")]
        commands = {
            "invite": GroupCommand.invite(group=group, members=members[1:]),
            "reset": GroupCommand.reset(group=group, members=members),
            "quit": GroupCommand.quit(group=group),
            "join": GroupCommand.join(group=group),
            "query": QueryCommand.query(group=group),
            "history query": GroupHistory.query_group_history(group=group),
        }
        for made, command in commands.items():
            await self._send(alice, members[1], command, f"group command: {made}")
        package = await self.reference.send(
            alice.identifier, ANYONE, commands["reset"], group=str(group)
        )
        self.corpus.accept(package, "group command as a broadcast with an overt group")

    # First contact

    async def _first_contacts(self) -> None:
        """Senders that the account folder lacks, with their meta in the message."""
        for stranger in self.cast.strangers.values():
            await self.reference.log_in(stranger)
            await self.reference.messenger.handshake(session_key=None)
            (package,) = self.reference.take()
            self.corpus.accept(package, "first handshake of an unknown sender, meta and visa")
            message = await self.writer.introduced(stranger)
            self.corpus.accept(message, "unknown sender, meta and visa attached")
            message = await self.writer.introduced(stranger)
            del message["visa"]
            self.corpus.accept(message, "unknown sender, only the meta attached")
        xena, yves = self.cast.strangers["xena"], self.cast.strangers["yves"]
        message = await self.writer.introduced(xena)
        message["meta"] = {"version": 1, **message["meta"]}
        del message["meta"]["type"]
        self.corpus.accept(message, "unknown sender, meta with the old `version` alone")
        message = await self.writer.introduced(yves)
        message["sender"] += "/phone"
        self.corpus.accept(message, "unknown sender with a terminal, meta attached")
        mallory = self.cast.known["mallory"]
        forged = yves.make_visa(yves.visa_keys[0], signer=mallory.identity_key)
        message = await self.writer.signed_by(yves.identity_key, yves, meta=yves.meta, visa=forged)
        self.corpus.accept(message, "unknown sender, good meta, forged visa, identity key signs")
        peggy = self.cast.bad["peggy"]
        message = await self.writer.introduced(peggy)
        self.corpus.accept(message, "bad meta in the folder, but the true one attached")

    async def _logins(self) -> None:
        """Known accounts log in, which renews their visas in the folder."""
        known = self.cast.known
        for name in ("alice", "bob", "carol", "xiaoming", "ivan"):
            await self.reference.log_in(known[name])
            await self.reference.messenger.handshake(session_key=None)
            (package,) = self.reference.take()
            self.corpus.accept(package, "first handshake of a known sender, visa renewed")
        await self.reference.log_in(known["alice"])
        await self.reference.messenger.report_online()
        await self.reference.messenger.broadcast_login(
            sender=known["alice"].identifier, user_agent="DIM/1.0"
        )
        for package in self.reference.take():
            self.corpus.accept(package, "after the login")
        friends = [known[name].identifier for name in ("bob", "carol", "heidi")]
        await self.reference.database.save_contacts(
            contacts=friends, user=known["alice"].identifier
        )
        for package in await self.reference.broadcast_documents():
            self.corpus.accept(package, "new visa for contacts and everyone")

    # Keys beside the identity key

    async def _visa_keys(self) -> None:
        """The key in a visa that the identity key signed counts too."""
        known = self.cast.known
        for name in ("alice", "bob", "heidi", "ivan", "olivia", "peter", "member-01", "station"):
            message = await self.writer.signed_by(known[name].visa_keys[0], known[name])
            self.corpus.accept(message, "signed by the sender's visa key")
        erin = known["erin"]
        for terminal, key in zip(("no", "the phone", "the laptop"), erin.visa_keys, strict=True):
            message = await self.writer.signed_by(key, erin)
            self.corpus.accept(message, f"signed by the visa key of {terminal} terminal")
        for name in ("victor", "xena", "zoe"):
            stranger = self.cast.strangers[name]
            message = await self.writer.signed_by(
                stranger.visa_keys[0], stranger, meta=stranger.meta, visa=stranger.visas[0]
            )
            self.corpus.accept(message, "unknown sender, signed by the key of the visa attached")

    async def _attachments_of_known_senders(self) -> None:
        known = self.cast.known
        alice, carol, grace, mallory = (
            known[name] for name in ("alice", "carol", "grace", "mallory")
        )
        self.corpus.accept(await self.writer.introduced(grace), "known sender, own meta attached")
        key = rsa()
        message = await self.writer.signed_by(
            key, grace, visa=grace.make_visa(key, terminal="watch")
        )
        self.corpus.accept(message, "known sender, signed by a new visa's key, visa attached")
        forged = alice.make_visa(mallory.visa_keys[0], signer=mallory.identity_key)
        for sender, made, attachments in (
            (alice, "somebody else's meta", {"meta": mallory.meta}),
            (carol, "somebody else's meta", {"meta": mallory.meta}),
            (carol, "own fingerprint with another key", {"meta": stolen_meta(carol, mallory)}),
            (carol, "somebody else's visa", {"visa": mallory.visas[0]}),
            (alice, "a forged visa", {"visa": forged}),
        ):
            message = await self.writer.signed_by(sender.identity_key, sender, **attachments)
            self.corpus.accept(message, f"known sender, {made} attached: ignored")
        message = await self.writer.text(known["tina"])
        self.corpus.accept(message, "the sender's documents file is cut off, the meta holds")

    # Envelopes

    async def _envelopes(self) -> None:
        known = self.cast.known
        for name in ("alice", "carol"):
            message = await self.writer.broadcast(known[name])
            del message["receiver"]
            self.corpus.accept(message, "no receiver: anyone@anywhere, so broadcast")
            message = await self.writer.text(known[name])
            del message["time"]
            self.corpus.accept(message, "no time")
        for value in (1, "1", "text", 0, 255):
            message = await self.writer.text()
            message["type"] = value
            self.corpus.accept(message, f"type {value!r}")
        message = await self.writer.text()
        del message["type"]
        self.corpus.accept(message, "no type")
        for value in (0, 1_500_000_000, 1.5e9, "1500000000", "1500000000.25"):
            message = await self.writer.text()
            message["time"] = value
            self.corpus.accept(message, f"time {value!r}")
        line = spelling.as_reference({**await self.writer.text(), "time": 0})
        line = line.replace(b'"time": 0', b'"time": 1.795E9')
        self.corpus.accept(line, "time with an exponent, as Java writes it")
        message = await self.writer.text(known["alice"], known["bob"])
        message["receiver"] = known["heidi"].text
        self.corpus.accept(message, "another receiver: the signature does not cover it")
        for fields in (
            {"muted": True, "x-trace": {"hop": [1, 2, {"n": None}]}},
            {"error": None, "pass": "handshaking", "sn": 12345, "": "empty name"},
            {"recipients": [known["station"].text], "neighbor": known["old-station"].text},
            {"SDT": 1_751_328_000, "GDT": 1_751_328_000, "GHT": 1_751_328_000},
        ):
            message = {**await self.writer.text(), **fields}
            self.corpus.accept(message, "fields unknown to the verifier")
        # A reused key travels as its digest alone.
        message = await self.writer.text()
        key = SymmetricKey.generate(algorithm="AES")
        message["keys"] = {"digest": Password.digest(key)}
        self.corpus.accept(message, "only the digest of a key used before")
        message = await self.writer.text()
        message["keys"]["digest"] = Password.digest(key)
        self.corpus.accept(message, "keys with their digest")
        del message["keys"]
        self.corpus.accept(message, "no keys")

    async def _null_fields(self) -> None:
        fields = ("group", "time", "type", "key", "keys", "IV", "meta", "visa")
        for field in (*fields, "from", "rcpt", "traces"):
            message = {**await self.writer.text(), field: None}
            self.corpus.accept(message, f"null for the optional field {field}")
        message = {**await self.writer.broadcast(self.cast.known["alice"]), "receiver": None}
        self.corpus.accept(message, "null for the receiver: anyone@anywhere, so broadcast")

    async def _terminals(self) -> None:
        known = self.cast.known
        for name in ("erin", "carol", "alice", "heidi"):
            message = await self.writer.text(known[name])
            message["sender"] += "/phone"
            self.corpus.accept(message, "terminal in the sender ID")
            message = await self.writer.text(known[name])
            message["receiver"] += "/laptop"
            self.corpus.accept(message, "terminal in the receiver ID")
        message = await self.writer.text(known["alice"], known["erin"])
        self.corpus.accept(message, "one key for each of the receiver's terminals")
        name, key = next(iter(message["keys"].items()))
        message = {**message, "receiver": name, "keys": {name: key}}
        self.corpus.accept(message, "copy for one terminal")

    async def _routing_fields(self) -> None:
        known = self.cast.known
        station = known["station"].text
        trace = {"ID": station, "did": station, "time": 1_751_328_001.5}
        for name in ("alice", "carol"):
            message = await self.writer.text(known[name])
            for fields in (
                {"from": "/phone"},
                {"from": message["sender"] + "/phone"},
                {"rcpt": message["receiver"] + "/laptop"},
                {"traces": []},
                {"traces": [trace]},
                {"from": "/", "rcpt": message["receiver"], "traces": [trace, trace]},
            ):
                self.corpus.accept({**message, **fields}, "routing: " + ", ".join(fields))

    async def _other_names(self) -> None:
        """IDs spelled otherwise than their owner spells them, and still the same."""
        known = self.cast.known
        heidi = known["heidi"]
        for address in (heidi.address.lower(), "0x" + heidi.address[2:].upper()):
            message = {**await self.writer.text(heidi), "sender": address}
            self.corpus.accept(message, "ETH sender in one case throughout")
            message = {**await self.writer.text(known["carol"], heidi), "receiver": address}
            self.corpus.accept(message, "ETH receiver in one case throughout")
        for receiver in ("Anyone@Anywhere", "someone@anywhere", "friends@everywhere", "anywhere"):
            message = {**await self.writer.broadcast(known["alice"]), "receiver": receiver}
            self.corpus.accept(message, f"broadcast to {receiver}")

    # Spellings

    async def _short_names(self) -> None:
        """One-letter field names, as the Java and JavaScript clients write them by default."""
        shorten = MessageShortener().compress_reliable_message
        for name in ("alice", "bob", "carol", "erin", "judy", "oscar", "leo", "nina"):
            message = shorten({**await self.writer.text(self.cast.known[name]), "type": 1})
            self.corpus.accept(message, "one-letter names, type as a number", spelling.compact)
        message = shorten(await self.writer.introduced(self.cast.strangers["victor"]))
        self.corpus.accept(message, "one-letter names, meta and visa", spelling.compact)
        message = await self.writer.text(self.cast.known["alice"], self.cast.known["bob"])
        message["key"] = message.pop("keys")[message["receiver"]]
        self.corpus.accept(message, "old form: one `key` instead of `keys`")
        message = shorten(message)
        message["K"] = message.pop("key")
        self.corpus.accept(message, "one-letter names, K is a single key", spelling.compact)
        message = await self.writer.text(self.cast.known["dave"])
        message["F"], message["V"] = message.pop("sender"), message.pop("signature")
        self.corpus.accept(message, "one-letter and long names mixed")
        message = shorten(await self.writer.broadcast(self.cast.known["carol"], EVERYONE))
        self.corpus.accept(message, "one-letter names, broadcast", spelling.compact)

    async def _json_styles(self) -> None:
        for style in spelling.STYLES:
            title = style.__name__.replace("_", " ")
            for name in ("xiaoming", "carol"):
                message = await self.writer.text(self.cast.known[name])
                self.corpus.accept({**message, "note": "<小/明>"}, f"JSON: {title}", style)
            message = await self.writer.broadcast(self.cast.known["xiaoming"])
            self.corpus.accept(message, f"broadcast, JSON: {title}", style)

    async def _json_oddities(self) -> None:
        message = await self.writer.text()
        note = {**message, "note": "\u2028\u2029\u0085\x7f"}
        self.corpus.accept(note, "line separators of Unicode, raw", spelling.raw_utf8)
        self.corpus.accept({**message, "note": "😀"}, "surrogate pair, escaped")
        note = {**message, "note": "[" * 100 + "{" * 100}
        self.corpus.accept(note, "brackets in a string have no depth")
        line = spelling.as_reference(message) + b"\r"
        self.corpus.accept(line, "line ends with CR LF")
        for number in (b"1e400", b"-1E+999", b"1" * 400):
            line = spelling.compact(message)[:-1] + b',"n":' + number + b"}"
            self.corpus.accept(line, "a number beyond a double in an unknown field")

    async def _base64_forms(self) -> None:
        known = self.cast.known
        for name in ("alice", "carol", "dave"):
            for newline in ("\r\n", "\n", " ", "\t"):
                message = await self.writer.text(known[name])
                for field in ("data", "signature"):
                    message[field] = wrapped(message[field], newline)
                self.corpus.accept(message, f"base64 wrapped with {newline!r}")
            for field in ("data", "signature"):
                message = await self.writer.text(known[name])
                message[field] = data_uri(message[field])
                self.corpus.accept(message, f"{field} as a data URI")
        message = await self.writer.text(known["bob"], known["carol"])
        message["keys"] = {name: wrapped(key) for name, key in message["keys"].items()}
        message["IV"] = f" {message['IV']}\r\n"
        self.corpus.accept(message, "keys and IV wrapped")
        message = await self.writer.text(known["bob"], known["carol"])
        message["signature"] = data_uri(message["signature"], "image/png;charset=utf-8")
        self.corpus.accept(message, "data URI with a parameter")
        message = await self.writer.broadcast(known["kate"])
        message["signature"] = wrapped(message["signature"], width=64)
        self.corpus.accept(message, "broadcast, signature wrapped")

    async def _ecdsa_forms(self) -> None:
        """Low and high s, each as the reference made it; and one turned into the other."""
        bob = self.cast.known["bob"]
        for high in (False, True):
            for _ in range(2):
                message = await self.writer.text(bob)
                while is_high(message) != high:
                    message = await self.writer.text(bob)
                self.corpus.accept(message, "high s" if high else "low s")
            r, s = spelling.split_signature(spelling.decoded(message["signature"]))
            other = spelling.join_signature(r, spelling.ORDER - s)
            message["signature"] = encoded(other)
            self.corpus.accept(message, f"{'high' if high else 'low'} s, turned into n - s")

    async def _short_rsa_signatures(self) -> None:
        """Signatures whose leading zero byte is left out, as JavaScript peers do."""
        known = self.cast.known
        for sender, key in (
            (known["carol"], known["carol"].identity_key),
            (known["dave"], known["dave"].identity_key),
            (known["kate"], known["kate"].identity_key),
            (known["alice"], known["alice"].visa_keys[0]),
        ):
            message = await self.writer.signed_by(key, sender)
            while (signature := spelling.decoded(message["signature"]))[0] != 0:
                message = await self.writer.signed_by(key, sender)
            self.corpus.accept(message, "RSA signature that starts with a zero byte")
            message = {**message, "signature": encoded(signature[1:])}
            made = f"RSA signature of {len(signature) - 1} bytes for {len(signature)}"
            self.corpus.accept(message, made)

    async def _at_the_limits(self) -> None:
        """The last sizes that are allowed."""
        known = self.cast.known
        message = {**await self.writer.text(), "note": spelling.nested(63)}
        self.corpus.accept(message, "64 levels of JSON")
        station = known["station"].text
        trace = {"did": station, "time": 1_751_328_001}
        self.corpus.accept({**await self.writer.text(), "traces": [trace] * 64}, "64 traces")
        message = await self.writer.text(known["bob"], known["alice"])
        names = (f"{message['receiver']}/{number:03x}" for number in range(4095))
        message["keys"].update(dict.fromkeys(names, "AA=="))
        self.corpus.accept(message, "4096 keys", spelling.compact)


def some_bytes(size: int) -> TransportableData:
    return TransportableData.create(data=random.Random(size).randbytes(size))


def meta_type(account: Account) -> str:
    return f"meta type {account.meta.type}"


def is_high(message: Message) -> bool:
    _, s = spelling.split_signature(spelling.decoded(message["signature"]))
    return s > spelling.ORDER // 2
