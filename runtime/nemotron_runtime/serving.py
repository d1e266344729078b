"""Finds the model that this machine serves: which spec, which folder, which device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nemotron_runtime.chat.grammar import MarkIds
from nemotron_runtime.chat.template import ChatTemplate
from nemotron_runtime.chat.tokens import Tokens
from nemotron_runtime.errors import (
    ConfigError,
    HardwareUnsupported,
    SetupError,
    WeightsCorrupt,
    WeightsMissing,
)
from nemotron_runtime.hardware import here
from nemotron_runtime.hardware.probe import Gpu, gpus
from nemotron_runtime.models.served import Served
from nemotron_runtime.models.spec import ModelSpec, Variant, load_all
from nemotron_runtime.planning import decided, plan_for
from nemotron_runtime.settings import Loaded, Settings
from nemotron_runtime.starting import Announcer
from nemotron_runtime.weights import embedded, hub, structure
from nemotron_runtime.weights.skeleton import skeleton

REAL = "nvidia/nemotron-3-nano-30b-a3b"
TEMPLATE_FILE = "chat_template.jinja"


Fetch = Callable[[Variant], Path]
"""Gives the folder of published weights; raises WeightsMissing where they can't be had."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model on this machine's disk, ready for an engine.

    Attributes:
        settings: Those it is to be served with: what was ``auto`` is decided.
    """

    served: Served
    settings: Settings
    folder: Path
    device: Literal["cuda", "cpu"]
    tokens: Tokens
    template: ChatTemplate
    marks: MarkIds


def open_model(loaded: Loaded, announce: Announcer, fetch: Fetch = hub.snapshot) -> Model:
    """Chooses the model, plans it for the cards, fetches its weights, reads vocabulary and template.

    Raises:
        SetupError: says what to do next.
    """
    cards = gpus()
    spec, folder = _choose(loaded.settings, has_gpu=bool(cards))
    _check_variant(loaded.settings, spec, folder)
    settings = _planned(loaded, spec, cards, folder, announce).settings
    quantization = spec.variant(settings.variant).quantization if spec.variants else spec.quantization
    if folder is None:
        folder = _weights(spec, settings, announce, fetch)
    elif settings.load_format != "dummy":
        structure.check(folder)
    tokens = Tokens.load(folder / "tokenizer.json")
    return Model(
        served=Served(
            spec=spec,
            context_tokens=settings.context_tokens or spec.context_tokens,
            quantization=quantization,
            retains_prompts=settings.log_content or settings.keeps_content,
        ),
        settings=settings,
        folder=folder,
        device="cuda" if cards else "cpu",
        tokens=tokens,
        template=_template(folder, tokens),
        marks=_marks(tokens, folder),
    )


def _check_variant(settings: Settings, spec: ModelSpec, folder: Path | None) -> None:
    """A choice among published weights means nothing where there is none.

    Raises:
        ConfigError: variant is set.
    """
    if settings.variant and (folder or not spec.variants):
        raise ConfigError(f"variant: {folder or spec.slug} has one form of its weights only: leave it out")


def _planned(
    loaded: Loaded, spec: ModelSpec, gpus: tuple[Gpu, ...], folder: Path | None, announce: Announcer
) -> Loaded:
    """The settings, with the plan's choices for what they leave open."""
    if not gpus or spec.shape is None:
        return loaded
    announce.phase("plan", f"{len(gpus)} x {gpus[0].name}")
    try:
        cards = here.found(gpus)
    except SetupError as fault:
        announce.warn(f"Not planned, vLLM's own settings hold: {fault.message}")
        return loaded
    best = plan_for(loaded.settings, spec, cards, folder)
    if best is None:
        announce.warn(f"Not planned, vLLM's own settings hold: {folder} is no {spec.slug}.")
        return loaded
    if spare := best.count - best.tensor_parallel:
        announce.warn(
            f"{spare} of {best.count} GPUs stay free: start another server there with CUDA_VISIBLE_DEVICES."
        )
    announce.phase("plan", f"{best.variant.name} on {best.tensor_parallel} x {cards.kind.name}")
    return loaded.suited(cards.kind.name, decided(best))


def _choose(settings: Settings, *, has_gpu: bool) -> tuple[ModelSpec, Path | None]:
    specs = load_all()
    if settings.model == "auto":
        wanted = next(spec for spec in specs.values() if spec.embedded is not has_gpu)
        return wanted, None
    if settings.model in specs:
        if not (has_gpu or specs[settings.model].embedded):
            raise HardwareUnsupported(
                f"{settings.model} needs an NVIDIA GPU, and none is found here. Check `nvidia-smi`; "
                "without a GPU, serve the embedded demonstration model: leave --model out."
            )
        return specs[settings.model], None
    folder = Path(settings.model).expanduser()
    if (folder / "config.json").is_file():
        return specs[REAL], folder
    known = ", ".join(specs)
    raise ConfigError(
        f"model: {settings.model!r} is neither a known model ({known}) nor a folder with a config.json"
    )


def _weights(spec: ModelSpec, settings: Settings, announce: Announcer, fetch: Fetch) -> Path:
    if spec.embedded:
        announce.phase("weights", "checking the embedded demonstration model")
        return embedded.embedded_checkpoint()
    variant = spec.variant(settings.variant)
    announce.phase("weights", variant.repo)
    return skeleton(variant) if settings.load_format == "dummy" else fetch(variant)


def _template(folder: Path, tokens: Tokens) -> ChatTemplate:
    path = folder / TEMPLATE_FILE
    try:
        source = path.read_text(encoding="utf-8")
    except OSError as error:
        raise WeightsMissing(f"{path} can't be read: {error.strerror}") from error
    return ChatTemplate(source, tokens.specials)


def _marks(tokens: Tokens, folder: Path) -> MarkIds:
    try:
        return MarkIds.of(tokens.specials)
    except KeyError as error:
        raise WeightsCorrupt(f"{folder / 'tokenizer.json'} has no token {error}") from error
