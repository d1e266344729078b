"""A checkpoint of random weights with the real routing: 128 experts, six of them a token.

It is a real NemotronHForCausalLM in the published layout, with all three kinds of layers
(:mod:`support.random_checkpoint.tensors` says what is not random), and the same bytes every time.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nemotron_demo import layout
from nemotron_demo.layout import SPECIALS
from support.random_checkpoint.tensors import GEOMETRY, tensors, to_safetensors
from support.random_checkpoint.vocabulary import tokenizer_json

_ADDED = 256 + len(SPECIALS)


def write_random_checkpoint(folder: Path) -> Path:
    """Writes all files into a new folder, which is returned."""
    folder.mkdir()
    for name, data in contents().items():
        (folder / name).write_bytes(data)
    return folder


def contents() -> dict[str, bytes]:
    """Builds the checkpoint's files in memory."""
    tokenizer = tokenizer_json()
    texts = layout.texts(GEOMETRY) | {"tokenizer.json": layout.as_json(tokenizer)}
    files = {name: text.encode() for name, text in texts.items()}
    return files | {"model.safetensors": _model(list(tokenizer["model"]["vocab"]))}


def _model(pieces: list[str]) -> bytes:
    readable = np.array(
        [id >= len(SPECIALS) and (id >= _ADDED or piece.isascii()) for id, piece in enumerate(pieces)]
    )
    return to_safetensors(tensors(GEOMETRY, readable))
