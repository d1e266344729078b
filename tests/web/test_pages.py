"""How the pages are served: what is shipped and nothing else, under a policy that lets nothing foreign in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nemotron_runtime.web.pages import CONTENT_POLICY, static_files
from support.app import Running, scripted_server

STATIC = Path(__file__).resolve().parents[2] / "runtime/nemotron_runtime/web/static"
FILES = sorted(str(path.relative_to(STATIC)) for path in STATIC.rglob("*") if path.is_file())
OURS = [name for name in FILES if "/vendor/" not in name]
ELSEWHERE = [
    "/assets/",
    "/assets/js",
    "/assets/nothing.js",
    "/assets/index.html",
    "/index.html",
    "/assets/../index.html",
    "/assets/%2e%2e/index.html",
    "/assets/..%2f..%2fpages.py",
    "/assets/js/..%5c..%5cpages.py",
    "/assets//js/main.js",
    "/assets/js/main.js/",
    "/assets/JS/main.js",
    "/assets/js/main.js%00",
    "/assets/%2fetc%2fpasswd",
]


@pytest.fixture(scope="module")
def server(demo) -> Iterator[Running]:
    with scripted_server(demo, ["</think>Hello"], api_keys="sk-or-v1-a-key") as running:
        yield running


def address(name: str) -> str:
    return "/" if name == "index.html" else f"/{name}"


def test_every_file_is_served_as_it_is_and_needs_no_key(server):
    with httpx.Client(base_url=server.url) as client:
        for name in FILES:
            answer = client.get(address(name))
            assert answer.status_code == 200, name
            assert answer.content == (STATIC / name).read_bytes()
            head = client.head(address(name))
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize("name", ["index.html", "assets/js/main.js", "assets/icon.svg"])
def test_headers(server, name):
    headers = httpx.get(server.url + address(name)).headers
    assert headers["content-security-policy"] == CONTENT_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-cache"


def test_policy_lets_nothing_inline_or_foreign_in():
    rules = dict(rule.split(" ", 1) for rule in CONTENT_POLICY.split("; "))
    assert rules["default-src"] == "'none'"
    assert {rules[name] for name in ("script-src", "style-src", "connect-src", "font-src")} == {"'self'"}
    assert {rules[name] for name in ("base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    assert rules["img-src"] == "'self' data:"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("assets/js/main.js", "text/javascript; charset=utf-8"),
        ("assets/css/base.css", "text/css; charset=utf-8"),
        ("assets/icon.svg", "image/svg+xml"),
        ("assets/data/accuracy.json", "application/json"),
        ("assets/vendor/uplot/LICENSE", "text/plain; charset=utf-8"),
    ],
)
def test_media_types(server, name, media_type):
    assert httpx.get(server.url + address(name)).headers["content-type"] == media_type


def test_unchanged_file_is_not_sent_again(server):
    url = f"{server.url}/assets/js/main.js"
    etag = httpx.get(url).headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}'):
        answer = httpx.get(url, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert httpx.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", ELSEWHERE)
def test_nothing_else_is_served(server, path):
    answer = httpx.get(server.url + path)
    assert answer.status_code in (401, 404)  # 401: no route of the pages, so that a key is asked for first
    assert answer.json()["error"]["code"] == answer.status_code


def test_pages_are_read_only(server):
    for path in ("/", "/assets/js/main.js"):
        assert httpx.post(server.url + path).status_code in (401, 405)


def test_all_that_is_shipped_is_known():
    assert sorted(static_files()) == FILES


@pytest.mark.parametrize("name", [name for name in OURS if name.endswith((".html", ".js", ".css"))])
def test_sources_hold_nothing_inline_and_nothing_foreign(name):
    text = (STATIC / name).read_text(encoding="utf-8")
    assert (
        re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text) is None
    )
    if name.endswith(".html"):
        assert re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text) is None
    assert re.findall(r"""(?:src|href|url\(|from|import)\s*[=(]?\s*["']https?://""", text) == []


@pytest.mark.parametrize("name", [name for name in OURS if name.endswith((".js", ".css"))])
def test_sources_are_short(name):
    assert len((STATIC / name).read_text(encoding="utf-8").splitlines()) <= 250


def test_every_module_is_used():
    """What the page loads, followed through its imports, is all that is shipped."""
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    seen = set(re.findall(r'(?:src|href)="(assets/[^"]+)"', page))
    waiting = [name for name in seen if name.endswith(".js")]
    while waiting:
        name = waiting.pop()
        text = (STATIC / name).read_text(encoding="utf-8")
        for target in re.findall(r"""(?:from|import\()\s*'(\.[^']+)'""", text):
            found = str(((STATIC / name).parent / target).resolve().relative_to(STATIC))
            if found not in seen:
                seen.add(found)
                waiting.append(found)
    assert {name for name in OURS if name.endswith((".js", ".css"))} <= seen


def test_vendored_library_comes_with_its_licence_and_version():
    folder = STATIC / "assets/vendor/uplot"
    version = re.search(r"v(\d+\.\d+\.\d+)", (folder / "uPlot.esm.js").read_text(encoding="utf-8"))
    assert version
    assert "MIT License" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert f"uPlot {version[1]}" in (folder / "README.txt").read_text(encoding="utf-8")


def test_published_accuracy_has_source_and_date():
    accuracy = json.loads((STATIC / "assets/data/accuracy.json").read_text(encoding="utf-8"))
    assert accuracy["source"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", accuracy["date"])
    for row in accuracy["rows"]:
        assert len(row["scores"]) == len(accuracy["models"])
        assert all(score is None or 0 <= score <= 100 for score in row["scores"])
