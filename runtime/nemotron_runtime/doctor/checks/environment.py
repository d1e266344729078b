"""Variables that do nothing any more, that do harm, and a path that hides packages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nemotron_runtime.doctor.facts import Facts
from nemotron_runtime.doctor.finding import Finding, ok, warning, wrong

_BACKEND = "Choose by --moe-backend, or let the plan choose: unset it."
REPLACED = {
    "VLLM_USE_FLASHINFER_MOE_FP8": _BACKEND,
    "VLLM_USE_FLASHINFER_MOE_FP4": _BACKEND,
    "VLLM_USE_FLASHINFER_MOE_FP16": _BACKEND,
    "VLLM_FLASHINFER_MOE_BACKEND": _BACKEND,
    "VLLM_ATTENTION_BACKEND": "vLLM chooses by the card: unset it.",
    "VLLM_USE_V1": "There is only one engine now: unset it.",
}
"""Read by older versions; recipes on the web still name them."""

_CARDLESS = ("", "-1", "none", "NoDevFiles")
_FALSE = ("", "0")


def environment(facts: Facts) -> Iterator[Finding]:
    """Whether a variable does nothing, or harm."""
    faults = [*_inert(facts), *_harmful(facts)]
    yield from faults
    if not faults:
        names = [name for name in facts.environ if name.startswith("VLLM_")]
        yield ok("environment", f"nothing in the way; {', '.join(sorted(names)) or 'no VLLM_*'} set")


def python_path(facts: Facts) -> Iterator[Finding]:
    """Whether other packages go before those that were installed."""
    path = facts.environ.get("PYTHONPATH")
    for name, folder in facts.shadows.items():
        yield wrong("pythonpath", f"{folder} hides the installed {name}", "Unset PYTHONPATH.")
    if path and not facts.shadows:
        yield warning(
            "pythonpath",
            f"PYTHONPATH={path}",
            "Packages there go before installed ones: unset it if you can.",
        )
    if facts.environ.get("PYTHONHOME"):
        yield wrong("pythonpath", "PYTHONHOME is set", "Unset it: vLLM's processes would find no packages.")


def _inert(facts: Facts) -> Iterator[Finding]:
    known = facts.engine.variables
    for name in sorted(facts.environ):
        if known and name.startswith("VLLM_") and name not in known:
            advice = REPLACED.get(name, "Check how it is spelt, or unset it.")
            yield warning("environment", f"{name} is unknown to this vLLM and does nothing", advice)


def _harmful(facts: Facts) -> Iterator[Finding]:
    for name, (is_harmful, severity, harm, advice) in _HARM.items():
        value = facts.environ.get(name)
        if value is not None and is_harmful(value, facts):
            yield severity("environment", f"{name}={value} {harm}", advice)


def _on(value: str, facts: Facts) -> bool:
    return value not in _FALSE


_Row = tuple[Callable[[str, Facts], bool], Callable[[str, str, str], Finding], str, str]
_HARM: dict[str, _Row] = {
    "CUDA_VISIBLE_DEVICES": (
        lambda value, facts: bool(facts.gpus) and value.strip() in _CARDLESS,
        wrong,
        "hides every GPU from the engine",
        "Unset it, or name the cards to use, such as 0,1.",
    ),
    "VLLM_PORT": (
        lambda value, facts: "://" in value,
        wrong,
        "was made by Kubernetes for a service that is called vllm; vLLM fails on it",
        "Rename the service, or set enableServiceLinks: false in the pod.",
    ),
    "VLLM_WORKER_MULTIPROC_METHOD": (
        lambda value, facts: value == "fork",
        warning,
        "makes vLLM fork a process that has threads, and may hang",
        "Unset it: spawn is taken then.",
    ),
    "VLLM_ENABLE_V1_MULTIPROCESSING": (
        lambda value, facts: value.strip() == "0",
        wrong,
        "puts the engine into the server's own process, where both stall",
        "Unset it.",
    ),
    "VLLM_DISABLE_COMPILE_CACHE": (_on, warning, "makes every start compile anew", "Unset it."),
    "CUDA_LAUNCH_BLOCKING": (_on, warning, "makes each kernel wait for the one before", "Unset it."),
    "TORCHDYNAMO_DISABLE": (_on, warning, "keeps everything from being compiled", "Unset it."),
    "TORCH_COMPILE_DISABLE": (_on, warning, "keeps everything from being compiled", "Unset it."),
}
