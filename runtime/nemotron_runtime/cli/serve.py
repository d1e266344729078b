"""``nemotron serve``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from nemotron_runtime.cli.announce import Announcer, announcer
from nemotron_runtime.cli.background import serve_in_background
from nemotron_runtime.cli.flags import takes_settings
from nemotron_runtime.cli.pull import agreed
from nemotron_runtime.cli.transfer import quieten, transfer
from nemotron_runtime.models.spec import Variant
from nemotron_runtime.settings import Loaded


@takes_settings
def serve(
    loaded: Loaded,
    as_json: Annotated[bool, typer.Option("--json", help="Tell the start as JSON lines on stdout.")] = False,
    background: Annotated[
        bool, typer.Option("--background", help="Return once it is ready, and leave it running.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Download missing weights without asking.")
    ] = False,
) -> None:
    """Start the model and serve it at http://HOST:PORT/api/v1 (and /v1).

    Each setting can be a flag, a variable (NEMOTRON_PORT for --port), or a key of the file (port = 8000);
    the first of them wins. `nemotron config show` says which value holds and where it came from.
    """

    def run(loaded: Loaded, announce: Announcer, as_json: bool) -> int:
        from nemotron_runtime import app

        return app.serve(loaded, announce, _fetch(announce, as_json=as_json, yes=yes))

    if background:
        raise typer.Exit(serve_in_background(loaded, run, as_json=as_json))
    with announcer(as_json=as_json) as announce:
        raise typer.Exit(run(loaded, announce, as_json))


def _fetch(announce: Announcer, *, as_json: bool, yes: bool) -> Callable[[Variant], Path]:
    def fetch(variant: Variant) -> Path:
        from nemotron_runtime.weights.pull import Order, ensure

        def agree(order: Order) -> None:
            announce.hush()
            agreed(order, show, yes=yes)

        quieten()
        with transfer(as_json=as_json) as show:
            return ensure(variant, agree, show)

    return fetch
