"""Checks a bundle, then puts what it holds where it belongs."""

from __future__ import annotations

import platform
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from nemotron_runtime.bundle import disk, wheels
from nemotron_runtime.bundle.manifest import Manifest, Weights, read
from nemotron_runtime.bundle.unpack import unpack
from nemotron_runtime.errors import BundleCorrupt, ConfigError
from nemotron_runtime.weights import cache, digest, receipt
from nemotron_runtime.weights.progress import OnProgress, Tally, silent

_REMEDY = "Copy them again from where the bundle was made, and run the same command."


@dataclass(frozen=True, slots=True)
class Places:
    """Where to install wheels and caches; None leaves them out. Weights go into Hugging Face's cache."""

    venv: Path | None = None
    caches: Path | None = None


def install(bundle: Path, places: Places, on_progress: OnProgress = silent) -> Manifest:
    """Reads and checks all of a bundle before anything is written; can be run again after any end.

    Raises:
        BundleCorrupt: naming each file that is missing or damaged.
        ConfigError: It is for another kind of machine, or pip fails.
        DiskFull: It does not fit.
    """
    packed = read(bundle)
    if places.venv:
        _check_target(packed)
    check(bundle, packed, on_progress)
    weights = packed.weights if packed.weights and not _is_here(packed.weights) else None
    caches = places.caches if packed.caches_bytes else None
    disk.check_room(_needs(bundle, packed, weights, Places(places.venv, caches)))
    if places.venv:
        wheels.install(bundle, places.venv)
    if weights or caches:
        parts = [bundle / part.name for part in packed.parts]
        total = (weights.bytes if weights else 0) + (packed.caches_bytes if caches else 0)
        unpack(parts, weights, caches, Tally("unpack", total, on_progress))
    return packed


def check(bundle: Path, packed: Manifest, on_progress: OnProgress = silent) -> None:
    """Reads every file once.

    Raises:
        BundleCorrupt: naming each that is missing or damaged.
    """
    files = packed.files(bundle)
    faults = [f"{path.name} {fault}" for path, file in files.items() if (fault := _fault(path, file.bytes))]
    if not faults:
        tally = Tally("check", sum(file.bytes for file in files.values()), on_progress)
        faults = [
            f"{path.name} is damaged, or another bundle's"
            for path, file in files.items()
            if _sha256(path, tally) != file.sha256
        ]
    if not faults and _text(bundle / wheels.REQUIREMENTS) != wheels.requirements(packed.wheels):
        faults = [f"{wheels.REQUIREMENTS} is damaged, or another bundle's"]
    if faults:
        raise BundleCorrupt(f"{bundle}: {'; '.join(faults)}. {_REMEDY}")


def _check_target(packed: Manifest) -> None:
    python, machine = f"{sys.version_info.major}.{sys.version_info.minor}", platform.machine()
    if (python, machine) != (packed.target.python, packed.target.machine):
        raise ConfigError(
            f"the bundle is for {packed.target}; this is Python {python}, {machine}. Run the bundle's "
            "install.sh with PYTHON set to the right one, or pack another bundle."
        )


def _needs(bundle: Path, packed: Manifest, weights: Weights | None, places: Places) -> dict[Path, int]:
    needs = {cache.root(): weights.bytes if weights else 0}
    if places.venv:
        paths = [bundle / wheels.FOLDER / wheel.name for wheel in packed.wheels]
        needs[places.venv] = wheels.installed_bytes(paths)
    if places.caches:
        needs[places.caches] = needs.get(places.caches, 0) + packed.caches_bytes
    return needs


def _is_here(weights: Weights) -> bool:
    known = receipt.load(weights.repo)
    return known is not None and known.commit == weights.commit and not known.changed()


def _fault(path: Path, size: int) -> str | None:
    try:
        found = path.lstat()
    except OSError:
        return "is missing"
    if not stat.S_ISREG(found.st_mode):
        return "is no plain file"
    return None if found.st_size == size else f"has {found.st_size} bytes instead of {size}"


def _sha256(path: Path, tally: Tally) -> str | None:
    """None where it can't be read."""
    try:
        return digest.sha256(path, tally.add)
    except OSError:
        return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
