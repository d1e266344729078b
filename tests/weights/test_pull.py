"""Pulls from a hub of ours through huggingface-hub's own client, where nothing goes wrong on the way."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import constants, hf_hub_download, scan_cache_dir, snapshot_download

from nemotron_runtime.errors import ConfigError, DiskFull, WeightsCorrupt, WeightsMissing
from nemotron_runtime.weights import pull as pulling
from nemotron_runtime.weights import receipt
from nemotron_runtime.weights.hub import snapshot
from nemotron_runtime.weights.progress import Progress
from nemotron_runtime.weights.pull import carry_out, order
from support.hub import Hub, is_large, sha256
from support.hub_faults import cut, hold
from support.pulls import REPO, VARIANT, contents, pull
from support.tiny_model import SHARDS, tiny_model

MODEL = tiny_model()


def test_every_file_arrives_and_the_state_is_written_down(hub: Hub, cache: Path) -> None:
    commit = hub.put(REPO, MODEL | {"README.md": b"not served", "onnx/model.safetensors": b"nor this"})
    folder = pull()
    assert contents(folder) == MODEL
    assert folder.name == commit
    document = json.loads((cache / "models--someone--Tiny-Nemotron" / receipt.NAME).read_bytes())
    assert (document["repo"], document["revision"], document["commit"]) == (REPO, "main", commit)
    assert document["licence"] == "open-model"
    assert {entry["name"]: entry["sha256"] for entry in document["files"]} == {
        name: sha256(data) for name, data in MODEL.items()
    }
    assert snapshot(VARIANT) == folder


def test_the_cache_is_one_that_huggingface_hub_can_read(hub: Hub, cache: Path) -> None:
    commit = hub.put(REPO, MODEL)
    folder = pull()
    assert snapshot_download(REPO, cache_dir=cache, local_files_only=True) == str(folder)
    (repo,) = scan_cache_dir(cache).repos
    assert (repo.repo_id, {one.commit_hash for one in repo.revisions}) == (REPO, {commit})


def test_what_huggingface_hub_has_downloaded_is_taken_once_it_is_checked(hub: Hub, cache: Path) -> None:
    hub.put(REPO, MODEL)
    for name in MODEL:
        hf_hub_download(REPO, name, cache_dir=cache)
    with pytest.raises(WeightsMissing, match="has not been downloaded: run `nemotron pull --variant bf16`"):
        snapshot(VARIANT)
    hub.seen.clear()
    wanted = order(REPO)
    assert (wanted.fetch_bytes, wanted.check_bytes) == (0, wanted.listing.bytes)
    assert contents(carry_out(wanted).folder) == MODEL
    assert not hub.bytes_asked()


def test_what_is_whole_is_not_fetched_again(hub: Hub) -> None:
    hub.put(REPO, MODEL)
    folder = pull()
    hub.seen.clear()
    assert pull() == folder
    assert not hub.bytes_asked()


def test_a_commit_that_is_there_needs_no_hub(hub: Hub) -> None:
    commit = hub.put(REPO, MODEL)
    folder = pull()
    hub.seen.clear()
    assert pull(replace(VARIANT, revision=commit)) == folder
    assert not hub.seen


def test_only_what_changed_is_fetched_of_a_new_state(hub: Hub) -> None:
    hub.put(REPO, MODEL)
    old = pull()
    hub.put(REPO, MODEL | {"tokenizer.json": b"{}"})
    hub.seen.clear()
    new = pull()
    assert contents(new) == MODEL | {"tokenizer.json": b"{}"}
    assert contents(old) == MODEL
    assert not any(hub.asked(shard) for shard in SHARDS)


def test_a_revision_is_pinned_before_the_first_file(hub: Hub) -> None:
    first = hub.put(REPO, MODEL)
    wanted = order(REPO)
    hub.put(REPO, tiny_model(seed=1))
    folder = carry_out(wanted).folder
    assert (folder.name, contents(folder)) == (first, MODEL)


def test_a_revision_that_moves_between_two_files_mixes_nothing(hub: Hub) -> None:
    first = hub.put(REPO, MODEL)
    reached, go_on = threading.Event(), threading.Event()
    hub.fail(SHARDS[0], hold(100, reached, go_on))
    found: list[Path] = []
    thread = threading.Thread(target=lambda: found.append(pull()))
    thread.start()
    assert reached.wait()
    second = hub.put(REPO, tiny_model(seed=1))
    go_on.set()
    thread.join()
    assert (found[0].name, contents(found[0])) == (first, MODEL)
    folder = pull()
    assert (folder.name, contents(folder)) == (second, tiny_model(seed=1))


def test_a_branch_or_tag_can_be_named(hub: Hub) -> None:
    hub.put(REPO, tiny_model(seed=1))
    commit = hub.put(REPO, MODEL, branch="refs/pr/7")
    tagged = replace(VARIANT, revision="refs/pr/7")
    folder = pull(tagged)
    assert (folder.name, contents(folder)) == (commit, MODEL)
    assert snapshot(tagged) == folder
    with pytest.raises(WeightsMissing, match="at v2 has not been downloaded"):
        snapshot(replace(VARIANT, revision="v2"))


def test_a_revision_that_is_not_there_is_named(hub: Hub) -> None:
    hub.put(REPO, MODEL)
    with pytest.raises(WeightsMissing, match="has no revision 'nope'"):
        pull(replace(VARIANT, revision="nope"))


def test_two_pulls_at_once_fetch_each_byte_once(hub: Hub) -> None:
    hub.put(REPO, MODEL)
    reached, go_on, waits = threading.Event(), threading.Event(), threading.Event()
    hub.fail(SHARDS[1], hold(100, reached, go_on))
    folders: list[Path] = []

    def second(progress: Progress) -> None:
        if progress.phase == "wait":
            waits.set()

    threads = [threading.Thread(target=lambda: folders.append(pull()))]
    threads[0].start()
    assert reached.wait()
    threads.append(threading.Thread(target=lambda: folders.append(pull(VARIANT, second))))
    threads[1].start()
    assert waits.wait()
    go_on.set()
    for thread in threads:
        thread.join()
    assert folders[0] == folders[1]
    assert contents(folders[0]) == MODEL
    assert all(len(hub.asked(shard)) == 2 for shard in SHARDS)  # the hub, then its store


def test_an_interrupted_pull_goes_on_where_it_was(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.put(REPO, MODEL)
    monkeypatch.setattr("nemotron_runtime.weights.fetch.ATTEMPTS", 1)
    hub.fail(SHARDS[0], cut(700), cut(0))
    with pytest.raises(WeightsMissing, match="run `nemotron pull` again, and it goes on from there"):
        pull()
    with pytest.raises(WeightsMissing, match="has not been downloaded"):
        snapshot(VARIANT)
    left = order(REPO)
    assert left.fetch_bytes <= left.listing.bytes - 700
    hub.seen.clear()
    assert contents(pull()) == MODEL
    assert hub.asked(SHARDS[0])[-1].headers["range"] == "bytes=700-"


def test_progress_ends_at_the_sum_of_all_files(hub: Hub) -> None:
    hub.put(REPO, MODEL)
    seen: list[Progress] = []
    pull(VARIANT, seen.append)
    total = sum(map(len, MODEL.values()))
    assert (seen[-1].phase, seen[-1].done_bytes, seen[-1].total_bytes) == ("download", total, total)
    assert all(0 <= one.done_bytes <= total for one in seen)


def test_the_same_content_under_two_names_is_kept_once(hub: Hub, cache: Path) -> None:
    files = MODEL | {"added_tokens.json": b"{}", "special_tokens_map.json": b"{}"}
    hub.put(REPO, files)
    assert contents(pull()) == files
    blobs = cache / "models--someone--Tiny-Nemotron" / "blobs"
    assert len(list(blobs.iterdir())) == len(files) - 1


def test_a_full_disk_is_seen_before_the_first_byte(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.put(REPO, MODEL)
    monkeypatch.setattr(pulling, "_free_bytes", lambda folder: 1000)
    with pytest.raises(DiskFull, match=r"needs 0.00 GB more .* HF_HUB_CACHE"):
        pull()
    assert not hub.bytes_asked()


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "chat_template.jinja"])
def test_what_could_not_be_served_is_refused_before_the_first_byte(hub: Hub, name: str) -> None:
    hub.put(REPO, {other: data for other, data in MODEL.items() if other != name})
    with pytest.raises(WeightsMissing, match=f"has no {name}"):
        pull()
    assert not hub.bytes_asked()


def test_without_weights_it_is_refused_before_the_first_byte(hub: Hub) -> None:
    hub.put(REPO, {name: data for name, data in MODEL.items() if not is_large(name)})
    with pytest.raises(WeightsMissing, match=r"has no \*\.safetensors"):
        pull()


def test_a_repository_that_does_not_fit_together_is_never_served(hub: Hub) -> None:
    config = json.loads(MODEL["config.json"]) | {"vocab_size": 64}
    hub.put(REPO, MODEL | {"config.json": json.dumps(config).encode()})
    with pytest.raises(WeightsCorrupt, match="arrived as published, but does not fit together"):
        pull()
    with pytest.raises(WeightsMissing, match="has not been downloaded"):
        snapshot(VARIANT)


def test_offline_what_is_whole_is_served(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.put(REPO, MODEL)
    folder = pull()
    hub.seen.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert pull() == folder
    assert snapshot(VARIANT) == folder
    with pytest.raises(WeightsMissing, match="HF_HUB_OFFLINE forbids to ask the hub"):
        pull(replace(VARIANT, revision="v2"))
    (folder / SHARDS[0]).unlink()
    with pytest.raises(WeightsMissing, match="HF_HUB_OFFLINE forbids to ask the hub"):
        pull()
    assert not hub.seen


@pytest.mark.parametrize("name", ["a/b/c", "../../etc", "with space/x", ""])
def test_a_name_that_is_none_is_refused(hub: Hub, name: str) -> None:
    with pytest.raises(ConfigError, match="expected OWNER/NAME"):
        pull(replace(VARIANT, repo=name))
    assert not hub.seen
