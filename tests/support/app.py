"""The whole server around a scripted engine, on a real uvicorn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from nemotron_runtime.app import Parts, create_app
from nemotron_runtime.bookkeeping import Books
from nemotron_runtime.chat.record import GenerationRecord
from nemotron_runtime.engine.supervisor import Supervisor
from nemotron_runtime.serving import Model, open_model
from nemotron_runtime.settings import Settings
from nemotron_runtime.starting import Start
from nemotron_runtime.store.store import Store
from support.scripted import Script, ScriptedEngine, Step
from support.server import serve


class Silent:
    """An announcer that says nothing."""

    def phase(self, name: str, detail: str = "", left_s: float | None = None) -> None:
        pass

    def ready(self, lines: list[str]) -> None:
        pass

    def warn(self, text: str) -> None:
        pass


@dataclass
class Records:
    """Keeps all generation records."""

    all: list[GenerationRecord] = field(default_factory=list)

    def put(self, record: GenerationRecord) -> None:
        self.all.append(record)


@dataclass
class Running:
    """A server that answers."""

    url: str
    engine: ScriptedEngine
    engines: list[ScriptedEngine]
    records: Records
    lost: list[BaseException | None]
    store: Store | None = None

    @property
    def api(self) -> str:
        return f"{self.url}/api/v1"

    def wait(self, condition: Callable[[], Any], seconds: float = 10) -> None:
        """Waits until something is true; fails where it doesn't come true."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.01)


def demo_model(**settings: Any) -> Model:
    """The embedded model's files."""
    return open_model(Settings.load({"model": "nemotron-runtime/embedded-demo", **settings}, {}), Silent())


@contextmanager
def scripted_server(
    model: Model,
    script: Script | Sequence[Step],
    *,
    build: Callable[[], ScriptedEngine] | None = None,
    wrap: Callable[[ASGIApp], ASGIApp] = lambda app: app,
    database: Path | None = None,
    **settings: Any,
) -> Iterator[Running]:
    """Serves a script.

    Args:
        build: Makes the engines where one is not enough.
        wrap: Puts something around the app.
        database: A file for the store; None: no store.
    """
    engines: list[ScriptedEngine] = []
    records, lost = Records(), []

    def make() -> ScriptedEngine:
        engines.append(build() if build else ScriptedEngine(model.tokens, script))
        return engines[-1]

    values = Settings(
        **{"engine_restarts": 1, "log_level": "error", "store": str(database or "off"), **settings}
    )
    supervisor = Supervisor(make, restarts=values.engine_restarts, probe_token_ids=(20,))
    start = Start(Silent())
    start.ready([])
    books = Books.open(values)
    parts = Parts(values, model, supervisor, records, CollectorRegistry(), start, books)
    with serve(wrap(create_app(parts, on_engine_lost=lost.append))) as url:
        running = Running(url, ScriptedEngine(model.tokens, script), engines, records, lost, books.store)
        running.wait(lambda: httpx.get(f"{url}/ready").status_code == 200 or lost)
        running.engine = engines[0]
        yield running
