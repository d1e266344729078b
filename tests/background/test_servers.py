from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from nemotron_runtime.background import servers
from nemotron_runtime.background.process import Process
from nemotron_runtime.background.servers import Server
from nemotron_runtime.errors import ConfigError


def server(port: int = 8000, host: str = "127.0.0.1") -> Server:
    return Server(Process.of(os.getpid()), host, port, "auto", Path("/var/log/x.log"), 30.0)


def dead(port: int = 8000) -> Server:
    ours = server(port)
    return replace(ours, process=replace(ours.process, started_ticks=1))


def write(one: Server) -> None:
    with servers.claim(one.port):
        servers.write(one)


def test_what_is_written_is_read_back_by_port() -> None:
    for port in (9000, 8000):
        write(server(port))
    assert servers.known() == (server(8000), server(9000))


def test_a_port_belongs_to_one_living_server() -> None:
    write(server())
    with pytest.raises(ConfigError, match=f"port 8000 already .process {os.getpid()}.*stop --port 8000"):
        write(server())


def test_a_dead_server_gives_its_port_up() -> None:
    write(dead())
    write(server())
    assert servers.known() == (server(),)


def test_only_the_own_run_file_is_removed() -> None:
    write(dead())
    write(server())
    servers.forget(8000, dead().process)
    assert servers.known() == (server(),)
    servers.forget(8000, server().process)
    assert servers.known() == ()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"port": 8000}', '{"process": {"pid": 1}}'])
def test_a_damaged_run_file_is_no_server_and_blocks_none(text: str) -> None:
    write(dead())
    (servers.folder() / "8000.json").write_text(text)
    assert servers.known() == ()
    write(server())
    assert servers.known() == (server(),)


def test_nothing_half_written_is_left_behind() -> None:
    write(server())
    assert {path.name for path in servers.folder().iterdir()} == {"8000.json", "lock"}


def test_a_claim_waits_for_the_one_before() -> None:
    seen: list[str] = []

    def second() -> None:
        with servers.claim(8001):
            seen.append("second")

    with servers.claim(8000):
        other = threading.Thread(target=second)
        other.start()
        other.join(0.2)
        seen.append("first")
    other.join()
    assert seen == ["first", "second"]


@pytest.mark.parametrize(
    ("host", "base", "probe"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000/api/v1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://0.0.0.0:8000/api/v1", "http://127.0.0.1:8000"),
        ("::", "http://[::]:8000/api/v1", "http://[::1]:8000"),
        ("box.example", "http://box.example:8000/api/v1", "http://box.example:8000"),
    ],
)
def test_addresses(host: str, base: str, probe: str) -> None:
    assert (server(host=host).base_url, server(host=host).probe_url) == (base, probe)
