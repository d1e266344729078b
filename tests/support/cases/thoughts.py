"""Outputs without calls: thoughts, answers, stray and quoted marks."""

from __future__ import annotations

from support.cases.shared import NOW, STRIPS, TIME
from support.outputs import Case, Text, Thought

KEEPS_NEWLINE = "keeps the newline that the format puts behind a think mark"
LOSES_QUOTED = "drops a closing think mark quoted in the answer (#51679)"
NO_THOUGHT_WHEN_OFF = "shows a thought as answer where thinking is off, and drops its closing mark"


THOUGHTS = (
    Case(
        "thought-answer",
        "Hm.\n</think>\nHi.",
        [Thought("Hm."), Text("Hi.")],
        thinking=True,
        vllm=KEEPS_NEWLINE,
    ),
    Case("thought-answer-same-line", "Hm.</think>Hi.", [Thought("Hm."), Text("Hi.")], thinking=True),
    Case(
        "thought-one-newline-is-format",
        "Hm.\n\n</think>Hi.",
        [Thought("Hm.\n"), Text("Hi.")],
        thinking=True,
        vllm=STRIPS,
    ),
    Case(
        "thought-keeps-spaces",
        " Hm. \t\n</think>Hi.",
        [Thought(" Hm. \t"), Text("Hi.")],
        thinking=True,
        vllm=STRIPS,
    ),
    Case(
        "thought-keeps-carriage-return",
        "Hm.\r\n</think>Hi.",
        [Thought("Hm.\r"), Text("Hi.")],
        thinking=True,
        vllm=STRIPS,
    ),
    Case("thought-keeps-leading-newline", "\nHm.</think>Hi.", [Thought("\nHm."), Text("Hi.")], thinking=True),
    Case("thought-many-lines", "a\n\nb\nc\n</think>d", [Thought("a\n\nb\nc"), Text("d")], thinking=True),
    Case("thought-empty", "</think>\nHi.", [Text("Hi.")], thinking=True, vllm=KEEPS_NEWLINE),
    Case("thought-only-newline", "\n</think>Hi.", [Text("Hi.")], thinking=True),
    Case(
        "thought-only-newlines", "\n\n</think>Hi.", [Thought("\n"), Text("Hi.")], thinking=True, vllm=STRIPS
    ),
    Case("thought-cut", "Hm, let me", [Thought("Hm, let me")], thinking=True, cut=True),
    Case("thought-cut-after-newline", "Hm.\n", [Thought("Hm.\n")], thinking=True, cut=True, vllm=STRIPS),
    Case("thought-never-closed", "Hm.", [Thought("Hm.")], thinking=True),
    Case("thought-nothing", "", [], thinking=True),
    Case("thought-no-answer", "Hm.\n</think>", [Thought("Hm.")], thinking=True),
    Case("thought-no-answer-newline", "Hm.\n</think>\n", [Thought("Hm.")], thinking=True, vllm=KEEPS_NEWLINE),
    Case(
        "thought-white-answer",
        "Hm.</think>\n\n ",
        [Thought("Hm."), Text("\n ")],
        thinking=True,
        vllm=KEEPS_NEWLINE,
    ),
    Case(
        "thought-two-newlines-behind",
        "Hm.</think>\n\nHi.",
        [Thought("Hm."), Text("\nHi.")],
        thinking=True,
        vllm=KEEPS_NEWLINE,
    ),
    Case("thought-space-behind", "Hm.</think> \nHi.", [Thought("Hm."), Text(" \nHi.")], thinking=True),
    Case(
        "thought-mark-again",
        "<think>\nHm.</think>Hi.",
        [Thought("Hm."), Text("Hi.")],
        thinking=True,
        vllm=KEEPS_NEWLINE,
    ),
    Case(
        "thought-quotes-mark",
        "Say <think> now.</think>Hi.",
        [Thought("Say <think> now."), Text("Hi.")],
        thinking=True,
        vllm="drops a think mark quoted in a thought",
    ),
    Case(
        "thought-text-lookalike",
        "a &lt;/think> b</think>c",
        [Thought("a </think> b"), Text("c")],
        thinking=True,
        vllm="takes text that spells a mark for the mark",
    ),
    Case(
        "thought-end-call-mark",
        "a </tool_call> b</think>c",
        [Thought("a </tool_call> b"), Text("c")],
        thinking=True,
    ),
    Case("thought-unicode", "å 🤔 漢\n</think>é 👍🏽", [Thought("å 🤔 漢"), Text("é 👍🏽")], thinking=True),
    Case(
        "opened-thought",
        "<think>\nHm.\n</think>\nHi.",
        [Thought("Hm."), Text("Hi.")],
        vllm=NO_THOUGHT_WHEN_OFF,
    ),
    Case(
        "opened-thought-many-lines",
        "<think>\na\n\nb\n</think>c",
        [Thought("a\n\nb"), Text("c")],
        vllm=NO_THOUGHT_WHEN_OFF,
    ),
    Case(
        "opened-thought-after-space",
        "\n <think>Hm.</think>Hi.",
        [Thought("Hm."), Text("Hi.")],
        vllm=NO_THOUGHT_WHEN_OFF,
    ),
    Case("opened-thought-cut", " <think>\nHm.", [Thought("Hm.")], cut=True, vllm=NO_THOUGHT_WHEN_OFF),
    Case(
        "opened-thought-twice",
        "<think>a</think>\n<think>b</think>c",
        [Thought("ab"), Text("c")],
        vllm=NO_THOUGHT_WHEN_OFF,
    ),
    Case(
        "opened-again-after-thought",
        "a\n</think>\n\n<think>\nb</think>c",
        [Thought("ab"), Text("c")],
        thinking=True,
        vllm="drops the mark and shows the second thought as answer",
    ),
    Case(
        "opened-after-call",
        f"{NOW}\n<think>\nb\n</think>\nc",
        [TIME, Thought("b"), Text("c")],
        vllm=NO_THOUGHT_WHEN_OFF,
    ),
)


ANSWERS = (
    Case("answer", "Hi there.", [Text("Hi there.")]),
    Case("answer-empty", "", []),
    Case("answer-leading-space", " \n Hi", [Text(" \n Hi")]),
    Case("answer-leading-newline", "\nHi", [Text("\nHi")]),
    Case("answer-trailing-newlines", "Hi\n\n", [Text("Hi\n\n")]),
    Case("answer-white", " \n\n", [Text(" \n\n")], vllm="of the whole, shows white space as thought"),
    Case("answer-white-no-tools", " \n\n", [Text(" \n\n")], tools=None, vllm=False),
    Case("answer-carriage-returns", "a\r\nb\r", [Text("a\r\nb\r")]),
    Case("answer-no-break-space", "\u00a0a", [Text("\u00a0a")]),
    Case("stray-end-at-start", "</think>\nHi", [Text("Hi")], vllm=KEEPS_NEWLINE),
    Case("stray-end-after-space", "\n</think>\n\nHi", [Text("\nHi")], vllm=KEEPS_NEWLINE),
    Case("stray-end-in-text", "Hi </think>\nyou", [Text("Hi \nyou")]),
    Case("stray-end-at-end", "Hi</think>", [Text("Hi")]),
    Case("stray-end-twice", "a</think>b</think>c", [Thought("a"), Text("bc")], thinking=True),
    Case("quoted-think", "Use <think> first.", [Text("Use <think> first.")]),
    Case("quoted-pair", "Use <think>a</think> b.", [Text("Use <think>a</think> b.")], vllm=LOSES_QUOTED),
    Case(
        "quoted-pair-and-stray",
        "Use <think></think></think>.",
        [Text("Use <think></think>.")],
        vllm=LOSES_QUOTED,
    ),
    Case(
        "quoted-nested",
        "a<think><think></think></think></think>b",
        [Text("a<think><think></think></think>b")],
        vllm=LOSES_QUOTED,
    ),
    Case(
        "think-lookalike",
        "&lt;think>a&lt;/think>",
        [Text("<think>a</think>")],
        vllm="takes text that spells a mark for the mark",
    ),
    Case(
        "tags-in-text",
        "Write <function=x> and </parameter>.",
        [Text("Write <function=x> and </parameter>.")],
        vllm="takes a function's tag without a mark for a call",
    ),
    Case(
        "function-without-mark",
        "<function=get_time>\n</function>",
        [Text("<function=get_time>\n</function>")],
        vllm="takes a function's tag without a mark for a call",
    ),
    Case(
        "call-lookalike",
        "&lt;tool_call>\n<function=get_time>\n</function>",
        [Text("<tool_call>\n<function=get_time>\n</function>")],
        vllm="takes a function's tag without a mark for a call",
    ),
    Case("end-call-without-call", "a </tool_call> b", [Text("a </tool_call> b")]),
    Case("no-tools-call-is-text", f"a {NOW} b", [Text(f"a {NOW} b")], tools=None, vllm=False),
    Case(
        "no-tools-thought-call-is-text",
        f"a {NOW}</think>b",
        [Thought(f"a {NOW}"), Text("b")],
        thinking=True,
        tools=None,
        vllm=False,
    ),
)
