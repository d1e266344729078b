"""Looks for the weights of the model that `serve` would take; hashes the embedded ones, which are small."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nemotron_runtime.doctor.facts import Weights
from nemotron_runtime.errors import SetupError
from nemotron_runtime.models.spec import ModelSpec, load_all
from nemotron_runtime.settings import Settings

_FALSE = ("", "0", "false", "no", "off")


def weights(settings: Settings, environ: Mapping[str, str], *, has_gpu: bool) -> Weights:
    """What is here of them."""
    specs = load_all()
    if settings.model == "auto":
        spec = next(spec for spec in specs.values() if spec.embedded is not has_gpu)
    elif settings.model in specs:
        spec = specs[settings.model]
    else:
        return _folder(Path(settings.model).expanduser(), list(specs))
    if spec.embedded:
        return _embedded()
    offline = environ.get("HF_HUB_OFFLINE", "").lower() not in _FALSE
    return _published(spec, settings.variant, is_offline=offline)


def _embedded() -> Weights:
    from nemotron_runtime.weights.embedded import embedded_checkpoint

    try:
        embedded_checkpoint()
    except SetupError as error:
        return Weights("embedded", "the embedded demonstration model is not whole", error.message)
    return Weights("embedded", "the embedded demonstration model, whole")


def _published(spec: ModelSpec, chosen: str | None, *, is_offline: bool) -> Weights:
    """Any variant will do where none is chosen: the plan may take either."""
    from nemotron_runtime.weights import hub, receipt

    wanted = [variant for variant in spec.variants if chosen in (None, variant.name)]
    whole, faults = [], []
    for variant in wanted:
        try:
            hub.snapshot(variant)
            whole.append(variant)
        except SetupError as error:
            if receipt.load(variant.repo):
                faults.append(error.message)
    names = " or ".join(variant.name for variant in wanted)
    if whole:
        there = ", ".join(variant.repo for variant in whole)
        return Weights("published", f"{there}, as they were when they were checked")
    if faults:
        return Weights("published", f"{names} weights are here and not whole", " ".join(faults))
    flag = f" --variant {chosen}" if chosen else ""
    sizes = [variant.download_gb for variant in wanted if variant.download_gb]
    return Weights(
        "published",
        f"no {names} weights of {spec.slug} are here yet",
        f"Run `nemotron pull{flag}`, or pass a folder that holds the model by --model.",
        missing_bytes=int(min(sizes, default=0) * 1e9),
        is_missing=True,
        is_offline=is_offline,
    )


def _folder(path: Path, known: list[str]) -> Weights:
    from nemotron_runtime.weights import structure

    if not (path / "config.json").is_file():
        advice = f"Pass {', '.join(known)}, or a folder with config.json, tokenizer.json and *.safetensors."
        return Weights("unknown", f"{path} is neither a known model nor a folder with a config.json", advice)
    try:
        structure.check(path)
    except SetupError as error:
        return Weights("folder", f"{path} is not whole", error.message)
    return Weights("folder", f"{path}, each tensor there")
