"""The server's side of a WebSocket as DIM uses it: wsproto, and what DIM adds around it.

The answer to the request for an upgrade is DIM's own: its clients send requests that lack headers
which RFC 6455 wants, and so wsproto refuses. Everything after it is wsproto's. Imported when a
client asks for an upgrade.
"""

from __future__ import annotations

import re

from wsproto.connection import SERVER, Connection, ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import generate_accept_token

MAX_REQUEST = 64 * 1024
"""Bytes of a request for an upgrade at most."""

_PIECE = 64 * 1024
"""wsproto copies what it is fed; more than this goes in piece by piece."""

_TEXT, _BINARY = 1, 2
_REQUEST_LINE = re.compile(rb"GET /[^\r\n]* HTTP/1\.[0-9]+\r\n")
_KEY = re.compile(rb"\r\nsec-websocket-key:[ \t]*([!-~]+)[ \t]*\r\n", re.IGNORECASE)
_ACCEPTED = (
    b"HTTP/1.1 101 Switching Protocol\r\n"
    b"Server: DIM-Station\r\n"
    b"Upgrade: websocket\r\n"
    b"Connection: Upgrade\r\n"
    b"WebSocket-Protocol: DIMP\r\n"
    b"Sec-WebSocket-Accept: %b\r\n\r\n"
)
_REFUSED = (
    b"HTTP/1.1 400 Bad Request\r\n"
    b"Server: DIM-Station\r\n"
    b"Connection: close\r\n"
    b"Content-Length: 0\r\n\r\n"
)


class Server:
    """One connection, from the first byte of its request.

    Messages come out whole; all that goes out is kept for :meth:`outgoing`.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._request: bytearray | None = bytearray()
        self._connection = Connection(SERVER)
        self._message = bytearray()
        self._answer = b""
        self._pong = b""
        self._farewell = b""
        self.closed = False
        self.skipped = 0

    @property
    def pending(self) -> int:
        """Bytes of a request or of a message that is not complete; headers are not counted."""
        return len(self._message) if self._request is None else len(self._request)

    def outgoing(self) -> bytes:
        """What has to be sent, once."""
        data = self._answer + self._pong + self._farewell
        self._answer = self._pong = self._farewell = b""
        return data

    def close(self) -> None:
        """Say goodbye, if there was a hello."""
        if not self.closed and self._request is None:
            self._end(CloseReason.GOING_AWAY, None)
        self.closed = True
        self._forget()

    def feed(self, chunk: bytes) -> list[tuple[int, bytes]]:
        """The messages that are complete: 1 or 2 (text or binary), payload."""
        if self.closed:
            self.skipped += len(chunk)
            return []
        if self._request is not None:
            chunk = self._shake_hands(self._request, chunk)
        found: list[tuple[int, bytes]] = []
        for start in range(0, len(chunk), _PIECE):
            if self.closed:
                self.skipped += len(chunk) - start
                break
            self._connection.receive_data(chunk[start : start + _PIECE])
            self._take(found)
        return found

    def _shake_hands(self, request: bytearray, chunk: bytes) -> bytes:
        """Complete the request and answer it; returns the bytes that follow it."""
        seen = max(len(request) - 3, 0)
        request += chunk
        end = request.find(b"\r\n\r\n", seen) + 4
        if end < 4:
            if len(request) > MAX_REQUEST:
                self._refuse(request)
            return b""
        head, rest = bytes(request[:end]), bytes(request[end:])
        key = _KEY.search(head)
        if end > MAX_REQUEST or key is None or _REQUEST_LINE.match(head) is None:
            self._refuse(request)
            return b""
        self._request = None
        self._answer = _ACCEPTED % generate_accept_token(key[1])
        return rest

    def _refuse(self, request: bytearray) -> None:
        self.skipped += len(request)
        request.clear()
        self._answer = _REFUSED
        self.closed = True

    def _take(self, found: list[tuple[int, bytes]]) -> None:
        for event in self._connection.events():
            if isinstance(event, Ping):
                self._pong = self._connection.send(event.response())
            elif isinstance(event, CloseConnection):
                self._end(event.code, event.reason)
                return
            elif isinstance(event, (TextMessage, BytesMessage)):
                self._message += event.data.encode() if isinstance(event.data, str) else event.data
                if len(self._message) > self._limit:
                    self._end(CloseReason.MESSAGE_TOO_BIG, None)
                    return
                if event.message_finished:
                    found.append((_opcode(event), bytes(self._message)))
                    self._message = bytearray()

    def _end(self, code: int, reason: str | None) -> None:
        """Answer a farewell, or say one because of an error."""
        if code == CloseReason.NO_STATUS_RCVD:
            code, reason = CloseReason.NORMAL_CLOSURE, None
        if self._connection.state in (ConnectionState.OPEN, ConnectionState.REMOTE_CLOSING):
            self._farewell = self._connection.send(CloseConnection(code=code, reason=reason))
        self.closed = True
        self._forget()

    def _forget(self) -> None:
        """Free the memory; what was not complete is garbage."""
        self.skipped += self.pending
        self._message = bytearray()
        if self._request is not None:
            self._request = bytearray()


def _opcode(event: TextMessage | BytesMessage) -> int:
    return _TEXT if isinstance(event, TextMessage) else _BINARY
