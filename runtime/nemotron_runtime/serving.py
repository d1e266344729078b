"""Finds the model that this machine serves: which spec, which folder, which device."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from nemotron_runtime.chat.grammar import MarkIds
from nemotron_runtime.chat.template import ChatTemplate
from nemotron_runtime.chat.tokens import Tokens
from nemotron_runtime.errors import ConfigError, HardwareUnsupported, WeightsCorrupt, WeightsMissing
from nemotron_runtime.hardware.probe import gpus
from nemotron_runtime.models.served import Served
from nemotron_runtime.models.spec import ModelSpec, load_all
from nemotron_runtime.settings import Settings
from nemotron_runtime.weights import embedded, hub

REAL = "nvidia/nemotron-3-nano-30b-a3b"
TEMPLATE_FILE = "chat_template.jinja"


class Announcer(Protocol):
    """Tells the person at the terminal what goes on."""

    def phase(self, name: str, detail: str = "") -> None:
        """A step begins."""

    def ready(self, lines: list[str]) -> None:
        """Requests are answered from now on."""

    def warn(self, text: str) -> None:
        """Something is not as it should be."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model on this machine's disk, ready for an engine."""

    served: Served
    folder: Path
    device: Literal["cuda", "cpu"]
    tokens: Tokens
    template: ChatTemplate
    marks: MarkIds


def open_model(settings: Settings, announce: Announcer) -> Model:
    """Chooses by ``settings.model``, downloads what is missing, reads vocabulary and template.

    Raises:
        SetupError: says what to do next.
    """
    cards = gpus()
    spec, folder = _choose(settings, has_gpu=bool(cards))
    if folder is None:
        folder = _fetch(spec, announce)
    tokens = Tokens.load(folder / "tokenizer.json")
    context = settings.context_tokens or spec.context_tokens
    return Model(
        served=Served(
            spec=spec,
            context_tokens=context,
            quantization=spec.quantization,
            retains_prompts=settings.log_content,
        ),
        folder=folder,
        device="cuda" if cards else "cpu",
        tokens=tokens,
        template=_template(folder, tokens),
        marks=_marks(tokens, folder),
    )


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


def _fetch(spec: ModelSpec, announce: Announcer) -> Path:
    if spec.embedded:
        announce.phase("weights", "checking the embedded demonstration model")
        return embedded.embedded_checkpoint()
    variant = spec.variant()
    announce.phase("weights", f"{variant.repo}")
    return hub.snapshot(variant)


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
