"""What a run on a hosted endpoint may cost, worked out before anything is sent."""

from __future__ import annotations

import math
from dataclasses import dataclass

import httpx

from nemotron_bench.servers import Server, ServerFailed
from nemotron_bench.workloads import Workload

TOKENS_OF_A_WORD = 2.0
"""More than tokenizers need for the words that prompts are made of, and for the template around them."""

_CALL_WORDS, _TOOL_WORDS = 40, 200


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a token, and for a request."""

    prompt: float
    completion: float
    request: float = 0.0


def price_of(server: Server) -> Price:
    """What the server's ``/models`` says of its model.

    Raises:
        ServerFailed: it says nothing of it: then nothing is sent.
    """
    headers = {"Authorization": f"Bearer {server.key}"} if server.key else {}
    try:
        answer = httpx.get(f"{server.base_url}/models", headers=headers, timeout=60)
        entries = answer.raise_for_status().json()["data"]
        pricing = next(entry["pricing"] for entry in entries if entry["id"] == server.model)
        found = Price(*(float(pricing.get(name) or 0) for name in ("prompt", "completion", "request")))
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError, StopIteration) as fault:
        raise ServerFailed(
            f"{server.base_url}/models names no price for {server.model}, so its cost can't be worked out"
        ) from fault
    if not all(
        math.isfinite(value) and value >= 0 for value in (found.prompt, found.completion, found.request)
    ):
        raise ServerFailed(f"{server.base_url}/models names a price for {server.model} that is none")
    return found


def most_dollars(price: Price, workload: Workload, requests: int) -> float:
    """For so many requests at each length of the workload: every answer as long as it may be.

    Raises:
        ValueError: a file is replayed, whose lengths aren't known.
    """
    if workload.file:
        raise ValueError("the cost of a file's requests isn't known before: take a workload of ours")
    return sum(requests * _request(price, rung) for rung in workload.rungs())


def _request(price: Price, work: Workload) -> float:
    """The mean of a session's turns, each of which has the earlier ones as history."""
    history_words = (work.turns - 1) / 2 * (work.result_tokens + _CALL_WORDS)
    words = work.prefix_tokens + work.input_tokens[0] + history_words + (_TOOL_WORDS if work.turns > 1 else 0)
    return price.request + price.prompt * TOKENS_OF_A_WORD * words + price.completion * work.output_tokens
