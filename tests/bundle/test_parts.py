from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemotron_runtime.bundle.parts import PartReader, PartWriter


@settings(deadline=None)
@given(
    st.lists(st.binary(max_size=60), max_size=8),
    st.integers(min_value=1, max_value=50),
    st.integers(min_value=1, max_value=70),
)
def test_parts_are_the_stream_again(chunks: list[bytes], part_bytes: int, read_bytes: int) -> None:
    whole = b"".join(chunks)
    with tempfile.TemporaryDirectory() as name, mock.patch("os.fsync"):
        folder = Path(name)
        with PartWriter(folder, part_bytes) as writer:
            for chunk in chunks:
                assert writer.write(chunk) == len(chunk)
        parts = writer.parts
        paths = [folder / part.name for part in parts]
        assert sorted(folder.iterdir()) == paths
        assert b"".join(path.read_bytes() for path in paths) == whole
        for part, path in zip(parts, paths, strict=True):
            assert (part.bytes, part.sha256) == (
                path.stat().st_size,
                hashlib.sha256(path.read_bytes()).hexdigest(),
            )
        assert [part.bytes for part in parts[:-1]] == [part_bytes] * (len(parts) - 1)
        with PartReader(paths) as reader:
            found = iter(lambda: reader.read(read_bytes), b"")
            assert b"".join(chunk or b"" for chunk in found) == whole


def test_a_part_holds_something(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one byte"):
        PartWriter(tmp_path, 0)
