"""``bundle.json``: what a bundle holds. Whatever is read from one is checked before it is believed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from nemotron_runtime.bundle.parts import part_sizes
from nemotron_runtime.bundle.targets import Target
from nemotron_runtime.errors import BundleCorrupt, ConfigError

NAME = "bundle.json"
FORMAT = 1
MAX_BYTES = 64 << 20
WHEELS, WEIGHTS, CACHES = "wheels", "weights", "caches"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SEGMENT = re.compile(r"[ !#$%&'()+,\-.0-9;=@A-Z\[\]^_`a-z{}~]{1,255}")
_LICENCE = re.compile(r"[ -~]{0,200}")
_WHEEL = re.compile(r"wheels/[A-Za-z0-9_.+!-]+\.whl")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file: where it lies in the bundle, its bytes, its SHA-256 in hexadecimal."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part; its name follows from its place."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where weights come from: a repository and its commit, or the name of a plain folder."""

    repo: str | None = None
    commit: str | None = None
    licence: str = ""
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle holds.

    Attributes:
        version: Of this distribution, whose wheel is inside.
        part_bytes: Bytes of every part but the last.
        unpacked_bytes: What the wheels take once they are installed.
        weights: None where there are none.
    """

    target: Target
    version: str
    part_bytes: int
    unpacked_bytes: int
    weights: Origin | None
    files: tuple[Entry, ...]
    parts: tuple[Part, ...]

    def dumps(self) -> bytes:
        """The file's bytes, which hold a digest of themselves."""
        body = {"format": FORMAT, **asdict(self), "target": str(self.target)}
        return (json.dumps({**body, "digest": _digest(body)}, indent=1) + "\n").encode()

    @classmethod
    def loads(cls, data: bytes) -> Manifest:
        """Reads a manifest that may have been written by anybody.

        Raises:
            BundleCorrupt: It is damaged, of another format, or names a file that may not be written.
        """
        try:
            return _checked(json.loads(data))
        except (ValueError, KeyError, TypeError, RecursionError, ConfigError) as error:
            raise BundleCorrupt(f"{NAME} is damaged, or not a bundle's manifest: {error}") from error


def part_name(index: int) -> str:
    """The file name of a part, counted from 0."""
    return f"bundle-{index:04d}.part"


def _checked(document: Any) -> Manifest:
    body = dict(_is(document, dict))
    digest = body.pop("digest", None)
    if body.get("format") != FORMAT:
        raise ValueError(f"format {body.get('format')!r}, where {FORMAT} is known")
    if digest != _digest(body):
        raise ValueError("its digest is another's")
    files = tuple(_entry(row) for row in _is(body["files"], list))
    parts = tuple(
        Part(_count(row["size"]), _match(_SHA256, row["sha256"])) for row in _is(body["parts"], list)
    )
    part_bytes = _count(body["part_bytes"])
    _check_paths([entry.path for entry in files])
    total = sum(entry.size for entry in files)
    if part_bytes < 1 or [part.size for part in parts] != part_sizes(total, part_bytes):
        raise ValueError("the parts don't add up to the files")
    return Manifest(
        Target.parse(_is(body["target"], str)),
        _is(body["version"], str),
        part_bytes,
        _count(body["unpacked_bytes"]),
        _origin(body["weights"]),
        files,
        parts,
    )


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(safe_path(row["path"]), _count(row["size"]), _match(_SHA256, row["sha256"]))


def _origin(row: Any) -> Origin | None:
    if row is None:
        return None
    if row["repo"] is None:
        return Origin(name=_match(_SEGMENT, row["name"]))
    return Origin(
        _match(_REPO, row["repo"]), _match(_COMMIT, row["commit"]), _match(_LICENCE, row["licence"])
    )


def safe_path(path: Any) -> str:
    """A path that stays below one of the three folders of a bundle.

    Raises:
        ValueError: It could lead elsewhere, or is of no known kind.
    """
    segments = _is(path, str).split("/")
    plain = all(_SEGMENT.fullmatch(segment) and segment not in (".", "..") for segment in segments)
    known = segments[0] in (WEIGHTS, CACHES) and len(segments) > 1
    if not (plain and len(path) <= 1024 and (known or _WHEEL.fullmatch(path))):
        raise ValueError(f"{path!r} is no path that may be written")
    return str(path)


def _check_paths(paths: Sequence[str]) -> None:
    folded = {path.lower() for path in paths}
    folders = {str(parent).lower() for path in paths for parent in PurePosixPath(path).parents}
    if len(folded) != len(paths) or folded & folders:
        raise ValueError("two files claim one path")


def _is(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueError(f"{kind.__name__} is expected, not {type(value).__name__}")
    return value


def _count(value: Any) -> int:
    if _is(value, int) < 0 or value >= 1 << 50:
        raise ValueError(f"{value} is no size")
    return int(value)


def _match(pattern: re.Pattern[str], value: Any) -> str:
    if not pattern.fullmatch(_is(value, str)) or value in (".", ".."):
        raise ValueError(f"{value!r} is not of the expected form")
    return str(value)


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
