"""A second opinion on outputs: vLLM's own parsers for this model, as a program (they take long to import).

Reads a JSON list of ``{"fragments": [[text, is_mark], ...], "thinking": bool, "tools": {...}}`` from its
standard input and writes, for each, what the parsers make of the whole and of the stream:
``{"whole": [reasoning, content, [[name, arguments], ...]], "stream": ...}``.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
from vllm.parser.parser_manager import ParserManager

MARKS = {
    "<|im_start|>": 10,
    "<|im_end|>": 11,
    "<think>": 12,
    "</think>": 13,
    "<tool_call>": 14,
    "</tool_call>": 15,
}
FIRST_CHARACTER = 1000
PARSER = ParserManager.get_parser("qwen3_coder", "nemotron_v3", enable_auto_tools=True)


class CharacterTokens:
    """A tokenizer with one token for each character, and the marks."""

    def __init__(self) -> None:
        self.all_special_tokens = list(MARKS)
        self.all_special_ids = list(MARKS.values())
        self._names = {id: text for text, id in MARKS.items()}

    def get_vocab(self) -> dict[str, int]:
        return MARKS

    def encode(self, text: str, is_mark: bool = False, **_: Any) -> list[int]:
        return [MARKS[text]] if is_mark else [FIRST_CHARACTER + ord(char) for char in text]

    def decode(self, ids: list[int], **_: Any) -> str:
        return "".join(self._names.get(id) or chr(id - FIRST_CHARACTER) for id in ids)


TOKENIZER = CharacterTokens()


def prompt_ids(thinking: bool) -> list[int]:
    after_think = TOKENIZER.encode("\n") if thinking else [MARKS["</think>"]]
    return [MARKS["<|im_start|>"], *TOKENIZER.encode("assistant\n"), MARKS["<think>"], *after_think]


def request_and_parser(case: dict[str, Any]) -> tuple[ChatCompletionRequest, Any]:
    kwargs = {"enable_thinking": case["thinking"]}
    tools = [
        {"type": "function", "function": {"name": name, "parameters": schema}}
        for name, schema in (case["tools"] or {}).items()
    ]
    request = ChatCompletionRequest(
        messages=[{"role": "user", "content": "hi"}], tools=tools or None, chat_template_kwargs=kwargs
    )
    return request, PARSER(TOKENIZER, request.tools, chat_template_kwargs=kwargs)


def whole(case: dict[str, Any]) -> list[Any]:
    request, parser = request_and_parser(case)
    text = "".join(text for text, _ in case["fragments"])
    ids = [id for text, is_mark in case["fragments"] for id in TOKENIZER.encode(text, is_mark)]
    reasoning, content, calls = parser.parse(
        text, request, enable_auto_tools=True, model_output_token_ids=ids
    )
    return [reasoning or "", content or "", [[call.name, call.arguments] for call in calls or []]]


def stream(case: dict[str, Any]) -> list[Any]:
    request, parser = request_and_parser(case)
    reasoning, content, calls = "", "", {}
    for number, (text, is_mark) in enumerate([*case["fragments"], ["<|im_end|>", True]]):
        last = number == len(case["fragments"])
        delta = parser.parse_delta(
            "" if last else text,
            TOKENIZER.encode(text, is_mark),
            request,
            prompt_ids(case["thinking"]),
            finished=last,
        )
        if delta is None:
            continue
        reasoning += delta.reasoning or ""
        content += delta.content or ""
        for call in delta.tool_calls or []:
            name, arguments = calls.get(call.index, ("", ""))
            function = call.function
            calls[call.index] = (name or function.name or "", arguments + (function.arguments or ""))
    return [reasoning, content, [list(call) for _, call in sorted(calls.items())]]


def opinion(parse: Any, case: dict[str, Any]) -> Any:
    try:
        return parse(case)
    except Exception as error:
        return repr(error)


if __name__ == "__main__":
    opinions = [
        {"whole": opinion(whole, case), "stream": opinion(stream, case)} for case in json.load(sys.stdin)
    ]
    print("\n" + json.dumps(opinions))
