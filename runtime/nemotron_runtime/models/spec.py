"""What a served model is, as data: ``configs/models/*.toml``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from nemotron_runtime.errors import ConfigError
from nemotron_runtime.models.shape import Shape
from nemotron_runtime.models.tables import Table

_PACKAGE = Path(__file__).resolve().parents[1]
_SLUG = re.compile(r"[a-z0-9._-]+/[a-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per token."""

    prompt: Decimal = Decimal(0)
    completion: Decimal = Decimal(0)


FREE = Prices()


@dataclass(frozen=True, slots=True)
class Variant:
    """One published form of the weights. ``revision`` None is the newest.

    Attributes:
        weights_gib: On the GPU, as vLLM reports it once they are loaded; None: not known.
        download_gb: On disk, in 10^9 bytes; None: not known.
    """

    name: str
    repo: str
    revision: str | None
    quantization: str
    weights_gib: float | None = None
    download_gb: float | None = None


@dataclass(frozen=True, slots=True)
class SamplingDefaults:
    """What applies where a request says nothing."""

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0


@dataclass(frozen=True, slots=True)
class TemplateDefaults:
    """The chat template's switches where a request says nothing."""

    enable_thinking: bool = True
    truncate_history_thinking: bool = True


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model that can be served.

    Attributes:
        slug: ``author/name``, the id on the wire.
        created: Release date, seconds since 1970.
        hugging_face_id: None where nothing is published.
        knowledge_cutoff: ISO date, or None.
        context_tokens: Prompt and output together, as far as memory allows.
        default_max_tokens: Output limit of a request without one; None: what the context leaves.
        max_completion_tokens: Highest output limit; None: what the context leaves.
        thinking_allowance_tokens: What effort ratios are of where a request has no ``max_tokens``.
        quantization: Of the first variant, in the words of the wire (``bf16``, ``fp8``, ...).
        serves: Other slugs that this model answers for.
        embedded: The weights come with this package instead of being downloaded.
        variants: The first one is the default.
        shape: What memory is planned by; None where nothing is planned.
    """

    slug: str
    name: str
    description: str
    created: int
    context_tokens: int
    thinking_allowance_tokens: int
    quantization: str
    hugging_face_id: str | None = None
    knowledge_cutoff: str | None = None
    default_max_tokens: int | None = None
    max_completion_tokens: int | None = None
    embedded: bool = False
    serves: tuple[str, ...] = ()
    prices: Prices = field(default_factory=Prices)
    sampling: SamplingDefaults = field(default_factory=SamplingDefaults)
    template: TemplateDefaults = field(default_factory=TemplateDefaults)
    variants: tuple[Variant, ...] = ()
    shape: Shape | None = None

    @classmethod
    def load(cls, path: Path) -> ModelSpec:
        """Reads one file.

        Raises:
            ConfigError: naming the file and the key.
        """
        table = Table.load(path)
        spec = cls(
            slug=table.take("slug", str),
            name=table.take("name", str),
            description=table.take("description", str).strip(),
            created=table.take("created", int),
            context_tokens=table.take("context_tokens", int),
            thinking_allowance_tokens=table.take("thinking_allowance_tokens", int),
            quantization=table.take("quantization", str),
            hugging_face_id=table.find("hugging_face_id", str),
            knowledge_cutoff=table.find("knowledge_cutoff", str),
            default_max_tokens=table.find("default_max_tokens", int),
            max_completion_tokens=table.find("max_completion_tokens", int),
            embedded=table.get("embedded", bool, False),
            serves=table.items("serves", str),
            prices=_prices(table.table("prices")),
            sampling=_sampling(table.table("sampling")),
            template=_template(table.table("template")),
            variants=tuple(_variant(row) for row in table.tables("variants")),
            shape=_shape(table.table("shape")),
        )
        table.close()
        _check(spec, table)
        return spec

    @property
    def author(self) -> str:
        """The part of the slug before the slash."""
        return self.slug.partition("/")[0]

    def variant(self, name: str | None = None) -> Variant:
        """Finds a variant by name; None is the default one.

        Raises:
            ConfigError: There is none of this name.
        """
        for variant in self.variants:
            if name in (None, variant.name):
                return variant
        known = ", ".join(variant.name for variant in self.variants) or "none"
        raise ConfigError(f"{self.slug} has no variant {name!r} (it has: {known})")


def load_all(directory: Path | None = None) -> dict[str, ModelSpec]:
    """Reads every ``*.toml`` of a folder, by default of the shipped one, keyed by slug.

    Raises:
        ConfigError: A file is wrong, or two describe the same slug.
    """
    directory = directory or configs_dir() / "models"
    specs: dict[str, ModelSpec] = {}
    for path in sorted(directory.glob("*.toml")):
        spec = ModelSpec.load(path)
        if spec.slug in specs:
            raise ConfigError(f"{path}: slug: {spec.slug} is described twice")
        specs[spec.slug] = spec
    return specs


def configs_dir() -> Path:
    """Finds the shipped ``configs`` folder: inside the installed package, or beside ``runtime/``.

    Raises:
        ConfigError: There is none.
    """
    for folder in (_PACKAGE / "configs", _PACKAGE.parents[1] / "configs"):
        if (folder / "models").is_dir():
            return folder
    raise ConfigError("the configs folder is missing: reinstall nemotron-runtime")


def _check(spec: ModelSpec, table: Table) -> None:
    for key, slug in [("slug", spec.slug), *(("serves", slug) for slug in spec.serves)]:
        if not _SLUG.fullmatch(slug):
            raise table.error(key, f"{slug!r} is not of the form author/name")
    for key in ("context_tokens", "default_max_tokens", "max_completion_tokens", "thinking_allowance_tokens"):
        value = getattr(spec, key)
        if value is not None and not 0 < value <= spec.context_tokens:
            raise table.error(key, "expected more than 0 and no more than context_tokens")
    if not spec.embedded and not spec.variants:
        raise table.error("variants", "a model that is not embedded needs one")


def _prices(table: Table) -> Prices:
    prices = Prices(prompt=table.price("prompt"), completion=table.price("completion"))
    table.close()
    return prices


def _sampling(table: Table) -> SamplingDefaults:
    sampling = SamplingDefaults(
        temperature=table.get("temperature", float, 1.0),
        top_p=table.get("top_p", float, 1.0),
        top_k=table.get("top_k", int, 0),
        min_p=table.get("min_p", float, 0.0),
    )
    table.close()
    return sampling


def _template(table: Table) -> TemplateDefaults:
    template = TemplateDefaults(
        enable_thinking=table.get("enable_thinking", bool, True),
        truncate_history_thinking=table.get("truncate_history_thinking", bool, True),
    )
    table.close()
    return template


def _shape(table: Table) -> Shape | None:
    return Shape.of_table(table) if table else None


def _variant(table: Table) -> Variant:
    variant = Variant(
        name=table.take("name", str),
        repo=table.take("repo", str),
        revision=table.find("revision", str),
        quantization=table.take("quantization", str),
        weights_gib=table.find("weights_gib", float),
        download_gb=table.find("download_gb", float),
    )
    table.close()
    return variant
