"""The engine's mask and its parser agree on each token, whatever grammars it has seen before.

Where they don't, a request ends in an error: the mask lets a token be sampled that the parser then refuses.
xgrammar 0.2.8 shares masks between grammars by a key that leaves out which tokens a rule names, and forgets
length limits behind some rules; the grammars are written so that neither shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from json import dumps, loads
from random import Random
from typing import Any

import pytest
import xgrammar

from nemotron_runtime.chat.constraint.tag import sequence, token, tokens
from nemotron_runtime.chat.grammar import Calls, Response, build
from nemotron_runtime.chat.schema_check import check_schema
from support.grammars import CALL, END_CALL, END_THINK, MARKS, single
from support.vocabulary import demo_tokens

_FRONTS = ('"', ' "', '": "', '":', ">\n", "\n", "<", "</", '["', '{"', ", ", '",', '"}', ">", "a>\n")
_BACKS = (
    "abcdef",
    "x",
    "<",
    "12345",
    "-1",
    "true",
    "\n</parameter",
    "</parameter>",
    '"',
    '" ,',
    "é",
    'ab"',
    "",
)
SPECIAL_TOKENS = [demo_tokens().bytes_of(id) for id in range(18)]
VOCABULARY = [
    *SPECIAL_TOKENS,
    *(bytes([byte]) for byte in range(256)),
    *dict.fromkeys(
        word for front, back in product(_FRONTS, _BACKS) if len(word := (front + back).encode()) > 1
    ),
]
"""All bytes, and tokens that span the borders between the parts of a grammar."""

Output = tuple[str | int, ...]


@dataclass(frozen=True)
class Tool:
    name: str
    parameters: Any
    strict: bool | None = True


def tag(**wishes: Any) -> str:
    wishes = {"thinking": False, "budget": None, "calls": None, "response": None, **wishes}
    made = build(**wishes, marks=MARKS)
    assert made
    return made


def answer(schema: Any) -> Response:
    return Response(check_schema(schema, "schema", strict=True))


def value(schema: dict[str, Any], text: str) -> tuple[str, list[Output]]:
    """A parameter of a call."""
    parameters = {"type": "object", "properties": {"a": schema, "b": schema}, "required": ["b"]}
    body = "".join(f"<parameter={name}>\n{text}\n</parameter>\n" for name in "ab")
    calls = Calls((Tool("f", parameters),), "required", parallel=True)
    return tag(calls=calls), [(CALL, f"\n<function=f>\n{body}</function>\n", END_CALL, "\n", CALL)]


def json(schema: Any, *texts: str) -> tuple[str, list[Output]]:
    return tag(response=answer(schema)), [(text,) for text in texts]


def member(schema: dict[str, Any], text: str) -> tuple[str, list[Output]]:
    parts = {"type": "object", "properties": {"a": schema, "b": schema}, "required": ["a"]}
    return json(parts, f'{{"a": "{text}", "b":"{text}"}}')


STRINGS: list[tuple[dict[str, Any], str]] = [
    ({"type": "string"}, "a<b"),
    ({"type": "string", "minLength": 1}, "abc"),
    ({"type": "string", "minLength": 3}, "abcd"),
    ({"type": "string", "maxLength": 4}, "abcd"),
    ({"type": "string", "minLength": 1, "maxLength": 3}, "abc"),
    ({"type": "string", "minLength": 2, "maxLength": 2}, "ab"),
    ({"type": "string", "pattern": "^a{2,5}$"}, "aaa"),
    ({"type": "string", "pattern": "b"}, "abc"),
]
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CALLED = (CALL, "\n<function=f>\n<parameter=city>\nOslo\n</parameter>\n</function>\n", END_CALL)


def calls(mode: Any = "auto", *, held: bool = True, parallel: bool = True) -> Calls:
    return Calls((Tool("f", CITY), Tool("loose", {"type": "object"}, strict=None)), mode, parallel, held)


CASES: list[tuple[str, list[Output]]] = [
    *(value(*case) for case in STRINGS),
    *(member(*case) for case in STRINGS),
    *(json({"type": "array", "items": schema}, f'["{text}", "{text}"]') for schema, text in STRINGS),
    value({"type": "array", "items": {"type": "string", "maxLength": 3}}, '["ab", "c"]'),
    value({"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 4}, {"type": "null"}]}, "12"),
    value({"enum": ["x", "xa", None]}, "xa"),
    json({"type": "number", "minimum": -1.5, "maximum": 20}, "-1.25", "19.5"),
    json({"type": "object", "additionalProperties": {"type": "integer"}}, '{"a": 1, "b":2}'),
    json({}, '{"a": [1, "b", null, {}]}'),
    (tag(thinking=True, budget=2), [("ab", END_THINK, "x", CALL, "y", END_THINK)]),
    (tag(thinking=True, budget=0), [(END_THINK, "x")]),
    (
        tag(thinking=True, budget=2, calls=calls(held=False)),
        [("ab", CALL, "\n<function=f>\n<parameter=", END_CALL), ("a", END_THINK, "\nx", CALL, "z")],
    ),
    (
        tag(thinking=True, budget=3, calls=calls("required")),
        [("abc", END_THINK, "\n", *CALLED, "\n", *CALLED), ("a", *CALLED)],
    ),
    (tag(calls=calls("required", parallel=False)), [(*CALLED, "\n")]),
    (tag(calls=calls()), [("ab", *CALLED, "\n", CALL), ("ab",)]),
    (tag(thinking=True, calls=calls()), [("ab", END_THINK, "x", *CALLED), ("ab", *CALLED, "\n")]),
    (
        tag(thinking=True, budget=3, calls=calls(), response=answer({"type": "string", "maxLength": 2})),
        [("abc", END_THINK, '\n"ab"'), ("a", *CALLED, "\n")],
    ),
    (tag(thinking=True, response=answer(CITY)), [("ab", END_THINK, '{"city": "x"}')]),
]


def compiler() -> xgrammar.GrammarCompiler:
    """With a cache, as the engine has it."""
    info = xgrammar.TokenizerInfo(
        VOCABULARY, xgrammar.VocabType.RAW, vocab_size=len(VOCABULARY), stop_token_ids=[MARKS.end[0]]
    )
    return xgrammar.GrammarCompiler(info, max_threads=1, cache_enabled=True)


def disagreements(compiled: xgrammar.CompiledGrammar, output: Output) -> list[tuple[int, bytes, bool]]:
    matcher = xgrammar.GrammarMatcher(compiled, override_stop_tokens=list(MARKS.end))
    mask = xgrammar.allocate_token_bitmask(1, len(VOCABULARY))
    found = []
    for place, id in enumerate([*ids_of(output), None]):
        matcher.fill_next_token_bitmask(mask)
        words = mask[0].tolist()
        for candidate, text in enumerate(VOCABULARY):
            shown = bool(words[candidate // 32] >> (candidate % 32) & 1)
            if shown != matcher.fork().accept_token(candidate):
                found.append((place, text, shown))
        assert id is None or matcher.accept_token(id), (output, place)
    return found


def ids_of(output: Output) -> list[int]:
    """Marks by id, text byte by byte."""
    return [id for part in output for id in ([part] if isinstance(part, int) else bytes_of(part))]


def bytes_of(text: str) -> list[int]:
    return [len(SPECIAL_TOKENS) + byte for byte in text.encode()]


@pytest.mark.parametrize("seed", range(3))
def test_masks_in_any_order_of_grammars(seed):
    cases = Random(seed).sample(CASES, len(CASES))
    shared = compiler()
    for made, outputs in cases:
        compiled = shared.compile_structural_tag(made)
        for output in outputs:
            assert not disagreements(compiled, output), (output, made)


def test_the_engine_still_mixes_up_sets_of_tokens():
    """When this fails, the engine is mended: the table of tokens in front of each grammar can go."""
    shared = compiler()
    shared.compile_structural_tag(single(token(CALL)))
    assert disagreements(shared.compile_structural_tag(single(token(END_THINK))), ())


def test_a_grammar_names_all_sets_of_tokens_first():
    sets = sequence(*(token(id) for id in (END_THINK, CALL, END_CALL)), tokens(MARKS.all))["elements"]
    for made, _ in CASES:
        table = loads(made)["format"]["elements"][0]["elements"]
        assert table[1:] == loads(dumps(sets))
