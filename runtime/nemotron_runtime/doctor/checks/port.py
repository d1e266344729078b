"""The port that `serve` would listen on."""

from __future__ import annotations

from collections.abc import Iterator

from nemotron_runtime.doctor.facts import Facts
from nemotron_runtime.doctor.finding import Finding, ok, wrong


def port(facts: Facts) -> Iterator[Finding]:
    """Whether it can be had."""
    number = facts.settings.port
    if facts.port.server:
        yield ok(
            "port",
            f"{number} has a server of this program, process {facts.port.server}; see `nemotron status`",
        )
    elif facts.port.obstacle:
        yield wrong(
            "port",
            facts.port.obstacle,
            "Choose another --port or --host, or end what listens there (`ss -ltnp` names it).",
        )
    else:
        yield ok("port", f"{number} is free" if number else "a free one is taken")
