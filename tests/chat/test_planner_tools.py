"""What is decided about tools and response formats before the first token."""

from __future__ import annotations

from typing import Any

import pytest

from nemotron_runtime.chat.planner import BAN
from nemotron_runtime.errors import InvalidRequest
from support.plans import (
    CALL,
    OTHER,
    TOOL,
    plan,
    refusal,
    text,
)


def choice(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


class TestTools:
    def test_auto_leaves_the_model_free(self):
        made = plan(tools=[TOOL, OTHER])
        assert made.tools == {"f": TOOL["function"]["parameters"], "g": None}
        assert made.sampling.grammar is None
        assert made.sampling.logit_bias == {}
        assert made.max_calls is None

    def test_none_bans_the_call_and_still_shows_the_tools(self):
        made = plan(tools=[TOOL], tool_choice="none", logit_bias={str(CALL): 5, "20": 1})
        assert made.sampling.logit_bias == {CALL: BAN, 20: 1}
        assert made.tools is None
        assert "<name>f</name>" in text(made.prompt_token_ids)

    def test_none_without_tools_bans_nothing(self):
        assert plan(tool_choice="none") == plan()

    @pytest.mark.parametrize("tool_choice", ["required", choice("f")])
    def test_a_call_that_must_come_is_held(self, tool_choice):
        assert "<function=f>" in (plan(tools=[TOOL], tool_choice=tool_choice).sampling.grammar or "")

    def test_a_named_one_excludes_the_others_but_all_are_shown_and_parsed(self):
        made = plan(tools=[TOOL, OTHER], tool_choice=choice("g"))
        assert "<function=f>" not in (made.sampling.grammar or "")
        assert "<name>f</name>" in text(made.prompt_token_ids)
        assert set(made.tools or ()) == {"f", "g"}

    @pytest.mark.parametrize("mode", ["auto", "required"])
    def test_a_subset_is_held(self, mode):
        allowed = {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [choice("g")]}}
        grammar = plan(tools=[TOOL, OTHER], tool_choice=allowed).sampling.grammar or ""
        assert "<function=g>" in grammar
        assert "<function=f>" not in grammar

    def test_a_strict_tool_is_held(self):
        strict = {"type": "function", "function": {"name": "f", "strict": True}}
        assert plan(tools=[strict]).sampling.grammar is not None

    def test_one_call_at_most(self):
        assert plan(tools=[TOOL], parallel_tool_calls=False).max_calls == 1
        assert plan(tools=[TOOL], parallel_tool_calls=True).max_calls is None

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"tool_choice": "required"}, 'tool_choice: "required" needs at least one tool in "tools"'),
            ({"tool_choice": choice("f")}, 'tool_choice: "f" is not among the tools'),
            ({"tools": [OTHER], "tool_choice": choice("f")}, 'tool_choice: "f" is not among the tools'),
            ({"tools": [TOOL, TOOL]}, 'tools.1.function.name: "f" is given twice'),
            ({"tools": [{"type": "function"}]}, "tools.0.function: Required"),
            (
                {"tools": [{"type": "openrouter:datetime"}]},
                'tools.0.type: "openrouter:datetime" is not available here; use "function"',
            ),
        ],
    )
    def test_refused(self, fields, message):
        fault = refusal(**fields)
        assert isinstance(fault, InvalidRequest)
        assert fault.message == message


class TestFormats:
    def test_text_holds_nothing(self):
        assert plan(response_format={"type": "text"}) == plan()

    @pytest.mark.parametrize("enabled", [True, False])
    def test_json_is_held_thinking_or_not(self, enabled):
        schema = {"type": "object", "properties": {"colour": {"type": "string"}}}
        wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
        made = plan(response_format=wanted, reasoning={"enabled": enabled})
        assert "colour" in (made.sampling.grammar or "")

    @pytest.mark.parametrize("kind", ["grammar", "python"])
    def test_other_forms_are_refused(self, kind):
        assert refusal(response_format={"type": kind}).message.startswith("response_format.type: ")

    def test_a_schema_form_needs_its_schema_object(self):
        message = refusal(response_format={"type": "json_schema"}).message
        assert message == "response_format.json_schema: Required"
