"""``nemotron bench versus`` between scripted servers, and what its recipes stand for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from nemotron_bench.scripted import Script, scripted_server
from nemotron_bench.servers import Command
from nemotron_runtime.cli.bench import money, recipes
from nemotron_runtime.cli.bench.recipes import find, vllm_flags
from support.command import Run
from support.server import serve

QUICK = ("--workload", "smoke", "--requests", "2", "--concurrency", "1")


@pytest.fixture(scope="module")
def urls() -> Iterator[tuple[str, str]]:
    slow, fast = Script(ttft_ms=40, itl_ms=10, events=8), Script(ttft_ms=4, itl_ms=1, events=8)
    with scripted_server(slow) as one, scripted_server(fast) as two:
        yield f"{one}/v1", f"{two}/v1"


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def versus(run: Run, *args: str, **environ: str) -> Any:
    return run("bench", "versus", *QUICK, *args, **environ)


def test_ratios_and_one_file(run: Run, urls: tuple[str, str], tmp_path: Path) -> None:
    a, b = urls
    done = versus(run, "--server", a, "--other", b, "--rounds", "3", NEMOTRON_BENCH_KEY="very-secret")
    assert done.exit_code == 0, done.output
    first = done.stdout.splitlines()[0].split("\t")
    assert first[:2] == ["1 stream, 50 tokens in", "output_tokens_per_s"]
    assert float(first[4]) > 2
    assert first[7] == "better"
    assert "B, round 1: 1 stream" in done.stderr
    (file,) = tmp_path.glob("*-versus.json")
    assert "very-secret" not in file.read_text()
    document = json.loads(file.read_text())
    assert [step["side"] for step in document["steps"]] == list("ABABABA")
    assert document["complete"] is True
    assert document["settings"]["extra"] == {}


def test_json_has_no_rows(run: Run, urls: tuple[str, str], tmp_path: Path) -> None:
    out = tmp_path / "v.json"
    args = ("--server", urls[0], "--other", urls[1], "--rounds", "1", "--json", "--end-tokens", "2,5")
    document = json.loads(versus(run, *args, "--out", str(out)).stdout)
    assert document["file"] == str(out)
    assert document["settings"]["extra"] == {"logit_bias": {"2": -100, "5": -100}}
    assert all("rows" not in step for step in document["steps"])
    assert {line["verdict"] for line in document["ratios"]} == {"too few rounds"}
    again = versus(run, *args, "--out", str(out))
    assert again.exit_code == 2
    assert "never overwritten" in again.stderr


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (["--other", "http://127.0.0.1:9/v1"], 1, "no server at http://127.0.0.1:9/v1"),
        (["--other", "no-such-program"], 1, "no-such-program can't be run"),
        (["--other", "a 'b"], 2, "is no command"),
        (["--other", "hosted --model x"], 2, "hosted takes no flags"),
        (["--other", "stock --prot 1"], 2, "flags of `nemotron serve`"),
        (["--other", "stock --model"], 2, "flags of `nemotron serve`"),
        (["--other", "stock --port"], 2, "flags of `nemotron serve`"),
        (["--other", "URL", "--in-turn"], 2, "one is named by URL"),
        (["--other", "URL", "--workload", "sing"], 2, "no workload 'sing'"),
        (["--other", "URL", "--concurrency", "0"], 2, "concurrency is from 1"),
        (["--other", "URL", "--end-tokens", "two"], 2, "not 'two'"),
    ],
)
def test_what_cant_be_run_is_said(
    run: Run, urls: tuple[str, str], args: list[str], code: int, told: str
) -> None:
    done = versus(run, "--server", urls[0], *[urls[1] if word == "URL" else word for word in args])
    assert done.exit_code == code
    assert told in " ".join(done.stderr.replace("│", " ").split())


class TestMoney:
    @pytest.fixture
    def hosted(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
        """An endpoint that has a price, and no chat; gives the paths that were asked for."""
        asked: list[str] = []
        pricing = {"prompt": "0.001", "completion": "0.01"}
        entry = {"id": recipes.SLUG, "pricing": pricing}

        def models(request: Any) -> JSONResponse:
            asked.append("models")
            return JSONResponse({"data": [entry]})

        def chat(request: Any) -> JSONResponse:
            asked.append("chat")
            return JSONResponse({"error": {"message": "no"}}, 500)

        routes = [Route("/v1/models", models), Route("/v1/chat/completions", chat, methods=["POST"])]
        with serve(Starlette(routes=routes)) as origin:
            for module in (money, recipes):
                monkeypatch.setattr(module, "HOSTED", f"{origin}/v1")
            yield asked

    def test_the_money_comes_first(self, run: Run, urls: tuple[str, str], hosted: list[str]) -> None:
        args = ("--server", urls[0], "--other", "hosted", "--rounds", "3")
        done = versus(run, *args, NEMOTRON_BENCH_KEY="k")
        assert done.exit_code == 1
        # 3 turns of 2 requests and one to warm up: 50 words in, 64 tokens out
        assert f"7 requests at each length, in 3 turns; at most about ${7 * (0.1 + 0.64):.2f}" in done.stderr
        assert "agree with --yes" in done.stderr
        assert "chat" not in hosted
        versus(run, *args, "--yes", NEMOTRON_BENCH_KEY="k")
        assert "chat" in hosted

    def test_without_a_bound_or_a_key_nothing_is_sent(
        self, run: Run, urls: tuple[str, str], hosted: list[str]
    ) -> None:
        args = ("bench", "versus", "--server", urls[0], "--other", "hosted", "--yes")
        assert "--requests" in run(*args, NEMOTRON_BENCH_KEY="k").stderr
        assert "OPENROUTER_API_KEY" in run(*args, "--requests", "1").stderr
        assert hosted == []


class TestRecipes:
    def test_ours_is_this_command(self) -> None:
        found = find("ours --kernels off")
        assert isinstance(found.where, Command)
        assert found.where.words[-3:] == ("serve", "--kernels", "off")
        assert found.where.environ == {"NEMOTRON_STORE": "off"}

    def test_stock_has_the_settings_that_ours_would_have(self) -> None:
        found = find("stock --max-sequences 8 --context-tokens=4096").where
        assert isinstance(found, Command)
        words = list(found.words)
        for flag, value in {
            "--max-num-seqs": "8",
            "--max-model-len": "4096",
            "--dtype": "bfloat16",
            "--served-model-name": "nemotron-runtime/embedded-demo",
            "--reasoning-parser": "nemotron_v3",
        }.items():
            assert words[words.index(flag) + 1] == value
        assert "--enable-prefix-caching" in words
        assert found.environ["NEMOTRON_KERNELS"] == "off"

    def test_fields_become_flags(self) -> None:
        fields = {"a_b": 1, "yes": True, "no": False, "disable_x": False, "none": None, "map": {"k": [1]}}
        assert vllm_flags(fields) == ["--a-b", "1", "--yes", "--no-no", "--map", '{"k": [1]}']

    def test_answers_have_their_full_length_between_ours_and_stock(self) -> None:
        assert find("ours").end_tokens == find("stock").end_tokens == (2, 11)
        assert find("llama-server -m x.gguf").end_tokens == find("hosted").end_tokens == ()

    def test_a_dry_run_shows_both_commands(self, run: Run) -> None:
        done = versus(run, "--server", "stock", "--other", "http://h:1/v1", "--dry-run")
        a, b = done.stdout.splitlines()
        assert a.startswith("A  NEMOTRON_KERNELS=off ")
        assert a.endswith("--port 8000")
        assert b == "B  http://h:1/v1"


@pytest.mark.engine
def test_ours_and_vllms_own_server_do_the_same_work(run: Run, live: str, tmp_path: Path) -> None:
    """Texts of one workload come to the same prompts and full answers on both."""
    args = ("--server", f"{live}/api/v1", "--other", "stock", "--rounds", "1", "--end-tokens", "2,11")
    done = versus(run, *args, "--out", str(tmp_path / "v.json"))
    assert done.exit_code == 0, done.output
    document = json.loads((tmp_path / "v.json").read_text())
    assert {line["verdict"] for line in document["ratios"]} == {"too few rounds"}
    assert not [line for line in document["warnings"] if "client may" not in line]
    tokens = {(row["output_tokens"], row["finish"]) for step in document["steps"] for row in step["rows"]}
    assert tokens == {(64, "length")}
    assert document["servers"]["B"]["report"]["version"]["version"].startswith("0.32")
