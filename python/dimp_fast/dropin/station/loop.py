"""One event loop for all connections, in place of a thread and a loop for each.

:class:`LoopServer` stands where the station's starter has its ``ThreadingTCPServer``; a
:class:`LoopSession` is a session of the station whose gate is a :class:`Connection` here. Bytes are
taken apart by ``dimp_fast.framing``, and messages go the way that they always went: through the
station's messenger, behind the guard if there is one.

Not here: what a message means; who may send it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from ... import framing
from ...framing import Decoder, FragmentAssembler, Frame, MarsCommand, MtpType
from .counters import Counters
from .logs import station_log

if TYPE_CHECKING:
    from .guard import Begun, Guard
    from .options import Options

__all__ = ["Connection", "LoopServer", "server_class"]

RECEIVE_TIMEOUT = 128.0
"""Seconds without a byte after which a connection ends; ``GateKeeper.WAIT_RECEIVE_TIMEOUT``."""

RESEND_AFTER = 120.0
MOST_TRIES = 3
"""What is not acknowledged is sent again; ``startrek.DepartureShip``."""

FINISH_WITHIN = 10.0
"""Seconds for the messages that a client left behind when it hung up; they were acknowledged."""

SHUTDOWN_WITHIN = 2.0
"""Seconds for all that has arrived when the station is told to end."""

LOOK_AROUND = 5.0
"""Seconds between looks for what has timed out."""

MOST_WAITING, FEW_WAITING = 128, 32
"""Messages of a connection that are taken apart and verified ahead of their turn, and how many of
them are left when more are. It is read no further while there are more."""

MOST_UNSENT = 32 * 1024 * 1024
"""Bytes that wait for a slow client. Messages that come then are not sent; a stored one stays
stored. When answers go beyond it, the connection ends."""

MUCH_UNSENT = 1024 * 1024
"""Bytes that wait before a client is read no further until it takes them."""

MOST_UNACKNOWLEDGED = 4 * 1024 * 1024
"""Bytes that are kept to be sent again. The oldest are forgotten first, stored ones stay stored."""

MOST_GARBAGE = 1024 * 1024
"""Bytes that are no frames before a connection ends."""

AGAIN = b"AGAIN"


class _Arrived:
    """A frame whose messages wait for their turn."""

    __slots__ = ("answers", "is_mars", "messages")

    def __init__(self, messages: Iterator[bytes], is_mars: bool) -> None:
        self.messages = messages
        self.is_mars = is_mars
        """Each frame of Mars is answered, if only by an empty one."""
        self.answers = 0


class _Waiting(NamedTuple):
    """A message that is being verified, or the end of a frame of Mars."""

    arrived: _Arrived
    message: bytes | None
    verified: Begun | None


class _Sent:
    """A message that was sent and is not acknowledged yet."""

    __slots__ = ("data", "message", "since", "tries")

    def __init__(self, data: bytes, message: Any, since: float) -> None:
        self.data = data
        self.message = message
        self.since = since
        self.tries = 1


_serial_numbers = count(int.from_bytes(os.urandom(6), "big"))


class Connection(asyncio.Protocol):
    """One client. Everything happens on the loop's thread but :meth:`push`."""

    def __init__(self, server: LoopServer) -> None:
        self._server = server
        self._counters = server.counters
        self._guard = server.guard
        self._decoder = Decoder()
        self._fragments = FragmentAssembler()
        self._arrived: deque[_Arrived] = deque()
        """What has not been taken apart yet."""
        self._begun: deque[_Waiting] = deque()
        self.worker: asyncio.Task[None] | None = None
        """Is there while messages wait for their turn."""
        self._out: list[bytes] = []
        self._out_bytes = 0
        self._unacknowledged: OrderedDict[bytes, _Sent] = OrderedDict()
        self._kept_bytes = 0
        self._acknowledges = False
        """A WebSocket client that has said ``ACK:`` once does so always."""
        self._last_heard = time.monotonic()
        self._is_behind = self._is_choked = self._is_paused = False
        """Too much waits to be processed; to be sent; so that nothing is read."""
        self._taken = 0
        """Bytes that had gone to the client at the last look, of those that were written."""
        self._written = 0
        self.closed = False
        self._limit: asyncio.TimerHandle | None = None
        self.transport: asyncio.Transport
        self.session: Any = None
        self._messenger: Any = None

    # -- the connection itself

    def connection_made(self, transport: Any) -> None:
        self.transport = transport  # uvloop's is no asyncio.Transport
        try:
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.session, self._messenger = self._server.begin(self, transport)
        except Exception as error:  # such as that of a client that is gone already
            self._counters.event("errors")
            station_log("error", f"a connection that could not begin: {error!r}")
            transport.abort()
            return
        transport.set_write_buffer_limits(high=MUCH_UNSENT)
        self._counters.event("connections")

    def connection_lost(self, exc: Exception | None) -> None:
        # Never cancel the worker: inside the station it may wait for a lock that would be left
        # locked. Its session goes on until it has done what had arrived.
        self.closed = True
        if self.worker is None:
            self._end()
        else:
            self._limit = self._server.loop.call_later(FINISH_WITHIN, self._end)

    def _end(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
        self._drop()
        if self.session is not None:
            self._server.end(self, self.session)

    def _drop(self) -> None:
        """Process no message after the one in hand."""
        for begun in self._begun:
            if begun.verified is not None:
                begun.verified.verified.cancel()
        self._begun.clear()
        self._arrived.clear()

    def close(self) -> None:
        """Hang up after what is to be sent was sent."""
        if not self.closed:
            self._flush()
            self.transport.close()

    def stop(self) -> None:
        """Hang up on a client that is not to go on."""
        self._drop()
        self.close()

    def look_around(self, now: float) -> None:
        """Send again what was not acknowledged, and end what has gone silent."""
        if self._is_choked:  # it is not read, and is there while it takes what is sent
            taken = self._written - self.transport.get_write_buffer_size()
            if taken != self._taken:
                self._taken, self._last_heard = taken, now
        if now - self._last_heard > RECEIVE_TIMEOUT:
            self._counters.event("timeouts")
            self.transport.abort()
            return
        late = now - RESEND_AFTER
        for sn, sent in list(self._unacknowledged.items()):
            if sent.since > late:
                break  # they lie in the order of their times
            if sent.tries >= MOST_TRIES:
                self._forget(sn)
                self._counters.event("unacknowledged")
            else:
                sent.since, sent.tries = now, sent.tries + 1
                self._unacknowledged.move_to_end(sn)
                self._counters.event("resent")
                self._write(sent.data)

    def pause_writing(self) -> None:
        self._is_choked = True
        self._pace()

    def resume_writing(self) -> None:
        self._is_choked = False
        self._last_heard = time.monotonic()
        self._pace()

    def _pace(self) -> None:
        """Read a client for as long as nothing piles up, on its way in or out."""
        is_paused = self._is_behind or self._is_choked
        if is_paused == self._is_paused or self.closed:
            return
        self._is_paused = is_paused
        if is_paused:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    # -- what arrives

    def data_received(self, data: bytes) -> None:
        self._last_heard = time.monotonic()
        decoder = self._decoder
        for frame in decoder.feed(bytes(data)):
            self._take(frame)
        if said := decoder.outgoing():
            self._write(said)
        if decoder.closed or decoder.skipped > MOST_GARBAGE:
            self.close()

    def _take(self, frame: Frame) -> None:
        answer = framing.reply(frame)
        if answer is not None:
            self._write(answer)
            if frame.kind != "mtp":
                return  # a PING or a NOOP: there is nothing more in it
        whole: Frame | None = frame
        if frame.kind == "mtp":
            if frame.type == MtpType.MESSAGE_RESPONSE and frame.payload != AGAIN:
                self._acknowledge(frame.sn)
            elif frame.type == MtpType.FRAGMENT:
                whole = self._fragments.add(frame)
        elif frame.kind == "mars":
            self._acknowledge(frame.sn)
        elif (sn := framing.acknowledged(frame)) is not None:
            self._acknowledges = True
            self._acknowledge(sn)
            return
        if whole is not None:
            self._queue(whole)

    def _queue(self, frame: Frame) -> None:
        is_mars = frame.kind == "mars" and len(frame.payload) != 4
        self._arrived.append(_Arrived(framing.iter_messages(frame.payload), is_mars))
        self._begin()
        if self._arrived:
            self._is_behind = True
            self._pace()
        if self._begun and self.worker is None:
            self.worker = self._server.loop.create_task(self._work())

    def _begin(self) -> None:
        """Take what has arrived apart and begin to verify it, for so many messages ahead."""
        received = 0
        while self._arrived and len(self._begun) < MOST_WAITING:
            arrived = self._arrived[0]
            message = next(arrived.messages, None)
            if message is not None:
                received += 1
                verified = None if self._guard is None else self._guard.submit(message)
                self._begun.append(_Waiting(arrived, message, verified))
                continue
            self._arrived.popleft()
            if arrived.is_mars:
                self._begun.append(_Waiting(arrived, None, None))
        self._counters.event("received", received)

    async def _work(self) -> None:
        """Process what has arrived, in order, and give the others a turn in between."""
        try:
            while self._begun:
                arrived, message, verified = self._begun.popleft()
                if message is not None:
                    arrived.answers += await self._process(message, verified)
                    await asyncio.sleep(0)
                elif arrived.is_mars and not arrived.answers:
                    self.push(b"")
                if len(self._begun) <= FEW_WAITING:
                    self._begin()
                    self._is_behind = bool(self._arrived)
                    self._pace()
        finally:
            self.worker = None
            if self.closed:
                self._end()

    async def _process(self, message: bytes, begun: Begun | None) -> int:
        """Have one message processed and its answers sent; returns how many there were."""
        try:
            if self._guard is not None:
                answers = await self._guard.process(self._messenger, message, begun)
            else:
                answers = await self._messenger.process_package(data=message)
        except Exception as error:  # as the station's own session does: one message, not all
            self._counters.event("errors")
            station_log("error", f"a message of {self.session.remote_address}: {error!r}")
            return 0
        sent = 0
        for answer in answers:
            sent += bool(answer) and self.push(answer)
        return sent

    # -- what is sent

    def push(self, payload: bytes, message: Any = None) -> bool:
        """Send a payload as a frame of the kind that the client speaks. From any thread.

        Args:
            payload: a message as JSON text.
            message: the station's object for it, which is stored until the client has it.

        Returns:
            Whether it is on its way.
        """
        if self.closed or self._decoder.kind is None:
            return False
        if threading.get_ident() != self._server.thread:
            self._server.loop.call_soon_threadsafe(self._push, payload, message)
            return True
        return self._push(payload, message)

    def _push(self, payload: bytes, message: Any) -> bool:
        if self.closed:
            return False
        if self._unsent() + len(payload) > MOST_UNSENT:
            self._counters.event("dropped")
            return False
        sn, data, is_answered = self._framed(payload)
        if is_answered:
            self._keep(sn, _Sent(data, message, time.monotonic()))
        elif message is not None:
            self._delivered(message)
        self._counters.event("sent")
        self._write(data)
        return True

    def _framed(self, payload: bytes) -> tuple[bytes, bytes, bool]:
        """Serial number, frame, and whether the client will acknowledge it."""
        kind = self._decoder.kind
        if kind == "ws":
            return (
                framing.websocket_sn(payload),
                framing.encode_websocket(payload),
                self._acknowledges,
            )
        number = next(_serial_numbers)
        if kind == "mars":
            sn = (number & 0xFFFFFFFF).to_bytes(4, "big")
            data = framing.encode_mars(payload, type=MarsCommand.PUSH_MESSAGE, sn=sn)
        else:
            sn = (number & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big")
            data = framing.encode_mtp(payload, sn=sn)
        return sn, data, True

    def _write(self, data: bytes) -> None:
        """All that is written in a turn of the loop goes out together."""
        if self.transport.is_closing():
            return
        if self._unsent() > MOST_UNSENT:
            self._counters.event("overflows")
            self.transport.abort()
            return
        if not self._out:
            self._server.loop.call_soon(self._flush)
        self._out.append(data)
        self._out_bytes += len(data)
        if self._out_bytes > MUCH_UNSENT:
            self._flush()  # uvloop reads up to 8 MiB a turn, unless it is told that there is much

    def _unsent(self) -> int:
        return self._out_bytes + self.transport.get_write_buffer_size()

    def _flush(self) -> None:
        out, self._out = self._out, []
        self._written += self._out_bytes
        self._out_bytes = 0
        if out and not self.transport.is_closing():
            self.transport.write(out[0] if len(out) == 1 else b"".join(out))

    def _keep(self, sn: bytes, sent: _Sent) -> None:
        self._forget(sn)
        self._unacknowledged[sn] = sent
        self._kept_bytes += len(sent.data)
        while self._kept_bytes > MOST_UNACKNOWLEDGED:
            self._forget(next(iter(self._unacknowledged)))

    def _forget(self, sn: bytes) -> _Sent | None:
        sent = self._unacknowledged.pop(sn, None)
        if sent is not None:
            self._kept_bytes -= len(sent.data)
        return sent

    def _acknowledge(self, sn: bytes) -> None:
        sent = self._forget(sn)
        if sent is not None and sent.message is not None:
            self._delivered(sent.message)

    def _delivered(self, message: Any) -> None:
        """The station stores a message until its client has it, if it stores any."""
        if self._server.stores:
            self._server.start(self._server.remove_stored(self.session, message))


class LoopServer:
    """A server with what the station's starter uses of ``socketserver.ThreadingTCPServer``.

    Args:
        server_address: host and port.
        RequestHandlerClass: not used: connections have no handler of their own.
        bind_and_activate: as there.
    """

    allow_reuse_address = False
    options: Options
    counters: Counters
    guard: Guard | None
    """Set in a subclass by :func:`server_class`."""

    def __init__(
        self,
        server_address: tuple[str, int],
        RequestHandlerClass: object,
        bind_and_activate: bool = True,
    ) -> None:
        self.server_address = server_address
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.loop: asyncio.AbstractEventLoop = _new_loop(self.options.uvloop)
        self.thread = 0
        self.stores = True
        """Whether messages are stored for users who are not online."""
        self._connections: dict[Any, Connection] = {}
        """By the address of the client, which is the name of its session too."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        if bind_and_activate:
            self.server_bind()
            self.server_activate()

    def server_bind(self) -> None:
        if self.allow_reuse_address:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()[:2]

    def server_activate(self) -> None:
        self.socket.listen(1024)

    def server_close(self) -> None:
        self.socket.close()

    def shutdown(self) -> None:
        """Have :meth:`serve_forever` return."""
        self._stop.set()

    def serve_forever(self) -> None:
        """Serve until :meth:`shutdown`, or until the process is told to end.

        The station calls this from a coroutine of its own loop, which stands still meanwhile; so
        this one runs in a thread. What goes wrong there is raised here.

        Raises:
            RuntimeError: the loop failed; its cause says why.
        """
        thread = threading.Thread(target=self._run, name="dimp-fast-loop", daemon=True)
        with _Signals(self.shutdown):
            thread.start()
            while thread.is_alive() and not self._stop.wait(1.0):
                pass
        self._stop.set()
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.loop.stop)
        thread.join(5.0)
        self.server_close()
        if self._failure is not None:
            raise RuntimeError("the event loop of the station failed") from self._failure

    def _run(self) -> None:
        loop = self.loop
        asyncio.set_event_loop(loop)
        self.thread = threading.get_ident()
        try:
            loop.run_until_complete(
                loop.create_server(lambda: Connection(self), sock=self.socket, backlog=1024)
            )
            self.start(self._watch())
            loop.run_forever()
            for connection in list(self._connections.values()):
                connection.close()
            loop.run_until_complete(self._finish())
            for task in self._tasks:
                task.cancel()
            loop.run_until_complete(asyncio.sleep(0.05))
        except BaseException as error:
            self._failure = error
        finally:
            self._stop.set()
            loop.close()

    async def _finish(self) -> None:
        """Let the connections do what has arrived, for a moment."""
        workers = [connection.worker for connection in self._connections.values()]
        if pending := [worker for worker in workers if worker is not None]:
            await asyncio.wait(pending, timeout=SHUTDOWN_WITHIN)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AROUND)
            now = time.monotonic()
            for connection in list(self._connections.values()):
                connection.look_around(now)

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Run something on the loop, from its thread; an error is logged."""
        task = self.loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.counters.event("errors")
            station_log("error", f"in the background: {error!r}")

    # -- the station's side of a connection

    def begin(self, connection: Connection, transport: asyncio.Transport) -> tuple[Any, Any]:
        """A session of the station for a new connection, and its messenger."""
        from dimples.server import SessionCenter
        from dimples.station.shared import GlobalVariable, create_messenger

        remote = transport.get_extra_info("peername")[:2]
        shared = GlobalVariable()
        self.stores = not self.options.redis or shared.config.redis_connector is not None
        session = _session_class()(remote, connection, shared.sdb)
        messenger = create_messenger(facebook=shared.facebook, database=shared.mdb, session=session)
        SessionCenter().add_session(session=session)
        session.set_active(active=True)
        self._connections[session.remote_address] = connection
        return session, messenger

    def end(self, connection: Connection, session: Any) -> None:
        from dimples.server import SessionCenter

        session.set_active(active=False)
        # A client that hung up may have come back from the same port in the meantime.
        if self._connections.get(session.remote_address) is connection:
            del self._connections[session.remote_address]
            SessionCenter().remove_session(session=session)

    async def remove_stored(self, session: Any, message: Any) -> None:
        """As the station's session does when a client has acknowledged a message."""
        from dimples.conn import MessageWrapper

        await session.porter_sent(ship=MessageWrapper(msg=message, ship=None), porter=None)


class _Gate:
    """What a session asks its gate: nothing, since its connection does the work."""

    hub = None

    def get_porter_status(self, remote: object, local: object) -> None:
        return None


def _session_class() -> type[Any]:
    """The session class, made when the station is there to derive it from."""
    global _LoopSession
    if _LoopSession is None:
        from dimples.server import ServerSession

        class LoopSession(ServerSession):  # type: ignore[misc]
            """A session of the station whose bytes go through a :class:`Connection`."""

            def __init__(self, remote: Any, connection: Connection, database: Any) -> None:
                self._connection = connection
                super().__init__(remote=remote, sock=None, database=database)

            def _create_gate(self, remote: Any, sock: Any) -> Any:
                return _Gate()

            @property
            def running(self) -> bool:
                return not self._connection.closed

            async def stop(self) -> None:
                await super().stop()
                self._connection.stop()

            async def queue_message_package(self, msg: Any, data: bytes, priority: int = 0) -> bool:
                return self._connection.push(data, msg)

        _LoopSession = LoopSession
    return _LoopSession


_LoopSession: type[Any] | None = None


class _Signals:
    """SIGINT and SIGTERM end the server while it runs in the main thread."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Signals:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, lambda *_: self._stop())
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def _new_loop(wanted: bool) -> asyncio.AbstractEventLoop:
    """uvloop's when it is installed and wanted, else asyncio's."""
    if wanted:
        try:
            import uvloop
        except ImportError:
            pass
        else:
            loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
            return loop
    return asyncio.new_event_loop()


def server_class(options: Options, counters: Counters, guard: Guard | None) -> type[LoopServer]:
    """The class for the station's starter."""
    facts = {"options": options, "counters": counters, "guard": guard}
    return type("LoopServer", (LoopServer,), facts)
