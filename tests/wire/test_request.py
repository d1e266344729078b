"""The request's shape: ranges, nulls, unions, what is open and what is closed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from nemotron_runtime.wire import messages, reasoning, request
from nemotron_runtime.wire.request import ChatRequest
from support.contract import reference

USER = {"role": "user", "content": "hi"}
NAMED = {"type": "function", "function": {"name": "f"}}


def parse(**fields: Any) -> ChatRequest:
    return ChatRequest.model_validate({"messages": [USER], **fields})


def accepts(field: str, value: Any) -> bool:
    try:
        parse(**{field: value})
    except ValidationError:
        return False
    return True


def models() -> list[type[BaseModel]]:
    modules = (request, messages, reasoning)
    found = {v for module in modules for v in vars(module).values() if isinstance(v, type)}
    return sorted((v for v in found if issubclass(v, BaseModel)), key=lambda model: model.__name__)


OPTIONAL = [
    (model, name)
    for model in models()
    for name, field in model.model_fields.items()
    if not field.is_required()
]
HAS_A_DEFAULT_INSTEAD = {("AllowedTools", "mode")}


@pytest.mark.parametrize(("model", "name"), OPTIONAL, ids=[f"{m.__name__}.{n}" for m, n in OPTIONAL])
def test_null_means_absent(model, name):
    field = model.model_fields[name]
    alias = field.alias or name
    errors = []
    try:
        model.model_validate({alias: None})
    except ValidationError as fault:
        errors = [error for error in fault.errors() if error["loc"] and error["loc"][0] == alias]
    assert bool(errors) is ((model.__name__, name) in HAS_A_DEFAULT_INSTEAD)


RANGES: dict[str, tuple[list[Any], list[Any]]] = {
    "temperature": ([0, 2, 0.5], [-0.01, 2.01]),
    "top_p": ([0.01, 1], [0, 1.01]),
    "top_k": ([0, 1, 10**9], [-1, 0.5]),
    "min_p": ([0, 1], [-0.01, 1.01]),
    "top_a": ([0, 1], [-0.01, 1.01]),
    "frequency_penalty": ([-2, 2], [-2.01, 2.01]),
    "presence_penalty": ([-2, 2], [-2.01, 2.01]),
    "repetition_penalty": ([0.01, 2], [0, 2.01]),
    "seed": ([-(2**63), 2**63 - 1, 0], [2**63, -(2**63) - 1]),
    "max_tokens": ([1, 10**9], [0, -1]),
    "max_completion_tokens": ([1], [0]),
    "top_logprobs": ([0, 20], [-1, 21]),
    "n": ([1, 5], [0]),
    "stop": (["", "a", [], ["a"] * 4], [["a"] * 5, [1], 1, {}]),
    "session_id": (["a" * 256], ["a" * 257]),
    "models": ([["a"] * 32], [["a"] * 33, "a"]),
    "metadata": (
        [{}, {"a" * 64: "b" * 512}, {str(i): "" for i in range(16)}],
        [{"a" * 65: ""}, {"a": "b" * 513}, {str(i): "" for i in range(17)}, {"a": 1}],
    ),
    "logit_bias": ([{}, {"1": -100, "2": 100, "3": 0.5}], [{"1": 101}, {"1": -100.5}, {"1": "x"}, []]),
    "reasoning_effort": (
        ["max", "xhigh", "high", "medium", "low", "minimal", "none"],
        ["", "highest", "High"],
    ),
    "verbosity": (["low", "max"], ["none"]),
    "modalities": ([[], ["text"], ["text", "image", "audio"]], [["smell"], "text"]),
    "tool_choice": (
        [
            "none",
            "auto",
            "required",
            NAMED,
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [NAMED]}},
        ],
        [
            "any",
            {},
            {"type": "allowed_tools", "allowed_tools": {"tools": []}},
            {"type": "function"},
            {"type": "openrouter:web_search"},
            {"type": "allowed_tools"},
            1,
        ],
    ),
    "response_format": (
        [{"type": "text"}, {"type": "json_object"}, {"type": "json_schema", "json_schema": {"name": "a"}}],
        [{}, "text", {"type": "yaml"}, {"type": "json_schema", "json_schema": {"name": "a" * 65}}],
    ),
    "tools": (
        [[], [{"type": "function", "function": {"name": "get-it_1.x"}}], [{"type": "openrouter:datetime"}]],
        [
            [{}],
            [{"type": "function", "function": {}}],
            *(
                [{"type": "function", "function": {"name": name}}]
                for name in ("", "a b", "a>", "<a", "a=b", "a\n")
            ),
        ],
    ),
    "provider": (
        [{}, {"sort": "price"}, {"sort": {"by": "price"}}, {"max_price": {"prompt": "1", "completion": 2}}],
        [{"onyl": ["a"]}, {"sort": 1}, {"only": "a"}, {"quantizations": [4]}, {"max_price": {"prompt": "x"}}],
    ),
}


@pytest.mark.parametrize("field", RANGES)
def test_ranges(field):
    good, bad = RANGES[field]
    assert [value for value in good if not accepts(field, value)] == []
    assert [value for value in bad if accepts(field, value)] == []


@given(st.dictionaries(st.text(), st.integers(), max_size=3))
def test_unknown_fields_are_ignored(extra):
    known = {name for name in extra if name in ChatRequest.model_fields}
    fields = {name: value for name, value in extra.items() if name not in known}
    assert ChatRequest.model_validate({"messages": [USER]} | fields) == parse()


def test_a_tool_choice_is_told_apart_by_its_type():
    assert isinstance(parse(tool_choice=NAMED).tool_choice, request.NamedToolChoice)
    allowed = {"type": "allowed_tools", "allowed_tools": {"tools": [NAMED]}}
    choice = parse(tool_choice=allowed).tool_choice
    assert isinstance(choice, request.AllowedToolChoice)
    assert choice.allowed_tools.mode == "auto"


def test_a_schema_is_kept_as_it_was_sent():
    schema = {"type": "object", "properties": {"b": {"default": None}, "a": {}}, "x-own": [1, None]}
    body = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    parsed = parse(response_format=body).response_format
    assert parsed is not None
    assert parsed.json_schema is not None
    assert json.dumps(parsed.json_schema.schema_) == json.dumps(schema)


def test_every_example_of_the_openapi_file_is_accepted():
    document = json.loads(reference("openrouter-openapi.json").read_text())
    schemas = document["components"]["schemas"]
    parsed = ChatRequest.model_validate(schemas["ChatRequest"]["example"])
    assert len(parsed.messages) == len(schemas["ChatRequest"]["example"]["messages"])
    for name, field in schemas["ChatRequest"]["properties"].items():
        example = field.get(
            "example", schemas.get(field.get("$ref", "").rsplit("/", 1)[-1], {}).get("example")
        )
        if example is not None and name != "messages":
            assert accepts(name, example), f"{name}: {example}"
