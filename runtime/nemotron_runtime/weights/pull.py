"""Brings a repository into the cache, each byte checked: look up, see that it fits, fetch, write down."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import is_offline_mode

from nemotron_runtime.errors import SetupError, WeightsCorrupt, WeightsMissing
from nemotron_runtime.models.spec import Variant
from nemotron_runtime.weights import cache, digest, hub, receipt, structure
from nemotron_runtime.weights.faults import no_room, translated
from nemotron_runtime.weights.fetch import fetch, is_right, partial_bytes
from nemotron_runtime.weights.listing import Listing, RemoteFile, look_up
from nemotron_runtime.weights.progress import OnProgress, Progress, Tally, silent
from nemotron_runtime.weights.receipt import Entry, Receipt

WORKERS = 8
"""Files at the same time; what huggingface-hub takes, too."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a pull would do.

    Attributes:
        fetch_bytes: Still to come over the network.
        check_bytes: In the cache, but not known to be right.
        free_bytes: On the disk of the cache.
    """

    listing: Listing
    fetch_bytes: int
    check_bytes: int
    free_bytes: int

    @property
    def known(self) -> Receipt | None:
        """The receipt, where everything is there and known to be right."""
        return whole(self.listing.repo, self.listing.commit)

    def check_room(self) -> None:
        """Before the first byte.

        Raises:
            DiskFull: naming both sizes.
        """
        if self.fetch_bytes > self.free_bytes:
            raise no_room(self.listing.repo, self.fetch_bytes, self.free_bytes, str(cache.root()))


Agree = Callable[[Order], None]


def order(repo: str, revision: str | None = None) -> Order:
    """Works out what a pull would do, and writes nothing.

    Args:
        revision: A branch, a tag or a commit; None is the newest.

    Raises:
        WeightsMissing: The hub can't be reached, or refuses.
    """
    listing = look_up(repo, revision)
    trusted, blobs = _trusted(repo), cache.storage(repo) / "blobs"
    fetched = checked = 0
    for file in _distinct(listing):
        blob = blobs / file.digest
        if not _has_size(blob, file):
            fetched += file.bytes - partial_bytes(blobs, file)
        elif not _is_trusted(blob, trusted):
            checked += file.bytes
    return Order(listing, fetched, checked, _free_bytes(cache.root()))


def whole(repo: str, commit: str) -> Receipt | None:
    """The receipt of a commit, where all its files are still as they were."""
    known = receipt.load(repo)
    return known if known and known.commit == commit and not known.changed() else None


def needs_no_hub(repo: str, revision: str | None = None) -> Receipt | None:
    """The receipt, where the hub need not, or may not, be asked what a revision is, and all is there."""
    known = receipt.load(repo)
    if known is None or known.changed():
        return None
    offline = is_offline_mode() and revision in (None, known.revision)
    return known if offline or revision == known.commit else None


def ensure(variant: Variant, agree: Agree, on_progress: OnProgress = silent) -> Path:
    """The folder of a variant's files: at once, and without the hub, where they are whole, else pulled.

    Raises:
        SetupError: as in :func:`pull`.
    """
    try:
        return hub.snapshot(variant)
    except WeightsMissing:
        return pull(variant.repo, variant.revision, agree, on_progress).folder


def pull(
    repo: str, revision: str | None = None, agree: Agree = lambda _: None, on_progress: OnProgress = silent
) -> Receipt:
    """Downloads and checks a repository's weights; there is little to do where that was done before.

    Args:
        revision: A branch, a tag or a commit; None is the newest.
        agree: Called once before the first byte, with what would be done, unless all is there; raises to
            refuse it.
        on_progress: Called from several threads, by one at a time.

    Raises:
        WeightsMissing: The hub can't be reached, or refuses.
        WeightsCorrupt: What arrives is not what the hub names, or does not belong together.
        DiskFull: It does not fit.
    """
    if settled := needs_no_hub(repo, revision):
        return settled
    wanted = order(repo, revision)
    if not wanted.known:
        agree(wanted)
        wanted.check_room()
    return carry_out(wanted, on_progress)


def carry_out(wanted: Order, on_progress: OnProgress = silent) -> Receipt:
    """Does what was ordered.

    Raises:
        SetupError: as in :func:`pull`.
    """
    listing = wanted.listing

    def waits() -> None:
        on_progress(Progress("wait", 0, listing.bytes, "another pull of it is going on: waiting for it"))

    with translated(listing.repo, listing.revision), cache.locked(listing.repo, waits):
        known = wanted.known
        entries = known.files if known else _settle_all(listing, on_progress)
        if not known:
            _check_structure(listing)
        fresh = Receipt(listing.repo, listing.revision, listing.commit, listing.licence, entries)
        if fresh != known:
            fresh.write()
            _write_ref(listing)
    return fresh


def _settle_all(listing: Listing, on_progress: OnProgress) -> tuple[Entry, ...]:
    tally = Tally("download", sum(file.bytes for file in _distinct(listing)), on_progress)
    trusted, blobs = _trusted(listing.repo), cache.storage(listing.repo) / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)

    def settle(file: RemoteFile) -> Entry:
        return _settle(listing, file, blobs, tally, trusted)

    found = {entry.name: entry for entry in _in_parallel(settle, _distinct(listing), tally)}
    by_digest = {file.digest: found[file.name] for file in _distinct(listing)}
    folder = cache.snapshot_folder(listing.repo, listing.commit)
    for file in listing.files:
        cache.link(blobs / file.digest, folder / file.name)
    return tuple(
        Entry(file.name, file.bytes, by_digest[file.digest].sha256, by_digest[file.digest].mtime_ns)
        for file in listing.files
    )


def _settle(
    listing: Listing, file: RemoteFile, blobs: Path, tally: Tally, trusted: dict[str, Entry]
) -> Entry:
    """Makes one blob right: known so, found so, or fetched."""
    blob = blobs / file.digest
    if _has_size(blob, file) and _is_trusted(blob, trusted):
        tally.add(file.bytes)
    elif not _has_size(blob, file) or not is_right(blob, file, tally.add):
        tally.add(partial_bytes(blobs, file) - (file.bytes if _has_size(blob, file) else 0))
        blob = fetch(listing, file, blobs, tally)
    sha256 = file.digest if file.is_large else digest.sha256(blob)
    return Entry(file.name, file.bytes, sha256, receipt.mtime_ns(blob))


def _in_parallel(
    work: Callable[[RemoteFile], Entry], files: tuple[RemoteFile, ...], tally: Tally
) -> list[Entry]:
    """The first fault ends all; what the others have fetched by then is kept."""
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="pull") as pool:
        futures = [pool.submit(work, file) for file in files]
        try:
            return [future.result() for future in as_completed(futures)]
        except BaseException:
            tally.cancel()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _check_structure(listing: Listing) -> None:
    try:
        structure.check(cache.snapshot_folder(listing.repo, listing.commit))
    except SetupError as error:
        raise WeightsCorrupt(
            f"{listing.repo} at {listing.commit[:12]} arrived as published, but does not fit together: "
            f"{error.message}. Name another state of it with --revision."
        ) from error


def _write_ref(listing: Listing) -> None:
    if listing.revision != listing.commit:
        cache.write_atomically(cache.storage(listing.repo) / "refs" / listing.revision, listing.commit)


def _trusted(repo: str) -> dict[str, Entry]:
    """What the last receipt has found right, by SHA-256, which is the blob's name."""
    known = receipt.load(repo)
    return {entry.sha256: entry for entry in known.files} if known else {}


def _is_trusted(blob: Path, trusted: dict[str, Entry]) -> bool:
    entry = trusted.get(blob.name)
    return entry is not None and receipt.same(blob, entry)


def _has_size(blob: Path, file: RemoteFile) -> bool:
    return blob.is_file() and blob.stat().st_size == file.bytes


def _distinct(listing: Listing) -> tuple[RemoteFile, ...]:
    """One of each content: the cache keeps the same bytes once."""
    return tuple({file.digest: file for file in listing.files}.values())


def _free_bytes(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
