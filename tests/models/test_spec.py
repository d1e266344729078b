from __future__ import annotations

from dataclasses import FrozenInstanceError
from decimal import Decimal
from pathlib import Path

import pytest

from nemotron_runtime.errors import ConfigError
from nemotron_runtime.models.spec import ModelSpec, Variant, configs_dir, load_all

MINIMAL = """
slug = "someone/something"
name = "Something"
description = "Some thing."
created = 1
context_tokens = 100
thinking_allowance_tokens = 10
quantization = "bf16"
embedded = true
"""


def load(tmp_path: Path, text: str) -> ModelSpec:
    path = tmp_path / "model.toml"
    path.write_text(text)
    return ModelSpec.load(path)


def test_the_real_model() -> None:
    spec = load_all()["nvidia/nemotron-3-nano-30b-a3b"]
    assert spec.author == "nvidia"
    assert spec.context_tokens == 262144
    assert spec.max_completion_tokens == 235929
    assert spec.default_max_tokens is None
    assert [variant.quantization for variant in spec.variants] == ["bf16", "fp8", "nvfp4"]
    assert spec.variant() is spec.variants[0]
    assert spec.variant("fp8").repo == "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-FP8"
    assert spec.template.enable_thinking
    assert not spec.embedded


def test_the_demo_says_what_it_is_and_answers_for_the_real_model() -> None:
    specs = load_all()
    spec = specs["nemotron-runtime/embedded-demo"]
    assert spec.embedded
    assert "demonstration" in spec.description.lower()
    assert "knows nothing" in spec.description.lower()
    assert spec.serves == ("nvidia/nemotron-3-nano-30b-a3b",)
    assert set(spec.serves) <= set(specs)
    assert (spec.context_tokens, spec.default_max_tokens) == (32768, 1024)
    assert spec.hugging_face_id is None


def test_every_model_has_a_context_and_a_price() -> None:
    for spec in load_all().values():
        assert spec.prices.prompt >= 0
        assert spec.thinking_allowance_tokens < spec.context_tokens


def test_defaults_of_a_minimal_file(tmp_path: Path) -> None:
    spec = load(tmp_path, MINIMAL)
    assert spec.prices.prompt == 0
    assert spec.sampling.temperature == 1.0
    assert spec.variants == ()
    with pytest.raises(FrozenInstanceError):
        spec.name = "other"  # type: ignore[misc]


def test_prices_keep_every_digit(tmp_path: Path) -> None:
    spec = load(tmp_path, MINIMAL + '[prices]\nprompt = "0.00000005"\n')
    assert spec.prices.prompt == Decimal("5E-8")
    assert spec.prices.completion == 0


def test_a_whole_number_is_a_fine_temperature(tmp_path: Path) -> None:
    assert load(tmp_path, MINIMAL + "[sampling]\ntemperature = 1\n").sampling.temperature == 1.0


def test_a_variant_may_pin_its_revision(tmp_path: Path) -> None:
    rows = '[[variants]]\nname = "x"\nrepo = "a/b"\nrevision = "abc"\nquantization = "fp8"\n'
    assert load(tmp_path, MINIMAL + rows).variants == (Variant("x", "a/b", "abc", "fp8"),)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (MINIMAL + "colour = 1\n", "colour: unknown key"),
        (MINIMAL + "[prices]\nimage = '1'\n", "prices.image: unknown key"),
        (MINIMAL + "[sampling]\nheat = 1\n", "sampling.heat: unknown key"),
        (MINIMAL + "[template]\nthink = true\n", "template.think: unknown key"),
        (MINIMAL + "[[variants]]\nname='a'\nrepo='b'\nquantization='c'\nsize=1\n", "variants[0].size"),
        (MINIMAL + "[[variants]]\nname='a'\n", "variants[0].repo: is missing"),
        (MINIMAL.replace('name = "Something"', ""), "name: is missing"),
        (MINIMAL.replace("created = 1", 'created = "1"'), "created: expected int, found str"),
        (MINIMAL.replace("created = 1", "created = true"), "created: expected int, found bool"),
        (MINIMAL + "serves = [1]\n", "serves: expected str"),
        (MINIMAL + "serves = ['nobody']\n", "serves: 'nobody' is not of the form"),
        (MINIMAL.replace("someone/something", "something"), "slug: 'something' is not of the form"),
        (MINIMAL + "default_max_tokens = 101\n", "default_max_tokens: expected"),
        (MINIMAL + "default_max_tokens = 0\n", "default_max_tokens: expected"),
        (MINIMAL + "[prices]\nprompt = 'much'\n", "prices.prompt: 'much' is no price"),
        (MINIMAL + "[prices]\nprompt = '-1'\n", "prices.prompt: expected a price"),
        (MINIMAL + "[prices]\nprompt = 0.1\n", "prices.prompt: expected str, found float"),
        (MINIMAL.replace("embedded = true", ""), "variants: a model that is not embedded"),
        ("slug = ", "model.toml"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert str(tmp_path / "model.toml") in caught.value.message
    assert key in caught.value.message


def test_a_missing_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        ModelSpec.load(tmp_path / "nowhere.toml")


def test_an_unknown_variant_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="bf16, fp8, nvfp4"):
        load_all()["nvidia/nemotron-3-nano-30b-a3b"].variant("int4")


def test_two_files_of_one_slug_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(MINIMAL)
    with pytest.raises(ConfigError, match="twice"):
        load_all(tmp_path)


def test_configs_are_found_in_the_checkout_and_in_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (configs_dir() / "models" / "embedded-demo.toml").is_file()

    package = tmp_path / "a" / "nemotron_runtime"
    monkeypatch.setattr("nemotron_runtime.models.spec._PACKAGE", package)
    with pytest.raises(ConfigError, match="reinstall"):
        configs_dir()
    (package / "configs" / "models").mkdir(parents=True)
    assert configs_dir() == package / "configs"
