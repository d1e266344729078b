"""The real engine is killed under a real server: open requests fail, readiness turns false, it comes back."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from support.live import LOG, live_server

pytestmark = pytest.mark.engine

SLUG = "nemotron-runtime/embedded-demo"


def engine_process(url: str) -> int:
    """The pid of vLLM's engine core below the server at this URL (another one may run beside it)."""
    flag = f"--port={url.rpartition(':')[2]}"
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            text = stat.read_text()
            name, parent = (
                text[text.index("(") + 1 : text.rindex(")")],
                text[text.rindex(")") + 2 :].split()[1],
            )
            command = Path("/proc", parent, "cmdline").read_bytes().split(b"\0")
            if name.startswith("VLLM::EngineCor") and flag.encode() in command:
                return int(stat.parent.name)
    raise AssertionError(f"no engine core below the server at {url}")


def until(condition, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_a_killed_engine_fails_open_requests_and_is_replaced(tmp_path: Path) -> None:
    with live_server(tmp_path) as url:
        chunks: list[dict] = []
        body = {
            "model": SLUG,
            "messages": [{"role": "user", "content": "Go on and on."}],
            "max_tokens": 8000,
            "logit_bias": {"2": -100, "11": -100},
            "stream": True,
        }

        def stream() -> None:
            with httpx.stream("POST", f"{url}/api/v1/chat/completions", json=body, timeout=60) as answer:
                chunks.extend(json.loads(x[6:]) for x in answer.iter_lines() if x.startswith("data: {"))

        reader = threading.Thread(target=stream)
        reader.start()
        until(lambda: len(chunks) > 3, 30)
        os.kill(engine_process(url), signal.SIGKILL)
        reader.join(30)
        assert chunks[-1]["error"]["code"] == 503
        assert chunks[-1]["choices"][0]["finish_reason"] == "error"
        ready = httpx.get(f"{url}/ready")
        assert ready.status_code == 503
        refused = httpx.post(f"{url}/api/v1/chat/completions", json=body)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
        assert httpx.get(f"{url}/health").status_code == 200
        until(lambda: httpx.get(f"{url}/ready").status_code == 200, 180)
        again = httpx.post(
            f"{url}/api/v1/chat/completions", json=body | {"stream": False, "max_tokens": 5}, timeout=60
        )
        assert again.json()["usage"]["completion_tokens"] == 5
    assert '"step": "import", "event": "engine start"' in (tmp_path / LOG).read_text()
