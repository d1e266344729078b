"""Where the hub's own cache keeps a repository, and who may write to it: ``HF_HUB_CACHE``, ``HF_HOME``."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import constants
from huggingface_hub.errors import HFValidationError
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils import validate_repo_id

from nemotron_runtime.errors import ConfigError


def root() -> Path:
    """The cache of all repositories."""
    return Path(constants.HF_HUB_CACHE).expanduser()


def storage(repo: str) -> Path:
    """The cache of one repository: ``blobs`` by hash, ``snapshots`` of links to them by commit.

    Raises:
        ConfigError: The name can't be that of a repository.
    """
    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        raise ConfigError(f"{repo!r} is no repository's name: expected OWNER/NAME") from error
    return root() / repo_folder_name(repo_id=repo, repo_type="model")


def snapshot_folder(repo: str, commit: str) -> Path:
    """What a model is loaded from."""
    return storage(repo) / "snapshots" / commit


def link(blob: Path, path: Path) -> None:
    """Makes ``path`` a relative link to ``blob``, at once for whoever looks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(blob, path.parent))
    fresh.replace(path)


def write_atomically(path: Path, text: str) -> None:
    """Writes a file that is either the old one or the whole new one, after a power cut, too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


@contextmanager
def locked(repo: str, on_wait: Callable[[], None]) -> Iterator[None]:
    """Only one at a time pulls a repository into a cache; the lock ends with its process.

    Args:
        on_wait: Called once where another one has the lock.
    """
    path = root() / ".locks" / storage(repo).name / "nemotron-pull.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
