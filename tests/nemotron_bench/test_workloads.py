from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from nemotron_bench.workloads import (
    BadWorkload,
    Session,
    SyntheticSource,
    Workload,
    fingerprint,
    load,
    names,
    open_source,
    read_replay,
)

WANTED = {"chat-1k-1k", "long-8k-1k", "reasoning-1k-8k", "reasoning-8k-16k", "long-ladder", "shared-prefix",
          "agent", "cancel"}  # fmt: skip


def some(workload: Workload, count: int = 3, seed: int = 0, part: str = "a") -> list[Session]:
    return list(itertools.islice(open_source(workload, seed).sessions(part), count))


def words(session: Session) -> list[list[str]]:
    return [(message["content"] or "").split() for message in session[-1].body["messages"]]


def test_those_that_were_promised_are_there() -> None:
    assert set(names()) >= WANTED


@pytest.mark.parametrize("name", names())
def test_each_is_deterministic_and_of_its_length(name: str) -> None:
    for rung in load(name).rungs():
        once, again, other = (some(rung, 1, seed) for seed in (5, 5, 6))
        assert once == again
        assert once != other
        question = words(once[0])[1 if rung.prefix_tokens else 0]
        assert len(question) == rung.input_tokens[0]
        assert len(once[0]) == rung.turns
        assert json.dumps(once[0][-1].body)


def test_prompts_differ_from_their_first_words_on() -> None:
    seen = [words(session)[0][:12] for part in "ab" for session in some(load("chat-1k-1k"), 50, part=part)]
    assert len({tuple(opening) for opening in seen}) == 100


def test_a_shared_prefix_is_shared_by_few() -> None:
    prefixes = {words(session)[0][0] + words(session)[0][1] for session in some(load("shared-prefix"), 40)}
    assert 2 <= len(prefixes) <= 4


def test_turns_of_an_agent_grow_and_keep_their_history() -> None:
    session = some(load("agent"), 1)[0]
    for before, after in itertools.pairwise(session):
        assert after.body["messages"][: len(before.body["messages"])] == before.body["messages"]
        assert [one["role"] for one in after.body["messages"][-2:]] == ["assistant", "tool"]
    assert session[0].body["tools"]
    assert [call.turn for call in session] == list(range(6))


def test_five_of_a_hundred_leave() -> None:
    calls = [session[0] for session in some(load("cancel"), 2000)]
    left = [call.cancel_after_events for call in calls if call.cancel_after_events]
    assert 60 <= len(left) <= 140  # 4 standard deviations around 100
    assert all(1 <= events <= 500 for events in left)
    assert not any(session[0].cancel_after_events for session in some(load("chat-1k-1k"), 200))


def test_the_ladder_has_a_step_for_each_length() -> None:
    rungs = load("long-ladder").rungs()
    assert [rung.input_tokens for rung in rungs] == [(n,) for n in load("long-ladder").input_tokens]
    assert rungs[-1].input_tokens[0] + rungs[-1].output_tokens <= 262_144


def test_a_fingerprint_changes_with_what_is_asked() -> None:
    def known(workload: Workload, seed: int = 0) -> str:
        return fingerprint(workload, SyntheticSource(workload, seed), seed)

    base = Workload("w", "about", input_tokens=(10,))
    others = [
        known(Workload("w", "about", input_tokens=(11,))),
        known(Workload("w", "about", input_tokens=(10,), output_tokens=7)),
        known(Workload("w", "about", input_tokens=(10,), body={"temperature": 0})),
        known(base, seed=1),
    ]
    assert known(base) == known(base)
    assert len({known(base), *others}) == 5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("input_tokens = [", "TOML|Unclosed|Invalid"),
        ("input_token = [1]", "no field 'input_token'"),
        ("input_tokens = ['x']", "input_tokens"),
        ("input_tokens = []", "lengths"),
        ("input_tokens = [0]", "lengths"),
        ("output_tokens = 99999999", "lengths"),
        ("cancel_share = 1.5", "cancel_share"),
        ("file = 'x'", "no field 'file'"),
    ],
)
def test_a_workload_of_the_wrong_form(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(BadWorkload, match=told):
        load(str(path))


def test_a_workload_that_isnt_there() -> None:
    with pytest.raises(BadWorkload, match="chat-1k-1k"):
        load("nonsense")


def test_ones_own_workload(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        "input_tokens = [5, 6]\noutput_tokens = 7\nfixed_output = false\nbody = {temperature = 0}\n"
    )
    mine = load(str(path))
    assert (mine.name, mine.input_tokens) == ("mine", (5, 6))
    body = some(mine.rungs()[0], 1)[0][0].body
    assert (body["max_tokens"], body["temperature"]) == (7, 0)
    assert "ignore_eos" not in body


def write(path: Path, *entries: Any) -> Path:
    if path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, entries)) + "\n\n")
    else:
        path.write_text(json.dumps(entries))
    return path


SHAREGPT = {
    "id": "x",
    "conversations": [
        {"from": "human", "value": "Hello"},
        {"from": "gpt", "value": "one two three"},
        {"from": "human", "value": "More"},
        {"from": "gpt", "value": "four"},
    ],
}
REQUEST = {"model": "other", "stream": False, "messages": [{"role": "user", "content": "Hi"}], "top_p": 0.5}


@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_a_file_of_requests_and_conversations(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"mine{suffix}", REQUEST, SHAREGPT)
    first, second = some(load(str(path)), 5)
    assert first[0].body == {"messages": REQUEST["messages"], "top_p": 0.5}
    assert [len(call.body["messages"]) for call in second] == [1, 3]
    assert [call.body["max_tokens"] for call in second] == [4, 1]
    assert [call.index for call in (*first, *second)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.jsonl", "{}\n", "line 1"),
        ("a.jsonl", '{"messages": []}', "line 1"),
        ("a.jsonl", '{"messages": [{}]}\n{no', "line 2: no JSON"),
        ("a.json", "{}", "a list"),
        ("a.json", "[1]", "entry 1"),
        ("a.json", '[{"conversations": [{"from": "robot", "value": "x"}]}]', "from"),
        ("a.json", '[{"conversations": [{"from": "gpt", "value": "x"}]}]', "human"),
        ("a.json", "[]", "no requests"),
    ],
)
def test_a_file_that_cant_be_replayed_names_the_place(
    tmp_path: Path, name: str, content: str, told: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(BadWorkload, match=told):
        read_replay(path)
