"""What can be said of a port without the server that listens there."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import Any

_ESTABLISHED = "01"
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))

Address = tuple[int, int, int, str, Any]
"""As ``socket.getaddrinfo`` gives it."""


def free(host: str) -> int:
    """A port of the host that nobody listens on.

    Raises:
        OSError: The host is not this machine.
    """
    family, kind, proto, _, address = _addresses(host, 0)[0]
    with socket.socket(family, kind, proto) as probe:
        probe.bind(address)
        return int(probe.getsockname()[1])


def obstacle(host: str, port: int) -> str | None:
    """Why a server could not listen there, or None. Listens nowhere itself."""
    try:
        addresses = _addresses(host, port)
    except socket.gaierror:
        return f"{host} is not a name or an address that this machine knows"
    faults = [fault for address in addresses if (fault := _bind(*address))]
    taken = [fault for fault in faults if fault.errno in (errno.EADDRINUSE, errno.EACCES)]
    if taken or len(faults) == len(addresses):
        return _reason(host, port, (taken or faults)[0])
    return None  # one of a name's addresses is enough: localhost without IPv6


def connections(port: int, tables: tuple[Path, ...] = _TABLES) -> int:
    """Connections to the port that are open now."""
    return sum(_counts(row, port) for table in tables if table.exists() for row in _rows(table))


def _addresses(host: str, port: int) -> list[Address]:
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys(infos))


def _bind(family: int, kind: int, proto: int, _: str, address: Any) -> OSError | None:
    try:
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(address)
    except OSError as fault:
        return fault
    return None


def _reason(host: str, port: int, fault: OSError) -> str:
    if fault.errno == errno.EADDRINUSE:
        return f"port {port} is in use"
    if fault.errno == errno.EACCES:
        return f"port {port} is for the system's administrator only"
    if fault.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine"
    return f"{host}, port {port}: {os.strerror(fault.errno or 0)}"


def _rows(table: Path) -> list[list[str]]:
    return [line.split() for line in table.read_text().splitlines()[1:]]


def _counts(row: list[str], port: int) -> bool:
    return row[3] == _ESTABLISHED and int(row[1].rpartition(":")[2], 16) == port
