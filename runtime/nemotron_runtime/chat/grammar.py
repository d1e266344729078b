"""One structural tag for the whole output of a request: the thought and its budget, calls, JSON.

The tag is xgrammar's JSON form; it governs from the first token on (ADR 0002).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from nemotron_runtime.chat.constraint import call as call_form
from nemotron_runtime.chat.constraint.json_grammar import json_grammar
from nemotron_runtime.chat.constraint.node import OPEN_OBJECT, Document
from nemotron_runtime.chat.constraint.tag import (
    Format,
    chosen,
    const,
    grammar,
    in_a_row,
    optional,
    repeated,
    sequence,
    token,
    tokens,
)
from nemotron_runtime.chat.fragments import Mark
from nemotron_runtime.chat.limits import check_schema_size
from nemotron_runtime.chat.schema_check import Function, check_schema, parameters_of
from nemotron_runtime.errors import InvalidRequest
from nemotron_runtime.wire.request import ResponseFormat

MOST_COST = 1_000
LONGEST_TAG = 4 << 20  # characters

_MOST_TOKENS = 2**31 - 1  # the engine counts no further
_SPACE: Format = {"type": "regex", "pattern": "\\n{0,2}"}


@dataclass(frozen=True, slots=True)
class MarkIds:
    """Token ids of the marks, and of the tokens that end a turn."""

    think: int
    end_think: int
    call: int
    end_call: int
    end: tuple[int, ...]

    @classmethod
    def of(cls, specials: Mapping[str, int]) -> MarkIds:
        """From a vocabulary's special tokens. Raises KeyError for one that is missing."""
        return cls(
            think=specials[Mark.THINK.value],
            end_think=specials[Mark.END_THINK.value],
            call=specials[Mark.CALL.value],
            end_call=specials[Mark.END_CALL.value],
            end=(specials["<|im_end|>"], specials["</s>"]),
        )

    @property
    def all(self) -> tuple[int, ...]:
        """What no free text holds under a grammar. An end of turn ends it, if the output may end there."""
        return (self.think, self.end_think, self.call, self.end_call, *self.end)


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls that the model may or must make.

    Attributes:
        parallel: More than one call may come.
        held: Calls follow the model's own form and the schemas, and only these tools are called. Else they
            are as free as the answer; together with a response format they are always held.
    """

    tools: tuple[Function, ...]
    mode: Literal["auto", "required"]
    parallel: bool
    held: bool = True


@dataclass(frozen=True, slots=True)
class Response:
    """An answer that is held to JSON."""

    document: Document


def response_of(response_format: ResponseFormat | None, schema_bytes: int) -> Response | None:
    """Reads ``response_format``; a schema may have ``schema_bytes`` of JSON.

    Raises:
        InvalidRequest: for a form that is not available, and for a schema that can't be held.
    """
    if response_format is None or response_format.type == "text":
        return None
    if response_format.type == "json_object":
        return Response(Document(OPEN_OBJECT))
    if response_format.type != "json_schema":
        raise InvalidRequest(f'response_format.type: "{response_format.type}" is not available here')
    form = response_format.json_schema
    if form is None:
        raise InvalidRequest("response_format.json_schema: Required")
    if form.schema_ is None:
        return Response(Document(OPEN_OBJECT))
    path = "response_format.json_schema.schema"
    check_schema_size(form.schema_, schema_bytes, path)
    return Response(check_schema(form.schema_, path, strict=form.strict is True))


def build(
    *, thinking: bool, budget: int | None, calls: Calls | None, response: Response | None, marks: MarkIds
) -> str | None:
    """The tag as JSON text; None where nothing needs holding.

    Args:
        thinking: The prompt ends inside a thought.
        budget: Tokens of the thought, 0 or more; None: no limit.
        calls: None: no call may be made.
        marks: The ids of the vocabulary.

    Raises:
        InvalidRequest: tools or schema are too much for a grammar.
    """
    held = calls if calls is not None and (calls.held or response) else None
    if not held and not response and (budget is None or not thinking):
        return None
    call = _held_calls(held, marks) if held else None
    if held and call and held.mode == "required":
        form = _before_calls(thinking, budget, call, marks)
    elif thinking:
        free = _free_call(calls, marks) if calls and not held else None
        form = _thought(budget, _answer(call, response, marks), call or free, marks)
    else:
        form = _answer(call, response, marks)
    whole = chosen([_token_table(marks), form])
    tag = json.dumps({"type": "structural_tag", "format": whole}, ensure_ascii=False)
    if len(tag) > LONGEST_TAG:
        raise InvalidRequest("tools: Too big: the schemas together are more than a grammar can hold")
    return tag


def _before_calls(thinking: bool, budget: int | None, call: Format, marks: MarkIds) -> Format:
    """Calls alone, behind a thought that they close if nothing else does."""
    if not thinking:
        return sequence(_SPACE, call)
    return sequence(_thinking(budget, marks), optional(sequence(token(marks.end_think), _SPACE)), call)


def _thought(budget: int | None, answer: Format, call: Format | None, marks: MarkIds) -> Format:
    """A thought, closed before the answer or by a call."""
    closed = sequence(token(marks.end_think), answer)
    return sequence(_thinking(budget, marks), chosen([closed, call] if call else [closed]))


def _thinking(budget: int | None, marks: MarkIds) -> Format:
    return _no_marks(marks, budget if budget is not None and budget <= _MOST_TOKENS else None)


def _no_marks(marks: MarkIds, limit: int | None = None) -> Format:
    """Any tokens but marks. The only set of excluded tokens: see :func:`_token_table`."""
    return tokens(marks.all, limit)


def _free(marks: MarkIds) -> Format:
    """Any tokens, marks among them, but none that opens another thought."""
    mark = chosen([token(marks.end_think), token(marks.call), token(marks.end_call)])
    return sequence(_no_marks(marks), repeated(sequence(mark, _no_marks(marks))))


def _token_table(marks: MarkIds) -> Format:
    """All sets of tokens, in one order, on a branch that nothing can take.

    xgrammar 0.2.8 keeps token masks from one grammar to the next, and tells sets of tokens apart by their
    number within a grammar alone. So each set has the same number in each of our grammars.
    """
    nothing = grammar("root ::= [^\\0-\\U0010ffff]")
    marks_in_order = [token(marks.end_think), token(marks.call), token(marks.end_call)]
    return sequence(nothing, *marks_in_order, _no_marks(marks))


def _answer(call: Format | None, response: Response | None, marks: MarkIds) -> Format:
    """What comes after the thought, where no call has to."""
    if response:
        _check_cost([response.document], "response_format")
        held = json_grammar(response.document, laid_out=True)
        return sequence(_SPACE, chosen([held, call] if call else [held]))
    if call:
        return sequence(_no_marks(marks), optional(call))
    return _free(marks)


def _held_calls(calls: Calls, marks: MarkIds) -> Format:
    """One call or more in the model's own form, with nothing but a newline between and behind."""
    documents = [parameters_of(tool, f"tools.{tool.name}.parameters") for tool in calls.tools]
    _check_cost(documents, "tools")
    bodies = [
        sequence(const(f"\n<function={tool.name}>\n"), call_form.parameters(document))
        for tool, document in zip(calls.tools, documents, strict=True)
    ]
    content = sequence(chosen(bodies), const("</function>\n"))
    calls_in_a_row = in_a_row(marks.call, content, marks.end_call, separator="\n", many=calls.parallel)
    return sequence(calls_in_a_row, optional(const("\n")))


def _free_call(calls: Calls, marks: MarkIds) -> Format:
    """A call of a known tool; what follows its name is free."""
    names = chosen([const(f"\n<function={tool.name}>") for tool in calls.tools])
    # The newline apart, as a token may hold it together with what stands in front.
    return sequence(token(marks.call), names, optional(const("\n")), _free(marks))


def _check_cost(documents: list[Document], path: str) -> None:
    if sum(document.cost() for document in documents) > MOST_COST:
        raise InvalidRequest(
            f"{path}: Too big: the patterns and lengths of strings together are more than a grammar can hold"
        )
