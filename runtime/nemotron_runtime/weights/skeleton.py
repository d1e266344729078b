"""A published model without its weights: sizes, vocabulary, template. Dummy weights need no more."""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

from nemotron_runtime.errors import WeightsMissing
from nemotron_runtime.models.spec import Variant

FILES = ("*.json", "*.jinja")


def skeleton(variant: Variant) -> Path:
    """The folder of a variant's small files; a few MB are downloaded where they are not in the cache.

    Raises:
        WeightsMissing: The hub can't be reached, or refuses.
    """
    try:
        return Path(snapshot_download(variant.repo, revision=variant.revision, allow_patterns=list(FILES)))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise WeightsMissing(
            f"{variant.repo}: its configuration can't be downloaded ({type(error).__name__}). Check the "
            "network and HF_TOKEN, or pass a folder that holds configuration and vocabulary with --model."
        ) from error
