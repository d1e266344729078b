"""Seeded requests whose prompt is computed in parts."""

from __future__ import annotations

import torch

from nemotron_kernels.cpu.seeds import SeededGenerator


def draw(generator: torch.Generator) -> list[float]:
    values: list[float] = torch.empty(5).exponential_(generator=generator).tolist()
    return values


def plain(seed: int) -> torch.Generator:
    return torch.Generator("cpu").manual_seed(seed)


def test_draws_are_those_of_a_plain_generator() -> None:
    seeded = SeededGenerator.like(plain(7))
    reference = plain(7)
    assert [draw(seeded), draw(seeded)] == [draw(reference), draw(reference)]


def test_a_draw_is_taken_back_as_vllm_does_it() -> None:
    seeded = SeededGenerator.like(plain(7))
    for _ in range(3):
        draw(seeded)
        seeded.set_offset(seeded.get_offset() - 4)
    assert draw(seeded) == draw(plain(7))
