"""The ``reasoning`` object: in a request, and in a system message that changes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from nemotron_runtime.wire.scalars import Bool, Int

Effort = Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"]


class Reasoning(BaseModel):
    """How long to think, and whether to show it. ``summary`` and ``mode`` have no effect here."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    enabled: Bool | None = None
    effort: Effort | None = None
    max_tokens: Annotated[Int, Field(ge=0)] | None = None
    exclude: Bool | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None
    context: Literal["auto", "all_turns", "current_turn"] | None = None
    mode: Literal["standard", "pro"] | None = None
