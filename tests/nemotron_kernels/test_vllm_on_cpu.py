"""NemotronH in the real engine on a CPU: right tokens, with and without the prefix cache."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.engine

BLOCK = 128
ENGINES = ["cached", "chunked", "dense"]


@pytest.mark.parametrize("how", ["alone", "batch"])
def test_tokens_are_those_of_transformers(probe: dict[str, Any], how: str) -> None:
    answers = {name: answer["tokens"] for name, answer in probe["uncached"][how].items()}
    assert answers == probe["transformers"]
    assert all(len(set(tokens)) > 10 for tokens in answers.values()), "too monotonous to prove anything"


def expected_tokens(probe: dict[str, Any], name: str) -> list[int]:
    kind, _, first = name.partition("turn: ")
    return probe["uncached"]["alone" if kind else "second turn"][first or name]["tokens"]


@pytest.mark.parametrize("engine", ENGINES)
def test_prefix_cache_changes_no_token(probe: dict[str, Any], engine: str) -> None:
    wrong = [a for a in probe[engine] if a["tokens"] != expected_tokens(probe, a["name"])]
    assert wrong == []


def hits(probe: dict[str, Any], engine: str) -> dict[tuple[int, str], int]:
    return {(a["step"], a["name"]): a["cached"] for a in probe[engine]}


@pytest.mark.parametrize("engine", ENGINES)
def test_prefix_cache_hits_in_whole_blocks(probe: dict[str, Any], engine: str) -> None:
    seen = hits(probe, engine)
    assert all(cached % BLOCK == 0 for cached in seen.values())
    assert seen[0, "two blocks and more"] == 0
    assert seen[1, "two blocks and more"] == 2 * BLOCK
    assert seen[2, "same start, other end"] == 2 * BLOCK
    assert seen[4, "turn: two blocks and more"] == 2 * BLOCK
    assert seen[7, "long"] == 5 * BLOCK
    assert seen[6, "unrelated"] == 0


def test_states_that_arise_in_decoding_can_be_hit(probe: dict[str, Any]) -> None:
    """The answer to a prompt of 120 tokens crosses the end of the first block."""
    assert hits(probe, "dense")[5, "turn: ends near a block"] == BLOCK
    assert hits(probe, "cached")[5, "turn: ends near a block"] == 0, "vLLM keeps such states only if told to"


def test_bfloat16_serves_and_hits(probe: dict[str, Any]) -> None:
    cold, warm = probe["bf16"]
    assert cold["tokens"] == warm["tokens"]
    assert (cold["cached"], warm["cached"]) == (0, 2 * BLOCK)


def test_registering_again_patches_nothing_twice(probe: dict[str, Any]) -> None:
    assert probe["patches"] == {
        "our experts": 1,
        "not wrapped": [],
        "wrapped twice": [],
        "checkpoint kernel": "nemotron_kernels.cpu.ssm_checkpoint",
    }


def test_only_the_activation_we_have_experts_for_is_let_through(probe: dict[str, Any]) -> None:
    assert probe["refused activations"] == ["SILU_NO_MUL", "GELU_NO_MUL", "GELU_TANH_NO_MUL"]


def test_nothing_is_imported_on_cuda_while_it_is_off(probe: dict[str, Any]) -> None:
    assert probe["imported on CUDA"] == []
