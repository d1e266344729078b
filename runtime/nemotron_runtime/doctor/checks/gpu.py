"""The cards, their driver, and whether its CUDA is new enough."""

from __future__ import annotations

from collections.abc import Iterator

from nemotron_runtime.doctor.facts import Driver, Facts, Gpu, Version
from nemotron_runtime.doctor.finding import Finding, ok, warning, wrong

GIB = 1 << 30
OLDEST: Version = (8, 0)
"""Compute capability of Ampere: bfloat16 needs it."""
UTILIZATION = 0.92
"""vLLM's, where nothing else is set."""


def driver(facts: Facts) -> Iterator[Finding]:
    """Whether NVIDIA's driver answers."""
    found = facts.driver
    if found.version and facts.gpus:
        yield ok("driver", f"{found.version}, CUDA {_text(found.cuda)}")
    elif found.version:
        yield wrong(
            "driver",
            f"{found.version} answers and shows no GPU",
            "Give the container or the session its cards (docker run --gpus all), then look at `nvidia-smi`.",
        )
    elif found.devices or found.is_loaded:
        yield wrong("driver", f"there is an NVIDIA GPU, and its driver says: {found.fault}", _repair(found))
    elif facts.weights.kind == "published":
        yield wrong(
            "driver",
            f"no NVIDIA GPU is found, and {facts.settings.model} needs one",
            "Leave --model out to serve the embedded demonstration model on the CPU.",
        )
    else:
        yield ok("driver", "no NVIDIA GPU: the embedded demonstration model is served, on the CPU")


def cuda(facts: Facts) -> Iterator[Finding]:
    """Whether the driver runs what torch was built for."""
    have, need = facts.driver.cuda, facts.engine.torch_cuda
    if not (facts.gpus and have and need):
        return
    if have[0] < need[0]:
        yield wrong(
            "cuda",
            f"the driver runs CUDA {_text(have)}, torch was built for {_text(need)}",
            f"Update the NVIDIA driver to one for CUDA {_text(need)} or newer.",
        )
    elif folder := facts.driver.compatibility:
        yield warning(
            "cuda",
            f"{folder} in LD_LIBRARY_PATH hides the driver's own libcuda",
            'Take it out, where CUDA fails with "error 803" or "unsupported display driver".',
        )
    elif have < need:
        yield warning(
            "cuda",
            f"the driver runs CUDA {_text(have)}, torch was built for {_text(need)}",
            "Kernels that are compiled on this machine may be refused: update the NVIDIA driver.",
        )
    else:
        yield ok("cuda", f"torch was built for {_text(need)}, the driver runs {_text(have)}")


def cards(facts: Facts) -> Iterator[Finding]:
    """Whether each card is able, known and free."""
    faults = [fault for gpu in facts.gpus for fault in _faults(gpu, facts)]
    if len({gpu.name for gpu in facts.gpus}) > 1:
        faults.append(
            warning(
                "gpu",
                "the cards differ: " + ", ".join(gpu.name for gpu in facts.gpus),
                "Nothing is planned for a mixture: choose cards of one kind with CUDA_VISIBLE_DEVICES.",
            )
        )
    yield from faults
    if facts.gpus and not faults:
        yield ok("gpu", ", ".join(_label(gpu) for gpu in facts.gpus))


def _faults(gpu: Gpu, facts: Facts) -> Iterator[Finding]:
    if gpu.capability and gpu.capability < OLDEST:
        yield wrong(
            "gpu",
            f"{_label(gpu)} has compute capability {_text(gpu.capability)}",
            f"The model needs {_text(OLDEST)} or newer (A100, RTX 30 and later).",
        )
    if gpu.kind is None:
        yield warning(
            "gpu",
            f"{_label(gpu)} is not among the cards that are known",
            "vLLM's own settings hold. `nemotron plan --gpu` with a card like it shows what may fit.",
        )
    if gpu.memory_bytes and gpu.free_bytes is not None:
        yield from _occupied(gpu, gpu.memory_bytes, gpu.free_bytes, facts)


def _occupied(gpu: Gpu, total: int, free: int, facts: Facts) -> Iterator[Finding]:
    share = facts.settings.gpu_memory_utilization or UTILIZATION
    if free >= share * total:
        return
    by = f" by process {', '.join(map(str, gpu.processes))}" if gpu.processes else ""
    seen = f"{_label(gpu)}: {(total - free) / GIB:.1f} GiB are used{by}, {free / GIB:.1f} are free"
    if facts.port.server:
        yield warning("gpu", seen, "A second server needs another card, or `nemotron stop` first.")
        return
    fitting = int(100 * free / total) / 100
    yield wrong(
        "gpu",
        seen,
        f"{share:.0%} are wanted: end what runs there, or pass --gpu-memory-utilization {fitting:.2f}.",
    )


def _repair(driver: Driver) -> str:
    if driver.is_loaded:
        return (
            "In a container, start it with --gpus all and NVIDIA's container toolkit. "
            "After an update of the driver, restart the machine."
        )
    return "Install NVIDIA's driver, restart, and see that `nvidia-smi` shows the card."


def _label(gpu: Gpu) -> str:
    memory = "" if gpu.memory_bytes is None else f" {gpu.memory_bytes / GIB:.0f} GiB"
    return f"GPU {gpu.index} {gpu.name}{memory}"


def _text(version: Version | None) -> str:
    return ".".join(map(str, version)) if version else "unknown"
