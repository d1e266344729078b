"""Messages of a chat request."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from nemotron_runtime.wire.reasoning import Reasoning
from nemotron_runtime.wire.scalars import Int, Str


class _Open(BaseModel):
    """Unknown keys are ignored, as OpenRouter's own schema is open."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TextPart(_Open):
    """A piece of text. ``cache_control`` has no effect: the prefix cache works by itself."""

    type: Literal["text"]
    text: Str


MediaType = Literal[
    "image_url", "input_image", "input_audio", "file", "input_file", "video_url", "input_video"
]


class MediaPart(_Open):
    """Anything but text: refused by the plan, since the model reads text only."""

    type: MediaType


def _part_kind(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return "media" if kind in get_args(MediaType) else "text"


Part = Annotated[
    Annotated[TextPart, Tag("text")] | Annotated[MediaPart, Tag("media")], Discriminator(_part_kind)
]


def _content_kind(value: Any) -> str:
    return "parts" if isinstance(value, list) else "string"


Content = Annotated[
    Annotated[Str, Tag("string")] | Annotated[list[Part], Tag("parts")], Discriminator(_content_kind)
]


class ReasoningDetail(_Open):
    """One block of earlier reasoning, as it was sent or as a client's accumulator left it."""

    type: Str
    text: Str | None = None
    summary: Str | None = None
    index: Int | None = None


class FunctionCall(_Open):
    """``arguments`` is JSON text; a cut or invalid one is kept as far as it goes."""

    name: Str
    arguments: Str | dict[str, Any] | None = ""


class ToolCall(_Open):
    """A call made earlier by the assistant."""

    id: Str | None = None
    type: Literal["function"] | None = "function"
    function: FunctionCall


class ConfigurationUpdate(_Open):
    """Settings that a system message changes from its place on."""

    reasoning: Reasoning | None = None


class SystemMessage(_Open):
    """Instructions; ``developer`` means the same."""

    role: Literal["system", "developer"]
    content: Content
    name: Str | None = None
    configuration_update: ConfigurationUpdate | None = None


class UserMessage(_Open):
    """What the user says."""

    role: Literal["user"]
    content: Content
    name: Str | None = None


class AssistantMessage(_Open):
    """An earlier answer, or, as the last message, the beginning of the next one."""

    role: Literal["assistant"]
    content: Content | None = None
    name: Str | None = None
    tool_calls: list[ToolCall] | None = None
    reasoning: Str | None = None
    reasoning_content: Str | None = None
    reasoning_details: list[ReasoningDetail] | None = None
    refusal: Str | None = None


class ToolMessage(_Open):
    """The result of a call."""

    role: Literal["tool"]
    content: Content
    tool_call_id: Str


def _role(value: Any) -> str | None:
    role = value.get("role") if isinstance(value, dict) else getattr(value, "role", None)
    return "system" if role == "developer" else role


Message = Annotated[
    Annotated[SystemMessage, Tag("system")]
    | Annotated[UserMessage, Tag("user")]
    | Annotated[AssistantMessage, Tag("assistant")]
    | Annotated[ToolMessage, Tag("tool")],
    Discriminator(
        _role,
        custom_error_type="role",
        custom_error_message='Invalid option: expected one of "system"|"developer"|"user"|"assistant"|"tool"',
    ),
]
Messages = Annotated[list[Message], Field(min_length=1)]
