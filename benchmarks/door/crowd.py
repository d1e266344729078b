"""Many streams at once, read as cheaply as can be: counts events and notes when the first bytes of each came.

python benchmarks/door/crowd.py --port 8000 --path /api/v1/chat/completions --streams 1000 < body.json
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import time
from functools import partial

MARK = b'"content":"'


class Stream(asyncio.Protocol):
    """One request. `arrivals` are the times of its reads, each with the events that it brought."""

    def __init__(self, request: bytes, done: asyncio.Future[None]) -> None:
        self._request, self._done = request, done
        self.arrivals: list[tuple[float, int]] = []
        self.status = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks."""
        self.sent = time.monotonic()
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Counts."""
        now = time.monotonic()
        if not self.status:
            self.status = data[9:12]
        if events := data.count(b"data: {"):
            self.arrivals.append((now, events))
        if b"data: [DONE]" in data and not self._done.done():
            self._done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """Ends."""
        if not self._done.done():
            self._done.set_result(None)


async def crowd(port: int, path: str, body: bytes, streams: int) -> list[Stream]:
    """Opens all streams, a hundred at a time, and waits for their ends."""
    loop = asyncio.get_running_loop()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    protocols, ends = [], []
    for _ in range(streams):
        done = loop.create_future()
        made = partial(Stream, request, done)
        _, protocol = await loop.create_connection(made, "127.0.0.1", port)
        protocols.append(protocol)
        ends.append(done)
    await asyncio.gather(*ends)
    return protocols


def main() -> None:
    """Prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/api/v1/chat/completions")
    parser.add_argument("--streams", type=int, default=1)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    body = sys.stdin.buffer.read()
    began = time.monotonic()
    streams = asyncio.run(crowd(options.port, options.path, body, options.streams))
    wall_s = time.monotonic() - began
    usage = resource.getrusage(resource.RUSAGE_SELF)
    refused = sum(1 for s in streams if s.status != b"200")
    print(
        json.dumps(
            {
                "wall_s": wall_s,
                "own_cpu_s": usage.ru_utime + usage.ru_stime,
                "refused": refused,
                "began": began,
                "sent": [s.sent for s in streams],
                "arrivals": [s.arrivals for s in streams],
            }
        )
    )


if __name__ == "__main__":
    main()
