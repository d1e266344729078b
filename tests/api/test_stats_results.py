"""Results of benchmarks as /stats shows them, and the figures of the hosted endpoint."""

from __future__ import annotations

import json
from pathlib import Path

from nemotron_runtime.api.stats.reference import reference
from nemotron_runtime.api.stats.results import found_in


def write(folder: Path, name: str, content: object) -> None:
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))


def test_results_of_a_folder(tmp_path):
    ours = {"streams": 64, "ours": {"tokens_a_second": 60823.0, "of_asyncllm": 0.951}, "other": {"x": 1}}
    write(
        tmp_path, "2026-11-30-h100-7997936-door.json", {"what": "the_api", "summary": [{"streams": 1}, ours]}
    )
    write(tmp_path, "2026-11-29-cpu-26e55df-front-door.json", {"schema": 1})
    for name in ("2026-11-30-cpu-26e55df-cut.json", "notes.json"):
        write(tmp_path, name, "{")
    write(tmp_path, "2026-11-28-cpu-26e55df-list.json", [1])
    newest, older, oldest = found_in(tmp_path)
    assert newest == {
        "file": "2026-11-30-h100-7997936-door.json",
        "what": "door",
        "date": "2026-11-30",
        "gpu": "h100",
        "commit": "7997936",
        "summary": "the api; streams 64, tokens a second 60823, of asyncllm 0.951",
    }
    assert (older["what"], older["gpu"], older["summary"]) == ("front door", None, "")
    assert oldest["summary"] == ""


def test_no_folder_no_results(tmp_path):
    assert found_in(tmp_path / "nothing") == []


def test_hosted_figures_have_a_source_and_a_date():
    hosted = reference()
    assert hosted["source"]
    assert hosted["date"] == "2026-11-23"
    assert hosted["figures"]["context_tokens"] == 262144
