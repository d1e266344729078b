"""Takes weights and caches out of a bundle's archive, which is trusted in nothing."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path, PurePosixPath
from typing import IO

from nemotron_runtime.bundle import disk
from nemotron_runtime.bundle.manifest import Weights
from nemotron_runtime.bundle.parts import PartReader
from nemotron_runtime.errors import BundleCorrupt
from nemotron_runtime.weights import cache, receipt, structure
from nemotron_runtime.weights.progress import Tally
from nemotron_runtime.weights.receipt import Entry, Receipt


def unpack(parts: Sequence[Path], weights: Weights | None, caches: Path | None, tally: Tally) -> None:
    """Writes each file whole or not at all, and last the receipt, which makes the weights count as pulled.

    Args:
        caches: Folder for caches; None leaves them out.

    Raises:
        BundleCorrupt: The archive holds something else than its manifest says.
        DiskFull: It does not fit.
    """
    entries: list[Entry] = []

    def waits() -> None:
        tally.note("a pull of the same weights is going on: waiting for it")

    with disk.translated(cache.root()), cache.locked(weights.repo, waits) if weights else nullcontext():
        for name, content in _members(parts):
            kind, _, rest = name.partition("/")
            if kind == "weights" and weights:
                entries.append(_keep(weights, rest, content, tally))
            elif kind == "caches" and caches:
                _write(content, caches / _below(rest, caches), tally)
        if weights:
            _record(weights, entries)


def _members(parts: Sequence[Path]) -> Iterator[tuple[str, IO[bytes]]]:
    try:
        with (
            io.BufferedReader(PartReader(parts), disk.CHUNK_BYTES) as stream,
            tarfile.open(fileobj=stream, mode="r|", bufsize=disk.CHUNK_BYTES) as archive,
        ):
            for member in archive:
                content = archive.extractfile(member) if _is_plain(member) else None
                if content is None:
                    raise BundleCorrupt(f"{member.name!r} is no plain file: pack the bundle again")
                yield member.name, content
    except tarfile.TarError as error:
        raise BundleCorrupt(f"the archive can't be read ({error}): run the same command again") from error


def _is_plain(member: tarfile.TarInfo) -> bool:
    return member.isreg() and not member.issparse()


def _keep(weights: Weights, name: str, content: IO[bytes], tally: Tally) -> Entry:
    """As a pull does: the bytes under their digest, and a link by name."""
    file = next((file for file in weights.files if file.name == name), None)
    if file is None:
        raise BundleCorrupt(f"{name!r} is no file of {weights.repo}: pack the bundle again")
    blob = cache.storage(weights.repo) / "blobs" / file.sha256
    _write(content, blob, tally, file.sha256)
    cache.link(blob, cache.snapshot_folder(weights.repo, weights.commit) / name)
    return Entry(name, file.bytes, file.sha256, receipt.mtime_ns(blob))


def _record(weights: Weights, entries: Sequence[Entry]) -> None:
    if missing := {file.name for file in weights.files} - {entry.name for entry in entries}:
        raise BundleCorrupt(f"{min(missing)} of {weights.repo} is not in the archive: pack the bundle again")
    structure.check(cache.snapshot_folder(weights.repo, weights.commit))
    Receipt(weights.repo, weights.revision, weights.commit, weights.licence, tuple(entries)).write()


def _below(name: str, folder: Path) -> str:
    """The name, once it is sure that it leads nowhere else."""
    parts = PurePosixPath(name).parts
    plain = parts and not {"..", "/"} & set(parts) and "\0" not in name
    if not plain or not (folder / name).resolve().is_relative_to(folder.resolve()):
        raise BundleCorrupt(f"{name!r} leads out of {folder}: pack the bundle again")
    return name


def _write(content: IO[bytes], path: Path, tally: Tally, sha256: str | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh, hashed = path.with_name(f".{path.name[:200]}.installing"), hashlib.sha256()
    with fresh.open("wb") as out:
        while chunk := content.read(disk.CHUNK_BYTES):
            out.write(chunk)
            hashed.update(chunk)
            tally.add(len(chunk))
        out.flush()
        os.fsync(out.fileno())
    if sha256 not in (None, hashed.hexdigest()):
        fresh.unlink()
        raise BundleCorrupt(f"{path.name} is not what the manifest says: run the same command again")
    fresh.replace(path)
