"""What the hub says of a repository at one commit: files, sizes, hashes, licence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from huggingface_hub import HfApi, ModelInfo, constants, get_hf_file_metadata, hf_hub_url

from nemotron_runtime.errors import WeightsMissing
from nemotron_runtime.weights.faults import translated

FILES = ("*.json", "*.jinja", "*.safetensors", "*.txt", "*.model")
"""What a model is served from; all at the top of the repository."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as the hub describes it.

    Attributes:
        digest: SHA-256 of a large file, Git's SHA-1 of a small one, in hexadecimal; its name in the cache.
    """

    name: str
    bytes: int
    digest: str

    @property
    def is_large(self) -> bool:
        """Whether the digest is a SHA-256."""
        return len(self.digest) == 64


@dataclass(frozen=True, slots=True)
class Listing:
    """A repository at a commit.

    Attributes:
        revision: What was asked for: a branch, a tag, a commit.
        commit: What that was when it was looked up. Only this is downloaded.
        licence: Its name, and where its text is, as far as the repository tells.
        gated: Whether its terms have to be accepted on the hub.
    """

    repo: str
    revision: str
    commit: str
    licence: str
    gated: bool
    files: tuple[RemoteFile, ...]

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(file.bytes for file in self.files)


def look_up(repo: str, revision: str | None = None) -> Listing:
    """Asks the hub, and whether this token may download.

    Args:
        revision: None is the newest.

    Raises:
        WeightsMissing: The hub can't be reached, refuses, or has no such weights.
    """
    wanted = revision or constants.DEFAULT_REVISION
    with translated(repo, wanted):
        info = HfApi().model_info(
            repo, revision=wanted, files_metadata=True, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT
        )
        if not _COMMIT.fullmatch(info.sha or ""):
            raise WeightsMissing(f"{constants.ENDPOINT} names no commit of {repo}: check HF_ENDPOINT.")
        files = tuple(_files(repo, info))
        _check_access(repo, str(info.sha), files)
    return Listing(repo, wanted, str(info.sha), _licence(info), bool(info.gated), files)


def _files(repo: str, info: ModelInfo) -> Iterator[RemoteFile]:
    names = set()
    for entry in info.siblings or ():
        name = entry.rfilename
        if not (_NAME.fullmatch(name) and any(fnmatch(name, pattern) for pattern in FILES)):
            continue
        large = _SHA256.fullmatch(entry.lfs.sha256) if entry.lfs else None
        digest = entry.lfs.sha256 if entry.lfs else entry.blob_id
        if not (large or _COMMIT.fullmatch(digest or "")) or entry.size is None or entry.size < 0:
            raise WeightsMissing(f"the hub names no size or hash of {repo}/{name}: check HF_ENDPOINT.")
        names.add(name)
        yield RemoteFile(name, entry.size, str(digest))
    if "config.json" not in names or not any(name.endswith(".safetensors") for name in names):
        raise WeightsMissing(
            f"{repo} has no config.json with *.safetensors: name a repository that has both."
        )


def _check_access(repo: str, commit: str, files: tuple[RemoteFile, ...]) -> None:
    """A listing is public where the files may not be."""
    largest = max(files, key=lambda file: file.bytes)
    get_hf_file_metadata(hf_hub_url(repo, largest.name, revision=commit))


def _licence(info: ModelInfo) -> str:
    card: Any = info.card_data or {}
    name = card.get("license_name") or card.get("license") or "not named"
    link = card.get("license_link")
    return f"{name} ({link})" if link else str(name)
