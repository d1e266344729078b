"""The settings that `serve` would have."""

from __future__ import annotations

from collections.abc import Iterator

from nemotron_runtime.doctor.facts import Facts
from nemotron_runtime.doctor.finding import Finding, ok, wrong


def settings(facts: Facts) -> Iterator[Finding]:
    """Whether they can be read."""
    if facts.settings_fault:
        yield wrong(
            "settings",
            "; ".join(facts.settings_fault.splitlines()),
            "Mend or remove it; docs/configuration.md lists all. The other checks took the defaults.",
        )
    else:
        yield ok("settings", f"model {facts.settings.model}, {facts.settings.host}:{facts.settings.port}")
