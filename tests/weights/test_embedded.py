from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from nemotron_runtime.chat.template import ChatTemplate, shipped_template
from nemotron_runtime.errors import DiskFull, SetupError
from nemotron_runtime.models.spec import load_all
from nemotron_runtime.weights.embedded import MANIFEST, contents, ensure_embedded, is_whole
from support.conversations import draw
from support.vocabulary import demo_tokens

FILES = {
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
    "model.safetensors",
}


@pytest.fixture(scope="module")
def built() -> dict[str, bytes]:
    return contents()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ensure_embedded(tmp_path_factory.mktemp("weights") / "embedded")


@pytest.fixture(scope="module")
def config(built: dict[str, bytes]) -> dict[str, Any]:
    return json.loads(built["config.json"])


@pytest.fixture(scope="module")
def header(built: dict[str, bytes]) -> dict[str, Any]:
    data = built["model.safetensors"]
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    header.pop("__metadata__")
    return header


# The folder


def test_the_folder_holds_the_checkpoint_and_nothing_else(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == FILES | {MANIFEST}
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert is_whole(folder)


def test_every_build_has_the_same_bytes(built: dict[str, bytes]) -> None:
    script = (
        "import hashlib; from nemotron_runtime.weights.embedded import contents;"
        "print({name: hashlib.sha256(data).hexdigest() for name, data in contents().items()})"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True)
    assert run.stdout.decode().strip() == str({n: hashlib.sha256(d).hexdigest() for n, d in built.items()})


def test_what_is_whole_is_left_alone(tmp_path: Path) -> None:
    folder = ensure_embedded(tmp_path / "embedded")
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    ensure_embedded(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def _flip(folder: Path) -> None:
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(data)


def _lose(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def _older(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_text(json.dumps(manifest | {"recipe": "0"}))


def _garble(folder: Path) -> None:
    (folder / MANIFEST).write_text("[]")


def _interrupt(folder: Path) -> None:
    (folder / MANIFEST).unlink()


@pytest.mark.parametrize("harm", [_flip, _lose, _older, _garble, _interrupt])
def test_what_is_wrong_is_built_again(tmp_path: Path, harm: Any) -> None:
    folder = ensure_embedded(tmp_path / "embedded")
    harm(folder)
    assert not is_whole(folder)
    ensure_embedded(folder)
    assert is_whole(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["embedded"]


def test_several_may_build_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        folders = list(pool.map(ensure_embedded, [tmp_path / "deep" / "embedded"] * 3))
    assert is_whole(folders[0])
    assert [path.name for path in folders[0].parent.iterdir()] == ["embedded"]


def test_a_folder_that_can_not_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="can't be written"):
        ensure_embedded(tmp_path / "file" / "embedded")


def test_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DiskFull):
        ensure_embedded(tmp_path / "embedded")
    assert list(tmp_path.iterdir()) == []


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
    assert config["max_position_embeddings"] == load_all()["nemotron-runtime/embedded-demo"].context_tokens


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
    from nemotron_runtime.weights.embedded_tensors import Noise, to_safetensors

    values = np.concatenate([Noise(1)(1000, scale=3.0), np.array([1.00390625, 1.01171875, 0.0, -2.5])])
    data = to_safetensors({"x": values.astype(np.float32)})
    raw = data[8 + int.from_bytes(data[:8], "little") :]
    expected = torch.tensor(values, dtype=torch.float32).bfloat16().view(torch.int16).numpy().tobytes()
    assert raw == expected


# As other programs see it


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Any:
    transformers = pytest.importorskip("transformers")
    return transformers.AutoTokenizer.from_pretrained(folder)


def test_transformers_reads_the_tokenizer_as_we_do(tokenizer: Any) -> None:
    tokens = demo_tokens()
    for text in ("Hello, what's up?\n\n  12345 Größe 日本 🙂", "a\r\n\tb </function>", "It's 3.5\u00a0km"):
        assert tokenizer(text, add_special_tokens=False)["input_ids"] == tokens.encode(text)
    assert tokenizer.convert_tokens_to_ids(["<|im_start|>", "</think>"]) == [10, 13]
    assert tokenizer.eos_token_id == 11


def test_transformers_renders_and_encodes_a_conversation_as_we_do(tokenizer: Any) -> None:
    tokens = demo_tokens()
    template = ChatTemplate(shipped_template(), tokens.specials)
    for seed in range(100):
        case = draw(seed)
        rendered = template.render(case.messages, case.tools, **case.options)
        options = case.options | {"tools": case.tools, "tokenize": False}
        assert tokenizer.apply_chat_template(case.messages, **options) == rendered.text
        if "<|im_start|>user\nI am text" not in rendered.text:  # there the two differ on purpose
            assert tokenizer(rendered.text, add_special_tokens=False)["input_ids"] == rendered.encode(tokens)


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    model, info = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True
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
