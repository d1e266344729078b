"""What the scripted engine says to the clients: the user's last words name the play."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from nemotron_runtime.chat.tokens import Tokens
from nemotron_runtime.engine.base import EngineRequest
from nemotron_runtime.errors import EngineOverloaded, GenerationFailed
from support.scripted import End, Hang, Raise, Step, Wait

THOUGHT = '  They greet me.\n\nZwei Zeilen, 日本語, 🙂, <b>&amp;</b> \\n "quoted" \n'
HELLO = "Hello,\n\nwörld 🙂 <end>"
BEFORE_CALLS = "I'll look it up."
AFTER_RESULTS = "Paris is fine, Oslo is not."
CITIES = ("Paris", 'Oslo, "the" <city>\nof Ø')
CITY = {"name": "Oslo", "large": False, "districts": [15, 16]}

_USER = re.compile(r"<\|im_start\|>user\n(?!<tool_response>)(.*?)<\|im_end\|>", re.DOTALL)


def _call(city: str) -> str:
    return (
        "<tool_call>\n<function=get_weather>\n<parameter=city>\n"
        f"{city}\n</parameter>\n</function>\n</tool_call>\n"
    )


def _thinking(answer: str) -> str:
    return f"{THOUGHT}\n</think>\n{answer}"


PLAYS: dict[str, Sequence[Step]] = {
    "hello": [_thinking(HELLO)],
    "and now?": ["</think>\nBye."],
    "weather": [_thinking(f"{BEFORE_CALLS}\n{''.join(map(_call, CITIES))}")],
    "city": [_thinking('{"name": "Oslo", "large": false, "districts": [15, 16]}')],
    "full": [Raise(EngineOverloaded("The queue is full. Please try again later.", retry_after_s=2))],
    "fails": [Raise(GenerationFailed("Provider returned error"))],
    "bug": [Raise(ValueError("a secret"))],
    "breaks": [f"{THOUGHT}\n</think>\nHalf an", End("error")],
    "fails late": [Wait(0.5), End("error")],
    "hangs": [f"{THOUGHT}\n</think>\nHalf an", Hang()],
}


def players(tokens: Tokens) -> Callable[[EngineRequest], Sequence[Step]]:
    """The script of an engine with this vocabulary."""

    def script(request: EngineRequest) -> Sequence[Step]:
        prompt = prompt_of(request, tokens)
        name = _USER.findall(prompt)[-1]
        if "<tool_response>" in prompt.split(f"<|im_start|>user\n{name}")[-1]:
            return [f"</think>\n{AFTER_RESULTS}"]
        return PLAYS[name]

    return script


def prompt_of(request: EngineRequest, tokens: Tokens) -> str:
    """The prompt that reached the engine."""
    return b"".join(map(tokens.bytes_of, request.prompt_token_ids)).decode()
