"""``nemotron tune``: what it would do, what it refuses, what it shows, and how it is undone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nemotron_kernels.choice import default_choice
from nemotron_kernels.dispatch import Range
from nemotron_kernels.geometry import NANO, NANO_TP2
from nemotron_kernels.tune import card, files, session
from nemotron_kernels.tune.climb import Outcome, Row, Tell
from nemotron_kernels.tune.clock import judge
from nemotron_kernels.tune.end_to_end import EndToEnd
from nemotron_kernels.tune.ladder import LADDER
from nemotron_kernels.tune.search import Verdict
from nemotron_kernels.tune.session import Order, Result
from nemotron_kernels.tune.stock import NoStock
from nemotron_runtime.engine.tuned import tuned_folder, user_folder
from support.command import Run

GAIN = judge([([120.0], [100.0], [120.0])])
ROW = Row(1, "ours", Verdict(0, "vector 1x8x256", 1e-3, 2e-3, {"uniform": GAIN}, {}), {"uniform": 6.0})


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """A card on which our kernels win; gives the orders."""
    orders: list[Order] = []

    def tune(order: Order, tell: Tell) -> Result:
        orders.append(order)
        tell.step(1, "vector")
        tell.row(ROW)
        found = Range(1, 1, default_choice(NANO, 1, 2), 1.2)
        receipt = files.write(order.folder, {"nemotron.json": {}}, {})
        ends = EndToEnd({1: GAIN}) if order.load else None
        return Result(Outcome((), {}, (ROW,)), (found,), False, ends, receipt, {"layers": 20})

    monkeypatch.setattr(session, "tune", tune)
    monkeypatch.setattr(card, "require_card", lambda: "NVIDIA H100 80GB HBM3")
    return orders


def test_without_a_gpu_it_says_what_to_do(run: Run) -> None:
    result = run("tune")
    assert result.exit_code == 3
    assert "no NVIDIA GPU is usable here" in result.stderr
    assert "nemotron doctor" in result.stderr
    assert not user_folder().exists()


def test_a_dry_run_lists_every_rung_and_writes_nothing(run: Run) -> None:
    result = run("tune", "--dry-run", "--json")
    document = json.loads(result.stdout)
    assert list(document["candidates"]) == [str(tokens) for tokens in LADDER]
    assert document["estimated_minutes"] > 0
    assert document["folder"] == str(user_folder())
    assert not user_folder().exists()
    assert "by a rule of thumb" in run("tune", "--dry-run").stdout


def test_quick_and_fewer_rungs_are_less(run: Run) -> None:
    def minutes(*flags: str) -> int:
        return int(json.loads(run("tune", "--dry-run", "--json", *flags).stdout)["estimated_minutes"])

    assert minutes("--quick") < minutes()
    assert minutes("--tokens", "1,8") < minutes()
    assert minutes("--no-end-to-end") < minutes()


@pytest.mark.parametrize("tokens", ["", "a", "0", "1,,2", "-1", "8193", "1.5"])
def test_tokens_that_are_none_are_refused(run: Run, tokens: str) -> None:
    result = run("tune", f"--tokens={tokens}", "--dry-run")
    assert (result.exit_code, "--tokens" in result.stderr) == (2, True)


def test_the_gains_are_shown_and_the_files_named(run: Run, measured: list[Order]) -> None:
    result = run("tune", "--no-end-to-end")
    assert result.exit_code == 0, result.stderr
    assert "1\tours\tvector 1x8x256\t1.200\t0.5 %\tyes" in result.stdout
    assert f"wrote {user_folder() / 'nemotron.json'}" in result.stdout
    assert "To undo: nemotron tune --undo" in result.stdout
    assert "1 tokens, ours" in result.stderr
    assert "min left" in result.stderr
    assert measured[0].load is None
    assert tuned_folder() == user_folder()  # the engine finds it


def test_json_is_one_document(run: Run, measured: list[Order], tmp_path: Path) -> None:
    document = json.loads(run("tune", "--no-end-to-end", "--json", "--folder", str(tmp_path / "here")).stdout)
    assert document["rows"][0]["compared"]["uniform"]["stock_us"] == [6.0, 6.0, 6.0]
    assert document["ranges"][0]["tokens"] == [1, 1]
    assert document["written"] == ["nemotron.json"]
    assert (tmp_path / "here" / "nemotron.json").is_file()


def test_flags_reach_the_measurement(run: Run, measured: list[Order], tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    flags = (
        "--dtype",
        "fp8",
        "--tensor-parallel",
        "2",
        "--tokens",
        "8,1",
        "--quick",
        "--model",
        str(tmp_path),
    )
    result = run("tune", *flags)
    assert result.exit_code == 0, result.stderr
    order = measured[0]
    assert (order.geometry, order.dtype, order.plan.tokens, order.plan.quick) == (
        NANO_TP2,
        "fp8",
        (1, 8),
        True,
    )
    assert order.load
    assert order.load.engine["model"] == str(tmp_path)
    assert order.load.engine["load_format"] == "auto"
    assert order.load.engine["tensor_parallel_size"] == 2
    assert "end to end, 1 streams: 1.200" in result.stdout


def test_a_model_that_is_none_is_refused(run: Run, measured: list[Order], tmp_path: Path) -> None:
    result = run("tune", "--model", str(tmp_path / "nothing"))
    assert (result.exit_code, "holds no config.json" in result.stderr) == (3, True)
    assert not measured


def test_what_stands_in_the_way_is_said(
    run: Run, measured: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    def tune(order: Order, tell: Tell) -> Result:
        raise NoStock("vLLM is not installed here")

    monkeypatch.setattr(session, "tune", tune)
    result = run("tune", "--no-end-to-end")
    assert (result.exit_code, "vLLM is not installed here." in result.stderr) == (3, True)


def test_undo_takes_the_last_files_back(run: Run, measured: list[Order]) -> None:
    run("tune", "--no-end-to-end")
    result = run("tune", "--undo")
    assert result.exit_code == 0
    assert "removed" in result.stdout
    assert not list(user_folder().glob("*.json"))
    assert tuned_folder() != user_folder()
    again = run("tune", "--undo")
    assert (again.exit_code, "nothing was written" in again.stderr) == (3, True)


@pytest.mark.parametrize(
    "flags",
    [("--undo", "--quick"), ("--undo", "--tokens", "1"), ("--model", ".", "--no-end-to-end")],
    ids=" ".join,
)
def test_flags_that_would_be_ignored_are_refused(run: Run, flags: tuple[str, ...]) -> None:
    assert run("tune", *flags).exit_code == 2


def test_undo_as_json(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("1")
    files.write(tmp_path, {"a.json": 2, "b.json": 3}, {})
    document = json.loads(run("tune", "--undo", "--json", "--folder", str(tmp_path)).stdout)
    assert (document["restored"], document["removed"]) == (["a.json"], ["b.json"])
