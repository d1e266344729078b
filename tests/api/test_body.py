"""The body's bounds, on a real server."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI, Request

from nemotron_runtime.api import faults
from nemotron_runtime.api.body import read_json
from support.server import serve

MAX_BYTES, MAX_DEPTH = 1000, 8


@pytest.fixture(scope="module")
def url():
    app = FastAPI()
    faults.install(app)

    @app.post("/")
    async def echo(request: Request) -> dict[str, Any]:
        return {"body": await read_json(request, max_bytes=MAX_BYTES, max_depth=MAX_DEPTH)}

    with serve(app) as address:
        yield address


def of_size(size: int) -> bytes:
    return b'{"a":"' + b"x" * (size - 8) + b'"}'


def in_pieces(data: bytes) -> Iterator[bytes]:
    """Sent chunked, that is, without a Content-Length."""
    for start in range(0, len(data), 100):
        yield data[start : start + 100]


SENT = {"announced": lambda data: data, "chunked": in_pieces}


@pytest.mark.parametrize("way", SENT)
def test_a_body_of_exactly_the_limit_is_read(url, way):
    answer = httpx.post(url, content=SENT[way](of_size(MAX_BYTES)))
    assert answer.status_code == 200
    assert len(answer.json()["body"]["a"]) == MAX_BYTES - 8


@pytest.mark.parametrize("way", SENT)
def test_one_byte_more_is_too_large(url, way):
    answer = httpx.post(url, content=SENT[way](of_size(MAX_BYTES + 1)))
    assert answer.status_code == 413
    assert answer.json()["error"] == {
        "message": f"Request payload too large: at most {MAX_BYTES} bytes are accepted",
        "code": 413,
        "metadata": {"error_type": "payload_too_large"},
    }


def test_an_announced_size_is_believed_before_a_byte_has_come(url):
    host = urlsplit(url)
    with socket.create_connection((host.hostname, host.port), timeout=10) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_an_endless_body_is_cut_off_at_the_limit(url):
    host = urlsplit(url)
    with socket.create_connection((host.hostname, host.port), timeout=10) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"3e9\r\n" + b"x" * 1001 + b"\r\n")  # more would follow
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"hello", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\xff"}', b"{'a': 1}", b'{"a": 1} x'],
)
def test_invalid_json(url, body):
    answer = httpx.post(url, content=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["message"].startswith("The body is not valid JSON: ")
    assert error["metadata"]["error_type"] == "invalid_request"


@pytest.mark.parametrize("body", [[], "text", 1, None, True])
def test_json_that_is_no_object(url, body):
    answer = httpx.post(url, content=json.dumps(body))
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "The body must be a JSON object")


def nested(depth: int, opening: str, closing: str) -> str:
    """An object with ``depth`` levels, itself the first."""
    return '{"a":' + opening * (depth - 1) + "1" + closing * (depth - 1) + "}"


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"b":', "}")], ids=["arrays", "objects"])
def test_nesting(url, opening, closing):
    allowed = httpx.post(url, content=nested(MAX_DEPTH, opening, closing))
    assert allowed.status_code == 200
    refused = httpx.post(url, content=nested(MAX_DEPTH + 1, opening, closing))
    assert refused.status_code == 400
    assert refused.json()["error"]["message"] == f"The body is nested deeper than {MAX_DEPTH} levels"


def test_nesting_beyond_every_stack(url):
    assert httpx.post(url, content='{"a":' + "[" * 480 + "]" * 480 + "}").status_code == 400


def test_the_media_type_does_not_matter(url):
    answer = httpx.post(url, content=b'{"a": 1}', headers={"Content-Type": "text/plain"})
    assert answer.json() == {"body": {"a": 1}}
