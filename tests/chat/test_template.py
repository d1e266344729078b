from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_demo.layout import SPECIALS
from nemotron_runtime.chat.template import ChatTemplate, Special, shipped_template
from nemotron_runtime.errors import InvalidRequest, WeightsCorrupt, WeightsMissing
from support.conversations import PUBLISHED_TEMPLATE, Case, draw
from support.vocabulary import demo_tokens

TOKENS = demo_tokens()
TEMPLATE = ChatTemplate(shipped_template(), TOKENS.specials)
GOLDEN = json.loads(Path(__file__).with_name("template_golden.json").read_text(encoding="utf-8"))
IM_START, IM_END, THINK, END_THINK, CALL, END_CALL, RESPONSE, END_RESPONSE = range(10, 18)

Render = Callable[[str, Case], str]


@pytest.fixture(scope="session")
def published() -> str:
    if not PUBLISHED_TEMPLATE.is_file():
        pytest.skip("the published template is not at hand")
    return PUBLISHED_TEMPLATE.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def transformers_render() -> Render:
    pytest.importorskip("transformers")
    from transformers.utils.chat_template_utils import render_jinja_template

    def render(source: str, case: Case) -> str:
        rendered, _ = render_jinja_template(
            conversations=[case.messages], tools=case.tools, chat_template=source, **case.options
        )
        return rendered[0]

    return render


def ours(case: Case) -> str:
    return TEMPLATE.render(case.messages, case.tools, **case.options).text


def specials_of(messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None) -> list[int]:
    return [id for id in TEMPLATE.render(messages, tools).encode(TOKENS) if id < len(SPECIALS)]


def user(content: str) -> dict[str, Any]:
    return {"role": "user", "content": content}


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["name"])
def test_renders_the_golden_conversations(golden: dict[str, Any]) -> None:
    rendered = TEMPLATE.render(golden["messages"], golden["tools"], **golden["options"])
    assert rendered.text == golden["text"]


def test_golden_renderings_are_the_published_ones(published: str, transformers_render: Render) -> None:
    for golden in GOLDEN:
        case = Case(golden["messages"], golden["tools"], **golden["options"])
        assert transformers_render(published, case) == golden["text"]


def test_1500_conversations_render_as_published(published: str, transformers_render: Render) -> None:
    for seed in range(1500):
        case = draw(seed)
        assert ours(case) == transformers_render(published, case), f"seed {seed}"


def test_the_published_source_splits_in_the_same_specials(published: str) -> None:
    theirs = ChatTemplate(published, TOKENS.specials)
    for seed in range(300):
        case = draw(seed)
        expected = theirs.render(case.messages, case.tools, **case.options)
        assert TEMPLATE.render(case.messages, case.tools, **case.options) == expected, f"seed {seed}"


INLINE = ("<think>a</think>b", "<think>\na\n</think>\n\nb ", "a</think>b", "<think>a", "a</think>b</think> c")


def test_other_servers_may_use_our_source_with_thoughts_inside_the_content(
    published: str, transformers_render: Render
) -> None:
    for seed in range(300):
        case = draw(seed)
        for message in case.messages:
            if message["role"] == "assistant":
                message["content"] = Random(seed).choice(INLINE)
        assert transformers_render(shipped_template(), case) == transformers_render(published, case)


def test_the_drawn_conversations_are_of_every_kind() -> None:
    cases = [draw(seed) for seed in range(1500)]
    roles = {message["role"] for case in cases for message in case.messages}
    assert roles == {"system", "developer", "user", "assistant", "tool"}
    calls = [len(m.get("tool_calls") or []) for case in cases for m in case.messages]
    assert max(calls) == 3
    switches = {(c.enable_thinking, c.truncate_history_thinking, c.add_generation_prompt) for c in cases}
    assert len(switches) == 8
    text = json.dumps([case.tools for case in cases])
    for word in ("enum", "anyOf", "oneOf", "$ref", "additionalProperties", "strict"):
        assert f'"{word}"' in text


def test_a_prompt_is_specials_by_id_and_text_as_text() -> None:
    rendered = TEMPLATE.render([user("Hi")])
    start, end = Special(IM_START, "<|im_start|>"), Special(IM_END, "<|im_end|>")
    think = Special(THINK, "<think>")
    assert rendered.parts == (
        *(start, "system\n", end, "\n"),
        *(start, "user\nHi", end, "\n"),
        *(start, "assistant\n", think, "\n"),
    )
    newline = TOKENS.encode("\n")
    assert rendered.encode(TOKENS) == [
        *(IM_START, *TOKENS.encode("system\n"), IM_END, *newline),
        *(IM_START, *TOKENS.encode("user\nHi"), IM_END, *newline),
        *(IM_START, *TOKENS.encode("assistant\n"), THINK, *newline),
    ]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["name"])
def test_ids_say_the_same_as_the_text(golden: dict[str, Any]) -> None:
    rendered = TEMPLATE.render(golden["messages"], golden["tools"], **golden["options"])
    said = b"".join(TOKENS.bytes_of(id) for id in rendered.encode(TOKENS))
    assert said.decode() == golden["text"]


# What a caller may try

HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(SPECIALS),
        st.sampled_from(
            ["|im_end|", "think", "/think", "\ufdd0", "\ufdd1", "\ufdd012\ufdd1", "<", ">", "\n"]
        ),
        st.text(max_size=3),
    ),
    max_size=5,
).map("".join)
JSON = st.recursive(
    st.one_of(HOSTILE, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(HOSTILE, inner, max_size=3)),
    max_leaves=6,
)


@given(HOSTILE, HOSTILE, HOSTILE, JSON, JSON)
def test_no_caller_can_write_a_special_token(
    text: str, thought: str, name: str, value: Any, schema: Any
) -> None:
    def conversation(text: str, thought: str, name: str, value: Any) -> list[dict[str, Any]]:
        call = {"function": {"name": name, "arguments": {name: value}}}
        return [
            {"role": "system", "content": text},
            user(text),
            {"role": "assistant", "content": text, "reasoning_content": "x" + thought, "tool_calls": [call]},
            {"role": "tool", "content": text},
            {"role": "assistant", "content": text},
            user(text),
        ]

    def tools(text: str, name: str, schema: Any) -> list[dict[str, Any]]:
        parameters = {"type": "object", "properties": {name: schema}, "required": [name], name: schema}
        return [{"function": {"name": name, "description": text, "parameters": parameters, name: schema}}]

    hostile = specials_of(conversation(text, thought, name, value), tools(text, name, schema))
    harmless = specials_of(conversation("a", "a", "a", "a"), tools("a", "a", {}))
    assert hostile == harmless


def test_a_schema_key_does_not_complete_a_special_token() -> None:
    """The template prints a key between angle brackets."""
    parameters = {"properties": {"a": {"|im_end|": 1, "think": 1, "/think": 1, "tool_call": {"x": "y"}}}}
    tools = [{"function": {"name": "f", "parameters": parameters}}]
    rendered = TEMPLATE.render([user("a")], tools)
    assert "<|im_end|>1</|im_end|>" in rendered.text
    assert "<think>1</think>" in rendered.text
    assert specials_of([user("a")], tools) == specials_of([user("a")], [{"function": {"name": "f"}}])


def test_a_quoted_thought_is_content_like_any_other() -> None:
    """Other renderings cut such an answer at its quoted mark; here nothing is lost."""
    answer = {"role": "assistant", "content": "Write </think> to end a <think>."}
    rendered = TEMPLATE.render([user("a"), answer, user("b")])
    assert "<think></think>Write </think> to end a <think>.<|im_end|>" in rendered.text


def test_markers_of_a_caller_are_removed_wherever_they_stand() -> None:
    forged = "\ufdd012\ufdd1"
    tools = [{"function": {"name": forged, "parameters": {"properties": {forged: {forged: [forged]}}}}}]
    rendered = TEMPLATE.render([user(f"a{forged}b")], tools)
    assert "\ufdd0" not in rendered.text
    assert "a12b" in rendered.text
    assert '<12>["12"]</12>' in rendered.text


def test_half_a_surrogate_pair_does_not_reach_the_tokenizer() -> None:
    assert TEMPLATE.render([user("a\ud800b")]).text == TEMPLATE.render([user("ab")]).text


def test_what_a_caller_sent_stays_as_it_was() -> None:
    messages = [user("\ufdd0a")]
    TEMPLATE.render(messages)
    assert messages == [user("\ufdd0a")]


# Other templates


def render(source: str, **specials: int) -> str:
    return ChatTemplate(source, specials).render([user("Hi <é>")]).text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ messages[0] | tojson }}", '{"role": "user", "content": "Hi <é>"}'),
        ("{{ [1] | tojson(indent=1) }}", "[\n 1\n]"),
        ("{% for i in [1, 2] %}\n  {% if i == 2 %}{% break %}{% endif %}\n{{ i }}\n{% endfor %}", "1\n"),
        ("{{ strftime_now('%%') }}", "%"),
        ("{{ tools }}", "None"),
    ],
)
def test_the_environment_is_the_one_templates_are_written_for(source: str, text: str) -> None:
    assert render(source) == text


@pytest.mark.parametrize(
    "source",
    [
        "{{ raise_exception('no') }}",
        "{{ messages.append(1) }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ messages[0]['content'] + 1 }}",
    ],
)
def test_a_template_that_gives_up_or_breaks_out_is_a_client_error(source: str) -> None:
    with pytest.raises(InvalidRequest, match="can't render"):
        render(source)


def test_the_longer_special_wins() -> None:
    template = ChatTemplate("<a><a>b", {"<a>": 1, "<a><a>": 2})
    assert template.render([]).parts == (Special(2, "<a><a>"), "b")


def test_a_broken_template_is_corrupt_weights() -> None:
    with pytest.raises(WeightsCorrupt):
        ChatTemplate("{% if %}", {})


def test_loads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "chat_template.jinja"
    path.write_text(shipped_template(), encoding="utf-8")
    template = ChatTemplate.load(path, TOKENS.specials)
    assert template.render([user("Hi")]) == TEMPLATE.render([user("Hi")])
    with pytest.raises(WeightsMissing):
        ChatTemplate.load(tmp_path / "other.jinja", TOKENS.specials)
