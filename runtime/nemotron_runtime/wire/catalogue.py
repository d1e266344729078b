"""What the catalogue's routes answer: typed dicts in the key order of the hosted endpoint."""

from __future__ import annotations

from typing import Any, Literal, TypedDict


class Architecture(TypedDict):
    """``tokenizer`` is a family of OpenRouter's own list."""

    modality: str
    input_modalities: list[str]
    output_modalities: list[str]
    tokenizer: str
    instruct_type: str | None


class Pricing(TypedDict):
    """US dollars per token, as decimal text without an exponent."""

    prompt: str
    completion: str


class EndpointPricing(Pricing):
    """``discount`` is a fraction."""

    discount: float


class TopProvider(TypedDict):
    """The limits of the one provider."""

    context_length: int
    max_completion_tokens: int
    is_moderated: bool


class DefaultParameters(TypedDict):
    """What applies where a request says nothing; null is the neutral value. No other key is allowed."""

    temperature: float | None
    top_p: float | None
    top_k: int | None
    frequency_penalty: float | None
    presence_penalty: float | None
    repetition_penalty: float | None


class ReasoningSupport(TypedDict):
    """``supported_efforts`` null: all of them."""

    mandatory: bool
    default_enabled: bool
    supported_efforts: None
    supports_max_tokens: bool


class ModelLinks(TypedDict):
    """A path below the host, as the hosted endpoint gives it."""

    details: str


class ModelEntry(TypedDict):
    """One model of the catalogue."""

    id: str
    canonical_slug: str
    hugging_face_id: str | None
    name: str
    created: int
    description: str
    context_length: int
    architecture: Architecture
    pricing: Pricing
    top_provider: TopProvider
    per_request_limits: None
    supported_parameters: list[str]
    default_parameters: DefaultParameters
    supported_voices: None
    knowledge_cutoff: str | None
    expiration_date: None
    links: ModelLinks
    reasoning: ReasoningSupport


class PageLinks(TypedDict):
    """``next`` is null on the last page."""

    next: str | None


class ModelsPage(TypedDict):
    """``total_count`` is of all pages; strict clients demand it and ``links``."""

    data: list[ModelEntry]
    total_count: int
    links: PageLinks


class ModelBody(TypedDict):
    """One model."""

    data: ModelEntry


class Count(TypedDict):
    """How many models there are."""

    count: int


class CountBody(TypedDict):
    """The answer of ``/models/count``."""

    data: Count


class PercentileBody(TypedDict):
    """Over the last 30 minutes."""

    p50: float
    p75: float
    p90: float
    p99: float


class ToolChoiceSupport(TypedDict):
    """Which tool choices are obeyed."""

    auto: bool
    none: bool
    required: bool
    function: bool


class EndpointEntry(TypedDict):
    """A model at a provider. Percentages and percentiles are null where too little was seen."""

    name: str
    model_id: str
    model_name: str
    context_length: int
    pricing: EndpointPricing
    provider_name: str
    tag: str
    quantization: str | None
    max_completion_tokens: int
    max_prompt_tokens: None
    supported_parameters: list[str]
    status: int
    uptime_last_5m: float | None
    uptime_last_30m: float | None
    uptime_last_1d: float | None
    supports_implicit_caching: bool
    latency_last_30m: PercentileBody | None
    throughput_last_30m: PercentileBody | None
    native_tools: dict[str, Any]
    service_tier: None
    supports_diarization: Literal[False]
    supports_tool_choice: ToolChoiceSupport


class ModelEndpoints(TypedDict):
    """A model with the endpoints that serve it."""

    id: str
    name: str
    created: int
    description: str
    architecture: Architecture
    endpoints: list[EndpointEntry]


class EndpointsBody(TypedDict):
    """The answer of ``/models/{author}/{slug}/endpoints``."""

    data: ModelEndpoints


class EndpointList(TypedDict):
    """The answer of ``/endpoints/zdr``."""

    data: list[EndpointEntry]


class ProviderEntry(TypedDict):
    """Who serves. Places are ISO 3166-1 codes; null where unknown."""

    name: str
    slug: str
    privacy_policy_url: str | None
    terms_of_service_url: str | None
    status_page_url: str | None
    headquarters: str | None
    datacenters: list[str] | None


class ProvidersBody(TypedDict):
    """The answer of ``/providers``."""

    data: list[ProviderEntry]
