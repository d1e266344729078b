"""What a check says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How bad it is: ``wrong`` keeps the server from starting or from answering rightly."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's.

    Attributes:
        name: Of the check; a check may have several findings.
        seen: What is so.
        advice: What to do next; empty where all is well.
    """

    name: str
    state: State
    seen: str
    advice: str = ""


def ok(name: str, seen: str) -> Finding:
    """All is well."""
    return Finding(name, State.OK, seen)


def warning(name: str, seen: str, advice: str) -> Finding:
    """It works, and may disappoint."""
    return Finding(name, State.WARNING, seen, advice)


def wrong(name: str, seen: str, advice: str) -> Finding:
    """It won't work."""
    return Finding(name, State.WRONG, seen, advice)


def worst(findings: Iterable[Finding]) -> State:
    """Of all findings."""
    found = {finding.state for finding in findings}
    return next((state for state in (State.WRONG, State.WARNING) if state in found), State.OK)
