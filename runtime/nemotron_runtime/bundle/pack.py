"""Writes a bundle: the wheels, a tar archive in parts, and last the manifest, which makes it whole."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from nemotron_runtime.bundle import disk, manifest, wheels
from nemotron_runtime.bundle.manifest import Manifest, Target, Weights
from nemotron_runtime.bundle.parts import PartWriter
from nemotron_runtime.errors import ConfigError, WeightsCorrupt, WeightsMissing
from nemotron_runtime.weights import digest
from nemotron_runtime.weights.progress import OnProgress, Tally, silent
from nemotron_runtime.weights.receipt import Receipt

SCRIPT = "install.sh"
_SCRIPT = """\
#!/bin/sh
# Installs this bundle where there is no network: sh install.sh VENV [options of nemotron install]
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
venv=${1:?usage: sh install.sh VENV [options of nemotron install]}
shift
"${PYTHON:-python@PYTHON@}" -m venv "$venv"
venv=$(CDPATH= cd -- "$venv" && pwd)
(cd "$here" && "$venv/bin/python" -m pip install --no-index --require-hashes --requirement @REQUIREMENTS@)
exec "$venv/bin/nemotron" install "$here" "$@"
"""


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes into a bundle.

    Attributes:
        requirement: What pip installs there, such as ``nemotron-runtime[cuda]==1.0``.
        python: Program of the target's version.
        wheel_folders: Where wheels are found besides pip's index.
        caches: Folder of compiled caches.
    """

    target: Target
    version: str
    requirement: str
    python: str
    wheel_folders: tuple[Path, ...] = ()
    weights: Receipt | None = None
    caches: Path | None = None


def pack(contents: Contents, out: Path, part_bytes: int, on_progress: OnProgress = silent) -> Manifest:
    """Writes a bundle into a folder, in the place of one that is there.

    Raises:
        ConfigError: The folder holds something else, or something can't be fetched or read.
        WeightsMissing: The weights have changed since they were pulled.
        WeightsCorrupt: Their bytes are not those that were pulled.
        DiskFull: It does not fit.
    """
    if contents.weights and (changed := contents.weights.changed()):
        raise WeightsMissing(f"{changed[0]} has changed: run `nemotron verify {contents.weights.repo}`")
    with disk.translated(out):
        _begin(contents, out)
        caches = {path: path.stat().st_size for path in _files(contents.caches)} if contents.caches else {}
        total = sum(caches.values()) + (contents.weights.bytes if contents.weights else 0)
        disk.check_room({out: total})
        wheels.fetch(contents.requirement, out / wheels.FOLDER, contents.python, contents.wheel_folders)
        disk.check_room({out: total})
        tally = Tally("pack", total, on_progress)
        writer = PartWriter(out, part_bytes)
        if total:
            _archive(contents, caches, writer, tally)
        packed = Manifest(
            version=contents.version,
            target=contents.target,
            weights=_weights(contents.weights) if contents.weights else None,
            caches_bytes=sum(caches.values()),
            wheels=wheels.survey(out / wheels.FOLDER),
            parts=tuple(writer.parts),
        )
        _finish(packed, out)
    return packed


def _begin(contents: Contents, out: Path) -> None:
    """A manifest that promises what is about to change must not outlive a cut."""
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()) and not (out / SCRIPT).is_file():
        raise ConfigError(f"{out} holds something that is no bundle: name an empty folder")
    for name in (
        manifest.NAME,
        manifest.SUMS,
        wheels.REQUIREMENTS,
        *(path.name for path in out.glob("bundle.tar.*")),
    ):
        (out / name).unlink(missing_ok=True)
    shutil.rmtree(out / wheels.FOLDER, ignore_errors=True)
    script = _SCRIPT.replace("@PYTHON@", contents.target.python).replace(
        "@REQUIREMENTS@", wheels.REQUIREMENTS
    )
    (out / SCRIPT).write_text(script, encoding="utf-8")
    (out / wheels.FOLDER).mkdir()


def _archive(contents: Contents, caches: Mapping[Path, int], out: PartWriter, tally: Tally) -> None:
    with out, tarfile.open(fileobj=out, mode="w|", bufsize=disk.CHUNK_BYTES) as archive:
        if weights := contents.weights:
            for entry in weights.files:
                path = weights.folder / entry.name
                if _add(archive, f"weights/{entry.name}", path, entry.bytes, tally) != entry.sha256:
                    raise WeightsCorrupt(f"{path} is damaged: run `nemotron verify {weights.repo}`")
        if folder := contents.caches:
            for path, size in caches.items():
                _add(archive, f"caches/{path.relative_to(folder)}", path, size, tally)


def _add(archive: tarfile.TarFile, name: str, path: Path, size: int, tally: Tally) -> str:
    """The SHA-256 of what went in."""
    member = tarfile.TarInfo(name)
    member.size = size
    with path.open("rb") as file:
        source = _Counted(file, tally)
        archive.addfile(member, source)
    return source.digest.hexdigest()


class _Counted:
    def __init__(self, file: BinaryIO, tally: Tally) -> None:
        self._file, self._tally, self.digest = file, tally, hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        self._tally.add(len(data))
        return data


def _finish(packed: Manifest, out: Path) -> None:
    (out / wheels.REQUIREMENTS).write_text(wheels.requirements(packed.wheels), encoding="utf-8")
    body = packed.model_dump_json(indent=1) + "\n"
    digests = {str(path.relative_to(out)): file.sha256 for path, file in packed.files(out).items()}
    for name in (SCRIPT, wheels.REQUIREMENTS):
        digests[name] = digest.sha256(out / name)
    digests[manifest.NAME] = hashlib.sha256(body.encode()).hexdigest()
    lines = [manifest.line(name, sha256) for name, sha256 in digests.items()]
    (out / manifest.SUMS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    fresh = out / f"{manifest.NAME}.tmp"
    fresh.write_text(body, encoding="utf-8")
    fresh.replace(out / manifest.NAME)


def _weights(receipt: Receipt) -> Weights:
    files = [{"name": entry.name, "bytes": entry.bytes, "sha256": entry.sha256} for entry in receipt.files]
    return Weights.model_validate(
        {
            "repo": receipt.repo,
            "revision": receipt.revision,
            "commit": receipt.commit,
            "licence": receipt.licence[:500],
            "files": files,
        },
        strict=False,
    )


def _files(folder: Path) -> Iterator[Path]:
    """Plain files; a lock is of the machine that it was made on."""
    if not folder.is_dir():
        raise ConfigError(f"caches: {folder} is no folder")
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if path.is_file() and not path.is_symlink() and not name.endswith(".lock"):
                yield path
