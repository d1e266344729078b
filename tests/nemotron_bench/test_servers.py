from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from nemotron_bench.servers import Command, Server, ServerFailed, parse, reach, running
from support.server import serve

SERVER = """
import http.server, json, subprocess, sys, time
port, began = int(sys.argv[sys.argv.index("--port") + 1]), time.monotonic()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("child", child.pid, flush=True)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        late = time.monotonic() - began < 0.5
        routes = {"/ready": 503 if late else 200, "/api/v1/models": 200}
        self.send_response(routes.get(self.path, 404))
        self.end_headers()
        self.wfile.write(json.dumps({"data": [{"id": "a/model"}]}).encode())
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_command_is_started_and_ended_with_its_children(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "server.log"
    with running(Command((sys.executable, "-c", SERVER)), log) as server:
        assert server.base_url.endswith("/api/v1")
        assert server.model == "a/model"
        assert server.ready_s is not None
        assert server.ready_s >= 0.5
        assert server.origin.count("/") == 2
        child = int(log.read_text().split()[1])
        assert lives(child)
    deadline = time.monotonic() + 10
    while lives(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not lives(child)


def test_a_command_that_ends_shows_its_log(tmp_path: Path) -> None:
    command = Command(
        (sys.executable, "-c", "import os; raise SystemExit('no ' + os.environ['WHAT'])"), {"WHAT": "luck"}
    )
    with (
        pytest.raises(ServerFailed, match=r"(?s)ended with 1; .*no luck"),
        running(command, tmp_path / "log"),
    ):
        pass


def test_a_command_that_isn_t_there(tmp_path: Path) -> None:
    with (
        pytest.raises(ServerFailed, match="no-such-server can't be run"),
        running(Command(("no-such-server",)), tmp_path / "log"),
    ):
        pass


def test_a_server_that_is_never_ready(tmp_path: Path) -> None:
    command = Command((sys.executable, "-c", "import time; print('busy', flush=True); time.sleep(60)"))
    with (
        pytest.raises(ServerFailed, match=r"(?s)not ready in time; .*busy"),
        running(command, tmp_path / "log", ready_s=1.5),
    ):
        pass


def test_ports_go_where_the_command_wants_them() -> None:
    assert Command(("serve", "x")).on(7) == ["serve", "x", "--port", "7"]
    assert Command(("serve", "-p{port}")).on(7) == ["serve", "-p7"]


def test_a_name_is_a_url_or_a_command() -> None:
    assert parse("http://h:1/v1/") == "http://h:1/v1"
    assert parse("vllm serve 'a b'") == Command(("vllm", "serve", "a b"))
    for text in ("", "a 'b"):
        with pytest.raises(ServerFailed):
            parse(text)


def test_reaching_what_runs() -> None:
    lists = {"/v1": {"data": [{"id": "a/model"}]}, "/odd": {"data": ["a"]}, "/list": []}
    routes = [
        Route(f"{base}/models", lambda _, body=body: JSONResponse(body)) for base, body in lists.items()
    ]
    page = Route("/page/models", lambda _: HTMLResponse("<h1>welcome</h1>"))
    with serve(Starlette(routes=[*routes, page])) as origin:
        assert reach(f"{origin}/v1") == Server(f"{origin}/v1", "a/model")
        assert reach(f"{origin}/nowhere", "named").model == "named"
        for base, why in (
            ("/odd", "lists no"),
            ("/list", "lists no"),
            ("/nowhere", "HTTP 404"),
            ("/page", "lists no"),
        ):
            with pytest.raises(ServerFailed, match=why):
                reach(origin + base)
    with pytest.raises(ServerFailed, match=r"no server at .*start it"):
        reach("http://127.0.0.1:9/v1")
