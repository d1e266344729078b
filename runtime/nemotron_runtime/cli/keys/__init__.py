"""``nemotron keys``: one verb a file."""

from __future__ import annotations

import typer

from nemotron_runtime.cli.keys.create import create
from nemotron_runtime.cli.keys.limit import limit
from nemotron_runtime.cli.keys.listing import list_keys
from nemotron_runtime.cli.keys.revoke import revoke

keys = typer.Typer(no_args_is_help=True, help="Make, list, limit and revoke keys of the API.")
keys.command("create")(create)
keys.command("list")(list_keys)
keys.command("revoke")(revoke)
keys.command("limit")(limit)
