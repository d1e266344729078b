"""What is asked: workloads as data, deterministic from a seed."""

from __future__ import annotations

from nemotron_bench.workloads.catalogue import load, names
from nemotron_bench.workloads.generate import SyntheticSource, fingerprint
from nemotron_bench.workloads.replay import ReplaySource, read_replay
from nemotron_bench.workloads.spec import BadWorkload, Session, Source, Workload

__all__ = [
    "BadWorkload",
    "ReplaySource",
    "Session",
    "Source",
    "SyntheticSource",
    "Workload",
    "fingerprint",
    "load",
    "names",
    "open_source",
    "read_replay",
]


def open_source(workload: Workload, seed: int) -> Source:
    """The requests of a workload.

    Raises:
        BadWorkload: a file to replay can't be read.
    """
    if workload.file is not None:
        return ReplaySource(workload, read_replay(workload.file))
    return SyntheticSource(workload, seed)
