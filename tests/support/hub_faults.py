"""What can go wrong with the bytes of a file on the way from the hub of the tests."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from support.hub import Fault, Handler


def cut(after: int) -> Fault:
    """The connection ends so many bytes after the start."""

    def answer(handler: Handler, data: bytes, start: int) -> None:
        handler.head(data, start)
        handler.write(data[start : start + after])
        handler.hang_up()

    return answer


def status(code: int, **headers: str) -> Fault:
    """An error instead of the file."""

    def answer(handler: Handler, data: bytes, start: int) -> None:
        handler.whole(code, {name.replace("_", "-"): value for name, value in headers.items()}, b"")

    return answer


def trickle(piece: int, pause_s: float) -> Fault:
    """Few bytes at a time."""

    def answer(handler: Handler, data: bytes, start: int) -> None:
        handler.head(data, start)
        for at in range(start, len(data), piece):
            handler.write(data[at : at + piece])
            time.sleep(pause_s)

    return answer


def stall(after: int, until: threading.Event) -> Fault:
    """Nothing more comes, and the connection stays, until it is released; then it is cut."""

    def answer(handler: Handler, data: bytes, start: int) -> None:
        handler.head(data, start)
        handler.write(data[start : start + after])
        until.wait()
        handler.hang_up()

    return answer


def hold(after: int, reached: threading.Event, until: threading.Event) -> Fault:
    """Goes on, once it is released."""

    def answer(handler: Handler, data: bytes, start: int) -> None:
        handler.head(data, start)
        handler.write(data[start : start + after])
        reached.set()
        until.wait()
        handler.write(data[start + after :])

    return answer


def flipped(at: int) -> Fault:
    """One bit is another."""

    def answer(handler: Handler, data: bytes, start: int) -> None:
        handler.part(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], start)

    return answer


def short(missing: int) -> Fault:
    """A file without its end, and a server that knows of no more."""

    def answer(handler: Handler, data: bytes, start: int) -> None:
        handler.part(data[: len(data) - missing], start)

    return answer


def wrong_length(by: int) -> Fault:
    """A Content-Length that is not the length of the body."""

    def answer(handler: Handler, data: bytes, start: int) -> None:
        handler.head(data, start, len(data) - start + by)
        handler.write(data[start:])
        handler.hang_up()

    return answer


def endless(handler: Handler, data: bytes, start: int) -> None:
    """After the file come other bytes, until the client leaves."""
    handler.send_response(206 if start else 200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    with suppress(OSError):
        handler.wfile.write(data[start:])
        while True:
            handler.wfile.write(bytes(1 << 16))


def from_the_start(handler: Handler, data: bytes, start: int) -> None:
    """Range is not known here."""
    handler.part(data, 0)


def redirected(location: str) -> Fault:
    """The file is elsewhere."""
    return status(307, Location=location)
