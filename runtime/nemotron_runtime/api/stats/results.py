"""Results of benchmarks that lie on this machine: those of a checkout."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from nemotron_runtime.models.spec import configs_dir
from nemotron_runtime.wire.stats import ResultBody

_NAME = re.compile(r"(?P<date>\d{4}-\d\d-\d\d)-(?P<gpu>.+?)-(?P<commit>[0-9a-f]{7,40})-(?P<what>.+)\.json")
_NEWEST = 20
_FILE_BYTES = 1 << 20
_SUMMARY_CHARACTERS = 200


@cache
def results() -> list[ResultBody]:
    """The newest ones first, read once."""
    return found_in(configs_dir().parent / "benchmarks/results")


def found_in(folder: Path) -> list[ResultBody]:
    """Reads the results of a folder; what is no result is left out."""
    names = sorted((path.name for path in folder.glob("*.json")), reverse=True)
    read = (_result(folder / name) for name in names)
    return [result for result in read if result][:_NEWEST]


def _result(path: Path) -> ResultBody | None:
    named = _NAME.fullmatch(path.name)
    try:
        if named is None or path.stat().st_size > _FILE_BYTES:
            return None
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return {
        "file": path.name,
        "what": named["what"].replace("-", " "),
        "date": named["date"],
        "gpu": None if named["gpu"] == "cpu" else named["gpu"],
        "commit": named["commit"],
        "summary": _summary(content)[:_SUMMARY_CHARACTERS],
    }


def _summary(content: Any) -> str:
    """What the file says of itself, and its last row of a summary as far as that is plain numbers."""
    if not isinstance(content, dict):
        return ""
    what = content.get("what") or content.get("kind")
    words = [what.replace("_", " ")] if isinstance(what, str) else []
    rows = content.get("summary")
    if isinstance(rows, list) and rows and isinstance(rows[-1], dict):
        words.append(_row(rows[-1]))
    return "; ".join(filter(None, words))


def _row(row: Mapping[str, Any]) -> str:
    values = {name: value for name, value in row.items() if name == "streams"}
    inner = row.get("ours")
    values |= inner if isinstance(inner, dict) else row
    plain = [(name, value) for name, value in values.items() if isinstance(value, int | float)]
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in plain[:3])
