"""The files that go into a bundle."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nemotron_runtime.bundle.manifest import CACHES, WEIGHTS, WHEELS, safe_path
from nemotron_runtime.errors import ConfigError, WeightsMissing


@dataclass(frozen=True, slots=True)
class Source:
    """A file: its path in the bundle, where it lies, and its bytes."""

    path: str
    file: Path
    size: int


def wheels(folder: Path) -> list[Source]:
    """The wheels of a folder."""
    return [_source(f"{WHEELS}/{path.name}", path) for path in sorted(folder.glob("*.whl"))]


def weights(folder: Path) -> list[Source]:
    """The files of a model; a hub's links are followed to what they stand for.

    Raises:
        WeightsMissing: The folder is no model's, or files that it names are not there.
    """
    if not (folder / "config.json").is_file():
        raise WeightsMissing(f"{folder} holds no config.json: it is not a folder with weights")
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        try:
            shards = set(json.loads(index.read_bytes())["weight_map"].values())
        except (ValueError, KeyError, AttributeError) as error:
            raise WeightsMissing(f"{index} is damaged: run `nemotron verify`") from error
        if gone := sorted(name for name in shards if not (folder / name).is_file()):
            raise WeightsMissing(f"{folder}: {', '.join(gone)} missing: run `nemotron pull`")
    return _below(folder, WEIGHTS)


def caches(folder: Path) -> list[Source]:
    """The files of vLLM's cache.

    Raises:
        ConfigError: There is no such folder.
    """
    if not folder.is_dir():
        raise ConfigError(f"caches: {folder} is no folder")
    return _below(folder, CACHES)


def _below(folder: Path, kind: str) -> list[Source]:
    return [_source(f"{kind}/{path.relative_to(folder).as_posix()}", path) for path in _files(folder)]


def _files(folder: Path) -> Iterator[Path]:
    """Plain files; what begins with a dot is a tool's own."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if path.is_file() and not name.startswith(".") and not name.endswith(".lock"):
                yield path


def _source(path: str, file: Path) -> Source:
    try:
        return Source(safe_path(path), file, file.stat().st_size)
    except ValueError as error:
        raise ConfigError(f"{file}: a bundle can't hold a file of this name") from error
