"""Answers worked out from the questions' own words are right, and others are not."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from nemotron_bench.quality.ask import Reply
from nemotron_bench.quality.long_tasks import long_tasks, multi_hop, needle
from nemotron_bench.quality.short_tasks import CITIES, short_tasks
from nemotron_bench.quality.task import Task, equal, exact_calls, last_number, word

SHORT = list(short_tasks(8, seed=1))


def of(kind: str) -> list[Task]:
    return [task for task in SHORT if task.kind == kind]


def asked(task: Task) -> str:
    return str(task.body["messages"][0]["content"])


def calls(*made: tuple[str, dict[str, Any]]) -> Reply:
    return Reply(calls=tuple((name, json.dumps(arguments)) for name, arguments in made))


@pytest.mark.parametrize("task", of("arithmetic"), ids=lambda task: task.name)
def test_sums(task: Task) -> None:
    found = re.search(r"What is (.+)\?", asked(task))
    assert found
    result = eval(found[1])
    assert task.check(Reply(content=f"It is easy:\n{result:,}.")) == ""
    assert task.check(Reply(content=str(result + 1)))
    assert task.check(Reply())


def true_call(text: str) -> tuple[str, dict[str, Any]]:
    if found := re.fullmatch(r"How warm is it in (\w+) now, in degrees (\w+)\?", text):
        return "get_weather", {"city": found[1], "unit": found[2]}
    if found := re.fullmatch(r"A table for (\d+) at (Café \w+), (\w+), please\.", text):
        table = {"restaurant": found[2], "people": int(found[1]), "outside": found[3] == "outside"}
        return "book_table", table
    if found := re.fullmatch(r"Send ([\d.]+) to (\w+)\.", text):
        return "transfer", {"to": found[2], "amount": float(found[1])}
    found = re.fullmatch(r"Set a timer for (\d+) minutes\.", text)
    assert found
    return "set_timer", {"minutes": int(found[1])}


@pytest.mark.parametrize("task", of("one call"), ids=lambda task: task.name)
def test_calls(task: Task) -> None:
    name, arguments = true_call(asked(task))
    assert task.check(calls((name, arguments))) == ""
    assert task.check(calls((name, {key: str(value) + "x" for key, value in arguments.items()})))
    assert task.check(calls((name, arguments), (name, arguments)))
    assert task.check(Reply(calls=((name, "{"),)))
    assert task.check(Reply(content="done"))


def test_parallel_calls_come_in_any_order() -> None:
    for task in of("parallel calls"):
        unit = asked(task).rsplit(", in ")[1].partition("?")[0]
        cities = re.findall("|".join(CITIES), asked(task))
        made = [("get_weather", {"city": city, "unit": unit}) for city in cities]
        assert len(made) in (2, 3)
        assert task.check(calls(*reversed(made))) == ""
        assert task.check(calls(*made[1:]))


def test_where_no_tool_fits_something_is_said() -> None:
    (task, *_) = of("no call")
    assert task.check(Reply(content="Good morning!")) == ""
    assert task.check(Reply(content=" "))
    assert task.check(calls(("set_timer", {"minutes": 1})))


@pytest.mark.parametrize("task", of("JSON by schema"), ids=lambda task: task.name)
def test_documents(task: Task) -> None:
    pattern = r".* JSON\. (\w+), who is (\d+) and lives in (\w+), speaks (.+)\."
    found = re.fullmatch(pattern, asked(task))
    assert found
    person = {"name": found[1], "age": int(found[2]), "city": found[3], "languages": found[4].split(" and ")}
    assert task.check(Reply(content=json.dumps(person))) == ""
    assert "schema" in task.check(Reply(content=json.dumps(person | {"age": found[2]})))
    assert "expected" in task.check(Reply(content=json.dumps(person | {"age": int(found[2]) + 1})))
    assert task.check(Reply(content=f"```json\n{json.dumps(person)}\n```")) == "no JSON"


@pytest.mark.parametrize("length", [40, 400, 4000])
def test_a_needle_is_in_a_text_of_its_length(length: int) -> None:
    task = needle(length, seed=1, number=0)
    text = asked(task)
    found = re.search(r"The code of (\w+)'s locker is (\d+)\.", text)
    assert found
    assert f"What is the code of {found[1]}'s locker?" in text
    assert length < len(text.split()) < length + 40
    assert task.check(Reply(content=f"{found[2]}")) == ""
    assert task.check(Reply(content="12345"))


def test_hops_lead_to_one_person() -> None:
    seen = set()
    for number in range(8):
        task = multi_hop(200, seed=1, number=number)
        text = asked(task)
        given = dict(re.findall(r"(\w+) gave the green parcel to (\w+)\.", text))
        first = re.search(r"(\w+) had the green parcel first", text)
        assert first
        holder = first[1]
        while holder in given:
            holder = given[holder]
        assert task.check(Reply(content=f"It is {holder}.")) == ""
        assert task.check(Reply(content=f"{first[1]} or {holder}"))
        seen.add(text.index(f"{first[1]} gave") < text.index(f"to {holder}"))
    assert seen == {True, False}  # facts aren't always in their order


def test_tasks_come_from_the_seed_alone() -> None:
    def bodies(seed: int) -> list[Any]:
        return [task.body for task in (*short_tasks(3, seed), *long_tasks((50,), 2, seed))]

    assert bodies(1) == bodies(1)
    assert bodies(1) != bodies(2)
    names = [task.name for task in (*SHORT, *long_tasks((50, 60), 2, 1))]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        ([1, {"a": None}], [1, {"a": None}], True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1, 2], [2, 1], False),
    ],
)
def test_equal_is_by_json_types(one: Any, other: Any, same: bool) -> None:
    assert equal(one, other) is same


def test_small_checks() -> None:
    assert last_number(-5)(Reply(content="so: -5")) == ""
    assert word("Anna")(Reply(content="Annabel")) == "Anna expected"
    assert exact_calls(("f", {"a": 1}))(calls(("f", {"a": 1.0}))) == ""
    assert exact_calls(("f", {"a": 1}))(calls(("f", {"a": True})))
