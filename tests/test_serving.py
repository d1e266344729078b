"""Which model this machine serves."""

from __future__ import annotations

from pathlib import Path

import pytest

from nemotron_runtime import serving
from nemotron_runtime.errors import ConfigError, HardwareUnsupported, WeightsCorrupt, WeightsMissing
from nemotron_runtime.hardware.probe import Gpu
from nemotron_runtime.models.spec import Variant
from nemotron_runtime.serving import REAL, Fetch, Model, open_model
from nemotron_runtime.settings import Settings
from nemotron_runtime.weights import hub
from support.app import Silent

DEMO = "nemotron-runtime/embedded-demo"
CARD = Gpu(0, "NVIDIA H100 80GB HBM3", 80 << 30)


def opened(fetch: Fetch = hub.snapshot, **flags: str) -> Model:
    return open_model(Settings.load(flags, {}), Silent(), fetch)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "gpus", tuple)


@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_it_is_the_demo():
    model = opened()
    assert (model.served.spec.slug, model.device) == (DEMO, "cpu")
    assert model.marks.end_think == 13


@pytest.mark.usefixtures("no_gpu")
def test_the_real_model_without_a_gpu_is_refused_before_any_download():
    with pytest.raises(HardwareUnsupported, match="needs an NVIDIA GPU"):
        opened(model=REAL)


def test_with_a_gpu_it_is_the_real_model(monkeypatch: pytest.MonkeyPatch, demo):
    asked: list[Variant] = []

    def snapshot(variant: Variant) -> Path:
        asked.append(variant)
        return demo.folder

    monkeypatch.setattr(serving, "gpus", lambda: (CARD,))
    model = opened(fetch=snapshot)
    assert (model.served.spec.slug, model.device) == (REAL, "cuda")
    assert asked[0].repo == "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16"


@pytest.mark.usefixtures("no_gpu")
def test_a_folder_is_served_as_it_is(demo):
    model = opened(model=str(demo.folder))
    assert model.folder == demo.folder


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("name", ["no/such-model", "/no/such/folder"])
def test_what_is_neither_says_what_there_is(name):
    with pytest.raises(ConfigError, match=DEMO):
        opened(model=name)


@pytest.mark.usefixtures("no_gpu")
def test_a_folder_without_its_parts_says_which(tmp_path: Path, demo):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(WeightsMissing, match=r"tokenizer\.json"):
        opened(model=str(tmp_path))
    (tmp_path / "tokenizer.json").write_text('{"model": {"vocab": {"a": 0}}, "added_tokens": []}')
    (tmp_path / "chat_template.jinja").write_text("x")
    with pytest.raises((WeightsCorrupt, WeightsMissing)):
        opened(model=str(tmp_path))
