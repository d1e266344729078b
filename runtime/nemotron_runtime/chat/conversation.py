"""From the wire's messages to the prompt's token ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nemotron_runtime.chat.fragments import Mark
from nemotron_runtime.chat.history import arguments_of
from nemotron_runtime.chat.template import ChatTemplate, Rendered, Special, clean_text
from nemotron_runtime.chat.tokens import Tokens
from nemotron_runtime.errors import ModelNotFound
from nemotron_runtime.wire.messages import (
    AssistantMessage,
    MediaPart,
    Message,
    SystemMessage,
    TextPart,
    ToolCall,
    UserMessage,
)

_MEDIA = ("image", "audio", "file", "video")
_NO_MESSAGES = ({"role": "system", "content": ""},)
"""What the template makes of a conversation without a system message."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the chat template takes, and what the next answer begins with.

    Attributes:
        messages: Messages in the template's own form, without the prefill.
        prefill: The beginning of the answer that is to be continued, byte for byte.
        prefill_reasoning: The thought before it; alone, it is continued itself.
    """

    messages: tuple[Mapping[str, Any], ...]
    prefill: str | None = None
    prefill_reasoning: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt, ready for the engine.

    Attributes:
        ids: Token ids.
        thinking_open: Generation begins inside a thought.
        rendered: What the ids say.
    """

    ids: tuple[int, ...]
    thinking_open: bool
    rendered: Rendered

    @property
    def text(self) -> str:
        """The prompt as text, special tokens included."""
        return self.rendered.text


def to_template(messages: Sequence[Message]) -> Conversation:
    """Translates messages; a last one of the assistant, unless it calls tools, is a prefill.

    Raises:
        ModelNotFound: A part is not text.
    """
    *before, last = messages
    if not isinstance(last, AssistantMessage) or last.tool_calls:
        return Conversation(tuple(_translate(message) for message in messages))
    return Conversation(
        messages=tuple(_translate(message) for message in before) or _NO_MESSAGES,
        prefill=_text(last.content) or None,
        prefill_reasoning=_reasoning(last),
    )


def render_prompt(
    conversation: Conversation,
    tools: Sequence[Mapping[str, Any]],
    template: ChatTemplate,
    tokens: Tokens,
    *,
    thinking: bool,
    truncate_history: bool,
) -> Prompt:
    """Renders a conversation up to where the model goes on.

    Args:
        conversation: The messages and the prefill.
        tools: Tools as the template takes them.
        template: The model's chat template.
        tokens: The model's vocabulary.
        thinking: Whether the answer may begin with a thought; a prefill decides for itself.
        truncate_history: Leave out the thoughts before the last user turn.

    Raises:
        InvalidRequest: The template can't render this conversation.
    """
    prefill, thought = conversation.prefill, conversation.prefill_reasoning
    rendered = template.render(
        conversation.messages,
        tools,
        enable_thinking=thought is not None or (thinking and prefill is None),
        truncate_history_thinking=truncate_history,
        add_generation_prompt=True,
    )
    if thought is not None:
        rendered = rendered.followed_by(clean_text(thought))
    if thought is not None and prefill is not None:
        end = Mark.END_THINK.value
        rendered = rendered.followed_by("\n", Special(tokens.specials[end], end), "\n")
    if prefill is not None:
        rendered = rendered.followed_by(clean_text(prefill))
    thinking_open = prefill is None and (thinking or thought is not None)
    return Prompt(tuple(rendered.encode(tokens)), thinking_open, rendered)


def _translate(message: Message) -> dict[str, Any]:
    if isinstance(message, AssistantMessage):
        return _assistant(message)
    if isinstance(message, SystemMessage):
        return {"role": "system", "content": _named(message)}
    if isinstance(message, UserMessage):
        return {"role": "user", "content": _named(message)}
    return {"role": "tool", "content": _text(message.content), "tool_call_id": message.tool_call_id}


def _named(message: SystemMessage | UserMessage) -> str:
    text = _text(message.content)
    return f"{message.name}: {text}" if message.name else text


def _assistant(message: AssistantMessage) -> dict[str, Any]:
    translated: dict[str, Any] = {"role": "assistant", "content": _text(message.content)}
    if (thought := _reasoning(message)) is not None:
        translated["reasoning_content"] = thought
    if message.tool_calls:
        translated["tool_calls"] = [_call(call) for call in message.tool_calls]
    return translated


def _call(call: ToolCall) -> dict[str, Any]:
    arguments = arguments_of(call.function.arguments)
    return {"type": "function", "function": {"name": call.function.name, "arguments": arguments}}


def _reasoning(message: AssistantMessage) -> str | None:
    """Earlier reasoning, from the three places where clients keep it."""
    details = message.reasoning_details or ()
    texts = (detail.text for detail in details if detail.type == "reasoning.text")
    summaries = (detail.summary for detail in details if detail.type == "reasoning.summary")
    return (
        "".join(text or "" for text in texts)
        or "".join(summary or "" for summary in summaries)
        or message.reasoning
        or message.reasoning_content
        or None
    )


def _text(content: str | Sequence[TextPart | MediaPart] | None) -> str:
    """Joins text parts line by line, as vLLM's own server does."""
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(_text_of(part) for part in content)


def _text_of(part: TextPart | MediaPart) -> str:
    if isinstance(part, TextPart):
        return part.text
    kind = next(kind for kind in _MEDIA if kind in part.type)
    raise ModelNotFound(f"No endpoints found that support {kind} input")
