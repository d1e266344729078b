"""Two servers in one run, in turns on the same workload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import uvloop
from pydantic import TypeAdapter

from nemotron_bench.arrivals import Arrivals
from nemotron_bench.evidence import Step
from nemotron_bench.ratios import SideName, Turn, ratios, sides, unlike
from nemotron_bench.run import Progress
from nemotron_bench.serve import Order, Tell, run_order
from nemotron_bench.servers import Command, Server, reach, running
from nemotron_bench.target import report
from nemotron_bench.workloads import Workload

SCHEMA: Final = 1
_STEP = TypeAdapter(Step)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two.

    Attributes:
        where: The base URL of a server that runs, or the command that starts one.
        model: To ask for; None: the first one it lists.
        key: Of a server that runs already.
    """

    name: SideName
    where: str | Command
    model: str | None = None
    key: str | None = None

    @contextmanager
    def open(self, logs: Path) -> Iterator[Server]:
        """Reaches the server, or runs it meanwhile.

        Raises:
            ServerFailed: see :mod:`nemotron_bench.servers`.
        """
        if isinstance(self.where, str):
            yield reach(self.where, self.model, self.key)
            return
        with running(self.where, logs / f"versus-{self.name.lower()}.log", self.model) as server:
            yield server

    def describe(self, server: Server) -> dict[str, Any]:
        """Of a server that answers: how it was started, and what it says of itself. JSON."""
        started = isinstance(self.where, Command)
        return {
            "command": list(self.where.words) if isinstance(self.where, Command) else None,
            "environ": dict(self.where.environ) if isinstance(self.where, Command) else None,
            "model": server.model,
            "ready_s": server.ready_s,
            **({} if started else {"base_url": server.base_url}),
            "report": report(server.base_url, server.key),
        }


@dataclass(slots=True)
class Versus:
    """A run, as far as it is.

    Attributes:
        a: The one that is held against.
        order: What to run; its server and repeats don't count here.
        rounds: Turns of B; A has one more.
        in_turn: Start each server for its turn and end it, since they don't fit side by side.
        logs: Folder for the output of servers that are started.
        servers: What each said of itself, once it runs.
    """

    a: Side
    b: Side
    order: Order
    rounds: int
    in_turn: bool
    logs: Path
    servers: dict[SideName, dict[str, Any]] = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)

    def run(self, tell: Tell) -> Iterator[Turn]:
        """Yields each turn as it is done.

        Raises:
            ServerFailed, nemotron_bench.serve.ServerUnusable: a server can't be used.
        """
        chain = [
            (side, (place + 1) // 2) for place, side in enumerate([self.a, *[self.b, self.a] * self.rounds])
        ]
        if self.in_turn:
            for side, number in chain:
                with side.open(self.logs) as server:
                    self.servers[side.name] = side.describe(server)
                    for cell in self._cells():
                        yield from self._turn(side.name, server, cell, number, True, tell)
            return
        with ExitStack() as stack:
            running = {side.name: stack.enter_context(side.open(self.logs)) for side in (self.a, self.b)}
            self.servers |= {side.name: side.describe(running[side.name]) for side in (self.a, self.b)}
            for cell in self._cells():
                for place, (side, number) in enumerate(chain):
                    yield from self._turn(side.name, running[side.name], cell, number, place < 2, tell)

    def _cells(self) -> list[tuple[Workload, Arrivals]]:
        return [(rung, load) for rung in self.order.workload.rungs() for load in self.order.loads]

    def _turn(
        self,
        side: SideName,
        server: Server,
        cell: tuple[Workload, Arrivals],
        number: int,
        is_fresh: bool,
        tell: Tell,
    ) -> Iterator[Turn]:
        """One load on one side. Both sides get the same texts in a round, and no side gets a text twice."""
        workload, load = cell
        order = replace(
            self.order,
            base_url=server.base_url,
            model=server.model,
            workload=workload,
            loads=(load,),
            seed=self.order.seed + number,
            repeats=1,
            warm_up=self.order.warm_up if is_fresh else 0,
            ceiling=self.order.ceiling and is_fresh and side == "A",
        )
        steps: list[Step] = []

        def say(part: str, progress: Progress) -> None:
            tell(f"{side}, round {number}: {part}", progress)

        async def collect() -> None:
            async for step in run_order(order, server.key, say):
                steps.append(step)

        uvloop.run(collect())
        for step in steps:
            turn = Turn(side, number, replace(step, repeat=number))
            self.turns.append(turn)
            yield turn

    def document(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """The run as JSON.

        Args:
            about: Name, time, command, facts of the machine.
        """
        settings = self.order.settings() | {"rounds": self.rounds, "in_turn": self.in_turn}
        del settings["repeats"]
        return {
            "schema": SCHEMA,
            "kind": "versus",
            **about,
            "servers": self.servers,
            "workload": asdict(self.order.asked()),
            "settings": settings,
            "ratios": [asdict(one) for one in ratios(self.turns)],
            "warnings": self.warnings(),
            "steps": [
                {"side": turn.side, **_STEP.dump_python(turn.step, mode="json")} for turn in self.turns
            ],
        }

    def warnings(self) -> list[str]:
        """Why the ratios may not say what they seem to."""
        found = []
        for label in dict.fromkeys(turn.step.label for turn in self.turns):
            for name, (ours, theirs) in unlike(*sides(self.turns, label)).items():
                found.append(f"{label}: {name} of a request differ, A {ours:.0f} and B {theirs:.0f}")
        if self.order.workload.file:
            found.append("the file's requests come again in each turn: prefix caches help all but the first")
        return [*found, *_failures(self.turns), *_doubts(self.turns)]


def _failures(turns: Sequence[Turn]) -> Iterator[str]:
    for turn in turns:
        if failed := turn.step.figures.failed:
            asked = turn.step.figures.requests
            yield f"{turn.side}, round {turn.round}, {turn.step.label}: {failed} of {asked} requests failed"


def _doubts(turns: Sequence[Turn]) -> Iterator[str]:
    """One line for each load: on a busy machine most turns have a doubt."""
    for label in dict.fromkeys(turn.step.label for turn in turns):
        mine = [turn for turn in turns if turn.step.label == label]
        doubtful = [turn for turn in mine if turn.step.limits.doubts()]
        if doubtful:
            first = doubtful[0]
            yield (
                f"{label}: the client may have been the limit in {len(doubtful)} of {len(mine)} turns, as in "
                f"{first.side}, round {first.round}: {'; '.join(first.step.limits.doubts())}"
            )
