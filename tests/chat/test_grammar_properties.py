"""Whatever satisfies a schema may come, whatever comes satisfies it, and the parser reads what was meant."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.chat.events import Piece, ReasoningDelta, TextDelta, ToolCallArgs
from nemotron_runtime.chat.grammar import Calls, Response, build
from nemotron_runtime.chat.schema_check import check_schema
from nemotron_runtime.chat.splitter import Splitter
from nemotron_runtime.chat.tokens import StreamDecoder
from support.grammars import CALL, END, END_CALL, MARKS, Walk, accepts, ids_of
from support.schemas import WORDS, samples
from support.vocabulary import demo_tokens

TOKENS = demo_tokens()
CLOSERS = [id for id in range(TOKENS.vocab_size) if set(TOKENS.bytes_of(id)) <= set(b'"}],:\n>')]
ARGUMENTS = st.dictionaries(WORDS, samples(1), max_size=3)
SEEDS = st.integers(0, 2**32)


@dataclass(frozen=True)
class Tool:
    parameters: Any
    name: str = "f"
    strict: bool | None = True


def answer_tag(schema: Any) -> str:
    response = Response(check_schema(schema, "schema", strict=True))
    return build(thinking=False, budget=None, calls=None, response=response, marks=MARKS) or ""


def call_tag(parameters: Any) -> str:
    calls = Calls((Tool(parameters),), "required", parallel=True)
    return build(thinking=False, budget=None, calls=calls, response=None, marks=MARKS) or ""


def object_of(parts: dict[str, Any], required: list[str]) -> dict[str, Any]:
    properties = {name: schema for name, (schema, _) in parts.items()}
    return {"type": "object", "properties": properties, "required": required}


def valid(value: Any, schema: Any) -> bool:
    validator = jsonschema.Draft202012Validator
    return validator(schema, format_checker=validator.FORMAT_CHECKER).is_valid(value)


def rendered(arguments: dict[str, Any]) -> str:
    """As the chat template writes a call, but with JSON's own names for true, false and null."""
    values = {k: v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for k, v in arguments.items()}
    return "".join(f"<parameter={name}>\n{text}\n</parameter>\n" for name, text in values.items())


def wandering(tag: str, seed: int) -> list[int] | None:
    """Some output under the grammar, its end likelier than by chance; None where none was found.

    Bytes that are no UTF-8, which a model may write anywhere in a string, don't count.
    """
    walk, chance = Walk(tag), Random(seed)
    ids: list[int] = []
    for _ in range(300):
        allowed = walk.allowed()
        assert allowed
        closing = [id for id in CLOSERS if id in allowed]
        if END in allowed and chance.random() < 0.7:
            break
        id = chance.choice(closing if closing and chance.random() < 0.5 else sorted(allowed))
        if id in MARKS.end:
            break
        assert walk.take_token(id)
        ids.append(id)
    else:
        return None
    return ids if b"".join(map(TOKENS.bytes_of, ids)).decode(errors="replace").count("\ufffd") == 0 else None


def parsed(ids: list[int], tools: dict[str, Any]) -> list[Piece]:
    splitter = Splitter(thinking=False, tools=tools, new_id=lambda: "id")
    decoder = StreamDecoder(TOKENS)
    fragments = [*decoder.feed(ids), *decoder.flush()]
    return [piece for fragment in fragments for piece in splitter.feed(fragment)] + splitter.finish(cut=False)


def arguments_of(pieces: list[Piece]) -> list[Any]:
    texts: dict[int, str] = {}
    for piece in pieces:
        if isinstance(piece, ToolCallArgs):
            texts[piece.index] = texts.get(piece.index, "") + piece.text
    return [json.loads(text) for text in texts.values()]


@given(samples())
def test_json_that_satisfies_a_schema_may_come(sample):
    schema, value = sample
    tag = answer_tag(schema)
    assert accepts(tag, json.dumps(value, ensure_ascii=False))
    assert accepts(tag, "\n", json.dumps(value, ensure_ascii=False, indent=2))
    assert accepts(tag, json.dumps(value, ensure_ascii=False, separators=(",", ":")))


@given(samples(), SEEDS)
def test_json_that_comes_satisfies_the_schema(sample, seed):
    schema, _ = sample
    ids = wandering(answer_tag(schema), seed)
    if ids is not None:
        pieces = parsed(ids, {})
        assert all(isinstance(piece, TextDelta) for piece in pieces)
        assert valid(
            json.loads("".join(piece.text for piece in pieces if isinstance(piece, TextDelta))), schema
        )


@given(ARGUMENTS, st.data())
def test_calls_that_satisfy_a_schema_may_come_and_are_read_back(parts, data):
    required = [name for name in parts if data.draw(st.booleans())]
    present = [name for name in parts if name in required or data.draw(st.booleans())]
    schema = object_of(parts, required)
    arguments = {name: parts[name][1] for name in present}
    output = (CALL, f"\n<function=f>\n{rendered(arguments)}</function>\n", END_CALL)
    assert accepts(call_tag(schema), *output)
    (read,) = arguments_of(parsed([id for part in output for id in ids_of(part)], {"f": schema}))
    assert valid(read, schema)
    assert read.keys() == arguments.keys()
    for name, (part, value) in parts.items():
        if name in present and isinstance(part, dict) and part.get("type") == "string":
            assert read[name] == value


@given(ARGUMENTS, SEEDS)
def test_calls_that_come_satisfy_the_schema(parts, seed):
    schema = object_of(parts, list(parts))
    ids = wandering(call_tag(schema), seed)
    if ids is not None:
        pieces = parsed(ids, {"f": schema})
        assert not any(isinstance(piece, TextDelta | ReasoningDelta) for piece in pieces)
        calls = arguments_of(pieces)
        assert calls
        assert all(valid(arguments, schema) for arguments in calls)


@given(st.dictionaries(WORDS, samples(1), min_size=1, max_size=3), SEEDS)
def test_a_call_with_one_more_space_may_not_come(parts, seed):
    schema = object_of(parts, list(parts))
    body = rendered({name: value for name, (_, value) in parts.items()})
    text = f"\n<function=f>\n{body}</function>\n"
    breaks = [at for at in range(len(text)) if text[at:].startswith(("\n<function", ">\n", "</function>"))]
    at = Random(seed).choice([breaks[0], breaks[1], breaks[-1]])  # not inside a value
    assert accepts(call_tag(schema), CALL, text, END_CALL)
    assert not accepts(call_tag(schema), CALL, text[:at] + " " + text[at:], END_CALL)
