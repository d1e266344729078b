"""One file from the hub to the disk: goes on where it stopped, and counts only once its hash is right.

hf_hub_download of huggingface-hub throws the partial file away when it is interrupted, and a shard of 5 GB is
much to lose. So its session, headers, addresses and errors are used here, with a partial file that is kept.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from huggingface_hub import constants, get_session, hf_hub_url, hf_raise_for_status
from huggingface_hub.errors import HfHubHTTPError, HTTPError
from huggingface_hub.utils import build_hf_headers

from nemotron_runtime.errors import WeightsCorrupt
from nemotron_runtime.weights import digest
from nemotron_runtime.weights.listing import Listing, RemoteFile
from nemotron_runtime.weights.progress import Tally

ATTEMPTS = 6
"""In a row without a single new byte, before a file is given up."""
PAUSE_S = 1.0
"""After an attempt; doubles with each in a row that brings nothing, up to ``_LONGEST_PAUSE_S``."""
_LONGEST_PAUSE_S = 60.0
SLOW_BYTES = 1 << 16
"""A connection that brings less in ``SLOW_S`` is given up: the next one is often a quick one."""
SLOW_S = 60.0
_PASSING = {408, 425, 429, 500, 502, 503, 504}


def partial(blobs: Path, file: RemoteFile) -> Path:
    """Where a file grows; earlier releases of huggingface-hub go on with the same one."""
    return blobs / f"{file.digest}.incomplete"


def partial_bytes(blobs: Path, file: RemoteFile) -> int:
    """How much of a file has arrived."""
    path = partial(blobs, file)
    size = path.stat().st_size if path.exists() else 0
    return size if size <= file.bytes else 0


def is_right(path: Path, file: RemoteFile, on_bytes: Callable[[int], None]) -> bool:
    """Whether the bytes are those that the hub names; ``on_bytes`` as in :func:`digest.sha256`."""
    if not file.is_large:
        on_bytes(path.stat().st_size)
        return digest.git_sha1(path) == file.digest
    return digest.sha256(path, on_bytes) == file.digest


def fetch(listing: Listing, file: RemoteFile, blobs: Path, tally: Tally) -> Path:
    """Downloads a file into ``blobs``; ``tally`` has counted ``partial_bytes`` before.

    Raises:
        WeightsCorrupt: Twice other bytes arrived than the hub names.
        Exception: Whatever :func:`faults.translated` knows.
    """
    path = partial(blobs, file)
    for _ in range(2):
        _fill(listing, file, path, tally)
        if is_right(path, file, lambda _: tally.add(0)):
            return path.replace(blobs / file.digest)
        tally.add(-path.stat().st_size)
        path.unlink()
        tally.note(f"{file.name} arrived damaged and is fetched again")
    raise WeightsCorrupt(
        f"{file.name} of {listing.repo} arrived damaged twice: its hash is not the one that the hub names. "
        "Check the proxy and HF_ENDPOINT, then run `nemotron pull` again."
    )


def _fill(listing: Listing, file: RemoteFile, path: Path, tally: Tally) -> None:
    with path.open("ab") as out:
        if out.tell() > file.bytes:
            out.truncate(0)
        failures = 0
        while (before := out.tell()) < file.bytes:
            pause_s, cause = _attempt(listing, file, out, tally)
            failures = 0 if out.tell() > before else failures + 1
            if out.tell() == file.bytes:
                break
            if failures == ATTEMPTS:
                raise cause or _short(listing, file)
            tally.note(f"{file.name}: {_reason(cause)}; goes on at {out.tell() / 1e9:.2f} GB")
            tally.pause(pause_s or min(PAUSE_S * 2**failures, _LONGEST_PAUSE_S))
        out.flush()
        os.fsync(out.fileno())


def _attempt(
    listing: Listing, file: RemoteFile, out: BinaryIO, tally: Tally
) -> tuple[float, Exception | None]:
    """Appends what one request brings; gives the pause that the hub asks for, and what ended it."""
    try:
        _pour(hf_hub_url(listing.repo, file.name, revision=listing.commit), out, file, tally)
    except HfHubHTTPError as error:
        if error.response.status_code == 416:  # nothing follows what is there
            raise _short(listing, file) from error
        if error.response.status_code not in _PASSING:
            raise
        asked = error.response.headers.get("Retry-After", "")
        return min(float(asked) if asked.isdigit() else 0.0, _LONGEST_PAUSE_S), error
    except HTTPError as error:
        return 0.0, error
    finally:
        out.flush()
    return 0.0, None


def _pour(url: str, out: BinaryIO, file: RemoteFile, tally: Tally) -> None:
    start = out.tell()
    headers = build_hf_headers() | {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream("GET", url, headers=headers, timeout=timeout) as response:
        hf_raise_for_status(response)
        if start and response.status_code != 206:  # the whole file comes after all
            out.truncate(0)
            out.seek(0)
            tally.add(-start)
        since, mark = time.monotonic(), out.tell()
        for part in response.iter_bytes():
            part = part[: file.bytes - out.tell()]
            out.write(part)
            tally.add(len(part))
            if out.tell() == file.bytes:  # a server that never ends doesn't matter
                break
            if time.monotonic() - since > SLOW_S:
                if out.tell() - mark < SLOW_BYTES:
                    raise HTTPError("a trickle")
                since, mark = time.monotonic(), out.tell()


def _short(listing: Listing, file: RemoteFile) -> WeightsCorrupt:
    return WeightsCorrupt(
        f"{file.name} of {listing.repo} ends before the {file.bytes} bytes that the hub names. "
        "Check the proxy and HF_ENDPOINT, then run `nemotron pull` again."
    )


def _reason(cause: Exception | None) -> str:
    if isinstance(cause, HfHubHTTPError):
        return f"the hub answered {cause.response.status_code}"
    return "the connection was lost" if cause else "the answer was short"
