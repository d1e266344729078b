from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nemotron_bench.arrivals import Poisson
from nemotron_bench.environment import facts
from nemotron_bench.evidence import (
    BadEvidence,
    Evidence,
    as_json,
    gpu_word,
    read,
    result_path,
    write,
    write_once,
)

Make = Callable[..., Any]


@pytest.fixture
def run(make_evidence: Make, make_step: Make, make_row: Make) -> Evidence:
    rows = (make_row(0), make_row(1, error="timeout", end_s=9.25, message="ü"), make_row(2, cancelled=True))
    return make_evidence(make_step(rows), make_step((make_row(),), repeat=1))


def test_what_was_written_is_read(tmp_path: Path, run: Evidence) -> None:
    path = tmp_path / "new" / "run.json"
    write(path, run)
    assert read(path) == run
    assert json.loads(path.read_text()) == json.loads(json.dumps(as_json(run)))
    assert sum('"index":' in line for line in path.read_text().splitlines()) == 4  # a request a line


def test_open_loop_steps_stay_what_they_are(tmp_path: Path, make_evidence: Make, make_step: Make) -> None:
    from dataclasses import replace

    run = make_evidence(replace(make_step(), arrivals=Poisson(2.5)))
    write(tmp_path / "run.json", run)
    assert read(tmp_path / "run.json").steps[0].arrivals == Poisson(2.5)


def test_results_are_never_overwritten(tmp_path: Path, run: Evidence) -> None:
    path = tmp_path / "run.json"
    path.write_text("kept")
    with pytest.raises(BadEvidence, match="never overwritten"):
        write(path, run)
    assert path.read_text() == "kept"


def test_a_folder_that_cant_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadEvidence, match="can't be written"):
        write_once(tmp_path / "file" / "run.json", {"a": 1})


def damaged(document: dict[str, Any], way: str) -> Any:
    row = document["steps"][0]["rows"][0]
    match way:
        case "other schema":
            document["schema"] = 2
        case "other kind":
            document["kind"] = "front_door"
        case "no kind":
            del document["kind"]
        case "missing field":
            del document["server"]
        case "unknown field":
            document["more"] = 1
        case "unknown field of a row":
            row["more"] = 1
        case "unknown field of a figure":
            document["steps"][0]["figures"]["ttft_ms"]["p42"] = 1
        case "missing figure":
            del document["steps"][0]["figures"]["ttft_ms"]
        case "text for a number":
            row["sent_s"] = "1.0"
        case "unknown error":
            row["error"] = "mood"
        case "list":
            return [document]
    return document


@pytest.mark.parametrize(
    "way",
    ["other schema", "other kind", "no kind", "missing field", "unknown field", "unknown field of a row",
     "unknown field of a figure", "missing figure", "text for a number", "unknown error", "list"],
)  # fmt: skip
def test_a_file_of_another_form_is_refused(tmp_path: Path, run: Evidence, way: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(damaged(json.loads(json.dumps(as_json(run))), way)))
    with pytest.raises(BadEvidence, match=r"run\.json"):
        read(path)


@pytest.mark.parametrize("content", ["", "{", "null", "\x00"])
def test_a_file_that_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(content)
    with pytest.raises(BadEvidence):
        read(path)
    with pytest.raises(BadEvidence):
        read(tmp_path / "absent.json")


def test_names(tmp_path: Path) -> None:
    about = {"commit": "abc1234", "gpus": [{"name": "NVIDIA H100 80GB HBM3"}]}
    first = result_path(tmp_path, about, "chat")
    assert first.name.endswith("-h100-80gb-hbm3-abc1234-chat.json")
    first.write_text("")
    assert result_path(tmp_path, about, "chat").name.endswith("-chat-2.json")
    assert gpu_word({"gpus": []}) == "cpu"


def test_facts_of_this_machine_are_json() -> None:
    about = facts()
    assert json.loads(json.dumps(about)) == about
    assert about["machine"]["cores"] >= 1
    assert about["versions"]["nemotron-runtime"]
