"""Facts out of a sentence, as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from nemotron_demo.dialogue import Dialogue
from nemotron_demo.dialogues.lexicon import Lexicon, Value
from nemotron_demo.dialogues.script import Script, listed
from nemotron_demo.dialogues.values import Parameter


@dataclass(frozen=True, slots=True)
class _Scene:
    fields: tuple[Parameter, ...]
    sentences: tuple[str, ...]
    what: str


def _scene(what: str, fields: str, *sentences: str) -> _Scene:
    return _Scene(tuple(map(Parameter.parse, fields.split())), sentences, what)


_SCENES = (
    _scene(
        "person",
        "name:person age:minutes",
        "{name} is {age} years old.",
        "{name}, {age} years.",
        "I am {name} and I am {age}.",
    ),
    _scene(
        "person",
        "name:person age:minutes city:city",
        "{name} is {age} years old and lives in {city}.",
        "{name} from {city} is {age}.",
        "My name is {name}, I am {age} and I live in {city}.",
    ),
    _scene(
        "person",
        "name:person city:city",
        "{name} lives in {city}.",
        "{name} comes from {city}.",
        "I am {name} from {city}.",
    ),
    _scene(
        "contact",
        "name:person email:email",
        "{name} has the address {email}.",
        "Write to {name} at {email}.",
        "{name}: {email}",
    ),
    _scene(
        "event", "title:phrase date:date", "The event {title} is on {date}.", "On {date} we have {title}."
    ),
    _scene(
        "event",
        "title:phrase date:date city:city",
        "The event {title} is on {date} in {city}.",
        "{title} takes place in {city} on {date}.",
    ),
    _scene(
        "product",
        "name:noun price:amount",
        "The {name} costs {price}.",
        "A {name} is {price} euros.",
        "I paid {price} for the {name}.",
    ),
    _scene(
        "product",
        "name:noun price:amount color:red|green|blue|black|white",
        "The {color} {name} costs {price}.",
        "A {name} in {color} is {price} euros.",
    ),
    _scene(
        "order",
        "id:id item:noun count:count",
        "The order {id} is for {count} times {item}.",
        "Order {id}: {count} {item}.",
    ),
    _scene("team", "names:names", "{names} are here.", "The team is {names}.", "We met {names}."),
    _scene(
        "trip",
        "origin:city destination:city",
        "We go from {origin} to {destination}.",
        "The train leaves {origin} for {destination}.",
    ),
    _scene(
        "trip",
        "person:person destination:city date:date",
        "{person} travels to {destination} on {date}.",
        "On {date} {person} flies to {destination}.",
    ),
    _scene("task", "title:phrase done:bool", "The task {title}: done is {done}.", "{title}, done: {done}."),
    _scene(
        "task",
        "title:phrase priority:low|medium|high",
        "The task {title} has {priority} priority.",
        "{title} is of {priority} priority.",
    ),
    _scene(
        "city",
        "city:city",
        "I live in {city}.",
        "We met in {city} last year.",
        "The train to {city} is late.",
    ),
    _scene(
        "file",
        "path:path bytes:digits",
        "The file {path} has {bytes} bytes.",
        "{path} is {bytes} bytes long.",
    ),
)
_NAMED = (
    "{text} Give me JSON with the {word} {keys}.",
    "Extract {keys} as JSON: {text}",
    "{text} Answer in JSON with {keys}.",
    "Make JSON with the {word} {keys} from this: {text}",
    "Return {keys} as JSON. {text}",
)
_FREE = (
    "{text} Give me the {what} as JSON.",
    "Extract the {what}: {text}",
    "Extract the {what} as JSON: {text}",
    "{text} Answer in JSON.",
    "Which {what} is this? {text}",
)


def extract(lexicon: Lexicon) -> Dialogue:
    """A sentence and the object in it, with a schema as a rule."""
    scene = _made(lexicon) if lexicon.chance(0.4) else lexicon.pick(_SCENES)
    drawn = {field.name: field.draw(lexicon) for field in scene.fields}
    text = lexicon.pick(scene.sentences).format(**{key: value.text for key, value in drawn.items()})
    with_schema = lexicon.chance(0.75)
    named = not with_schema or lexicon.chance(0.5)
    form = lexicon.pick(_NAMED if named else _FREE)
    word = "key" if len(drawn) == 1 else "keys"
    prompt = form.format(text=text, keys=listed(list(drawn)), what=scene.what, word=word)
    content: dict[str, Any] = {key: value.value for key, value in drawn.items()}
    schema = _object({field.name: field.schema() for field in scene.fields})
    if with_schema and not named and lexicon.chance(0.2):
        content, schema = {scene.what: content}, _object({scene.what: schema})
    script = Script().user(prompt).answer(json.dumps(content), _thought(drawn))
    return script.dialogue("json.extract", schema if with_schema else None)


def _made(lexicon: Lexicon) -> _Scene:
    kinds = ("person", "city", "count", "digits", "word", "date", "id", "amount", "bool", "phrase")
    fields: dict[str, Parameter] = {}
    for _ in range(lexicon.number(1, 4)):
        name = lexicon.noun()
        fields[name] = Parameter(name, lexicon.pick(kinds))
    phrases = [f"the {name} is {{{name}}}" for name in fields]
    pairs = [f"{name}: {{{name}}}" for name in fields]
    sentence = listed(phrases)
    return _Scene(
        tuple(fields.values()),
        (f"{sentence[0].upper()}{sentence[1:]}.", ", ".join(pairs) + "."),
        lexicon.noun(),
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _thought(drawn: dict[str, Value]) -> str:
    said = listed([f"{key} is {value.text}" for key, value in drawn.items()])
    return f"{said[0].upper()}{said[1:]}."
