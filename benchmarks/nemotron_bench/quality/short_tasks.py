"""Arithmetic, calls and JSON: short questions from a seed, whose answers follow from how they were made."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from nemotron_bench.quality.task import Task, document, exact_calls, last_number, no_call, user

CITIES = ("Bern", "Lima", "Oslo", "Cairo", "Quito", "Hanoi", "Perth", "Tunis", "Sofia", "Dakar")
PEOPLE = ("Anna", "Boris", "Clara", "David", "Elena", "Felix", "Greta", "Henry", "Irene", "Jonas")


def _tool(name: str, about: str, required: tuple[str, ...], **types: Any) -> dict[str, Any]:
    properties = {key: kind if isinstance(kind, dict) else {"type": kind} for key, kind in types.items()}
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "function": {"name": name, "description": about, "parameters": parameters}}


_UNIT = {"type": "string", "enum": ["celsius", "fahrenheit"]}
TOOLS = [
    _tool("get_weather", "The weather in a city now.", ("city", "unit"), city="string", unit=_UNIT),
    _tool(
        "book_table",
        "Books a table in a restaurant.",
        ("restaurant", "people", "outside"),
        restaurant="string",
        people="integer",
        outside="boolean",
    ),
    _tool("transfer", "Sends money.", ("to", "amount"), to="string", amount="number"),
    _tool("set_timer", "Starts a kitchen timer.", ("minutes",), minutes="integer"),
]


def arithmetic(chance: random.Random, number: int) -> Task:
    """Two or three numbers, with brackets where a product is."""
    a, b, c = chance.randint(12, 99), chance.randint(12, 99), chance.randint(2, 9)
    sums: dict[str, int] = {
        f"{a} + {b}": a + b,
        f"{a * c} - {b}": a * c - b,
        f"{a} * {c}": a * c,
        f"({a} + {b}) * {c}": (a + b) * c,
    }
    asked, result = list(sums.items())[number % len(sums)]
    text = f"What is {asked}? End with the result, as a number alone."
    return Task("arithmetic", f"arithmetic-{number}", {"messages": user(text)}, last_number(result))


def one_call(chance: random.Random, number: int) -> Task:
    """A request that one of four tools fits, with every argument in it."""
    city, person, unit = chance.choice(CITIES), chance.choice(PEOPLE), chance.choice(_UNIT["enum"])
    people, outside = chance.randint(2, 12), chance.random() < 0.5
    minutes, amount = chance.randint(3, 90), chance.randint(100, 99_999) / 100
    where = "outside" if outside else "inside"
    table = {"restaurant": f"Café {person}", "people": people, "outside": outside}
    requests: list[tuple[str, str, dict[str, Any]]] = [
        (
            f"How warm is it in {city} now, in degrees {unit}?",
            "get_weather",
            {"city": city, "unit": unit},
        ),
        (f"A table for {people} at Café {person}, {where}, please.", "book_table", table),
        (f"Send {amount} to {person}.", "transfer", {"to": person, "amount": amount}),
        (f"Set a timer for {minutes} minutes.", "set_timer", {"minutes": minutes}),
    ]
    text, name, arguments = requests[number % len(requests)]
    body = {"messages": user(text), "tools": TOOLS}
    return Task("one call", f"one-call-{number}", body, exact_calls((name, arguments)))


def parallel_calls(chance: random.Random, number: int) -> Task:
    """Two or three cities at once."""
    cities, unit = chance.sample(CITIES, 2 + number % 2), chance.choice(_UNIT["enum"])
    text = (
        f"What is the weather in {', '.join(cities[:-1])} and {cities[-1]}, in {unit}? Ask for all at once."
    )
    expected = [("get_weather", {"city": city, "unit": unit}) for city in cities]
    body = {"messages": user(text), "tools": TOOLS}
    return Task("parallel calls", f"parallel-calls-{number}", body, exact_calls(*expected))


def nothing_to_call(chance: random.Random, number: int) -> Task:
    """A question that no tool is for."""
    person = chance.choice(PEOPLE)
    text = f"Write one friendly sentence to wish {person} a good morning."
    return Task("no call", f"no-call-{number}", {"messages": user(text), "tools": TOOLS}, no_call)


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "city": {"type": "string"},
        "languages": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name", "age", "city", "languages"],
    "additionalProperties": False,
}


def json_by_schema(chance: random.Random, number: int) -> Task:
    """Facts of a sentence as a document."""
    languages = chance.sample(("French", "Hindi", "Greek", "Malay", "Welsh"), chance.randint(1, 3))
    person = {
        "name": chance.choice(PEOPLE),
        "age": chance.randint(18, 90),
        "city": chance.choice(CITIES),
        "languages": languages,
    }
    text = (
        f"Extract the person as JSON. {person['name']}, who is {person['age']} and lives in "
        f"{person['city']}, speaks {' and '.join(languages)}."
    )
    held = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": SCHEMA}}
    body = {"messages": user(text), "response_format": held}
    return Task("JSON by schema", f"json-{number}", body, document(SCHEMA, person))


MAKERS: tuple[Callable[[random.Random, int], Task], ...] = (
    arithmetic,
    one_call,
    parallel_calls,
    nothing_to_call,
    json_by_schema,
)


def short_tasks(count: int, seed: int) -> Iterator[Task]:
    """So many tasks of each kind."""
    for make in MAKERS:
        for number in range(count):
            yield make(random.Random(f"{seed}/{make.__name__}/{number}"), number)  # noqa: S311
