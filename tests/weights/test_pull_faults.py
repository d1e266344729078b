"""What goes wrong on the way: the right bytes arrive in the end, or an error says what to do next."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import constants

from nemotron_runtime.errors import SetupError, WeightsCorrupt, WeightsMissing
from nemotron_runtime.weights import fetch
from nemotron_runtime.weights.hub import snapshot
from nemotron_runtime.weights.progress import Progress
from nemotron_runtime.weights.pull import order
from support import hub as on_the_hub
from support.hub import Fault, Hub, serving
from support.hub_faults import (
    cut,
    endless,
    flipped,
    from_the_start,
    redirected,
    short,
    stall,
    status,
    trickle,
    wrong_length,
)
from support.pulls import REPO, VARIANT, contents, pull
from support.tiny_model import SHARDS, tiny_model

MODEL = tiny_model()
SHARD = SHARDS[0]
SMALL = "tokenizer.json"

PASSING: dict[str, list[Fault]] = {
    "cut before the first byte": [cut(0)],
    "cut in the middle": [cut(700)],
    "cut again and again, a little further each time": [cut(97)] * 8,
    "cut, and then no Range": [cut(700), from_the_start],
    "cut, and then an error, and then the rest": [cut(700), status(503), cut(10), status(500)],
    "500": [status(500)],
    "502": [status(502)],
    "503": [status(503), status(503)],
    "504": [status(504)],
    "408": [status(408)],
    "429": [status(429), status(429)],
    "429 with Retry-After": [status(429, Retry_After="1")],
    "429 with nonsense in Retry-After": [status(429, Retry_After="soon")],
    "slow trickle": [trickle(500, 0.01)],
    "one flipped bit": [flipped(900)],
    "a flipped bit after a cut": [cut(700), flipped(900)],
    "Content-Length too large": [wrong_length(5)],
    "Content-Length too small": [wrong_length(-5)],
    "bytes without end": [endless],
    "a redirect to where it is": [lambda *seen: redirected(seen[0].path)(*seen)],
}


@pytest.mark.parametrize("name", [SHARD, SMALL])
@pytest.mark.parametrize("faults", PASSING.values(), ids=PASSING)
def test_what_passes_ends_in_the_right_bytes(hub: Hub, faults: list[Fault], name: str) -> None:
    files = MODEL | {SMALL: bytes(range(256)) * 4}
    hub.put(REPO, files)
    hub.fail(name, *faults)
    assert contents(pull()) == files
    assert not hub.faults[name]


LASTING: dict[str, tuple[Fault, type[SetupError], str]] = {
    "cut before the first byte": (cut(0), WeightsMissing, "can't be reached .* goes on from there"),
    "500": (status(500), WeightsMissing, r"the hub fails .* \(500\): try again later"),
    "503": (status(503), WeightsMissing, r"the hub fails .* \(503\): try again later"),
    "429": (status(429), WeightsMissing, "asks for a pause"),
    "401": (status(401), WeightsMissing, r"refuses .* \(401\): check HF_TOKEN"),
    "403": (status(403), WeightsMissing, r"refuses .* \(403\): check HF_TOKEN"),
    "403 gated": (status(403, X_Error_Code="GatedRepo"), WeightsMissing, "is gated: accept its terms at"),
    "404": (status(404, X_Error_Code="EntryNotFound"), WeightsMissing, "lists a file that the hub does not"),
    "short": (short(5), WeightsCorrupt, "ends before the .* bytes that the hub names"),
    "flipped": (flipped(900), WeightsCorrupt, "arrived damaged twice"),
    "a redirect in a circle": (lambda *seen: _in_a_circle(*seen), WeightsMissing, "can't be reached"),
    "a redirect to nowhere": (redirected("http://127.0.0.1:1/"), WeightsMissing, "can't be reached"),
    "a redirect to another scheme": (redirected("ftp://127.0.0.1/"), WeightsMissing, "can't be reached"),
}


def _in_a_circle(handler: on_the_hub.Handler, data: bytes, start: int) -> None:
    handler.hub.fail(SHARD, _in_a_circle)
    redirected(handler.path)(handler, data, start)


@pytest.mark.parametrize(("fault", "kind", "words"), LASTING.values(), ids=LASTING)
def test_what_lasts_ends_in_an_error_and_no_model(
    hub: Hub, fault: Fault, kind: type[SetupError], words: str
) -> None:
    hub.put(REPO, MODEL)
    hub.fail(SHARD, *[fault] * 20)
    with pytest.raises(kind, match=words):
        pull()
    with pytest.raises(WeightsMissing, match="has not been downloaded: run `nemotron pull"):
        snapshot(VARIANT)
    hub.faults.clear()
    assert contents(pull()) == MODEL


def test_a_connection_on_which_nothing_comes_is_given_up(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.2)
    hub.put(REPO, MODEL)
    over = threading.Event()
    hub.fail(SHARD, stall(700, over))
    seen: list[Progress] = []
    assert contents(pull(VARIANT, seen.append)) == MODEL
    over.set()
    assert hub.asked(SHARD)[-1].headers["range"] == "bytes=700-"
    assert any("the connection was lost; goes on at" in one.note for one in seen)


def test_a_trickle_is_given_up_for_another_connection(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "SLOW_S", 0.0)
    hub.put(REPO, MODEL)
    hub.fail(SHARD, trickle(100, 0.02))
    assert contents(pull()) == MODEL
    assert len(hub.asked(SHARD)) > 2
    assert "range" in hub.asked(SHARD)[-1].headers


def test_the_other_files_stop_when_one_fails(hub: Hub) -> None:
    hub.put(REPO, MODEL)
    hub.fail(SHARDS[0], trickle(1, 0.05))
    hub.fail(SHARDS[1], status(403))
    with pytest.raises(WeightsMissing, match="refuses"):
        pull()
    assert order(REPO).fetch_bytes > 0


def test_a_partial_file_that_is_damaged_costs_only_itself(hub: Hub, cache: Path) -> None:
    hub.put(REPO, MODEL)
    blobs = cache / "models--someone--Tiny-Nemotron" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{on_the_hub.sha256(MODEL[SHARDS[0]])}.incomplete").write_bytes(b"something else")
    too_long = MODEL[SHARDS[1]] + b"and more"
    (blobs / f"{on_the_hub.sha256(MODEL[SHARDS[1]])}.incomplete").write_bytes(too_long)
    assert contents(pull()) == MODEL


def test_a_token_goes_to_the_hub_and_nowhere_else(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.token = "hf_secret"
    hub.put(REPO, MODEL)
    assert contents(pull()) == MODEL
    assert {one.headers.get("authorization") for one in hub.seen if "/resolve/" in one.path} == {
        "Bearer hf_secret"
    }
    elsewhere = [one for one in hub.seen if one.path.startswith("/bytes/")]
    assert elsewhere
    assert not any("authorization" in one.headers for one in elsewhere)


@pytest.mark.parametrize(
    ("listed", "refusal", "words"),
    [
        (False, (401, "RepoNotFound"), "is not on the hub, or is private: check its name, or set HF_TOKEN"),
        (True, (401, "GatedRepo"), "is gated: accept its terms at .*, then set HF_TOKEN"),
        (True, (403, "GatedRepo"), "is gated: accept its terms at .*, then set HF_TOKEN"),
        (True, (403, ""), r"refuses .* to this token \(403\)"),
    ],
)
def test_who_may_not_download_is_told_before_the_first_byte(
    hub: Hub, listed: bool, refusal: tuple[int, str], words: str
) -> None:
    hub.put(REPO, MODEL)
    hub.token, hub.listed, hub.refusal = "hf_other", listed, refusal
    with pytest.raises(WeightsMissing, match=words):
        pull()
    assert not hub.bytes_asked()


def _set(key: str, value: object) -> Callable[[dict], None]:
    return lambda listing: listing.update({key: value})


def _in_files(key: str, value: object) -> Callable[[dict], None]:
    return lambda listing: [one.update({key: value}) for one in listing["siblings"]]


STRANGE = {
    "no commit": _set("sha", None),
    "a commit that is a path": _set("sha", "../../x"),
    "files that are none": _set("siblings", 7),
    "no names": _set("siblings", [{}]),
    "names that are numbers": _in_files("rfilename", 7),
    "no sizes": _in_files("size", None),
    "sizes below nothing": _in_files("size", -1),
    "sizes in words": _in_files("size", "1"),
    "a hash that is a path": _in_files("lfs", {"sha256": "../x", "size": 1, "pointerSize": 1}),
    "no hashes": lambda listing: [one.update(blobId=None, lfs=None) for one in listing["siblings"]],
    "a file twice": lambda listing: listing["siblings"].append(listing["siblings"][0]),
}


@pytest.mark.parametrize("change", STRANGE.values(), ids=STRANGE)
def test_a_listing_that_is_none_is_refused(hub: Hub, change: Callable[[dict], None]) -> None:
    hub.put(REPO, MODEL)
    hub.change = change
    with pytest.raises(WeightsMissing, match=r"does not answer as a hub does .*: check HF_ENDPOINT"):
        pull()
    assert not hub.bytes_asked()


def test_names_that_lead_out_of_the_folder_are_not_taken(hub: Hub, cache: Path) -> None:
    hub.put(REPO, MODEL | {"../../../../evil.json": b"x", "/etc/evil.json": b"x", "sub/evil.json": b"x"})
    assert contents(pull()) == MODEL


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ((200, {"Content-Type": "text/html"}, b"<h1>Log in</h1>"), "does not answer as a hub does"),
        ((200, {}, b"[]"), "does not answer as a hub does"),
        ((200, {}, b""), "does not answer as a hub does"),
        ((404, {}, b""), "is not on the hub, or is private"),
        ((500, {}, b""), r"the hub fails .* \(500\): try again later"),
        ((429, {}, b""), "asks for a pause"),
    ],
)
def test_a_hub_that_gives_no_listing(hub: Hub, page: tuple[int, dict[str, str], bytes], words: str) -> None:
    hub.put(REPO, MODEL)
    hub.page = page
    with pytest.raises(WeightsMissing, match=words):
        pull()


@pytest.mark.parametrize(("size", "words"), [(10, "arrived damaged twice"), (1 << 14, "ends before")])
def test_a_size_that_the_hub_names_wrongly_is_no_model(hub: Hub, size: int, words: str) -> None:
    hub.put(REPO, MODEL)
    hub.change = _in_files("size", size)
    with pytest.raises(WeightsCorrupt, match=words):
        pull()


def test_a_hub_that_is_not_there(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with serving() as one:
        on_the_hub.point_at(monkeypatch, one, cache)
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")
    with pytest.raises(WeightsMissing, match=r"can't be reached .* Check the network, HTTPS_PROXY"):
        pull()


def test_the_hub_is_asked_a_few_times_and_no_more(hub: Hub) -> None:
    hub.put(REPO, MODEL)
    hub.fail(SMALL, *[status(503)] * 20)
    with pytest.raises(WeightsMissing):
        pull()
    assert len(hub.asked(SMALL)) == fetch.ATTEMPTS
