"""Which app a request says it comes from, and what of it is kept with the generation."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from nemotron_runtime.api.attribution import GROUPS, app_of
from support.app import scripted_server

SITE = "https://app.example"


def app(**headers: str):
    return app_of(Headers({name.replace("_", "-"): value for name, value in headers.items()}))


@pytest.mark.parametrize(
    ("referer", "url"),
    [
        (SITE, SITE),
        (f"{SITE}/", SITE),
        ("HTTPS://App.Example/a/b?c#d", SITE),
        (f"{SITE}:8443/x", f"{SITE}:8443"),
        ("http://[2001:db8::1]:80/", "http://[2001:db8::1]:80"),
        ("https://user:password@app.example/", SITE),
    ],
)
def test_an_app_is_its_origin(referer, url):
    found = app(http_referer=referer)
    assert (found.identity, found.url, found.title) == (url, url, None)


@pytest.mark.parametrize(
    "referer", ["", "app.example", "ftp://app.example", "https://", "https://[x", "https://a:99999999", "//a"]
)
def test_what_is_no_address_is_no_app(referer):
    assert app(http_referer=referer, x_title="Title") is None


def test_a_title_alone_is_no_app():
    assert app(x_title="Title") is None


@pytest.mark.parametrize(
    "local", ["http://localhost:3000", "http://127.0.0.1", "https://[::1]:1", "http://a.localhost"]
)
def test_pages_of_the_clients_machine_need_a_title(local):
    assert app(http_referer=local) is None
    found = app(http_referer=local, x_title="My tool")
    assert (found.identity, found.title, found.url) == ("My tool", "My tool", None)


def test_titles():
    assert app(http_referer=SITE, x_title="old", x_openrouter_title=" new \t name ").title == "new name"
    assert len(app(http_referer=SITE, x_title="t" * 999).title) == 100


@pytest.mark.parametrize(
    ("text", "categories"),
    [
        ("cli-agent", ("cli-agent",)),
        (" CLI-Agent , game", ("cli-agent", "game")),
        ("nonsense,legal,", ("legal",)),
        ("game,roleplay,legal", ("game", "roleplay")),
        ("game,game,legal", ("game", "legal")),
        ("coding", ()),
        ("x" * 31, ()),
    ],
)
def test_two_known_categories(text, categories):
    assert app(http_referer=SITE, x_openrouter_categories=text).categories == categories


def test_every_category_is_short_enough():
    assert all(len(category) <= 30 for group in GROUPS.values() for category in group)


def test_hidden():
    assert not app(http_referer=SITE).hidden
    assert app(http_referer=SITE, x_openrouter_app_visibility="Hidden").hidden


@given(st.text(max_size=80), st.text(max_size=40), st.text(max_size=40))
def test_no_header_breaks_it(referer, title, categories):
    found = app_of({"http-referer": referer, "x-title": title, "x-openrouter-categories": categories})
    assert found is None or found.identity


def test_a_record_knows_who_asked(demo):
    headers = {
        "HTTP-Referer": f"{SITE}/page",
        "X-Title": "My app",
        "X-OpenRouter-Categories": "cli-agent",
        "User-Agent": "test/1",
        "x-session-id": "of the header",
    }
    ask = {"messages": [{"role": "user", "content": "hi"}], "user": "someone"}
    with scripted_server(demo, ["</think>Hello"]) as server:
        for more in ({}, {"session_id": "of the \0body"}):
            url = f"{server.api}/chat/completions"
            assert httpx.post(url, json=ask | more, headers=headers).status_code == 200
        one, two = (record.caller for record in server.records.all)
    assert (one.user, one.user_agent, one.referer) == ("someone", "test/1", f"{SITE}/page")
    assert (one.session_id, two.session_id) == ("of the header", "of the body")
    assert (one.app.identity, one.app.title, one.app.categories) == (SITE, "My app", ("cli-agent",))
    assert one.messages_json is None
