"""``nemotron keys create``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from nemotron_runtime.cli.keys.document import document
from nemotron_runtime.cli.keys.values import Expires, Requests, Reset, Streams, Tokens, Usd, given
from nemotron_runtime.cli.open_store import AsJson, Config, StoreUrl, open_store
from nemotron_runtime.cli.output import console, error_console, print_json


def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is called.")],
    management: Annotated[
        bool, typer.Option("--management", help="It opens /keys, /credits and /activity, and nothing else.")
    ] = False,
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
    """Make a key and print it, this once: only its hash is kept.

    A server that runs knows it within seconds. Keys are asked for with the setting require_keys.
    """
    from nemotron_runtime.store.keys import KeyTerms, KeyUsage

    fields = given(
        datetime.now(UTC),
        usd_=usd,
        reset=reset,
        requests=requests,
        tokens=tokens,
        streams=streams,
        expires=expires,
    )
    terms = KeyTerms(name=name, management=management, **fields)  # type: ignore[arg-type]
    with open_store(config, store) as opened:
        made = opened.keys.create(terms)
    if as_json:
        print_json({"key": made.secret, "data": document(made.key, KeyUsage())})
        return
    console().print(made.secret, markup=False)
    error_console().print("Keep it: it can't be shown again.", style="yellow")
