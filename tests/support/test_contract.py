from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from openrouter import components, operations
from pydantic import ValidationError

from nemotron_runtime.models.provider import PROVIDER_NAME
from support.contract import fixture, validate_response, validate_schema, validate_sdk

FIXTURES: list[tuple[str, str, type[Any]]] = [
    ("models", "/models", components.ModelsListResponse),
    ("count", "/models/count", components.ModelsCountResponse),
    ("model", "/model/{author}/{slug}", components.ModelResponse),
    ("endpoints", "/models/{author}/{slug}/endpoints", operations.ListEndpointsResponse),
    ("providers", "/providers", operations.ListProvidersResponse),
    ("credits", "/credits", operations.GetCreditsResponse),
    ("activity", "/activity", components.ActivityResponse),
    ("generation", "/generation", components.GenerationResponse),
    ("key", "/key", operations.GetCurrentKeyResponse),
]
CHUNK = {
    "id": "gen-1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "delta": {"content": "x", "role": "assistant"}, "finish_reason": None}],
}


def _at(body: Any, path: str) -> tuple[Any, Any]:
    *steps, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    for step in steps:
        body = body[step]
    return body, last


def _without(path: str) -> Callable[[Any], None]:
    def change(body: Any) -> None:
        holder, key = _at(body, path)
        del holder[key]

    return change


def _with(path: str, value: Any) -> Callable[[Any], None]:
    def change(body: Any) -> None:
        holder, key = _at(body, path)
        holder[key] = value

    return change


@pytest.mark.parametrize(("name", "path", "model"), FIXTURES)
def test_committed_fixtures_pass_both_oracles(name: str, path: str, model: type[Any]) -> None:
    validate_response("GET", path, 200, fixture(name))
    validate_response("get", path, 200, json.dumps(fixture(name)).encode())
    validate_sdk(model, fixture(name))


@pytest.mark.parametrize(
    ("name", "path", "change", "place"),
    [
        ("models", "/models", _without("total_count"), "total_count"),
        ("models", "/models", _without("links"), "links"),
        ("models", "/models", _with("data/0/created", "2026"), "$.data[0].created"),
        ("model", "/model/{author}/{slug}", _with("data/supported_parameters/0", "hope"), "hope"),
        ("model", "/model/{author}/{slug}", _with("data/default_parameters", {"min_p": 0}), "min_p"),
        ("count", "/models/count", _with("data/count", "1"), "$.data.count"),
        (
            "endpoints",
            "/models/{author}/{slug}/endpoints",
            _with("data/endpoints/0/pricing/prompt", 0.1),
            "$.data.endpoints[0].pricing.prompt",
        ),
        (
            "endpoints",
            "/models/{author}/{slug}/endpoints",
            _with("data/endpoints/0/provider_name", "Nobody"),
            "$.data.endpoints[0].provider_name",
        ),
    ],
)
def test_openapi_file_refuses_and_names_the_place(
    name: str, path: str, change: Callable[[Any], None], place: str
) -> None:
    body = fixture(name)
    change(body)
    with pytest.raises(AssertionError) as caught:
        validate_response("GET", path, 200, body)
    assert place in str(caught.value)


def test_our_own_provider_name_passes_both() -> None:
    body = fixture("endpoints")
    body["data"]["endpoints"][0]["provider_name"] = PROVIDER_NAME
    validate_response("GET", "/models/{author}/{slug}/endpoints", 200, body)
    validate_sdk(operations.ListEndpointsResponse, body)


def test_undeclared_operation_or_status_is_an_error() -> None:
    with pytest.raises(AssertionError, match="/nowhere"):
        validate_response("GET", "/nowhere", 200, {})
    with pytest.raises(AssertionError, match="418"):
        validate_response("GET", "/models", 418, {})
    with pytest.raises(AssertionError, match="Nothing"):
        validate_schema("Nothing", {})


def test_stream_chunk_by_component_and_by_media_type() -> None:
    validate_schema("ChatStreamChunk", CHUNK)
    validate_response("POST", "/chat/completions", 200, {"data": CHUNK}, media_type="text/event-stream")
    with pytest.raises(AssertionError, match="finish_reason"):
        validate_schema("ChatStreamChunk", CHUNK | {"choices": [{"index": 0, "delta": {}}]})


@pytest.mark.parametrize(
    "change",
    [_without("total_count"), _with("data/0/context_length", "262144"), _with("data/0/pricing/prompt", 0)],
)
def test_sdk_is_strict(change: Callable[[Any], None]) -> None:
    body = fixture("models")
    change(body)
    with pytest.raises(ValidationError):
        validate_sdk(components.ModelsListResponse, body)


def test_sdk_knows_fields_newer_than_the_file() -> None:
    body = fixture("endpoints")
    del body["data"]["endpoints"][0]["supports_tool_choice"]
    validate_response("GET", "/models/{author}/{slug}/endpoints", 200, body)
    with pytest.raises(ValidationError):
        validate_sdk(operations.ListEndpointsResponse, body)


def test_sdk_leak_is_found() -> None:
    """The two required numbers are missing: the client alone would say that there are no cost_details."""
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    whole = {"upstream_inference_prompt_cost": 0.0, "upstream_inference_completions_cost": 0.0}
    validate_sdk(components.ChatUsage, usage | {"cost_details": whole})
    validate_sdk(components.ChatUsage, usage | {"cost_details": None})

    lacking = usage | {"cost_details": {"upstream_inference_cost": 0.0}}
    assert components.ChatUsage.model_validate_json(json.dumps(lacking), strict=True)
    with pytest.raises(AssertionError, match=r"ChatUsage\.cost_details"):
        validate_sdk(components.ChatUsage, lacking)


def test_sdk_leak_is_found_at_any_depth() -> None:
    body = {**CHUNK, "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
    validate_sdk(components.ChatStreamChunk, body)
    bad = copy.deepcopy(body)
    bad["usage"]["cost_details"] = {}  # type: ignore[index]
    with pytest.raises(AssertionError, match=r"usage\.cost_details"):
        validate_sdk(components.ChatStreamChunk, bad)
