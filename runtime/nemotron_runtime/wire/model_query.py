"""The query of ``GET /models``: how the hosted endpoint filters and pages its catalogue."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _words(value: object) -> object:
    if isinstance(value, str):
        return [word.strip().lower() for word in value.split(",") if word.strip()]
    return value


Words = Annotated[frozenset[str], BeforeValidator(_words)]
Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Index = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=0)]
Sort = Literal[
    "pricing-low-to-high",
    "pricing-high-to-low",
    "context-high-to-low",
    "throughput-high-to-low",
    "latency-low-to-high",
    "most-popular",
    "top-weekly",
    "newest",
    "intelligence-high-to-low",
    "coding-high-to-low",
    "agentic-high-to-low",
    "design-arena-elo-high-to-low",
]


class ModelQuery(BaseModel):
    """Filters that all must hold. Lists are comma-separated, prices US dollars per million tokens.

    Unknown parameters are ignored, and so is ``category``: nothing here knows what a model is used for.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    offset: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 500
    sort: Sort | None = None
    q: str = ""
    supported_parameters: Words = frozenset()
    input_modalities: Words = frozenset()
    output_modalities: Words = frozenset({"text"})
    context: Annotated[int, Field(ge=1)] = 1
    min_price: Price | None = None
    max_price: Price | None = None
    min_output_price: Price | None = None
    max_output_price: Price | None = None
    arch: Words = frozenset()
    model_authors: Words = frozenset()
    providers: Words = frozenset()
    distillable: Literal["true", "false"] | None = None
    zdr: Literal["true"] | None = None
    region: Literal["eu", "us"] | None = None
    min_age_days: Days | None = None
    max_age_days: Days | None = None
    min_intelligence_index: Index | None = None
    max_intelligence_index: Index | None = None
    min_coding_index: Index | None = None
    max_coding_index: Index | None = None
    min_agentic_index: Index | None = None
    max_agentic_index: Index | None = None
    min_tool_success_rate: Rate | None = None
    max_tool_success_rate: Rate | None = None
