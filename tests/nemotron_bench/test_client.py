"""One request at a time, before a scripted server and before ones that misbehave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvloop

from nemotron_bench.client import Call, Client
from nemotron_bench.http1 import BadUrl, Origin
from nemotron_bench.record import Row
from nemotron_bench.scripted import MODEL, Fault, Script, scripted_server

QUICK = Script(ttft_ms=5, itl_ms=1, events=8, reasoning_events=3, tokens_per_event=2)
BODY = {"messages": [{"role": "user", "content": "one two three"}]}


async def ask(base_url: str, count: int = 1, leave: int | None = None, **settings: Any) -> list[Row]:
    """Requests one after the other, over one client."""
    client = Client.connect(base_url, MODEL, **settings)
    began_ns = time.monotonic_ns()
    try:
        return [await client.chat(Call(i, i, 0, BODY, leave), began_ns) for i in range(count)]
    finally:
        client.close()


def asked(script: Script, count: int = 1, leave: int | None = None, **settings: Any) -> list[Row]:
    with scripted_server(script) as url:
        return uvloop.run(ask(f"{url}/v1", count, leave, **settings))


@pytest.mark.parametrize("shape", ["openai", "openrouter"])
def test_an_answer(shape: Any) -> None:
    rows = asked(
        Script(ttft_ms=5, itl_ms=1, events=8, reasoning_events=3, tokens_per_event=2, shape=shape), 3
    )
    for row in rows:
        assert (row.error, row.message, row.finish, row.cancelled) == (None, "", "stop", False)
        assert (row.events, row.output_tokens, row.reasoning_tokens) == (8, 16, 6)
        assert row.prompt_tokens
        assert row.cached_tokens == row.prompt_tokens // 2
        assert len(row.gaps_us) == 7
        assert row.sent_s is not None
        assert row.sent_s <= row.first_s <= row.answer_s <= row.last_s <= row.end_s
    assert len({row.answer_id for row in rows}) == 3


def test_gaps_can_be_left_out() -> None:
    row = asked(QUICK, keep_gaps=False)[0]
    assert (row.events, row.gaps_us, row.error) == (8, (), None)


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        ("429", "http_429", "HTTP 429: scripted"),
        ("404", "http_4xx", "HTTP 404: scripted"),
        ("500", "http_5xx", "HTTP 500: scripted"),
        ("chunk", "error_chunk", "scripted"),
        ("cut", "broken_stream", "the connection ended in mid-stream"),
        ("garbage", "bad_json", "no JSON"),
        ("no_usage", "no_usage", "no chunk had usage"),
    ],
)
def test_each_fault_has_its_class(fault: Fault, error: str, message: str) -> None:
    script = Script(ttft_ms=5, itl_ms=1, events=8, reasoning_events=3, fault=fault, fault_every=2)
    well, ill, again = asked(script, 3)
    assert (well.error, again.error) == (None, None)
    assert ill.error == error
    assert message in ill.message
    assert ill.sent_s is not None
    assert ill.end_s is not None
    assert ill.end_s >= ill.sent_s


def test_silence_ends_a_request() -> None:
    row = asked(Script(ttft_ms=5, itl_ms=1, events=8, fault="silence"), silence_s=0.3)[0]
    assert (row.error, row.events) == ("timeout", 4)
    assert "0.3 s without a byte" in row.message


def test_a_request_can_be_left() -> None:
    row = asked(Script(ttft_ms=5, itl_ms=5, events=1000), leave=4)[0]
    assert (row.cancelled, row.error, row.events, row.output_tokens) == (True, None, 4, None)


def test_no_server() -> None:
    row = uvloop.run(ask("http://127.0.0.1:9/v1"))[0]
    assert (row.error, row.sent_s, row.end_s) == ("connect", None, None)
    assert row.message


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8000", "ftp://a/v1", "http://", "http://a:x/v1", "http://u:p@a/v1", "http://a/v1?k=1",
            "http://a b/v1", "http://ä/v1", "http://a/v1#x", "http://a:99999/v1"]
)  # fmt: skip
def test_a_url_that_cant_be_used(url: str) -> None:
    with pytest.raises(BadUrl):
        Origin.parse(url)


def test_urls() -> None:
    assert Origin.parse("https://openrouter.ai/api/v1/") == Origin("openrouter.ai", 443, True, "/api/v1")
    assert Origin.parse("http://[::1]:8000/v1").authority == b"[::1]:8000"
    assert Origin.parse("http://a/v1").authority == b"a"


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@asynccontextmanager
async def listening(handler: Handler) -> Any:
    serving: set[asyncio.Task[Any]] = set()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        try:
            await handler(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()
        await asyncio.gather(*serving)


async def request_of(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head, await reader.readexactly(length)


CHUNKS = (
    b'data: {"id":"x","choices":[{"delta":{"content":"a"}}]}\n\n'
    b'data: {"choices":[{"delta":{},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":1,"completion_tokens":1}}\n\n'
    b"data: [DONE]\n\n"
)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"


def answering(*raw: bytes, keep: bool = False) -> Handler:
    """Sends raw bytes, then closes."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        for piece in raw:
            writer.write(piece)
            await writer.drain()
        if keep:
            await reader.read()

    return handler


async def raw(*pieces: bytes, keep: bool = False, **settings: Any) -> Row:
    async with listening(answering(*pieces, keep=keep)) as url:
        return (await ask(url, **settings))[0]


async def test_http_that_ends_with_the_connection_is_whole_after_done() -> None:
    assert (await raw(HEAD + b"\r\n" + CHUNKS)).error is None
    assert (await raw(HEAD + b"\r\n" + CHUNKS.replace(b"data: [DONE]\n\n", b""))).error == "broken_stream"


async def test_an_informational_answer_comes_before_the_real_one() -> None:
    length = b"content-length: %d\r\n\r\n" % len(CHUNKS)
    assert (await raw(b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + length + CHUNKS)).error is None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", "connect"),
        (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}", "not_a_stream"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "not_a_stream"),
        (b"HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n", "http_3xx"),
        (b"HTTP/1.1 503 Busy\r\ncontent-length: 3\r\n\r\nno!", "http_5xx"),
        (
            HEAD + b"\r\n" + b'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n',
            "broken_stream",
        ),
        (HEAD + b"content-length: 0\r\n\r\n", "broken_stream"),
    ],
)
async def test_answers_that_are_wrong(answer: bytes, error: str) -> None:
    row = await raw(answer)
    assert row.error == error
    assert row.message


async def test_bytes_that_are_no_http() -> None:
    assert (await raw(b"SSH-2.0-OpenSSH_9\r\n", keep=True)).error in ("connect", "broken_stream")


async def test_a_connection_that_was_closed_meanwhile_is_replaced() -> None:
    served = 0

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        await request_of(reader)
        served += 1
        writer.write(HEAD + b"content-length: %d\r\n\r\n" % len(CHUNKS) + CHUNKS)
        await reader.read(1)  # the next request makes it hang up

    async with listening(once) as url:
        rows = await ask(url, 3)
    assert [row.error for row in rows] == [None, None, None]
    assert served == 3


async def test_what_is_sent() -> None:
    seen: list[tuple[bytes, bytes]] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await request_of(reader))
        writer.write(HEAD + b"\r\n" + CHUNKS)

    async with listening(note) as url:
        await ask(url, key="secret", extra={"top_k": 3})
        await ask(url)
    (head, body), (plain, _) = seen
    assert head.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer secret\r\n" in head
    assert b"Authorization" not in plain
    for part in (b'"stream":true', b'"include_usage":true', b'"top_k":3', b'"model":"scripted/model"'):
        assert part in body
