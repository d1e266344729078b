"""A run as a file: written once, read strictly."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import orjson
from pydantic import TypeAdapter, ValidationError

from nemotron_bench.arrivals import Arrivals
from nemotron_bench.limits import Limits
from nemotron_bench.metrics import Figures
from nemotron_bench.record import Row

SCHEMA: Final = 1
MAX_FILE_BYTES = 1 << 30


class BadEvidence(ValueError):
    """A file that is no result of this schema, or can't be written."""


@dataclass(frozen=True, slots=True)
class Step:
    """One load on one workload.

    Attributes:
        input_tokens: Of the workload's prompts, about; None where a file is replayed.
        repeat: From 0; steps that are alike but for this are repeats of each other.
        warm_up: Requests before it, of which nothing is kept.
        began_unix_s: Wall clock.
    """

    arrivals: Arrivals
    input_tokens: int | None
    repeat: int
    warm_up: int
    began_unix_s: float
    figures: Figures
    limits: Limits
    rows: tuple[Row, ...]

    @property
    def label(self) -> str:
        """What is asked of the server in it; equal for repeats."""
        length = "" if self.input_tokens is None else f", {self.input_tokens} tokens in"
        return f"{self.arrivals}{length}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A workload as evidence has it.

    Attributes:
        hash: By :func:`nemotron_bench.workloads.fingerprint`.
    """

    name: str
    about: str
    hash: str
    seed: int
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A run of ``nemotron bench serve``.

    Attributes:
        time: UTC.
        complete: Every step that was ordered is there.
        command: Words of the command line.
        facts: Of the client's machine, by :func:`nemotron_bench.environment.facts`.
        server: What it says of itself, by :func:`nemotron_bench.target.report`, and the model asked for.
        gpus: Of the server, as the command line says.
        settings: Of the run: bounds, objectives, fields added to each request.
    """

    name: str
    time: str
    complete: bool
    command: tuple[str, ...]
    facts: dict[str, Any]
    server: dict[str, Any]
    workload: Asked
    gpus: int
    settings: dict[str, Any]
    steps: tuple[Step, ...]
    schema: Literal[1] = SCHEMA
    kind: Literal["serve"] = "serve"


_ADAPTER = TypeAdapter(Evidence)


def now() -> str:
    """The time as evidence has it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def result_path(folder: Path, facts: Mapping[str, Any], name: str, *, local: bool = True) -> Path:
    """A free path, ``<date>-<gpu>-<commit>-<name>.json``.

    Args:
        local: The server is on this machine; else ``remote`` stands for its GPU.
    """
    gpu, commit = gpu_word(facts) if local else "remote", facts.get("commit") or "installed"
    stem = f"{time.strftime('%Y-%m-%d')}-{gpu}-{commit}-{name}"
    paths = (folder / f"{stem}{f'-{count}' if count > 1 else ''}.json" for count in range(1, 1000))
    return next(path for path in paths if not path.exists())


def gpu_word(facts: Mapping[str, Any]) -> str:
    """The first card's name as part of a file name; ``cpu`` where there is none."""
    cards = facts.get("gpus") or []
    if not cards:
        return "cpu"
    words = re.findall(r"[a-z0-9]+", str(cards[0].get("name", "")).lower().removeprefix("nvidia "))
    return "-".join(words) or "gpu"


def as_json(evidence: Evidence) -> dict[str, Any]:
    """As it stands in the file."""
    document: dict[str, Any] = _ADAPTER.dump_python(evidence, mode="json")
    return document


def write(path: Path, evidence: Evidence) -> None:
    """Writes a run; see :func:`write_once`."""
    write_once(path, as_json(evidence))


def write_once(path: Path, document: Mapping[str, Any]) -> None:
    """Writes a result, a request a line. What is there already stays.

    Raises:
        BadEvidence: there is a file, or it can't be written.
    """
    if path.exists():
        raise BadEvidence(f"{path} exists, and results are never overwritten: name another file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.writelines(_lines(document))
    except OSError as fault:
        raise BadEvidence(f"{path} can't be written: {fault.strerror}") from fault


def read(path: Path) -> Evidence:
    """Reads a run.

    Raises:
        BadEvidence: it isn't there, or is no run of this schema, or has anything that this schema hasn't.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadEvidence(f"{path} has more than {MAX_FILE_BYTES >> 20} MiB")
        document = orjson.loads(path.read_bytes())
    except OSError as fault:
        raise BadEvidence(f"{path}: {fault.strerror}") from fault
    except orjson.JSONDecodeError as fault:
        raise BadEvidence(f"{path} is no JSON: {fault}") from fault
    if not isinstance(document, dict) or document.get("kind") != "serve":
        raise BadEvidence(f"{path} is no result of `nemotron bench serve`")
    if document.get("schema") != SCHEMA:
        raise BadEvidence(f"{path} has schema {document.get('schema')!r}, this program reads {SCHEMA}")
    try:
        evidence = _ADAPTER.validate_python(document)
    except ValidationError as fault:
        first = fault.errors()[0]
        raise BadEvidence(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from fault
    if as_json(evidence) != document:
        raise BadEvidence(f"{path} has fields or values that no run writes")
    return evidence


def _lines(document: Mapping[str, Any]) -> Iterator[bytes]:
    yield b"{\n"
    for place, (key, value) in enumerate(document.items()):
        comma = b",\n" if place < len(document) - 1 else b"\n"
        if key == "steps":
            yield b' "steps": [\n'
            for number, step in enumerate(value):
                yield from _step_lines(step, last=number == len(value) - 1)
            yield b" ]" + comma
        else:
            yield b" " + orjson.dumps(key) + b": " + orjson.dumps(value) + comma
    yield b"}\n"


def _step_lines(step: Mapping[str, Any], *, last: bool) -> Iterator[bytes]:
    """All but the rows on one line, then the rows."""
    rest = {key: value for key, value in step.items() if key != "rows"}
    yield b"  " + orjson.dumps(rest)[:-1] + b', "rows": [\n'
    rows = [b"   " + orjson.dumps(row) for row in step["rows"]]
    yield b",\n".join(rows)
    yield b"\n  ]}" + (b"\n" if last else b",\n")
