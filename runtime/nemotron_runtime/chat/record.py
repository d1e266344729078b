"""What is kept of a generation, whatever ended it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from nemotron_runtime.chat.call_check import NO_CALLS, CallCounts
from nemotron_runtime.chat.events import Timings, Usage
from nemotron_runtime.models.spec import Prices

Outcome = Literal["finished", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class App:
    """The program that a request says it comes from.

    Attributes:
        identity: What tells apps apart: the origin of ``HTTP-Referer``; the title where that is a local one.
        categories: Known ones only.
        hidden: Not to be shown among the public apps.
    """

    identity: str
    title: str | None = None
    url: str | None = None
    categories: tuple[str, ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as only the HTTP request knows it.

    Attributes:
        key_hash: Of the key that opened the door; None without keys.
        user: The request's own word for its end user.
        api_type: ``completions`` for chat completions, in the words of ``/generation``.
        messages_json: The request's messages as JSON text, where content is to be stored; else None.
    """

    key_hash: str | None = None
    app: App | None = None
    referer: str | None = None
    user_agent: str | None = None
    session_id: str | None = None
    user: str | None = None
    api_type: str = "completions"
    messages_json: str | None = None


NOBODY = Caller()


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars, to the last digit."""

    prompt: Decimal = Decimal(0)
    completion: Decimal = Decimal(0)

    @classmethod
    def of(cls, usage: Usage, prices: Prices) -> Cost:
        """What these tokens cost."""
        return cls(usage.prompt_tokens * prices.prompt, usage.completion_tokens * prices.completion)

    @property
    def total(self) -> Decimal:
        """Prompt and completion."""
        return self.prompt + self.completion


FREE = Cost()


@dataclass(frozen=True, slots=True)
class Content:
    """What was asked and answered. ``messages_json`` and ``calls_json`` are JSON text."""

    messages_json: str
    completion: str
    reasoning: str
    calls_json: str = "[]"


@dataclass(frozen=True, slots=True)
class GenerationRecord:
    """One record for each request, however it ends. Holds no text but ``content``.

    Attributes:
        created_s: Unix seconds.
        model: The slug that answered, with its variant (``author/name:free``).
        finish_reason: None unless ``outcome`` is ``finished``.
        error_type: The wire's word for the error of a failed one.
        error_status: Its HTTP status, even where the answer's had been sent before.
        error_message: As the client reads it.
        cost: Nothing for a failed one, nor for one that ended before its first token.
        content: None unless content is stored.
    """

    id: str
    created_s: int
    model: str
    requested_model: str
    streamed: bool
    outcome: Outcome
    usage: Usage
    timings: Timings
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    error_type: str | None = None
    error_status: int | None = None
    error_message: str | None = None
    service_tier: str | None = None
    cost: Cost = FREE
    calls: CallCounts = NO_CALLS
    caller: Caller = NOBODY
    content: Content | None = None

    @property
    def cancelled(self) -> bool:
        """The client went away."""
        return self.outcome == "cancelled"


class Recorder(Protocol):
    """Takes records. Never waits, never raises."""

    def put(self, record: GenerationRecord) -> None:
        """Keeps one record."""
