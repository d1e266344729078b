"""``nemotron bench`` before a scripted server."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nemotron_bench.scripted import MODEL, Script, scripted_server
from support.command import COMMAND, Run

QUICK = ("--workload", "smoke", "--requests", "4", "--no-ceiling")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with scripted_server(Script(ttft_ms=10, itl_ms=2, events=8, shape="openrouter")) as found:
        yield f"{found}/api/v1"


@pytest.fixture
def result(run: Run, url: str, tmp_path: Path) -> Path:
    """A run of two loads, three times."""
    out = tmp_path / "run.json"
    done = run("bench", "serve", "--base-url", url, *QUICK, "--concurrency", "1,2", "--repeats", "3",
               "--out", str(out), NEMOTRON_BENCH_KEY="very-secret")  # fmt: skip
    assert done.exit_code == 0, done.output
    return out


def test_serve_writes_one_file_without_the_key(result: Path) -> None:
    text = result.read_text()
    assert "very-secret" not in text
    document = json.loads(text)
    assert (document["schema"], document["kind"], document["complete"]) == (1, "serve", True)
    assert document["server"]["model"] == MODEL
    assert document["server"]["ready"]["status"] == "ready"
    assert document["workload"]["hash"]
    assert [step["arrivals"]["concurrency"] for step in document["steps"]] == [1, 2] * 3
    assert all(len(step["rows"]) == 4 for step in document["steps"])


def test_the_key_is_sent(run: Run, chat_server: Any, tmp_path: Path) -> None:
    scripted, base = chat_server
    run("bench", "serve", "--base-url", base, *QUICK, "--warm-up", "0", "--out", str(tmp_path / "r.json"),
        NEMOTRON_BENCH_KEY="secret")  # fmt: skip
    assert scripted.keys
    assert set(scripted.keys) == {"Bearer secret"}


def test_a_key_for_openrouter_goes_nowhere_else(run: Run, chat_server: Any, tmp_path: Path) -> None:
    scripted, base = chat_server
    run("bench", "serve", "--base-url", base, *QUICK, "--warm-up", "0", "--out", str(tmp_path / "r.json"),
        OPENROUTER_API_KEY="secret")  # fmt: skip
    assert scripted.keys
    assert set(scripted.keys) == {None}


def test_lines_tell_how_it_goes(run: Run, url: str, tmp_path: Path) -> None:
    done = run("bench", "serve", "--base-url", url, *QUICK, "--out", str(tmp_path / "r.json"))
    assert "4 of 4 done, 0 failed" in done.stderr
    row = done.stdout.splitlines()[0].split("\t")
    assert row[:3] == ["1 stream", "4", "0"]
    assert len(row) == 9
    assert f"wrote {tmp_path / 'r.json'}" in done.stdout


def test_json(run: Run, url: str, tmp_path: Path) -> None:
    done = run("bench", "serve", "--base-url", url, *QUICK, "--json", "--out", str(tmp_path / "r.json"),
               "--slo", "ttft=10000", "--rate", "50", "--name", "mine")  # fmt: skip
    document = json.loads(done.stdout)
    step = document["steps"][0]
    assert (document["name"], step["arrivals"]) == ("mine", {"rate_per_s": 50.0})
    assert step["figures"]["goodput_per_s"] > 0
    assert "rows" not in step
    assert document["file"] == str(tmp_path / "r.json")


def test_a_file_is_found_a_name_for(
    run: Run, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert run("bench", "serve", "--base-url", url, *QUICK).exit_code == 0
    assert len(list(tmp_path.glob("*-smoke*.json"))) == 2


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--workload", "nonsense"], "no workload"),
        (["--concurrency", "0"], "concurrency"),
        (["--rate", "x"], "numbers"),
        (["--rate", "1", "--concurrency", "2"], "--rate goes without"),
        (["--slo", "itl=3"], "objective"),
        (["--extra", "[1]"], "JSON object"),
        (["--extra", '{"stream": false}'], "stream"),
        (["--extra", "{"], "no JSON"),
        (["--base-url", "nonsense"], "not a URL"),
        (["--requests", "0"], "--requests"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_refused_before_anything_is_measured(
    run: Run, url: str, tmp_path: Path, flags: list[str], told: str
) -> None:
    out = tmp_path / "r.json"
    done = run("bench", "serve", "--base-url", url, *QUICK, "--out", str(out), *flags)
    assert done.exit_code == 2, done.output
    assert told in " ".join(done.stderr.replace("│", " ").split())
    assert not out.exists()


def test_a_result_is_never_overwritten(run: Run, url: str, tmp_path: Path) -> None:
    out = tmp_path / "r.json"
    out.write_text("kept")
    assert run("bench", "serve", "--base-url", url, *QUICK, "--out", str(out)).exit_code == 2
    assert out.read_text() == "kept"


def test_no_server(run: Run, tmp_path: Path) -> None:
    done = run(
        "bench", "serve", "--base-url", "http://127.0.0.1:9/v1", *QUICK, "--out", str(tmp_path / "r.json")
    )
    assert done.exit_code == 4
    assert "no server" in done.stderr


def test_a_server_that_fails(run: Run, tmp_path: Path) -> None:
    with scripted_server(Script(fault="429")) as url:
        done = run("bench", "serve", "--base-url", f"{url}/v1", *QUICK, "--out", str(tmp_path / "r.json"))
    assert done.exit_code == 1
    assert "http_429" in done.stderr
    assert not (tmp_path / "r.json").exists()


def test_an_interruption_keeps_what_was_measured(tmp_path: Path) -> None:
    out = tmp_path / "r.json"
    with scripted_server(Script(ttft_ms=10, itl_ms=2, events=8)) as url:
        flags = ("--workload", "smoke", "--no-ceiling", "--concurrency", "1,2", "--seconds", "2")
        command = [*COMMAND, "bench", "serve", "--base-url", f"{url}/v1", "--out", str(out), *flags]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            while not process.stderr.readline().startswith("2 streams"):
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
    assert process.returncode == 130
    document = json.loads(out.read_text())
    assert document["complete"] is False
    assert [step["arrivals"]["concurrency"] for step in document["steps"]] == [1]


def test_compare_says_set_up_then_figures(run: Run, result: Path) -> None:
    done = run("bench", "compare", str(result), str(result))
    assert done.exit_code == 0
    assert done.stdout.startswith("Set-up: no difference.")
    assert "\tnoise" in done.stdout
    document = json.loads(run("bench", "compare", str(result), str(result), "--json").stdout)
    assert document["setup"] == []
    assert {one["verdict"] for one in document["figures"]} == {"noise"}


def test_report_draws(run: Run, result: Path, tmp_path: Path) -> None:
    done = run("bench", "report", str(result), "--out", str(tmp_path / "page"))
    assert done.exit_code == 0, done.output
    assert (tmp_path / "page" / "index.html").is_file()
    assert done.stdout.count("wrote ") == 6


@pytest.mark.parametrize("verb", ["report", "compare"])
def test_what_is_no_result_is_refused(run: Run, tmp_path: Path, verb: str) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"kind": "front_door"}')
    done = run("bench", verb, str(path), str(path))
    assert done.exit_code == 2
    assert "nemotron bench serve" in " ".join(done.stderr.replace("│", " ").split())
