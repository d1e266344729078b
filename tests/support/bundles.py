"""A small bundle, and the machine without network that it is for."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from pathlib import Path

import pytest
from huggingface_hub import constants

from nemotron_runtime.bundle import manifest
from nemotron_runtime.bundle.manifest import Target
from nemotron_runtime.bundle.pack import Contents
from nemotron_runtime.weights import cache, digest
from nemotron_runtime.weights.embedded import CHECKPOINT
from nemotron_runtime.weights.receipt import Entry, Receipt, mtime_ns

REPO, COMMIT = "someone/small", "c" * 40
PART_BYTES = 3_000_000
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def use_cache(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Makes this the cache of the hub's client."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    return folder


def pulled(source: Path = CHECKPOINT) -> Receipt:
    """A checkpoint in the cache, as a pull leaves it."""
    entries = []
    for path in sorted(source.iterdir()):
        if path.suffix in (".json", ".jinja", ".safetensors"):
            sha256 = digest.sha256(path)
            blob = cache.storage(REPO) / "blobs" / sha256
            blob.parent.mkdir(parents=True, exist_ok=True)
            blob.write_bytes(path.read_bytes())
            cache.link(blob, cache.snapshot_folder(REPO, COMMIT) / path.name)
            entries.append(Entry(path.name, blob.stat().st_size, sha256, mtime_ns(blob)))
    receipt = Receipt(REPO, "main", COMMIT, "apache-2.0", tuple(entries))
    receipt.write()
    return receipt


def contents(
    wheels: Path, weights: Receipt | None, caches: Path | None = None, python: str = PYTHON
) -> Contents:
    """What :func:`wheels` and a cache make up."""
    target = Target(python=python, machine=platform.machine(), card="H100 80GB")
    return Contents(target, "1.0", "tiny-app[cuda]==1.0", sys.executable, (wheels,), weights, caches)


def reseal(bundle: Path, **changes: object) -> None:
    """Changes the manifest of a bundle, its sum, too: what a forger would do."""
    document = {**json.loads((bundle / manifest.NAME).read_bytes()), **changes}
    data = json.dumps(document).encode()
    (bundle / manifest.NAME).write_bytes(data)
    sums = (bundle / manifest.SUMS).read_text().splitlines()
    kept = [line for line in sums if not line.endswith(f"  {manifest.NAME}")]
    (bundle / manifest.SUMS).write_text(
        "\n".join([*kept, manifest.line(manifest.NAME, hashlib.sha256(data).hexdigest()), ""])
    )


def flip(path: Path, offset: int = 1000) -> None:
    """Turns one bit of a file."""
    data = bytearray(path.read_bytes())
    data[offset % len(data)] ^= 1
    path.write_bytes(data)
