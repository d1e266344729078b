"""What the system lets one process have."""

from __future__ import annotations

from collections.abc import Iterator

from nemotron_runtime.doctor.facts import Facts
from nemotron_runtime.doctor.finding import Finding, ok, warning, wrong

GIB = 1 << 30
MIB = 1 << 20
SHARED = "/dev/shm"  # noqa: S108
SEQUENCES = 128
"""Where the settings leave them open."""
OWN_FILES = 512
"""Shards, libraries, pipes and sockets of the engine."""
ENGINE_BYTES = 3 * GIB
"""vLLM's processes with the demo: 1.8 GiB with the smallest cache, 2.7 with one of 1 GiB."""


def open_files(facts: Facts) -> Iterator[Finding]:
    """Whether each client can have a connection, and memory its addresses."""
    allowed = facts.limits.open_files
    wanted = OWN_FILES + facts.settings.max_queue + (facts.settings.max_sequences or SEQUENCES)
    if allowed is not None and allowed < wanted:
        hard = facts.limits.open_files_hard
        able = hard is None or hard >= wanted
        yield warning(
            "ulimits",
            f"{allowed} open files are allowed, {wanted} are used when all sequences and the queue are full",
            f"Run ulimit -n {wanted} first"
            + (
                ", or set LimitNOFILE in the service."
                if able
                else ", as administrator; it is over the limit."
            ),
        )
    if facts.gpus and facts.limits.address_space_bytes is not None:
        yield wrong(
            "ulimits",
            f"addresses are limited to {facts.limits.address_space_bytes / GIB:.0f} GiB; CUDA reserves more",
            "Run ulimit -v unlimited first.",
        )
    elif allowed is None or allowed >= wanted:
        yield ok("ulimits", f"{'unlimited' if allowed is None else allowed} open files")


def shared_memory(facts: Facts) -> Iterator[Finding]:
    """Whether vLLM's processes can talk through it."""
    size = facts.limits.shared_bytes
    bad = wrong if len(facts.gpus) > 1 else warning
    if size is None:
        yield bad("shared memory", f"{SHARED} is not there", "Mount a tmpfs there.")
    elif size < GIB:
        yield bad(
            "shared memory",
            f"{SHARED} has {size / MIB:.0f} MiB; GPUs that share a model talk through it",
            "Start the container with --shm-size 8g (compose: shm_size) or --ipc host.",
        )
    else:
        yield ok("shared memory", f"{size / GIB:.0f} GiB")


def memory(facts: Facts) -> Iterator[Finding]:
    """Whether the engine's processes fit beside what runs."""
    free = facts.limits.memory_bytes
    if free is None:
        return
    if free < ENGINE_BYTES:
        yield warning(
            "memory",
            f"{free / GIB:.1f} GiB of RAM can be had, the engine takes about {ENGINE_BYTES / GIB:.0f}",
            "End other programs, or give the container more, or the system ends the engine.",
        )
    else:
        yield ok("memory", f"{free / GIB:.0f} GiB of RAM can be had")
