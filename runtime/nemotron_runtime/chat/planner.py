"""Decides everything about a generation that can be decided before its first token. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from nemotron_runtime.chat import grammar
from nemotron_runtime.chat.compression import middle_out
from nemotron_runtime.chat.conversation import Conversation, Prompt, render_prompt, to_template
from nemotron_runtime.chat.limits import Limits
from nemotron_runtime.chat.plan import GenerationPlan
from nemotron_runtime.chat.reasoning import Thinking, thinking_of
from nemotron_runtime.chat.template import ChatTemplate
from nemotron_runtime.chat.tokens import Tokens
from nemotron_runtime.chat.toolplan import ToolPlan, tool_plan
from nemotron_runtime.engine.base import Sampling
from nemotron_runtime.errors import ContextLengthExceeded, InvalidRequest, ModelNotFound
from nemotron_runtime.models.preferences import check_preferences, used_parameters
from nemotron_runtime.models.resolve import Resolved, resolve
from nemotron_runtime.models.served import Served
from nemotron_runtime.wire.request import ChatRequest

BAN = -100.0
"""The lowest logit bias of the API: the token does not come."""

_TOKEN_ID = re.compile(r"[0-9]{1,9}")

COMPRESSION = "context-compression"

LOCAL_PLUGINS = frozenset({COMPRESSION, "response-healing"})
"""Plugins that work here, see docs/api.md."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Makes plans for one served model."""

    served: Served
    tokens: Tokens
    template: ChatTemplate
    marks: grammar.MarkIds
    limits: Limits

    def plan(self, request: ChatRequest) -> tuple[GenerationPlan, Resolved]:
        """Checks the request as a whole and decides.

        Raises:
            ClientError: naming the field and what to do.
        """
        self.limits.check(request)
        resolved = resolve(request.model, request.models, request.preset, self.served.spec)
        check_preferences(request.provider, self.served, resolved, used_parameters(request))
        _refuse_elsewhere(request)
        spec = self.served.spec
        wanted = request.max_completion_tokens or request.max_tokens
        possible = wanted and min(wanted, self.served.max_completion_tokens)
        thinking = thinking_of(request, possible, spec.thinking_allowance_tokens)
        tools = tool_plan(request, self.limits.schema_bytes)
        response = grammar.response_of(request.response_format, self.limits.schema_bytes)
        conversation = to_template(request.messages)
        prompt = self._prompt(conversation, tools, thinking)
        if _wants_compression(request):
            prompt = self._compressed(prompt, conversation, tools, thinking, possible)
        max_tokens = self._max_tokens(wanted, prompt, conversation, tools)
        sampling = Sampling(
            max_tokens=max_tokens,
            grammar=grammar.build(
                thinking=prompt.thinking_open,
                budget=thinking.budget_within(max_tokens),
                calls=tools.calls,
                response=response,
                marks=self.marks,
            ),
            **self._sampling(request, tools),
        )
        plan = GenerationPlan(
            prompt_token_ids=tuple(prompt.ids),
            sampling=sampling,
            thinking=prompt.thinking_open,
            model=resolved.model,
            requested_model=resolved.requested,
            hide_reasoning=thinking.hidden,
            tools=tools.schemas,
            stop=_stops(request),
            max_calls=tools.max_calls,
            stream=bool(request.stream),
            service_tier=request.service_tier,
            echo=_echo(request, sampling, prompt),
            prices=resolved.prices,
        )
        return plan, resolved

    def _prompt(self, conversation: Conversation, tools: ToolPlan, thinking: Thinking) -> Prompt:
        return render_prompt(
            conversation,
            tools.rendered,
            self.template,
            self.tokens,
            thinking=thinking.enabled and self.served.spec.template.enable_thinking,
            truncate_history=not thinking.all_turns and self.served.spec.template.truncate_history_thinking,
        )

    def _compressed(
        self,
        prompt: Prompt,
        conversation: Conversation,
        tools: ToolPlan,
        thinking: Thinking,
        output_tokens: int | None,
    ) -> Prompt:
        """The prompt, without turns from its middle where prompt and output don't fit together."""
        context = self.served.context_tokens
        limit = max(context // 2, context - (output_tokens or self.served.spec.default_max_tokens or 1))
        if len(prompt.ids) <= limit:
            return prompt

        def render(messages: Sequence[Mapping[str, Any]]) -> Prompt:
            return self._prompt(replace(conversation, messages=tuple(messages)), tools, thinking)

        left = middle_out(conversation.messages, lambda messages: len(render(messages).ids) <= limit)
        return prompt if left is None else render(left)

    def _max_tokens(
        self, wanted: int | None, prompt: Prompt, conversation: Conversation, tools: ToolPlan
    ) -> int:
        """The wish, within what the context leaves."""
        spec, context = self.served.spec, self.served.context_tokens
        room = context - len(prompt.ids)
        if room < 1:
            raise self._too_long(wanted, prompt, conversation, tools)
        return min(wanted or spec.default_max_tokens or room, self.served.max_completion_tokens, room)

    def _too_long(
        self, wanted: int | None, prompt: Prompt, conversation: Conversation, tools: ToolPlan
    ) -> ContextLengthExceeded:
        output = wanted or self.served.spec.default_max_tokens or 0
        total = len(prompt.ids)
        bare = self._prompt(conversation, ToolPlan(), Thinking(True, None, False, False))
        text = min(len(bare.ids), total) if tools.rendered else total
        parts = [f"{text} of text input"]
        if tools.rendered:
            parts.append(f"{total - text} of tool input")
        parts.append(f"{output} in the output")
        return ContextLengthExceeded(
            f"This endpoint's maximum context length is {self.served.context_tokens} tokens. "
            f"However, you requested about {total + output} tokens ({', '.join(parts)}). "
            "Please reduce the length of either one, or use the context-compression plugin to compress "
            "your prompt automatically.",
            metadata={"provider_name": None},
        )

    def _sampling(self, request: ChatRequest, tools: ToolPlan) -> dict[str, Any]:
        defaults = self.served.spec.sampling
        if request.top_logprobs is not None and not request.logprobs:
            raise InvalidRequest('top_logprobs: Requires "logprobs" to be true')
        wishes = {
            "temperature": request.temperature,
            "top_p": request.top_p,
            "top_k": request.top_k,
            "min_p": request.min_p,
            "frequency_penalty": request.frequency_penalty,
            "presence_penalty": request.presence_penalty,
            "repetition_penalty": request.repetition_penalty,
            "seed": request.seed,
            "logprobs": (request.top_logprobs or 0) if request.logprobs else None,
        }
        chosen: dict[str, Any] = asdict(defaults) | {
            name: value for name, value in wishes.items() if value is not None
        }
        chosen["top_k"] = min(chosen["top_k"], self.tokens.vocab_size)
        chosen["stop_token_ids"] = tuple(self.marks.end)
        chosen["logit_bias"] = self._logit_bias(request, tools)
        return chosen

    def _logit_bias(self, request: ChatRequest, tools: ToolPlan) -> Mapping[int, float]:
        biases: dict[int, float] = {}
        for key, value in (request.logit_bias or {}).items():
            if not _TOKEN_ID.fullmatch(key) or int(key) >= self.tokens.vocab_size:
                raise InvalidRequest(
                    f"logit_bias.{key[:40]}: Invalid key: expected a token id below {self.tokens.vocab_size}"
                )
            biases[int(key)] = value
        if tools.forbidden:
            biases[self.marks.call] = BAN
        return biases


def _stops(request: ChatRequest) -> tuple[str, ...]:
    return (request.stop,) if isinstance(request.stop, str) else tuple(request.stop or ())


def _wants_compression(request: ChatRequest) -> bool:
    """Asked for by plugin, or by the older ``transforms``; a plugin that is switched off wins."""
    wishes = [p.enabled is not False for p in request.plugins or () if p.id == COMPRESSION]
    return all(wishes) if wishes else "middle-out" in (request.transforms or ())


def _refuse_elsewhere(request: ChatRequest) -> None:
    """What only OpenRouter's own servers could do is refused, not dropped."""
    for index, plugin in enumerate(request.plugins or ()):
        if plugin.enabled is not False and plugin.id not in LOCAL_PLUGINS:
            raise InvalidRequest(f'plugins.{index}.id: "{plugin.id[:80]}" is not available here; remove it')
    outputs = [kind for kind in request.modalities or () if kind != "text"]
    if outputs:
        raise ModelNotFound(f"No endpoints found that support the requested output modalities: {outputs[0]}")


def _echo(request: ChatRequest, sampling: Sampling, prompt: Prompt) -> dict[str, Any] | None:
    if not (request.debug and request.debug.echo_upstream_body):
        return None
    return {"prompt": prompt.text, "prompt_tokens": len(prompt.ids), "sampling": asdict(sampling)}
