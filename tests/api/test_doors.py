"""Who is let in: keys, the Host and Origin checks, CORS. On real servers, before anything runs."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from nemotron_runtime import logs
from nemotron_runtime.api.doors import PREFIXES, is_public
from support.app import Running, scripted_server
from support.scripted import Raise

KEYS = ("sk-or-v1-first", "sk-or-v1-second")
DEMO = "nemotron-runtime/embedded-demo"
ASK = {"messages": [{"role": "user", "content": "hi"}]}
DOC = Path(__file__).resolve().parents[2] / "docs/api.md"
MISSING, UNKNOWN = "Missing Authentication header", "User not found."

NO_KEYS: list[dict[str, str]] = [
    {},
    {"Authorization": ""},
    {"Authorization": "Bearer"},
    {"Authorization": KEYS[0]},
    {"Authorization": "Basic dTpw"},
    {"x-api-key": ""},
]
WRONG_KEYS = [
    "x",
    KEYS[0][:-1],
    KEYS[0] + "x",
    KEYS[0].upper(),
    f"{KEYS[0]},{KEYS[1]}",
    f"{KEYS[0]} {KEYS[1]}",
    "é",
]
LOCAL_HOSTS = ["localhost", "LocalHost:8000", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8000"]
FOREIGN_HOSTS = [
    "evil.example",
    "evil.example:8000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.2",
    "0.0.0.0",
    "localhost.",
    "",
    ":8000",
]
LOCAL_PAGES = ["http://localhost:3000", "https://localhost", "http://127.0.0.1:5173", "http://[::1]:80"]
FOREIGN_PAGES = [
    "https://evil.example",
    "null",
    "",
    "http://localhost.evil.example",
    "http://localhost:3000.evil.example",
    "http://localhost@evil.example",
    "http://127.0.0.1x",
    "http://127a0b0c1",
    "file://localhost",
    "http://localhost:3000\thttp://evil.example",
]


def routes() -> Iterator[tuple[str, str, bool]]:
    """Method, path and whether it needs a key, as docs/api.md says."""
    for method, path, key in re.findall(
        r"^\| `(GET|POST) (/\S+)` \| (yes|no) \|", DOC.read_text(encoding="utf-8"), re.M
    ):
        path = path.replace("{author}/{slug}", DEMO)
        prefixes = ("",) if path in ("/health", "/ready", "/metrics") else PREFIXES
        for prefix in prefixes:
            yield method, prefix + path, key == "yes"


ROUTES = list(routes())


@pytest.fixture(scope="module")
def keyed(demo) -> Iterator[Running]:
    with scripted_server(demo, ["</think>Hello"], api_keys=KEYS) as server:
        yield server


@pytest.fixture(scope="module")
def keyless(demo) -> Iterator[Running]:
    with scripted_server(demo, ["</think>Hello"]) as server:
        yield server


@pytest.fixture(scope="module")
def named(demo) -> Iterator[Running]:
    settings = {"allowed_hosts": "127.0.0.1,Nano.example", "cors_origins": "https://app.example"}
    with scripted_server(demo, ["</think>Hello"], **settings) as server:
        yield server


@pytest.fixture(scope="module")
def anywhere(demo) -> Iterator[Running]:
    with scripted_server(demo, ["</think>Hello"], cors_origins="*", allowed_hosts="*") as server:
        yield server


def ask(server: Running, **headers: str) -> httpx.Response:
    return httpx.post(f"{server.api}/chat/completions", json=ASK, headers=headers, timeout=20)


def error(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()["error"]
    assert answer.status_code == body["code"]
    return body["code"], body["metadata"]["error_type"], body["message"]


class TestKeys:
    @pytest.mark.parametrize("key", KEYS)
    @pytest.mark.parametrize(
        "header",
        [
            lambda key: {"Authorization": f"Bearer {key}"},
            lambda key: {"Authorization": f"bearer  {key}"},
            lambda key: {"x-api-key": key},
            lambda key: {"Authorization": "Basic dTpw", "x-api-key": key},
        ],
        ids=["bearer", "lower case", "x-api-key", "beside another scheme"],
    )
    def test_a_right_key_opens(self, keyed, key, header):
        assert ask(keyed, **header(key)).status_code == 200

    @pytest.mark.parametrize("headers", NO_KEYS, ids=str)
    def test_without_a_key(self, keyed, headers):
        before = len(keyed.engine.requests)
        assert error(ask(keyed, **headers)) == (401, "authentication", MISSING)
        assert len(keyed.engine.requests) == before

    @pytest.mark.parametrize("key", WRONG_KEYS)
    @pytest.mark.parametrize("header", ["Authorization", "x-api-key"])
    def test_every_wrong_key_gets_the_same_words(self, keyed, key, header):
        before = len(keyed.engine.requests)
        value = (f"Bearer {key}" if header == "Authorization" else key).encode()
        answer = httpx.post(f"{keyed.api}/chat/completions", json=ASK, headers={header.encode(): value})
        assert error(answer) == (401, "authentication", UNKNOWN)
        assert len(keyed.engine.requests) == before

    def test_a_wrong_bearer_is_not_saved_by_another_header(self, keyed):
        answer = ask(keyed, **{"Authorization": "Bearer wrong", "x-api-key": KEYS[0]})
        assert error(answer) == (401, "authentication", UNKNOWN)

    def test_all_documented_routes_are_known(self):
        assert len(ROUTES) == 2 * 13 + 3

    @pytest.mark.parametrize(("method", "path", "needs_key"), ROUTES)
    def test_documented_routes(self, keyed, method, path, needs_key):
        bare = httpx.request(method, keyed.url + path, json=ASK if method == "POST" else None)
        assert bare.status_code == (401 if needs_key else 200)
        headers = {"Authorization": f"Bearer {KEYS[0]}"}
        opened = httpx.request(
            method, keyed.url + path, json=ASK if method == "POST" else None, headers=headers
        )
        assert opened.status_code == 200

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/api/v1/models"),
            ("DELETE", "/api/v1/models"),
            ("GET", "/api/v1/chat/completions"),
            ("GET", "/api/v1/models/"),
            ("GET", "/api/v1/models/count/more"),
            ("GET", "/api/v1/models/user/endpoints"),
            ("GET", "/api/v1/models%0A"),
            ("GET", "/api/v1//models"),
            ("GET", "/api/v2/models"),
            ("GET", "/models"),
            ("GET", "/metrics/"),
            ("GET", "/nothing"),
        ],
    )
    def test_everything_else_is_closed_existing_or_not(self, keyed, method, path):
        assert httpx.request(method, keyed.url + path).status_code == 401

    @pytest.mark.parametrize("path", ["/api/v1/chat/completions", "/metrics", "/nothing"])
    def test_options_needs_no_key(self, keyed, path):
        assert httpx.options(keyed.url + path).status_code != 401

    @pytest.mark.parametrize(("method", "path", "needs_key"), ROUTES)
    def test_without_keys_nothing_asks_for_one(self, keyless, method, path, needs_key):
        answer = httpx.request(method, keyless.url + path, json=ASK if method == "POST" else None)
        assert answer.status_code == 200

    def test_head_is_as_public_as_get(self):
        assert is_public("HEAD", "/api/v1/models")
        assert not is_public("HEAD", "/metrics")


class TestHost:
    @pytest.mark.parametrize("host", LOCAL_HOSTS)
    def test_names_of_this_machine(self, keyless, host):
        assert ask(keyless, Host=host).status_code == 200

    @pytest.mark.parametrize("host", FOREIGN_HOSTS)
    def test_a_name_that_was_pointed_here(self, keyless, host):
        before = len(keyless.engine.requests)
        status, kind, message = error(ask(keyless, Host=host))
        assert (status, kind) == (400, "invalid_request")
        assert "--allowed-hosts" in message
        assert len(keyless.engine.requests) == before
        assert httpx.get(f"{keyless.api}/models", headers={"Host": host}).status_code == 400

    def test_only_the_names_given(self, named):
        assert ask(named, Host="NANO.example:443").status_code == 200
        assert ask(named, Host="localhost").status_code == 400

    def test_any(self, anywhere):
        assert ask(anywhere, Host="evil.example").status_code == 200


class TestOrigin:
    @pytest.mark.parametrize("origin", LOCAL_PAGES)
    def test_pages_of_this_machine_may_call_and_read(self, keyless, origin):
        answer = ask(keyless, Origin=origin)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == origin
        assert "origin" in answer.headers["vary"].lower()

    @pytest.mark.parametrize("origin", FOREIGN_PAGES)
    def test_a_foreign_page_is_refused_before_anything_runs(self, keyless, origin):
        before = len(keyless.engine.requests)
        status, kind, message = error(ask(keyless, Origin=origin))
        assert (status, kind) == (403, "permission_denied")
        assert "--cors" in message
        assert len(keyless.engine.requests) == before
        assert "access-control-allow-origin" not in ask(keyless, Origin=origin).headers
        assert httpx.get(f"{keyless.api}/models", headers={"Origin": origin}).status_code == 403

    def test_the_flag_in_the_message_exists(self):
        from nemotron_runtime.settings import flag_of

        assert (flag_of("cors_origins"), flag_of("allowed_hosts")) == ("--cors", "--allowed-hosts")

    def test_only_the_origins_given_and_this_machine(self, named):
        assert ask(named, Origin="https://app.example").status_code == 200
        assert ask(named, Origin="http://localhost:3000").status_code == 200
        for origin in ("https://appxexample", "http://app.example", "https://app.example:8443"):
            assert ask(named, Origin=origin).status_code == 403

    @pytest.mark.parametrize("which", ["anywhere", "keyed"])
    def test_any_page_by_choice_or_with_keys(self, request, which):
        server = request.getfixturevalue(which)
        answer = ask(server, Origin="https://evil.example", Authorization=f"Bearer {KEYS[0]}")
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "*"

    def test_the_generation_id_can_be_read_on_errors_too(self, keyless):
        for body, status in ((ASK, 200), ({}, 400)):
            answer = httpx.post(
                f"{keyless.api}/chat/completions", json=body, headers={"Origin": LOCAL_PAGES[0]}
            )
            assert answer.status_code == status
            assert answer.headers["x-generation-id"].startswith("gen-")
            assert "x-generation-id" in answer.headers["access-control-expose-headers"].lower()

    def test_a_refusal_for_want_of_a_key_can_be_read(self, keyed):
        answer = ask(keyed, Origin="https://app.example")
        assert answer.status_code == 401
        assert answer.headers["access-control-allow-origin"] == "*"


def preflight(server: Running, origin: str, **headers: str) -> httpx.Response:
    asked = "authorization,content-type,http-referer,x-title,x-openrouter-title"
    return httpx.options(
        f"{server.api}/chat/completions",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": asked,
            **headers,
        },
    )


class TestPreflight:
    @pytest.mark.parametrize("which", ["keyless", "keyed", "anywhere"])
    def test_allowed(self, request, which):
        answer = preflight(request.getfixturevalue(which), LOCAL_PAGES[0])
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] in ("*", LOCAL_PAGES[0])
        assert "POST" in answer.headers["access-control-allow-methods"]
        for header in ("authorization", "content-type", "x-title"):
            assert header in answer.headers["access-control-allow-headers"].lower()

    def test_a_foreign_page_hears_no(self, keyless):
        answer = preflight(keyless, "https://evil.example")
        assert answer.status_code == 400
        assert "access-control-allow-origin" not in answer.headers


@pytest.fixture
def written(monkeypatch) -> Iterator[io.StringIO]:
    """All that is logged, set up as the program does it; uvicorn writes there, too."""
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    before = structlog.get_config()
    logs.configure("debug", "json")
    yield stderr
    structlog.configure(**before)


def test_nothing_secret_is_logged(demo, written):
    """A success, a fault of ours, two refusals: no key, prompt, answer or field of a request is written."""
    secrets = (*KEYS, "sk-wrong-key", "PROMPT-WORD", "ANSWER-WORD", "FIELD-WORD")
    body = {"messages": [{"role": "user", "content": "PROMPT-WORD"}], "metadata": {"k": "FIELD-WORD"}}
    scripts = iter([["</think>ANSWER-WORD"], ["</think>ANSWER-WORD", Raise(ValueError("a bug"))]])
    with scripted_server(demo, lambda request: next(scripts), api_keys=KEYS) as server:

        def send(key: str, **fields: Any) -> int:
            headers = {"Authorization": f"Bearer {key}"}
            url = f"{server.api}/chat/completions?key={key}"
            return httpx.post(url, json=body | fields, headers=headers).status_code

        assert send(KEYS[0]) == 200
        assert send(KEYS[1]) == 500
        assert send(KEYS[1], temperature="FIELD-WORD") == 400
        assert send("sk-wrong-key") == 401
    text = written.getvalue()
    assert "a bug" in text
    assert [secret for secret in secrets if secret in text] == []
