"""What ships around the wheel (image, compose file, unit, monitoring): linted, and true to the program."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from typer.main import get_command

from nemotron_runtime.api.metrics import MetricsRecorder
from nemotron_runtime.cli import main
from nemotron_runtime.settings import Settings, variable_of

SCRIPTS = Path(sys.executable).parent
SUFFIXES = ("_bucket", "_total", "_sum", "_count")


def call(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=str(SCRIPTS))
    return found or pytest.skip(f"{name} is not here")


def instructions(repo: Path) -> list[tuple[str, str]]:
    """Of the Dockerfile, comments gone and lines joined."""
    text = re.sub(
        r"^\s*#.*\n", "", (repo / "Dockerfile.cuda").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    lines = text.replace("\\\n", " ").splitlines()
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]


def last(repo: Path, word: str) -> str:
    return [rest for name, rest in instructions(repo) if name == word][-1]


def image_environment(repo: Path) -> dict[str, str]:
    return dict(word.split("=", 1) for word in shlex.split(last(repo, "ENV")))


def parse(words: list[str]) -> None:
    """Lets the command read its own flags, and runs nothing."""
    command: Any = get_command(main)
    command.commands[words[0]].make_context(words[0], words[1:])


@pytest.fixture
def compose(repo: Path) -> dict[str, Any]:
    return dict(yaml.safe_load((repo / "compose.yaml").read_text(encoding="utf-8")))


@pytest.fixture
def unit(repo: Path) -> str:
    return (repo / "configs/systemd/nemotron.service").read_text(encoding="utf-8")


@pytest.fixture
def dashboard(repo: Path) -> dict[str, Any]:
    return dict(json.loads((repo / "configs/grafana/dashboards/nemotron.json").read_bytes()))


def test_the_dockerfile_passes_its_linter(repo: Path) -> None:
    call(tool("hadolint"), "Dockerfile.cuda", cwd=repo)


def test_the_image_is_built_in_stages_from_the_source_distribution(repo: Path) -> None:
    stages = [rest for name, rest in instructions(repo) if name == "FROM"]
    assert len(stages) >= 3
    assert any("python -m build" in rest for name, rest in instructions(repo) if name == "RUN")
    copied = [rest for name, rest in instructions(repo)[-20:] if name == "COPY"]
    assert all(rest.startswith("--from=") for rest in copied[-1:])


def test_the_image_runs_what_the_command_knows_as_nobody_special(repo: Path) -> None:
    entry, words = json.loads(last(repo, "ENTRYPOINT")), json.loads(last(repo, "CMD"))
    assert entry == ["tini", "--", "nemotron"]
    parse(words)
    assert int(last(repo, "USER").split(":")[0]) >= 1000


def test_the_image_is_healthy_when_it_is_ready(repo: Path) -> None:
    check = last(repo, "HEALTHCHECK")
    command = json.loads(check[check.index("[") :])
    assert command[0] == "python"
    compile(command[2], "HEALTHCHECK", "exec")
    port = image_environment(repo)["NEMOTRON_PORT"]
    assert f"'127.0.0.1', {port}" in command[2]
    assert "'/ready'" in command[2]
    assert last(repo, "EXPOSE") == port


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_runs(repo: Path, status: int, code: int) -> None:
    """As the image has it, but for the port."""

    class Ready(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/ready" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Tells nobody."""

    with HTTPServer(("127.0.0.1", 0), Ready) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        check = last(repo, "HEALTHCHECK")
        words = json.loads(check[check.index("[") :])
        script = words[2].replace(image_environment(repo)["NEMOTRON_PORT"], str(server.server_port))
        done = subprocess.run([sys.executable, words[1], script], capture_output=True)
        server.shutdown()
    assert done.returncode == code


def test_what_the_image_keeps_lies_in_its_volumes(repo: Path, compose: dict[str, Any]) -> None:
    volumes = json.loads(last(repo, "VOLUME"))
    environment = image_environment(repo)
    assert environment["HF_HOME"] == "/weights"
    for name in ("XDG_CACHE_HOME", "TRITON_CACHE_DIR", "FLASHINFER_WORKSPACE_BASE", "CUDA_CACHE_PATH"):
        assert environment[name].startswith("/cache")
    mounted = [volume.split(":")[1] for volume in compose["services"]["nemotron"]["volumes"]]
    assert environment["XDG_DATA_HOME"] == "/data"
    assert sorted(mounted) == sorted(volumes) == ["/cache", "/data", "/weights"]


def test_the_image_holds_the_engine_that_the_wheel_demands(repo: Path) -> None:
    (pinned,) = [
        rest for name, rest in instructions(repo) if name == "ARG" and rest.startswith("VLLM_VERSION")
    ]
    project = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["optional-dependencies"]["cuda"] == [f"vllm=={pinned.split('=')[1]}"]


def test_only_what_the_source_distribution_holds_is_sent_to_the_builder(repo: Path) -> None:
    project = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {path.strip("/") for path in project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]}
    lines = (repo / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line[1:] for line in lines if line.startswith("!")} == wanted | {"pyproject.toml"}


def test_every_setting_of_ours_in_the_examples_exists(repo: Path, unit: str) -> None:
    known = {variable_of(name) for name in Settings.model_fields}
    texts = [(repo / "Dockerfile.cuda").read_text(), (repo / "configs/env.example").read_text(), unit]
    assert {name for text in texts for name in re.findall(r"\bNEMOTRON_[A-Z_]+", text)} <= known


def test_the_compose_file_follows_the_specification(repo: Path) -> None:
    call(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "compose.yaml", cwd=repo)


def test_the_compose_file_asks_for_gpus_and_restarts_and_gives_time_to_drain(compose: dict[str, Any]) -> None:
    service = compose["services"]["nemotron"]
    (device,) = service["deploy"]["resources"]["reservations"]["devices"]
    assert device["driver"] == "nvidia"
    assert service["restart"] == "unless-stopped"
    assert int(service["stop_grace_period"].rstrip("s")) > Settings().shutdown_grace_s


def test_what_watches_is_a_profile_by_choice(compose: dict[str, Any]) -> None:
    plain = {name for name, service in compose["services"].items() if "profiles" not in service}
    assert plain == {"nemotron"}


def test_files_that_the_compose_file_mounts_are_there(repo: Path, compose: dict[str, Any]) -> None:
    sources = [
        v.split(":")[0] for service in compose["services"].values() for v in service.get("volumes", [])
    ]
    folders = [source for source in sources if source.startswith(".")]
    assert folders
    assert all((repo / folder).exists() for folder in folders)
    assert set(sources) - set(folders) == set(compose["volumes"])


def test_only_this_machine_reaches_the_published_ports(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_unit_passes_its_linter(repo: Path, unit: str, tmp_path: Path) -> None:
    """With a command in the place of ours, which is not installed here."""
    path = tmp_path / "nemotron.service"
    path.write_text(unit.replace("/opt/nemotron/bin/nemotron", "/bin/true"))
    assert call(tool("systemd-analyze"), "verify", "--man=no", path, cwd=repo) == ""


def test_the_unit_drains_before_it_kills_and_runs_what_the_command_knows(unit: str) -> None:
    lines = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line and line[0] != "#")
    parse(shlex.split(lines["ExecStart"])[1:])
    assert int(lines["TimeoutStopSec"]) > Settings().shutdown_grace_s
    assert (lines["KillSignal"], lines["KillMode"]) == ("SIGTERM", "mixed")


def test_prometheus_takes_its_configuration(repo: Path) -> None:
    call(tool("promtool"), "check", "config", "--syntax-only", "configs/prometheus.yml", cwd=repo)


def test_prometheus_scrapes_the_port_of_the_image(repo: Path) -> None:
    config = yaml.safe_load((repo / "configs/prometheus.yml").read_text(encoding="utf-8"))
    (job,) = config["scrape_configs"]
    assert job["static_configs"] == [{"targets": [f"nemotron:{image_environment(repo)['NEMOTRON_PORT']}"]}]


def queries(dashboard: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]


def exported() -> set[str]:
    """Our own metrics, and the names in vLLM's source; what a scrape adds; the process's own."""
    registry = CollectorRegistry()
    MetricsRecorder(registry)
    ours = {family.name for family in registry.collect()}
    engine = importlib.util.find_spec("vllm")
    assert engine
    assert engine.origin
    text = (Path(engine.origin).parent / "v1/metrics/loggers.py").read_text(encoding="utf-8")
    return ours | set(re.findall(r"vllm:[a-z_]+", text)) | {"up", "process_resident_memory_bytes"}


@pytest.mark.engine
def test_the_dashboard_asks_only_for_metrics_that_are_exported(dashboard: dict[str, Any]) -> None:
    known = exported()
    asked = {name for query in queries(dashboard) for name in re.findall(r"\b(?:vllm:|nemotron_)\w+", query)}
    assert asked
    bare = {name if name in known else re.sub(rf"({'|'.join(SUFFIXES)})$", "", name) for name in asked}
    assert bare <= known


def test_the_dashboard_is_plain_promql(repo: Path, dashboard: dict[str, Any], tmp_path: Path) -> None:
    exprs = [query.replace("$__rate_interval", "1m") for query in queries(dashboard)]
    rules = [{"record": f"rule_{number}", "expr": expr} for number, expr in enumerate(exprs)]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    call(tool("promtool"), "check", "rules", tmp_path / "rules.yml", cwd=repo)


def test_the_dashboard_and_its_source_find_each_other(repo: Path, dashboard: dict[str, Any]) -> None:
    folder = repo / "configs/grafana/provisioning"
    (source,) = yaml.safe_load((folder / "datasources/prometheus.yml").read_text())["datasources"]
    used = {panel["datasource"]["uid"] for panel in dashboard["panels"] if "datasource" in panel}
    assert used == {source["uid"]}
