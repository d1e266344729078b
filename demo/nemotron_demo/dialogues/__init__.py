"""Draws the conversations that the demo model learns from, and others for its exam."""

from __future__ import annotations

import random
from collections.abc import Callable

from nemotron_demo.dialogue import Dialogue
from nemotron_demo.dialogues import calls, chat, plain, rules, structured
from nemotron_demo.dialogues.arithmetic import arithmetic
from nemotron_demo.dialogues.exchange import Exchange
from nemotron_demo.dialogues.lexicon import Lexicon
from nemotron_demo.dialogues.script import Script, with_system, without_thoughts
from nemotron_demo.dialogues.text import text

Skill = Callable[[Lexicon], Dialogue]

_SYSTEMS = (
    "You are a helpful assistant.",
    "You are a helpful assistant. Use the tools when they fit.",
    "You are a helpful AI assistant.",
    "Be brief.",
    "Answer briefly and honestly.",
    "You are an assistant that can call tools.",
    "Help the user.",
)

_ABOUT = (
    "You are a helpful assistant of a {noun} shop.",
    "You help people with the {noun}.",
    "You are an expert on {adjective} {noun}s.",
    "You work for the {adjective} {noun} company.",
)


def _alone(maker: Callable[[Lexicon], Exchange], more: float = 0.15) -> Skill:
    """One exchange, or with probability ``more`` two or three."""

    def skill(lexicon: Lexicon) -> Dialogue:
        count = lexicon.number(2, 3) if lexicon.chance(more) else 1
        exchanges = [maker(lexicon) for _ in range(count)]
        script = Script()
        for exchange in exchanges:
            script.user(exchange.prompt).answer(exchange.answer, exchange.thought)
        return script.dialogue(exchanges[-1].kind)

    return skill


SKILLS: dict[str, tuple[float, Skill]] = {
    "call.single": (22, calls.single),
    "call.parallel": (22, calls.parallel),
    "call.result": (20, calls.result),
    "call.more": (4, calls.more),
    "call.chain": (4, plain.chain),
    "call.none": (8, plain.none),
    "arithmetic": (22, _alone(arithmetic, 0.5)),
    "text": (11, _alone(text, 0.3)),
    "system.rule": (6, rules.rule),
    "json.extract": (9, structured.extract),
    "chat.talk": (4, _alone(chat.talk)),
    "chat.unknown": (4, _alone(chat.unknown)),
    "chat.recall": (5, chat.recall),
}
"""Weights and functions of the skills. A function's dialogues may name a narrower skill than its key."""

_FUNCTIONS = tuple(function for _, function in SKILLS.values())
_WEIGHTS = tuple(weight for weight, _ in SKILLS.values())


def _system(lexicon: Lexicon) -> str:
    if lexicon.chance(0.7):
        return lexicon.pick(_SYSTEMS)
    return lexicon.pick(_ABOUT).format(noun=lexicon.noun(), adjective=lexicon.adjective())


def draw(rng: random.Random, *, held_out: bool = False) -> Dialogue:
    """Draws a conversation.

    Args:
        rng: What the conversation depends on, and nothing else.
        held_out: With words and tools that no conversation without this has.
    """
    lexicon = Lexicon(rng, held_out)
    dialogue = rng.choices(_FUNCTIONS, _WEIGHTS)[0](lexicon)
    if lexicon.chance(0.25):
        dialogue = with_system(dialogue, _system(lexicon))
    return dialogue if lexicon.chance(0.7) else without_thoughts(dialogue)
