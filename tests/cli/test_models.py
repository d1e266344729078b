from __future__ import annotations

import json

from nemotron_runtime.models.spec import load_all
from support.command import Run
from support.scripted_chat import MODEL, ScriptedChat


def test_every_spec_is_listed(run: Run) -> None:
    rows = [line.split("\t") for line in run("models").stdout.splitlines()]
    assert {row[0]: row[2] for row in rows} == {
        slug: str(spec.context_tokens) for slug, spec in load_all().items()
    }
    assert json.loads(run("models", "--json").stdout).keys() == {"models"}


def test_what_a_server_serves_is_listed(run: Run, chat_server: tuple[ScriptedChat, str]) -> None:
    url = chat_server[1]
    text = run("models", "--base-url", url).stdout
    assert text.endswith(f"\nserved by {url}\n{MODEL}\tNano\t262144\n")
    document = json.loads(run("models", "--base-url", url, "--json").stdout)
    assert document["served"] == [{"id": MODEL, "name": "Nano", "context_length": 262144}]


def test_an_odd_list_is_an_error_of_the_server(run: Run, chat_server: tuple[ScriptedChat, str]) -> None:
    result = run("models", "--base-url", chat_server[1].replace("/v1", "/odd"), "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"error": {"message": "the server's list of models can't be read"}}
