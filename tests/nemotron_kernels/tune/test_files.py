"""What is written can be taken back, and nobody's work is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from nemotron_kernels.tune import files
from nemotron_kernels.tune.files import CannotUndo, undo, write

FIRST: dict[str, Any] = {"E=128.json": {"1": {"BLOCK_SIZE_M": 16}}, "nemotron.json": {"schema": 1}}


def contents(folder: Path) -> dict[str, Any]:
    return {path.name: json.loads(path.read_bytes()) for path in folder.glob("*.json")}


def test_documents_are_written_whole_with_a_receipt(tmp_path: Path) -> None:
    receipt = write(tmp_path / "moe", FIRST, {"gpu": "a card"})
    assert contents(tmp_path / "moe") == FIRST
    assert set(receipt.written) == set(FIRST)
    assert json.loads((receipt.folder / "receipt.json").read_bytes())["facts"] == {"gpu": "a card"}
    assert not list(tmp_path.rglob("*.draft"))


def test_undo_removes_what_was_new_and_brings_back_what_was_there(tmp_path: Path) -> None:
    own = {"E=128.json": {"2": "the user's own"}}
    (tmp_path / "E=128.json").write_text(json.dumps(own["E=128.json"]))
    write(tmp_path, FIRST, {})
    assert contents(tmp_path) == FIRST
    assert undo(tmp_path).facts == {}
    assert contents(tmp_path) == own


def test_writes_are_undone_one_by_one_the_newest_first(tmp_path: Path) -> None:
    second = {**FIRST, "nemotron.json": {"schema": 2}}
    write(tmp_path, FIRST, {"n": 1})
    write(tmp_path, second, {"n": 2})
    assert undo(tmp_path).facts == {"n": 2}
    assert contents(tmp_path) == FIRST
    assert undo(tmp_path).facts == {"n": 1}
    assert contents(tmp_path) == {}
    with pytest.raises(CannotUndo, match="nothing was written"):
        undo(tmp_path)


def test_a_file_that_was_changed_since_is_not_thrown_away(tmp_path: Path) -> None:
    write(tmp_path, FIRST, {})
    (tmp_path / "nemotron.json").write_text("by hand")
    with pytest.raises(CannotUndo, match="changed since: move it away"):
        undo(tmp_path)
    assert (tmp_path / "E=128.json").is_file()  # nothing was begun
    (tmp_path / "nemotron.json").unlink()
    undo(tmp_path)
    assert contents(tmp_path) == {}


def test_an_interrupted_write_can_be_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nemotron.json").write_text("{}")
    put = files._put

    def fail(path: Path, content: bytes) -> None:
        if path.name == "nemotron.json":
            raise OSError("no space left on device")
        put(path, content)

    monkeypatch.setattr(files, "_put", fail)
    with pytest.raises(OSError, match="no space"):
        write(tmp_path, FIRST, {})
    monkeypatch.setattr(files, "_put", put)
    undo(tmp_path)
    assert contents(tmp_path) == {"nemotron.json": {}}


@pytest.mark.parametrize("name", ["../evil.json", "a/b.json", "/etc/x.json", "plain.txt", "receipt.json", ""])
def test_only_plain_names_are_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="plain name"):
        write(tmp_path, {name: {}}, {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "receipt",
    [
        "",
        "[]",
        "{}",
        '{"written": [], "replaced": [], "facts": {}}',
        '{"written": {"../../a.json": "0"}, "replaced": [], "facts": {}}',
        '{"written": {"a.json": "0"}, "replaced": ["a.json"], "facts": {}}',
        '{"written": {"a.json": "0"}, "replaced": ["b.json"], "facts": {}}',
        '{"written": {"a.json": "0"}, "replaced": [], "facts": 3}',
        "[" * 100_000,
        " " * (files.LARGEST_FILE_BYTES + 1),
    ],
)
def test_a_receipt_is_not_trusted(tmp_path: Path, receipt: str) -> None:
    made = write(tmp_path / "moe", FIRST, {})
    (tmp_path / "a.json").write_text("somebody's")
    (made.folder / "receipt.json").write_text(receipt)
    with pytest.raises(CannotUndo, match="can't be used"):
        undo(tmp_path / "moe")
    assert contents(tmp_path / "moe") == FIRST
    assert (tmp_path / "a.json").read_text() == "somebody's"


def test_a_lost_undo_folder_is_said(tmp_path: Path) -> None:
    write(tmp_path, FIRST, {})
    shutil.rmtree(tmp_path / "undo")
    with pytest.raises(CannotUndo, match="nothing was written"):
        undo(tmp_path)
