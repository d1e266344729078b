"""Patterns mean in the engine what they mean in a JSON schema, within what can be held."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from nemotron_runtime.chat.constraint import charset
from nemotron_runtime.chat.constraint.formats import FORMATS
from nemotron_runtime.chat.constraint.pattern import LONGEST, Unheld, translate
from nemotron_runtime.chat.constraint.tag import grammar, regex_rule
from support.grammars import accepts, single


def tag(pattern: str, context: charset.Context = charset.in_line) -> str:
    return single(grammar(regex_rule("root", translate(pattern, context).regex)))


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("", ["", "any"], ["a\nb"]),
        ("^$", [""], ["a"]),
        ("b", ["b", "abc"], ["ac"]),
        ("^ab", ["ab", "abc"], ["cab"]),
        ("ab$", ["ab", "cab"], ["abc"]),
        ("^a|b$", ["ax", "xb"], ["xa", "bx"]),
        ("^(a|b)?$", ["", "a", "b"], ["ab"]),
        ("^(?:ab*)?$", ["", "a", "abb"], ["b"]),  # the engine's own `?` admits b
        ("^(?:b*a)?$", ["", "a", "bba"], ["b"]),
        ("^(a+|b){2,3}$", ["aab", "bbb"], ["a", "bbbb"]),
        ("^a{2}$", ["aa"], ["a", "aaa"]),
        ("^a{2,}$", ["aa", "aaaa"], ["a"]),
        ("^a{0}b{0,1}$", ["", "b"], ["a"]),
        ("^a+?b*?$", ["a", "ab"], ["b"]),
        ("^[a-c]-[^a-c]$", ["a-d", "b-é"], ["a-a"]),
        ("^[a\\-z]$", ["-", "z"], ["b"]),
        ("^[-a]$", ["-"], ["b"]),
        ("^[\\]]$", ["]"], ["\\"]),
        ("^[\\w.-]+@\\w+\\.\\w{2,}$", ["a.b-c@d.ef"], ["@d.ef", "a@d.e"]),
        ("^\\d\\D\\s\\S\\W$", ["1a b-"], ["aa b-"]),
        ("^.$", ["a", "é", "😀", "\\"], ["\u2028", "ab"]),
        ("^\\u00e9\\x41\\u{1F600}$", ["éA😀"], ["eA"]),
        ("^(?<name>a)(?P<other>b)$", ["ab"], ["a"]),
        ("^a{,3}$", ["a{,3}"], ["aaa"]),
        ("^{}$", ["{}"], []),
        ("^[^a]*$", ['"\\', ""], ["a", "<"]),  # a class never admits <
        ("^\\/\\.\\$\\^$", ["/.$^"], []),
    ],
)
def test_patterns(pattern, good, bad):
    for text in good:
        assert accepts(tag(pattern), text), text
    for text in bad:
        assert not accepts(tag(pattern), text), text


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("^.+$", ['a\\"b', "a\\\\b"], ['"', "\\", "\\n"]),
        ("^[^a]+$", ["\\n\\t", "b"], ["\n", "a"]),
        ('^"\\\\$', ['\\"\\\\'], ['"\\\\']),
        ("^\\n$", ["\\n"], ["\n", "n"]),
    ],
)
def test_patterns_inside_json(pattern, good, bad):
    for text in good:
        assert accepts(tag(pattern, charset.in_json), text), text
    for text in bad:
        assert not accepts(tag(pattern, charset.in_json), text), text


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("(?=a)", "lookaround or flags"),
        ("(?!a)", "lookaround or flags"),
        ("(?<=a)", "lookaround or flags"),
        ("(?i)a", "lookaround or flags"),
        ("(a)\\1", '"\\1"'),
        ("\\bfoo", '"\\b"'),
        ("\\p{L}", '"\\p"'),
        ("a\\", '"\\"'),
        ("(a", "an unmatched ("),
        ("a)", "an unmatched )"),
        ("[a", "an unmatched ["),
        ("[z-a]", "a range out of order in [...]"),
        ("[\\d-z]", "a range out of order in [...]"),
        ("[]", "a class or character that a value can't hold"),
        ("a\nb", "a class or character that a value can't hold"),
        ("\\u{110000}", "an escape beyond Unicode"),
        ("a**", "a quantifier behind a quantifier"),
        ("a{2}{3}", "a quantifier behind a quantifier"),
        ("*a", 'a "*" behind nothing'),
        ("a{3,2}", "repeats out of order"),
        ("a{129}", "more than 128 repeats"),
        ("(a{100}){100}", "larger than 1024 states"),
        ("a$b", "an anchor that is not at an end"),
        ("(^a)", "an anchor that is not at an end"),
        ("<b>", 'a literal "<"'),
        ("(" * 20 + ")" * 20, "groups nested deeper than 16"),
        ("a" * (LONGEST + 1), "longer than 1024 characters"),
    ],
)
def test_what_can_not_be_held(pattern, says):
    with pytest.raises(Unheld) as caught:
        translate(pattern, charset.in_line)
    assert str(caught.value).endswith(says)


_PIECES = st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", "\\w", "\\d", "ab", "(?:a|b)", "(a)"])
_TERMS = st.builds(str.__add__, _PIECES, st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,2}", "{2,}"]))
_BRANCHES = st.builds(
    lambda start, terms, end: start + "".join(terms) + end,
    st.sampled_from(["", "^"]),
    st.lists(_TERMS, max_size=4),
    st.sampled_from(["", "$"]),
)
_PATTERNS = st.lists(_BRANCHES, min_size=1, max_size=3).map("|".join)
_NESTED = st.builds(
    lambda inner, mark: f"^(?:{inner.replace('^', '').replace('$', '')}){mark}c?$",
    _PATTERNS,
    st.sampled_from(["", "*", "?", "+", "{1,2}"]),
)


@given(st.one_of(_PATTERNS, _NESTED), st.text(alphabet="abc1", max_size=6))
def test_the_engine_matches_what_python_does(pattern, text):
    assert accepts(tag(pattern), text) == bool(re.search(pattern.replace("$", "\\Z"), text))


@given(st.text(alphabet='ab[]()^$.*+?{}|\\-,1dw"<:=!', max_size=12), st.text(alphabet='ab1"\\', max_size=4))
def test_any_text_is_a_pattern_or_refused(pattern, text):
    try:
        translate(pattern, charset.in_line)
    except Unheld:
        assume(False)
    assert accepts(tag(pattern), text) in (True, False)  # it compiles


SAMPLES = {
    "date": (["2024-02-28", "1999-12-01"], ["2024-13-01", "2024-1-1", "24-01-01"]),
    "time": (["10:11:12Z", "23:59:59.123+01:00"], ["24:00:00Z", "10:11:12", "10:11"]),
    "date-time": (["2024-02-28T10:11:12Z"], ["2024-02-28", "2024-02-28 10:11:12Z"]),
    "duration": (["P1D", "PT5M", "P1Y2M3DT4H5M6S", "P3W"], ["P", "PT", "1D", "P1H"]),
    "email": (["a.b+c@example.com"], ["a@b", "@example.com", "a b@example.com"]),
    "hostname": (["example", "a-1.example.com"], ["-a", "a..b", "a_b"]),
    "ipv4": (["0.0.0.0", "192.168.10.255"], ["256.0.0.1", "1.2.3", "01.2.3.4"]),
    "ipv6": (["::", "::1", "fe80::1:2", "1:2:3:4:5:6:7:8", "1::"], ["1:2", ":::", "12345::"]),
    "uuid": (["123e4567-e89b-12d3-a456-426614174000"], ["123e4567e89b12d3a456426614174000"]),
    "uri": (["https://example.com/a?b=c%20d#e", "mailto:a@b.c"], ["example.com", "https://a b"]),
    "uri-reference": (["/a/b#c", "", "https://example.com"], ["a b", "a#b#c"]),
    "json-pointer": (["", "/a/0/~1"], ["a", "/~2"]),
}


def test_every_format_has_samples():
    assert SAMPLES.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", FORMATS)
def test_formats(name):
    good, bad = SAMPLES[name]
    checker = Draft202012Validator.FORMAT_CHECKER
    for text in good:
        assert accepts(tag(FORMATS[name]), text), text
        checker.check(text, name)
    for text in bad:
        assert not accepts(tag(FORMATS[name]), text), text
