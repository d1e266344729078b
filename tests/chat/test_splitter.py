from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemotron_runtime.chat.events import ReasoningDelta, TextDelta, ToolCallArgs, ToolCallStart
from nemotron_runtime.chat.fragments import Fragment, Mark
from nemotron_runtime.engine.base import TokenLogprob
from support.catalogue import CALL_CASES, SPLITTER_CASES
from support.outputs import (
    TOOLS,
    Call,
    Case,
    Part,
    Text,
    Thought,
    call,
    cut_at,
    fragments,
    parts_of,
    pieces_of,
    settled,
    splitter_for,
    text_length,
)

ALL_CASES = (*SPLITTER_CASES, *CALL_CASES)
every_splitter_case = pytest.mark.parametrize("case", SPLITTER_CASES, ids=lambda case: case.id)


def parse(case: Case, tokens: list[Fragment]) -> list[Part]:
    return parts_of(pieces_of(splitter_for(case), tokens, cut=case.cut))


def characters(tokens: list[Fragment]) -> list[Fragment]:
    return cut_at(tokens, range(text_length(tokens)))


def test_ids_are_unique():
    assert len({case.id for case in ALL_CASES}) == len(ALL_CASES)


@every_splitter_case
def test_in_whole_tokens(case: Case):
    assert settled(parse(case, fragments(case.output)), case.expected) == list(case.expected)


@every_splitter_case
def test_in_single_characters(case: Case):
    tokens = characters(fragments(case.output))
    assert settled(parse(case, tokens), case.expected) == list(case.expected)


@settings(max_examples=500)
@given(case=st.sampled_from(ALL_CASES), data=st.data())
def test_tokens_may_be_cut_anywhere(case: Case, data: st.DataObject):
    tokens = fragments(case.output)
    places = data.draw(st.sets(st.integers(0, text_length(tokens)), max_size=12))
    assert settled(parse(case, cut_at(tokens, places)), case.expected) == list(case.expected)


# Whatever comes: nothing raises, nothing is lost, nothing depends on how it is cut.

STRUCTURE = [
    *(mark.value for mark in Mark),
    *("\n", " ", "\n\n", "<", ">", "</", "=", "&lt;think>", "&lt;/tool_call>"),
    *("<function=get_time>", "<function=get_weather>", "<function=", "<function=other>", "</function>"),
    *("<parameter=city>", "<parameter=days>", "<parameter=", "<parameter city>", "<parameter=x>"),
    *("</parameter>", "\n</parameter>\n", "\n</function>\n", "<parameter='city'>", "{'a': 1}", "3", "None"),
]
WORD = "⟦{}⟧"
soups = st.lists(st.one_of(st.sampled_from(STRUCTURE), st.just(WORD)), max_size=40).map(
    lambda pieces: "".join(piece.format(i) if piece == WORD else piece for i, piece in enumerate(pieces))
)
tool_sets = st.sampled_from([TOOLS, None, {}])


def everything(parts: list[Part]) -> str:
    return "".join(f"{part.name}{part.arguments}" if isinstance(part, Call) else part.text for part in parts)


@settings(max_examples=500)
@given(output=soups, thinking=st.booleans(), tools=tool_sets)
def test_no_word_is_lost_or_doubled(output: str, thinking: bool, tools):
    parts = parse(Case("", output, [], thinking=thinking, tools=tools), fragments(output))
    words = re.compile("⟦[0-9]+⟧")
    assert sorted(words.findall(everything(parts))) == sorted(words.findall(output))


@settings(max_examples=300)
@given(
    output=soups,
    thinking=st.booleans(),
    tools=tool_sets,
    cut=st.booleans(),
    stop=st.sampled_from([(), ("<",), ("\n", "⟧")]),
    max_calls=st.sampled_from([None, 1, 2]),
    data=st.data(),
)
def test_any_output_parses_the_same_however_it_is_cut(output, thinking, tools, cut, stop, max_calls, data):
    case = Case("", output, [], thinking, tools, cut, stop, max_calls)
    tokens = fragments(output)
    places = data.draw(st.sets(st.integers(0, text_length(tokens)), max_size=12))
    parts = parse(case, tokens)
    assert parts == parse(case, characters(tokens)) == parse(case, cut_at(tokens, places))


@settings(max_examples=300)
@given(output=soups, thinking=st.booleans(), cut=st.booleans())
def test_complete_calls_are_json_objects_and_cut_ones_are_no_json(output: str, thinking: bool, cut: bool):
    splitter = splitter_for(Case("", output, [], thinking=thinking))
    parts = parts_of(pieces_of(splitter, fragments(output), cut=cut))
    calls = [part for part in parts if isinstance(part, Call)]
    assert splitter.calls == len(calls) - splitter.open_call
    if splitter.open_call:
        assert cut
        with pytest.raises(ValueError, match=r"line \d+ column \d+"):
            json.loads(calls.pop().arguments)
    for part in calls:
        assert isinstance(json.loads(part.arguments), dict)


@given(output=st.text(), thinking=st.booleans(), tools=st.sampled_from([TOOLS, None]))
def test_text_without_marks_is_kept_byte_for_byte(output: str, thinking: bool, tools):
    parts = parse(Case("", "", [], thinking=thinking, tools=tools), [Fragment(output)])
    kind = Thought if thinking else Text
    assert parts == ([kind(output)] if output else [])


# Round trips: what the chat template would write comes back equal.

TAGS = (
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>x",
    "</parameter>",
    "</function>",
    "<parameter=city>",
)
quoted = st.sampled_from([*TAGS, "<", "\n"])
values = st.lists(st.one_of(st.text(), quoted), max_size=8).map("".join)
CLOSES = re.compile(
    r"</(parameter|function)>[ \t\r\n\f\v]*(</function>|<function=|<parameter|</?tool_call>)"
    r"|(^|\n)<parameter=|</tool_call>(?!x)|&lt;"
)
SPECIAL = re.compile(r"</?(think|tool_call)>|&lt;")
safe_values = values.filter(lambda value: not CLOSES.search(value))
names = st.sampled_from(["write_file", "get_weather", "no_such"])
parameters = st.dictionaries(st.sampled_from(["path", "content", "city", "more"]), safe_values, max_size=4)
plain = st.text().filter(lambda text: not SPECIAL.search(text))
prose = plain.filter(lambda text: not text or text.strip())


@settings(max_examples=300)
@given(
    thought=st.none() | plain,
    calls=st.lists(st.tuples(names, parameters), min_size=1, max_size=3),
    before=prose,
    after=prose,
)
def test_round_trip(thought, calls, before, after):
    head = "" if thought is None else f"{thought}\n</think>\n"
    body = "\n".join(call(name, *given.items()) for name, given in calls)
    output = f"{head}{before}\n{body}\n{after}"
    case = Case("", output, [], thinking=thought is not None)
    expected = [
        *([Thought(thought)] if thought else []),
        *([Text(before)] if before else []),
        *(Call(name, given) for name, given in calls),
        *([Text(after)] if after else []),
    ]
    assert settled(parse(case, fragments(output)), expected) == expected


# Stop strings against the definition.


@settings(max_examples=300)
@given(text=st.text("ab\n", max_size=12), stops=st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=4))
def test_the_first_stop_string_to_be_complete_ends_the_answer(text: str, stops: list[str]):
    ends = [(end, -len(stop)) for end in range(len(text) + 1) for stop in stops if text[:end].endswith(stop)]
    shown = text[: sum(min(ends))] if ends else text
    splitter = splitter_for(Case("", "", [], stop=tuple(stops)))
    parts = parts_of(pieces_of(splitter, characters([Fragment(text)] if text else [])))
    assert parts == ([Text(shown)] if shown else [])
    assert splitter.stopped is bool(ends)


def test_a_stop_string_stops_at_once():
    splitter = splitter_for(Case("", "", [], stop=("END",)))
    assert splitter.feed(Fragment("a EN")) == [TextDelta("a ")]
    assert not splitter.stopped
    assert splitter.feed(Fragment("D b")) == []
    assert splitter.stopped
    assert splitter.feed(Fragment("c")) == splitter.finish(cut=False) == []


# What streams, and when.


def test_each_token_is_passed_on_as_soon_as_it_is_certain():
    splitter = splitter_for(Case("", "", [], thinking=True))
    steps = [
        (Fragment("Hm"), [ReasoningDelta("Hm")]),
        (Fragment(".\n"), [ReasoningDelta(".")]),
        (Fragment("So"), [ReasoningDelta("\nSo")]),
        (Fragment("</think>", Mark.END_THINK), []),
        (Fragment("\n\n"), []),
        (Fragment("Look"), [TextDelta("\nLook")]),
        (Fragment(":\n"), [TextDelta(":")]),
        (Fragment("<tool_call>", Mark.CALL), []),
        (Fragment("\n<function=get_"), []),
        (Fragment("weather>\n<"), [ToolCallStart(0, "call_0", "get_weather")]),
        (Fragment("parameter=city>"), [ToolCallArgs(0, '{"city": "')]),
        (Fragment("\nPa"), [ToolCallArgs(0, "Pa")]),
        (Fragment("ris\n"), [ToolCallArgs(0, "ris")]),
        (Fragment("</para"), []),
        (Fragment("meter>"), []),
        (Fragment("\n<parameter=days>"), [ToolCallArgs(0, '", "days": ')]),
        (Fragment("\n3\n</parameter>\n"), []),
        (Fragment("</function>"), [ToolCallArgs(0, "3}")]),
        (Fragment("</tool_call>", Mark.END_CALL), []),
        (Fragment("\nDone"), [TextDelta("Done")]),
        (Fragment("<tool_call>", Mark.CALL), []),
        (Fragment(" no"), [TextDelta("<tool_call> no")]),
    ]
    for number, (token, expected) in enumerate(steps):
        assert splitter.feed(token) == expected, number
    assert splitter.finish(cut=False) == []


def test_a_long_text_argument_is_never_held_back():
    splitter = splitter_for(Case("", "", []))
    for token in fragments("<tool_call>\n<function=write_file>\n<parameter=content>\n"):
        splitter.feed(token)
    held = 0
    for char in "a < b </c> </parameter> 'd' " * 50:
        held = 0 if splitter.feed(Fragment(char)) else held + 1
        assert held < len("</parameter> '")


def test_the_state_that_others_ask_for():
    splitter = splitter_for(Case("", "", [], thinking=True, max_calls=1))
    states = []
    for token in fragments(f"Hm.</think>{call('get_time')}"):
        splitter.feed(token)
        states.append((splitter.thinking, splitter.open_call, splitter.calls, splitter.stopped))
    assert states == [
        (True, False, 0, False),
        (False, False, 0, False),
        (False, False, 0, False),
        (False, False, 1, True),
        (False, False, 1, True),
    ]


@pytest.mark.parametrize(
    ("output", "thinking", "tokens"),
    [
        ("Hm.</think>Hi", True, 2),
        ("Hm.", True, 1),
        ("Hi</think>", False, 0),
        ("<think>Hm.</think>Hi", False, 3),
        ("</think>Hi", True, 1),
        (f"Hm.{call('get_time')}", True, 1),
        ("Hm.<tool_call> no</think>Hi", True, 4),
        ("Hm.<tool_call>", True, 2),
        ("a <think>b</think>", False, 0),
    ],
)
def test_reasoning_tokens(output: str, thinking: bool, tokens: int):
    splitter = splitter_for(Case("", output, [], thinking=thinking))
    pieces_of(splitter, fragments(output))
    assert splitter.reasoning_tokens == tokens


# Rows of log probabilities.


def rows_of(
    tokens: list[str], thinking: bool = False, stop: tuple[str, ...] = ()
) -> list[tuple[str, list[int]]]:
    """Text deltas with the numbers of the tokens whose rows they carry."""
    splitter = splitter_for(Case("", "", [], thinking=thinking, stop=stop))
    marks = {mark.value: mark for mark in Mark}
    given = [Fragment(text, marks.get(text), TokenLogprob(i, -1.0)) for i, text in enumerate(tokens)]
    pieces = pieces_of(splitter, given)
    return [
        (piece.text, [row.token_id for row in piece.logprobs])
        for piece in pieces
        if isinstance(piece, TextDelta)
    ]


@pytest.mark.parametrize(
    ("tokens", "thinking", "expected"),
    [
        (["a", "b"], False, [("a", [0]), ("b", [1])]),
        (["\n", " ", "a"], False, [("\n a", [0, 1, 2])]),
        (["a", "b\n", "c"], False, [("a", [0]), ("b", [1]), ("\nc", [2])]),
        (["a", "\n", "b"], False, [("a", [0]), ("\nb", [1, 2])]),
        (["", "", "é", "x"], False, [("é", [0, 1, 2]), ("x", [3])]),
        (["a", "", ""], False, [("a", [0])]),
        (["Hm", "</think>", "\n", "a"], True, [("a", [3])]),
        (["Hm", "</think>", "\n\n", "a"], True, [("\na", [2, 3])]),
        (["Hm", "</think>", "\na", "b"], True, [("a", [2]), ("b", [3])]),
        (["a", "</think>", "b"], False, [("a", [0]), ("b", [2])]),
        (["a", "<tool_call>", " b"], False, [("a", [0]), ("<tool_call> b", [1, 2])]),
        (["a", "<think>", "b"], False, [("a", [0]), ("<think>", [1]), ("b", [2])]),
        (
            ["a", "\n", "<tool_call>", "<function=get_time>", "</function>", "</tool_call>", "\n", "b"],
            False,
            [("a", [0]), ("b", [7])],
        ),
        (["\n", "<tool_call>", "<function=get_time>", "</function>", "x"], False, [("x", [4])]),
    ],
)
def test_rows_go_with_the_text_of_their_token(tokens, thinking, expected):
    assert rows_of(tokens, thinking) == expected


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["a", " E", "ND"], [("a", [0]), (" ", [1])]),
        (["a", "END", "b"], [("a", [0])]),
        (["a", "E", "N", "x"], [("a", [0]), ("ENx", [1, 2, 3])]),
        (["o", "o", "o", "x"], [("o", [0]), ("oox", [1, 2, 3])]),
    ],
)
def test_rows_stop_with_the_text(tokens, expected):
    assert rows_of(tokens, stop=("END", "oops")) == expected


@given(st.lists(st.text("ab \n", max_size=3), max_size=10))
def test_every_shown_token_has_its_row_once(tokens: list[str]):
    rows = [row for _, numbers in rows_of(tokens) for row in numbers]
    shown = [i for i, text in enumerate(tokens) if text]
    assert [row for row in rows if tokens[row]] == shown


def test_a_lone_surrogate_can_not_pose_as_a_mark():
    tokens = [Fragment("<tool_call>", Mark.CALL), Fragment("<function=get_time>\ud803x</function>\ud800")]
    assert parts_of(pieces_of(splitter_for(Case("", "", [])), tokens)) == [
        Call("get_time", "{}"),
        Text("\ufffdx\ufffd"),
    ]
