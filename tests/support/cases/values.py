"""Calls as the format has them: every kind of value."""

from __future__ import annotations

from support.cases.shared import END, IN_PARIS, configure, weather
from support.outputs import Call, Case, Part, call

ENDS_EARLY = "ends a value at the first tag in it and loses the rest (#33965)"
NONE = "reads None as text (#38885)"
PYTHON = "leaves a Python literal a string"
LONG = "leaves an integer of more than 4,300 digits a string"


def value(text: str) -> str:
    """A call with one text parameter and everything that closes it."""
    return call("write_file", ("content", text))


def written(text: str) -> list[Part]:
    return [Call("write_file", {"content": text})]


WELL_FORMED = (
    Case("no-parameters", call("get_time"), [Call("get_time", "{}")]),
    Case("one-parameter", call("get_weather", ("city", "Paris")), [Call("get_weather", '{"city": "Paris"}')]),
    Case(
        "two-parameters",
        call("get_weather", ("city", "Paris"), ("days", "3")),
        [Call("get_weather", '{"city": "Paris", "days": 3}')],
    ),
    Case(
        "three-types",
        call("get_weather", ("city", "7"), ("days", "7"), ("unit", "C")),
        [Call("get_weather", {"city": "7", "days": 7, "unit": "C"})],
    ),
    Case(
        "unknown-parameter", call("get_weather", ("town", "Paris")), [Call("get_weather", {"town": "Paris"})]
    ),
    Case("unknown-parameter-is-text", call("get_weather", ("n", "3")), [Call("get_weather", {"n": "3"})]),
    Case("odd-parameter-name", call("get_time", ('a "b" \\', "x")), [Call("get_time", {'a "b" \\': "x"})]),
    Case(
        "one-line",
        "<tool_call><function=get_weather><parameter=city>Paris</parameter></function></tool_call>",
        [IN_PARIS],
    ),
    Case(
        "blank-lines", weather("\n\n<parameter=city>\nParis\n</parameter>\n\n\n") + f"\n\n{END}", [IN_PARIS]
    ),
    Case("spaces-between", weather("  <parameter=city>\nParis\n</parameter>\t ") + END, [IN_PARIS]),
    Case(
        "spaces-in-function-tag",
        "<tool_call> \n <function= get_time >\n</function></tool_call>",
        [Call("get_time", "{}")],
        vllm="keeps the spaces in a name",
    ),
    Case(
        "carriage-returns-between",
        "<tool_call>\r\n<function=get_time>\r\n</function>\r\n</tool_call>",
        [Call("get_time", "{}")],
    ),
)


VALUES = (
    Case("value-empty", value(""), written("")),
    Case(
        "value-empty-one-newline",
        "<tool_call><function=write_file><parameter=content>\n</parameter></function></tool_call>",
        written(""),
    ),
    Case(
        "value-empty-no-newline",
        "<tool_call><function=write_file><parameter=content></parameter></function></tool_call>",
        written(""),
    ),
    Case("value-newline", value("\n"), written("\n")),
    Case("value-newlines-around", value("\n\na\n\n"), written("\n\na\n\n")),
    Case("value-spaces-around", value("  a\t "), written("  a\t ")),
    Case("value-indented", value("    if x:\n        return 1\n"), written("    if x:\n        return 1\n")),
    Case("value-carriage-returns", value("a\r\nb\r"), written("a\r\nb\r")),
    Case("value-control-characters", value("\x00\x1b\x7f\u2028"), written("\x00\x1b\x7f\u2028")),
    Case("value-quotes", value('say "hi" \\n \\'), written('say "hi" \\n \\')),
    Case("value-unicode", value("å 🤔 漢 \u0301"), written("å 🤔 漢 \u0301")),
    Case("value-json", value('{"a": [1, 2]}'), written('{"a": [1, 2]}')),
    Case("value-number-is-text", value("007"), written("007")),
    Case("value-true-is-text", value("True"), written("True")),
    Case("value-null-is-text", value("null"), written("null")),
    Case("value-angle-brackets", value("a < b > c </x> <<"), written("a < b > c </x> <<")),
    Case("value-html", value("<html>\n<p>a</p>\n</html>"), written("<html>\n<p>a</p>\n</html>")),
    Case("value-half-closing-tag", value("a\n</para"), written("a\n</para")),
    Case(
        "value-closing-tag-in-line",
        value("ends with </parameter> here."),
        written("ends with </parameter> here."),
        vllm=ENDS_EARLY,
    ),
    Case(
        "value-closing-tag-on-line",
        value("a\n</parameter>\nb"),
        written("a\n</parameter>\nb"),
        vllm=ENDS_EARLY,
    ),
    Case("value-closing-tag-at-start", value("</parameter> a"), written("</parameter> a"), vllm=ENDS_EARLY),
    Case("value-closing-tag-twice", value("a\n</parameter>"), written("a\n</parameter>"), vllm=ENDS_EARLY),
    Case(
        "value-closing-tags-then-text",
        value("</parameter>\n</parameter>\nx"),
        written("</parameter>\n</parameter>\nx"),
        vllm=ENDS_EARLY,
    ),
    Case("value-function-end-in-line", value("a </function> b"), written("a </function> b"), vllm=ENDS_EARLY),
    Case(
        "value-function-end-on-line",
        value("a\n</function>\nb"),
        written("a\n</function>\nb"),
        vllm=ENDS_EARLY,
    ),
    Case(
        "value-parameters-element", value("</parameters>\n</function"), written("</parameters>\n</function")
    ),
    Case(
        "value-parameter-in-line",
        value("a <parameter=path> b"),
        written("a <parameter=path> b"),
        vllm=ENDS_EARLY,
    ),
    Case(
        "value-parameter-not-declared",
        value("a\n<parameter=other>\nb"),
        written("a\n<parameter=other>\nb"),
        vllm=ENDS_EARLY,
    ),
    Case(
        "value-parameter-of-its-own-name",
        value("a\n<parameter=content>\nb"),
        written("a\n<parameter=content>\nb"),
        vllm=ENDS_EARLY,
    ),
    Case("value-function-tag", value("a\n<function=get_time>\nb"), written("a\n<function=get_time>\nb")),
    Case("value-think-marks", value("a <think> b </think> c"), written("a <think> b </think> c")),
    Case("value-call-mark", value('if "<tool_call>" in text:'), written('if "<tool_call>" in text:')),
    Case(
        "value-end-call-mark-in-line",
        value("ends with </tool_call> on its own"),
        written("ends with </tool_call> on its own"),
    ),
    Case("value-quoted-call", value("<tool_call>{}</tool_call>\nb"), written("<tool_call>{}</tool_call>\nb")),
    Case(
        "value-quoted-calls-nested",
        value("<tool_call><tool_call></tool_call></tool_call>"),
        written("<tool_call><tool_call></tool_call></tool_call>"),
    ),
    Case(
        "value-mark-lookalikes",
        value("&lt;tool_call>\n&lt;/tool_call>\n&lt;/think>"),
        written("<tool_call>\n</tool_call>\n</think>"),
    ),
    Case("value-only-mark", value("<think>"), written("<think>")),
    Case("value-long", value("lorem ipsum\n" * 500), written("lorem ipsum\n" * 500)),
)


TYPES = (
    Case("boolean-python", call("configure", ("on", "True")), configure(on="true")),
    Case("boolean-json", call("configure", ("on", "false")), configure(on="false")),
    Case("boolean-spaces", call("configure", ("on", " True\r\n")), configure(on="true")),
    Case("boolean-no", call("configure", ("on", "yes")), configure(on='"yes"')),
    Case("number-digits", call("configure", ("ratio", "1.10")), configure(ratio="1.10")),
    Case("number-integer", call("configure", ("ratio", "3")), configure(ratio="3")),
    Case(
        "number-long",
        call("configure", ("ratio", "0.1000000000000000055511151231257827")),
        configure(ratio="0.1000000000000000055511151231257827"),
    ),
    Case("number-nan", call("configure", ("ratio", "NaN")), configure(ratio='"NaN"')),
    Case("number-infinity", call("configure", ("ratio", "-Infinity")), configure(ratio='"-Infinity"')),
    Case(
        "integer-huge",
        call("get_weather", ("days", "9" * 30)),
        [Call("get_weather", f'{{"days": {"9" * 30}}}')],
    ),
    Case(
        "integer-beyond-int",
        call("get_weather", ("days", "9" * 5000)),
        [Call("get_weather", f'{{"days": {"9" * 5000}}}')],
        vllm=LONG,
    ),
    Case("integer-point-zero", call("get_weather", ("days", "3.0")), [Call("get_weather", '{"days": 3}')]),
    Case("integer-no", call("get_weather", ("days", "three")), [Call("get_weather", {"days": "three"})]),
    Case("integer-empty", call("get_weather", ("days", "")), [Call("get_weather", {"days": ""})]),
    Case("array-json", call("configure", ("tags", '["a", "b"]')), configure(tags='["a", "b"]')),
    Case("array-pretty", call("configure", ("tags", '[\n  "a"\n]')), configure(tags='[\n  "a"\n]')),
    Case(
        "array-python",
        call("configure", ("tags", "['a', \"it's\", None]")),
        configure(tags='["a", "it\'s", null]'),
        vllm=PYTHON,
    ),
    Case("array-no", call("configure", ("tags", "a, b")), configure(tags='"a, b"')),
    Case(
        "array-not-object",
        call("configure", ("tags", '{"a": 1}')),
        configure(tags='"{\\"a\\": 1}"'),
        vllm="takes an object for an array",
    ),
    Case(
        "object-json",
        call("configure", ("options", '{"a": {"b": [1.50]}}')),
        configure(options='{"a": {"b": [1.50]}}'),
    ),
    Case(
        "object-python",
        call("configure", ("options", "{'a': True, 'b': [None]}")),
        configure(options='{"a": true, "b": [null]}'),
        vllm=PYTHON,
    ),
    Case(
        "object-with-tags",
        call("configure", ("options", '{"a": "</parameter> <think>"}')),
        configure(options='{"a": "</parameter> <think>"}'),
        vllm=ENDS_EARLY,
    ),
    Case("object-broken", call("configure", ("options", '{"a": ')), configure(options='"{\\"a\\": "')),
    Case("enum-member", call("get_weather", ("unit", "C")), [Call("get_weather", {"unit": "C"})]),
    Case(
        "enum-trimmed",
        call("get_weather", ("unit", "C\r   ")),
        [Call("get_weather", {"unit": "C"})],
        vllm="keeps the space around a member of an enum",
    ),
    Case("enum-no", call("get_weather", ("unit", "K ")), [Call("get_weather", {"unit": "K "})]),
    Case("nullable-null", call("configure", ("label", "null")), configure(label="null")),
    Case("nullable-none", call("configure", ("label", "None")), configure(label="null"), vllm=NONE),
    Case("nullable-text", call("configure", ("label", "Nonesuch")), configure(label='"Nonesuch"')),
    Case("nullable-half", call("configure", ("label", "nul")), configure(label='"nul"')),
    Case("nullable-spaces-are-text", call("configure", ("label", " null")), configure(label='" null"')),
    Case("nullable-empty", call("configure", ("label", "")), configure(label='""')),
    Case(
        "all-types",
        call(
            "configure", ("on", "True"), ("ratio", "0.5"), ("tags", "[]"), ("options", "{}"), ("label", "x")
        ),
        configure(on="true", ratio="0.5", tags="[]", options="{}", label='"x"'),
    ),
)
