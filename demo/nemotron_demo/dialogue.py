"""A conversation that the demo model learns from, or is examined on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Message = Mapping[str, Any]
"""A message as the chat template takes it: ``arguments`` is a mapping, a thought ``reasoning_content``."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A conversation with all the answers that the model should give.

    Attributes:
        skill: What it teaches, as ``family.kind``: "call.single", "text.spell".
        messages: Every assistant turn in it is to be learnt.
        tools: Functions, as in chat completions.
        thinking: Whether the model thinks before each answer. Without it no turn has ``reasoning_content``.
        schema: A JSON schema that the last answer obeys.
    """

    skill: str
    messages: tuple[Message, ...]
    tools: tuple[Mapping[str, Any], ...] = ()
    thinking: bool = True
    schema: Mapping[str, Any] | None = None
