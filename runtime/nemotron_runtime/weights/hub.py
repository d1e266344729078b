"""Published weights, through huggingface-hub's own client and cache."""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

from nemotron_runtime.errors import WeightsMissing
from nemotron_runtime.models.spec import Variant

FILES = ("*.json", "*.jinja", "*.safetensors", "*.txt", "*.model")


def snapshot(variant: Variant) -> Path:
    """The folder of a variant's files, downloaded where they are not in the cache yet.

    Raises:
        WeightsMissing: The hub can't be reached or refuses.
    """
    try:
        folder = snapshot_download(variant.repo, revision=variant.revision, allow_patterns=list(FILES))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise WeightsMissing(
            f"{variant.repo} is not in the cache and can't be downloaded ({type(error).__name__}). "
            "Check the network and HF_TOKEN, or pass a folder that holds the model with --model."
        ) from error
    return Path(folder)
