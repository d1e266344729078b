"""What goes wrong between the hub and the disk, in words that say what to do next."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub import constants
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from nemotron_runtime.errors import DiskFull, SetupError, WeightsMissing

_AGAIN = "What has arrived is kept: run `nemotron pull` again, and it goes on from there."


@contextmanager
def translated(repo: str, revision: str | None = None) -> Iterator[None]:
    """Turns what the hub's client and the disk raise into a :class:`SetupError`."""
    try:
        yield
    except HfHubHTTPError as error:
        raise WeightsMissing(_refused(repo, revision, error)) from error
    except OfflineModeIsEnabled as error:
        raise WeightsMissing(
            f"{repo} is not whole in the cache, and HF_HUB_OFFLINE forbids to ask the hub: unset it, and run "
            "`nemotron pull` again."
        ) from error
    except OSError as error:
        raise _of_disk(repo, error) from error
    except HTTPError as error:
        raise WeightsMissing(
            f"{constants.ENDPOINT} can't be reached for {repo} ({type(error).__name__}). Check the network, "
            f"HTTPS_PROXY and HF_ENDPOINT. {_AGAIN}"
        ) from error


def is_full(error: OSError) -> bool:
    """Whether there was no room to write."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def no_room(repo: str, missing_bytes: int, free_bytes: int, place: str) -> DiskFull:
    """The error where a download would not fit."""
    return DiskFull(
        f"{repo} needs {missing_bytes / 1e9:.2f} GB more at {place}, and {free_bytes / 1e9:.2f} GB are free. "
        "Free some, or choose another disk by HF_HOME or HF_HUB_CACHE."
    )


def _of_disk(repo: str, error: OSError) -> SetupError:
    if is_full(error):
        return DiskFull(
            f"the disk is full before {repo} is whole: free some room, or choose another disk by HF_HOME or "
            f"HF_HUB_CACHE. {_AGAIN}"
        )
    return WeightsMissing(
        f"{repo} can't be kept at {error.filename or constants.HF_HUB_CACHE} ({error.strerror or error}): "
        "check the permissions, or choose another place by HF_HOME or HF_HUB_CACHE."
    )


def _refused(repo: str, revision: str | None, error: HfHubHTTPError) -> str:
    page, status = f"{constants.ENDPOINT}/{repo}", error.response.status_code
    if isinstance(error, GatedRepoError):
        return (
            f"{repo} is gated: accept its terms at {page}, then set HF_TOKEN to a token of that account "
            "(or run `hf auth login`)."
        )
    if isinstance(error, RepositoryNotFoundError) or (status == 404 and type(error) is HfHubHTTPError):
        return f"{repo} is not on the hub, or is private: check its name, or set HF_TOKEN."
    if isinstance(error, RevisionNotFoundError):
        return f"{repo} has no revision {revision!r}: see {page}/commits, and name one with --revision."
    if isinstance(error, RemoteEntryNotFoundError):
        return f"{repo} lists a file that the hub does not have: name another state of it with --revision."
    if status in (401, 403):
        return f"the hub refuses {repo} to this token ({status}): check HF_TOKEN, and the terms at {page}."
    if status == 429:
        return (
            f"the hub asks for a pause (429): wait some minutes; with HF_TOKEN set it allows more. {_AGAIN}"
        )
    return f"the hub fails for {repo} ({status}): try again later. {_AGAIN}"
