"""When tokens came, and the line that sums an answer up."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from nemotron_runtime.cli.talk.answer import Answer


@dataclass(slots=True)
class Timing:
    """Seconds on the monotonic clock. ``pieces`` stands in for tokens where the server counts none."""

    sent: float = field(default_factory=time.monotonic)
    first: float | None = None
    last: float | None = None
    pieces: int = 0

    def tick(self) -> None:
        """A piece came."""
        self.last = time.monotonic()
        self.first = self.last if self.first is None else self.first
        self.pieces += 1

    def tokens_per_s(self, tokens: int) -> float | None:
        """Decoding speed, without the first token, whose time is the prefill's."""
        if self.first is None or self.last is None or self.last <= self.first or tokens < 2:
            return None
        return (tokens - 1) / (self.last - self.first)


def summary(answer: Answer, timing: Timing) -> str:
    """Model, TTFT, tokens/s, tokens, price, and the finish reason where it isn't plain."""
    usage = answer.usage
    tokens = usage.get("completion_tokens") or timing.pieces
    speed = timing.tokens_per_s(tokens)
    parts = [
        answer.model,
        f"TTFT {timing.first - timing.sent:.2f} s" if timing.first is not None else "",
        f"{speed:.1f} tokens/s" if speed else "",
        _tokens(answer) if usage else f"about {tokens} tokens",
        f"${usage['cost']:.6f}" if usage.get("cost") else "",
        f"ended by {answer.finish}" if answer.finish not in (None, "stop") else "",
    ]
    return " · ".join(part for part in parts if part)


def _tokens(answer: Answer) -> str:
    usage = answer.usage
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
    thought = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens")
    read = f"{usage.get('prompt_tokens', 0)} tokens in" + (f" ({cached} cached)" if cached else "")
    written = f"{usage.get('completion_tokens', 0)} out" + (f" ({thought} reasoning)" if thought else "")
    return f"{read}, {written}"
