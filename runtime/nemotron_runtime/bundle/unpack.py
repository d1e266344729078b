"""Checks a bundle, and joins its parts to files again."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from nemotron_runtime.bundle.disk import CHUNK_BYTES
from nemotron_runtime.bundle.manifest import MAX_BYTES, NAME, Manifest, part_name
from nemotron_runtime.bundle.parts import Piece, cut
from nemotron_runtime.bundle.progress import Progress, Tell, silent
from nemotron_runtime.errors import BundleCorrupt

_REMEDY = "Copy them again from where the bundle was made, and run the same command."


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the bundle in a folder.

    Raises:
        BundleCorrupt: There is none, or it is not to be trusted.
    """
    try:
        with _open(folder / NAME) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BundleCorrupt(
            f"{folder / NAME}: {error.strerror}. A bundle without it was not finished: pack it again."
        ) from error
    if len(data) > MAX_BYTES:
        raise BundleCorrupt(f"{folder / NAME} is larger than a manifest can be")
    return Manifest.loads(data)


def check_present(folder: Path, manifest: Manifest) -> None:
    """Sees at a glance that every part is there, of its size, and no other.

    Raises:
        BundleCorrupt: naming the parts.
    """
    faults = []
    wanted = {part_name(index): part.size for index, part in enumerate(manifest.parts)}
    for name, size in wanted.items():
        if fault := _fault(folder / name, size):
            faults.append(f"{name} {fault}")
    faults += [
        f"{path.name} is not of this bundle"
        for path in sorted(folder.glob("bundle-*.part"))
        if path.name not in wanted
    ]
    if faults:
        raise BundleCorrupt(f"{folder}: {'; '.join(faults)}. {_REMEDY}")


def join(
    folder: Path, manifest: Manifest, roots: Mapping[str, Path] | None = None, tell: Tell = silent
) -> None:
    """Reads every part once and checks every digest; writes the files where there are roots.

    Args:
        roots: For each kind of file (wheels, weights, caches) a fresh folder; None only checks.

    Raises:
        BundleCorrupt: naming each damaged part, or a file that its parts don't add up to.
    """
    digests = [hashlib.sha256() for _ in manifest.files]
    total, done = sum(part.size for part in manifest.parts), 0
    damaged = []
    _make_empty(manifest, roots)
    for index, pieces in enumerate(cut([entry.size for entry in manifest.files], manifest.part_bytes)):
        name, whole = part_name(index), hashlib.sha256()
        for piece, chunk in _read(folder / name, pieces):
            whole.update(chunk)
            digests[piece.file].update(chunk)
            _append(manifest, roots, piece.file, chunk)
            done += len(chunk)
            tell(Progress("unpack" if roots else "check", done, total))
        if whole.hexdigest() != manifest.parts[index].sha256:
            damaged.append(name)
    if damaged:
        raise BundleCorrupt(f"{folder}: damaged: {', '.join(damaged)}. {_REMEDY}")
    for entry, digest in zip(manifest.files, digests, strict=True):
        if digest.hexdigest() != entry.sha256:
            raise BundleCorrupt(f"{folder}: {entry.path} is not what {NAME} says")


def _make_empty(manifest: Manifest, roots: Mapping[str, Path] | None) -> None:
    for index in range(len(manifest.files) if roots else 0):
        path = _path(manifest, roots or {}, index)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("xb").close()


def _append(manifest: Manifest, roots: Mapping[str, Path] | None, file: int, chunk: bytes) -> None:
    if roots:
        with _path(manifest, roots, file).open("ab") as out:
            out.write(chunk)


def _path(manifest: Manifest, roots: Mapping[str, Path], file: int) -> Path:
    kind, _, rest = manifest.files[file].path.partition("/")
    return roots[kind] / rest


def _read(path: Path, pieces: list[Piece]) -> Iterator[tuple[Piece, bytes]]:
    try:
        with _open(path) as part:
            for piece in pieces:
                for start in range(0, piece.length, CHUNK_BYTES):
                    wanted = min(CHUNK_BYTES, piece.length - start)
                    if len(chunk := part.read(wanted)) != wanted:
                        raise BundleCorrupt(f"{path} is shorter than it was. {_REMEDY}")
                    yield piece, chunk
    except OSError as error:
        raise BundleCorrupt(f"{path} can't be read: {error.strerror}. {_REMEDY}") from error


def _fault(path: Path, size: int) -> str | None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return "is missing"
    if not stat.S_ISREG(found.st_mode):
        return "is no plain file"
    return None if found.st_size == size else f"has {found.st_size} bytes instead of {size}"


def _open(path: Path):  # type: ignore[no-untyped-def]
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")
