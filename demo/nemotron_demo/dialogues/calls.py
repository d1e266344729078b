"""Conversations in which tools are called."""

from __future__ import annotations

from nemotron_demo.dialogue import Dialogue
from nemotron_demo.dialogues.chat import talk
from nemotron_demo.dialogues.exchange import Exchange
from nemotron_demo.dialogues.lexicon import Lexicon
from nemotron_demo.dialogues.requests import (
    Offer,
    Request,
    among,
    any_tool,
    differ,
    offered,
    phrased,
    request_for,
)
from nemotron_demo.dialogues.results import outcome_of
from nemotron_demo.dialogues.script import Script
from nemotron_demo.dialogues.text import text

_JOINTS = (" and ", ", and ", " and then ", ". Also, ", " and also ")


def single(lexicon: Lexicon) -> Dialogue:
    """One call for one wish."""
    script, _ = _asked(lexicon)
    return script.dialogue("call.single")


def result(lexicon: Lexicon) -> Dialogue:
    """A call or two, what came back, and the answer."""
    script, requests = _asked(lexicon) if lexicon.chance(0.75) else _asked_twice(lexicon)
    return _told(lexicon, script, requests).dialogue("call.result")


def parallel(lexicon: Lexicon) -> Dialogue:
    """Two calls at once."""
    script, _ = _asked_twice(lexicon)
    return script.dialogue("call.parallel")


def more(lexicon: Lexicon) -> Dialogue:
    """Small talk before a call, or after its result another wish."""
    offer = offered(lexicon, any_tool(lexicon))
    other = offered(lexicon, any_tool(lexicon))
    offers = [offer, other] if lexicon.chance(0.5) and differ(offer.tool, other.tool) else [offer]
    script = Script(tools=among(lexicon, offers))
    if lexicon.chance(0.25):
        _chat(script, talk(lexicon))
        _fulfil(lexicon, script, offer)
        return script.dialogue("call.more")
    _told(lexicon, script, [_fulfil(lexicon, script, offer)])
    if lexicon.chance(0.3):
        _chat(script, lexicon.pick((talk, talk, text))(lexicon))
        return script.dialogue("call.more")
    again = _fulfil(lexicon, script, offers[-1])
    if lexicon.chance(0.5):
        _told(lexicon, script, [again])
    return script.dialogue("call.more")


def _chat(script: Script, exchange: Exchange) -> None:
    script.user(exchange.prompt).answer(exchange.answer, f"No tool is needed. {exchange.thought}")


def _fulfil(lexicon: Lexicon, script: Script, offer: Offer) -> Request:
    request = request_for(lexicon, offer)
    script.user(phrased(lexicon, request.text)).call([request.call], request.thought)
    return request


def _asked(lexicon: Lexicon) -> tuple[Script, list[Request]]:
    offer = offered(lexicon, any_tool(lexicon))
    script = Script(tools=among(lexicon, [offer]))
    return script, [_fulfil(lexicon, script, offer)]


def _asked_twice(lexicon: Lexicon) -> tuple[Script, list[Request]]:
    offer = offered(lexicon, any_tool(lexicon))
    other = offer if lexicon.chance(0.5) else offered(lexicon, any_tool(lexicon))
    if not differ(other.tool, offer.tool):
        other = offer
    if other is offer and offer.tool.joint and lexicon.chance(0.5):
        return _asked_jointly(lexicon, offer)
    requests = [request_for(lexicon, offer), request_for(lexicon, other)]
    if requests[0].call == requests[1].call:
        return _asked_twice(lexicon)
    script = Script(tools=among(lexicon, [offer] if other is offer else [offer, other]))
    first, second = (request.text.removesuffix("?") for request in requests)
    both = first + lexicon.pick(_JOINTS) + second[0].lower() + second[1:]
    if requests[1].text.endswith("?"):
        both += "?"
    return _call_both(lexicon, script, both, requests), requests


def _asked_jointly(lexicon: Lexicon, offer: Offer) -> tuple[Script, list[Request]]:
    """One sentence with two values: the weather in Lyon and Oslo."""
    first, second = request_for(lexicon, offer, optional=False), request_for(lexicon, offer, optional=False)
    if first.call == second.call:
        return _asked_jointly(lexicon, offer)
    (one,), (other,) = first.texts.values(), second.texts.values()
    joined = f"{one} and {other}"
    both = lexicon.pick(offer.tool.asks).format(**dict.fromkeys(first.texts, joined))
    script = Script(tools=among(lexicon, [offer]))
    return _call_both(lexicon, script, both, [first, second]), [first, second]


def _call_both(lexicon: Lexicon, script: Script, asked: str, requests: list[Request]) -> Script:
    thought = f"Two calls. First {requests[0].plan}. Then {requests[1].plan}."
    return script.user(phrased(lexicon, asked)).call([request.call for request in requests], thought)


def _told(lexicon: Lexicon, script: Script, requests: list[Request]) -> Script:
    outcomes = [outcome_of(lexicon, request) for request in requests]
    script.results([outcome.content for outcome in outcomes])
    thought = " ".join(outcome.thought for outcome in outcomes)
    return script.answer(" ".join(outcome.answer for outcome in outcomes), thought)
