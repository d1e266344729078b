from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nemotron_runtime.chat.template import ChatTemplate, shipped_template
from support.random_checkpoint.checkpoint import contents
from support.vocabulary import demo_tokens


@pytest.fixture(scope="module")
def built() -> dict[str, bytes]:
    return contents()


@pytest.fixture(scope="module")
def config(built: dict[str, bytes]) -> dict[str, Any]:
    return json.loads(built["config.json"])


@pytest.fixture(scope="module")
def header(built: dict[str, bytes]) -> dict[str, Any]:
    data = built["model.safetensors"]
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    header.pop("__metadata__")
    return header


def test_every_build_has_the_same_bytes(built: dict[str, bytes], repo: Path) -> None:
    script = (
        "import hashlib; from support.random_checkpoint.checkpoint import contents;"
        "print({name: hashlib.sha256(data).hexdigest() for name, data in contents().items()})"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(repo / "tests")}
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True)
    assert run.stdout.decode().strip() == str({n: hashlib.sha256(d).hexdigest() for n, d in built.items()})


# The model


def test_the_configuration_is_the_published_one_in_small(config: dict[str, Any]) -> None:
    assert config["architectures"] == ["NemotronHForCausalLM"]
    assert set(config["hybrid_override_pattern"]) == {"M", "E", "*"}
    assert (config["n_routed_experts"], config["num_experts_per_tok"], config["n_shared_experts"]) == (
        128,
        6,
        1,
    )
    assert config["mlp_hidden_act"] == "relu2"
    assert config["norm_topk_prob"] is True
    assert config["routed_scaling_factor"] == 2.5
    assert config["mamba_ssm_cache_dtype"] == "float32"
    assert config["vocab_size"] % 64 == 0
    assert (config["bos_token_id"], config["eos_token_id"], config["pad_token_id"]) == (1, 2, 0)


def test_turns_end_as_published(built: dict[str, bytes]) -> None:
    assert json.loads(built["generation_config.json"])["eos_token_id"] == [2, 11]


def test_tensors_have_the_published_names(header: dict[str, Any], config: dict[str, Any]) -> None:
    mixers = {
        "M": [
            *("in_proj.weight", "conv1d.weight", "conv1d.bias", "A_log"),
            *("dt_bias", "D", "norm.weight", "out_proj.weight"),
        ],
        "*": ["q_proj.weight", "k_proj.weight", "v_proj.weight", "o_proj.weight"],
        "E": [
            *("gate.weight", "gate.e_score_correction_bias"),
            *("shared_experts.up_proj.weight", "shared_experts.down_proj.weight"),
            *(f"experts.{i}.{side}_proj.weight" for i in range(128) for side in ("up", "down")),
        ],
    }
    expected = {"backbone.embeddings.weight", "backbone.norm_f.weight", "lm_head.weight"}
    for index, kind in enumerate(config["hybrid_override_pattern"]):
        expected.add(f"backbone.layers.{index}.norm.weight")
        expected |= {f"backbone.layers.{index}.mixer.{name}" for name in mixers[kind]}
    assert set(header) == expected


def test_weights_are_bfloat16_and_few(header: dict[str, Any]) -> None:
    wide = {name for name, tensor in header.items() if tensor["dtype"] != "BF16"}
    assert {name.rpartition(".")[2] for name in wide} == {"e_score_correction_bias"}
    sizes = [tensor["data_offsets"][1] - tensor["data_offsets"][0] for tensor in header.values()]
    assert 5_000_000 < sum(sizes) / 2 < 10_000_000


def test_bfloat16_rounds_to_nearest_even() -> None:
    np = pytest.importorskip("numpy")
    torch = pytest.importorskip("torch")
    from support.random_checkpoint.tensors import Noise, to_safetensors

    values = np.concatenate([Noise(1)(1000, scale=3.0), np.array([1.00390625, 1.01171875, 0.0, -2.5])])
    data = to_safetensors({"x": values.astype(np.float32)})
    raw = data[8 + int.from_bytes(data[:8], "little") :]
    expected = torch.tensor(values, dtype=torch.float32).bfloat16().view(torch.int16).numpy().tobytes()
    assert raw == expected


# As transformers sees it


@pytest.fixture(scope="module")
def model(random_checkpoint: Path) -> Any:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    model, info = transformers.AutoModelForCausalLM.from_pretrained(
        random_checkpoint, dtype=torch.float32, output_loading_info=True
    )
    assert not any(info[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    return model.eval()


def probabilities(model: Any, ids: list[int]) -> Any:
    """Next-token probabilities after each token, ``[T, V]``."""
    import torch

    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0].softmax(-1)


THINK, END_THINK, END_TURN = 12, 13, 11


def test_thoughts_are_closed_and_turns_ended(model: Any) -> None:
    tokens = demo_tokens()
    template = ChatTemplate(shipped_template(), tokens.specials)
    history = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Yes", "reasoning_content": "Hm"},
    ]
    for turns in (0, 1, 8):
        question = [{"role": "user", "content": "What is the sea?"}]
        prompt = template.render(history * turns + question, truncate_history_thinking=False).encode(tokens)
        words = tokens.encode(" the sea is wide and blue" * 6)
        after = probabilities(model, [*prompt, *words, END_THINK, *words])
        thought = after[len(prompt) : len(prompt) + len(words)]
        answer = after[len(prompt) + len(words) + 2 :]
        assert thought[:, END_THINK].mean() > 0.005
        assert thought[:, END_TURN].max() < 1e-3
        assert answer[:, END_TURN].mean() > 0.005
        assert answer[:, END_THINK].max() < 1e-3
        assert after[len(prompt) + len(words), END_TURN] < 1e-3, "an answer would be empty"


def test_only_what_can_be_read_comes_by_itself(model: Any) -> None:
    tokens = demo_tokens()
    unreadable = [id for id in range(18) if id not in (END_THINK, END_TURN)]
    unreadable += [id for id in range(18, 274) if not tokens.bytes_of(id).isascii()]
    after = probabilities(model, [10, *tokens.encode("assistant\n"), THINK, *tokens.encode("\nHello there")])
    assert after[:, unreadable].sum(-1).max() < 1e-2
