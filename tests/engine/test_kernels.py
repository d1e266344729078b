"""How the engine asks for our expert kernels, and what it makes of the answer."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nemotron_runtime.engine import kernels
from nemotron_runtime.engine.vllm import VllmEngine, VllmOptions
from nemotron_runtime.errors import ConfigError

REPLACED = {"mode": "auto", "replaced": 23, "layers": 23, "why": "measured: file", "ranges": [], "notes": []}


def write(report: Path, *ranks: object) -> Path:
    for rank, content in enumerate(ranks):
        text = content if isinstance(content, str) else json.dumps(content)
        report.with_name(f"{report.name}.{rank}").write_text(text)
    return report


def test_workers_hear_it_and_answer_into_a_private_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEMOTRON_KERNELS_REPORT", raising=False)
    monkeypatch.setenv("NEMOTRON_KERNELS", "off")
    with kernels.asked_for("auto") as state:
        assert os.environ["NEMOTRON_KERNELS"] == "auto"
        report = Path(os.environ["NEMOTRON_KERNELS_REPORT"])
        assert report.parent.stat().st_mode & 0o077 == 0
        write(report, REPLACED)
        said = state()
    assert said == REPLACED | {"ranks": 1}
    assert not report.parent.exists()
    assert os.environ["NEMOTRON_KERNELS"] == "off"
    assert "NEMOTRON_KERNELS_REPORT" not in os.environ


def test_all_ranks_are_heard(tmp_path: Path) -> None:
    report = write(tmp_path / "report", REPLACED, REPLACED)
    (tmp_path / "report.1.77.part").write_text("{")
    assert kernels.state("auto", report) == REPLACED | {"ranks": 2}
    differ = kernels.state("auto", write(report, REPLACED, REPLACED | {"replaced": 0}))
    assert differ["why"] == "ranks differ"
    assert [rank["replaced"] for rank in differ["ranks"]] == [23, 0]


def test_nothing_is_read_while_it_is_off(tmp_path: Path) -> None:
    assert kernels.state("off", write(tmp_path / "report", REPLACED)) == {
        "mode": "off",
        "why": "switched off",
    }


def test_no_report_is_said(tmp_path: Path) -> None:
    assert "nothing was reported" in kernels.state("auto", tmp_path / "report")["why"]


@pytest.mark.parametrize("content", ["", "{", "[1]", "[" * 100_000, '"' + " " * (1 << 20) + '"'])
def test_a_bad_report_is_said_not_trusted(tmp_path: Path, content: str) -> None:
    state = kernels.state("on", write(tmp_path / "report", content))
    assert state["mode"] == "on"
    assert state["why"].startswith("the report can't be read: ")
    assert kernels.summary(state) == ""


def test_summary() -> None:
    assert kernels.summary(REPLACED) == "replaced 23 of 23 MoE layers (measured: file)"
    assert kernels.summary({"mode": "off", "why": "switched off"}) == ""
    assert kernels.summary({}) == ""


async def test_on_is_refused_on_a_cpu(tmp_path: Path) -> None:
    engine = VllmEngine(VllmOptions(tmp_path, "cpu", 1024, kernels="on"))
    with pytest.raises(ConfigError, match="--kernels on needs an NVIDIA Hopper GPU"):
        await engine.start()
    assert "NEMOTRON_KERNELS_REPORT" not in os.environ
