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
from nemotron_runtime.weights.structure import NEEDED

FILES = ("*.json", "*.jinja", "*.safetensors", "*.txt", "*.model")
"""What a model is served from; all at the top of the repository."""
_BRIEF = 100
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
        listing = _asked(repo, wanted)
        _check_whole(listing)
        _check_access(listing)
    return listing


def _asked(repo: str, revision: str) -> Listing:
    """What answers need not be a hub: a proxy's page, for one."""
    try:
        info = HfApi().model_info(
            repo, revision=revision, files_metadata=True, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT
        )
        commit = _match(_COMMIT, info.sha)
        return Listing(repo, revision, commit, _licence(info), bool(info.gated), tuple(_files(info)))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise WeightsMissing(
            f"{constants.ENDPOINT} does not answer as a hub does for {repo} ({_brief(error)}): check "
            "HF_ENDPOINT and the proxy."
        ) from error


def _files(info: ModelInfo) -> Iterator[RemoteFile]:
    names = set()
    for entry in info.siblings or ():
        name = entry.rfilename
        if not (_NAME.fullmatch(name) and any(fnmatch(name, pattern) for pattern in FILES)):
            continue
        if type(entry.size) is not int or entry.size < 0 or name in names:
            raise ValueError(f"{name} has no size, or stands twice")
        digest = _match(_SHA256, entry.lfs.sha256) if entry.lfs else _match(_COMMIT, entry.blob_id)
        names.add(name)
        yield RemoteFile(name, entry.size, digest)


def _match(pattern: re.Pattern[str], digest: Any) -> str:
    if not pattern.fullmatch(digest):
        raise ValueError(f"{digest!r} is no hash")
    return str(digest)


def _check_whole(listing: Listing) -> None:
    """Before tens of GB are fetched that nothing can be served from."""
    names = {file.name for file in listing.files}
    missing = [name for name in NEEDED if name not in names]
    if not any(name.endswith(".safetensors") for name in names):
        missing.append("*.safetensors")
    if missing:
        raise WeightsMissing(
            f"{listing.repo} at {listing.commit[:12]} has no {', '.join(missing)}, so that it can't be "
            "served: name another repository, or another state of it with --revision."
        )


def _check_access(listing: Listing) -> None:
    """A listing is public where the files may not be."""
    largest = max(listing.files, key=lambda file: file.bytes)
    get_hf_file_metadata(hf_hub_url(listing.repo, largest.name, revision=listing.commit))


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_BRIEF]


def _licence(info: ModelInfo) -> str:
    card: Any = info.card_data or {}
    name = card.get("license_name") or card.get("license") or "not named"
    link = card.get("license_link")
    return f"{name} ({link})" if link else str(name)
