"""The settings as command-line flags, made from their fields."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import typer
from pydantic import SecretStr

from nemotron_runtime.settings import Settings, config_file, default_text, extra, flag_of

_KINDS = {int: "INTEGER", float: "NUMBER", bool: "true|false", Path: "PATH", str: "TEXT", SecretStr: "TEXT"}
_CONFIG = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="TOML file with settings.", show_default="the user's own, if there"
    ),
]


def takes_settings(verb: Callable[..., None]) -> Callable[..., None]:
    """Gives a verb a flag for each setting; it receives them, merged with the other layers, as ``loaded``."""

    @functools.wraps(verb)
    def run(config: Path | None, **given: Any) -> None:
        flags = {name: given.pop(name) for name in Settings.model_fields}
        verb(loaded=Settings.load(flags, os.environ, config_file(config)), **given)

    own = inspect.signature(verb, eval_str=True).parameters.values()
    parameters = [
        *(parameter for parameter in own if parameter.name != "loaded"),
        _parameter("config", _CONFIG),
        *(_parameter(name, _option(name)) for name in Settings.model_fields),
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def kind(name: str) -> str:
    """The values that a setting takes, in one word: ``INTEGER``, ``a|b``, ``auto|NUMBER``."""
    annotation = Settings.model_fields[name].annotation
    options = get_args(annotation) if NoneType in get_args(annotation) else (annotation,)
    words = [_word(option) for option in options if option is not NoneType]
    return "|".join([default_text(name), *words]) if NoneType in options else words[0]


def _word(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _word(get_args(annotation)[0])
    if origin is Literal:
        return "|".join(get_args(annotation))
    return "LIST" if origin is tuple else _KINDS[annotation]


def _help(name: str, choices: str) -> str:
    """A long metavar would leave the flag's own column too narrow, so choices stand in the text."""
    about = Settings.model_fields[name].description or ""
    return f"{about} One of {choices.replace('|', ', ')}." if choices else about


def _parameter(name: str, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _option(name: str) -> Any:
    """Values stay text: the settings check them, whatever layer they come from."""
    flag, word = flag_of(name), kind(name)
    switch, many = word == _KINDS[bool], word.endswith("LIST")
    choice = word.islower() and not switch
    option = typer.Option(
        f"{flag}/--no-{flag[2:]}" if switch else flag,
        metavar="" if switch else "CHOICE" if choice else word,
        help=_help(name, word if choice else ""),
        show_default=default_text(name),
        rich_help_panel=extra(name)["group"],
    )
    return Annotated[bool | None if switch else list[str] | None if many else str | None, option]
