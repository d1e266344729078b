from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nemotron_runtime.bundle import manifest
from nemotron_runtime.bundle.manifest import read
from nemotron_runtime.errors import BundleCorrupt
from support.bundles import REPO, flip, reseal


def test_what_was_packed_is_read(packed: Path) -> None:
    found = read(packed)
    assert found.weights
    assert found.weights.repo == REPO
    assert [wheel.name for wheel in found.wheels] == [
        "tiny_app-1.0-py3-none-any.whl",
        "tiny_engine-2.0-py3-none-any.whl",
    ]
    assert found.caches_bytes == 6000
    assert len(found.parts) > 3


def row(name: str) -> dict[str, Any]:
    return {"name": name, "bytes": 1, "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", 2),
        ("surplus", 1),
        ("wheels", [row("../evil.whl")]),
        ("wheels", [row("x.whl\n--index-url=http://evil")]),
        ("wheels", [row("-r.whl")]),
        ("parts", [row("/etc/passwd")]),
        ("parts", [{**row("bundle.tar.000"), "bytes": -1}]),
        ("parts", [{**row("bundle.tar.000"), "sha256": "0"}]),
        ("caches_bytes", "6000"),
        ("target", {"python": "3.12; rm", "machine": "x86_64", "card": None}),
    ],
)
def test_what_is_not_of_the_expected_form_is_refused(bundle: Path, field: str, value: object) -> None:
    reseal(bundle, **{field: value})
    with pytest.raises(BundleCorrupt, match=field if field != "surplus" else "Extra"):
        read(bundle)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("repo", "../../etc"),
        ("repo", "a/../b"),
        ("commit", "../main"),
        ("revision", "a b"),
        ("files", [row("../config.json")]),
        ("files", [row("a/b")]),
    ],
)
def test_weights_can_lead_nowhere_else(bundle: Path, field: str, value: object) -> None:
    weights = json.loads((bundle / manifest.NAME).read_bytes())["weights"]
    reseal(bundle, weights={**weights, field: value})
    with pytest.raises(BundleCorrupt, match=f"weights.{field}"):
        read(bundle)


def test_a_flipped_bit_of_it_is_noticed(bundle: Path) -> None:
    flip(bundle / manifest.NAME)
    with pytest.raises(BundleCorrupt, match="is not what SHA256SUMS says"):
        read(bundle)


@pytest.mark.parametrize("name", [manifest.NAME, manifest.SUMS])
def test_a_bundle_without_it_is_not_whole(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    with pytest.raises(BundleCorrupt, match="no whole bundle"):
        read(bundle)
