"""The workloads that come with the project, and files of the same form."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from nemotron_bench.workloads.spec import BadWorkload, Workload

_FOLDER = files("nemotron_bench.workloads") / "data"
_ADAPTER = TypeAdapter(Workload)
_KNOWN = {one.name for one in fields(Workload)} - {"name", "file"}


def names() -> tuple[str, ...]:
    """Of the workloads that come with the project."""
    found = (entry.name.removesuffix(".toml") for entry in _FOLDER.iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted(found))


def load(name: str) -> Workload:
    """A workload by its name, by a TOML file, or by a JSON or JSONL file to replay.

    Raises:
        BadWorkload: there is none, or it isn't of the right form.
    """
    if name in names():
        return _parse(name, (_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    path = Path(name)
    if path.suffix in (".json", ".jsonl") and path.is_file():
        return Workload(path.stem, "requests of a file", file=path)
    if path.suffix == ".toml" and path.is_file():
        try:
            return _parse(path.stem, path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as fault:
            raise BadWorkload(f"{path}: {fault}") from fault
    raise BadWorkload(
        f"no workload {name!r}: take one of {', '.join(names())}, or a file, .toml, .json or .jsonl"
    )


def _parse(name: str, text: str) -> Workload:
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise BadWorkload(f"{name}: {fault}") from fault
    if unknown := sorted(table.keys() - _KNOWN):
        raise BadWorkload(f"{name}: no field {unknown[0]!r}; there are {', '.join(sorted(_KNOWN))}")
    try:
        return replace(_ADAPTER.validate_python({"about": "", **table, "name": name}))
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadWorkload(f"{name}: {where}: {first['msg']}") from fault
