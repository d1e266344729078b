from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.chat.history import arguments_of

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**60), 2**60), st.text(max_size=8))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=4)


@pytest.mark.parametrize(
    ("value", "arguments"),
    [
        (None, {}),
        ("", {}),
        (" \n", {}),
        ("{}", {}),
        ("null", {}),
        ({"a": None}, {"a": None}),
        ('{"a": true, "b": null, "c": [1, {"d": 2.5}]}', {"a": True, "b": None, "c": [1, {"d": 2.5}]}),
        ('  {"a": 1}\n', {"a": 1}),
        ('{"a": "raw\nnewline\tand tab"}', {"a": "raw\nnewline\tand tab"}),
        # cut
        ("{", {}),
        ('{"a"', {}),
        ('{"a": ', {}),
        ('{"a": 1,', {"a": 1}),
        ('{"a": 1, "b": "begin', {"a": 1, "b": "begin"}),
        ('{"a": "x\\', {"a": "x"}),
        ('{"a": "x\\u00e', {"a": "x"}),
        ('{"a": {"b": [1, "tw', {"a": {"b": [1, "tw"]}}),
        ('{"a": 1, "b": tru', {"a": 1}),
        # no object
        ("[1, 2]", {"arguments": [1, 2]}),
        ('"text"', {"arguments": "text"}),
        ("7", {"arguments": 7}),
        ("false", {"arguments": False}),
        # no JSON
        ("city=Paris", {"arguments": "city=Paris"}),
        ("{'a': 1}", {"arguments": "{'a': 1}"}),
        ('{"a": 1, b: 2}', {"arguments": '{"a": 1, b: 2}'}),
        ('{"a": 1} and more', {"arguments": '{"a": 1} and more'}),
        ('["cut', {"arguments": '["cut'}),
        ('{"a": "\ud800', {"arguments": '{"a": "\ud800'}),
    ],
)
def test_arguments(value: str | dict[str, Any] | None, arguments: dict[str, Any]) -> None:
    assert arguments_of(value) == arguments


@pytest.mark.parametrize("text", ['{"a": ' + "9" * 5000 + "}", '{"a": ' * 5000, "[" * 100_000])
def test_what_json_can_not_hold_is_kept_as_text(text: str) -> None:
    assert arguments_of(text) == {"arguments": text}


@given(OBJECTS)
def test_whole_json_is_read_as_it_is(arguments: dict[str, Any]) -> None:
    assert arguments_of(json.dumps(arguments)) == arguments
    assert arguments_of(json.dumps(arguments, ensure_ascii=False)) == arguments


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=8), max_size=4), st.data())
def test_cut_json_keeps_what_is_whole_and_the_beginning_of_what_is_cut(
    arguments: dict[str, str], data: st.DataObject
) -> None:
    text = json.dumps(arguments, ensure_ascii=False)
    cut = text[: data.draw(st.integers(1, len(text)))]
    kept = arguments_of(cut)
    assert list(kept) == list(arguments)[: len(kept)]
    for index, (name, value) in enumerate(kept.items()):
        last = index == len(kept) - 1
        assert arguments[name].startswith(value) if last else arguments[name] == value


@given(st.text())
def test_any_text_is_either_read_or_kept(text: str) -> None:
    assert isinstance(arguments_of(text), dict)
