"""The plan's arithmetic is that of the engine that runs."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from nemotron_runtime.engine.vllm import CPU_KV_CACHE_BYTES
from nemotron_runtime.hardware.memory import Pool
from nemotron_runtime.models.shape import Shape
from nemotron_runtime.weights.embedded import embedded_checkpoint

pytestmark = pytest.mark.engine


def test_vllm_divides_its_memory_as_planned(live: str) -> None:
    config = json.loads((embedded_checkpoint() / "config.json").read_text())
    pool = Pool.of(Shape.of_config(config), "bfloat16", config["mamba_ssm_cache_dtype"], device="cpu")
    metrics = httpx.get(f"{live}/metrics").text
    (reported,) = (line for line in metrics.splitlines() if line.startswith("vllm:cache_config_info{"))
    facts = dict(re.findall(r'(\w+)="([^"]*)"', reported))
    assert int(facts["block_size"]) == pool.block_tokens
    assert int(facts["num_gpu_blocks"]) == pool.blocks(CPU_KV_CACHE_BYTES)
