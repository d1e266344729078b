"""The embedded model as it is shipped, and what happens where it isn't whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nemotron_demo.layout import SPECIALS
from nemotron_runtime.chat.template import ChatTemplate, shipped_template
from nemotron_runtime.chat.tokens import Tokens
from nemotron_runtime.errors import WeightsCorrupt, WeightsMissing
from nemotron_runtime.models.spec import load_all
from nemotron_runtime.weights.embedded import CHECKPOINT, MANIFEST, embedded_checkpoint
from support.conversations import draw

FILES = {
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
    "model.safetensors",
}
MAX_BYTES = 16 << 20


def read(name: str) -> Any:
    return json.loads((CHECKPOINT / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def header() -> dict[str, Any]:
    with (CHECKPOINT / "model.safetensors").open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    header.pop("__metadata__")
    return header


# Whole, or not


def test_it_is_whole_and_small() -> None:
    assert embedded_checkpoint() == CHECKPOINT
    assert set(read(MANIFEST)["files"]) == FILES
    assert {path.name for path in CHECKPOINT.iterdir()} == FILES | {MANIFEST, "README.md"}
    assert sum(path.stat().st_size for path in CHECKPOINT.iterdir()) <= MAX_BYTES


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder that is whole, of two small files."""
    contents = {"config.json": b"{}", "model.safetensors": b"weights"}
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    (tmp_path / MANIFEST).write_text(json.dumps({"files": digests}))
    assert embedded_checkpoint(tmp_path) == tmp_path
    return tmp_path


def _flip(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"weighty")


def _cut(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")


def _garble(folder: Path) -> None:
    (folder / MANIFEST).write_text("[]")


def _empty(folder: Path) -> None:
    (folder / MANIFEST).write_text("")


@pytest.mark.parametrize("harm", [_flip, _cut, _garble, _empty])
def test_what_is_damaged_says_how_to_mend_it(small: Path, harm: Callable[[Path], None]) -> None:
    harm(small)
    with pytest.raises(WeightsCorrupt, match="is damaged: reinstall"):
        embedded_checkpoint(small)


@pytest.mark.parametrize("name", [MANIFEST, "config.json", "model.safetensors"])
def test_what_is_missing_says_how_to_mend_it(small: Path, name: str) -> None:
    (small / name).unlink()
    with pytest.raises(WeightsMissing, match=f"{name} can't be read .*: reinstall"):
        embedded_checkpoint(small)


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="reinstall"):
        embedded_checkpoint(tmp_path / "none")


def test_a_folder_that_can_not_be_written_is_served(small: Path) -> None:
    small.chmod(0o500)
    before = {path: path.stat().st_mtime_ns for path in small.iterdir()}
    embedded_checkpoint(small)
    small.chmod(0o700)
    assert {path: path.stat().st_mtime_ns for path in small.iterdir()} == before


# The model


def test_the_configuration_is_the_published_one_in_small() -> None:
    config = read("config.json")
    assert config["architectures"] == ["NemotronHForCausalLM"]
    assert set(config["hybrid_override_pattern"]) == {"M", "E", "*"}
    assert config["n_shared_experts"] == 1
    assert 1 < config["num_experts_per_tok"] < config["n_routed_experts"]
    assert config["mlp_hidden_act"] == "relu2"
    assert config["norm_topk_prob"] is True
    assert config["routed_scaling_factor"] == 2.5
    assert config["mamba_ssm_cache_dtype"] == "float32"
    assert config["vocab_size"] % 64 == 0
    assert (config["bos_token_id"], config["eos_token_id"], config["pad_token_id"]) == (1, 2, 0)
    assert config["max_position_embeddings"] == load_all()["nemotron-runtime/embedded-demo"].context_tokens


def test_turns_end_as_published() -> None:
    assert read("generation_config.json")["eos_token_id"] == [2, 11]


def test_its_template_is_the_models_own() -> None:
    assert (CHECKPOINT / "chat_template.jinja").read_text(encoding="utf-8") == shipped_template()


def test_special_tokens_have_the_published_ids() -> None:
    tokens = Tokens.load(CHECKPOINT / "tokenizer.json")
    assert tokens.specials == {text: id for id, text in enumerate(SPECIALS)}
    assert tokens.vocab_size == read("config.json")["vocab_size"]


def test_weights_are_bfloat16_and_few(header: dict[str, Any]) -> None:
    wide = {name for name, tensor in header.items() if tensor["dtype"] != "BF16"}
    assert {name.rpartition(".")[2] for name in wide} == {"e_score_correction_bias"}
    sizes = [tensor["data_offsets"][1] - tensor["data_offsets"][0] for tensor in header.values()]
    assert 2_000_000 < sum(sizes) / 2 < 8_000_000


# As other programs see it


def test_transformers_loads_every_tensor() -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    _, info = transformers.AutoModelForCausalLM.from_pretrained(
        CHECKPOINT, dtype=torch.float32, output_loading_info=True
    )
    assert not any(info[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    transformers = pytest.importorskip("transformers")
    return transformers.AutoTokenizer.from_pretrained(CHECKPOINT)


def test_transformers_reads_the_tokenizer_as_we_do(tokenizer: Any) -> None:
    tokens = Tokens.load(CHECKPOINT / "tokenizer.json")
    for text in ("Hello, what's up?\n\n  12345 Größe 日本 🙂", "a\r\n\tb </function>", "It's 3.5\u00a0km"):
        assert tokenizer(text, add_special_tokens=False)["input_ids"] == tokens.encode(text)
    assert tokenizer.convert_tokens_to_ids(["<|im_start|>", "</think>"]) == [10, 13]
    assert tokenizer.eos_token_id == 11


def test_transformers_renders_and_encodes_a_conversation_as_we_do(tokenizer: Any) -> None:
    tokens = Tokens.load(CHECKPOINT / "tokenizer.json")
    template = ChatTemplate(shipped_template(), tokens.specials)
    for seed in range(100):
        case = draw(seed)
        rendered = template.render(case.messages, case.tools, **case.options)
        options = case.options | {"tools": case.tools, "tokenize": False}
        assert tokenizer.apply_chat_template(case.messages, **options) == rendered.text
        if "<|im_start|>user\nI am text" not in rendered.text:  # there the two differ on purpose
            assert tokenizer(rendered.text, add_special_tokens=False)["input_ids"] == rendered.encode(tokens)
