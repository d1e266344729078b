"""Calls with malformed tags, and with text where none belongs."""

from __future__ import annotations

from support.cases.shared import END, IN_PARIS, JUNK, LAST_WINS, weather
from support.outputs import Call, Case, Text, call

HEADER = "reads a malformed header as a name, or loses it (#55495, #39771)"


MALFORMED = (
    Case(
        "header-no-bracket", weather(f"<parameter=city\nParis\n</parameter>\n{END}"), [IN_PARIS], vllm=HEADER
    ),
    Case(
        "header-spaces",
        weather(f"<parameter = city >\nParis\n</parameter>\n{END}"),
        [IN_PARIS],
        vllm="keeps the spaces in a name",
    ),
    Case(
        "header-quotes",
        weather(f'<parameter="city">\nParis\n</parameter>\n{END}'),
        [IN_PARIS],
        vllm="keeps the quotes in a name",
    ),
    Case(
        "header-single-quotes",
        weather(f"<parameter='city'>\nParis\n</parameter>\n{END}"),
        [IN_PARIS],
        vllm="keeps the quotes in a name",
    ),
    Case(
        "header-attribute",
        weather(f'<parameter name="city">\nParis\n</parameter>\n{END}'),
        [IN_PARIS],
        vllm=HEADER,
    ),
    Case(
        "header-no-equals", weather(f"<parameter city>\nParis\n</parameter>\n{END}"), [IN_PARIS], vllm=HEADER
    ),
    Case(
        "header-colon",
        weather(f"<parameter=days: 3\n</parameter>\n{END}"),
        [Call("get_weather", {"days": 3})],
        vllm=HEADER,
    ),
    Case(
        "header-stray-equals",
        weather(f"<parameter=city=\n</parameter>\n{END}"),
        [Call("get_weather", {"city": ""})],
        vllm=HEADER,
    ),
    Case(
        "header-colon-bracket",
        weather(f"<parameter=city:>\nParis\n</parameter>\n{END}"),
        [IN_PARIS],
        vllm=HEADER,
    ),
    Case(
        "header-value-with-bracket",
        weather(f"<parameter=city: a > b\n</parameter>\n{END}"),
        [Call("get_weather", {"city": "a > b"})],
        vllm=HEADER,
    ),
    Case(
        "header-lenient-second",
        weather(f"<parameter=city>\nParis\n</parameter>\n<parameter days>\n3\n</parameter>\n{END}"),
        [Call("get_weather", {"city": "Paris", "days": 3})],
        vllm=HEADER,
    ),
    Case(
        "header-no-name",
        weather(f"<parameter=\nParis\n</parameter>\n{END}"),
        [Call("get_weather", "{}"), Text("<parameter=\nParis\n</parameter>\n")],
        vllm=HEADER,
    ),
    Case(
        "header-no-name-second",
        weather(f"<parameter=city>\nParis\n</parameter>\n<parameter=\nx\n</parameter>\n{END}"),
        [IN_PARIS, Text("<parameter=\nx\n</parameter>\n")],
        vllm=HEADER,
    ),
    Case(
        "header-unknown-and-malformed",
        weather(f"<parameter town>\nParis\n</parameter>\n{END}"),
        [Call("get_weather", "{}"), Text("<parameter town>\nParis\n</parameter>\n")],
        vllm=HEADER,
    ),
    Case(
        "header-unknown-no-bracket",
        weather(f"<parameter=town\nParis\n</parameter>\n{END}"),
        [Call("get_weather", "{}"), Text("<parameter=town\nParis\n</parameter>\n")],
        vllm=HEADER,
    ),
    Case(
        "header-too-long",
        weather(f"<parameter={'x' * 300}>\n1\n</parameter>\n{END}"),
        [Call("get_weather", "{}"), Text(f"<parameter={'x' * 300}>\n1\n</parameter>\n")],
        vllm=HEADER,
    ),
    Case(
        "function-no-bracket",
        "<tool_call>\n<function=get_weather\n<parameter=city>\nParis\n</parameter>\n</function>\n</tool_call>",
        [IN_PARIS],
        vllm="reads on for the end of a function's tag",
    ),
    Case(
        "function-quotes",
        '<tool_call>\n<function="get_time">\n</function>\n</tool_call>',
        [Call("get_time", "{}")],
        vllm="keeps the quotes in a name",
    ),
    Case(
        "function-unknown-no-bracket",
        "<tool_call>\n<function=other\n<parameter=a>",
        [Text("<tool_call>\n<function=other\n<parameter=a>")],
        vllm="reads on for the end of a function's tag",
    ),
    Case(
        "junk-before-parameter",
        weather(f"city is\n<parameter=city>\nParis\n</parameter>\n{END}"),
        [IN_PARIS, Text("city is\n")],
        vllm=JUNK,
    ),
    Case(
        "junk-after-parameter",
        weather("<parameter=city>\nParis\n</parameter>\n</x>\n") + END,
        [Call("get_weather", {"city": "Paris\n</parameter>\n</x>"})],
        vllm=JUNK,
    ),
    Case(
        "junk-instead-of-parameters",
        weather('{"city": "Paris"}\n') + END,
        [Call("get_weather", "{}"), Text('{"city": "Paris"}\n')],
        vllm=JUNK,
    ),
    Case(
        "junk-twice",
        weather(
            "one\n<parameter=city>\nParis\n<parameter=days>\n3\n</parameter>\n</function>two\n</tool_call>\nthree"
        ),
        [Call("get_weather", {"city": "Paris", "days": 3}), Text("onetwo\nthree")],
        vllm=JUNK,
    ),
    Case(
        "junk-then-call",
        weather(f"hm{END}\n{call('get_time')}"),
        [Call("get_weather", "{}"), Text("hm\n"), Call("get_time", "{}")],
        vllm=JUNK,
    ),
    Case(
        "junk-marks",
        weather(f"a <think> b</think> c\n{END}"),
        [Call("get_weather", "{}"), Text("a <think> b c\n")],
        vllm=JUNK,
    ),
    Case(
        "stray-parameter-end",
        weather(f"</parameter>\n{END}"),
        [Call("get_weather", "{}"), Text("</parameter>\n")],
        vllm=JUNK,
    ),
    Case(
        "stray-think-end-in-call",
        weather(f"</think>\n<parameter=city>\nParis\n</parameter>\n{END}"),
        [IN_PARIS],
    ),
    Case(
        "stray-think-end-after-call",
        weather("<parameter=city>\nParis\n</parameter>\n</function>\n</think>\n</tool_call>"),
        [IN_PARIS],
    ),
    Case(
        "duplicate-parameter",
        call("get_weather", ("city", "Paris"), ("city", "Rome")),
        [IN_PARIS, Text("<parameter=city>\nRome\n</parameter>\n")],
        vllm=LAST_WINS,
    ),
    Case(
        "duplicate-then-other",
        call("get_weather", ("city", "Paris"), ("city", "Rome"), ("days", "3")),
        [Call("get_weather", {"city": "Paris", "days": 3}), Text("<parameter=city>\nRome\n</parameter>\n")],
        vllm=LAST_WINS,
    ),
    Case(
        "duplicate-unknown",
        call("get_weather", ("x", "1"), ("x", "2")),
        [Call("get_weather", {"x": "1"}), Text("<parameter=x>\n2\n</parameter>\n")],
        vllm=LAST_WINS,
    ),
)
