"""Files of our own in bfcl-eval's form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nemotron_bench.quality.ask import Reply
from nemotron_bench.quality.bfcl import BadData, bfcl_tasks, fits

FUNCTION = {
    "name": "music.play",
    "description": "Plays a song.",
    "parameters": {
        "type": "dict",
        "properties": {
            "type": {"type": "string"},
            "volume": {"type": "float", "default": 0.5},
            "place": {"type": "dict", "properties": {"x": {"type": "tuple", "items": {"type": "any"}}}},
        },
        "required": ["type"],
    },
}
QUESTION = {
    "id": "parallel_0",
    "question": [[{"role": "user", "content": "Rock and jazz, please."}]],
    "function": [FUNCTION],
}
TRUTH = [
    {"music.play": {"type": ["Rock"], "volume": ["", 0.5]}},
    {"music.play": {"type": ["Jazz", "jazz-music"], "volume": ["", 1]}},
]


def folder(path: Path, category: str = "parallel", question: Any = QUESTION, truth: Any = TRUTH) -> Path:
    (path / "possible_answer").mkdir(exist_ok=True)
    name = f"BFCL_v4_{category}.json"
    (path / name).write_text(json.dumps(question) + "\n\n")
    (path / "possible_answer" / name).write_text(json.dumps({"id": "parallel_0", "ground_truth": truth}))
    return path


def calls(*arguments: Any, name: str = "music_play") -> Reply:
    return Reply(calls=tuple((name, json.dumps(one)) for one in arguments))


def test_a_task_is_a_request_with_plain_json_schemas(tmp_path: Path) -> None:
    (task,) = bfcl_tasks(folder(tmp_path), "parallel")
    assert (task.kind, task.name) == ("BFCL parallel", "parallel_0")
    function = task.body["tools"][0]["function"]
    assert function["name"] == "music_play"
    place = {"type": "object", "properties": {"x": {"type": "array", "items": {"type": "string"}}}}
    assert function["parameters"] == {
        "type": "object",
        "properties": {"type": {"type": "string"}, "volume": {"type": "number"}, "place": place},
        "required": ["type"],
    }


def test_calls_are_judged_in_any_order(tmp_path: Path) -> None:
    (task,) = bfcl_tasks(folder(tmp_path), "parallel")
    assert task.check(calls({"type": "jazz music"}, {"type": "ROCK", "volume": 0.5})) == ""
    assert task.check(calls({"type": "rock"})) == "missing: music_play"
    assert task.check(calls({"type": "rock"}, {"type": "rock"}))
    assert task.check(calls({"type": "rock", "loud": True}, {"type": "jazz"}))
    assert task.check(calls({"type": "rock"}, {"type": "jazz"}, name="music.play"))
    assert task.check(calls([], {"type": "jazz"}))
    assert task.check(Reply(calls=(("music_play", "no"),)))


@pytest.mark.parametrize(
    ("found", "wanted", "good"),
    [
        ("April 1, 2024", "april 1 2024", True),
        ([1, "A-b"], [1.0, "ab"], True),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": [1], "b": ["", 3]}, True),
        ({"a": 1}, {"a": [1], "b": [3]}, False),
        ([{"a": "x"}], [{"a": ["y", "X"]}], True),
        (True, 1, False),
        ("5", 5, False),
    ],
)
def test_values(found: Any, wanted: Any, good: bool) -> None:
    assert fits(found, wanted) is good


def test_categories_without_ground_truth(tmp_path: Path) -> None:
    folder(tmp_path, "irrelevance")
    folder(tmp_path, "live_relevance")
    (none,), (some,) = bfcl_tasks(tmp_path, "irrelevance"), bfcl_tasks(tmp_path, "live_relevance")
    assert (none.check(Reply(content="no")), some.check(calls({}))) == ("", "")
    assert none.check(calls({}))
    assert some.check(Reply(content="no"))


def test_what_is_no_data_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="no category 'simple_java' is read here; there are simple_python"):
        bfcl_tasks(tmp_path, "simple_java")
    with pytest.raises(BadData, match="name the folder `data` of bfcl-eval"):
        bfcl_tasks(tmp_path, "multiple")
    for question, truth in ((QUESTION | {"question": []}, TRUTH), (QUESTION, "odd"), (QUESTION, None)):
        with pytest.raises(BadData, match="parallel_0: not of the form"):
            bfcl_tasks(folder(tmp_path, question=question, truth=truth), "parallel")
    (tmp_path / "BFCL_v4_parallel.json").write_text("{\n")
    with pytest.raises(BadData, match="line 1: no JSON"):
        bfcl_tasks(tmp_path, "parallel")
    (tmp_path / "BFCL_v4_parallel.json").write_text("[]\n")
    with pytest.raises(BadData, match="line 1: no entry with an id"):
        bfcl_tasks(tmp_path, "parallel")
