from __future__ import annotations

import json
import os
import re
from pathlib import Path

from nemotron_runtime.settings import Settings
from support.command import Run

SECRET = "sk-very-secret"


def test_show_has_each_value_with_where_it_came_from(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text('log_level = "error"\n')
    result = run("config", "show", "--port", "9", "--config", str(file), NEMOTRON_MAX_QUEUE="7")
    assert result.exit_code == 0
    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in result.stdout.splitlines()}
    assert rows.keys() == Settings.model_fields.keys()
    assert rows["port"] == ["9", "flag --port"]
    assert rows["max_queue"] == ["7", "environment NEMOTRON_MAX_QUEUE"]
    assert rows["log_level"] == ['"error"', f"file {file}: log_level"]
    assert rows["host"] == ['"127.0.0.1"', "default"]


def test_show_json_is_one_document(run: Run) -> None:
    result = run("config", "show", "--json", "--cors", "https://a.example", "--cors", "https://b.example")
    document = json.loads(result.stdout)
    assert document.keys() == Settings.model_fields.keys()
    assert document["cors_origins"] == {
        "value": ["https://a.example", "https://b.example"],
        "from": "flag",
        "where": "--cors",
    }
    assert document["enforce_eager"] == {"value": "auto", "from": "default", "where": ""}


def test_show_counts_keys_and_hides_them(run: Run) -> None:
    for args in (["config", "show"], ["config", "show", "--json"], ["config", "show", "--port", "x"]):
        result = run(*args, NEMOTRON_API_KEYS=f"{SECRET},{SECRET}2")
        assert SECRET not in result.output
        assert "2 set" in result.output or result.exit_code == 3


def test_the_users_file_is_found(run: Run) -> None:
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "nemotron"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("port = 77\n")
    assert json.loads(run("config", "show", "--json").stdout)["port"]["value"] == 77


def test_switches_can_be_turned_off_again(run: Run) -> None:
    result = run("config", "show", "--json", "--no-insecure", NEMOTRON_INSECURE="1")
    assert json.loads(result.stdout)["insecure"] == {"value": False, "from": "flag", "where": "--insecure"}


def test_the_sample_holds_every_setting_with_its_default(run: Run, tmp_path: Path) -> None:
    sample = run("config", "sample").stdout
    assert re.search("^[^#\n]", sample, re.M) is None
    file = tmp_path / "all.toml"
    file.write_text(re.sub(r"^# ([a-z_]+ = )", r"\1", sample, flags=re.M))
    document = json.loads(run("config", "show", "--json", "--config", str(file)).stdout)
    assert {name: row["value"] for name, row in document.items()} == {
        name: row["value"] for name, row in json.loads(run("config", "show", "--json").stdout).items()
    }
    assert {row["from"] for row in document.values()} == {"file"}


def test_a_wrong_setting_ends_with_a_message_and_code_3(run: Run) -> None:
    result = run("config", "show", NEMOTRON_PROT="1")
    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr == "error: unknown variable NEMOTRON_PROT (nearest: NEMOTRON_PORT)\n"
