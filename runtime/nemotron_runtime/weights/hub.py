"""The folder that a published model is served from."""

from __future__ import annotations

from pathlib import Path

from nemotron_runtime.errors import WeightsMissing
from nemotron_runtime.models.spec import Variant
from nemotron_runtime.weights import receipt


def snapshot(variant: Variant) -> Path:
    """The folder of a variant's files, all of which were checked when they were pulled.

    Raises:
        WeightsMissing: They were not pulled, or have changed since.
    """
    known, command = receipt.load(variant.repo), f"nemotron pull --variant {variant.name}"
    if known is None or variant.revision not in (None, known.revision, known.commit):
        state = f" at {variant.revision}" if variant.revision else ""
        raise WeightsMissing(
            f"{variant.repo}{state} has not been downloaded: run `{command}`, or pass a folder that holds "
            "the model with --model."
        )
    if changed := known.changed():
        raise WeightsMissing(
            f"{variant.repo} is not whole: {', '.join(changed[:3])} changed since the last check. Run "
            f"`nemotron verify {variant.repo}`, and `{command}` where that finds damage."
        )
    return known.folder
