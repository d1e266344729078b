"""``nemotron models``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from nemotron_runtime.cli.output import ServerFault, clean, faults_as_json, print_json, print_rows
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
        print(f"\nserved by {base_url}")
        _print(served)


def _row(spec: ModelSpec) -> dict[str, Any]:
    return {
        "id": spec.slug,
        "name": spec.name,
        "context_length": spec.context_tokens,
        "variants": [variant.name for variant in spec.variants],
        "runs_on": "any machine" if spec.embedded else "NVIDIA GPU",
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


def _print(rows: list[dict[str, Any]]) -> None:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    print_rows(columns, [[_cell(row.get(key)) for key in columns] for row in rows])


def _cell(value: Any) -> str:
    text = ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return clean(text) or "-"
