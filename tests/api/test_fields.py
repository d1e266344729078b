"""Every row of the field tables in docs/api.md is true: a proof for each word of each row.

used: with the field something is to be seen that is not to be seen without it. refused: only with it there
is an error, which names it. ignored: the engine gets, and the client sees, what they would without it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nemotron_runtime.models.parameters import UNSUPPORTED_PARAMETERS
from nemotron_runtime.models.spec import Prices
from nemotron_runtime.wire.request import ChatRequest
from support.app import Running, scripted_server
from support.contract import reference
from support.field_cases import CASES, USER
from support.fields import Case, Seen, documented, lasting, observe, put

ROWS = documented(Path(__file__).resolve().parents[2] / "docs/api.md")
FIELDS = [name for name, _ in ROWS]
PROOFS = [pytest.param(name, case, id=f"{name}={case.value}"[:80]) for name in CASES for case in CASES[name]]

Ask = Callable[[Mapping[str, Any], Case], Seen]


@pytest.fixture(scope="module")
def ask(demo) -> Iterator[Ask]:
    """Sends a request to a server with the settings of the case; the model costs something."""
    prices = Prices(prompt=Decimal("0.00000005"), completion=Decimal("0.0000002"))
    spec = replace(demo.served.spec, prices=prices)
    servers: dict[str, Running] = {}
    with ExitStack() as stack:

        def send(body: Mapping[str, Any], case: Case) -> Seen:
            served = replace(demo.served, spec=spec, retains_prompts=case.settings.get("log_content", False))
            key = json.dumps(dict(case.settings))
            if key not in servers:
                model = replace(demo, served=served)
                servers[key] = stack.enter_context(scripted_server(model, [], **case.settings))
            return observe(servers[key], demo.tokens, {"messages": [USER], **body}, case.script)

        yield send


@pytest.mark.parametrize(("name", "case"), PROOFS)
def test_the_proof_of(ask, name, case):
    without = ask(case.base, case)
    with_it = ask(put({"messages": [USER], **case.base}, name, case.value), case)
    match case.kind:
        case "used":
            assert case.see(with_it) == case.expected
            assert case.see(without) != case.expected
        case "refused":
            assert with_it.answer.status_code == case.status
            assert with_it.request is None
            assert without.request is not None
            assert case.says in with_it.body["error"]["message"]
        case "ignored":
            assert lasting(with_it) == lasting(without)


@pytest.mark.parametrize(("name", "words"), ROWS)
def test_each_word_of_a_row_has_its_proof(name, words):
    assert {case.kind for case in CASES.get(name, ())} == words


def test_each_proof_has_its_row_and_each_row_is_alone():
    assert set(CASES) - set(FIELDS) == set()
    assert [name for name, count in Counter(FIELDS).items() if count > 1] == []


def top_level(names: list[str]) -> set[str]:
    return {name.split(".")[0].removesuffix("[]") for name in names}


def test_each_field_of_ours_has_a_row():
    assert set(ChatRequest.model_fields) - top_level(FIELDS) == set()


def test_each_field_of_the_openapi_file_has_a_row():
    document = json.loads(reference("openrouter-openapi.json").read_text())
    schemas = document["components"]["schemas"]
    assert set(schemas["ChatRequest"]["properties"]) - top_level(FIELDS) == set()
    for component, prefix in {
        "ProviderPreferences": "provider.",
        "ChatUserMessage": "messages[].",
        "ChatAssistantMessage": "messages[].",
        "ChatToolMessage": "messages[].",
        "ChatSystemMessage": "messages[].",
        "ChatContentText": "messages[].content[].",
        "ReasoningDetailText": "messages[].reasoning_details[].",
        "ChatJsonSchemaConfig": "response_format.json_schema.",
    }.items():
        for name in schemas[component]["properties"]:
            path = prefix + name
            assert any(row == path or row.startswith((f"{path}.", f"{path}[]")) for row in FIELDS), path


@pytest.mark.parametrize("name", sorted(UNSUPPORTED_PARAMETERS))
def test_what_has_no_effect_is_no_match_where_parameters_are_required(ask, name):
    (case, *_) = CASES[name]
    seen = ask({name: case.value, "provider": {"require_parameters": True}}, case)
    assert seen.answer.status_code == 404
    assert seen.body["error"]["metadata"]["unsupported_parameters"] == [name]
