"""A chat-completions server whose timing is known, in a process of its own: the ruler is checked against it.

``GET /log`` says when each event was really written, on the clock that a client on this machine reads, too.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

import httptools
import orjson

MODEL = "scripted/model"
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
_COMMENT = b": OPENROUTER PROCESSING\n\n"
_ID = "gen-xxxxxxxx"
_DONE = b"data: [DONE]\n\n"

Fault = Literal["none", "429", "404", "500", "chunk", "cut", "garbage", "no_usage", "silence"]


@dataclass(frozen=True, slots=True)
class Script:
    """What every answer is like.

    Attributes:
        ttft_ms: From the last byte of the request to the first event.
        itl_ms: From one event to the next; 0 writes all of them at once.
        events: Events with tokens.
        tokens_per_event: As ``usage`` counts them.
        reasoning_events: How many of the first events are a thought.
        shape: ``openai`` ends with usage beside empty choices; ``openrouter`` sends comments, and usage
            beside a choice.
        fault: What goes wrong: a status, an error chunk, a cut or silent stream, bad JSON, no usage.
        fault_every: Each how many requests it does.
    """

    ttft_ms: float = 50.0
    itl_ms: float = 20.0
    events: int = 32
    tokens_per_event: int = 1
    reasoning_events: int = 8
    shape: Literal["openai", "openrouter"] = "openai"
    fault: Fault = "none"
    fault_every: int = 1


@contextmanager
def scripted_server(script: Script) -> Iterator[str]:
    """Runs the server in another process; yields its URL without a path.

    Raises:
        RuntimeError: it did not start.
    """
    command = [sys.executable, "-P", "-m", __name__, json.dumps(asdict(script))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("the scripted server did not start")
            yield url
        finally:
            process.terminate()


class _Exchange(asyncio.Protocol):
    """One connection: one request at a time, answered by the script."""

    def __init__(self, stage: _Stage) -> None:
        self._stage = stage
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._sent_ns: list[int] = []
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._url, self._body = b"", bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """Called by the parser."""
        self._url += url

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body += body

    def on_message_complete(self) -> None:
        """Called by the parser."""
        received_ns, url, body = time.monotonic_ns(), self._url, bytes(self._body)
        self._loop.call_soon(self._begin)
        if url.endswith(b"/chat/completions"):
            self._answer(received_ns, body)
        elif url.endswith(b"/models"):
            self._plain(200, {"data": [{"id": MODEL}]})
        elif url.endswith(b"/log"):
            self._plain(200, self._stage.take_log())
        elif url.endswith(b"/ready"):
            self._plain(200, {"status": "ready", "script": asdict(self._stage.script)})
        else:
            self._plain(404, {"error": {"code": 404, "message": "no such route"}})

    def _answer(self, received_ns: int, body: bytes) -> None:
        script = self._stage.script
        number = self._stage.next_number()
        fault = script.fault if number % script.fault_every == 0 else "none"
        if fault.isdigit():
            self._plain(int(fault), {"error": {"code": int(fault), "message": "scripted"}})
            return
        try:
            words = len(str(orjson.loads(body)["messages"]).split())
        except (orjson.JSONDecodeError, KeyError, TypeError):
            self._plain(400, {"error": {"code": 400, "message": "no chat request"}})
            return
        answer_id = f"gen-{number:08d}"
        self._sent_ns = self._stage.log(answer_id, received_ns)
        head, self._pieces, self._tail = self._stage.answer(answer_id, words, fault)
        self._transport.write(_STREAM_HEAD + head)
        self._due = self._loop.time() - (time.monotonic_ns() - received_ns) / 1e9 + script.ttft_ms / 1000
        self._timer = self._loop.call_at(self._due, self._next, 0)

    def _next(self, place: int) -> None:
        """Writes all events that are due."""
        script, now = self._stage.script, self._loop.time()
        while place < len(self._pieces) and self._due <= now:
            self._sent_ns.append(time.monotonic_ns())
            self._transport.write(self._pieces[place])
            place += 1
            self._due += script.itl_ms / 1000
        if place < len(self._pieces):
            self._timer = self._loop.call_at(self._due, self._next, place)
        elif self._tail is None:
            self._transport.close()
        else:
            self._transport.write(self._tail)

    def _plain(self, status: int, document: Any) -> None:
        body = orjson.dumps(document)
        head = b"HTTP/1.1 %d Scripted\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        self._transport.write(head % (status, len(body)) + body)


class _Stage:
    """What connections share: the script, the count of requests, the log."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self._number = 0
        self._log: dict[str, dict[str, Any]] = {}
        self._pieces = self._events()

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def log(self, answer_id: str, received_ns: int) -> list[int]:
        sent_ns: list[int] = []
        self._log[answer_id] = {"received_ns": received_ns, "sent_ns": sent_ns}
        return sent_ns

    def take_log(self) -> dict[str, Any]:
        taken, self._log = self._log, {}
        return taken

    def answer(self, answer_id: str, words: int, fault: str) -> tuple[bytes, list[bytes], bytes | None]:
        """What comes at once, the events, and the end; None ends the connection in mid-stream."""
        pieces = [piece.replace(_ID.encode(), answer_id.encode()) for piece in self._pieces]
        if fault in ("cut", "silence"):
            del pieces[len(pieces) // 2 :]
        head = _framed(_COMMENT if self.script.shape == "openrouter" else b"")
        if fault == "cut":
            return head, pieces, None
        return head, pieces, b"" if fault == "silence" else _framed(self._end(words, fault)) + b"0\r\n\r\n"

    def _events(self) -> list[bytes]:
        """Framed, with a placeholder for the id: made once, for a thousand clients may come at once."""
        script, events = self.script, []
        for place in range(script.events):
            text = f"word{place} " * script.tokens_per_event
            if place >= script.reasoning_events:
                fields = {"content": text}
            elif script.shape == "openrouter":
                fields = {"content": "", "reasoning": text}
            else:
                fields = {"reasoning": text}
            events.append(_chunk(_delta(**fields)))
        if script.shape == "openai" and events:
            events[0] = _chunk(_delta(role="assistant", content="")) + events[0]
        return [_framed(event) for event in events]

    def _end(self, words: int, fault: str) -> bytes:
        if fault == "chunk":
            return _chunk([], error={"code": 502, "message": "scripted"})
        if fault == "garbage":
            return b"data: {no json\n\n"
        if fault == "no_usage":
            return _chunk(_delta("stop")) + _DONE
        last = _delta("stop", content="") if self.script.shape == "openrouter" else []
        return _chunk(_delta("stop", content="")) + _chunk(last, usage=self._usage(words)) + _DONE

    def _usage(self, words: int) -> dict[str, Any]:
        script = self.script
        tokens = script.events * script.tokens_per_event
        return {
            "prompt_tokens": words,
            "completion_tokens": tokens,
            "total_tokens": words + tokens,
            "prompt_tokens_details": {"cached_tokens": words // 2},
            "completion_tokens_details": {
                "reasoning_tokens": script.reasoning_events * script.tokens_per_event
            },
        }


def _chunk(choices: list[Any], **more: Any) -> bytes:
    document = {"id": _ID, "object": "chat.completion.chunk", "created": 0, "model": MODEL}
    return b"data: " + orjson.dumps(document | {"choices": choices} | more) + b"\n\n"


def _delta(finish: str | None = None, **fields: Any) -> list[Any]:
    return [{"index": 0, "delta": fields, "finish_reason": finish}]


def _framed(data: bytes) -> bytes:
    """As one chunk of HTTP's chunked coding; nothing for nothing."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


async def _serve(script: Script, tell: Callable[[str], None]) -> None:
    stage = _Stage(script)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Exchange(stage), "127.0.0.1", 0, backlog=4096)
    tell(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await server.serve_forever()


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    import gc

    from nemotron_bench.limits import allow_open_files

    gc.disable()  # its pauses would be taken for the ruler's
    allow_open_files()
    asyncio.run(_serve(Script(**json.loads(sys.argv[1])), _tell))
