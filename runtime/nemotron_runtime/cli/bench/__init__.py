"""``nemotron bench``: one verb a file."""

from __future__ import annotations

import typer

from nemotron_runtime.cli.bench.compare import compare
from nemotron_runtime.cli.bench.kernels import kernels
from nemotron_runtime.cli.bench.quality import quality
from nemotron_runtime.cli.bench.report import report
from nemotron_runtime.cli.bench.serve import serve
from nemotron_runtime.cli.bench.startup import startup
from nemotron_runtime.cli.bench.versus import versus

bench = typer.Typer(
    no_args_is_help=True, help="Measure a server over HTTP: this one, vLLM's, or the hosted endpoint."
)
for verb in (serve, versus, startup, quality, kernels, report, compare):
    bench.command()(verb)
