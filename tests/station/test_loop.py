"""The connections of the event loop, without a station behind them: what clients do to it."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Coroutine, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from dimp_fast.dropin.station import Counters, Options, loop
from dimp_fast.dropin.station.loop import Connection
from dimp_fast.framing import Decoder, MarsCommand, MtpType, encode_mars, encode_mtp


class Messenger:
    """Stands where the station has its own."""

    def __init__(self, process: Callable[[bytes], Coroutine[Any, Any, Any]]) -> None:
        self._process = process

    async def process_package(self, data: bytes) -> list[bytes]:
        return await self._process(data) or []


class Server:
    """What a connection asks of its server."""

    stores = False
    thread = 0
    guard = None

    def __init__(self, process: Callable[[bytes], Coroutine[Any, Any, Any]]) -> None:
        self.loop = asyncio.get_running_loop()
        self.counters = Counters()
        self.ended = 0
        self._messenger = Messenger(process)

    def begin(self, connection: Connection, transport: Any) -> tuple[Any, Any]:
        return SimpleNamespace(remote_address=("10.0.0.1", 1)), self._messenger

    def end(self, connection: Connection, session: Any) -> None:
        self.ended += 1

    def events(self) -> dict[str, int]:
        return dict(self.counters.snapshot()["events"])


class Transport:
    """A socket whose other side reads nothing."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.is_reading = True
        self._is_closing = False

    def get_extra_info(self, name: str) -> Any:
        return SimpleNamespace(setsockopt=lambda *_: None)

    def get_write_buffer_size(self) -> int:
        return len(self.written)

    def write(self, data: bytes) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._is_closing = True

    abort = close


def connected(server: Server) -> Connection:
    connection = Connection(server)  # type: ignore[arg-type]
    connection.connection_made(Transport())
    return connection


def test_hanging_up_leaves_no_lock_behind() -> None:
    """A client that hangs up while its message waits for a lock of the station's: the lock goes to
    the next all the same."""
    from small.lock import AsyncLock

    async def hang_up() -> None:
        lock = AsyncLock.create()

        async def process(data: bytes) -> None:
            async with lock:
                await asyncio.sleep(0.05)

        server = Server(process)
        first, second = connected(server), connected(server)
        first.data_received(encode_mtp(b'{"a":1}'))
        await asyncio.sleep(0.01)
        second.data_received(encode_mtp(b'{"b":1}'))
        await asyncio.sleep(0.01)
        second.connection_lost(None)
        await asyncio.sleep(0.3)
        assert not lock.locked()

    asyncio.run(hang_up())


def test_what_a_client_left_behind_is_done() -> None:
    """Messages are acknowledged as they arrive: they count when the client is gone, too, and its
    session is there for as long as they take."""

    async def hang_up() -> None:
        done = []

        async def process(data: bytes) -> None:
            await asyncio.sleep(0.001)
            done.append((data, server.ended))

        server = Server(process)
        connection = connected(server)
        for number in range(10):
            connection.data_received(encode_mtp(b'{"n":%d}' % number))
        connection.connection_lost(None)
        await asyncio.sleep(0.2)
        assert done == [(b'{"n":%d}' % number, 0) for number in range(10)]
        assert server.ended

    asyncio.run(hang_up())


def test_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "FINISH_WITHIN", 0.05)

    async def hang_up() -> None:
        done = []

        async def process(data: bytes) -> None:
            await asyncio.sleep(0.2)
            done.append(data)

        server = Server(process)
        connection = connected(server)
        connection.data_received(encode_mtp(b'{"a":1}\n{"b":1}') + encode_mtp(b'{"c":1}'))
        connection.connection_lost(None)
        await asyncio.sleep(0.1)
        assert server.ended
        await asyncio.sleep(0.3)
        assert done == [b'{"a":1}']

    asyncio.run(hang_up())


def test_a_client_that_is_hung_up_on_leaves_nothing_behind() -> None:
    async def hang_up() -> None:
        done = []

        async def process(data: bytes) -> None:
            done.append(data)
            connection.stop()

        server = Server(process)
        connection = connected(server)
        connection.data_received(encode_mtp(b'{"a":1}\n{"b":1}') + encode_mtp(b'{"c":1}'))
        connection.connection_lost(None)
        await asyncio.sleep(0.1)
        assert done == [b'{"a":1}']
        assert server.ended

    asyncio.run(hang_up())


def test_a_frame_of_many_messages_is_taken_apart_bit_by_bit() -> None:
    """Before anybody has logged in, a frame of 1 MiB has half a million messages. They are not all
    held at once, and the connection is read no further meanwhile."""

    async def flood() -> int:
        done = []

        async def process(data: bytes) -> None:
            done.append(data)

        server = Server(process)
        connection = connected(server)
        frame = encode_mtp(b"{\n" * (1 << 19))
        tracemalloc.start()
        connection.data_received(frame)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert not connection.transport.is_reading  # type: ignore[attr-defined]
        while len(done) < 1000:
            await asyncio.sleep(0)
        assert set(done) == {b"{"}
        connection.stop()
        return peak

    assert asyncio.run(flood()) < 8 << 20


def test_all_of_many_messages_get_their_turn() -> None:
    async def send() -> None:
        done = []

        async def process(data: bytes) -> None:
            done.append(data)

        server = Server(process)
        connection = connected(server)
        lines = [b'{"n":%d}' % number for number in range(1000)]
        connection.data_received(encode_mtp(b"\r\n".join(lines)) + encode_mtp(b'{"last":1}'))
        while connection.worker is not None:
            await asyncio.sleep(0)
        assert done == [*lines, b'{"last":1}']
        assert server.events()["received"] == 1001
        assert connection.transport.is_reading  # type: ignore[attr-defined]

    asyncio.run(send())


@pytest.mark.parametrize("messages", [0, 1, 300])
def test_each_frame_of_mars_is_answered(messages: int) -> None:
    """If only by an empty one, after its messages."""

    async def send() -> list[bytes]:
        async def process(data: bytes) -> list[bytes]:
            return [data] if data.endswith(b"1}") else []

        server = Server(process)
        connection = connected(server)
        server.thread = threading.get_ident()
        payload = b"\n".join(b'{"number":%d}' % number for number in range(messages))
        for _ in range(2):
            connection.data_received(encode_mars(payload, type=MarsCommand.SEND_MESSAGE, seq=1))
        while connection.worker is not None:
            await asyncio.sleep(0)
        connection.close()
        written = bytes(connection.transport.written)  # type: ignore[attr-defined]
        return [frame.payload for frame in Decoder("mars").feed(written)]

    answers = asyncio.run(send())
    ones = [b'{"number":%d}' % number for number in range(messages) if number % 10 == 1]
    assert answers == (ones or [b""]) * 2


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def either_loop(request: pytest.FixtureRequest) -> Iterator[asyncio.AbstractEventLoop]:
    if request.param:
        pytest.importorskip("uvloop")
    made = loop._new_loop(request.param)
    yield made
    made.close()


def test_answers_do_not_pile_up(either_loop: asyncio.AbstractEventLoop) -> None:
    """A client that asks and does not read is read no further; when it reads, it is answered."""
    asked = 400_000

    async def ask() -> None:
        async def process(data: bytes) -> None:
            raise AssertionError("there are no messages")

        server, made = Server(process), []

        def connect() -> Connection:
            made.append(Connection(server))  # type: ignore[arg-type]
            return made[0]

        listening = socket.create_server(("127.0.0.1", 0))
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        running = await either_loop.create_server(connect, sock=listening)
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.connect(listening.getsockname())
        client.settimeout(20)
        ping = encode_mtp(b"PING", type=MtpType.COMMAND)
        sending = asyncio.ensure_future(asyncio.to_thread(client.sendall, ping * asked))
        await asyncio.sleep(1)
        assert not sending.done()
        assert made[0].transport.get_write_buffer_size() < 4 * loop.MUCH_UNSENT
        decoder, answered = Decoder("mtp"), 0
        while answered < asked:
            chunk = await asyncio.to_thread(client.recv, 1 << 20)
            answered += len(decoder.feed(chunk))
        await sending
        client.close()
        running.close()
        while not server.ended:
            await asyncio.sleep(0.01)

    either_loop.run_until_complete(asyncio.wait_for(ask(), 30))


def test_a_client_that_takes_no_answer_at_all_is_hung_up_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where it is still read, such as for messages that had arrived."""
    monkeypatch.setattr(loop, "MOST_UNSENT", 1000)

    async def ask() -> None:
        async def process(data: bytes) -> None:
            pass

        server = Server(process)
        connection = connected(server)
        for _ in range(100):
            connection.data_received(encode_mtp(b"PING", type=MtpType.COMMAND))
        assert connection.transport.is_closing()
        assert server.events()["overflows"] == 1

    asyncio.run(ask())


def test_a_slow_client_is_alive_while_it_takes_what_is_sent() -> None:
    async def send() -> None:
        async def process(data: bytes) -> None:
            pass

        connection = connected(Server(process))
        transport: Any = connection.transport
        connection._write(b"x" * 1000)
        await asyncio.sleep(0)
        connection.pause_writing()
        now = time.monotonic()
        for turn in range(1, 4):
            del transport.written[:100]
            connection.look_around(now + turn * 100)
            assert not transport.is_closing()
        connection.look_around(now + 400)
        assert not transport.is_closing()
        connection.look_around(now + 429)
        assert transport.is_closing()

    asyncio.run(send())


def test_a_connection_that_cannot_begin_is_hung_up_on() -> None:
    """And the server goes on."""

    async def connect() -> None:
        async def process(data: bytes) -> None:
            pass

        class Broken(Server):
            def begin(self, connection: Connection, transport: Any) -> tuple[Any, Any]:
                raise TypeError("no peername: the client is gone")

        server = Broken(process)
        connection = connected(server)
        assert connection.transport.is_closing()
        connection.connection_lost(None)
        assert server.events()["errors"] == 1
        assert not server.ended

    asyncio.run(connect())


def test_a_loop_that_fails_is_an_error_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who serves with it learns of that."""
    options = Options(uvloop=False)
    made = loop.server_class(options, Counters(), None)(("127.0.0.1", 0), None)

    def start(coroutine: Coroutine[Any, Any, Any]) -> None:
        coroutine.close()
        raise MemoryError("no more")

    monkeypatch.setattr(made, "start", start)
    with pytest.raises(RuntimeError, match="event loop") as failed:
        made.serve_forever()
    assert isinstance(failed.value.__cause__, MemoryError)
