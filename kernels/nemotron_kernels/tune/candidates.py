"""What is worth trying at a token count: small grids around the reasoned choice that a card can hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from nemotron_kernels.choice import Choice, Tile, default_choice
from nemotron_kernels.geometry import Geometry

SHARED_MEMORY_BYTES = 227 * 1024
"""What one program of a Hopper card may have."""
MOST_WASTE = 0.04
"""Of columns that stick out over the matrix; 128 on 1856 wastes 3.4 %, 256 wastes 10 %."""
VECTOR_TOKENS, STREAM_TOKENS, BLOCK_TOKENS = 16, 2048, 256
"""Up to where single tokens may pay, up to where weights on the M side may, and from where tokens there."""

TileConfig = dict[str, int]
"""One entry of vLLM's files of tuned tiles."""


def choices(geometry: Geometry, tokens: int, weight_bytes: int, *, quick: bool = False) -> tuple[Choice, ...]:
    """Our choices for a batch, the reasoned one first.

    Args:
        geometry: of the layer.
        tokens: T.
        weight_bytes: bytes of one weight.
        quick: the reasoned tiles of each way only.
    """
    ways: list[Iterable[Choice]] = []
    if tokens <= VECTOR_TOKENS:
        ways.append(_vector())
    if 1 < tokens <= STREAM_TOKENS:
        ways.append(_stream(geometry, tokens, weight_bytes))
    if tokens >= BLOCK_TOKENS:
        ways.append(_blocks(geometry, weight_bytes))
    reasoned = default_choice(geometry, tokens, weight_bytes)
    found = [_flagged(reasoned), *_without(reasoned, weight_bytes)]
    for way in ways:
        fitting = [_flagged(choice) for choice in way if _fits(geometry, choice, weight_bytes)]
        found += fitting[:2] if quick else fitting
    return tuple(dict.fromkeys(found))


def tile_configs(
    geometry: Geometry, tokens: int, weight_bytes: int, *, quick: bool = False
) -> tuple[TileConfig, ...]:
    """vLLM's tiles for a batch, for its file of the card."""
    rows = _rows(geometry, tokens)
    columns = (32, 64, 128) if tokens <= 128 else (64, 128, 256)
    depths, stages = ((128,), (4,)) if quick else ((64, 128, 256), (3, 4, 5))
    warps = (4, 8) if tokens > 128 else (4,)
    groups = (1, 16) if tokens > 1024 else (1,)
    configs = [
        {
            "BLOCK_SIZE_M": m,
            "BLOCK_SIZE_N": n,
            "BLOCK_SIZE_K": k,
            "GROUP_SIZE_M": group,
            "SPLIT_K": 1,
            "num_warps": warp,
            "num_stages": stage,
        }
        for m, n, k, group, warp, stage in product(rows, columns, depths, groups, warps, stages)
    ]
    return tuple(
        config for config in configs if tile_config_bytes(config, weight_bytes) <= SHARED_MEMORY_BYTES
    )


def tile_bytes(tile: Tile, weight_bytes: int) -> int:
    """Shared memory of a tile's steps in flight: weights and the inputs they meet."""
    return tile.stages * (tile.rows + tile.columns) * tile.depth * weight_bytes


def tile_config_bytes(config: TileConfig, weight_bytes: int) -> int:
    """The same of one of vLLM's tiles."""
    across = config["BLOCK_SIZE_M"] + config["BLOCK_SIZE_N"]
    return config["num_stages"] * across * config["BLOCK_SIZE_K"] * weight_bytes


def _flagged(choice: Choice) -> Choice:
    """With all that is thought to help: our routing, and launches that overlap."""
    return replace(choice, fused_routing=True, early_start=True)


def _without(choice: Choice, weight_bytes: int) -> Iterator[Choice]:
    """The same without one or both, and with the shared expert folded in (bf16 only)."""
    for fused, early in ((True, False), (False, True), (False, False)):
        yield replace(choice, fused_routing=fused, early_start=early)
    if choice.way == "stream" and weight_bytes > 1:
        yield replace(_flagged(choice), folded_shared=True)


def _vector() -> Iterator[Choice]:
    for columns, depth, warps in product((4, 8, 16), (256, 512, 1024), (4, 8)):
        tile = Tile(rows=1, columns=columns, depth=depth, warps=warps, stages=1, waves=0)
        if columns * depth <= 8192:  # more than that a program keeps in registers only by spilling
            yield Choice("vector", tile, tile)


def _stream(geometry: Geometry, tokens: int, weight_bytes: int) -> Iterator[Choice]:
    deep = 2 if weight_bytes == 1 else 1
    for rows in _rows(geometry, tokens)[:2]:
        up = Tile(rows, 64, 128 * deep, warps=4, stages=4 if rows < 64 else 3, waves=2)
        down = Tile(rows, 64, 64 * deep, warps=4, stages=6 if rows < 64 else 4, waves=2)
        yield Choice("stream", up, down)
        for waves in (1, 3, 4):
            yield Choice("stream", replace(up, waves=waves), replace(down, waves=waves))
        for depth, stages in ((64, 6), (64, 8), (256, 3)):
            yield Choice("stream", replace(up, depth=depth * deep, stages=stages), down)
        for columns, depth, stages in ((128, 64, 4), (128, 64, 6), (64, 128, 4), (64, 64, 8)):
            yield Choice("stream", up, replace(down, columns=columns, depth=depth * deep, stages=stages))
        yield Choice(
            "stream", replace(up, columns=128, depth=64 * deep, warps=8), replace(down, columns=128, warps=8)
        )


def _blocks(geometry: Geometry, weight_bytes: int) -> Iterator[Choice]:
    deep = 2 if weight_bytes == 1 else 1
    shapes = (
        (128, 128, 8),
        (128, 128, 4),
        (64, 128, 4),
        (128, 64, 4),
        (64, 64, 4),
        (128, 256, 8),
        (64, 256, 8),
    )
    for (rows, columns, warps), stages, waves in product(shapes, (4, 3), (1, 2)):
        tile = Tile(rows, columns, 64 * deep, warps=warps, stages=stages, waves=waves)
        up_columns = columns if _waste(geometry.intermediate, columns) <= MOST_WASTE else 128
        down_columns = columns if _waste(geometry.hidden, columns) <= MOST_WASTE else 128
        yield Choice("blocks", replace(tile, columns=up_columns), replace(tile, columns=down_columns))


def _rows(geometry: Geometry, tokens: int) -> tuple[int, ...]:
    """Powers of two around the rows that an expert gets at even routing, and the least that there is."""
    even = tokens * geometry.top_k / geometry.distinct_experts(tokens)
    near: Sequence[int] = [rows for rows in (16, 32, 64, 128) if even / 2 <= rows <= 4 * even]
    return tuple(dict.fromkeys((*near, 16))) if even < 64 else tuple(near) or (128,)


def _fits(geometry: Geometry, choice: Choice, weight_bytes: int) -> bool:
    if not (choice.up and choice.down):
        return True
    if choice.way != "vector":
        if max(tile_bytes(tile, weight_bytes) for tile in (choice.up, choice.down)) > SHARED_MEMORY_BYTES:
            return False
        wastes = (
            _waste(geometry.intermediate, choice.up.columns),
            _waste(geometry.hidden, choice.down.columns),
        )
        return max(wastes) <= MOST_WASTE
    return True


def _waste(size: int, columns: int) -> float:
    return -(-size // columns) * columns / size - 1


def describe_config(config: dict[str, Any]) -> str:
    """One of vLLM's tiles in a line."""
    m, n, k = (config[f"BLOCK_SIZE_{axis}"] for axis in "MNK")
    launch = f"w{config.get('num_warps', '-')} s{config.get('num_stages', '-')}"
    return f"{m}x{n}x{k} {launch} g{config.get('GROUP_SIZE_M', 1)}"
