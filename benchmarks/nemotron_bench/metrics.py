"""Figures from rows. Each is defined here, once; docs/benchmarks.md says the same in words.

TTFT   from sending the request, on a connection that stands, to the first event of any kind
TTFC   from sending to the first event that isn't reasoning: text, or a piece of a call
ITL    gap between successive events of a request; tokens per event stand beside it
E2EL   from sending to the end of the stream
TPOT   (E2EL - TTFT) / (output tokens - 1), for requests of two tokens and more
rates  tokens and requests of what was answered in full, over the time from the first sending to the last end
goodput  requests a second that were answered in full and met every objective

Times and tokens are those of requests that were answered in full; failed and cancelled ones are counted
beside them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain

from nemotron_bench.record import Row


class BadObjective(ValueError):
    """An objective that isn't one."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """A figure over requests or events; ``n`` of them. A p99 of fewer than 100 is close to the maximum."""

    n: int
    mean: float
    min: float
    p50: float
    p75: float
    p90: float
    p95: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True)
class Objectives:
    """What an answer must keep to count as good, in milliseconds; None: anything will do."""

    ttft_ms: float | None = None
    ttfc_ms: float | None = None
    tpot_ms: float | None = None
    e2el_ms: float | None = None

    @classmethod
    def parse(cls, words: Iterable[str]) -> Objectives:
        """From ``ttft=500``, ``tpot=25`` and the like.

        Raises:
            BadObjective: another name, or no number above 0.
        """
        names = [one.name.removesuffix("_ms") for one in fields(cls)]
        found: dict[str, float] = {}
        for word in words:
            name, _, value = word.partition("=")
            try:
                limit_ms = float(value)
            except ValueError:
                limit_ms = math.nan
            if name not in names or not 0 < limit_ms < math.inf:
                known = ", ".join(names)
                raise BadObjective(f"an objective is one of {known} in ms, as in ttft=500, not {word!r}")
            if f"{name}_ms" in found:
                raise BadObjective(f"{name} is given twice")
            found[f"{name}_ms"] = limit_ms
        return cls(**found)

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return any(getattr(self, one.name) is not None for one in fields(self))

    def met_by(self, row: Row) -> bool:
        """Whether a row counts as good."""
        if not row.ok:
            return False
        measured = {"ttft_ms": ttft_ms, "ttfc_ms": ttfc_ms, "tpot_ms": tpot_ms, "e2el_ms": e2el_ms}
        for name, measure in measured.items():
            limit_ms, value_ms = getattr(self, name), measure(row)
            if limit_ms is not None and value_ms is not None and value_ms > limit_ms:
                return False
        return True


@dataclass(frozen=True, slots=True)
class Figures:
    """What a step comes to.

    Attributes:
        errors: Failed requests by class.
        duration_s: From the first sending to the last end.
        tokens_per_event: Output tokens over events, both of requests answered in full.
        late_ms: Sending after the time it was due, by the client's fault; open-loop only.
        tokens_per_s_per_user: What one stream gets once it runs: 1 s over the median TPOT.
        goodput_per_s: None without objectives.
    """

    requests: int
    answered: int
    failed: int
    cancelled: int
    errors: Mapping[str, int]
    duration_s: float
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int
    events: int
    tokens_per_event: float | None
    requests_per_s: float
    output_tokens_per_s: float
    total_tokens_per_s: float
    tokens_per_s_per_user: float | None
    goodput_per_s: float | None
    ttft_ms: Distribution | None
    ttfc_ms: Distribution | None
    itl_ms: Distribution | None
    tpot_ms: Distribution | None
    e2el_ms: Distribution | None
    late_ms: Distribution | None


def ttft_ms(row: Row) -> float | None:
    """Time to the first event."""
    return _between_ms(row.sent_s, row.first_s)


def ttfc_ms(row: Row) -> float | None:
    """Time to the first event of the answer."""
    return _between_ms(row.sent_s, row.answer_s)


def e2el_ms(row: Row) -> float | None:
    """Time to the end of the stream."""
    return _between_ms(row.sent_s, row.end_s)


def tpot_ms(row: Row) -> float | None:
    """Mean time of a token after the first; None below two tokens."""
    if row.first_s is None or row.end_s is None or row.output_tokens is None or row.output_tokens < 2:
        return None
    return 1000 * (row.end_s - row.first_s) / (row.output_tokens - 1)


def _between_ms(start_s: float | None, stop_s: float | None) -> float | None:
    return None if start_s is None or stop_s is None else 1000 * (stop_s - start_s)


def percentile(ordered: Sequence[float], share: float) -> float:
    """Of ordered values, by linear interpolation between neighbours.

    Args:
        share: From 0 to 1.
    """
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def distribution(values: Iterable[float | None]) -> Distribution | None:
    """Of the values that are there; None where none is."""
    ordered = sorted(value for value in values if value is not None)
    if not ordered:
        return None
    at = {f"p{part}": percentile(ordered, part / 100) for part in (50, 75, 90, 95, 99)}
    mean = math.fsum(ordered) / len(ordered)
    return Distribution(n=len(ordered), mean=mean, min=ordered[0], max=ordered[-1], **at)


def figures(rows: Sequence[Row], objectives: Objectives | None = None) -> Figures:
    """Every figure of a step."""
    answered = [row for row in rows if row.ok]
    failed = [row for row in rows if row.error is not None]
    duration_s = _duration_s(rows)
    prompt, output = _sum(answered, "prompt_tokens"), _sum(answered, "output_tokens")
    events = sum(row.events for row in answered)
    tpot = distribution(map(tpot_ms, answered))
    good = sum(map(objectives.met_by, rows)) if objectives and objectives.any else None

    def per_s(count: int) -> float:
        return count / duration_s if duration_s > 0 else 0.0

    return Figures(
        requests=len(rows),
        answered=len(answered),
        failed=len(failed),
        cancelled=sum(row.cancelled for row in rows),
        errors=dict(sorted(Counter(str(row.error) for row in failed).items())),
        duration_s=duration_s,
        prompt_tokens=prompt,
        cached_tokens=_sum(answered, "cached_tokens"),
        output_tokens=output,
        reasoning_tokens=_sum(answered, "reasoning_tokens"),
        events=events,
        tokens_per_event=output / events if events else None,
        requests_per_s=per_s(len(answered)),
        output_tokens_per_s=per_s(output),
        total_tokens_per_s=per_s(prompt + output),
        tokens_per_s_per_user=1000 / tpot.p50 if tpot and tpot.p50 > 0 else None,
        goodput_per_s=None if good is None else per_s(good),
        ttft_ms=distribution(map(ttft_ms, answered)),
        ttfc_ms=distribution(map(ttfc_ms, answered)),
        itl_ms=distribution(gap_us / 1000 for gap_us in chain.from_iterable(row.gaps_us for row in answered)),
        tpot_ms=tpot,
        e2el_ms=distribution(map(e2el_ms, answered)),
        late_ms=distribution(_between_ms(row.due_s, row.sent_s) for row in rows),
    )


def _duration_s(rows: Sequence[Row]) -> float:
    starts = [row.sent_s for row in rows if row.sent_s is not None]
    ends = [row.end_s for row in rows if row.end_s is not None]
    return max(0.0, max(ends) - min(starts)) if starts and ends else 0.0


def _sum(rows: Sequence[Row], name: str) -> int:
    return sum(getattr(row, name) or 0 for row in rows)
