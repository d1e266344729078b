"""Holds each request for an answer to what its key may have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from nemotron_runtime.admission.budget import Account, Budget, Weight
from nemotron_runtime.admission.free import FreeTier
from nemotron_runtime.admission.limiter import UNLIMITED, Clock, Limiter, Rates
from nemotron_runtime.api.visit import Visit
from nemotron_runtime.chat.plan import GenerationPlan
from nemotron_runtime.chat.record import GenerationRecord
from nemotron_runtime.models.resolve import Resolved
from nemotron_runtime.store.keys import Key, KeyUsage
from nemotron_runtime.store.periods import ends

NOBODY = ""
"""Whom requests without a key are counted for."""


class Gate:
    """One for all requests. It asks memory alone.

    Args:
        usage: What a key has spent, by its hash.
        clock: Unix seconds.
        free_requests_per_day: Of ``:free``, for each key; None: no limits for them.
    """

    def __init__(
        self, usage: Callable[[str], KeyUsage], clock: Clock, *, free_requests_per_day: int | None = None
    ) -> None:
        self._usage = usage
        self._limiter = Limiter(clock)
        self._budget = Budget()
        self.free = FreeTier(free_requests_per_day, clock) if free_requests_per_day else None

    def running(self, key_hash: str) -> int:
        """Requests that are being answered for a key."""
        return self._limiter.running(key_hash)

    def enter(self, visit: Visit) -> None:
        """Takes a place for the visit, before its body is read.

        Raises:
            Forbidden: a management key.
            RateLimited: too many requests.
        """
        visit.need_ordinary()
        visit.keep(self._limiter.enter(visit.key_hash or NOBODY, _rates(visit)))

    def weigh(self, visit: Visit, plan: GenerationPlan, resolved: Resolved) -> None:
        """Takes what the request needs, before its first token. A refusal takes nothing.

        Raises:
            RateLimited: too many tokens, or too many free requests.
            LimitExhausted: it may cost more than the key has left.
        """
        who, prompt_tokens = visit.key_hash or NOBODY, len(plan.prompt_token_ids)
        free = self.free if "free" in resolved.suffixes else None
        if free:
            free.check(who)
        if visit.key and (account := self._account(visit.key)):
            prices = resolved.prices
            weight = Weight(prompt_tokens * prices.prompt, prices.completion, plan.sampling.max_tokens)
            visit.keep(self._budget.reserve(who, account, weight))
        self._limiter.take_prompt(who, _rates(visit), prompt_tokens)
        if free:
            free.take(who)

    def put(self, record: GenerationRecord) -> None:
        """Counts the tokens that were generated: it is a recorder, too."""
        self._limiter.count_completion(record.caller.key_hash or NOBODY, record.usage.completion_tokens)

    def _account(self, key: Key) -> Account | None:
        terms = key.terms
        if terms.limit_usd is None or terms.management:
            return None
        today = datetime.now(UTC).date()
        return Account(
            limit_usd=Decimal(terms.limit_usd),
            spent_usd=self._usage(key.hash).counted(terms),
            resets_at=ends(terms.limit_reset, today) if terms.limit_reset else None,
        )


def _rates(visit: Visit) -> Rates:
    if visit.key is None or visit.key_hash is None:
        return UNLIMITED
    terms = visit.key.terms
    return Rates(terms.requests_per_minute, terms.tokens_per_minute, terms.concurrent_streams)
