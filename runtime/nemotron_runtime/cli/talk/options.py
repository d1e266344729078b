"""What the verbs that talk to a server have in common."""

from __future__ import annotations

import os
from typing import Annotated
from urllib.parse import urlsplit

import typer

from nemotron_runtime.settings import is_loopback, variable_of

ApiKey = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        metavar="KEY",
        help="Key of the server.",
        show_default="OPENROUTER_API_KEY for openrouter.ai, the first of NEMOTRON_API_KEYS for this machine",
    ),
]


def key_for(base_url: str, given: str | None) -> str | None:
    """The key to send: the given one, else one of the environment that belongs to this server and no other.

    Raises:
        typer.BadParameter: The URL is none.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise typer.BadParameter(
            f"{base_url} is not a URL such as http://127.0.0.1:8000/api/v1", param_hint="--base-url"
        )
    if given:
        return given
    if parts.scheme == "https" and parts.hostname == "openrouter.ai":
        return os.environ.get("OPENROUTER_API_KEY")
    if is_loopback(parts.hostname):
        return os.environ.get(variable_of("api_keys"), "").split(",")[0].strip() or None
    return None
