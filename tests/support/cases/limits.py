"""What ends an output early: stop strings and the number of calls."""

from __future__ import annotations

from support.cases.shared import IN_PARIS, IN_ROME, NOW, PARIS, ROME, TIME
from support.outputs import Call, Case, Text, Thought, call

STOPS = (
    Case("stop", "one END two", [Text("one ")], stop=("END",), vllm=False),
    Case("stop-at-start", "END two", [], stop=("END",), vllm=False),
    Case("stop-at-end", "one END", [Text("one ")], stop=("END",), vllm=False),
    Case("stop-not-there", "one EN D", [Text("one EN D")], stop=("END",), vllm=False),
    Case("stop-half-at-end", "one EN", [Text("one EN")], stop=("END",), vllm=False),
    Case("stop-restarts", "aab aaab", [Text("aab ")], stop=("aaab",), vllm=False),
    Case("stop-overlaps-itself", "abababc", [Text("ab")], stop=("ababc",), vllm=False),
    Case("stop-earliest-of-two", "one two three", [Text("one ")], stop=("three", "two"), vllm=False),
    Case("stop-inside-other", "xabcdy", [Text("xa")], stop=("abcde", "bc"), vllm=False),
    Case("stop-complete-first-wins", "xabcdy", [Text("xab")], stop=("abcd", "c"), vllm=False),
    Case("stop-longest-of-equal-end", "xabcd", [Text("x")], stop=("bc", "abc"), vllm=False),
    Case("stop-empty-is-none", "abc", [Text("abc")], stop=("",), vllm=False),
    Case("stop-newline", "a\nb", [Text("a")], stop=("\n",), vllm=False),
    Case("stop-newline-at-end", "a\n", [Text("a")], stop=("\n",), vllm=False),
    Case("stop-leading-newline", "\na", [], stop=("\n",), vllm=False),
    Case("stop-white-answer", "\n\n", [], stop=("\n",), vllm=False),
    Case("stop-white-answer-half", "  \n", [Text("  ")], stop=("\n",), vllm=False),
    Case(
        "stop-newline-after-thought",
        "Hm.\n</think>\nHi.\nYou.",
        [Thought("Hm."), Text("Hi.")],
        thinking=True,
        stop=("\n",),
        vllm=False,
    ),
    Case(
        "stop-not-in-thought",
        "END\n</think>\nHi END you",
        [Thought("END"), Text("Hi ")],
        thinking=True,
        stop=("END",),
        vllm=False,
    ),
    Case(
        "stop-not-in-arguments",
        f"{call('get_weather', ('city', 'END'))}\na END b",
        [Call("get_weather", {"city": "END"}), Text("a ")],
        stop=("END",),
        vllm=False,
    ),
    Case("stop-newline-not-before-call", f"\n\n{NOW}", [TIME], stop=("\n",), vllm=False),
    Case("stop-newline-before-call", f"a\n{NOW}", [Text("a"), TIME], stop=("\n",), vllm=False),
    Case("stop-before-call", f"a END\n{NOW}", [Text("a ")], stop=("END",), vllm=False),
    Case("stop-not-across-call", f"E{NOW}ND", [Text("E"), TIME, Text("ND")], stop=("END",), vllm=False),
    Case("stop-in-quoted-mark", "a <tool_call> b", [Text("a <")], stop=("tool",), vllm=False),
    Case("stop-held-before-call", f"a EN{NOW}", [Text("a EN"), TIME], stop=("END",), vllm=False),
    Case("stop-unicode", "a 👍 b", [Text("a ")], stop=("👍",), vllm=False),
    Case(
        "stop-in-leftover",
        "<tool_call><function=get_time>a END b</function></tool_call>c",
        [TIME, Text("a ")],
        stop=("END",),
        vllm=False,
    ),
)


LIMITS = (
    Case("one-call-at-most", f"{PARIS}\n{ROME}", [IN_PARIS], max_calls=1, vllm=False),
    Case("one-call-text-before", f"a\n{PARIS}\nb", [Text("a"), IN_PARIS], max_calls=1, vllm=False),
    Case("two-calls-at-most", f"{PARIS}\n{ROME}\n{NOW}", [IN_PARIS, IN_ROME], max_calls=2, vllm=False),
    Case("limit-not-reached", PARIS, [IN_PARIS], max_calls=2, vllm=False),
    Case(
        "limit-in-one-block",
        "<tool_call><function=get_time></function><function=get_time></function></tool_call>",
        [TIME],
        max_calls=1,
        vllm=False,
    ),
    Case(
        "limit-without-closing-mark",
        "<tool_call><function=get_time></function>x",
        [TIME],
        max_calls=1,
        vllm=False,
    ),
    Case(
        "limit-keeps-leftover",
        "<tool_call><function=get_time>oops</function></tool_call>x",
        [TIME, Text("oops")],
        max_calls=1,
        vllm=False,
    ),
    Case("limit-reached-at-the-end", "<tool_call><function=get_time>", [TIME], max_calls=1, vllm=False),
)
