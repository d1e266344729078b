"""What stands around calls, and what only looks like one."""

from __future__ import annotations

from support.cases.shared import IN_PARIS, IN_ROME, NOW, PARIS, ROME, STRIPS, TIME
from support.outputs import Call, Case, Text, Thought, call

ANY_CALL = "takes the mark for a call, whatever follows, and loses the text behind it"
AROUND = (
    "of the whole, strips text before a call and drops text behind it; "
    "in the stream, keeps the format's newlines"
)


QUOTED_CALLS = (
    Case("mark-then-text", "The <tool_call> token.", [Text("The <tool_call> token.")], vllm=ANY_CALL),
    Case(
        "mark-then-json",
        '<tool_call>\n{"name": "x"}\n</tool_call>',
        [Text('<tool_call>\n{"name": "x"}\n</tool_call>')],
        vllm=ANY_CALL,
    ),
    Case(
        "mark-then-end", "a <tool_call></tool_call> b", [Text("a <tool_call></tool_call> b")], vllm=ANY_CALL
    ),
    Case("mark-at-end", "a <tool_call>", [Text("a <tool_call>")], vllm=ANY_CALL),
    Case("mark-and-space-at-end", "a\n<tool_call>\n ", [Text("a\n<tool_call>\n ")], vllm=ANY_CALL),
    Case(
        "mark-and-half-tag-cut",
        "a\n<tool_call>\n<func",
        [Text("a\n<tool_call>\n<func")],
        cut=True,
        vllm=ANY_CALL,
    ),
    Case(
        "mark-and-half-name-cut",
        "<tool_call>\n<function=get_w",
        [Text("<tool_call>\n<function=get_w")],
        cut=True,
        vllm=ANY_CALL,
    ),
    Case("mark-almost-tag", "<tool_call><functions=x>", [Text("<tool_call><functions=x>")], vllm=ANY_CALL),
    Case("mark-no-name", "<tool_call><function=>x", [Text("<tool_call><function=>x")], vllm=ANY_CALL),
    Case(
        "mark-white-name", "<tool_call><function= \n>x", [Text("<tool_call><function= \n>x")], vllm=ANY_CALL
    ),
    Case(
        "mark-endless-name",
        f"<tool_call><function={'x' * 300}>",
        [Text(f"<tool_call><function={'x' * 300}>")],
        vllm=ANY_CALL,
    ),
    Case("mark-twice", f"<tool_call>\n{NOW}", [Text("<tool_call>"), TIME], vllm=ANY_CALL),
    Case("mark-then-think-end", "a <tool_call></think>b", [Text("a <tool_call>b")], vllm=ANY_CALL),
    Case("mark-opens-thought-later", " <tool_call> <think>x", [Text(" <tool_call> <think>x")], vllm=ANY_CALL),
    Case(
        "thought-mark-then-text",
        "The <tool_call> token.\n</think>\nHi.",
        [Thought("The <tool_call> token."), Text("Hi.")],
        thinking=True,
        vllm=ANY_CALL,
    ),
    Case(
        "thought-mark-then-think-end",
        "I call <tool_call></think>Hi.",
        [Thought("I call <tool_call>"), Text("Hi.")],
        thinking=True,
        vllm=ANY_CALL,
    ),
    Case(
        "thought-unknown-function",
        "As <tool_call>\n<function=x>\n</function>\n</tool_call>.\n</think>Hi.",
        [Thought("As <tool_call>\n<function=x>\n</function>\n</tool_call>."), Text("Hi.")],
        thinking=True,
        vllm="takes the quoted call of a function that isn't there out of the thought",
    ),
    Case(
        "thought-mark-cut",
        "I call <tool_call>\n<fun",
        [Thought("I call <tool_call>\n<fun")],
        thinking=True,
        cut=True,
        vllm=ANY_CALL,
    ),
    Case(
        "thought-quote-then-call",
        f"As <tool_call> says:\n{NOW}",
        [Thought("As <tool_call> says:"), TIME],
        thinking=True,
        vllm=ANY_CALL,
    ),
)


AROUND_CALLS = (
    Case("call-alone", NOW, [TIME]),
    Case("call-newlines-around", f"\n{NOW}\n", [TIME]),
    Case("call-space-around", f" \n\n {NOW}\n \n", [TIME]),
    Case("text-call", f"Let me look.\n{NOW}", [Text("Let me look."), TIME], vllm=AROUND),
    Case("text-call-same-line", f"Let me look.{NOW}", [Text("Let me look."), TIME]),
    Case("text-blank-line-call", f"Look.\n\n{NOW}", [Text("Look.\n"), TIME], vllm=AROUND),
    Case("text-spaces-call", f" Look. \n{NOW}", [Text(" Look. "), TIME], vllm=AROUND),
    Case("call-text", f"{NOW}\nDone.", [TIME, Text("Done.")], vllm=AROUND),
    Case("call-text-same-line", f"{NOW}Done.", [TIME, Text("Done.")], vllm=AROUND),
    Case("call-blank-line-text", f"{NOW}\n\nDone.\n", [TIME, Text("\nDone.\n")], vllm=AROUND),
    Case("text-call-text", f"a\n{NOW}\nb", [Text("a"), TIME, Text("b")], vllm=AROUND),
    Case("text-call-space", f"a\n{NOW}\n \n", [Text("a"), TIME], vllm=AROUND),
    Case("two-calls", f"{PARIS}\n{ROME}", [IN_PARIS, IN_ROME]),
    Case("two-calls-no-newline", f"{PARIS}{ROME}", [IN_PARIS, IN_ROME]),
    Case("two-calls-blank-lines", f"{PARIS}\n\n \n{ROME}\n", [IN_PARIS, IN_ROME]),
    Case("two-calls-text-between", f"{PARIS}\nand\n{ROME}", [IN_PARIS, Text("and"), IN_ROME], vllm=AROUND),
    Case(
        "three-calls-text-everywhere",
        f"a\n{PARIS}\nb\n\n{ROME}\n\nc\n{NOW}\nd\n",
        [Text("a"), IN_PARIS, Text("b\n"), IN_ROME, Text("\nc"), TIME, Text("d\n")],
        vllm=AROUND,
    ),
    Case("thought-call", f"Hm.\n</think>\n{NOW}", [Thought("Hm."), TIME], thinking=True),
    Case("thought-blank-call", f"Hm.\n</think>\n\n{NOW}", [Thought("Hm."), TIME], thinking=True),
    Case(
        "thought-text-call",
        f"Hm.\n</think>\nLook.\n{NOW}",
        [Thought("Hm."), Text("Look."), TIME],
        thinking=True,
        vllm=AROUND,
    ),
    Case("call-in-thought", f"Hm.\n{PARIS}", [Thought("Hm."), IN_PARIS], thinking=True),
    Case(
        "call-in-thought-keeps-space",
        f"Hm. \n\n{PARIS}",
        [Thought("Hm. \n"), IN_PARIS],
        thinking=True,
        vllm=STRIPS,
    ),
    Case("call-in-thought-stray-end", f"Hm.\n{PARIS}\n</think>\n", [Thought("Hm."), IN_PARIS], thinking=True),
    Case(
        "call-in-thought-then-answer",
        f"Hm.\n{PARIS}\n</think>\nSo.",
        [Thought("Hm."), IN_PARIS, Text("So.")],
        thinking=True,
        vllm=AROUND,
    ),
    Case(
        "call-in-thought-then-text",
        f"Hm.{PARIS}\nSo.</think>",
        [Thought("Hm."), IN_PARIS, Text("So.")],
        thinking=True,
        vllm=AROUND,
    ),
    Case("call-first-in-thought", f"{PARIS}\n{ROME}", [IN_PARIS, IN_ROME], thinking=True),
    Case("stray-end-before-call", f"Hm.</think>\n</think>\n{NOW}", [Thought("Hm."), TIME], thinking=True),
    Case("stray-end-between-calls", f"{PARIS}\n</think>\n{ROME}", [IN_PARIS, IN_ROME]),
    Case("unknown-function", call("no_such", ("x", "1")), [Call("no_such", {"x": "1"})]),
    Case("end-call-mark-again", f"{NOW}</tool_call>", [TIME, Text("</tool_call>")], vllm=AROUND),
    Case("no-tool-known", NOW, [TIME], tools={}, vllm=False),
    Case(
        "call-cut-in-answer",
        f"a\n{call('get_weather', ('city', 'Paris'))[:-38]}",
        [Text("a"), Call("get_weather", '{"city": "Paris')],
        cut=True,
        vllm=AROUND,
    ),
)
