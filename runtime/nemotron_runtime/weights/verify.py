"""Reads everything again that a receipt names."""

from __future__ import annotations

from nemotron_runtime.errors import SetupError, WeightsCorrupt, WeightsMissing
from nemotron_runtime.weights import cache, digest, structure
from nemotron_runtime.weights.faults import translated
from nemotron_runtime.weights.progress import OnProgress, Tally, silent
from nemotron_runtime.weights.receipt import Entry, Receipt, load, load_all


def receipts(repo: str | None = None) -> tuple[Receipt, ...]:
    """What was pulled: all, or one repository.

    Raises:
        WeightsMissing: Nothing was.
    """
    found = load_all() if repo is None else tuple(one for one in [load(repo)] if one)
    if not found:
        raise WeightsMissing(
            f"{repo or 'a model'} has not been pulled into {cache.root()}: run `nemotron pull`."
        )
    return found


def verify(receipt: Receipt, on_progress: OnProgress = silent) -> None:
    """Hashes every file and reads every header; then the receipt is as good as new.

    Raises:
        WeightsMissing: Files are gone.
        WeightsCorrupt: Files are damaged, which the receipt remembers.
    """
    tally = Tally("check", receipt.bytes, on_progress)
    with translated(receipt.repo, receipt.revision):
        faults = {entry.name: fault for entry in receipt.files if (fault := _fault(receipt, entry, tally))}
        gone = {name for name, fault in faults.items() if fault == "gone"}
        if not gone and (marked := receipt.marked(set(faults))) != receipt:
            marked.write()
    if faults:
        told = ", ".join(f"{name} ({fault})" for name, fault in sorted(faults.items()))
        kind = WeightsMissing if gone else WeightsCorrupt
        raise kind(f"{receipt.repo} is not whole: {told}. Run `nemotron pull {_words(receipt)}`.")
    try:
        structure.check(receipt.folder)
    except SetupError as error:
        raise WeightsCorrupt(f"{receipt.repo} does not fit together: {error.message}") from error


def _fault(receipt: Receipt, entry: Entry, tally: Tally) -> str | None:
    path = receipt.folder / entry.name
    if not path.is_file():
        return "gone"
    if path.stat().st_size != entry.bytes:
        return "of another size"
    return None if digest.sha256(path, tally.add) == entry.sha256 else "damaged"


def _words(receipt: Receipt) -> str:
    return f"{receipt.repo} --revision {receipt.revision}"
