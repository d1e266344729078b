"""The store that a verb asks, and the options that name it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nemotron_runtime.cli.output import CommandFault, ExitCode
from nemotron_runtime.errors import ConfigError
from nemotron_runtime.settings import Settings, config_file

if TYPE_CHECKING:
    from nemotron_runtime.store.keys import Key
    from nemotron_runtime.store.store import Store

Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="TOML file with settings; its store is asked."),
]
StoreUrl = Annotated[str | None, typer.Option("--store", metavar="FILE|URL", help="As for `nemotron serve`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
WhichKey = Annotated[str, typer.Argument(metavar="KEY", help="Its name, its label, or how its hash begins.")]


class WrongKey(CommandFault):
    """No key, or more than one, is meant."""

    exit_code = ExitCode.USAGE


def open_store(config: Path | None, url: str | None) -> Store:
    """The store of the settings, without a writer.

    Raises:
        ConfigError: it is off, or can't be used.
    """
    from nemotron_runtime.store.store import Store, options_of

    settings = Settings.load({"store": url}, os.environ, config_file(config)).settings
    options = options_of(settings)
    if options is None:
        raise ConfigError("The store is off, so there is nothing to ask. Name one with --store.")
    return Store.open(options, writing=False)


def the_key(store: Store, which: str) -> Key:
    """The one key that is meant.

    Raises:
        WrongKey: it is none, or more than one.
    """
    keys = store.keys.all()
    found = [key for key in keys if which in (key.terms.name, key.label, key.hash)]
    found = found or [key for key in keys if len(which) >= 4 and key.hash.startswith(which)]
    if len(found) != 1:
        many = f"{len(found)} keys are called" if found else "there is no key"
        raise WrongKey(f"{many} {which!r}; `nemotron keys list` shows all, with their hashes")
    return found[0]
