"""Writes a bundle: parts, one after the other, then the manifest, which makes it whole."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nemotron_runtime.bundle import disk
from nemotron_runtime.bundle.manifest import NAME, Entry, Manifest, Origin, Part, part_name
from nemotron_runtime.bundle.parts import Piece, cut
from nemotron_runtime.bundle.progress import Progress, Tell, silent
from nemotron_runtime.bundle.sources import Source
from nemotron_runtime.bundle.targets import Target
from nemotron_runtime.errors import ConfigError

SUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle is made of."""

    target: Target
    version: str
    sources: Sequence[Source]
    weights: Origin | None = None

    @property
    def total_bytes(self) -> int:
        """Of all files."""
        return sum(source.size for source in self.sources)


def pack(contents: Contents, out: Path, part_bytes: int, tell: Tell = silent) -> Manifest:
    """Writes a bundle into a folder; parts that an earlier run left there whole are kept.

    Raises:
        DiskFull: It does not fit.
        ConfigError: A file changed while it was read, or can't be read.
    """
    with disk.translated(out):
        out.mkdir(parents=True, exist_ok=True)
        _withdraw(out)
        entries, parts = write_parts(contents.sources, out, part_bytes, tell)
        _remove_others(out, len(parts))
        unpacked = sum(
            _unpacked_bytes(source.file) for source in contents.sources if source.path.endswith(".whl")
        )
        manifest = Manifest(
            contents.target, contents.version, part_bytes, unpacked, contents.weights, entries, parts
        )
        disk.write_whole(out / SUMS, _sums(manifest).encode())
        disk.write_whole(out / NAME, manifest.dumps())
    return manifest


def missing_bytes(sizes: Sequence[int], out: Path) -> int:
    """What parts of these sizes would still take in a folder."""
    return sum(size for index, size in enumerate(sizes) if _size(out / part_name(index)) != size)


def write_parts(
    sources: Sequence[Source], out: Path, part_bytes: int, tell: Tell = silent
) -> tuple[tuple[Entry, ...], tuple[Part, ...]]:
    """Writes each part under another name, and gives it its own once it is whole."""
    total, done = sum(source.size for source in sources), 0
    digests = [hashlib.sha256() for _ in sources]
    parts = []
    for index, pieces in enumerate(cut([source.size for source in sources], part_bytes)):
        size = sum(piece.length for piece in pieces)
        path = out / part_name(index)
        before = _digest(path) if _size(path) == size else None
        fresh = path.with_name(path.name + ".tmp")
        whole = hashlib.sha256()
        with fresh.open("wb") as file:
            for piece, chunk in _read(sources, pieces):
                digests[piece.file].update(chunk)
                whole.update(chunk)
                if before is None:
                    file.write(chunk)
                done += len(chunk)
                tell(Progress("pack", done, total))
            if before not in (None, whole.hexdigest()):
                for _, chunk in _read(sources, pieces):
                    file.write(chunk)
        if before == whole.hexdigest():
            fresh.unlink()
        else:
            disk.settle(fresh, path)
        parts.append(Part(size, whole.hexdigest()))
    entries = (
        Entry(source.path, source.size, digest.hexdigest())
        for source, digest in zip(sources, digests, strict=True)
    )
    return tuple(entries), tuple(parts)


def _read(sources: Sequence[Source], pieces: Sequence[Piece]) -> Iterator[tuple[Piece, bytes]]:
    for piece in pieces:
        path = sources[piece.file].file
        with path.open("rb") as file:
            file.seek(piece.offset)
            for start in range(0, piece.length, disk.CHUNK_BYTES):
                wanted = min(disk.CHUNK_BYTES, piece.length - start)
                if len(chunk := file.read(wanted)) != wanted:
                    raise ConfigError(f"{path} became shorter while it was read: run the same command again")
                yield piece, chunk


def _withdraw(out: Path) -> None:
    """A manifest that promises what is about to change must not outlive a cut."""
    for name in (NAME, SUMS):
        (out / name).unlink(missing_ok=True)


def _remove_others(out: Path, count: int) -> None:
    wanted = {part_name(index) for index in range(count)}
    for path in [*out.glob("bundle-*.part"), *out.glob("*.tmp")]:
        if path.name not in wanted:
            path.unlink()


def _sums(manifest: Manifest) -> str:
    digests = {part_name(index): part.sha256 for index, part in enumerate(manifest.parts)}
    digests[NAME] = hashlib.sha256(manifest.dumps()).hexdigest()
    return "".join(f"{digest}  {name}\n" for name, digest in digests.items())


def _unpacked_bytes(wheel: Path) -> int:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile as error:
        raise ConfigError(f"{wheel} is no wheel: remove it and run the same command again") from error


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() and not path.is_symlink() else None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
