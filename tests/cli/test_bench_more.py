"""``nemotron bench quality``, ``startup`` and ``kernels``."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from nemotron_bench.quality.short_tasks import short_tasks
from support.command import Run
from support.server import serve
from support.starter import PROGRAM

ALL = ("--count", "2", "--lengths", "40", "--long-count", "2")


@contextmanager
def saying(text: str) -> Iterator[str]:
    """A server that says one thing to everything."""

    async def chat(request: Request) -> JSONResponse:
        body = await request.json()
        assert (body["temperature"], body["model"]) == (0, "a/model")
        message = {"role": "assistant", "content": text}
        return JSONResponse({"choices": [{"finish_reason": "stop", "message": message}]})

    models = Route("/v1/models", lambda _: JSONResponse({"data": [{"id": "a/model"}]}))
    with serve(Starlette(routes=[models, Route("/v1/chat/completions", chat, methods=["POST"])])) as origin:
        yield f"{origin}/v1"


def quality(run: Run, tmp_path: Path, *args: str) -> Any:
    return run("bench", "quality", *args, "--out", str(tmp_path / "q.json"))


def test_scores_have_n_and_their_interval(run: Run, tmp_path: Path) -> None:
    with saying("Good morning!") as url:
        done = quality(run, tmp_path, "--server", url, *ALL)
    assert done.exit_code == 0, done.output
    rows = dict(line.split("\t", 1) for line in done.stdout.splitlines() if "\t" in line)
    assert rows["no call"] == "2\t100% (34% to 100%)"
    assert rows["arithmetic"] == "2\t0% (0% to 66%)"
    assert {"needle 40", "multi-hop 40"} <= rows.keys()
    assert "14 of 14" in done.stderr
    document = json.loads((tmp_path / "q.json").read_text())
    assert (document["kind"], len(document["wrong"][0])) == ("quality", 12)
    assert document["agreement"] == {}
    assert document["servers"][0]["model"] == "a/model"


def test_two_servers_are_held_against_each_other(run: Run, tmp_path: Path) -> None:
    with saying("Good morning!") as one, saying("Good evening!") as two:
        done = quality(run, tmp_path, "--server", one, "--other", two, *ALL, "--json")
        table = run(
            "bench", "quality", "--server", one, "--other", two, *ALL, "--out", str(tmp_path / "t.json")
        )
    found = json.loads(done.stdout)["agreement"]
    assert (found["itself"]["share"], found["between"]["share"], found["between"]["asked"]) == (1.0, 0.0, 14)
    assert "A with itself: 14 of 14, 100.0%" in table.stdout
    assert "A with B: 0 of 14, 0.0%" in table.stdout
    assert "from character 6: 'morning!\\n', 'evening!\\n'" in table.stdout


def test_bfcls_tasks_are_asked_too(run: Run, tmp_path: Path) -> None:
    function = {"name": "f", "parameters": {"type": "dict", "properties": {}}}
    question = {"id": "x", "question": [[{"role": "user", "content": "?"}]], "function": [function]}
    (tmp_path / "BFCL_v4_irrelevance.json").write_text(f"{json.dumps(question)}\n" * 3)
    args = ("--count", "0", "--lengths", "none", "--bfcl", str(tmp_path), "--categories", "irrelevance")
    with saying("No.") as url:
        done = quality(run, tmp_path, "--server", url, *args, "--bfcl-count", "2")
    assert done.stdout.splitlines()[0] == "BFCL irrelevance\t2\t100% (34% to 100%)"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--count", "0", "--lengths", "none"], "nothing to ask"),
        (["--lengths", "5"], "words from 10"),
        (["--lengths", "long"], "words from 10"),
        (["--bfcl", "nowhere"], "folder `data` of bfcl-eval"),
        (["--bfcl", "nowhere", "--categories", "sing"], "no category 'sing'"),
    ],
)
def test_what_cant_be_asked_is_said(run: Run, tmp_path: Path, args: list[str], told: str) -> None:
    done = quality(run, tmp_path, "--server", "http://127.0.0.1:9/v1", *args)
    assert done.exit_code == 2
    assert told in " ".join(done.stderr.replace("│", " ").split())


def test_a_server_that_is_not_there(run: Run, tmp_path: Path) -> None:
    done = quality(run, tmp_path, "--server", "http://127.0.0.1:9/v1")
    assert done.exit_code == 1
    assert "no server at" in done.stderr


def test_startup_tells_phases_and_writes_one_file(run: Run, tmp_path: Path) -> None:
    program = shlex.join([sys.executable, "-c", PROGRAM])
    out = tmp_path / "s.json"
    done = run("bench", "startup", "--server", program, "--out", str(out))
    assert done.exit_code == 0, done.output
    rows = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
    assert rows[:2] == [["load", "1.0", "1.0"], ["compile", "2.5", "0.0"]]
    assert rows[2][0] == "ready"
    document = json.loads(out.read_text())
    assert (document["kind"], document["plan"]) == ("startup", None)


def test_startup_needs_something_to_start(run: Run) -> None:
    done = run("bench", "startup", "--server", "http://127.0.0.1:9/v1")
    assert done.exit_code == 2
    assert "can't be started" in done.stderr


def test_kernels_need_a_card(run: Run) -> None:
    done = run("bench", "kernels", "--tokens", "1,8")
    assert done.exit_code == 3
    assert "no NVIDIA GPU is usable here" in done.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["--tokens", "one"],
        ["--tokens", "0"],
        ["--tokens", "9000"],
        ["--model", "x"],
        ["--whole-model", "--tokens", "1"],
    ],
)
def test_kernels_refuse_what_they_would_ignore(run: Run, args: list[str]) -> None:
    assert run("bench", "kernels", *args).exit_code == 2


@pytest.mark.engine
def test_the_embedded_model_is_asked_twice_and_agrees_with_itself(
    run: Run, live: str, tmp_path: Path
) -> None:
    url = f"{live}/api/v1"
    args = ("--count", "2", "--lengths", "none", "--max-tokens", "64", "--concurrency", "1")
    done = quality(run, tmp_path, "--server", url, "--other", url, *args, "--json")
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["agreement"]["itself"]["share"] == document["agreement"]["between"]["share"] == 1.0
    assert [one["asked"] for one in document["scores"][0]] == [2] * 5
    assert len(list(short_tasks(2, 0))) == document["settings"]["tasks"]
