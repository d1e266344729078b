"""The page: one file that needs no other."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from nemotron_bench.evidence import Evidence, Step
from nemotron_bench.metrics import Distribution
from nemotron_bench.report.charts import Chart

TIMES = ("ttft_ms", "ttfc_ms", "itl_ms", "tpot_ms", "e2el_ms", "late_ms")


def render(runs: Sequence[Evidence], charts: Sequence[Chart]) -> str:
    """HTML. All that came from a file or a server is escaped."""
    template = (files("nemotron_bench.report") / "page.html").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["figure"] = _figure
    page: str = environment.from_string(template).render(
        runs=[_about(run) for run in runs], charts=charts, parts=("p50", "p75", "p90", "p95", "p99")
    )
    return page


def _about(run: Evidence) -> dict[str, Any]:
    return {
        "run": run,
        "facts": dict(_leaves("", {**run.facts, "server": run.server, "settings": run.settings})),
        "workload": run.workload,
        "steps": [
            {"step": step, "times": _times(step), "doubts": step.limits.doubts()} for step in run.steps
        ],
    }


def _times(step: Step) -> list[tuple[str, Distribution]]:
    names = {name: name.removesuffix("_ms").upper() for name in TIMES}
    found = ((label, getattr(step.figures, name)) for name, label in names.items())
    return [(label, one) for label, one in found if one is not None]


def _leaves(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in _leaves(f"{name}.{key}".lstrip("."), inner)]
    return [(name, str(value))] if value not in (None, [], {}) else []


def _figure(value: float | int | None) -> str:
    """Three or more significant digits; a dash for nothing."""
    if value is None:
        return "–"
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
