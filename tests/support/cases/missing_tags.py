"""Calls whose tags are missing, because the model left them out or because the output was cut."""

from __future__ import annotations

from support.cases.shared import END, IN_PARIS, JUNK, LAST_WINS, configure, weather
from support.outputs import Call, Case, Text, call

DROPS_LAST = "drops a parameter whose closing tag is missing, and leaves it open in the stream (#57699)"
ENDING = "doesn't tell a call that was cut from one that lacks its tags"


MISSING_TAGS = (
    Case("no-parameter-end", weather(f"<parameter=city>\nParis\n{END}"), [IN_PARIS], vllm=DROPS_LAST),
    Case("no-parameter-end-same-line", weather(f"<parameter=city>Paris{END}"), [IN_PARIS], vllm=DROPS_LAST),
    Case(
        "no-parameter-end-object",
        f'<tool_call>\n<function=configure>\n<parameter=options>\n{{"a": 1}}\n{END}',
        configure(options='{"a": 1}'),
        vllm=DROPS_LAST,
    ),
    Case(
        "no-last-parameter-end",
        weather(f"<parameter=city>\nParis\n</parameter>\n<parameter=days>\n3\n{END}"),
        [Call("get_weather", {"city": "Paris", "days": 3})],
        vllm=DROPS_LAST,
    ),
    Case(
        "no-first-parameter-end",
        weather(f"<parameter=city>\nParis\n<parameter=days>\n3\n</parameter>\n{END}"),
        [Call("get_weather", {"city": "Paris", "days": 3})],
    ),
    Case(
        "no-first-parameter-end-empty",
        weather(f"<parameter=city>\n<parameter=days>\n3\n</parameter>\n{END}"),
        [Call("get_weather", {"city": "", "days": 3})],
    ),
    Case(
        "no-first-parameter-end-blank",
        weather(f"<parameter=city>\n\n<parameter=days>\n3\n</parameter>\n{END}"),
        [Call("get_weather", {"city": "", "days": 3})],
    ),
    Case(
        "no-parameter-ends",
        weather(f"<parameter=city>\nParis\n<parameter=days>\n3\n<parameter=unit>\nC\n{END}"),
        [Call("get_weather", {"city": "Paris", "days": 3, "unit": "C"})],
        vllm=DROPS_LAST,
    ),
    Case("no-function-end", weather("<parameter=city>\nParis\n</parameter>\n</tool_call>"), [IN_PARIS]),
    Case(
        "no-function-end-no-parameters",
        "<tool_call>\n<function=get_time>\n</tool_call>",
        [Call("get_time", "{}")],
    ),
    Case("no-tags-but-mark", weather("<parameter=city>\nParis\n</tool_call>"), [IN_PARIS], vllm=DROPS_LAST),
    Case(
        "no-tags-but-mark-same-line",
        weather("<parameter=city>Paris</tool_call>"),
        [IN_PARIS],
        vllm=DROPS_LAST,
    ),
    Case(
        "no-tags-but-mark-after-quoted-call",
        weather("<parameter=city>\n<tool_call>x</tool_call>\nParis\n</tool_call>"),
        [Call("get_weather", {"city": "<tool_call>x</tool_call>\nParis"})],
        vllm=DROPS_LAST,
    ),
    Case(
        "no-end-in-closing-tag",
        weather("<parameter=city>\nParis\n</par"),
        [Call("get_weather", {"city": "Paris\n</par"})],
        vllm=ENDING,
    ),
    Case(
        "no-end-in-header",
        weather("<parameter=ci"),
        [Call("get_weather", "{}"), Text("<parameter=ci")],
        vllm=JUNK,
    ),
    Case(
        "no-tags-but-mark-then-text",
        weather("<parameter=city>\nParis\n</tool_call> \nSo."),
        [IN_PARIS, Text(" \nSo.")],
        vllm=DROPS_LAST,
    ),
    Case(
        "no-tags-but-mark-then-call",
        weather(f"<parameter=city>\nParis\n</tool_call>{call('get_time')}"),
        [IN_PARIS, Call("get_time", "{}")],
        vllm=DROPS_LAST,
    ),
    Case(
        "no-tags-but-mark-then-think-end",
        weather("<parameter=city>\nParis\n</tool_call></think>"),
        [IN_PARIS],
        vllm=DROPS_LAST,
    ),
    Case("no-closing-mark", weather("<parameter=city>\nParis\n</parameter>\n</function>"), [IN_PARIS]),
    Case(
        "no-closing-mark-newline", weather("<parameter=city>\nParis\n</parameter>\n</function>\n"), [IN_PARIS]
    ),
    Case(
        "no-closing-mark-then-text",
        weather("<parameter=city>\nParis\n</parameter>\n</function>\nSo."),
        [IN_PARIS, Text("So.")],
        vllm="loses text between </function> and the mark",
    ),
    Case(
        "no-closing-mark-then-half-tag",
        weather("<parameter=city>\nParis\n</parameter>\n</function>\n<func"),
        [IN_PARIS, Text("<func")],
        vllm="loses text between </function> and the mark",
    ),
    Case(
        "text-before-closing-mark",
        weather("<parameter=city>\nParis\n</parameter>\n</function>\nSo.\n</tool_call>\nYes."),
        [IN_PARIS, Text("So.\nYes.")],
        vllm="loses text between </function> and the mark",
    ),
    Case(
        "no-closing-mark-then-call",
        weather(f"<parameter=city>\nParis\n</parameter>\n</function>\n{call('get_time')}"),
        [IN_PARIS, Call("get_time", "{}")],
    ),
    Case(
        "no-end-but-parameter-then-call",
        weather(f"<parameter=city>\nParis\n</parameter>\n{call('get_time')}"),
        [IN_PARIS, Call("get_time", "{}")],
        vllm="runs two calls together",
    ),
    Case("no-end-at-all", weather("<parameter=city>\nParis\n</parameter>\n"), [IN_PARIS]),
    Case("no-end-after-value", weather("<parameter=city>\nParis"), [IN_PARIS], vllm=ENDING),
    Case("no-end-after-value-newline", weather("<parameter=city>\nParis\n"), [IN_PARIS], vllm=ENDING),
    Case(
        "no-end-after-function-end",
        weather("<parameter=city>\nParis\n</function>"),
        [IN_PARIS],
        vllm=DROPS_LAST,
    ),
    Case("no-end-after-function-tag", "<tool_call>\n<function=get_time>", [Call("get_time", "{}")]),
    Case("no-end-after-mark", weather("<parameter=city>\nParis\n</tool_call>"), [IN_PARIS], vllm=DROPS_LAST),
    Case(
        "functions-in-one-block",
        "<tool_call>\n<function=get_time>\n</function>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n</function>\n</tool_call>",
        [Call("get_time", "{}"), IN_PARIS],
    ),
    Case(
        "functions-in-one-block-no-ends",
        "<tool_call>\n<function=get_time>\n<function=get_weather>\n<parameter=city>\nParis\n<function=get_time>\n</tool_call>",
        [Call("get_time", "{}"), Call("get_weather", {"city": "Paris\n<function=get_time>"})],
        vllm="runs two calls together",
    ),
    Case(
        "functions-in-one-block-no-function-end",
        weather("<parameter=city>\nParis\n</parameter>\n<function=get_time>\n</function>\n</tool_call>"),
        [IN_PARIS, Call("get_time", "{}")],
        vllm="runs two calls together",
    ),
    Case(
        "functions-in-one-block-no-parameter-end",
        weather("<parameter=city>\nParis\n</function>\n<function=get_time>\n</function>\n</tool_call>"),
        [IN_PARIS, Call("get_time", "{}")],
        vllm=DROPS_LAST,
    ),
)


CUT = (
    Case(
        "cut-behind-mark",
        weather("<parameter=city>\nParis\n</tool_call>"),
        [IN_PARIS],
        cut=True,
        vllm=DROPS_LAST,
    ),
    Case(
        "cut-after-function-tag",
        "<tool_call>\n<function=get_weather>",
        [Call("get_weather", "{")],
        cut=True,
        vllm=ENDING,
    ),
    Case("cut-in-header", weather("<parameter=ci"), [Call("get_weather", "{")], cut=True, vllm=ENDING),
    Case(
        "cut-behind-header",
        weather("<parameter=city>"),
        [Call("get_weather", '{"city": "')],
        cut=True,
        vllm=ENDING,
    ),
    Case(
        "cut-in-text",
        weather("<parameter=city>\nPar"),
        [Call("get_weather", '{"city": "Par')],
        cut=True,
        vllm=ENDING,
    ),
    Case(
        "cut-in-text-newline",
        weather("<parameter=city>\nPar\n"),
        [Call("get_weather", '{"city": "Par\\n')],
        cut=True,
        vllm=ENDING,
    ),
    Case(
        "cut-in-closing-tag",
        weather("<parameter=city>\nPar\n</par"),
        [Call("get_weather", '{"city": "Par\\n</par')],
        cut=True,
        vllm=ENDING,
    ),
    Case(
        "cut-behind-closing-tag",
        weather("<parameter=city>\nParis\n</parameter>\n"),
        [Call("get_weather", '{"city": "Paris"')],
        cut=True,
        vllm=ENDING,
    ),
    Case(
        "cut-in-second-header",
        weather("<parameter=city>\nParis\n</parameter>\n<para"),
        [Call("get_weather", '{"city": "Paris"')],
        cut=True,
        vllm=ENDING,
    ),
    Case(
        "cut-in-number",
        weather("<parameter=days>\n1"),
        [Call("get_weather", '{"days": "1')],
        cut=True,
        vllm=ENDING,
    ),
    Case(
        "cut-in-nullable",
        "<tool_call><function=configure><parameter=label>nu",
        [Call("configure", '{"label": "nu')],
        cut=True,
        vllm=ENDING,
    ),
    Case(
        "cut-in-function-end",
        weather("<parameter=city>\nParis\n</parameter>\n</func"),
        [Call("get_weather", '{"city": "Paris"')],
        cut=True,
        vllm=ENDING,
    ),
    Case(
        "cut-behind-function-end",
        weather("<parameter=city>\nParis\n</parameter>\n</function>"),
        [IN_PARIS],
        cut=True,
    ),
    Case(
        "cut-with-junk",
        weather("hm\n<parameter=city>\nPar"),
        [Call("get_weather", '{"city": "Par'), Text("hm")],
        cut=True,
        vllm=JUNK,
    ),
    Case(
        "cut-in-duplicate",
        weather("<parameter=city>\nParis\n</parameter>\n<parameter=city>\nRo"),
        [Call("get_weather", '{"city": "Paris"'), Text("<parameter=city>\nRo")],
        cut=True,
        vllm=LAST_WINS,
    ),
    Case(
        "cut-second-call",
        f"{call('get_time')}\n<tool_call>\n<function=get_weather>\n<parameter=city>\nPa",
        [Call("get_time", "{}"), Call("get_weather", '{"city": "Pa')],
        cut=True,
        vllm=ENDING,
    ),
)
