"""The proofs of docs/api.md's field tables: for each field, one or more for each word about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from support.fields import Case, Seen, ignored, refused, used

DEMO = "nemotron-runtime/embedded-demo"
NO_PROVIDER = "No allowed providers are available"
USER = {"role": "user", "content": "hi"}
SYSTEM = {"role": "system", "content": "s"}


def tool(name: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]}
    return {"type": "function", "function": {"name": name, "description": "d", "parameters": schema}}


def call(name: str) -> str:
    return f"<tool_call>\n<function={name}>\n<parameter=count>\n1\n</parameter>\n</function>\n</tool_call>\n"


def named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def allowed(*names: str) -> dict[str, Any]:
    return {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [named(n) for n in names]}}


def answered(**message: Any) -> list[dict[str, Any]]:
    """A conversation that ends with this message of the assistant."""
    return [USER, {"role": "assistant", **message}]


def thought(**detail: Any) -> list[dict[str, Any]]:
    return answered(content="a", reasoning_details=[{"type": "reasoning.text", **detail}])


def schema_of(kind: str) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": {"type": kind}}, "required": ["a"]}


def status(seen: Seen) -> int:
    return seen.answer.status_code


def sampling(name: str) -> Callable[[Seen], Any]:
    return lambda seen: seen.request and getattr(seen.request.sampling, name)


def prompt_has(text: str) -> Callable[[Seen], bool]:
    return lambda seen: text in seen.prompt


def prompt_ends(text: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.prompt.endswith(text)


def body(key: str) -> Callable[[Seen], Any]:
    return lambda seen: seen.body.get(key)


def message(key: str) -> Callable[[Seen], Any]:
    return lambda seen: seen.message.get(key)


def recorded(name: str) -> Callable[[Seen], Any]:
    """What the generation's record knows of its caller."""
    return lambda seen: seen.caller and getattr(seen.caller, name)


def budgets(seen: Seen) -> list[int]:
    return [int(number) for number in re.findall(r'"max_tokens": ?(\d+)', seen.grammar)]


def held(seen: Seen) -> bool:
    return bool(seen.grammar)


def tools_held(seen: Seen) -> list[str]:
    return [name for name in ("one", "two") if f"<function={name}>" in seen.grammar]


def free_tokens(seen: Seen) -> int:
    """How often the grammar lets the model write what it likes: in its thought, and perhaps as an answer."""
    return seen.grammar.count('"any_tokens"') - 1  # one stands in a table that no output takes


def logprob_text(seen: Seen) -> Any:
    rows = seen.body["choices"][0]["logprobs"]
    return rows and "".join(row["token"] for row in rows["content"])


THINKS = prompt_ends("<think>\n")
TOOLS = [tool("one"), tool("two")]
CALLED = answered(tool_calls=[{"id": "a", "function": {"name": "one", "arguments": "{}"}}])
RESULT = [*CALLED, {"role": "tool", "tool_call_id": "a", "content": "r"}]
PARTS = [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]
EARLIER = [*answered(content="a", reasoning="OLD"), USER]
CLAIMED = answered(content="a")
JSON_SCHEMA = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema_of("string")}}
UNHELD = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "number", "multipleOf": 5}}}
"""A request's ``response_format``."""

LENGTH: dict[str, list[Case]] = {
    "model": [used("nvidia/nemotron-3-nano-30b-a3b:free", body("model"), f"{DEMO}:free")],
    "models": [used([DEMO], status, 200, model="other/model")],
    "preset": [refused("mine", 400, "preset: this server has no presets")],
    "route": [ignored("fallback")],
    "stream": [used(True, lambda seen: seen.answer.text.endswith("data: [DONE]\n\n"), True)],
    "stream_options.include_usage": [ignored(False)],
    "max_tokens": [used(5, sampling("max_tokens"), 5)],
    "max_completion_tokens": [used(6, sampling("max_tokens"), 6, max_tokens=5)],
    "stop": [used(["lo"], message("content"), "Hel"), used("ello", message("content"), "H")],
    "n": [ignored(3)],
}
SAMPLING: dict[str, list[Case]] = {
    "temperature": [used(0.25, sampling("temperature"), 0.25)],
    "top_p": [used(0.5, sampling("top_p"), 0.5)],
    "top_k": [used(7, sampling("top_k"), 7)],
    "min_p": [used(0.1, sampling("min_p"), 0.1)],
    "top_a": [ignored(0.5)],
    "frequency_penalty": [used(-1, sampling("frequency_penalty"), -1)],
    "presence_penalty": [used(1.5, sampling("presence_penalty"), 1.5)],
    "repetition_penalty": [used(1.25, sampling("repetition_penalty"), 1.25)],
    "seed": [used(-42, sampling("seed"), -42)],
    "logit_bias": [used({"20": -5}, sampling("logit_bias"), {20: -5})],
    "logprobs": [used(True, logprob_text, "Hello")],
    "top_logprobs": [used(2, sampling("logprobs"), 2, logprobs=True)],
}
MESSAGES: dict[str, list[Case]] = {
    "messages": [used([{"role": "user", "content": "BONJOUR"}], prompt_has("BONJOUR"), True)],
    "messages[].role": [
        used("system", prompt_has("<|im_start|>system\nhi"), True),
        used("developer", prompt_has("<|im_start|>system\nhi"), True),
        used("user", prompt_has("<|im_start|>user\ns"), True, messages=[SYSTEM]),
        used("assistant", prompt_ends("<think></think>hi"), True, messages=[USER, USER]),
        used(
            "tool", prompt_has("<tool_response>\nr"), True, messages=[*CALLED, {**RESULT[-1], "role": "user"}]
        ),
    ],
    "messages[].content": [
        used("BONJOUR", prompt_has("BONJOUR"), True),
        used([{"type": "text", "text": letter} for letter in "AB"], prompt_has("A\nB"), True),
    ],
    "messages[].content[].type": [
        used("text", status, 200, messages=[{"role": "user", "content": [{"text": "hi"}]}]),
        refused("image_url", 404, "No endpoints found that support image input", messages=PARTS),
        refused("input_audio", 404, "No endpoints found that support audio input", messages=PARTS),
        refused("file", 404, "No endpoints found that support file input", messages=PARTS),
        refused("video_url", 404, "No endpoints found that support video input", messages=PARTS),
    ],
    "messages[].content[].text": [used("BONJOUR", prompt_has("BONJOUR"), True, messages=PARTS)],
    "messages[].content[].cache_control": [ignored({"type": "ephemeral"}, messages=PARTS)],
    "messages[].content[].prompt_cache_breakpoint": [ignored({"mode": "explicit"}, messages=PARTS)],
    "messages[].name": [
        used("Ann", prompt_has("user\nAnn: hi"), True),
        used("Ann", prompt_has("system\nAnn: s"), True, messages=[SYSTEM]),
        ignored("Ann", messages=CLAIMED),
    ],
    "messages[].tool_calls[].id": [ignored("b", messages=CALLED)],
    "messages[].tool_calls[].type": [ignored("function", messages=CALLED)],
    "messages[].tool_calls[].function.name": [
        used("two", prompt_has("<function=two>"), True, messages=CALLED)
    ],
    "messages[].tool_calls[].function.arguments": [
        used(sent, prompt_has("<parameter=city>\nOslo\n"), True, messages=CALLED)
        for sent in ('{"city": "Oslo"}', {"city": "Oslo"}, '{"city": "Oslo', '{"city": "Oslo", "da')
    ],
    "messages[].tool_call_id": [ignored("b", messages=RESULT)],
    "messages[].reasoning_details[].type": [
        used("reasoning.text", prompt_has("DEEP"), True, messages=thought(type="reasoning.new", text="DEEP")),
        ignored("reasoning.encrypted", messages=thought(type="reasoning.new", text="DEEP")),
    ],
    "messages[].reasoning_details[].text": [
        used(" DEEP\n", prompt_has("<think>\n DEEP\n\n</think>\na"), True, messages=thought(text="x"))
    ],
    "messages[].reasoning_details[].summary": [
        used("DEEP", prompt_has("DEEP"), True, messages=thought(type="reasoning.summary", summary="x"))
    ],
    "messages[].reasoning_details[].data": [ignored("x", messages=thought(type="reasoning.encrypted"))],
    "messages[].reasoning_details[].signature": [ignored("x", messages=thought(text="t"))],
    "messages[].reasoning_details[].format": [ignored("anthropic-claude-v1", messages=thought(text="t"))],
    "messages[].reasoning_details[].id": [ignored("x", messages=thought(text="t"))],
    "messages[].reasoning_details[].index": [ignored(7, messages=thought(text="t"))],
    "messages[].reasoning": [used("DEEP", prompt_has("DEEP"), True, messages=CLAIMED)],
    "messages[].reasoning_content": [used("DEEP", prompt_has("DEEP"), True, messages=CLAIMED)],
    "messages[].refusal": [ignored("no", messages=CLAIMED)],
    "messages[].model": [ignored("other/model", messages=CLAIMED)],
    "messages[].audio": [ignored({"id": "x"}, messages=CLAIMED)],
    "messages[].images": [ignored([{"type": "image_url"}], messages=CLAIMED)],
    "messages[].configuration_update.reasoning": [
        used({"enabled": False}, THINKS, False, messages=[USER, SYSTEM])
    ],
}
FORMATS: dict[str, list[Case]] = {
    "tools[].type": [
        used("function", status, 200, tools=[{"function": {"name": "one"}}]),
        refused("openrouter:web_search", 400, 'tools.1.type: "openrouter:web_search" is not', tools=TOOLS),
    ],
    "tools[].function.name": [used("three", prompt_has("<name>three</name>"), True, tools=TOOLS)],
    "tools[].function.description": [used("HELPS", prompt_has("HELPS"), True, tools=TOOLS)],
    "tools[].function.parameters": [
        used(schema_of("string"), prompt_has("<name>a</name>"), True, tools=TOOLS),
        used(
            {"type": "object", "properties": {"count": {"type": "string"}}},
            lambda seen: seen.message["tool_calls"][0]["function"]["arguments"].replace(" ", ""),
            '{"count":"1"}',
            script=("</think>", call("two")),
            tools=TOOLS,
        ),
    ],
    "tools[].function.strict": [used(True, held, True, tools=TOOLS)],
    "tools[].cache_control": [ignored({"type": "ephemeral"}, tools=TOOLS)],
    "tools[].defer_loading": [ignored(True, tools=TOOLS)],
    "tool_choice": [
        used("none", sampling("logit_bias"), {14: -100}, tools=TOOLS),
        used("required", tools_held, ["one", "two"], tools=TOOLS),
    ],
    "tool_choice.type": [
        used("function", status, 200, tools=TOOLS, tool_choice={"function": {"name": "one"}}),
        refused("openrouter:web_search", 400, "tool_choice.type: ", tools=TOOLS, tool_choice=named("one")),
    ],
    "tool_choice.function.name": [
        used("two", tools_held, ["two"], tools=TOOLS, tool_choice=named("one")),
    ],
    "tool_choice.allowed_tools.mode": [
        used("required", free_tokens, 1, tools=TOOLS, tool_choice=allowed("two")),
    ],
    "tool_choice.allowed_tools.tools": [
        used([named("two")], tools_held, ["two"], tools=TOOLS, tool_choice=allowed("one")),
    ],
    "parallel_tool_calls": [
        used(
            False,
            lambda seen: len(seen.message["tool_calls"]),
            1,
            script=("</think>", call("one"), call("two")),
            tools=TOOLS,
        )
    ],
    "deferred_tools": [ignored(TOOLS)],
    "stop_server_tools_when": [ignored([{"type": "step_count_is", "step_count": 5}])],
    "response_format.type": [
        used("json_object", held, True, response_format={"type": "text"}),
        used("json_schema", held, True, response_format={**JSON_SCHEMA, "type": "text"}),
        refused("grammar", 400, "response_format", response_format=JSON_SCHEMA),
        refused("python", 400, "response_format", response_format=JSON_SCHEMA),
    ],
    "response_format.json_schema.name": [ignored("other", response_format=JSON_SCHEMA)],
    "response_format.json_schema.description": [ignored("other", response_format=JSON_SCHEMA)],
    "response_format.json_schema.schema": [
        used(schema_of("boolean"), lambda seen: "true" in seen.grammar, True, response_format=JSON_SCHEMA)
    ],
    "response_format.json_schema.strict": [used(True, status, 400, response_format=UNHELD)],
    "response_format.grammar": [ignored("root ::= x", response_format={"type": "json_object"})],
    "structured_outputs": [ignored(True)],
    "prediction": [ignored({"type": "content", "content": "Hello"})],
}
REASONING: dict[str, list[Case]] = {
    "reasoning.enabled": [used(False, THINKS, False)],
    "reasoning.effort": [
        used("none", THINKS, False),
        used("high", budgets, [80], max_tokens=100),
        used("low", budgets, [12]),
    ],
    "reasoning.max_tokens": [used(7, budgets, [7]), used(0, THINKS, False)],
    "reasoning.exclude": [used(True, message("reasoning"), None)],
    "reasoning.summary": [ignored("auto")],
    "reasoning.context": [
        used("all_turns", prompt_has("OLD"), True, messages=EARLIER),
        ignored("auto", messages=EARLIER),
        ignored("current_turn", messages=EARLIER),
    ],
    "reasoning.mode": [ignored("pro")],
    "reasoning_effort": [used("none", THINKS, False), used("medium", budgets, [50], max_tokens=100)],
    "include_reasoning": [used(False, message("reasoning"), None)],
    "verbosity": [ignored("low")],
}
ELSEWHERE = {"order": ["azure"]}
PROVIDER: dict[str, list[Case]] = {
    "provider.only": [used(["azure"], status, 404)],
    "provider.ignore": [used(["nemotron-runtime"], status, 404)],
    "provider.order": [used(["azure"], status, 404, provider={"allow_fallbacks": False})],
    "provider.allow_fallbacks": [used(False, status, 404, provider=ELSEWHERE)],
    "provider.require_parameters": [used(True, status, 404, top_a=0.5)],
    "provider.zdr": [used(True, status, 404, settings={"log_content": True})],
    "provider.quantizations": [used(["int4"], status, 404)],
    "provider.max_price.prompt": [used("0.01", status, 404), used(0.01, status, 404)],
    "provider.max_price.completion": [used("0.1", status, 404)],
    "provider.max_price.request": [ignored("0")],
    "provider.max_price.image": [ignored("0")],
    "provider.max_price.audio": [ignored("0")],
    "provider.data_collection": [ignored("deny")],
    "provider.enforce_distillable_text": [ignored(True)],
    "provider.sort": [ignored("price"), ignored({"by": "throughput", "partition": "none"})],
    "provider.preferred_min_throughput": [ignored(1000)],
    "provider.preferred_max_latency": [ignored({"p50": 0.01, "p99": None})],
}
TOO_LONG = [{"role": "user", "content": f"{turn} " + "word " * 3500} for turn in range(12)]
REST: dict[str, list[Case]] = {
    "plugins[].id": [
        used("context-compression", status, 200, messages=TOO_LONG),
        ignored("response-healing", plugins=[{"id": "context-compression"}]),
        refused("web", 400, 'plugins.0.id: "web" is not available here'),
    ],
    "plugins[].enabled": [used(False, status, 200, plugins=[{"id": "web"}])],
    "transforms": [used(["middle-out"], status, 200, messages=TOO_LONG)],
    "web_search_options": [ignored({"search_context_size": "low"})],
    "modalities": [
        ignored(["text"]),
        refused(["text", "image"], 404, "No endpoints found that support the requested output modalities"),
    ],
    "service_tier": [used("flex", body("service_tier"), "flex")],
    "session_id": [used("s" * 256, recorded("session_id"), "s" * 256)],
    "user": [used("u" * 1000, recorded("user"), "u" * 500)],
    "metadata": [ignored({"k": "v"})],
    "trace": [ignored({"trace_id": "t"})],
    "debug.echo_upstream_body": [used(True, lambda seen: "debug" in seen.chunks[0], True, stream=True)],
    "cache_control": [ignored({"type": "ephemeral"})],
    "prompt_cache_key": [ignored("k")],
    "prompt_cache_options": [ignored({"mode": "explicit"})],
    "image_config": [ignored({"aspect_ratio": "1:1"})],
    "usage.include": [ignored(False)],
    "prompt": [ignored("Once upon a time")],
}
CASES = LENGTH | SAMPLING | MESSAGES | FORMATS | REASONING | PROVIDER | REST
