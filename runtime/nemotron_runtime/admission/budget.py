"""Money: a limit holds for requests at the same time, too, for each is weighed by the most it can cost."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nemotron_runtime.admission.limiter import GiveBack, once
from nemotron_runtime.errors import LimitExhausted

IN_FLIGHT_RETRY_S = 120
"""As the hosted endpoint has it."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What a request may cost, in US dollars.

    Attributes:
        prompt: Of its prompt, whatever is generated.
        completion: Of one token more.
        max_tokens: That it may generate.
    """

    prompt: Decimal
    completion: Decimal
    max_tokens: int

    @property
    def most(self) -> Decimal:
        """With all of them."""
        return self.prompt + self.max_tokens * self.completion


@dataclass(frozen=True, slots=True)
class Account:
    """A key's money: what it may spend in a period, and has spent.

    Attributes:
        resets_at: The end of the period; None: there is none.
    """

    limit_usd: Decimal
    spent_usd: Decimal
    resets_at: datetime | None = None

    @property
    def left_usd(self) -> Decimal:
        """Never below nothing."""
        return max(Decimal(0), self.limit_usd - self.spent_usd)


class Budget:
    """Reserves for each request the most it can cost, until it has ended and its true cost was counted."""

    def __init__(self) -> None:
        self._reserved: defaultdict[str, Decimal] = defaultdict(Decimal)

    def reserved_usd(self, key: str) -> Decimal:
        """For this key's running requests."""
        return self._reserved[key]

    def reserve(self, key: str, account: Account, weight: Weight) -> GiveBack:
        """Reserves, or refuses; a refusal takes nothing.

        Raises:
            LimitExhausted: the money is spent, or may be with this request.
        """
        if weight.most > account.left_usd - self._reserved[key]:
            raise _refusal(account, weight)
        self._reserved[key] += weight.most

        def give_back() -> None:
            self._reserved[key] -= weight.most

        return once(give_back)


def _refusal(account: Account, weight: Weight) -> LimitExhausted:
    left = account.left_usd
    if weight.most <= left:
        return LimitExhausted(
            "This request would exceed your available credits given your current in-flight requests. "
            "Wait for them to end, or lower max_tokens.",
            metadata=_metadata("openrouter_in_flight_budget", account, reason="in_flight_budget_exhausted"),
            retry_after_s=IN_FLIGHT_RETRY_S,
        )
    metadata = _metadata("openrouter_key_limit", account)
    affordable = int((left - weight.prompt) / weight.completion) if weight.completion else 0
    if affordable < 1:
        return LimitExhausted(
            f"Insufficient credits. This key may spend {account.limit_usd} USD and has spent "
            f"{account.spent_usd:f}; have its limit raised, with `nemotron keys limit` or on the keys page.",
            metadata=metadata,
        )
    return LimitExhausted(
        "This request requires more credits, or fewer max_tokens. "
        f"You requested up to {weight.max_tokens} tokens, but can only afford {affordable}.",
        metadata=metadata,
    )


def _metadata(source: str, account: Account, **more: str) -> dict[str, object]:
    return {
        "limit_source": source,
        "limit_usd": float(account.limit_usd),
        "spend_usd": float(account.spent_usd),
        "resets_at": account.resets_at.isoformat() if account.resets_at else None,
        "remedy_hint": "Lower max_tokens, wait for the limit's reset, or have the key's limit raised.",
        **more,
    }
