"""Names of cards in files, and what is said where there is none."""

from __future__ import annotations

import pytest
import torch

from nemotron_kernels.geometry import CARDS
from nemotron_kernels.tune import card


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("NVIDIA H100 80GB HBM3", "NVIDIA_H100_80GB_HBM3"),
        ("NVIDIA H200", "NVIDIA_H200"),
        ("NVIDIA H200 NVL", "NVIDIA_H200"),
        ("NVIDIA GH200 144G HBM3e", "NVIDIA_GH200_144G_HBM3e"),
        ("a/b  c", "a_b_c"),
    ],
)
def test_a_card_is_named_as_vllm_names_it(name: str, written: str) -> None:
    assert card.file_card_name(name) == written


def test_the_cards_whose_peaks_are_known_are_named_so() -> None:
    assert {card.file_card_name("NVIDIA H100 80GB HBM3"), card.file_card_name("NVIDIA H200")} <= set(CARDS)


def test_without_a_card_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(card.NoCard, match=r"no NVIDIA GPU.*nemotron doctor"):
        card.require_card()


def test_another_kind_of_card_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: "NVIDIA A100")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index: (8, 0))
    with pytest.raises(card.NoCard, match=r"A100 has compute capability 8\.0"):
        card.require_card()
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index: (9, 0))
    assert card.require_card() == "NVIDIA A100"


def test_facts_name_versions() -> None:
    found = card.facts()
    assert found["versions"]["torch"].startswith(torch.__version__.partition("+")[0])
    assert found["time"].endswith("Z")
