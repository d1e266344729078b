"""Tells a start that goes on in another process, by the lines of its log."""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any, Self

from nemotron_runtime.cli.announce import Announcer
from nemotron_runtime.cli.transfer import Transfer, transfer
from nemotron_runtime.weights.progress import Progress

EVENTS = ("phase", "done", "warning", "ready", "order", "progress", "note")


def event_of(line: str) -> dict[str, Any] | None:
    """What the announcer or the download wrote; other lines of the log have a level, or are no JSON."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    if isinstance(event, dict) and event.get("event") in EVENTS and "level" not in event:
        return event
    return None


class Relay:
    """Shows events as this terminal shows them.

    Args:
        announce: For the phases.
        as_json: How a download is shown.
    """

    def __init__(self, announce: Announcer, *, as_json: bool) -> None:
        self._announce = announce
        self._as_json = as_json
        self._download: Transfer | None = None

    def __call__(self, event: dict[str, Any]) -> None:
        """Shows one; that it is ready is for the caller to say."""
        match event:
            case {"event": "phase", "name": name, "detail": detail}:
                self._end_download()
                self._announce.phase(name, detail, event.get("left_s"))
            case {"event": "warning", "text": text}:
                self._announce.warn(text)
            case {"event": "order", "repo": repo, "download_bytes": size, **facts}:
                words = f"{repo}: {size / 1e9:.2f} GB to download"
                self._begun().event("order", words, repo=repo, download_bytes=size, **_facts(facts))
            case {"event": "progress", "phase": phase, "done_bytes": done, "total_bytes": total}:
                self._begun()(Progress(phase, done, total))
            case {"event": "note", "text": text, **facts}:
                self._begun().event("note", text, text=text, **_facts(facts))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_download()

    def _begun(self) -> Transfer:
        if self._download is None:
            self._announce.hush()
            self._download = transfer(as_json=self._as_json).__enter__()
        return self._download

    def _end_download(self) -> None:
        if self._download is not None:
            self._download.__exit__(None, None, None)
        self._download = None


def _facts(rest: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rest.items() if name != "event"}
