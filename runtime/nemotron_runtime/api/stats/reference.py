"""Figures of the hosted endpoint, which come with this package."""

from __future__ import annotations

import tomllib
from functools import cache

from nemotron_runtime.models.spec import configs_dir
from nemotron_runtime.wire.stats import ReferenceBody

FILE = "reference/nemotron-3-nano-30b-a3b.toml"


@cache
def reference() -> ReferenceBody:
    """Reads them."""
    read = tomllib.loads((configs_dir() / FILE).read_text(encoding="utf-8"))
    return {"source": read["source"], "date": read["date"], "figures": read["figures"]}
