"""``nemotron keys revoke``."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from nemotron_runtime.cli.keys.document import document
from nemotron_runtime.cli.open_store import AsJson, Config, StoreUrl, WhichKey, open_store, the_key
from nemotron_runtime.cli.output import clean, console, print_json


def revoke(
    key: WhichKey,
    delete: Annotated[
        bool, typer.Option("--delete", help="Remove it for good; what it used stays counted.")
    ] = False,
    store: StoreUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Disable a key: it opens nothing any more. A server that runs knows it within seconds."""
    with open_store(config, store) as opened:
        found = the_key(opened, key)
        if delete:
            opened.keys.delete(found.hash)
        else:
            found = opened.keys.change(found.hash, lambda terms: replace(terms, disabled=True)) or found
        usage = opened.keys.usage(found.hash)
    if as_json:
        print_json({"deleted": delete, "data": document(found, usage)})
        return
    done = "Deleted" if delete else "Disabled"
    console().print(f"{done} {clean(found.terms.name)}, {found.label}.", markup=False)
