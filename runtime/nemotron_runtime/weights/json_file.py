"""The JSON files of a checkpoint, which are trusted in nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nemotron_runtime.errors import WeightsCorrupt, WeightsMissing

_MAX_BYTES = 100_000_000


def read_object(path: Path) -> dict[str, Any]:
    """The object that a file holds.

    Raises:
        WeightsMissing: It can't be read.
        WeightsCorrupt: It holds no JSON object, or is too large.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise WeightsCorrupt(f"{path.name} is too large")
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise WeightsMissing(f"{path} can't be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise WeightsCorrupt(f"{path.name} is no JSON ({error})") from error
    if not isinstance(content, dict):
        raise WeightsCorrupt(f"{path.name} is no JSON object")
    return content
