"""``nemotron keys list``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from nemotron_runtime.cli.keys.document import COLUMNS, document, row
from nemotron_runtime.cli.open_store import AsJson, Config, StoreUrl, open_store
from nemotron_runtime.cli.output import console, print_json, print_rows


def list_keys(
    every: Annotated[bool, typer.Option("--all", help="Disabled and expired ones, too.")] = False,
    store: StoreUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the keys of the store, with what they have spent in US dollars."""
    now = datetime.now(UTC)
    with open_store(config, store) as opened:
        keys = [(key, opened.keys.usage(key.hash, now)) for key in opened.keys.all()]
    shown = [(key, usage) for key, usage in keys if every or key.opens(now)]
    if as_json:
        print_json({"keys": [document(key, usage) for key, usage in shown]})
    elif shown:
        print_rows(COLUMNS, [row(key, usage, now) for key, usage in shown])
    elif console().is_terminal:
        console().print("No keys. `nemotron keys create NAME` makes one.", markup=False)
