"""``nemotron config``."""

from __future__ import annotations

from typing import Annotated

import typer

from nemotron_runtime.cli import reference
from nemotron_runtime.cli.flags import takes_settings
from nemotron_runtime.cli.output import console, print_json, print_rows
from nemotron_runtime.settings import Loaded, Settings

config = typer.Typer(no_args_is_help=True, help="Show, explain and write settings.")


@config.command("show")
@takes_settings
def show(
    loaded: Loaded,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show the value of each setting and where it came from. Takes the flags of `nemotron serve`."""
    rows = {name: (loaded.shown(name), loaded.provenance[name]) for name in Settings.model_fields}
    if as_json:
        print_json(
            {
                name: {"value": value, "from": origin.layer, "where": origin.where}
                for name, (value, origin) in rows.items()
            }
        )
        return
    print_rows(
        ("setting", "value", "from"),
        [(name, reference.toml_value(value), str(origin)) for name, (value, origin) in rows.items()],
    )


@config.command("sample")
def sample() -> None:
    """Print a settings file in which each setting stands with its default, commented out."""
    console().print(reference.sample(), markup=False, end="")


@config.command("reference")
def print_reference() -> None:
    """Print docs/configuration.md."""
    console().print(reference.markdown(), markup=False, end="")
