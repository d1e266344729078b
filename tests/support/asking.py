"""A question to a server of the tests, and its errors."""

from __future__ import annotations

import httpx

from support.app import Running

FIRST = "sk-or-v1-first-of-the-settings"


def get(server: Running, path: str, key: str = FIRST) -> httpx.Response:
    return httpx.get(server.api + path, headers={"Authorization": f"Bearer {key}"}, timeout=20)


def ask(server: Running, key: str = FIRST, **headers: str) -> httpx.Response:
    body = {"messages": [{"role": "user", "content": "the question"}], "user": "someone", "session_id": "s1"}
    return httpx.post(
        f"{server.api}/chat/completions",
        json=body,
        headers={"Authorization": f"Bearer {key}", "User-Agent": "test/1", **headers},
        timeout=20,
    )


def fault(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()["error"]
    assert body["code"] == answer.status_code
    return body["code"], body["message"]
