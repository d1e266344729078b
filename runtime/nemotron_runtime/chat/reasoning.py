"""How much a request wants the model to think, from the three ways to say it."""

from __future__ import annotations

from dataclasses import dataclass

from nemotron_runtime.errors import InvalidRequest
from nemotron_runtime.wire.messages import SystemMessage
from nemotron_runtime.wire.reasoning import Effort, Reasoning
from nemotron_runtime.wire.request import ChatRequest

EFFORT_RATIOS: dict[Effort, float] = {
    "max": 0.95,
    "xhigh": 0.95,
    "high": 0.80,
    "medium": 0.50,
    "low": 0.20,
    "minimal": 0.10,
}
"""Share of max_tokens (OpenRouter's table)."""


@dataclass(frozen=True, slots=True)
class Thinking:
    """What the request asks for.

    Attributes:
        budget_tokens: Thinking tokens at most; None leaves it to the model.
        hidden: Think, but don't show it.
        all_turns: Keep the thoughts of earlier turns in the prompt.
    """

    enabled: bool
    budget_tokens: int | None
    hidden: bool
    all_turns: bool

    def budget_within(self, max_tokens: int) -> int | None:
        """The budget where it can be reached at all; one that can't needs no watching."""
        budget = self.budget_tokens
        return budget if budget is not None and budget < max_tokens else None


def thinking_of(request: ChatRequest, max_tokens: int | None, allowance_tokens: int) -> Thinking:
    """Reads ``reasoning``, ``reasoning_effort`` and ``include_reasoning``.

    Args:
        request: The request.
        max_tokens: Its output limit, where it has one.
        allowance_tokens: What effort ratios apply to where it has none.

    Raises:
        InvalidRequest: where two of them contradict each other.
    """
    wish = _latest_update(request) or request.reasoning or Reasoning()
    effort = _effort(request, wish)
    if wish.max_tokens is not None and effort is not None and effort != "none":
        raise InvalidRequest('reasoning: Only one of "effort" and "max_tokens" may be given')
    budget = wish.max_tokens
    if budget is None and effort is not None and effort != "none":
        budget = max(1, int((max_tokens or allowance_tokens) * EFFORT_RATIOS[effort]))
    exclude = wish.exclude if wish.exclude is not None else request.include_reasoning is False
    return Thinking(
        enabled=wish.enabled is not False and effort != "none" and budget != 0,
        budget_tokens=budget,
        hidden=exclude,
        all_turns=wish.context == "all_turns",
    )


def _latest_update(request: ChatRequest) -> Reasoning | None:
    updates = [
        message.configuration_update.reasoning
        for message in request.messages
        if isinstance(message, SystemMessage) and message.configuration_update
    ]
    return next((update for update in reversed(updates) if update), None)


def _effort(request: ChatRequest, wish: Reasoning) -> Effort | None:
    if wish.effort and request.reasoning_effort and wish.effort != request.reasoning_effort:
        raise InvalidRequest('reasoning_effort: Conflicts with "reasoning.effort"; send one of them')
    return wish.effort or request.reasoning_effort
