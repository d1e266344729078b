"""Whether files belong together, from their heads alone; and heads that lie."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemotron_runtime.errors import WeightsCorrupt, WeightsMissing
from nemotron_runtime.weights.embedded import CHECKPOINT
from nemotron_runtime.weights.header import read_header
from nemotron_runtime.weights.shapes import expected
from nemotron_runtime.weights.structure import INDEX, check
from support.tiny_model import CONFIG, SHARDS, safetensors, tiny_model, with_header

MODEL = tiny_model()
PUBLISHED: dict[str, Any] = {
    **{"model_type": "nemotron_h", "hidden_size": 2688, "vocab_size": 131072, "use_conv_bias": True},
    "hybrid_override_pattern": "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME",
    **{"mamba_num_heads": 64, "mamba_head_dim": 64, "n_groups": 8, "ssm_state_size": 128, "conv_kernel": 4},
    **{"head_dim": 128, "num_attention_heads": 32, "num_key_value_heads": 2, "n_routed_experts": 128},
    **{"moe_intermediate_size": 1856, "moe_shared_expert_intermediate_size": 3712},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lay(tmp_path, MODEL)


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def single(folder: Path, shapes: dict[str, tuple[int, ...]], config: dict[str, Any] = CONFIG) -> Path:
    """The same in one file, without an index."""
    texts = {name: data for name, data in MODEL.items() if name not in (INDEX, *SHARDS)}
    texts["config.json"] = json.dumps(config).encode()
    return lay(folder, texts | {"model.safetensors": safetensors(shapes)})


def test_the_published_model_has_6243_tensors_and_31_577_940_288_parameters() -> None:
    sizes = [_product(shape) for _, shape in expected(PUBLISHED)]
    assert (len(sizes), sum(sizes)) == (6243, 31_577_940_288)


def _product(shape: tuple[int, ...]) -> int:
    result = 1
    for size in shape:
        result *= size
    return result


def test_models_that_are_whole_pass(folder: Path) -> None:
    assert check(folder) == len(dict(expected(CONFIG)))
    assert check(CHECKPOINT) > 0


def test_scales_of_quantised_tensors_belong(tmp_path: Path) -> None:
    shapes = dict(expected(CONFIG))
    layer = "backbone.layers.2.mixer"
    scales = {
        **{f"{layer}.q_proj.weight_scale": (), f"{layer}.q_proj.input_scale": ()},
        **{f"{layer}.k_proj.k_scale": (), f"{layer}.v_scale": ()},
    }
    assert check(single(tmp_path, shapes | scales)) == len(shapes) + len(scales)


def test_four_bit_weights_stand_two_in_a_byte(tmp_path: Path) -> None:
    name = "backbone.layers.1.mixer.experts.0.up_proj.weight"
    shapes = dict(expected(CONFIG))
    with pytest.raises(WeightsCorrupt, match=r"is \[8, 8\]; config.json demands \[8, 16\]"):
        check(single(tmp_path, shapes | {name: (8, 8)}))
    data = safetensors(shapes | {name: (4, 8), f"{name}_scale": (8, 1)})
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header[name] |= {"dtype": "U8", "shape": (8, 8)}
    (tmp_path / "model.safetensors").write_bytes(with_header(header, data[8 + length :]))
    assert check(tmp_path) == len(shapes) + 1


def test_a_model_that_is_not_ours_is_held_against_its_index_only(tmp_path: Path) -> None:
    single(tmp_path, {"anything.weight": (2, 2)}, {"model_type": "other"})
    assert check(tmp_path) == 1


Change = Callable[[Path], Any]


def _rewrite_index(change: Callable[[dict[str, str]], Any]) -> Change:
    def rewrite(folder: Path) -> None:
        document = json.loads((folder / INDEX).read_bytes())
        change(document["weight_map"])
        (folder / INDEX).write_text(json.dumps(document))

    return rewrite


def _write(name: str, text: str) -> Change:
    return lambda folder: (folder / name).write_text(text)


def _configure(**values: Any) -> Change:
    return _write("config.json", json.dumps(CONFIG | values))


WRONG: dict[str, tuple[Change, str]] = {
    "a tensor in two files": (
        lambda folder: (folder / "more.safetensors").write_bytes((folder / SHARDS[0]).read_bytes()),
        "stands in model-00001-of-00002.safetensors and in more.safetensors",
    ),
    "a tensor that only the index has": (
        _rewrite_index(lambda places: places.update(ghost=SHARDS[0])),
        f"ghost is not in {SHARDS[0]}, where {INDEX} has it",
    ),
    "a tensor that the index has elsewhere": (
        _rewrite_index(lambda places: places.update({"lm_head.weight": SHARDS[0]})),
        f"lm_head.weight is not in {SHARDS[0]}",
    ),
    "a place out of the folder": (
        _rewrite_index(lambda places: places.update({"lm_head.weight": "../x"})),
        r"is not in \.\./x",
    ),
    "a place that is a number": (_rewrite_index(lambda places: places.update({"lm_head.weight": 1})), "1"),
    "a tensor that the index does not have": (
        _rewrite_index(lambda places: places.pop("lm_head.weight")),
        "lm_head.weight in .* is not in model.safetensors.index.json",
    ),
    "no index": (lambda folder: (folder / INDEX).unlink(), "has 2 safetensors files and no"),
    "an index that is none": (_write(INDEX, "[]"), "is no JSON object"),
    "an index without places": (_write(INDEX, "{}"), "has no weight_map"),
    "an index cut short": (_write(INDEX, '{"weight_map": {"a'), "is no JSON"),
    "a shard that is gone": (lambda folder: (folder / SHARDS[1]).unlink(), f"is not in {SHARDS[1]}"),
    "a shard cut short": (
        lambda folder: (folder / SHARDS[1]).write_bytes(MODEL[SHARDS[1]][:-1]),
        f"{SHARDS[1]}: tensors of",
    ),
    "another width": (_configure(hidden_size=32), "config.json demands"),
    "another layer": (_configure(hybrid_override_pattern="ME*-M"), "is missing, which config.json demands"),
    "a layer less": (_configure(hybrid_override_pattern="ME*"), "is no tensor that config.json demands"),
    "a layer of no known kind": (_configure(hybrid_override_pattern="MEX-"), "of an unknown kind: X"),
    "no layers": (_configure(hybrid_override_pattern=None), "hybrid_override_pattern is missing"),
    "a size in words": (_configure(hidden_size="16"), "hidden_size: expected a count"),
    "a size below nothing": (_configure(vocab_size=-1), "vocab_size: expected a count"),
    "more experts than there are": (_configure(n_routed_experts=1 << 31), "config.json demands"),
    "no vocabulary": (lambda folder: (folder / "tokenizer.json").unlink(), "has no tokenizer.json"),
    "no weights": (lambda folder: [(folder / shard).unlink() for shard in SHARDS], "has no .*safetensors"),
    "a bottomless configuration": (_write("config.json", "[" * 200_000), "is no JSON"),
}


@pytest.mark.parametrize(("change", "words"), WRONG.values(), ids=WRONG)
def test_what_does_not_belong_together_is_named(folder: Path, change: Change, words: str) -> None:
    change(folder)
    with pytest.raises((WeightsCorrupt, WeightsMissing), match=words):
        check(folder)


ENTRY = {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}
LYING: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "a header of 0 bytes in a file of 0 bytes"),
    "shorter than its length": (b"\1\0\0", "in a file of 3 bytes"),
    "longer than the file": (
        (1 << 60).to_bytes(8, "little") + b"{}",
        "a header of 1152921504606846976 bytes",
    ),
    "no JSON": ((2).to_bytes(8, "little") + b"{]", "no JSON"),
    "no object": (with_header([], b""), "no JSON object"),
    "a name twice": ((17).to_bytes(8, "little") + b'{"a": 1, "a": 22}', "stands twice"),
    "no entry": (with_header({"a": 7}, b""), "a: dtype, shape or offsets can't be read"),
    "an unknown type": (with_header({"a": ENTRY | {"dtype": "Q3"}}, bytes(4)), "can't be read"),
    "sizes below nothing": (with_header({"a": ENTRY | {"shape": [-2]}}, bytes(4)), "can't be read"),
    "sizes that are not whole": (with_header({"a": ENTRY | {"shape": [2.0]}}, bytes(4)), "can't be read"),
    "too few bytes for its shape": (with_header({"a": ENTRY | {"shape": [3]}}, bytes(4)), "4 bytes for BF16"),
    "offsets that cross": (with_header({"a": ENTRY | {"data_offsets": [4, 0]}}, bytes(4)), "bytes for BF16"),
    "a gap": (
        with_header({"a": ENTRY | {"data_offsets": [4, 8]}}, bytes(8)),
        "a gap or an overlap at byte 0",
    ),
    "an overlap": (with_header({"a": ENTRY, "b": ENTRY}, bytes(4)), "a gap or an overlap at byte 4"),
    "bytes of no tensor": (with_header({"a": ENTRY}, bytes(6)), "tensors of 4 bytes in 6 bytes"),
    "bytes that are not there": (with_header({"a": ENTRY}, bytes(2)), "tensors of 4 bytes in 2 bytes"),
}


@pytest.mark.parametrize(("data", "words"), LYING.values(), ids=LYING)
def test_a_head_that_lies_is_no_model(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    with pytest.raises(WeightsCorrupt, match=words):
        read_header(path)


@settings(deadline=None)
@given(st.binary(max_size=64), st.integers(0, 80))
def test_no_bytes_make_it_stumble(tmp_path_factory: pytest.TempPathFactory, data: bytes, length: int) -> None:
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    path.write_bytes(length.to_bytes(8, "little") + data)
    with suppress(WeightsCorrupt):
        read_header(path)
