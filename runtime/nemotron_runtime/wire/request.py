"""The body of ``POST /chat/completions``, ranges included.

Which field is used, refused or ignored stands in docs/api.md; a test walks that table.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from nemotron_runtime.wire.messages import Messages
from nemotron_runtime.wire.reasoning import Effort, Reasoning
from nemotron_runtime.wire.scalars import Bool, Int, Number, Price, Str


class _Open(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FunctionDefinition(_Open):
    """A function that the model may call. ``parameters`` is a JSON schema of type object."""

    name: Annotated[Str, Field(min_length=1, max_length=256, pattern=r"^[^\s<>=]+$")]
    description: Str | None = None
    parameters: dict[str, Any] | None = None
    strict: Bool | None = None


class Tool(_Open):
    """``type`` other than ``function`` names a tool that runs on OpenRouter's servers: refused."""

    type: Str
    function: FunctionDefinition | None = None


class NamedFunction(_Open):
    """The name in a named tool choice."""

    name: Str


class NamedToolChoice(_Open):
    """Calls exactly this function."""

    type: Literal["function"]
    function: NamedFunction


class AllowedTools(_Open):
    """A subset of the tools, as OpenAI's clients send it."""

    mode: Literal["auto", "required"] = "auto"
    tools: Annotated[list[NamedToolChoice], Field(min_length=1)]


class AllowedToolChoice(_Open):
    """Restricts the choice to a subset of the tools."""

    type: Literal["allowed_tools"]
    allowed_tools: AllowedTools


def _choice_kind(value: Any) -> str:
    if isinstance(value, str):
        return "word"
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return "allowed" if kind == "allowed_tools" else "named"


ToolChoice = Annotated[
    Annotated[Literal["none", "auto", "required"], Tag("word")]
    | Annotated[NamedToolChoice, Tag("named")]
    | Annotated[AllowedToolChoice, Tag("allowed")],
    Discriminator(_choice_kind),
]


class JsonSchemaFormat(_Open):
    """The ``json_schema`` of a response format."""

    name: Annotated[Str, Field(min_length=1, max_length=64)]
    description: Str | None = None
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    strict: Bool | None = None


class ResponseFormat(_Open):
    """``grammar`` and ``python`` are refused by the plan."""

    type: Literal["text", "json_object", "json_schema", "grammar", "python"]
    json_schema: JsonSchemaFormat | None = None


class MaxPrice(_Open):
    """US dollars per million tokens, or per request."""

    prompt: Price | None = None
    completion: Price | None = None
    request: Price | None = None
    image: Price | None = None
    audio: Price | None = None


class ProviderPreferences(_Closed):
    """Routing wishes. One provider serves here: hard filters may leave nothing, soft ones have no effect."""

    order: list[Str] | None = None
    only: list[Str] | None = None
    ignore: list[Str] | None = None
    allow_fallbacks: Bool | None = None
    require_parameters: Bool | None = None
    data_collection: Literal["allow", "deny"] | None = None
    zdr: Bool | None = None
    enforce_distillable_text: Bool | None = None
    quantizations: list[Str] | None = None
    sort: Str | dict[str, Any] | None = None
    max_price: MaxPrice | None = None
    preferred_min_throughput: Number | dict[str, Number | None] | None = None
    preferred_max_latency: Number | dict[str, Number | None] | None = None


class Plugin(_Open):
    """A plugin by id; what each one does here stands in docs/api.md."""

    id: Str
    enabled: Bool | None = None


class Debug(_Open):
    """Streaming only."""

    echo_upstream_body: Bool | None = None


class StreamOptions(_Open):
    """No effect: usage is always sent."""

    include_usage: Bool | None = None


Penalty = Annotated[Number, Field(ge=-2, le=2)]
Fraction = Annotated[Number, Field(ge=0, le=1)]
ShortText = Annotated[Str, Field(max_length=512)]


class ChatRequest(_Open):
    """A chat completion request. Every scalar may be null, which means absent."""

    messages: Messages
    model: Str | None = None
    models: Annotated[list[Str], Field(max_length=32)] | None = None
    preset: Str | None = None
    stream: Bool | None = None
    stream_options: StreamOptions | None = None

    max_tokens: Annotated[Int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[Int, Field(ge=1)] | None = None
    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None
    top_p: Annotated[Number, Field(gt=0, le=1)] | None = None
    top_k: Annotated[Int, Field(ge=0)] | None = None
    min_p: Fraction | None = None
    top_a: Fraction | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    repetition_penalty: Annotated[Number, Field(gt=0, le=2)] | None = None
    seed: Annotated[Int, Field(ge=-(2**63), lt=2**63)] | None = None
    logit_bias: dict[str, Annotated[Number, Field(ge=-100, le=100)]] | None = None
    logprobs: Bool | None = None
    top_logprobs: Annotated[Int, Field(ge=0, le=20)] | None = None
    stop: Str | Annotated[list[Str], Field(max_length=4)] | None = None
    n: Annotated[Int, Field(ge=1)] | None = None

    tools: list[Tool] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: Bool | None = None
    response_format: ResponseFormat | None = None
    structured_outputs: Bool | None = None

    reasoning: Reasoning | None = None
    reasoning_effort: Effort | None = None
    include_reasoning: Bool | None = None
    verbosity: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    prediction: dict[str, Any] | None = None

    provider: ProviderPreferences | None = None
    route: Str | None = None
    plugins: list[Plugin] | None = None
    transforms: list[Str] | None = None
    service_tier: Str | None = None
    session_id: Annotated[Str, Field(max_length=256)] | None = None
    user: Str | None = None
    metadata: (
        Annotated[dict[Annotated[Str, Field(max_length=64)], ShortText], Field(max_length=16)] | None
    ) = None
    trace: dict[str, Any] | None = None
    debug: Debug | None = None
    modalities: list[Literal["text", "image", "audio"]] | None = None
    web_search_options: dict[str, Any] | None = None
