"""Lets vLLM continue dialogues greedily in fp32, asks transformers about each token, prints JSON.

A script, not a test: vLLM wants its own environment variables, and warns, in the process it lives in.
Usage: agreement.py CHECKPOINT
"""

from __future__ import annotations

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
    "OMP_NUM_THREADS": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
}

import torch

from nemotron_demo.dialogues import draw
from nemotron_runtime.chat.template import ChatTemplate
from nemotron_runtime.chat.tokens import Tokens

PROMPTS = 200
NEW_TOKENS = 24
LONGEST = 2000


def prompts(folder: Path) -> list[list[int]]:
    """Dialogues up to their last answer, each seed its own."""
    tokens = Tokens.load(folder / "tokenizer.json")
    template = ChatTemplate.load(folder / "chat_template.jinja", tokens.specials)
    found: list[list[int]] = []
    for seed in range(PROMPTS):
        dialogue = draw(random.Random(f"agreement {seed}"))
        last = max(at for at, message in enumerate(dialogue.messages) if message["role"] == "assistant")
        rendered = template.render(
            dialogue.messages[:last], dialogue.tools or None, enable_thinking=dialogue.thinking
        )
        found.append(rendered.encode(tokens)[-LONGEST:])
    return found


def vllm_answers(folder: Path, prompts: list[list[int]]) -> list[list[int]]:
    """Greedy tokens, all prompts in one batch."""
    from vllm import LLM, SamplingParams

    llm = LLM(
        str(folder),
        skip_tokenizer_init=True,
        enforce_eager=True,
        dtype="float32",
        max_model_len=4096,
        max_num_seqs=32,
        kv_cache_memory_bytes=512 << 20,
    )
    greedy = SamplingParams(temperature=0, max_tokens=NEW_TOKENS, ignore_eos=True, detokenize=False)
    outputs = llm.generate([{"prompt_token_ids": prompt} for prompt in prompts], greedy, use_tqdm=False)
    return [list(output.outputs[0].token_ids) for output in outputs]


def behind_the_best(folder: Path, prompts: list[list[int]], answers: list[list[int]]) -> list[list[float]]:
    """How far each token's logit in transformers is behind the best one, 0 where it is the best itself.

    `time_step_min=0` since vLLM never clamps the step, as transformers does in prefill.
    """
    from transformers import NemotronHForCausalLM

    model = NemotronHForCausalLM.from_pretrained(folder, dtype=torch.float32, time_step_min=0.0).eval()
    gaps = []
    for prompt, answer in zip(prompts, answers, strict=True):
        with torch.no_grad():
            logits = model(torch.tensor([prompt + answer])).logits[0, len(prompt) - 1 : -1]
        chosen = logits.gather(-1, torch.tensor(answer)[:, None])[:, 0]
        gaps.append((logits.max(-1).values - chosen).tolist())
    return gaps


def main(folder: Path) -> list[dict[str, Any]]:
    asked = prompts(folder)
    answers = vllm_answers(folder, asked)
    gaps = behind_the_best(folder, asked, answers)
    return [
        {"prompt_tokens": len(prompt), "tokens": tokens, "gaps": behind}
        for prompt, tokens, behind in zip(asked, answers, gaps, strict=True)
    ]


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
