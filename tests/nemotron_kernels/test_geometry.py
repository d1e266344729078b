from __future__ import annotations

import pytest

from nemotron_kernels.geometry import CARDS, NANO, NANO_TP2


def test_sizes_are_the_published_ones() -> None:
    assert NANO.expert_elements * 2 == pytest.approx(19.96e6, rel=1e-3)  # bytes of one expert in bf16
    assert NANO.shared_experts == NANO_TP2.shared_experts == 2
    assert NANO_TP2.expert_elements * 2 == NANO.expert_elements


@pytest.mark.parametrize(
    ("tokens", "distinct", "megabytes", "h100_us", "h200_us"),
    [
        (1, 6.00, 160.4, 47.9, 33.4),
        (8, 40.82, 855.8, 256, 178),
        (128, 127.7, 2599, 776, 541),
        (8192, 128, None, 1321, 1321),  # bound by arithmetic
    ],
)
def test_floors_are_those_of_the_arithmetic(
    tokens: int, distinct: float, megabytes: float | None, h100_us: float, h200_us: float
) -> None:
    """bf16 with the shared expert; the expected figures count 0.7 MB of router weights, too."""
    reached = NANO.distinct_experts(tokens)
    assert reached == pytest.approx(distinct, rel=1e-3)
    needed = NANO.needed_bytes(tokens, reached, 2, shared=True)
    assert megabytes is None or needed == pytest.approx(megabytes * 1e6, rel=0.02)
    for card, expected in (("NVIDIA_H100_80GB_HBM3", h100_us), ("NVIDIA_H200", h200_us)):
        assert CARDS[card].floor_us(needed, NANO.flops(tokens, shared=True), 2) == pytest.approx(
            expected, rel=0.02
        )
