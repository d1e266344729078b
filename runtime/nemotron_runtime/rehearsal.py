"""A first real conversation with a fresh engine: a thought within a budget, then a tool call."""

from __future__ import annotations

import time
from dataclasses import dataclass

from nemotron_runtime.chat.events import ReasoningDelta, ToolCallArgs, ToolCallStart
from nemotron_runtime.chat.planner import Planner
from nemotron_runtime.chat.record import GenerationRecord
from nemotron_runtime.chat.service import ChatService
from nemotron_runtime.chat.tokens import Tokens
from nemotron_runtime.engine.base import Engine
from nemotron_runtime.wire.request import ChatRequest

_TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
REQUEST = {
    "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
    "tools": [_TOOL],
    "tool_choice": "required",
    "reasoning": {"max_tokens": 48},
    "max_tokens": 192,
    "temperature": 0,
}
"""Through template, grammar, budget and both parsers: what is compiled now, no first user waits for."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the model said.

    Attributes:
        thought: Characters of it.
        call: ``name(arguments)``; empty where there was none.
    """

    thought: int
    call: str

    @property
    def worked(self) -> bool:
        """Whether both parts came."""
        return bool(self.thought and self.call.endswith("})"))

    def __str__(self) -> str:
        return f"a thought of {self.thought} characters, then {self.call or 'no call'}"


async def rehearse(planner: Planner, tokens: Tokens, engine: Engine) -> Rehearsal:
    """Asks once.

    Raises:
        EngineError: The engine failed.
    """
    plan, _ = planner.plan(ChatRequest.model_validate(REQUEST))
    service = ChatService(engine, tokens, _Forgetful())
    thought, name, arguments = 0, "", ""
    async for events in service.run(plan, generation_id="rehearsal", created_s=int(time.time())):
        for event in events:
            match event:
                case ReasoningDelta():
                    thought += len(event.text)
                case ToolCallStart():
                    name = event.name
                case ToolCallArgs():
                    arguments += event.text
    return Rehearsal(thought, f"{name}({arguments})" if name else "")


class _Forgetful:
    def put(self, record: GenerationRecord) -> None:
        """Not a user's: it is not counted."""
