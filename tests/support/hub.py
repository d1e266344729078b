"""A hub on loopback that speaks real HTTP: repositories with commits, and faults on demand (``hub_faults``).

Large files live on a host of their own, to which the hub redirects, as at Hugging Face.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

Fault = Callable[["Handler", bytes, int], None]
"""Answers a request for a file's bytes in its own way; the start is where the client wants to go on."""

_LISTING = re.compile(r"/api/models/([^/]+/[^/]+?)(?:/revision/([^/]+))?")
_FILE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
_BYTES = re.compile(r"/bytes/([0-9a-f]+)/(.+)")
_LOOPBACK = "127.0.0.1,127.0.0.2"
_PATIENCE_S = 600
"""Of the client: on a busy machine nothing is to be given up that a test has not broken."""


@dataclass
class Seen:
    """A request that came."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass
class Hub:
    """Repositories, who may read them, and what goes wrong next.

    Attributes:
        faults: By file name; each request for the file's bytes uses up one.
        refusal: Status and ``X-Error-Code`` for files without the token; ``listed``: the list is public.
        page: Answers every listing, where it is not None: status, headers, body.
        change: Alters a listing before it is sent.
    """

    commits: dict[str, dict[str, dict[str, bytes]]] = field(default_factory=dict)
    branches: dict[tuple[str, str], str] = field(default_factory=dict)
    card: dict[str, Any] = field(default_factory=lambda: {"license": "other", "license_name": "open-model"})
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    token: str | None = None
    refusal: tuple[int, str] = (401, "RepoNotFound")
    listed: bool = False
    page: tuple[int, dict[str, str], bytes] | None = None
    change: Callable[[dict[str, Any]], None] = lambda listing: None
    seen: list[Seen] = field(default_factory=list)
    url: str = ""
    store: str = ""

    def put(self, repo: str, files: Mapping[str, bytes], branch: str = "main") -> str:
        """Makes a commit the newest of a branch; gives its name."""
        names = json.dumps([repo, sorted((name, sha256(data)) for name, data in files.items())])
        commit = hashlib.sha1(names.encode()).hexdigest()
        self.commits.setdefault(repo, {})[commit] = dict(files)
        self.branches[repo, branch] = commit
        return commit

    def fail(self, name: str, *faults: Fault) -> None:
        """The next requests for a file's bytes go wrong."""
        self.faults.setdefault(name, []).extend(faults)

    def asked(self, name: str) -> list[Seen]:
        """The requests for a file's bytes."""
        return [one for one in self.seen if one.method == "GET" and one.path.endswith(f"/{name}")]

    def bytes_asked(self) -> bool:
        """Whether any file was fetched."""
        return any(one.method == "GET" and not one.path.startswith("/api/") for one in self.seen)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Server

    @property
    def hub(self) -> Hub:
        return self.server.hub

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        url = urlsplit(self.path)
        path = url.path
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.hub.seen.append(Seen(self.command, path, headers))
        if listing := _LISTING.fullmatch(path):
            self._list(listing[1], unquote(listing[2] or "main"), blobs="blobs" in parse_qs(url.query))
        elif file := _FILE.fullmatch(path):
            self._resolve(*map(unquote, file.groups()))
        elif stored := _BYTES.fullmatch(path):
            self._send_file(stored[2], self._by_digest(stored[1]))
        else:
            self.refuse(404, "")

    def _allowed(self) -> bool:
        return self.hub.token is None or self.headers["Authorization"] == f"Bearer {self.hub.token}"

    def _list(self, repo: str, revision: str, *, blobs: bool) -> None:
        if self.hub.page:
            status, headers, body = self.hub.page
            self.whole(status, headers, body)
            return
        if repo not in self.hub.commits or not (self.hub.listed or self._allowed()):
            self.refuse(401, "RepoNotFound")
            return
        commit = self.hub.branches.get((repo, revision), revision)
        if commit not in self.hub.commits[repo]:
            self.refuse(404, "RevisionNotFound")
            return
        files = self.hub.commits[repo][commit].items()
        listing = {
            **{"id": repo, "modelId": repo, "sha": commit, "private": False, "tags": [], "downloads": 0},
            **{"gated": "manual" if self.hub.token else False, "cardData": self.hub.card},
            "siblings": [_sibling(name, data) if blobs else {"rfilename": name} for name, data in files],
        }
        self.hub.change(listing)
        self.whole(200, {"Content-Type": "application/json"}, json.dumps(listing).encode())

    def _resolve(self, repo: str, revision: str, name: str) -> None:
        if not self._allowed():
            self.refuse(*self.hub.refusal)
            return
        commit = self.hub.branches.get((repo, revision), revision)
        data = self.hub.commits.get(repo, {}).get(commit, {}).get(name)
        if data is None:
            self.refuse(404, "EntryNotFound")
        elif is_large(name):
            headers = {
                "Location": f"{self.hub.store}/bytes/{sha256(data)}/{name}",
                "X-Repo-Commit": commit,
                "X-Linked-Etag": f'"{sha256(data)}"',
                "X-Linked-Size": str(len(data)),
            }
            self.whole(302, headers, b"")
        else:
            self._send_file(name, data, {"X-Repo-Commit": commit, "ETag": f'"{git_sha1(data)}"'})

    def _by_digest(self, digest: str) -> bytes:
        commits = [files for repo in self.hub.commits.values() for files in repo.values()]
        return next(data for files in commits for data in files.values() if sha256(data) == digest)

    def _send_file(self, name: str, data: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.extra = headers or {}
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted else 0
        waiting = self.hub.faults.get(name)
        if self.command == "GET" and waiting:
            waiting.pop(0)(self, data, start)
        else:
            self.part(data, start)

    def part(self, data: bytes, start: int) -> None:
        """What a good server sends."""
        if start >= len(data) > 0:
            self.whole(416, {"Content-Range": f"bytes */{len(data)}"}, b"")
            return
        self.head(data, start)
        self.write(data[start:])

    def head(self, data: bytes, start: int, length: int | None = None) -> None:
        """Status and headers of a file from ``start`` on."""
        self.send_response(206 if start else 200)
        for name, value in self.extra.items():
            self.send_header(name, value)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start if length is None else length))
        self.end_headers()

    def write(self, data: bytes) -> None:
        """Sends a part of the body at once."""
        if self.command == "GET":
            with suppress(OSError):  # the client may be gone
                self.wfile.write(data)
                self.wfile.flush()

    def hang_up(self) -> None:
        """Cuts the connection."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def whole(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """A complete answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.write(body)

    def refuse(self, status: int, code: str) -> None:
        """An error as the hub's client knows it."""
        self.whole(status, {"X-Error-Code": code} if code else {}, b"")

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


class Server(ThreadingHTTPServer):
    """The hub, or its store of large files."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, hub: Hub, host: str) -> None:
        super().__init__((host, 0), Handler)
        self.hub = hub

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that leave are no news."""

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*self.server_address)


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub and its store, each on a free port."""
    hub = Hub()
    with Server(hub, "127.0.0.1") as front, Server(hub, "127.0.0.2") as store:
        hub.url, hub.store = front.url, store.url
        threads = [threading.Thread(target=one.serve_forever, args=(0.01,)) for one in (front, store)]
        for thread in threads:
            thread.start()
        try:
            yield hub
        finally:
            for server in (front, store):
                server.shutdown()
            for thread in threads:
                thread.join()


def point_at(monkeypatch: pytest.MonkeyPatch, hub: Hub, cache: Path) -> None:
    """What HF_ENDPOINT and HF_HUB_CACHE do at the start of a process, for one that runs already."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    template = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(cache / "no token"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", _PATIENCE_S)
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", _LOOPBACK)


@contextmanager
def asked(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator[Hub]:
    """A hub that the client in this process asks, without pauses between attempts."""
    from huggingface_hub import close_session

    from nemotron_runtime.weights import fetch

    monkeypatch.setattr(fetch, "PAUSE_S", 0.0)
    with serving() as hub:
        point_at(monkeypatch, hub, cache)
        close_session()
        yield hub
        close_session()


def environment(hub: Hub, home: Path) -> dict[str, str]:
    """Variables for a process of its own."""
    patience = {"HF_HUB_DOWNLOAD_TIMEOUT": str(_PATIENCE_S)}
    return {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "NO_PROXY": _LOOPBACK} | patience


def sha256(data: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def git_sha1(data: bytes) -> str:
    """The name that Git gives a content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def is_large(name: str) -> bool:
    """Whether a file is kept outside Git."""
    return name.endswith(".safetensors")


def _sibling(name: str, data: bytes) -> dict[str, Any]:
    entry: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": git_sha1(data)}
    if is_large(name):
        entry["lfs"] = {"size": len(data), "sha256": sha256(data), "pointerSize": 134}
    return entry
