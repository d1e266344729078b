"""What is written about the settings, made from their fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from nemotron_runtime.cli.flags import kind
from nemotron_runtime.cli.output import EXIT_CODES
from nemotron_runtime.settings import Settings, default_text, extra, flag_of, variable_of

_INTRODUCTION = """\
# Configuration

Each setting can be given in three places; the first one that names it wins:

1. a flag of `nemotron serve`, such as `--port 9000`
2. a variable, such as `NEMOTRON_PORT=9000`; an empty one counts as not set
3. a key of the settings file, such as `port = 9000`: the file of `--config FILE`, else
   `$XDG_CONFIG_HOME/nemotron/config.toml` (`~/.config/nemotron/config.toml`) where it is there

What is `auto` then, the server decides as it starts: on NVIDIA GPUs by the plan that `nemotron plan` shows.

`nemotron config show` prints each value with where it came from, `nemotron config sample` a file to edit.
A name that is no setting is an error, in a variable that begins with `NEMOTRON_` and in the file alike.
Lists are separated by commas; a file may have them as arrays, and a flag can be repeated.

Without a key the server listens on this machine's own addresses only; `insecure` lifts that.
"""
_EPILOGUE = """
This page is written by `nemotron config reference > docs/configuration.md`.
"""


def markdown() -> str:
    """The text of docs/configuration.md."""
    return _INTRODUCTION + "".join(_section(*group) for group in _groups()) + _exit_codes() + _EPILOGUE


def sample() -> str:
    """A TOML file in which each setting stands with its default, commented out."""
    lines = ["# Settings of nemotron-runtime. Flags and variables are stronger than this file."]
    for title, names in _groups():
        lines += ["", f"## {title}"]
        for name in names:
            lines += ["", f"# {_about(name)}", f"# {name} = {_sample_value(name)}"]
    return "\n".join(lines) + "\n"


def toml_value(value: Any) -> str:
    """A value as TOML has it."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _groups() -> Iterator[tuple[str, list[str]]]:
    for title, names in groupby(Settings.model_fields, key=lambda name: extra(name)["group"]):
        yield title, list(names)


def _about(name: str) -> str:
    return Settings.model_fields[name].description or ""


def _sample_value(name: str) -> str:
    default = Settings.model_fields[name].get_default(call_default_factory=True)
    if default is None:
        return toml_value(default_text(name))
    return toml_value(str(default) if isinstance(default, Path) else default)


def _section(title: str, names: list[str]) -> str:
    head = f"\n## {title}\n\n| setting | flag | variable | values | default | |\n|---|---|---|---|---|---|\n"
    return head + "".join(_row(name) for name in names)


def _row(name: str) -> str:
    values = kind(name).replace("|", r"\|")
    cells = (
        f"`{name}`",
        f"`{flag_of(name)}`",
        f"`{variable_of(name)}`",
        values,
        default_text(name),
        _about(name),
    )
    return "| " + " | ".join(cells) + " |\n"


def _exit_codes() -> str:
    rows = "".join(f"| {code.value} | {meaning} |\n" for code, meaning in EXIT_CODES.items())
    return f"\n## Exit codes of the command\n\n| code | meaning |\n|---|---|\n{rows}"
