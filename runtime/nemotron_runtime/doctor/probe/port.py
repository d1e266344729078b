"""Who has the port."""

from __future__ import annotations

from nemotron_runtime.background import ports, servers
from nemotron_runtime.doctor.facts import Port
from nemotron_runtime.settings import Settings


def port(settings: Settings) -> Port:
    """Asks by trying, and listens nowhere."""
    ours = (server.process for server in servers.known() if server.port == settings.port)
    server = next((process.pid for process in ours if process.alive), None)
    return Port(ports.obstacle(settings.host, settings.port), server)
