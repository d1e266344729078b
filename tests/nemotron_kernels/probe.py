"""Runs a tiny NemotronH in transformers and in vLLM on the CPU, and prints what came out as one line of JSON.

A script, not a test: vLLM wants its own environment variables, and warns, in the process it lives in.
Usage: probe.py FOLDER_FOR_THE_CHECKPOINT
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

os.environ |= {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "TQDM_DISABLE": "1",
    # One free thread: pinned threads that wait for each other crawl when the cores are shared.
    "OMP_NUM_THREADS": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
}

import torch

from nemotron_kernels.vllm_plugin import register

NEW_TOKENS = 24
VOCAB = 512


def tokens(count: int, seed: int) -> list[int]:
    return random.Random(seed).choices(range(20, VOCAB), k=count)


STORY = tokens(720, seed=1)
PROMPTS = {
    "short": STORY[500:507],
    "a block": STORY[:128],
    "ends near a block": tokens(120, seed=2),
    "two blocks and more": STORY[:350],
    "same start, other end": STORY[:300] + tokens(40, seed=3),
    "same start, longer": STORY[:420],
    "long": STORY[:700],
    "unrelated": tokens(200, seed=4),
}


def build(folder: Path) -> None:
    """All three kinds of layer, 128 experts top-6; weights large enough for each layer to tell."""
    from transformers import NemotronHConfig, NemotronHForCausalLM

    torch.manual_seed(0)
    config = NemotronHConfig(
        vocab_size=VOCAB,
        hidden_size=64,
        hybrid_override_pattern="MEM*EM*E",
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=2048,
        intermediate_size=64,
        ssm_state_size=32,
        mamba_num_heads=4,
        mamba_head_dim=32,
        n_groups=2,
        n_routed_experts=128,
        num_experts_per_tok=6,
        moe_intermediate_size=64,
        moe_shared_expert_intermediate_size=128,
        routed_scaling_factor=2.5,
        initializer_range=0.05,
        dtype="float32",
    )
    model = NemotronHForCausalLM(config)
    spread = {
        "gate.weight": 0.3,
        "e_score_correction_bias": 0.02,
        "experts.": 0.15,
        "conv1d.weight": 0.7,
        "in_proj": 0.2,
        "out_proj": 0.3,
        "lm_head": 0.3,
    }
    with torch.no_grad():
        for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
            for part, std in spread.items():
                if part in name:
                    tensor.normal_(0, std)
    model.save_pretrained(folder)


def transformers_answers(folder: Path) -> dict[str, list[int]]:
    """Greedy tokens; `time_step_min=0` since vLLM never clamps the step, as transformers does in prefill."""
    from transformers import NemotronHForCausalLM

    model = NemotronHForCausalLM.from_pretrained(folder, time_step_min=0.0).eval()
    return {
        name: model.generate(
            torch.tensor([prompt]),
            max_new_tokens=NEW_TOKENS,
            do_sample=False,
            eos_token_id=None,
            pad_token_id=0,
        )[0, len(prompt) :].tolist()
        for name, prompt in PROMPTS.items()
    }


class Engine:
    def __init__(self, folder: Path, **options: Any) -> None:
        from vllm import LLM

        settings: dict[str, Any] = {
            "dtype": "float32",
            "max_model_len": 1024,
            "max_num_seqs": 8,
            "kv_cache_memory_bytes": 64 << 20,
        }
        self.llm = LLM(str(folder), skip_tokenizer_init=True, enforce_eager=True, **(settings | options))

    def answer(self, *prompts: list[int]) -> list[dict[str, Any]]:
        """Serves the prompts as one batch."""
        from vllm import SamplingParams

        greedy = SamplingParams(temperature=0, max_tokens=NEW_TOKENS, ignore_eos=True, detokenize=False)
        outputs = self.llm.generate([{"prompt_token_ids": p} for p in prompts], greedy, use_tqdm=False)
        return [
            {"tokens": list(o.outputs[0].token_ids), "cached": o.num_cached_tokens, "prompt": len(p)}
            for o, p in zip(outputs, prompts, strict=True)
        ]

    def close(self) -> None:
        from vllm.distributed import cleanup_dist_env_and_memory

        del self.llm
        gc.collect()
        cleanup_dist_env_and_memory()


def modules_imported_on_cuda() -> list[str]:
    """What `register` imports where vLLM believes itself on CUDA and our kernels are off."""
    import vllm.platforms
    from vllm.platforms.interface import Platform, PlatformEnum

    class Cuda(Platform):
        _enum = PlatformEnum.CUDA

    vllm.platforms.current_platform = Cuda()
    os.environ["NEMOTRON_KERNELS"] = "off"
    before = set(sys.modules)
    register()
    del os.environ["NEMOTRON_KERNELS"]
    del vllm.platforms.current_platform
    return sorted(set(sys.modules) - before)


def patches_after_registering_again() -> dict[str, Any]:
    from vllm.model_executor.layers.fused_moe.config import FusedMoEConfig
    from vllm.model_executor.layers.fused_moe.oracle import unquantized
    from vllm.model_executor.layers.mamba.ops import ssd_checkpoint, ssd_combined
    from vllm.v1.worker.gpu_input_batch import CachedRequestState

    register()
    register()
    candidates = unquantized.backend_to_kernel_cls(unquantized.UnquantizedMoeBackend.CPU)
    functions = (
        FusedMoEConfig.__post_init__,
        unquantized.backend_to_kernel_cls,
        ssd_combined._mamba_chunk_scan_combined_fwd,
        CachedRequestState.__post_init__,
    )
    return {
        "our experts": [c.__name__ for c in candidates].count("Relu2Experts"),
        "not wrapped": [f.__name__ for f in functions if not hasattr(f, "__wrapped__")],
        "wrapped twice": [f.__name__ for f in functions if hasattr(f.__wrapped__, "__wrapped__")],
        "checkpoint kernel": ssd_checkpoint._store_prefill_checkpoint_kernel.func.__module__,
    }


def refused_activations() -> list[str]:
    """Activations without a gate that vLLM still turns down on a CPU."""
    from vllm.model_executor.layers.fused_moe.activation import MoEActivation
    from vllm.model_executor.layers.fused_moe.config import (
        FusedMoEConfig,
        FusedMoEParallelConfig,
        RoutingMethodType,
    )

    refused = []
    for activation in (a for a in MoEActivation if not a.is_gated):
        try:
            FusedMoEConfig(
                num_experts=2,
                experts_per_token=1,
                hidden_dim=8,
                intermediate_size=8,
                num_local_experts=2,
                num_logical_experts=2,
                activation=activation,
                device="cpu",
                routing_method=RoutingMethodType.Default,
                moe_parallel_config=FusedMoEParallelConfig.make_no_parallel(),
                in_dtype=torch.float32,
            )
        except NotImplementedError:
            refused.append(activation.name)
    return refused


def uncached(folder: Path) -> dict[str, Any]:
    engine = Engine(folder, enable_prefix_caching=False)
    answers = {name: engine.answer(prompt)[0] for name, prompt in PROMPTS.items()}
    batch = dict(zip(PROMPTS, engine.answer(*PROMPTS.values()), strict=True))
    turns = {name: next_turn(name, answers) for name in ("two blocks and more", "ends near a block")}
    second = {name: engine.answer(prompt)[0] for name, prompt in turns.items()}
    engine.close()
    return {"alone": answers, "batch": batch, "turns": turns, "second turn": second}


def next_turn(name: str, answers: dict[str, Any]) -> list[int]:
    return PROMPTS[name] + answers[name]["tokens"] + tokens(60, seed=5)


def cached(folder: Path, turns: dict[str, list[int]], **options: Any) -> list[dict[str, Any]]:
    """One engine through a sequence of batches; each answer with the name of its prompt."""
    batches: list[list[str]] = [
        ["two blocks and more"],
        ["two blocks and more"],
        ["same start, other end"],
        ["ends near a block"],
        ["turn: two blocks and more"],
        ["turn: ends near a block"],
        [*PROMPTS],
        ["long", "same start, longer", "unrelated", "turn: two blocks and more"],
    ]
    prompts = PROMPTS | {f"turn: {name}": prompt for name, prompt in turns.items()}
    engine = Engine(folder, enable_prefix_caching=True, **options)
    answers = []
    for step, batch in enumerate(batches):
        served = engine.answer(*(prompts[name] for name in batch))
        answers += [{"step": step, "name": name} | a for name, a in zip(batch, served, strict=True)]
    engine.close()
    return answers


def main(folder: Path) -> dict[str, Any]:
    report: dict[str, Any] = {"imported on CUDA": modules_imported_on_cuda()}
    build(folder)
    report["transformers"] = transformers_answers(folder)
    plain = report["uncached"] = uncached(folder)
    report["cached"] = cached(folder, plain["turns"])
    report["chunked"] = cached(folder, plain["turns"], max_num_batched_tokens=256)
    report["dense"] = cached(folder, plain["turns"], prefix_cache_retention_interval=None)
    report["patches"] = patches_after_registering_again()
    report["refused activations"] = refused_activations()
    bf16 = Engine(folder, dtype="bfloat16")
    report["bf16"] = [bf16.answer(PROMPTS["two blocks and more"])[0] for _ in range(2)]
    bf16.close()
    return report


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
