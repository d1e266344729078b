"""The wall clock: certificates, records and rates are told by it."""

from __future__ import annotations

from collections.abc import Iterator

from nemotron_runtime.doctor.facts import Facts
from nemotron_runtime.doctor.finding import Finding, ok, warning, wrong

DAY_S = 86400.0
_ADVICE = "Turn time synchronisation on: timedatectl set-ntp true (systemd), or start chrony."


def clock(facts: Facts) -> Iterator[Finding]:
    """Whether it can be right."""
    found = facts.clock
    if found.behind_s > DAY_S:
        days = found.behind_s / DAY_S
        yield wrong(
            "clock",
            f"it is {days:.0f} days before this program was installed: no certificate is valid then",
            f"Set it. {_ADVICE}",
        )
    elif found.is_synchronised is False:
        yield warning("clock", "the kernel says that nothing keeps it right", _ADVICE)
    elif found.is_synchronised is None:
        yield ok("clock", "plausible; the kernel does not say whether something keeps it right")
    else:
        yield ok("clock", "synchronised")
