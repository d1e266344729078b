"""What vLLM's own parsers for this model make of the same outputs.

Where they are right they must agree. Where they aren't, the case says why, and the difference is asserted, so
that a fix there is noticed here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.catalogue import CALL_CASES, SPLITTER_CASES
from support.outputs import Call, Case, Text, Thought, fragments

pytestmark = pytest.mark.engine
ASKED = [case for case in (*SPLITTER_CASES, *CALL_CASES) if case.vllm is not False]
PROGRAM = Path(__file__).parents[1] / "support" / "vllm_parsers.py"


def value(arguments: Any) -> Any:
    """Parsed arguments; those that are no JSON as they are."""
    try:
        return json.loads(arguments, parse_int=float) if isinstance(arguments, str) else arguments
    except ValueError:
        return arguments


def as_opinion(case: Case) -> list[Any]:
    """What the case expects: reasoning, content and calls, as a whole."""
    calls = [[part.name, value(part.arguments)] for part in case.expected if isinstance(part, Call)]
    texts = (
        "".join(part.text for part in case.expected if isinstance(part, kind)) for kind in (Thought, Text)
    )
    return [*texts, calls]


@pytest.fixture(scope="module")
def opinions() -> dict[str, dict[str, Any]]:
    cases = [
        {
            "fragments": [[fragment.text, fragment.mark is not None] for fragment in fragments(case.output)],
            "thinking": case.thinking,
            "tools": case.tools,
        }
        for case in ASKED
    ]
    run = subprocess.run(
        [sys.executable, "-P", str(PROGRAM)],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    answers = json.loads(run.stdout.splitlines()[-1])
    return dict(zip((case.id for case in ASKED), answers, strict=True))


def same(opinion: Any, expected: list[Any]) -> bool:
    if isinstance(opinion, str):  # an exception
        return False
    reasoning, content, calls = opinion
    return [reasoning, content, [[name, value(arguments)] for name, arguments in calls]] == expected


@pytest.mark.parametrize("case", ASKED, ids=lambda case: case.id)
def test_second_opinion(case: Case, opinions: dict[str, dict[str, Any]]) -> None:
    opinion, expected = opinions[case.id], as_opinion(case)
    agrees = all(same(opinion[way], expected) for way in ("whole", "stream"))
    assert agrees is (case.vllm is True), (opinion, expected)
