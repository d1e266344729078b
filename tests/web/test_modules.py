"""The page's modules by themselves: the reader of events, figures as text, a request as code."""

from __future__ import annotations

import base64
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.app import Running, scripted_server
from support.clients.node import FOLDER, missing
from support.clients.plays import prompt_of

pytestmark = pytest.mark.node

ANSWER = "Fourty-two, it's said. 🙂"
QUESTION = 'What\'s "six" \\ times $HOME `seven`? é 🙂\n%s {x}'

STREAM = (
    "\ufeff: a comment\r\n\r\n"
    'data: {"a": "Zürich 🙂 日本"}\r\n\r\n'
    "data:no space\n\n"
    "event: x\nid: 1\ndata:  two spaces\ndata: second line\n\n"
    ":\r\r"
    "data\r\r"
    "retry: 5\n\n"
    "data: last\r\n\r\n"
    "data: cut off"
)
EVENTS = ['{"a": "Zürich 🙂 日本"}', "no space", " two spaces\nsecond line", "", "last"]


@pytest.fixture(scope="module")
def server(demo) -> Iterator[Running]:
    with scripted_server(demo, [f"</think>\n{ANSWER}"]) as running:
        yield running


def cuts() -> list[list[bytes]]:
    """The stream whole, byte by byte, and in random pieces, empty ones among them."""
    whole = STREAM.encode()
    dice = random.Random(7)
    ways = [[whole], [whole[i : i + 1] for i in range(len(whole))]]
    for _ in range(200):
        places = sorted(dice.choices(range(len(whole) + 1), k=dice.randrange(1, 20)))
        ways.append([whole[a:b] for a, b in zip([0, *places], [*places, len(whole)], strict=True)])
    return ways


def test_events_however_their_bytes_are_cut(browse, server):
    streams = [[base64.b64encode(piece).decode() for piece in pieces] for pieces in cuts()]
    seen = browse("readEvents", server.url, streams=streams)
    assert all(events == EVENTS for events in seen)


def test_figures_as_text(browse, server):
    cases = [
        (["integer", 18400], "18,400"),
        (["integer", None], "–"),
        (["short", 37_700_000_000], "37.7B"),
        (["short", 999_950], "1M"),
        (["short", 999], "999"),
        (["short", 0], "0"),
        (["percent", 99.999], "99.99%"),
        (["percent", 97.29], "97.29%"),
        (["percent", 100], "100%"),
        (["percent", None], "–"),
        (["perMillion", "0.00000005"], "$0.05"),
        (["perMillion", "0.0000000123456789"], "$0.0123456789"),
        (["perMillion", "0"], "$0"),
        (["perMillion", "1.5"], "$1500000"),
        (["usd", "0.000000000123"], "$0.000000000123"),
        (["usd", 1e-10], "$0.0000000001"),
        (["duration", 0], "0 ms"),
        (["duration", 64.2], "64 ms"),
        (["duration", 0.077], "0.08 ms"),
        (["rate", 27735.1], "27,735 tok/s"),
        (["duration", 2100], "2.10 s"),
        (["duration", 90_000], "1 min 30 s"),
        (["rate", 88.25], "88.3 tok/s"),
        (["rate", None], "–"),
    ]
    assert browse("format", server.url, calls=[call for call, _ in cases]) == [text for _, text in cases]


def test_code_of_a_request_runs(browse, server, demo):
    """Each program, as it is copied, gets the answer, and asked what was asked."""
    if reason := missing():
        pytest.skip(reason)
    body = {
        "model": "nemotron-runtime/embedded-demo",
        "messages": [{"role": "user", "content": QUESTION}],
        "stream": True,
        "temperature": 0.5,
        "top_k": 5,
        "reasoning": {"effort": "none"},
        "parallel_tool_calls": False,
    }
    programs = browse("programs", server.url, body=body)
    assert set(programs) == {
        "curl",
        "pythonOpenai",
        "pythonOpenrouter",
        "typescriptOpenai",
        "typescriptOpenrouter",
    }
    for name, program in programs.items():
        before = len(server.engine.requests)
        said = run(name, program)
        assert len(server.engine.requests) == before + 1, name
        request = server.engine.requests[-1]
        assert QUESTION in prompt_of(request, demo.tokens), name
        if name == "curl":
            assert "data: [DONE]" in said
        else:
            assert said.strip() == ANSWER, name
        if name in ("curl", "pythonOpenai", "typescriptOpenai"):
            assert (request.sampling.temperature, request.sampling.top_k) == (0.5, 5), name


def run(name: str, program: str) -> str:
    command: list[str | Path] = {
        "curl": [shutil.which("bash") or pytest.skip("no bash"), "-c", f"{program} --silent --fail"],
        "pyth": [sys.executable, "-P", "-c", program],
        "type": ["node", "--input-type=module", "-e", program],
    }[name[:4]]
    done = subprocess.run(
        command,
        cwd=FOLDER,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, f"{name}: {done.stderr}"
    return done.stdout
