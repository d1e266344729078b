"""What docs/api.md says beside its field tables: flags, limits, errors, routes that aren't there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nemotron_runtime import errors
from nemotron_runtime.api.faults import MethodNotAllowed
from nemotron_runtime.settings import Settings, flag_of
from support.app import scripted_server
from support.contract import validate_schema

TEXT = (Path(__file__).resolve().parents[2] / "docs/api.md").read_text(encoding="utf-8")
LIMITS = {
    "body 32 MiB": ("max_body_bytes", 32 << 20),
    "nesting 64": ("max_json_depth", 64),
    "messages 10,000": ("max_messages", 10_000),
    "tools 256": ("max_tools", 256),
    "one schema 256 KiB": ("max_schema_bytes", 256 << 10),
    "`logit_bias` 1,024 entries": ("max_logit_bias", 1024),
    "a stop string 1,024 characters": ("max_stop_chars", 1024),
    "waiting requests 256": ("max_queue", 256),
    "After 1 s without a token": ("keepalive_first_s", 1),
    "after every 10 s of silence": ("keepalive_interval_s", 10),
}


def test_every_flag_exists():
    flags = {flag_of(name) for name in Settings.model_fields}
    assert set(re.findall(r"`(--[a-z-]+)", TEXT)) - flags == set()


@pytest.mark.parametrize("words", LIMITS)
def test_every_number_is_the_default(words):
    name, value = LIMITS[words]
    assert words in TEXT
    assert getattr(Settings(), name) == value


def faults(kind: type[errors.RuntimeFault]) -> set[type[errors.RuntimeFault]]:
    return {kind}.union(*(faults(child) for child in kind.__subclasses__()))


def test_the_table_of_errors_is_the_tree_of_errors():
    table = {(int(status), kind) for status, kind in re.findall(r"^\| (\d{3}) \| `([a-z_]+)` \|", TEXT, re.M)}
    ours = {errors.RuntimeFault, MethodNotAllowed} | faults(errors.ClientError) | faults(errors.EngineError)
    assert table == {(fault.status, fault.error_type) for fault in ours}


def test_routes_that_are_not_there_say_so(demo):
    (line,) = (line for line in TEXT.splitlines() if "aren't there yet" in line)
    paths = re.findall(r"`(/\w+)`", line)
    assert "/responses" in paths
    with scripted_server(demo, []) as server:
        for path in paths:
            answer = httpx.post(server.api + path, json={})
            assert answer.status_code == 404
            assert answer.json()["error"]["message"] == f"No route for POST /api/v1{path}"


ASK = {"messages": [{"role": "user", "content": "hi"}]}
METADATA_HEADERS = ["X-OpenRouter-Metadata", "X-OpenRouter-Experimental-Metadata"]


@pytest.fixture(scope="module")
def url(demo) -> Iterator[str]:
    with scripted_server(demo, ["</think>Hello"]) as server:
        yield f"{server.api}/chat/completions"


@pytest.mark.parametrize("header", METADATA_HEADERS)
def test_metadata_comes_where_asked_for(url, header):
    assert f"`{header}" in TEXT
    for wish, comes in (("enabled", True), ("Enabled", True), ("disabled", False), ("yes", False)):
        body = httpx.post(url, json=ASK, headers={header: wish}).json()
        assert ("openrouter_metadata" in body) is comes
        lines = httpx.post(url, json=ASK | {"stream": True}, headers={header: wish}).text.split("\n\n")
        assert [("openrouter_metadata" in line) for line in lines[-4:]] == [False, comes, False, False]


def test_metadata_passes_the_oracle(url):
    body = httpx.post(url, json=ASK, headers={METADATA_HEADERS[0]: "enabled"}).json()
    validate_schema("ChatResult", body)
    assert body["openrouter_metadata"]["endpoints"]["available"][0]["selected"] is True


@pytest.mark.parametrize(("length", "status"), [(256, 200), (257, 400)])
def test_a_session_id_is_bounded(url, length, status):
    answer = httpx.post(url, json=ASK, headers={"x-session-id": "s" * length})
    assert answer.status_code == status


@pytest.mark.parametrize("body", [ASK, {}, ASK | {"stream": True}])
def test_the_demo_says_so_on_every_answer(url, body):
    answer = httpx.post(url, json=body)
    assert answer.headers["x-nemotron-demo"]
    assert answer.headers["x-generation-id"].startswith("gen-")
