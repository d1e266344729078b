"""The charts."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nemotron_bench.arrivals import Closed
from nemotron_bench.evidence import Evidence, Step
from nemotron_bench.metrics import percentile, ttft_ms
from nemotron_bench.record import Row

MAX_TIMELINE_ROWS = 400
_POINTS = 400
_PHASES = (("waiting", "#bbbbbb"), ("thinking", "#e0a030"), ("answering", "#3070b0"))
_STYLE: Any = {
    "text.parse_math": False,  # a model's name may have a dollar sign
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 9,
    "svg.hashsalt": "nemotron-bench",  # the same run, the same file
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart.

    Attributes:
        name: Of its file.
        svg: For inside a page.
    """

    name: str
    title: str
    svg: str
    png: bytes


def draw(runs: Sequence[Evidence]) -> list[Chart]:
    """Each chart for which the runs have something."""
    charts = (
        ("throughput", "Throughput against load", _throughput),
        ("frontier", "Speed of a stream against speed of a GPU", _frontier),
        ("ttft", "Time to first token", _ttft),
        ("itl", "Gaps between events", _itl),
        ("timeline", "Requests over time, under the heaviest load", _timeline),
    )
    with mpl.rc_context(_STYLE):
        return [chart for name, title, plot in charts if (chart := _chart(name, title, plot, runs))]


def _chart(
    name: str, title: str, plot: Callable[[Axes, Sequence[Evidence]], bool], runs: Sequence[Evidence]
) -> Chart | None:
    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    axes = figure.subplots()
    if not plot(axes, runs):
        return None
    axes.set_title(title)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize=8)
    svg, png = io.StringIO(), io.BytesIO()
    figure.savefig(svg, format="svg", metadata={"Date": None})
    figure.savefig(png, format="png", dpi=150)
    text = svg.getvalue()
    return Chart(name, title, text[text.index("<svg") :], png.getvalue())


def _series(run: Evidence) -> list[tuple[Step, list[Step]]]:
    """Steps with their repeats, in the order of the run."""
    found: dict[str, list[Step]] = {}
    for step in run.steps:
        found.setdefault(step.label, []).append(step)
    return [(steps[0], steps) for steps in found.values()]


def _middle(steps: Sequence[Step], name: str) -> float | None:
    values = [value for step in steps if (value := getattr(step.figures, name)) is not None]
    return median(values) if values else None


def _throughput(axes: Axes, runs: Sequence[Evidence]) -> bool:
    """Medians of repeats, with their range."""
    closed = False
    for run in runs:
        points = []
        for step, steps in _series(run):
            load = step.arrivals
            closed = closed or isinstance(load, Closed)
            x = load.concurrency if isinstance(load, Closed) else load.rate_per_s
            rates = [one.figures.output_tokens_per_s for one in steps]
            points.append((x, median(rates), min(rates), max(rates)))
        points.sort()
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        errors = [[p[1] - p[2] for p in points], [p[3] - p[1] for p in points]]
        axes.errorbar(xs, ys, yerr=errors, marker="o", capsize=3, label=_name(run))
    axes.set_xlabel("streams at a time" if closed else "sessions a second")
    axes.set_ylabel("output tokens/s")
    axes.set_ylim(bottom=0)
    return True


def _frontier(axes: Axes, runs: Sequence[Evidence]) -> bool:
    drawn = False
    for run in runs:
        gpus = run.gpus
        points = [
            (user, rate / gpus, str(step.arrivals))
            for step, steps in _series(run)
            if (user := _middle(steps, "tokens_per_s_per_user"))
            and (rate := _middle(steps, "output_tokens_per_s"))
        ]
        if points:
            drawn = True
            axes.plot([p[0] for p in points], [p[1] for p in points], marker="o", label=_name(run))
            for x, y, label in points:
                axes.annotate(label, (x, y), fontsize=7, xytext=(4, 4), textcoords="offset points")
    axes.set_xlabel("tokens/s of one stream")
    axes.set_ylabel("output tokens/s of one GPU" if _has_gpu(runs) else "output tokens/s")
    return drawn


def _ttft(axes: Axes, runs: Sequence[Evidence]) -> bool:
    def values(step: Step) -> list[float]:
        return [value for row in step.rows if row.ok and (value := ttft_ms(row)) is not None]

    axes.set_xlabel("TTFT, ms")
    return _cumulative(axes, runs, values)


def _itl(axes: Axes, runs: Sequence[Evidence]) -> bool:
    def values(step: Step) -> list[float]:
        return [gap_us / 1000 for row in step.rows if row.ok for gap_us in row.gaps_us]

    axes.set_xlabel("ITL, ms")
    return _cumulative(axes, runs, values)


def _cumulative(axes: Axes, runs: Sequence[Evidence], values: Callable[[Step], list[float]]) -> bool:
    drawn = False
    for run in runs:
        for step, steps in _series(run):
            ordered = sorted(value for one in steps for value in values(one))
            if not ordered:
                continue
            drawn = True
            shares = [place / (_POINTS - 1) for place in range(_POINTS)]
            label = step.label if len(runs) == 1 else f"{_name(run)}: {step.label}"
            axes.plot([percentile(ordered, share) for share in shares], shares, label=label)
    axes.set_ylabel("share")
    axes.set_ylim(0, 1)
    return drawn


def _timeline(axes: Axes, runs: Sequence[Evidence]) -> bool:
    """Each request as a bar: waiting, thinking, answering."""
    step = max((step for run in runs for step in run.steps), key=_weight)
    spans = sorted(span for row in step.rows if (span := _span(row)))[:MAX_TIMELINE_ROWS]
    if not spans:
        return False
    for part, (name, colour) in enumerate(_PHASES):
        starts, stops = ([span[place] for span in spans] for place in (part, part + 1))
        widths = [stop - start for start, stop in zip(starts, stops, strict=True)]
        axes.barh(range(len(spans)), widths, left=starts, height=1.0, color=colour, label=name, linewidth=0)
    failed = [(span[3], place) for place, span in enumerate(spans) if span[4]]
    if failed:
        axes.plot([end_s for end_s, _ in failed], [place for _, place in failed], "rx", label="failed")
    axes.set_xlabel(f"seconds, {step.label}")
    axes.set_ylabel("request")
    return True


def _weight(step: Step) -> tuple[float, int]:
    load = step.arrivals
    return load.concurrency if isinstance(load, Closed) else load.rate_per_s, step.figures.requests


def _span(row: Row) -> tuple[float, float, float, float, bool] | None:
    """Sent, first event, first of the answer, end; and whether it failed."""
    if row.sent_s is None or row.end_s is None:
        return None
    first_s = row.end_s if row.first_s is None else row.first_s
    answer_s = row.end_s if row.answer_s is None else row.answer_s
    return row.sent_s, first_s, answer_s, row.end_s, row.error is not None


def _name(run: Evidence) -> str:
    return f"{run.name}, {run.facts.get('commit') or run.time}"


def _has_gpu(runs: Sequence[Evidence]) -> bool:
    return any(run.facts.get("gpus") or run.gpus > 1 for run in runs)
