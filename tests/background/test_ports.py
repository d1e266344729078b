from __future__ import annotations

import socket
from pathlib import Path

import pytest

from nemotron_runtime.background import ports


def test_a_free_port_has_no_obstacle_and_a_taken_one_has() -> None:
    port = ports.free("127.0.0.1")
    assert ports.obstacle("127.0.0.1", port) is None
    with socket.create_server(("127.0.0.1", port)):
        assert ports.obstacle("127.0.0.1", port) == f"port {port} is in use"
        assert ports.obstacle("localhost", port) == f"port {port} is in use"
    assert ports.obstacle("127.0.0.1", port) is None


def test_any_port_is_free() -> None:
    assert ports.obstacle("127.0.0.1", 0) is None


def test_an_address_of_another_machine_is_one() -> None:
    assert ports.obstacle("192.0.2.1", 8000) == "192.0.2.1 is not an address of this machine"
    assert "not a name" in (ports.obstacle("no.such.host.invalid", 8000) or "")


def test_connections_to_the_port_are_counted_from_the_servers_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert ports.connections(port) == 0
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
            assert ports.connections(port) == 1


def test_tables_that_are_not_there_count_nothing(tmp_path: Path) -> None:
    assert ports.connections(8000, (tmp_path / "tcp",)) == 0


@pytest.mark.parametrize(("state", "count"), [("01", 1), ("0A", 0), ("06", 0)])
def test_only_open_connections_count(tmp_path: Path, state: str, count: int) -> None:
    table = tmp_path / "tcp"
    table.write_text(f"head\n 0: 0100007F:1F40 0100007F:B0A2 {state} 0:0 0:0 0 0 0 1\n")
    assert ports.connections(0x1F40, (table,)) == count
