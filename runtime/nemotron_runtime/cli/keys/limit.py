"""``nemotron keys limit``."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import typer

from nemotron_runtime.cli.keys.document import COLUMNS, document, row
from nemotron_runtime.cli.keys.values import Expires, Requests, Reset, Streams, Tokens, Usd, given
from nemotron_runtime.cli.open_store import AsJson, Config, StoreUrl, WhichKey, open_store, the_key
from nemotron_runtime.cli.output import print_json, print_rows


def limit(
    key: WhichKey,
    usd: Usd = None,
    reset: Reset = None,
    requests: Requests = None,
    tokens: Tokens = None,
    streams: Streams = None,
    expires: Expires = None,
    store: StoreUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Change the limits of a key; those that aren't named stay.

    A server that runs knows it within seconds.
    """
    now = datetime.now(UTC)
    fields: dict[str, Any] = given(
        now, usd_=usd, reset=reset, requests=requests, tokens=tokens, streams=streams, expires=expires
    )
    if not fields:
        raise typer.BadParameter("name at least one limit", param_hint="--usd, --reset, --requests, ...")
    with open_store(config, store) as opened:
        found = the_key(opened, key)
        changed = opened.keys.change(found.hash, lambda terms: replace(terms, **fields)) or found
        usage = opened.keys.usage(found.hash, now)
    if as_json:
        print_json({"data": document(changed, usage)})
    else:
        print_rows(COLUMNS, [row(changed, usage, now)])
