from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.chat.fragments import Fragment, Mark
from nemotron_runtime.chat.headers import CallProbe, Header, parameter_header
from nemotron_runtime.chat.inband import decode, encode, literal
from nemotron_runtime.chat.schema import Parameters
from nemotron_runtime.chat.toolcalls import CallBody
from support.catalogue import CALL_CASES
from support.outputs import (
    TOOLS,
    Case,
    cut_at,
    fragments,
    parts_of,
    pieces_of,
    settled,
    splitter_for,
    text_length,
)

every_call_case = pytest.mark.parametrize("case", CALL_CASES, ids=lambda case: case.id)


@every_call_case
def test_in_whole_tokens(case: Case):
    parts = parts_of(pieces_of(splitter_for(case), fragments(case.output), cut=case.cut))
    assert settled(parts, case.expected) == list(case.expected)


@every_call_case
def test_in_single_characters(case: Case):
    tokens = fragments(case.output)
    tokens = cut_at(tokens, range(text_length(tokens)))
    parts = parts_of(pieces_of(splitter_for(case), tokens, cut=case.cut))
    assert settled(parts, case.expected) == list(case.expected)


def body(name: str = "write_file") -> CallBody:
    return CallBody(Parameters(TOOLS[name]))


def test_text_streams_and_other_types_wait():
    parser = body("configure")
    assert parser.feed("<parameter=ratio>\n1.") == '{"ratio": '
    assert parser.feed("50\n</parameter>\n<parameter=label>\nn") == '1.50, "label": '
    assert parser.feed("u") == ""
    assert parser.feed("t") == '"nut'
    assert parser.feed("s\n</parameter>\n</function>\nrest") == 's"}'
    assert parser.done
    assert parser.rest == "\nrest"


def test_what_is_certain_is_passed_on_at_once():
    parser = body()
    assert (
        parser.feed("<parameter=path>\na </parameter> and </x> more")
        == '{"path": "a </parameter> and </x> more'
    )
    assert parser.feed("\n<parameter=content>\n<b") == '", "content": "<b'
    assert parser.feed("</parameter>") == ""
    assert parser.feed("x\n") == "</parameter>x"


def test_without_closing_tags_the_line_behind_the_mark_decides():
    parser = body()
    parser.feed("<parameter=path>\nx\n")
    assert parser.feed(encode(Fragment("</tool_call>", Mark.END_CALL))) == ""
    assert parser.feed(" ") == ""
    assert parser.feed("\n") == '"}'
    assert parser.done


def test_characters_are_escaped_one_by_one():
    parser = body()
    parser.feed("<parameter=path>\n")
    assert [parser.feed(char) for char in '"\\\t👍\x01é'] == ['\\"', "\\\\", "\\t", "👍", "\\u0001", "é"]


def test_an_empty_call_says_so_at_its_end():
    parser = body()
    assert parser.feed("\n") == ""
    assert parser.feed("</function>") == "{}"


def test_what_is_left_over_is_told_apart_from_what_follows():
    parser = body()
    parser.feed("one <parameter=path>\nx\n</parameter>\n</b>\n")
    parser.feed("</parameter>\n</function> two")
    assert (parser.done, parser.leftover, parser.rest) == (True, "one", " two")


@pytest.mark.parametrize("follows", ["<tool_call>", "</tool_call>"])
def test_a_mark_that_ends_a_call_is_left_to_the_caller(follows: str):
    parser = body()
    mark = encode(Fragment(follows, Mark(follows)))
    assert parser.feed("<parameter=path>\nx\n</parameter>\n" + mark) == '{"path": "x"}'
    assert list(decode(parser.rest)) == [Fragment(follows, Mark(follows))]


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("<parameter=city>x", Header("city", 16)),
        ("<parameter= city >x", Header("city", 18)),
        ("<parameter=other>x", Header("other", 17)),
        ("<parameter=city\nx", Header("city", 15, exact=False)),
        ("<parameter city>x", Header("city", 16, exact=False)),
        ("<parameter='city'>x", Header("city", 18, exact=False)),
        ('<parameter name="city">x', Header("city", 23, exact=False)),
        ("<parameter=city: x\n", Header("city", 17, exact=False)),
        ("<parameter=city=\n", Header("city", 16, exact=False)),
        ("<parameter=name=\n", Header("name", 16, exact=False)),
        ("<parameter name>\n", Header("name", 16, exact=False)),
        ("<parameter=name: x\n", Header("name", 17, exact=False)),
        ("<parameter=city: >5\n", Header("city", 16, exact=False)),
        ("<parameter other>x", None),
        ("<parameter=other\nx", None),
        ("<parameter=city Paris\n", None),
        ("<parameter=\n", None),
        ("<parameter=>x", None),
        ("<parameter>x", None),
        ("<parameters=city>x", None),
        ("<parameter='city>x", Header("'city", 17)),
        ("<parameter=city</parameter>", None),
    ],
)
def test_parameter_header(text: str, header: Header | None):
    assert parameter_header(text, 0, {"city", "name"}) == header


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ("<function=f>x", ("f", "x")),
        ("<function='f'>x", ("f", "x")),
        ("<function=other>x", ("other", "x")),
        ("<function='other'>x", ("'other'", "x")),
        ("<function=f\n<x", ("f", "<x")),
        ("<function=other\n<x", None),
    ],
)
def test_function_header(output: str, found: tuple[str, str] | None):
    probe = CallProbe({"f"}, only_known=False)
    assert (probe.feed(output), probe.refuted) == (found, found is None)


def test_in_a_thought_only_known_functions_count():
    probe = CallProbe({"f"}, only_known=True)
    assert probe.feed("<function=other>") is None
    assert probe.refuted


@given(st.text(" \n", max_size=5), st.text(max_size=20))
def test_the_probe_is_of_one_mind_however_it_is_fed(space: str, text: str):
    output = f"{space}<function={text}>x"
    verdicts = []
    for pieces in ([output], list(output)):
        probe = CallProbe({"f"}, only_known=False)
        found = next((found for piece in pieces if (found := probe.feed(piece)) or probe.refuted), None)
        verdicts.append(found and found[0])
    assert verdicts[0] == verdicts[1]


@given(st.lists(st.sampled_from(list(Mark)) | st.text(min_size=1)))
def test_marks_travel_in_band(pieces):
    tokens = [Fragment(p.value, p) if isinstance(p, Mark) else Fragment(p) for p in pieces]
    band = "".join(map(encode, tokens))
    assert literal(band) == "".join(token.text for token in tokens)
    assert [token.mark for token in decode(band) if token.mark] == [p for p in pieces if isinstance(p, Mark)]
