"""The whole model: stock, ours, stock again, each an engine of its own. What is slower there is not kept."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nemotron_kernels.dispatch import Range
from nemotron_kernels.tune.clock import Comparison, judge

STREAMS = (1, 32, 128)
MODE, FOLDER = "NEMOTRON_KERNELS", "VLLM_TUNED_CONFIG_FOLDER"
LIMIT_S = 1800
LAST_WORDS = 1500


class EngineFailed(RuntimeError):
    """An engine did not get through; the message ends with its last words."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the engines do.

    Attributes:
        engine: arguments of vLLM's `LLM`: `model`, and what else it needs.
        streams: requests at a time.
        prompt_tokens: of each.
        output_tokens: of each.
        repeats: of each number of streams.
    """

    engine: Mapping[str, Any]
    streams: tuple[int, ...] = STREAMS
    prompt_tokens: int = 256
    output_tokens: int = 128
    repeats: int = 3


@dataclass(frozen=True, slots=True)
class Side:
    """Whose kernels run: `kernels` is a mode of the plugin, `folder` holds files of tiles and ranges."""

    kernels: str
    folder: Path | None = None

    def environ(self, base: Mapping[str, str]) -> dict[str, str]:
        """The environment of an engine."""
        kept = {name: value for name, value in base.items() if name not in (MODE, FOLDER)}
        return kept | {MODE: self.kernels} | ({FOLDER: str(self.folder)} if self.folder else {})


Run = Callable[[Load, Side], dict[int, list[float]]]
"""Seconds of each repeat, by streams."""


@dataclass(frozen=True, slots=True)
class EndToEnd:
    """Ours against stock, by streams."""

    compared: Mapping[int, Comparison] = field(default_factory=dict)

    def keeps(self, one: Range) -> bool:
        """Whether the point that is nearest to a range's middle, by ratio, did not get slower."""
        middle = math.sqrt(one.first * one.last)
        nearest = min(self.compared, key=lambda streams: abs(math.log(middle / streams)))
        return not self.compared[nearest].loses

    @property
    def loses(self) -> bool:
        """Whether anything got slower by more than the noise."""
        return any(one.loses for one in self.compared.values())


def compare_engines(load: Load, ours: Side, run: Run | None = None) -> EndToEnd:
    """A/B/A over three engines.

    Raises:
        EngineFailed: one of them did not get through.
    """
    start = run or run_engine
    stock = Side("off")
    first, middle, last = start(load, stock), start(load, ours), start(load, stock)
    return EndToEnd({n: judge([(first[n], middle[n], last[n])]) for n in load.streams})


def kept(ranges: Sequence[Range], found: EndToEnd) -> tuple[Range, ...]:
    """The ranges that are as fast end to end."""
    return tuple(one for one in ranges if found.keeps(one))


def run_engine(load: Load, side: Side) -> dict[int, list[float]]:
    """Starts an engine, times it, ends it.

    Raises:
        EngineFailed: it did not get through.
    """
    with tempfile.TemporaryDirectory() as folder:
        order, result = Path(folder) / "order.json", Path(folder) / "result.json"
        order.write_text(
            json.dumps(
                {
                    "engine": dict(load.engine),
                    "streams": load.streams,
                    "prompt_tokens": load.prompt_tokens,
                    "output_tokens": load.output_tokens,
                    "repeats": load.repeats,
                }
            )
        )
        command = [sys.executable, "-P", "-m", "nemotron_kernels.tune.engine", str(order), str(result)]
        try:
            done = subprocess.run(  # noqa: S603  (our own module)
                command,
                env=side.environ(os.environ),
                capture_output=True,
                text=True,
                timeout=LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EngineFailed(f"the engine ({side.kernels}) took longer than {LIMIT_S} s") from error
        if done.returncode or not result.is_file():
            raise EngineFailed(f"the engine ({side.kernels}) failed: {done.stderr[-LAST_WORDS:].strip()}")
        seconds = json.loads(result.read_bytes())["seconds"]
    return {int(streams): list(map(float, taken)) for streams, taken in seconds.items()}
