"""The ``openai`` and ``openrouter`` packages. Their answers have the same attributes."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any, ClassVar

import httpx
import openai
from openai import OpenAI
from openrouter import OpenRouter
from openrouter.errors import OpenRouterError

from support.clients.base import Json, result_of

Task = Mapping[str, Any]
PATIENCE_S = 0.4
"""After which a client leaves that waits for a whole answer."""


class PythonClient(ABC):
    """Does tasks; one client a task, as scripts have."""

    errors: ClassVar[tuple[type[Exception], ...]]

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def __call__(self, task: Task) -> Json:
        question = [{"role": "user", "content": task["prompt"]}]
        match task["do"]:
            case "turns":
                first = self._run(task, question)
                if "error" in first:
                    return [first]
                later = {**task, "request": {**task["request"], **(task["later"] or {})}}
                return [first, self._run(later, [*question, first["message"], *_reply(task, first)])]
            case "structured":
                seen = self._run(task, question)
                return seen if "error" in seen else {**seen, "value": json.loads(seen["text"])}
            case _:
                return self._run(task, question)

    def _run(self, task: Task, messages: list[Json]) -> Json:
        seen: dict[str, Any] = {"text": "", "reasoning": "", "calls": [], "pieces": 0}
        try:
            self.answer(seen, task, messages)
        except self.errors as error:
            seen["error"] = self.failure(error)
        for name in ("finish", "usage", "model"):
            seen.setdefault(name, None)
        return seen

    @abstractmethod
    def answer(self, seen: dict[str, Any], task: Task, messages: list[Json]) -> None:
        """Asks, and takes the answer with :func:`take`."""

    @abstractmethod
    def failure(self, error: Any) -> Json:
        """What this client's exception says."""


class OpenAIClient(PythonClient):
    errors = (openai.APIError,)

    def answer(self, seen: dict[str, Any], task: Task, messages: list[Json]) -> None:
        request = dict(task["request"])
        extra = {name: request.pop(name) for name in ("reasoning", "provider") if name in request}
        timeout = PATIENCE_S if _leaves_early(task) else 60
        with OpenAI(
            base_url=self.base_url, api_key=task["key"] or "", max_retries=0, timeout=timeout
        ) as client:
            answer = client.chat.completions.create(
                messages=messages, stream=task["stream"], extra_body=extra, **request
            )
            take(seen, task, answer)

    def failure(self, error: openai.APIError) -> Json:
        body: Any = error.body if isinstance(error.body, dict) else {}
        failure = {
            "name": type(error).__name__,
            "message": error.message,
            "code": body.get("code"),
            "kind": body.get("metadata", {}).get("error_type"),
        }
        if isinstance(error, openai.APIStatusError):
            failure["status"] = error.status_code
            failure["retry_after"] = error.response.headers.get("retry-after")
        return failure


class OpenRouterClient(PythonClient):
    errors = (OpenRouterError, httpx.TimeoutException)

    def answer(self, seen: dict[str, Any], task: Task, messages: list[Json]) -> None:
        patience = int(PATIENCE_S * 1000) if _leaves_early(task) else 60_000
        with OpenRouter(api_key=task["key"], server_url=self.base_url, timeout_ms=patience) as client:
            answer = client.chat.send(  # without retries=None, a 5xx is tried again for an hour
                messages=messages, stream=task["stream"], retries=None, **task["request"]
            )
            take(seen, task, answer)

    def failure(self, error: Exception) -> Json:
        failure: Json = {"name": type(error).__name__, "message": str(error)}
        if isinstance(error, OpenRouterError):
            body = json.loads(error.body)["error"]
            failure |= {"status": error.status_code, "retry_after": error.headers.get("retry-after")}
            failure |= {"code": body["code"], "kind": body["metadata"]["error_type"]}
        return failure


def take(seen: dict[str, Any], task: Task, answer: Any) -> None:
    """Takes an answer, whole or as a stream."""
    if not task["stream"]:
        _take_whole(seen, answer)
        return
    with closing(answer):
        _take_stream(seen, answer, leave=task["do"] == "cancel")


def _leaves_early(task: Task) -> bool:
    return task["do"] == "cancel" and not task["stream"]


def _reply(task: Task, first: Json) -> list[Json]:
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": result_of(call["arguments"])}
        for call in first["calls"]
    ]
    return results or [{"role": "user", "content": task["then"]}]


def _take_whole(seen: dict[str, Any], body: Any) -> None:
    choice = body.choices[0]
    message = choice.message
    seen["text"] = message.content or ""
    seen["reasoning"] = message.reasoning or ""
    for call in message.tool_calls or []:
        _start_call(seen, call)
    seen |= {"finish": choice.finish_reason, "usage": _usage(body.usage), "model": body.model}
    seen["message"] = message


def _take_stream(seen: dict[str, Any], chunks: Iterable[Any], *, leave: bool) -> None:
    details: list[Any] = []
    for chunk in chunks:
        seen["model"] = chunk.model
        if chunk.usage:
            seen["usage"] = _usage(chunk.usage)
        for choice in chunk.choices:
            _take_delta(seen, choice.delta, details)
            seen["finish"] = choice.finish_reason or seen.get("finish")
        if error := getattr(chunk, "error", None):  # the openai package raises before
            seen["error"] = _chunk_failure(error)
        if leave and seen["text"]:
            return
    seen["message"] = _message(seen, details)


def _take_delta(seen: dict[str, Any], delta: Any, details: list[Any]) -> None:
    seen["pieces"] += 1
    seen["text"] += delta.content or ""
    seen["reasoning"] += getattr(delta, "reasoning", None) or ""
    details += getattr(delta, "reasoning_details", None) or []
    for call in delta.tool_calls or []:
        if call.id:
            assert call.index == len(seen["calls"])
            _start_call(seen, call)
        else:
            seen["calls"][call.index]["arguments"] += call.function.arguments


def _start_call(seen: dict[str, Any], call: Any) -> None:
    seen["calls"].append({"id": call.id, "name": call.function.name, "arguments": call.function.arguments})


def _message(seen: dict[str, Any], details: list[Any]) -> Json:
    """The assistant's message as it goes back: the details piece by piece, as they came."""
    message = {"role": "assistant", "content": seen["text"], "reasoning_details": details}
    calls = [
        {"id": call["id"], "type": "function", "function": {k: call[k] for k in ("name", "arguments")}}
        for call in seen["calls"]
    ]
    return message | ({"tool_calls": calls} if calls else {})


def _usage(usage: Any) -> Json:
    return {
        "prompt": usage.prompt_tokens,
        "completion": usage.completion_tokens,
        "reasoning": usage.completion_tokens_details.reasoning_tokens,
        "cost": usage.cost,
    }


def _chunk_failure(error: Any) -> Json:
    kind = error.metadata.error_type if error.metadata else None
    return {"name": "chunk.error", "message": error.message, "code": error.code, "kind": kind}
