"""Conversations with tools in which no tool is called, and chains in which one needs another."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from nemotron_demo.dialogue import Dialogue
from nemotron_demo.dialogues.arithmetic import arithmetic
from nemotron_demo.dialogues.catalogue import Tool
from nemotron_demo.dialogues.chat import talk, unknown
from nemotron_demo.dialogues.lexicon import Lexicon
from nemotron_demo.dialogues.more_tools import TRAINING
from nemotron_demo.dialogues.procedural import one, thing, verb
from nemotron_demo.dialogues.requests import among, any_tool, distractor, offered, phrased, request_for
from nemotron_demo.dialogues.script import Script
from nemotron_demo.dialogues.text import text
from nemotron_demo.dialogues.values import Parameter, draw

_ABLE = {
    word
    for tool in TRAINING
    if tool.name in ("calculate", "search_web", "define_word", "find_user", "send_message")
    for word in (tool.name, tool.description)
}
"""Names and descriptions of tools that might answer small talk, sums and questions."""
_NO_TOOL = "I have no tool for that."


def none(lexicon: Lexicon) -> Dialogue:
    """Tools that don't fit what the user says."""
    if lexicon.chance(0.35):
        return _unfulfilled(lexicon)
    exchange = lexicon.pick((talk, talk, unknown, text, text, arithmetic))(lexicon)
    tools = among(lexicon, [offered(lexicon, any_tool(lexicon))])
    if any(_is_one_of(tool, _ABLE) for tool in tools):
        return none(lexicon)
    script = Script(tools=tools)
    script.user(exchange.prompt).answer(exchange.answer, f"No tool is needed. {exchange.thought}")
    return script.dialogue("call.none")


def _is_one_of(schema: dict[str, Any], marks: Collection[str]) -> bool:
    function = schema["function"]
    about = function.get("description", "")
    return function["name"] in marks or any(about.startswith(mark) for mark in marks)


def _unfulfilled(lexicon: Lexicon) -> Dialogue:
    wanted = request_for(lexicon, offered(lexicon, any_tool(lexicon)))
    tool = wanted.offer.tool
    tools = among(lexicon, [offered(lexicon, distractor(lexicon, tool))])
    if any(_is_one_of(other, {tool.name, tool.description}) for other in tools):
        return none(lexicon)
    script = Script(tools=tools)
    script.user(phrased(lexicon, wanted.text)).answer(_NO_TOOL, "No tool can do this.")
    return script.dialogue("call.none")


def chain(lexicon: Lexicon) -> Dialogue:
    """A call whose result the next call needs."""
    noun, action = thing(lexicon), verb(lexicon)
    while action == "find":
        action = verb(lexicon)
    finder, user = _finder(lexicon, noun), _user(lexicon, noun, action)
    first, second = offered(lexicon, finder), offered(lexicon, user)
    request = request_for(lexicon, first)
    script = Script(tools=among(lexicon, [first, second]))
    joint = lexicon.pick(
        (f" and {action} it", f" and then {action} it", f", then {action} it", f" and {action} the {noun}")
    )
    script.user(phrased(lexicon, request.text + joint))
    script.call([request.call], f"First I need the id. I will call {request.plan}.")
    key, id = f"{noun}_id", draw("id", lexicon).text
    name = lexicon.pick(("id", key))
    script.results([json.dumps({name: id})])
    script.call([(second.name, {key: id})], f"The {name} is {id}. I will call {second.name} with {key} {id}.")
    if lexicon.chance(0.5):
        status = lexicon.pick(("done", "ready", "ok", "closed", lexicon.adjective()))
        script.results([json.dumps({"status": status})])
        script.answer(f"The status is {status}.", f"The tool says: status {status}.")
    return script.dialogue("call.chain")


def _finder(lexicon: Lexicon, noun: str) -> Tool:
    key, kind, ask = lexicon.pick(
        (
            ("name", "person", "of {name}"),
            ("email", "email", "of {email}"),
            ("city", "city", "in {city}"),
            ("title", "phrase", "called {title}"),
        )
    )
    asks = tuple(f"{start} the {noun} {ask}" for start in ("Find", "Look up", "Get", "Search for"))
    name = lexicon.pick((f"find_{noun}", f"get_{noun}_id", f"search_{noun}"))
    return Tool(name, f"Find the id of {one(noun)}", (Parameter(key, kind),), asks)


def _user(lexicon: Lexicon, noun: str, action: str) -> Tool:
    return Tool(
        f"{action}_{noun}",
        f"{action.capitalize()} {one(noun)} by its id",
        (Parameter(f"{noun}_id", "id"),),
        (f"{action} it",),
    )
