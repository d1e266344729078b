"""HTTP/1.1 for a ruler: bytes are stamped as they arrive, and read after that.

A general client wakes a task for each piece, so a burst on a thousand streams makes the last of them look
late by the work on all the others. Here a read costs a stamp and an append; parsing follows in slices,
between which the loop reads again. httptools parses, uvloop reads; docs/benchmarks.md has the figures.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from dataclasses import dataclass
from typing import Protocol, cast
from urllib.parse import urlsplit

import httptools

SLICE_NS = 500_000
"""Longest time of parsing before the loop reads again."""
CONNECT_S = 30.0


class BadUrl(ValueError):
    """A base URL that can't be used."""


class NoConnection(Exception):
    """The server can't be reached."""


class Receiver(Protocol):
    """Who reads an answer. Stamps are ``time.monotonic_ns``."""

    def on_head(self, status: int, content_type: str) -> None:
        """Status and type of the answer."""

    def on_bytes(self, stamp_ns: int, piece: bytes) -> None:
        """A piece of the body, without HTTP's own framing."""

    def on_end(self, stamp_ns: int, *, whole: bool) -> None:
        """The answer has ended; not whole where the connection broke or sent no HTTP."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a server is.

    Attributes:
        prefix: Path of the base URL, without a slash at its end.
    """

    host: str
    port: int
    tls: bool
    prefix: str

    @classmethod
    def parse(cls, base_url: str) -> Origin:
        """From a URL such as ``http://127.0.0.1:8000/api/v1``.

        Raises:
            BadUrl: not http or https, or with a user, a query or a fragment.
        """
        try:
            parts = urlsplit(base_url)
            port, host = parts.port, parts.hostname
        except ValueError as fault:
            raise BadUrl(f"{base_url!r} is no URL: {fault}") from fault
        if parts.scheme not in ("http", "https") or not host or not base_url.isascii() or " " in base_url:
            raise BadUrl(f"a base URL is like http://127.0.0.1:8000/api/v1, not {base_url!r}")
        if parts.username or parts.query or parts.fragment:
            raise BadUrl("a base URL has no user, query or fragment; keys come from the environment")
        tls = parts.scheme == "https"
        return cls(host, port or (443 if tls else 80), tls, parts.path.rstrip("/"))

    @property
    def authority(self) -> bytes:
        """For the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.tls else 80)
        return (host if usual else f"{host}:{self.port}").encode()


class Connection(asyncio.Protocol):
    """One connection, for one request after another."""

    def __init__(self, inbox: _Inbox) -> None:
        self._inbox = inbox
        self._receiver: Receiver | None = None
        self.open = False
        self.stamp_ns = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own is no subclass
        self.open = True

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self.stamp_ns = time.monotonic_ns()
        self._inbox.put(self, self.stamp_ns, data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self.open = False
        self._inbox.put(self, time.monotonic_ns(), None)

    def send(self, request: bytes, receiver: Receiver) -> int:
        """Writes a request; its answer goes to the receiver.

        Returns:
            When it was written, a stamp.
        """
        self._parser = httptools.HttpResponseParser(self)
        self._receiver, self._content_type = receiver, ""
        self.stamp_ns = time.monotonic_ns()
        self._transport.write(request)
        return self.stamp_ns

    def close(self) -> None:
        """Nothing is received any more."""
        self._receiver, self.open = None, False
        self._transport.abort()

    def read(self, stamp_ns: int, data: bytes | None) -> None:
        """Reads what was stamped before; None is the end of the connection."""
        self._read_ns = stamp_ns
        if self._receiver is None:
            if data:  # nobody asked
                self.close()
        elif data is None:
            self._finish(whole=False)
        else:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserCallbackError:
                raise  # a bug of ours, not the server's
            except httptools.HttpParserError:
                self._finish(whole=False)
                self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        if name.lower() == b"content-type":
            self._content_type = value.decode("latin-1").lower()

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        if self._receiver and self._parser.get_status_code() >= 200:
            self._receiver.on_head(self._parser.get_status_code(), self._content_type)

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        if self._receiver:
            self._receiver.on_bytes(self._read_ns, body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self._parser.get_status_code() < 200:
            return
        keep = self._parser.should_keep_alive()
        self._finish(whole=True)
        if not keep:
            self.close()

    def _finish(self, *, whole: bool) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver:
            receiver.on_end(self._read_ns, whole=whole)


class _Inbox:
    """Stamped bytes that wait to be read."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Connection, int, bytes | None]] = deque()
        self._called = False
        self._loop = asyncio.get_running_loop()

    def put(self, connection: Connection, stamp_ns: int, data: bytes | None) -> None:
        self._waiting.append((connection, stamp_ns, data))
        if not self._called:
            self._called = True
            self._loop.call_soon(self._read)

    def _read(self) -> None:
        until_ns = time.monotonic_ns() + SLICE_NS
        while self._waiting:
            connection, stamp_ns, data = self._waiting.popleft()
            connection.read(stamp_ns, data)
            if self._waiting and time.monotonic_ns() > until_ns:
                self._loop.call_soon(self._read)
                return
        self._called = False


class Pool:
    """Connections to one server, opened as needed and used again. To be made in a running loop."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self._tls = ssl.create_default_context() if origin.tls else None
        self._inbox = _Inbox()
        self._idle: list[Connection] = []

    async def take(self) -> tuple[Connection, bool]:
        """A connection that stands, and whether it was used before.

        Raises:
            NoConnection: the server can't be reached.
        """
        while self._idle:
            if (connection := self._idle.pop()).open:
                return connection, True
        try:
            async with asyncio.timeout(CONNECT_S):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: Connection(self._inbox), self.origin.host, self.origin.port, ssl=self._tls
                )
        except TimeoutError as fault:
            raise NoConnection(f"no connection within {CONNECT_S:.0f} s") from fault
        except (OSError, ssl.SSLError) as fault:
            raise NoConnection(fault.strerror or str(fault)) from fault
        return connection, False

    def give(self, connection: Connection) -> None:
        """Takes a connection back."""
        if connection.open:
            self._idle.append(connection)

    def close(self) -> None:
        """Ends all idle connections."""
        while self._idle:
            self._idle.pop().close()
