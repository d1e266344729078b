"""What ``/generation`` and ``/generation/content`` answer. Times are milliseconds, money US dollars."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class ProviderResponse(TypedDict):
    """One attempt; there is only ever one."""

    status: int
    provider_name: str
    endpoint_id: str
    is_byok: bool
    model_permaslug: str
    latency: NotRequired[float]


class GenerationEntry(TypedDict):
    """A generation. ``latency`` ends with the first token, ``generation_time`` with the last one."""

    id: str
    request_id: str
    upstream_id: None
    api_type: str
    model: str
    provider_name: str
    provider_responses: list[ProviderResponse]
    created_at: str
    streamed: bool
    cancelled: bool
    finish_reason: str | None
    native_finish_reason: str | None
    latency: float | None
    generation_time: float
    moderation_latency: None
    tokens_prompt: int
    tokens_completion: int
    native_tokens_prompt: int
    native_tokens_completion: int
    native_tokens_reasoning: int
    native_tokens_cached: int
    native_tokens_completion_images: None
    total_cost: float
    usage: float
    upstream_inference_cost: float
    cache_discount: None
    is_byok: bool
    num_media_prompt: None
    num_media_completion: None
    num_input_audio_prompt: None
    num_search_results: None
    num_fetches: None
    origin: str
    http_referer: str | None
    user_agent: str | None
    app_id: int | None
    external_user: str | None
    session_id: str | None
    router: None
    preset_id: None
    service_tier: str | None
    data_region: str
    web_search_engine: None
    workspace_id: str
    response_cache_source_id: None


class GenerationBody(TypedDict):
    """The answer of ``/generation``."""

    data: GenerationEntry


class ContentInput(TypedDict):
    """The messages as they were sent."""

    messages: list[Any]


class ContentOutput(TypedDict):
    """``tool_calls`` is ours: each has a name and its arguments as JSON text."""

    completion: str | None
    reasoning: str | None
    tool_calls: list[Any]


class ContentError(TypedDict):
    """What ended a failed generation."""

    message: str | None
    status: int | None
    provider_name: str
    raw: None
    previous_errors: list[Any]


class GenerationContent(TypedDict):
    """What was asked and answered."""

    input: ContentInput
    output: ContentOutput
    error: ContentError | None


class GenerationContentBody(TypedDict):
    """The answer of ``/generation/content``."""

    data: GenerationContent
