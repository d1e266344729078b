"""What leaves: typed dicts in the key order of the hosted endpoint. A key that may be absent is NotRequired.

Absent means absent: a null in a chunk breaks strict clients where the field isn't declared nullable.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class ReasoningDetail(TypedDict):
    """``format`` must be the word "unknown": without it a client may drop the block on replay."""

    type: Literal["reasoning.text"]
    text: str
    format: Literal["unknown"]
    index: int


class FunctionDelta(TypedDict):
    """The name comes with the first piece only."""

    name: NotRequired[str]
    arguments: str


class ToolCallDelta(TypedDict):
    """``id`` and ``type`` come with the first piece only."""

    index: int
    id: NotRequired[str]
    type: NotRequired[Literal["function"]]
    function: FunctionDelta


class Delta(TypedDict):
    """Each delta repeats role and content."""

    content: str | None
    role: Literal["assistant"]
    reasoning: NotRequired[str | None]
    reasoning_details: NotRequired[list[ReasoningDetail]]
    tool_calls: NotRequired[list[ToolCallDelta]]


class TopLogprob(TypedDict):
    """One candidate token."""

    token: str
    logprob: float
    bytes: list[int]


class TokenLogprobRow(TopLogprob):
    """A generated token with the likeliest candidates of its place."""

    top_logprobs: list[TopLogprob]


class Logprobs(TypedDict):
    """Rows for answer tokens only."""

    content: list[TokenLogprobRow]
    refusal: None


class ChunkChoice(TypedDict):
    """``finish_reason`` is required, null until the end."""

    index: int
    delta: Delta
    finish_reason: str | None
    native_finish_reason: str | None
    logprobs: NotRequired[Logprobs]


class ErrorBody(TypedDict):
    """``code`` is the HTTP status, an integer."""

    message: str
    code: int
    metadata: NotRequired[dict[str, Any]]


class PromptTokensDetails(TypedDict):
    """All counts are numbers, never null."""

    cached_tokens: int
    cache_write_tokens: int
    audio_tokens: int
    video_tokens: int


class CompletionTokensDetails(TypedDict):
    """All counts are numbers, never null."""

    reasoning_tokens: int
    image_tokens: int
    audio_tokens: int


class CostDetails(TypedDict):
    """US dollars; all three are numbers."""

    upstream_inference_cost: float
    upstream_inference_prompt_cost: float
    upstream_inference_completions_cost: float


class UsageBody(TypedDict):
    """Prompt includes cached, completion includes reasoning tokens."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cost: float
    is_byok: bool
    prompt_tokens_details: PromptTokensDetails
    cost_details: CostDetails
    completion_tokens_details: CompletionTokensDetails


class Chunk(TypedDict):
    """One ``data:`` line of a stream."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    provider: str
    choices: list[ChunkChoice]
    usage: NotRequired[UsageBody]
    error: NotRequired[ErrorBody]
    service_tier: NotRequired[str]
    openrouter_metadata: NotRequired[dict[str, Any]]
    debug: NotRequired[dict[str, Any]]


class Function(TypedDict):
    """A whole call; ``arguments`` is JSON text."""

    name: str
    arguments: str


class ToolCall(TypedDict):
    """A whole call; the hosted endpoint sends ``index``, too."""

    type: Literal["function"]
    index: int
    id: str
    function: Function


class ResultMessage(TypedDict):
    """``reasoning`` is null and ``reasoning_details`` absent where there was none."""

    role: Literal["assistant"]
    content: str | None
    refusal: None
    reasoning: str | None
    reasoning_details: NotRequired[list[ReasoningDetail]]
    tool_calls: NotRequired[list[ToolCall]]


class ResultChoice(TypedDict):
    """The one choice."""

    index: int
    logprobs: Logprobs | None
    finish_reason: str
    native_finish_reason: str
    message: ResultMessage


class Result(TypedDict):
    """``system_fingerprint`` must be present, null is fine."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    provider: str
    system_fingerprint: None
    service_tier: str | None
    choices: list[ResultChoice]
    usage: UsageBody
    openrouter_metadata: NotRequired[dict[str, Any]]
