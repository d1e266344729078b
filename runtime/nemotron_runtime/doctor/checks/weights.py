"""The weights that `serve` would load."""

from __future__ import annotations

from collections.abc import Iterator

from nemotron_runtime.doctor.facts import Facts
from nemotron_runtime.doctor.finding import Finding, ok, warning, wrong


def weights(facts: Facts) -> Iterator[Finding]:
    """Whether they are here and whole."""
    found = facts.weights
    if not found.fault:
        yield ok("weights", found.seen)
    elif not found.is_missing:
        yield wrong("weights", found.seen, found.fault)
    elif found.is_offline:
        yield wrong(
            "weights",
            f"{found.seen}, and HF_HUB_OFFLINE forbids to download it",
            "Unset HF_HUB_OFFLINE and run `nemotron pull`, or bring it here by `nemotron bundle`.",
        )
    else:
        yield warning("weights", found.seen, found.fault)
