import json
import random
import re
from collections import Counter

import pytest
from jsonschema import Draft202012Validator

from nemotron_demo.dialogue import Dialogue
from nemotron_demo.dialogues import SKILLS, draw
from nemotron_demo.dialogues.arithmetic import thought_of
from nemotron_demo.dialogues.more_tools import HELD_OUT
from nemotron_demo.dialogues.more_tools import TRAINING as TRAINING_TOOLS
from nemotron_demo.dialogues.words import CITIES, NAMES
from nemotron_demo.tokenizer import SPECIALS
from nemotron_runtime.chat.template import ChatTemplate, shipped_template

COUNT = 1500


def drawn(seed: int, count: int = COUNT, *, held_out: bool = False) -> list[Dialogue]:
    rng = random.Random(seed)
    return [draw(rng, held_out=held_out) for _ in range(count)]


TRAINING = drawn(1)
EXAM = drawn(2, held_out=True)
ALL = TRAINING + EXAM


def test_a_seed_gives_the_same_dialogues():
    assert drawn(5, 200) == drawn(5, 200)
    assert drawn(5, 200) != drawn(6, 200)


def test_every_skill_is_drawn():
    families = Counter(dialogue.skill.split(".")[0] for dialogue in TRAINING)
    assert set(families) == {skill.split(".")[0] for skill in SKILLS}


def test_most_have_tools_and_thoughts():
    assert 0.5 < sum(bool(dialogue.tools) for dialogue in TRAINING) / COUNT < 0.7
    assert 0.6 < sum(dialogue.thinking for dialogue in TRAINING) / COUNT < 0.8


def test_thoughts_are_in_every_answer_or_in_none():
    for dialogue in ALL:
        for message in dialogue.messages:
            thinks = bool(message.get("reasoning_content"))
            assert thinks == (dialogue.thinking and message["role"] == "assistant")


def test_calls_obey_the_schemas_of_their_tools():
    for dialogue in ALL:
        parameters = {tool["function"]["name"]: tool["function"]["parameters"] for tool in dialogue.tools}
        assert len(parameters) == len(dialogue.tools) <= 4
        for message in dialogue.messages:
            for call in message.get("tool_calls", ()):
                schema = parameters[call["function"]["name"]]
                arguments = call["function"]["arguments"]
                Draft202012Validator({**schema, "additionalProperties": False}).validate(arguments)
                assert list(arguments) == [name for name in schema["properties"] if name in arguments]


def test_texts_in_arguments_stand_in_the_conversation_before():
    for dialogue in ALL:
        before = ""
        for message in dialogue.messages:
            for call in message.get("tool_calls", ()):
                for value in call["function"]["arguments"].values():
                    for text in value if isinstance(value, list) else [value]:
                        assert not isinstance(text, str) or text in before
            if message["role"] in ("user", "tool"):
                before += message["content"] + "\n"


def test_calls_at_once_differ():
    for dialogue in ALL:
        for message in dialogue.messages:
            calls = [json.dumps(call["function"]) for call in message.get("tool_calls", ())]
            assert len(set(calls)) == len(calls)


def test_results_answer_the_calls():
    for dialogue in ALL:
        open_calls: list[str] = []
        for message in dialogue.messages:
            if message["role"] == "tool":
                assert message["tool_call_id"] == open_calls.pop(0)
            else:
                assert not open_calls
                open_calls = [call["id"] for call in message.get("tool_calls", ())]


def test_answers_in_json_obey_their_schemas():
    answers = [dialogue for dialogue in ALL if dialogue.skill == "json.extract"]
    assert any(dialogue.schema for dialogue in answers)
    for dialogue in answers:
        content = dialogue.messages[-1]["content"]
        value = json.loads(content)
        assert json.dumps(value) == content
        Draft202012Validator(dialogue.schema or True).validate(value)


SUM = re.compile(r"(\d+) ([-+*/]) (\d+) = (\d+)")


def holds(a: str, sign: str, b: str, result: str) -> bool:
    x, y, z = int(a), int(b), int(result)
    return z == {"+": x + y, "-": x - y, "*": x * y, "/": x // y if y else None}[sign]


def test_sums_are_right():
    checked = 0
    for dialogue in ALL:
        if dialogue.skill == "arithmetic":
            for message in dialogue.messages:
                if message["role"] == "assistant":
                    steps = SUM.findall(f"{message.get('reasoning_content', '')} {message['content']}")
                    assert all(holds(*step) for step in steps)
                    checked += len(steps)
    assert checked > 100


@pytest.mark.parametrize("sign", "+-")
def test_steps_of_every_sum_end_in_its_result(sign):
    for a in range(100):
        for b in range(a + 1):
            steps = SUM.findall(thought_of(sign, a, b))
            assert all(holds(*step) for step in steps)
            assert int(steps[-1][3]) == (a + b if sign == "+" else a - b)


def test_what_is_held_out_is_only_in_the_exam():
    tools = {tool.name for tool in HELD_OUT} | {tool.description for tool in HELD_OUT}
    assert not tools & {tool.name for tool in TRAINING_TOOLS}
    words = {*CITIES[3::7], *NAMES[3::7]}

    def found(dialogues: list[Dialogue]) -> set[str]:
        seen: set[str] = set()
        for dialogue in dialogues:
            for tool in dialogue.tools:
                seen |= {tool["function"]["name"], tool["function"].get("description", "")} & tools
            seen |= words & set(re.findall(r"\w+", " ".join(m["content"] for m in dialogue.messages)))
        return seen

    assert not found(TRAINING)
    assert len(found(EXAM)) > 20


def test_they_render_through_the_chat_template():
    template = ChatTemplate(shipped_template(), {text: id for id, text in enumerate(SPECIALS)})
    for dialogue in TRAINING[:150]:
        rendered = template.render(
            dialogue.messages,
            dialogue.tools or None,
            enable_thinking=dialogue.thinking,
            add_generation_prompt=False,
        )
        assert rendered.text.count("<|im_end|>") >= 2
        roles = [message["role"] for message in dialogue.messages if message["role"] != "system"]
        assert roles[0] == "user"
        assert roles[-1] == "assistant"
