from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemotron_runtime.errors import WeightsCorrupt, WeightsMissing
from nemotron_runtime.weights.header import Tensor, read_header
from support.tiny_model import safetensors, with_header

SHAPES = {"a": (2, 3), "b": (), "c": (0, 7)}
GOOD = {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}


def read(tmp_path: Path, data: bytes) -> dict[str, Tensor]:
    path = tmp_path / "model.safetensors"
    path.write_bytes(data)
    return read_header(path)


def test_tensors_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, safetensors(SHAPES))
    assert {name: tensor.shape for name, tensor in found.items()} == SHAPES
    assert (found["a"].start, found["a"].end, found["a"].dtype) == (0, 12, "BF16")


def test_metadata_is_no_tensor(tmp_path: Path) -> None:
    assert read(tmp_path, with_header({"__metadata__": {"format": "pt"}, "a": GOOD}, bytes(4))).keys() == {
        "a"
    }


def test_four_bit_values_need_half_a_byte(tmp_path: Path) -> None:
    packed = {"a": {"dtype": "F4", "shape": [4, 2], "data_offsets": [0, 4]}}
    assert read(tmp_path, with_header(packed, bytes(4)))["a"].shape == (4, 2)


WRONG: dict[str, bytes] = {
    "empty": b"",
    "shorter than the length": b"\x02",
    "a length beyond the file": (1 << 40).to_bytes(8, "little") + b"{}",
    "a length of nothing": bytes(8),
    "no JSON": b"\x04\0\0\0\0\0\0\0{[}]",
    "no UTF-8": b"\x02\0\0\0\0\0\0\0\xff\xfe",
    "nested without end": (200_000).to_bytes(8, "little") + b"[" * 200_000,
    "no object": with_header([], b""),
    "a name twice": b"\x11\0\0\0\0\0\0\0" + b'{"a":{}, "a":{}} ',
    "an entry that is none": with_header({"a": 7}, b""),
    "an unknown dtype": with_header({"a": GOOD | {"dtype": "BF17"}}, bytes(4)),
    "a dtype that is none": with_header({"a": GOOD | {"dtype": []}}, bytes(4)),
    "a size below nothing": with_header({"a": GOOD | {"shape": [-2]}}, bytes(4)),
    "a size that is true": with_header({"a": GOOD | {"shape": [True]}}, bytes(4)),
    "three offsets": with_header({"a": GOOD | {"data_offsets": [0, 4, 4]}}, bytes(4)),
    "offsets the wrong way round": with_header({"a": GOOD | {"data_offsets": [4, 0]}}, bytes(4)),
    "too few bytes for the shape": with_header({"a": GOOD | {"data_offsets": [0, 3]}}, bytes(3)),
    "a gap": with_header({"a": GOOD | {"data_offsets": [2, 6]}}, bytes(6)),
    "an overlap": with_header({"a": GOOD, "b": GOOD | {"data_offsets": [2, 6]}}, bytes(6)),
    "bytes left over": with_header({"a": GOOD}, bytes(5)),
    "bytes missing": with_header({"a": GOOD}, bytes(3)),
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(WeightsCorrupt, match=r"model\.safetensors"):
        read(tmp_path, data)


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="No such file"):
        read_header(tmp_path / "model.safetensors")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@settings(deadline=None)
@given(
    header=JSON | st.dictionaries(st.text(), st.fixed_dictionaries(dict.fromkeys(GOOD, JSON))),
    data=st.binary(),
)
def test_no_header_does_more_than_be_refused(
    tmp_path_factory: pytest.TempPathFactory, header: Any, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    path.write_bytes(with_header(header, data))
    try:
        found = read_header(path)
    except WeightsCorrupt:
        return
    assert sum(tensor.end - tensor.start for tensor in found.values()) == len(data)


@settings(deadline=None)
@given(at=st.integers(0, len(safetensors(SHAPES)) - 1))
def test_no_truncated_file_passes(tmp_path_factory: pytest.TempPathFactory, at: int) -> None:
    path = tmp_path_factory.getbasetemp() / "short.safetensors"
    path.write_bytes(safetensors(SHAPES)[:at])
    with pytest.raises(WeightsCorrupt):
        read_header(path)


def test_the_helper_writes_what_the_format_says() -> None:
    data = with_header({}, b"x")
    assert json.loads(data[8:10]) == {}
    assert data[:8] == b"\x02" + bytes(7)
