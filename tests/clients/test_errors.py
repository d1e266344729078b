"""Each class of error, as the exception or the error part that a real client makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from support.clients.base import KEY, Client, Seen
from support.clients.plays import THOUGHT


@dataclass(frozen=True)
class Refusal:
    """A request that is refused.

    Attributes:
        openai: Class of the exception in the openai packages.
        openrouter: The same in the openrouter packages, without ``ResponseError``.
    """

    status: int
    kind: str
    words: str
    openai: str
    openrouter: str
    prompt: str = "hello"
    key: str | None = KEY
    request: Mapping[str, Any] = field(default_factory=dict)

    def name_for(self, client: str) -> str:
        match client:
            case "openai-python":
                return self.openai
            case "openai-node":
                return self.openai.replace("APIStatusError", "APIError")
            case "ai-sdk":  # one for all
                return "AI_APICallError"
        return f"{self.openrouter}ResponseError"


def wrong(words: str, **request: Any) -> Refusal:
    return Refusal(400, "invalid_request", words, "BadRequestError", "BadRequest", request=request)


def unknown(words: str, key: str | None) -> Refusal:
    return Refusal(401, "authentication", words, "AuthenticationError", "Unauthorized", key=key)


def too_large(characters: int) -> Refusal:
    words = "Request payload too large"
    return Refusal(
        413, "payload_too_large", words, "APIStatusError", "PayloadTooLarge", prompt="x" * characters
    )


def broken(prompt: str, status: int, kind: str, words: str, openrouter: str) -> Refusal:
    return Refusal(status, kind, words, "InternalServerError", openrouter, prompt=prompt)


REFUSALS = {
    "a wrong field": wrong("temperature: Too big: expected number to be <=2", temperature=9),
    "an unknown model": wrong("a/b is not a valid model ID", model="a/b"),
    "no key": unknown("Missing Authentication header", key=None),
    "an unknown key": unknown("User not found.", key="sk-or-v1-unknown"),
    "no endpoint": Refusal(
        404,
        "not_found",
        "No allowed providers are available",
        "NotFoundError",
        "NotFound",
        request={"provider": {"only": ["openai"]}},
    ),
    "a body too large": too_large(70_000),
    "a body far too large": too_large(4_000_000),
    "a bug": broken("bug", 500, "server", "Internal Server Error", "InternalServer"),
    "a failed generation": broken(
        "fails", 502, "provider_unavailable", "Provider returned error", "BadGateway"
    ),
    "a full queue": broken("full", 503, "provider_overloaded", "The queue is full.", "ServiceUnavailable"),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_is_the_clients_own_exception(client: Client, stage, case, stream):
    refusal = REFUSALS[case]
    if refusal.key is None and not client.name.startswith("openrouter"):
        pytest.skip("this client refuses to start without a key")
    seen = client.ask(refusal.prompt, stream=stream, key=refusal.key, **refusal.request)
    assert (seen.text, seen.pieces) == ("", 0)
    assert seen.error.name == refusal.name_for(client.name)
    assert (seen.error.status, seen.error.code) == (refusal.status, refusal.status)
    assert seen.error.kind == refusal.kind
    assert refusal.words in seen.error.message
    assert seen.error.retry_after == ("2" if refusal.status == 503 else None)


IN_STREAM = {
    "openai-python": "APIError",
    "openai-node": "APIError",
    "openrouter-python": "chunk.error",
    "openrouter-node": "chunk.error",
    "ai-sdk": "AI_StreamProviderError",
}


def test_an_error_in_the_middle_of_an_answer(client: Client, stage):
    seen = client.ask("breaks", stream=True)
    assert (seen.text, seen.reasoning) == ("Half an", THOUGHT)
    check_in_stream(client, seen)


def test_an_error_after_comments_and_before_the_first_token(client: Client, stage):
    seen = client.ask("fails late", stream=True)
    assert (seen.text, seen.reasoning, seen.pieces) == ("", "", 0)
    check_in_stream(client, seen)


def check_in_stream(client: Client, seen: Seen) -> None:
    assert seen.error.name == IN_STREAM[client.name]
    assert (seen.error.code, seen.error.kind) == (502, "provider_unavailable")
    assert seen.error.message == "The model stopped before the answer was complete."
