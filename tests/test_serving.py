"""Which model this machine serves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nemotron_runtime import serving
from nemotron_runtime.errors import ConfigError, HardwareUnsupported, WeightsCorrupt, WeightsMissing
from nemotron_runtime.hardware.cards import named
from nemotron_runtime.hardware.here import Cards
from nemotron_runtime.hardware.plan import Need, plan
from nemotron_runtime.hardware.probe import Gpu
from nemotron_runtime.models.spec import Variant, load_all
from nemotron_runtime.planning import plan_for
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


class Fetched:
    """Stands for the hub: gives the demo's files, and keeps what was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[Variant] = []

    def __call__(self, variant: Variant) -> Path:
        self.asked.append(variant)
        return self.folder


@pytest.fixture
def on_cards(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def put(*cards: Gpu) -> None:
        monkeypatch.setattr(serving, "gpus", lambda: cards)

    return put


def test_with_a_gpu_it_is_the_real_model_as_planned(on_cards, demo):
    on_cards(CARD)
    fetch = Fetched(demo.folder)
    model = opened(fetch)
    assert (model.served.spec.slug, model.device) == (REAL, "cuda")
    assert fetch.asked[0].repo == "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-FP8"
    assert model.served.quantization == "fp8"
    best = plan(model.served.spec, named("H100"), 1, Need(262144), 80.0)
    assert model.settings.max_sequences == best.max_sequences
    assert model.settings.batched_tokens == best.batched_tokens
    assert (model.settings.kv_dtype, model.settings.ssm_dtype) == ("fp8", "float32")
    assert model.settings.gpu_memory_utilization == best.utilization


def test_what_a_user_says_goes_before_the_plan(on_cards, demo):
    on_cards(CARD)
    fetch = Fetched(demo.folder)
    model = opened(fetch, variant="bf16", context_tokens="65536", max_sequences="7")
    assert fetch.asked[0].name == "bf16"
    assert (model.served.context_tokens, model.settings.max_sequences) == (65536, 7)
    assert model.settings.kv_dtype == "bfloat16"


def test_what_does_not_fit_is_refused_before_any_download(on_cards, demo):
    on_cards(Gpu(0, "NVIDIA GeForce RTX 4090", 24 << 30))
    fetch = Fetched(demo.folder)
    with pytest.raises(HardwareUnsupported, match="can't hold the bf16 weights and 262,144 tokens"):
        opened(fetch, variant="bf16")
    assert not fetch.asked


def test_more_gpus_than_there_are_are_refused(on_cards, demo):
    on_cards(CARD)
    with pytest.raises(ConfigError, match="2 GPUs are asked for, and 1 are here"):
        opened(Fetched(demo.folder), tensor_parallel="2")


class Warned(Silent):
    """Keeps the warnings."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def warn(self, text: str) -> None:
        self.texts.append(text)


@pytest.mark.parametrize(
    ("cards", "warning"),
    [
        ((Gpu(0, "NVIDIA TITAN V", 12 << 30),), "Not planned"),
        ((CARD, Gpu(1, "NVIDIA L4", 24 << 30)), "the cards differ"),
        ((CARD, CARD), "1 of 2 GPUs stay free"),
    ],
)
def test_what_is_not_planned_is_told(on_cards, demo, cards, warning):
    on_cards(*cards)
    announce = Warned()
    open_model(Settings.load({}, {}), announce, Fetched(demo.folder))
    assert warning in announce.texts[0]


def test_a_folder_of_another_model_is_not_planned(on_cards, demo):
    on_cards(CARD)
    announce = Warned()
    model = open_model(Settings.load({"model": str(demo.folder)}, {}), announce)
    assert "is no nvidia/nemotron-3-nano-30b-a3b" in announce.texts[0]
    assert model.settings.max_sequences is None


CONFIG = {
    "hybrid_override_pattern": "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME",
    "num_key_value_heads": 2,
    "head_dim": 128,
    "mamba_num_heads": 64,
    "mamba_head_dim": 64,
    "n_groups": 8,
    "ssm_state_size": 128,
    "conv_kernel": 4,
}


@pytest.mark.parametrize(
    ("files", "variant"),
    [
        ({}, "bf16"),
        ({"hf_quant_config.json": {"quantization": {"quant_algo": "NVFP4"}}}, "nvfp4"),
        ({"config.json": CONFIG | {"quantization_config": {"quant_algo": "FP8"}}}, "fp8"),
    ],
)
def test_a_folder_of_the_same_shape_is_planned_by_its_own_weights(tmp_path: Path, files, variant):
    for name, content in {"config.json": CONFIG, **files}.items():
        (tmp_path / name).write_text(json.dumps(content))
    best = plan_for(Settings(context_tokens=8192), load_all()[REAL], Cards(named("H200"), 1), tmp_path)
    assert best is not None
    assert best.variant.name == variant
    assert best.weights_gib == load_all()[REAL].variant(variant).weights_gib


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


@pytest.mark.usefixtures("no_gpu")
def test_a_variant_is_refused_where_there_is_no_choice(demo):
    for flags in ({}, {"model": str(demo.folder)}):
        with pytest.raises(ConfigError, match="one form of its weights only"):
            opened(variant="fp8", **flags)


@pytest.mark.usefixtures("no_gpu")
def test_a_folder_that_is_not_whole_is_refused(tmp_path: Path, demo):
    for file in demo.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(WeightsCorrupt, match=r"model\.safetensors"):
        opened(model=str(tmp_path))
    weights.unlink()
    with pytest.raises(WeightsMissing, match=r"no \*\.safetensors"):
        opened(model=str(tmp_path))
    assert opened(model=str(tmp_path), load_format="dummy").folder == tmp_path
