"""``nemotron models``."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from nemotron_runtime.cli.output import ServerFault, clean, console, faults_as_json, print_json
from nemotron_runtime.cli.talk.options import ApiKey, key_for
from nemotron_runtime.models.spec import ModelSpec, load_all


def models(
    base_url: Annotated[
        str | None,
        typer.Option("--base-url", metavar="URL", help="Also list what the server at this URL serves."),
    ] = None,
    api_key: ApiKey = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the models that this program knows, and, with --base-url, those that a server serves.

    The slug is what `nemotron serve --model` takes.
    """
    known = [_row(spec) for spec in load_all().values()]
    with faults_as_json(as_json):
        served = _served(base_url, api_key) if base_url else None
    if as_json:
        print_json({"models": known} | ({} if served is None else {"served": served}))
        return
    _print(known)
    if served is not None:
        _print(served, title=f"served by {base_url}")


def _row(spec: ModelSpec) -> dict[str, Any]:
    return {
        "id": spec.slug,
        "name": spec.name,
        "context_length": spec.context_tokens,
        "variants": [variant.name for variant in spec.variants],
        "needs": "nothing: built on this machine" if spec.embedded else "an NVIDIA GPU",
    }


def _served(base_url: str, api_key: str | None) -> list[dict[str, Any]]:
    from nemotron_runtime.cli.talk.client import Server

    listing = Server(base_url, key_for(base_url, api_key)).models()
    try:
        return [
            {key: entry[key] for key in ("id", "name", "context_length") if entry.get(key) is not None}
            for entry in listing["data"]
        ]
    except (KeyError, TypeError, AttributeError) as fault:
        raise ServerFault("the server's list of models can't be read") from fault


def _print(rows: list[dict[str, Any]], title: str | None = None) -> None:
    out = console()
    if title:
        out.print(f"\n{title}", markup=False)
    if not out.is_terminal:
        for row in rows:
            out.print("\t".join(_cells(row)), markup=False)
        return
    columns = list(dict.fromkeys(key for row in rows for key in row))
    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*_cells({key: row.get(key, "") for key in columns}))
    out.print(table)


def _cells(row: dict[str, Any]) -> list[str]:
    return [
        clean(", ".join(value) if isinstance(value, list) else str(value)) or "-" for value in row.values()
    ]
