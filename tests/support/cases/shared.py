"""What several files of cases share."""

from __future__ import annotations

import json

from support.outputs import Call, Part, call

NOW = call("get_time")
PARIS = call("get_weather", ("city", "Paris"))
ROME = call("get_weather", ("city", "Rome"))
TIME = Call("get_time", "{}")
IN_PARIS = Call("get_weather", {"city": "Paris"})
IN_ROME = Call("get_weather", {"city": "Rome"})
END = "</function>\n</tool_call>"

# What vLLM's parsers do instead.
STRIPS = (
    "strips all white space at the end of a thought (nemotron_v3.py: strip_trailing_reasoning_whitespace)"
)
JUNK = "loses text between parameters"
LAST_WINS = "takes the last of two parameters of one name"


def weather(body: str) -> str:
    """A call that has begun."""
    return f"<tool_call>\n<function=get_weather>\n{body}"


def configure(**expected: str) -> list[Part]:
    """Arguments of ``configure`` as exact JSON texts."""
    inside = ", ".join(f"{json.dumps(key)}: {text}" for key, text in expected.items())
    return [Call("configure", f"{{{inside}}}")]
