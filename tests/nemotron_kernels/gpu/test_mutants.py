"""The tests of the kernels can fail: one thing wrong in a kernel is found out by the same comparison."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch

from nemotron_kernels.choice import Choice, Tile
from nemotron_kernels.reference import route, routed_experts
from support.interpreted import batch as batches
from support.interpreted import grouped, layer, routing, vector, workspace
from support.moe import SMALL, draw_batch, draw_weights, relative_error

DEVICE = Path(grouped.__file__ or "").with_name("device")
GROUPED, VECTOR, ROUTING = (DEVICE / f"{name}.py" for name in ("grouped", "vector", "routing"))
MUTANTS = {
    "no square": (GROUPED, "        total *= total\n", ""),
    "no relu": (GROUPED, "total = tl.maximum(total, 0.0)\n", "pass\n"),
    "a row too many": (GROUPED, "place < tl.load(tile_rows + tile)", "place <= tl.load(tile_rows + tile)"),
    "a row too few": (GROUPED, "place < tl.load(tile_rows + tile)", "place + 1 < tl.load(tile_rows + tile)"),
    "columns of the next expert": (GROUPED, "+ first, 0, x, token", "+ first + 1, 0, x, token"),
    "columns overhang": (GROUPED, "(column < I)[:, None]", "(column < I + 1)[:, None]"),
    "features overhang": (GROUPED, "if DEPTH % STEP != 0:", "if DEPTH % STEP == -1:"),
    "a step too few": (GROUPED, "range(0, DEPTH, STEP)", "range(0, DEPTH - STEP, STEP)"),
    "not weighted": (GROUPED, "tl.load(shares + row, mask=is_routed, other=1.0)", "live.to(tl.float32)"),
    "summed too early": (GROUPED, "seen == K + SHARED - 1", "seen == K + SHARED - 2"),
    "one expert left out": (GROUPED, "for k in tl.static_range(K):", "for k in tl.static_range(K - 1):"),
    "vector: no square": (VECTOR, "(total * total).to(", "total.to("),
    "vector: no relu": (VECTOR, "total = tl.maximum(total, 0.0)\n", "pass\n"),
    "vector: columns overhang": (VECTOR, "+ column, (total", "+ column + 1, (total"),
    "vector: not weighted": (VECTOR, "share = tl.load(shares + row).to(tl.float32)", "share = 1.0"),
    "routing: no bias": (ROUTING, "score + tl.load(bias + expert).to(tl.float32)[None, :]", "score"),
    "routing: weighed with the bias": (
        ROUTING,
        "taken, score, 0.0",
        "taken, score + tl.load(bias + expert)[None, :], 0.0",
    ),
    "routing: not renormalised": (ROUTING, "return ids, weights / ", "return ids, weights + 0.0 * "),
    "routing: softmax's exponent": (ROUTING, "1.0 / (1.0 + tl.exp(-logit))", "tl.exp(logit)"),
    "routing: highest id wins": (ROUTING, "(0x7FFFFFFF - expert)", "expert"),
    "routing: a row given twice": (ROUTING, "counters + chosen, 1", "counters + chosen, 0"),
    "routing: counters stay": (ROUTING, "tl.store(counters + expert, tl.zeros([E], tl.int32))", "pass"),
    "routing: no last tile": (ROUTING, "(count + ROWS - 1) // ROWS", "count // ROWS"),
}
TILE = Tile(rows=16, columns=64, depth=32)
LINE = Tile(rows=1, columns=16, depth=64, stages=1, waves=0)
STREAM = Choice("stream", TILE, TILE)
TOKENS = 17


def plant(path: Path, folder: Path, old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts the kernels of a changed file where those of `path` are launched from."""
    text = path.read_text()
    assert old in text, "the mutant changes nothing"
    changed = folder / f"mutant_{path.name}"
    changed.write_text(text.replace(old, new))
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    spec = importlib.util.spec_from_file_location(changed.stem, changed)
    assert spec
    assert spec.loader
    mutant = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(mutant)
    launcher = {GROUPED: grouped, VECTOR: vector, ROUTING: routing}[path]
    for name in [name for name in vars(launcher) if name.endswith("_kernel")]:
        monkeypatch.setattr(launcher, name, getattr(mutant, name))


def is_right(path: Path) -> bool:
    """The comparison with the reference that the other tests make."""
    weights = draw_weights(SMALL)
    space = workspace.Workspace(SMALL, 40, "cpu")
    experts = layer.Experts(SMALL, weights.up, weights.down, space, multiprocessors=3)
    tokens = 3 if path == VECTOR else TOKENS
    case = draw_batch(SMALL, tokens, "skewed", weights.bias)
    case.logits[0] = 0.0  # ties
    case.x[1] = float("nan")  # to be kept from the other tokens
    ids, shares = route(case.logits, weights.bias, SMALL.top_k)
    out = torch.full(case.x.shape, float("nan"))
    batch = batches.Batch(case.x, out, ids.int(), shares.float())
    try:
        if path == VECTOR:
            vector.run_vector(experts.layer, Choice("vector", LINE, LINE), batch)
        elif path == GROUPED:
            grouped.run_grouped(experts.layer, STREAM, batch)
        else:
            biases = (torch.zeros(SMALL.experts), weights.bias)
            return all(routes_rightly(experts.layer, batch, case.logits, bias) for bias in biases)
    except (IndexError, ValueError):  # the interpreter may notice an address beyond a tensor
        return False
    expected = routed_experts(case.x, weights.up, weights.down, ids, shares)
    numbers = ~case.x.isnan().any(1)
    return relative_error(out[numbers], expected[numbers]) < 1e-5


def routes_rightly(of: batches.Layer, batch: batches.Batch, logits: torch.Tensor, bias: torch.Tensor) -> bool:
    ids, shares = torch.full_like(batch.ids, -7), torch.full_like(batch.weights, float("nan"))
    given = batches.Routing(logits, bias)
    routing.route(of, batches.Batch(batch.x, batch.out, ids, shares, given), rows=16)
    expected, expected_shares = route(logits, bias, SMALL.top_k)
    if not torch.equal(ids.long(), expected):
        return False
    if not torch.allclose(shares.double(), expected_shares, atol=1e-6):
        return False
    w = of.workspace
    rows: list[list[int]] = [[] for _ in range(SMALL.experts)]
    tiles = (w.tile_expert, w.tile_first, w.tile_rows)
    for e, first, count in zip(*(part[: int(w.num_tiles)].tolist() for part in tiles), strict=True):
        rows[e] += w.bucket[e, first : first + count].tolist()
    wanted = [(expected.flatten() == e).nonzero().flatten().tolist() for e in range(SMALL.experts)]
    return [sorted(row) for row in rows] == wanted


@pytest.mark.parametrize("path", [GROUPED, VECTOR, ROUTING], ids=lambda path: path.stem)
def test_the_kernels_as_they_are_pass(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(path, tmp_path, "import triton\n", "import triton\n", monkeypatch)
    assert is_right(path)


@pytest.mark.parametrize(("path", "old", "new"), MUTANTS.values(), ids=MUTANTS)
def test_a_wrong_kernel_is_found_out(
    path: Path, old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(path, tmp_path, old, new, monkeypatch)
    assert not is_right(path)
