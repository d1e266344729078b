from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.errors import ConfigError, HardwareUnsupported
from nemotron_runtime.hardware.cards import Card, load_cards, named
from nemotron_runtime.hardware.memory import GIB
from nemotron_runtime.hardware.plan import SHORTEST, Need, nearest, plan
from nemotron_runtime.models.spec import load_all

SPECS = load_all()
NANO = SPECS["nvidia/nemotron-3-nano-30b-a3b"]
CARDS = {card.name: card for card in load_cards()}
FULL = Need(262144)

KNOWN = (
    "H100 80GB|H100 NVL|H200|B200|GB200|A100 40GB|A100 80GB|L40S|L4|RTX PRO 6000|RTX 6000 Ada|"
    "RTX 5090|RTX 4090|RTX 3090|GB10|Thor"
)


def test_the_cards_are_known() -> None:
    assert set(CARDS) == set(KNOWN.split("|"))


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("NVIDIA H100 80GB HBM3", "H100 80GB"),
        ("NVIDIA H100 PCIe", "H100 80GB"),
        ("h100 80gb", "H100 80GB"),
        ("NVIDIA H100 NVL", "H100 NVL"),
        ("NVIDIA H200", "H200"),
        ("NVIDIA B200", "B200"),
        ("NVIDIA GB200", "GB200"),
        ("NVIDIA A100-SXM4-80GB", "A100 80GB"),
        ("NVIDIA A100-PCIE-40GB", "A100 40GB"),
        ("NVIDIA L40S", "L40S"),
        ("NVIDIA L4", "L4"),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "RTX PRO 6000"),
        ("NVIDIA RTX 6000 Ada Generation", "RTX 6000 Ada"),
        ("NVIDIA GeForce RTX 5090", "RTX 5090"),
        ("GeForce RTX 4090", "RTX 4090"),
        ("NVIDIA GeForce RTX 3090", "RTX 3090"),
        ("NVIDIA GB10", "GB10"),
        ("NVIDIA Thor", "Thor"),
        ("5090", "RTX 5090"),
        ("H100", "H100 80GB"),
    ],
)
def test_a_card_is_found_as_people_and_drivers_call_it(said: str, name: str) -> None:
    assert named(said).name == name


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("A100", "may be A100 40GB, A100 80GB"),
        ("RTX 6000", "may be RTX 6000 Ada, RTX PRO 6000"),
        ("H20", "is not known"),
        ("NVIDIA L40", "is not known"),
        ("NVIDIA GH200 480GB", "is not known"),
        ("TPU", "is not known"),
        ("", "is not known"),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "is not known"),
    ],
)
def test_what_is_not_clear_is_said(said: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        named(said)


@pytest.mark.parametrize(
    ("card", "count", "variant", "kv", "parallel", "full"),
    [
        ("H100 80GB", 1, "fp8", "fp8", 1, 44),
        ("H200", 1, "fp8", "fp8", 1, 109),
        ("B200", 1, "fp8", "fp8", 1, 151),
        ("L40S", 1, "fp8", "fp8", 1, 6),
        ("A100 80GB", 1, "bf16", "bfloat16", 1, 5),
        ("A100 40GB", 1, "nvfp4", "bfloat16", 1, 8),
        ("RTX 5090", 1, "nvfp4", "fp8", 1, 6),
        ("RTX 4090", 2, "nvfp4", "fp8", 2, 17),
    ],
)
def test_the_best_weights_that_fit(
    card: str, count: int, variant: str, kv: str, parallel: int, full: int
) -> None:
    best = plan(NANO, CARDS[card], count, FULL)
    assert best.fits
    assert (best.variant.name, best.kv, best.tensor_parallel) == (variant, kv, parallel)
    assert int(best.sequences(262144)) == full


def test_cards_that_hold_it_alone_are_replicas() -> None:
    best = plan(NANO, CARDS["L40S"], 4, FULL)
    assert (best.tensor_parallel, best.replicas) == (1, 4)
    assert "--data-parallel-size 4" in best.command


def test_weights_that_are_asked_for_are_planned_even_where_they_do_not_fit() -> None:
    best = plan(NANO, CARDS["L40S"], 1, Need(262144, "bf16"))
    assert (best.variant.name, best.fits) == ("bf16", False)
    assert nearest(NANO, CARDS["L40S"], 1, Need(262144, "bf16")) == "2 cards of this kind hold it."


@pytest.mark.parametrize(
    ("card", "need", "advice"),
    [
        ("RTX 4090", FULL, "2 cards of this kind hold it."),
        ("L40S", Need(1 << 20, "fp8", "bfloat16"), "A context of"),
    ],
)
def test_where_nothing_fits_the_nearest_thing_is_named(card: str, need: Need, advice: str) -> None:
    assert not plan(NANO, CARDS[card], 1, need).fits
    assert nearest(NANO, CARDS[card], 1, need).startswith(advice)


def test_the_context_that_is_proposed_fits() -> None:
    need = Need(1 << 20, "fp8", "bfloat16")
    tokens = int(nearest(NANO, CARDS["L40S"], 1, need).rsplit(" ", 1)[1].rstrip("."))
    assert plan(NANO, CARDS["L40S"], 1, Need(tokens, "fp8", "bfloat16")).fits


def test_a_backend_that_writes_nonsense_is_avoided() -> None:
    best = plan(NANO, CARDS["B200"], 1, Need(262144, "nvfp4"))
    assert "--moe-backend flashinfer_cutlass" in best.command
    assert any("#52308" in reason for reason in best.why)


def test_weights_of_unknown_size_are_not_taken_for_nothing() -> None:
    unknown = replace(NANO, variants=tuple(replace(one, weights_gib=None) for one in NANO.variants))
    with pytest.raises(HardwareUnsupported, match="size of its weights is not known"):
        plan(unknown, CARDS["H200"], 1, FULL)


def test_the_embedded_model_needs_no_plan() -> None:
    with pytest.raises(HardwareUnsupported, match="any machine"):
        plan(SPECS["nemotron-runtime/embedded-demo"], CARDS["H200"], 1, FULL)


@given(
    card=st.sampled_from(list(CARDS.values())),
    count=st.integers(1, 9),
    need=st.builds(
        Need,
        context_tokens=st.sampled_from([8192, 65536, 262144, 1 << 20]),
        variant=st.sampled_from([None, "bf16", "fp8", "nvfp4"]),
        ssm=st.sampled_from(["float32", "float16"]),
    ),
    memory=st.none() | st.floats(8, 300),
)
def test_a_plan_holds_what_it_promises(card: Card, count: int, need: Need, memory: float | None) -> None:
    best = plan(NANO, card, count, need, memory)
    assert best.tensor_parallel * best.replicas <= count
    assert best.batched_tokens >= best.pool.block_tokens
    if not best.fits:
        assert nearest(NANO, card, count, need, memory)
        return
    assert sum(best.memory.values()) == pytest.approx(best.memory_gib)
    blocks = best.pool.blocks(int(best.free_gib * GIB))
    states = best.max_sequences * best.pool.mamba_blocks
    assert states <= blocks or best.max_sequences == 1
    assert best.max_sequences <= max(1, int(best.sequences(SHORTEST)))
