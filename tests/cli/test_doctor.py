from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from nemotron_runtime.doctor.facts import Facts
from nemotron_runtime.doctor.finding import Finding, ok, warning, wrong
from support.command import Run


@pytest.fixture
def findings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts findings into the doctor's mouth."""

    def put(*found: Finding) -> None:
        monkeypatch.setattr("nemotron_runtime.doctor.probe.gather.gather", lambda *_: Facts())
        verb = sys.modules["nemotron_runtime.cli.doctor"]  # in the package, the function has its name
        monkeypatch.setattr(verb, "examine", lambda _: found)

    return put


@pytest.mark.parametrize(
    ("found", "code", "last"),
    [
        ([ok("a", "fine")], 0, "All is well."),
        ([ok("a", "fine"), warning("b", "slow", "Do x.")], 0, "1 warning"),
        ([wrong("a", "broken", "Do y."), warning("b", "slow", "Do x.")], 3, "1 wrong, 1 warning"),
    ],
)
def test_the_exit_code_tells(
    run: Run, findings: Callable[..., None], found: list[Finding], code: int, last: str
) -> None:
    findings(*found)
    result = run("doctor")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (code, last)


def test_each_finding_has_its_line_and_its_advice_the_next(run: Run, findings: Callable[..., None]) -> None:
    findings(ok("a", "fine"), wrong("b", "bro\x1b[2Jken", "Do y."))
    lines = run("doctor").stdout.splitlines()
    assert lines[0].split() == ["ok", "a", "fine"]
    assert lines[1].split() == ["wrong", "b", "bro\N{REPLACEMENT CHARACTER}[2Jken"]
    assert lines[2].strip() == "Do y."


def test_json_has_all(run: Run, findings: Callable[..., None]) -> None:
    findings(ok("a", "fine"), warning("b", "slow", "Do x."))
    document = json.loads(run("doctor", "--json").stdout)
    assert document == {
        "state": "warning",
        "findings": [
            {"name": "a", "state": "ok", "seen": "fine", "advice": ""},
            {"name": "b", "state": "warning", "seen": "slow", "advice": "Do x."},
        ],
    }


def document(run: Run, *args: str, **env: str) -> dict[str, dict[str, Any]]:
    result = run("doctor", "--json", *args, **env)
    found = json.loads(result.stdout)
    assert (result.exit_code == 3) == (found["state"] == "wrong")
    return {finding["name"]: finding for finding in found["findings"]}


def test_this_machine_is_looked_at(run: Run) -> None:
    found = document(run, "--port", "0")
    assert set(found) >= {
        *("driver", "vllm", "settings", "environment", "weights", "disk", "caches", "port"),
        *("ulimits", "shared memory", "clock"),
    }
    assert found["settings"]["state"] == found["port"]["state"] == "ok"


def test_faults_of_the_environment_are_found(run: Run, tmp_path: Any) -> None:
    (tmp_path / "torch").mkdir()
    found = document(
        run,
        "--host=192.0.2.1",
        VLLM_PLUGINS="other",
        VLLM_PORT="tcp://10.0.0.1:80",
        PYTHONPATH=str(tmp_path),
        NEMOTRON_API_KEYS="k",
        NEMOTRON_MODEL="/no/such/model",
    )
    assert (
        found["environment"]["state"] == found["pythonpath"]["state"] == found["weights"]["state"] == "wrong"
    )
    assert found["port"]["seen"] == "192.0.2.1 is not an address of this machine"


def test_a_wrong_setting_is_a_finding_and_shows_no_key(run: Run) -> None:
    found = document(run, NEMOTRON_PROT="9000", NEMOTRON_API_KEYS="se cret")
    assert re.search("NEMOTRON_PROT.*nearest: NEMOTRON_PORT", found["settings"]["seen"])
    assert "cret" not in json.dumps(found)
