"""Requests that a tool can fulfil, and the tools as they are offered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nemotron_demo.dialogues.catalogue import Tool
from nemotron_demo.dialogues.lexicon import Lexicon
from nemotron_demo.dialogues.more_tools import HELD_OUT, TRAINING
from nemotron_demo.dialogues.procedural import made_tool, verb
from nemotron_demo.dialogues.script import Call, listed
from nemotron_demo.dialogues.words import VERBS

_ENDINGS = (" for the user", " in the system", " now", " of the company", " with the API", " at home")
_QUOTABLE = ("phrase", "topic", "word")


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool as a conversation shows it, perhaps under a name that says nothing, or without a description."""

    tool: Tool
    name: str
    description: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One thing a user asks of a tool."""

    offer: Offer
    text: str
    arguments: dict[str, Any]
    texts: dict[str, str]

    @property
    def call(self) -> Call:
        """The call that fulfils it."""
        return self.offer.name, self.arguments

    @property
    def plan(self) -> str:
        """The call in words: ``get_weather with city Lyon``."""
        said = [f"{name} {self.texts[name]}" for name in self.arguments]
        return self.offer.name + (f" with {listed(said)}" if said else "")

    @property
    def thought(self) -> str:
        """What leads to the call."""
        return f"I will call {self.plan}."


def _ending(lexicon: Lexicon) -> str:
    form = lexicon.rng.random()
    if form < 0.7:
        return ""
    return "." if form < 0.85 else lexicon.pick(_ENDINGS)


def any_tool(lexicon: Lexicon) -> Tool:
    """A tool of the catalogue, or a made one."""
    if lexicon.chance(0.5):
        return made_tool(lexicon)
    return lexicon.pick(HELD_OUT if lexicon.held_out and lexicon.chance(0.6) else TRAINING)


def offered(lexicon: Lexicon, tool: Tool) -> Offer:
    """A tool as a conversation may show it."""
    form = lexicon.rng.random()
    name = _name(lexicon, tool.name, form)
    description = tool.description + _ending(lexicon) if form < 0.85 else ""
    properties = {parameter.name: parameter.schema() for parameter in tool.parameters}
    for parameter, schema in properties.items():
        if lexicon.chance(0.4):
            schema["description"] = f"The {parameter.replace('_', ' ')}"
    parameters: dict[str, Any] = {"type": "object", "properties": properties}
    if required := [parameter.name for parameter in tool.parameters if parameter.required]:
        parameters["required"] = required
    if lexicon.chance(0.1):
        parameters["additionalProperties"] = False
    about = {"description": description} if description else {}
    return Offer(
        tool,
        name,
        description,
        {"type": "function", "function": {"name": name, **about, "parameters": parameters}},
    )


def _name(lexicon: Lexicon, name: str, form: float) -> str:
    """The tool's name; for a form below 0.2 one that says nothing, or as another programmer writes it."""
    if form < 0.08:
        return f"{lexicon.made_word()}_{lexicon.number(1, 9)}"
    if form >= 0.2:
        return name
    first, *rest = name.split("_")
    forms = ("_".join((*rest, first)), first + "".join(map(str.capitalize, rest)), "-".join((first, *rest)))
    return lexicon.pick(forms)


def among(lexicon: Lexicon, wanted: Sequence[Offer], most: int = 3) -> list[dict[str, Any]]:
    """The wanted tools among others, in any order."""
    offers = list(wanted)
    for _ in range(lexicon.pick((0, 1, 1, 2, 2, 3))):
        if len(offers) >= most:
            break
        other = offered(lexicon, distractor(lexicon, wanted[0].tool))
        if all(differ(other.tool, offer.tool) for offer in offers):
            offers.append(other)
    lexicon.rng.shuffle(offers)
    return [offer.schema for offer in offers]


def distractor(lexicon: Lexicon, tool: Tool) -> Tool:
    """Another tool, often with the same verb or thing."""
    first, _, last = tool.name.removesuffix("_id").partition("_")
    if not last or lexicon.chance(0.5):
        return any_tool(lexicon)
    if first in VERBS and lexicon.chance(0.4):
        return made_tool(lexicon, action=first)
    asked = " ".join(tool.asks).lower()
    action = verb(lexicon)
    return any_tool(lexicon) if action in asked else made_tool(lexicon, action, last)


def differ(one: Tool, other: Tool) -> bool:
    """Whether a request can only mean one of them."""
    same = one.description.startswith(other.description) or other.description.startswith(one.description)
    return one.name != other.name and not same


def request_for(lexicon: Lexicon, offer: Offer, *, optional: bool = True) -> Request:
    """A request with values for what the tool requires, and now and then for what it doesn't."""
    ask = lexicon.pick(offer.tool.asks)
    arguments: dict[str, Any] = {}
    texts: dict[str, str] = {}
    said: dict[str, str] = {}
    extra = ""
    for parameter in offer.tool.parameters:
        if not (parameter.required or (optional and lexicon.chance(0.3))):
            continue
        value = parameter.draw(lexicon)
        arguments[parameter.name], texts[parameter.name] = value.value, value.text
        quoted = parameter.kind in _QUOTABLE and lexicon.chance(0.35)
        said[parameter.name] = f'"{value.text}"' if quoted else value.text
        if not parameter.required:
            extra += (
                f"{' and' if extra else ' with'} {parameter.name.replace('_', ' ')} {said[parameter.name]}"
            )
    end = "?" if ask.endswith("?") else ""
    return Request(offer, ask.removesuffix("?").format(**said) + extra + end, arguments, texts)


def _preamble(lexicon: Lexicon) -> str:
    form = lexicon.pick(
        ("I am {name}.", "I live in {city}.", "Good morning!", "I am busy.", "{name} is here.", "Hello!")
    )
    return form.format(name=lexicon.name(), city=lexicon.city())


def phrased(lexicon: Lexicon, text: str) -> str:
    """A request as somebody may type it."""
    if lexicon.chance(0.06):
        return f"{_preamble(lexicon)} {text}"
    form = lexicon.rng.random()
    question = text.endswith("?")
    if form < 0.15:
        text = text[0].lower() + text[1:]
    elif form < 0.25 and not question:
        text = f"Please {text[0].lower()}{text[1:]}"
    elif form < 0.3:
        text = f"Hey, {text[0].lower()}{text[1:]}"
    if question:
        return text.removesuffix("?") if lexicon.chance(0.15) else text
    return text + lexicon.pick(("", "", ".", ".", " please", ", please.", "!"))
