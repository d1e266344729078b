"""Two servers, one scripted and one real, and every client before each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from structlog.testing import capture_logs

from nemotron_runtime.chat.tokens import Tokens
from nemotron_runtime.models.spec import Prices
from support.app import Running, scripted_server
from support.clients.base import KEY, Client
from support.clients.plays import players, prompt_of
from support.clients.roster import PARAMS, connect
from support.contract import DATA
from support.server import serve
from support.tap import Tap, forward

PRICES = Prices(prompt=Decimal("0.00000006"), completion=Decimal("0.00000024"))
MAX_BODY_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Stage:
    """The scripted server, and what reached its engine."""

    running: Running
    tokens: Tokens

    def prompt(self) -> str:
        """The last prompt."""
        return prompt_of(self.running.engine.requests[-1], self.tokens)


@pytest.fixture(scope="session")
def tap() -> Tap:
    return Tap()


@pytest.fixture(scope="session")
def live_tap() -> Tap:
    return Tap()


@pytest.fixture(scope="session")
def stage(demo, tap: Tap) -> Iterator[Stage]:
    """A server with keys, a price and a small limit on bodies."""
    spec = replace(demo.served.spec, prices=PRICES)
    priced = replace(demo, served=replace(demo.served, spec=spec))
    with scripted_server(
        priced,
        players(demo.tokens),
        wrap=tap.around,
        api_keys=KEY,
        max_body_bytes=MAX_BODY_BYTES,
        keepalive_first_s=0.2,
        keepalive_interval_s=0.1,
        engine_restarts=1000,
    ) as running:
        yield Stage(running, demo.tokens)


@pytest.fixture(scope="session", params=PARAMS)
def client(request: pytest.FixtureRequest, stage: Stage) -> Iterator[Client]:
    with connect(request.param, stage.running.api) as client:
        yield client


@pytest.fixture(scope="session")
def live_api(live: str, live_tap: Tap) -> Iterator[str]:
    """The real engine, behind a tap."""
    with serve(live_tap.around(forward(live))) as url:
        yield f"{url}/api/v1"


@pytest.fixture(scope="session", params=PARAMS)
def live_client(request: pytest.FixtureRequest, live_api: str) -> Iterator[Client]:
    with connect(request.param, live_api) as client:
        yield client


@pytest.fixture(autouse=True)
def bodies_keep_the_contract(tap: Tap, live_tap: Tap) -> Iterator[None]:
    """All that was answered in a test is valid, where the contract's file is there."""
    with capture_logs():  # the bugs that tests provoke
        yield
    answers = [*tap.take(), *live_tap.take()]
    if DATA.is_dir():
        for answer in answers:
            answer.check()
