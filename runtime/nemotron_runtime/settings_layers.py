"""The layers that settings come from: flags, environment, file. No setting is known here."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nemotron_runtime.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from; ``where`` is the flag, the variable, the file and key, or the machine."""

    layer: Literal["flag", "environment", "file", "plan", "default"]
    where: str = ""

    def __str__(self) -> str:
        return f"{self.layer} {self.where}".rstrip()


@dataclass(frozen=True, slots=True)
class Given:
    """A value as it was given, unchecked."""

    value: Any
    origin: Origin


def of_flags(values: Mapping[str, Any], flags: Mapping[str, str]) -> dict[str, Given]:
    """Values by setting, None where not given; ``flags`` has each setting's flag.

    Raises:
        ConfigError: A setting is unknown.
    """
    given = {name: value for name, value in values.items() if value is not None}
    _refuse_unknown(given, flags, "setting")
    return {name: Given(value, Origin("flag", flags[name])) for name, value in given.items()}


def of_environment(environ: Mapping[str, str], prefix: str, names: Mapping[str, str]) -> dict[str, Given]:
    """Variables that begin with the prefix; ``names`` has each variable's setting. Empty is not set.

    Raises:
        ConfigError: A variable with the prefix is unknown.
    """
    ours = {key: value for key, value in environ.items() if key.startswith(prefix)}
    _refuse_unknown(ours, names, "variable")
    return {names[key]: Given(value, Origin("environment", key)) for key, value in ours.items() if value}


def of_file(path: Path | None, known: Iterable[str]) -> dict[str, Given]:
    """Top-level keys of a TOML file; None is no file.

    Raises:
        ConfigError: The file can't be read, is not TOML, or has an unknown key.
    """
    if path is None:
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise ConfigError(f"{path}: can't be read: {fault.strerror}") from fault
    except ValueError as fault:
        raise ConfigError(f"{path}: not valid TOML: {fault}") from fault
    _refuse_unknown(values, known, f"key in {path}:")
    return {name: Given(value, Origin("file", f"{path}: {name}")) for name, value in values.items()}


def _refuse_unknown(names: Iterable[str], known: Iterable[str], what: str) -> None:
    known = list(known)
    problems = [
        f"unknown {what} {name} (nearest: {_nearest(name, known)})" for name in names if name not in known
    ]
    if problems:
        raise ConfigError("\n".join(problems))


def _nearest(name: str, known: list[str]) -> str:
    return difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
