"""How a stream flows: comments in silence, readers that are slow, engines that hand over several tokens."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import AsyncGenerator
from typing import Any

import httpx

from nemotron_runtime.engine.base import EngineRequest, TokenDelta
from support.app import Running, scripted_server
from support.scripted import ScriptedEngine, Wait

ASK = {
    "messages": [{"role": "user", "content": "hi"}],
    "model": "nvidia/nemotron-3-nano-30b-a3b",
    "reasoning": {"enabled": False},
    "stream": True,
}
COMMENT = ": OPENROUTER PROCESSING"


def lines(server: Running) -> list[str]:
    text = httpx.post(f"{server.api}/chat/completions", json=ASK, timeout=20).text
    return [line for line in text.split("\n\n") if line]


def said(chunks: list[Any]) -> str:
    return "".join(choice["delta"]["content"] or "" for chunk in chunks for choice in chunk["choices"])


def test_comments_stand_in_silence_only(demo):
    script = ["one", Wait(0.75), "two", Wait(0.05), "three"]
    with scripted_server(demo, script, keepalive_first_s=5, keepalive_interval_s=0.2) as server:
        seen = lines(server)
    places = [index for index, line in enumerate(seen) if line == COMMENT]
    assert 2 <= len(places) <= 4, "three silences of 0.2 s fit into 0.75 s"
    assert places == list(range(places[0], places[0] + len(places))), "all of them in one place"
    assert said([json.loads(line.removeprefix("data: ")) for line in seen[: places[0]]]) == "one"


def test_a_stream_that_never_pauses_has_no_comment(demo):
    script = [step for _ in range(12) for step in ("word ", Wait(0.05))]
    with scripted_server(demo, script, keepalive_first_s=5, keepalive_interval_s=0.3) as server:
        assert COMMENT not in lines(server)


def test_a_reader_that_waits_holds_the_engine_and_loses_nothing(demo):
    """The whole answer is larger than what the sockets take; vLLM would go on and hand over more at once."""
    words = [f"w{number}" for number in range(5000)]
    text = " ".join(words)
    with scripted_server(demo, [text]) as server:
        body = json.dumps(ASK | {"max_tokens": 32000}).encode()
        host, port = server.url.removeprefix("http://").split(":")
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            client.connect((host, int(port)))
            head = f"POST /api/v1/chat/completions HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n"
            client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            server.wait(lambda: server.engine.requests)
            time.sleep(1.5)
            assert server.engine.ended == 0, "the engine must not have been read to its end"
            assert httpx.get(f"{server.url}/health").status_code == 200, "others are served meanwhile"
            raw = bytearray()
            while part := client.recv(1 << 16):
                raw += part
    events = [line for line in raw.decode().splitlines() if line.startswith("data: {")]
    assert said([json.loads(line.removeprefix("data: ")) for line in events]) == text
    assert raw.count(b"data: [DONE]") == 1


class ThreeAtATime(ScriptedEngine):
    """Hands its tokens over in threes, as vLLM does where it has run ahead."""

    async def _deltas(self, request: EngineRequest) -> AsyncGenerator[TokenDelta, None]:
        held: list[TokenDelta] = []
        async for delta in super()._deltas(request):
            held.append(delta)
            if len(held) == 3 or delta.finish:
                ids = tuple(id for one in held for id in one.token_ids)
                yield TokenDelta(ids, finish=delta.finish, cached_tokens=0)
                held.clear()


def test_tokens_that_come_together_go_in_one_chunk(demo):
    script = ["a b c d e f g h i j k l"]
    texts, counts = [], []
    for kind in (ScriptedEngine, ThreeAtATime):
        with scripted_server(demo, script, build=lambda kind=kind: kind(demo.tokens, script)) as server:
            events = [json.loads(line.removeprefix("data: ")) for line in lines(server)[:-1]]
        texts.append(said(events))
        counts.append(sum(bool(said([event])) for event in events))
        assert events[-1]["usage"]["completion_tokens"] == 1 + len(
            ScriptedEngine(demo.tokens, "").ids(script[0])
        )
    assert texts == [script[0]] * 2
    assert counts[1] <= counts[0] // 2
