"""Runs as a page and charts.

matplotlib draws, once for both: SVG inside the page, and PNG files. It comes with the extra ``report``.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from nemotron_bench.evidence import BadEvidence, Evidence


class NoPlots(Exception):
    """matplotlib isn't installed."""


def write_report(folder: Path, runs: Sequence[Evidence]) -> list[Path]:
    """Writes ``index.html`` and a PNG for each chart; earlier ones are replaced, for they can be drawn again.

    Returns:
        The files.

    Raises:
        NoPlots: it can't draw.
        BadEvidence: there is nothing to draw, or the folder can't be written.
    """
    if find_spec("matplotlib") is None:
        raise NoPlots("charts need matplotlib: pip install 'nemotron-runtime[report]'")
    from nemotron_bench.report.charts import draw
    from nemotron_bench.report.page import render

    if not any(run.steps for run in runs):
        raise BadEvidence("these runs have no steps")
    charts = draw(runs)
    files = {folder / f"{chart.name}.png": chart.png for chart in charts}
    files[folder / "index.html"] = render(runs, charts).encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            path.write_bytes(content)
    except OSError as fault:
        raise BadEvidence(f"{folder} can't be written: {fault.strerror}") from fault
    return sorted(files)
