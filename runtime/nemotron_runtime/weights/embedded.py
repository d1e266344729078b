"""The embedded demonstration model: a trained checkpoint among the files of this package."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from nemotron_runtime.errors import WeightsCorrupt, WeightsMissing

MANIFEST = "manifest.json"
"""``{"files": {name: SHA-256 in hexadecimal}}``, for each file that the model is loaded from."""

CHECKPOINT = Path(__file__).with_name("demo")

_REMEDY = "reinstall nemotron-runtime, or restore it in a checkout with git"


def embedded_checkpoint(folder: Path = CHECKPOINT) -> Path:
    """Finds the checkpoint, and reads it once to see that it is whole.

    Raises:
        WeightsMissing: Files are not there.
        WeightsCorrupt: Files are not those that were shipped.
    """
    for name, digest in _manifest(folder).items():
        try:
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except OSError as error:
            raise WeightsMissing(f"{folder / name} can't be read ({error.strerror}): {_REMEDY}") from error
        if found != digest:
            raise WeightsCorrupt(f"{folder / name} is damaged: {_REMEDY}")
    return folder


def _manifest(folder: Path) -> dict[str, str]:
    path = folder / MANIFEST
    try:
        return dict(json.loads(path.read_bytes())["files"])
    except OSError as error:
        raise WeightsMissing(f"{path} can't be read ({error.strerror}): {_REMEDY}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsCorrupt(f"{path} is damaged: {_REMEDY}") from error
