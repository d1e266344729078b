"""What runs the model's MoE layers, for the log and for programs.

The same as JSON goes to the file that `NEMOTRON_KERNELS_REPORT` names, one for each rank (`PATH.RANK`).
"""

from __future__ import annotations

import json
import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from nemotron_kernels.choice import Choice
from nemotron_kernels.dispatch import Dispatch
from nemotron_kernels.plugin.mode import Mode

VARIABLE = "NEMOTRON_KERNELS_REPORT"
log = logging.getLogger("vllm.nemotron_kernels")
"""Below vLLM's own logger, which has a handler."""

ENDLESS = 1 << 30


@dataclass(frozen=True, slots=True)
class Row:
    """One range of token counts.

    Attributes:
        tokens: first and last, both included; the last is None where there is no end.
        runs: what runs it.
        why: in words.
    """

    tokens: tuple[int, int | None]
    runs: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """The state after loading.

    Attributes:
        mode: as asked for.
        replaced: layers that have our experts.
        layers: all MoE layers of the model.
        why: where the ranges come from, or why there are none.
        ranges: of the layers that were replaced.
        notes: what else is worth knowing.
    """

    mode: Mode
    replaced: int
    layers: int
    why: str
    ranges: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        count = f"replaced {self.replaced} of {self.layers} MoE layers"
        head = f"nemotron_kernels: {count} (mode {self.mode}; {self.why})"
        rows = (f"  tokens {_span(row.tokens)}: {row.runs} ({row.why})" for row in self.ranges)
        return "\n".join((head, *rows, *(f"  {note}" for note in self.notes)))

    def publish(self, rank: int) -> None:
        """Writes the file whole, where one is asked for. No start fails because that can't be done."""
        if not (named := os.environ.get(VARIABLE)):
            return
        path = Path(f"{named}.{rank}")
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            part.write_text(json.dumps(asdict(self)), encoding="utf-8")
            part.replace(path)
        except OSError as error:
            log.warning("nemotron_kernels: the report can't be written: %s", error)


def rows(dispatch: Dispatch) -> Iterator[Row]:
    """Each count of tokens once; those that no range has are stock's."""
    begin = 1
    for r in dispatch.ranges:
        if begin < r.first:
            yield Row((begin, r.first - 1), "stock", "no measured gain")
        yield Row((r.first, None if r.last >= ENDLESS else r.last), runs(r.choice), _gain(r.gain))
        begin = r.last + 1
    if begin < ENDLESS:
        yield Row((begin, None), "stock", "no measured gain")


def runs(choice: Choice) -> str:
    """A choice in words, without its tiles."""
    extras = (
        ("own routing", choice.fused_routing),
        ("shared expert folded in", choice.folded_shared),
    )
    return ", ".join((choice.way, *(words for words, is_so in extras if is_so)))


def counted(reasons: Iterable[str]) -> str:
    """Reasons, the commonest first, each once."""
    found = Counter(reasons).most_common()
    return "; ".join(f"{reason} ({count} layer{'s' * (count > 1)})" for reason, count in found)


def _gain(gain: float | None) -> str:
    return "not measured" if gain is None else f"measured: stock takes {gain:.2f} times as long"


def _span(tokens: tuple[int, int | None]) -> str:
    first, last = tokens
    return f"{first} and more" if last is None else f"{first}" if first == last else f"{first} to {last}"
