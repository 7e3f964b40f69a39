"""The rules at the door of the real station: what arrives is verified before the station sees it.

Every message comes through :meth:`Guard.process`, in place of the station's own
``process_package``. What was verified is what is processed: the station gets the fields that were
decoded for verification and does not parse the bytes a second time in its own way.

Not here: the rules themselves (``rules``), batches (``verifier``), sockets (``loop``).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from ...accounts import AccountFolder
from ...identity import Identifier
from ...keyring import Keyring
from ...portable import TransportableData
from ...verdict import Code, DimError
from .._plugins.messages import fields_of, without_aliases
from . import rules
from .counters import Counters
from .logs import RefusalLog, station_log
from .verifier import Verified, Verifier

if TYPE_CHECKING:
    from .._patches import Patches
    from .options import Options

__all__ = ["Guard"]


class Begun(NamedTuple):
    """A frame that is being verified."""

    verified: asyncio.Future[Verified]
    learned: int
    """How much had been learned when it was submitted."""


class Guard:
    """What a hardened station knows about who may say what. One for a process.

    Args:
        options: limits, and the neighbours that vouch.
        counters: told about everything that passes or does not.
    """

    def __init__(self, options: Options, counters: Counters) -> None:
        self._options = options
        self._counters = counters
        self._neighbours = frozenset(map(_entity, options.vouch))
        self._duplicates = rules.DuplicateFilter(options.duplicates)
        self._refusals = RefusalLog()
        self._asked: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
        """Whom a session key was told, by session."""
        self._station = _station_parts()
        self._verifier: Verifier | None = None
        self._keyring: Keyring | None = None
        self._learned = 0
        """How often the station has stored something about an account."""
        self._making = threading.Lock()
        """Held while the verifier comes to be, which sessions with threads of their own ask for."""

    # -- the keys

    def _ready(self) -> Verifier:
        """The verifier, with the lock held. It comes to be with the first message: the station's
        configuration is read after the drop-in was installed."""
        if self._verifier is None:
            from dimples.station.shared import GlobalVariable

            folder = AccountFolder(GlobalVariable().config.database_public)
            keyring = Keyring(
                max_accounts=self._options.max_accounts,
                loader=lambda address: self._load(folder, address),
                on_refused=self._account_refused,
            )
            self._keyring = keyring
            self._verifier = Verifier(
                keyring,
                self._counters,
                most=self._options.batch,
                threads=self._options.threads,
                on_failure=self._failed,
            )
        return self._verifier

    def _load(self, folder: AccountFolder, address: str) -> Any:
        try:
            found = folder(address)
        except OSError as error:
            self._counters.event("account_load_errors")
            raise DimError(Code.MALFORMED, f"{address}: {error.strerror}") from None
        self._counters.event("account_loads" if found is not None else "account_misses")
        return found

    def _account_refused(self, address: str, code: Code, reason: str) -> None:
        self._counters.event("account_refusals")
        self._refusals.say(address, f"account: {code.name.lower()}", reason)

    def _failed(self, error: BaseException) -> None:
        self._counters.event("verifier_failures")
        station_log("error", f"a batch could not be verified, and is refused: {error!r}")

    def forget(self, identifier: object) -> None:
        """The station has stored something new about an account: read it when it is needed."""
        self._learned += 1
        keyring = self._keyring
        if keyring is not None and (text := _entity_or_none(str(identifier))) is not None:
            keyring.discard(text)

    def close(self) -> None:
        """Let go of the keys and the thread of the verifier, after what is queued. A connection
        that is still open makes them anew when it has a message."""
        with self._making:
            verifier, self._verifier, self._keyring = self._verifier, None, None
        if verifier is not None:
            verifier.close()

    # -- messages

    def submit(self, frame: bytes) -> Begun:
        """Begin to verify a frame, whose turn comes later; on the event loop where that will be."""
        with self._making:
            return Begun(self._ready().submit(frame), self._learned)

    async def process(
        self, messenger: Any, frame: bytes, begun: Begun | None = None
    ) -> list[bytes]:
        """Verify a frame and, when it may, let the station process it.

        Args:
            messenger: the station's, of the connection on which the frame came.
            frame: JSON text of a reliable message.
            begun: what :meth:`submit` gave for it.

        Returns:
            What the station answers; nothing when it does not learn of the message.
        """
        message = await self._admit(messenger.session, frame, begun)
        if message is None:
            return []
        start = time.perf_counter()
        answers = []
        for answer in await messenger.process_reliable_message(msg=message):
            data = await messenger.serialize_message(msg=answer)
            if data:
                answers.append(data)
        self._counters.spend("process", time.perf_counter() - start)
        return answers

    async def _admit(self, session: Any, frame: bytes, begun: Begun | None = None) -> Any:
        """The station's object for a message that may be processed; ``None`` when it may not."""
        begun = begun or self.submit(frame)
        verified = await begun.verified
        if verified.code is Code.UNKNOWN_SENDER and begun.learned != self._learned:
            # What came before it on this connection may have brought the keys.
            verified = await self.submit(frame).verified
        if (named := without_aliases(frame, verified.code)) is not None:
            verified = await self.submit(named).verified
        message = verified.message
        fields = {} if message is None else fields_of(message)
        sender = None if message is None else str(message.sender.without_terminal())
        decision = rules.judge(verified.code, sender, _user_of(session), fields, self._neighbours)
        if not decision.allowed:
            self._refuse(decision.reason, sender, session, verified.reason)
            return None
        if session.identifier is None and not await self._bind(session, sender):
            return None
        self._counters.pass_(decision.reason)
        # What ``process_package`` of the reference does after it has parsed the bytes.
        admitted = self._station.ReliableMessage.parse(msg=fields)
        if admitted is not None:
            self._station.Compatible.fix_meta_attachment(msg=admitted)
            self._station.Compatible.fix_visa_attachment(msg=admitted)
            setattr(admitted, ADMITTED, True)
        return admitted

    async def carried(self, messenger: Any, message: Any) -> Any:
        """A message that the station is about to process: itself when it came through here. One
        that lay in a message to the station has to do so too; ``None`` when it may not."""
        if getattr(message, ADMITTED, False):
            return message
        frame = await messenger.serialize_message(msg=message)
        return await self._admit(messenger.session, frame)

    def _refuse(self, reason: str, sender: str | None, session: Any, detail: str) -> None:
        self._counters.refuse(reason)
        where = f"session of {_user_of(session)}, {session.remote_address}"
        self._refusals.say(sender or "?", reason, f"{detail} ({where})" if detail else where)

    def is_duplicate(self, message: Any, node: Any) -> bool:
        """In place of the station's filter; keeps the trace of the stations on the way."""
        receiver = str(self._station.MessageUtils.real_receiver(msg=message))
        if not self._duplicates.is_new(_signature_of(message), receiver, time.monotonic()):
            self._counters.event("duplicates")
            return True
        traces = message.get("traces")
        before = list(traces)[: MOST_TRACES - 1] if isinstance(traces, list) else []
        message["traces"] = [*before, self._station.TraceNode.create(identifier=node).to_map()]
        return False

    # -- the handshake

    async def shake_hands(self, processor: Any, content: Any, message: Any) -> bool:
        """Whether the handshake may go on."""
        if content.title in FROM_STATIONS:
            return True  # not about logging in here; the station says so itself
        return await self._bind(processor.messenger.session, _entity(str(message.sender)))

    async def _bind(self, session: Any, sender: str | None) -> bool:
        """Whether the session key may be told to ``sender``, and used by it.

        The station tells it to whoever says anything before the handshake, so that the first one
        who does has it. For anybody else the connection ends: a client that changes its user begins
        anew on another one, with another session key.
        """
        if sender is not None and rules.may_log_in(self._asked.get(session), sender):
            self._asked[session] = sender
            return True
        self._refuse(rules.HANDSHAKE_NOT_BOUND, sender, session, "another user began it")
        await session.stop()
        return False

    def trusts(self, session_user: object) -> bool:
        """Whether messages for the station itself need no check of the station's own."""
        return session_user is not None and _entity_or_none(str(session_user)) in self._neighbours

    # -- in the station

    def install(self, patches: Patches) -> None:
        """Put this guard into the station's classes."""
        from dimples.database import AccountDatabase
        from dimples.server import ServerMessagePacker, ServerMessenger
        from dimples.server import processor as processing
        from dimples.server.cpu.handshake import HandshakeCommandProcessor

        guard = self

        async def process_package(messenger: Any, data: bytes) -> list[bytes]:
            return await guard.process(messenger, data)

        def all_admitted(original: Callable[..., Any]) -> Callable[..., Any]:
            async def process_reliable_message(messenger: Any, msg: Any) -> list[Any]:
                admitted = await guard.carried(messenger, msg)
                if admitted is None:
                    return []
                answers: list[Any] = await original(messenger, msg=admitted)
                return answers

            return process_reliable_message

        def is_trusted(packer: Any, sender: Any) -> bool:
            return guard.trusts(packer.messenger.session.identifier)

        def is_duplicated(msg: Any, node: Any) -> bool:
            return guard.is_duplicate(msg, node)

        def bound(original: Callable[..., Any]) -> Callable[..., Any]:
            async def process_content(self: Any, content: Any, r_msg: Any) -> Any:
                if not await guard.shake_hands(self, content, r_msg):
                    return []
                return await original(self, content=content, r_msg=r_msg)

            return process_content

        patches.ending(self.close)
        patches.attribute(ServerMessenger, "process_package", lambda _: process_package)
        patches.attribute(ServerMessenger, "process_reliable_message", all_admitted)
        patches.attribute(ServerMessagePacker, "_is_trusted", lambda _: is_trusted)
        patches.attribute(processing, "_is_duplicated", lambda _: is_duplicated)
        patches.attribute(HandshakeCommandProcessor, "process_content", bound)
        for name in ("save_meta", "save_document"):
            patches.attribute(AccountDatabase, name, self._forgetting)

    def _forgetting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        async def save(database: Any, *args: Any, identifier: Any, **more: Any) -> Any:
            saved = await original(database, *args, identifier=identifier, **more)
            if saved:
                self.forget(identifier)
            return saved

        return save


ADMITTED = "_dimp_fast_admitted"
"""Marks the station's object for a message that has passed."""

MOST_TRACES = 64
"""More make a message too large (docs/semantics.md#json-5)."""

FROM_STATIONS = frozenset({"DIM?", "DIM!", "Nice to meet you!", "Nice to meet you too!"})
"""Titles of a handshake that log nobody in."""


def _station_parts() -> SimpleNamespace:
    """What is needed of the station for every message, imported once."""
    from dimples.common import MessageUtils
    from dimples.common.compat import Compatible
    from dimples.server.trace import TraceNode
    from dimsdk import ReliableMessage

    return SimpleNamespace(
        Compatible=Compatible,
        MessageUtils=MessageUtils,
        ReliableMessage=ReliableMessage,
        TraceNode=TraceNode,
    )


def _signature_of(message: Any) -> bytes:
    text = str(message.get("signature"))
    try:
        return TransportableData.parse(text).data
    except DimError:
        return text.encode()  # made by the station itself: what arrives has been decoded


@lru_cache(4096)
def _entity(text: str) -> str:
    """An ID without its terminal, in canonical form."""
    return str(Identifier.parse(text).without_terminal())


def _entity_or_none(text: str) -> str | None:
    try:
        return _entity(text)
    except DimError:
        return None


def _user_of(session: Any) -> str | None:
    """Whom the handshake of a session proved."""
    user = session.identifier
    return None if user is None else _entity_or_none(str(user))
