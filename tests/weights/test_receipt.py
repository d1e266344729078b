"""What is written down of a pull, and what is made of what others wrote there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nemotron_runtime.errors import WeightsMissing
from nemotron_runtime.weights import receipt
from nemotron_runtime.weights.hub import snapshot
from nemotron_runtime.weights.pull import ensure
from support.hub import Hub
from support.pulls import REPO, VARIANT, contents, pull
from support.tiny_model import SHARDS, tiny_model

MODEL = tiny_model()
PATH = Path("models--someone--Tiny-Nemotron") / receipt.NAME


def test_it_reads_back_as_it_was_written(hub: Hub) -> None:
    hub.put(REPO, MODEL)
    folder = pull()
    known = receipt.load(REPO)
    assert known
    assert (known.folder, known.changed(), receipt.load_all()) == (folder, (), (known,))


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"files": 7},
        {"files": [{}]},
        {"files": [{"name": "../x", "bytes": 1, "sha256": "0", "mtime_ns": 1}]},
        {"files": [{"name": 7, "bytes": 1, "sha256": "0", "mtime_ns": 1}]},
        {"files": [{"name": "x", "bytes": "1", "sha256": "0", "mtime_ns": 1}]},
        {"more": "than there was"},
    ],
)
def test_one_that_is_none_vouches_for_nothing(hub: Hub, cache: Path, change: dict[str, Any]) -> None:
    hub.put(REPO, MODEL)
    folder = pull()
    document = json.loads((cache / PATH).read_bytes())
    (cache / PATH).write_text(json.dumps(document | change))
    with pytest.raises(WeightsMissing, match="has not been downloaded"):
        snapshot(VARIANT)
    hub.seen.clear()
    assert contents(pull()) == contents(folder) == MODEL
    assert not hub.bytes_asked()


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff", b'"receipt"'])
def test_nor_does_what_is_no_document(hub: Hub, cache: Path, text: bytes) -> None:
    hub.put(REPO, MODEL)
    pull()
    (cache / PATH).write_bytes(text)
    assert receipt.load(REPO) is None
    assert receipt.load_all() == ()


def test_what_is_whole_is_had_without_the_hub_and_a_question(hub: Hub) -> None:
    hub.put(REPO, MODEL)
    asked: list[int] = []
    folder = ensure(VARIANT, lambda order: asked.append(order.fetch_bytes))
    hub.put(REPO, tiny_model(seed=1))
    hub.seen.clear()
    assert ensure(VARIANT, lambda order: asked.append(order.fetch_bytes)) == folder
    assert (asked, hub.seen) == ([sum(map(len, MODEL.values()))], [])


def test_what_is_refused_is_not_fetched(hub: Hub) -> None:
    hub.put(REPO, MODEL)

    class Refused(Exception):
        pass

    def refuse(order: object) -> None:
        raise Refused

    with pytest.raises(Refused):
        ensure(VARIANT, refuse)
    assert not hub.bytes_asked()


def test_a_file_that_changed_is_not_served(hub: Hub) -> None:
    hub.put(REPO, MODEL)
    folder = pull()
    (folder / SHARDS[0]).resolve().write_bytes(MODEL[SHARDS[0]][:-1])
    with pytest.raises(WeightsMissing, match=f"is not whole: {SHARDS[0]} changed since the last check. Run"):
        snapshot(VARIANT)
