"""Does the engine sample as it says? Run before any timing, on the card that will be timed.

vLLM runs another model runner on CUDA than on CPU (another sampler, another way to apply grammars), so a
green CPU run proves nothing about a GPU. The same checks run on CPU in the test suite. They go through the
engine protocol, on the embedded checkpoint by default, and print one line each.

    python benchmarks/gpu/semantics.py [--model FOLDER] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import math
import sys
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from nemotron_runtime.chat import grammar
from nemotron_runtime.chat.tokens import Tokens
from nemotron_runtime.engine.base import Engine, EngineRequest, Sampling, TokenLogprob
from nemotron_runtime.engine.vllm import VllmEngine, VllmOptions
from nemotron_runtime.hardware.probe import gpus
from nemotron_runtime.weights import embedded
from nemotron_runtime.wire.request import FunctionDefinition, ResponseFormat

WEATHER = FunctionDefinition(
    name="weather",
    parameters={
        "type": "object",
        "properties": {"city": {"enum": ["Paris", "Oslo"]}, "days": {"type": "integer", "enum": [1, 2]}},
        "required": ["city", "days"],
    },
)
FREE = Sampling(max_tokens=24, temperature=1.0)
GREEDY = replace(FREE, temperature=0.0)


@dataclass
class Output:
    """All of one generation."""

    ids: list[int] = field(default_factory=list)
    rows: list[TokenLogprob] = field(default_factory=list)
    finish: str | None = None
    cached: int = 0


@dataclass
class Bench:
    """An engine, its vocabulary, and a prompt."""

    engine: Engine
    tokens: Tokens
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def marks(self) -> grammar.MarkIds:
        """Ids of the marks."""
        return grammar.MarkIds.of(self.tokens.specials)

    def prompt(self, text: str = "Tell me something.", *, thinking: bool = True) -> tuple[int, ...]:
        """A user's turn, and a thought that is open or over."""
        special = self.tokens.specials
        think = [special["<think>"]] if thinking else [special["<think>"], special["</think>"]]
        return (special["<|im_start|>"], *self.tokens.encode(f"user\n{text}"), *think)

    async def run(self, sampling: Sampling, prompt: tuple[int, ...] | None = None) -> Output:
        """One generation to its end."""
        request = EngineRequest(f"check-{next(self.numbers)}", prompt or self.prompt(), sampling)
        output = Output()
        async with aclosing(self.engine.generate(request)) as deltas:
            async for delta in deltas:
                output.ids += delta.token_ids
                output.rows += delta.logprobs or ()
                output.finish = delta.finish
                output.cached = delta.cached_tokens or output.cached
        return output

    def text(self, ids: list[int]) -> str:
        """What ids say."""
        return b"".join(map(self.tokens.bytes_of, ids)).decode("utf-8", "replace")


def require(condition: object, detail: str) -> str:
    """The detail where the condition holds."""
    if not condition:
        raise AssertionError(detail)
    return detail


async def seed(bench: Bench) -> str:
    """The same seed gives the same tokens, alone and beside others; another seed gives others."""
    one = await bench.run(replace(FREE, seed=7))
    again, other = await asyncio.gather(bench.run(replace(FREE, seed=7)), bench.run(replace(FREE, seed=8)))
    require(one.ids == again.ids, "seed 7 differs from itself")
    return require(one.ids != other.ids, f"{len(one.ids)} tokens repeat, seed 8 differs")


async def greedy_settings(bench: Bench) -> str:
    """top_k 1, a tiny top_p and min_p 1 are all greedy."""
    best = (await bench.run(GREEDY)).ids
    for greedy in (
        replace(FREE, seed=3, top_k=1),
        replace(FREE, seed=3, top_p=1e-6),
        replace(FREE, seed=3, min_p=1.0),
    ):
        require((await bench.run(greedy)).ids == best, f"{greedy} is not greedy")
    return "top_k=1, top_p=1e-6, min_p=1 equal temperature 0"


async def logprobs(bench: Bench) -> str:
    """A row for each token, best first, the greedy token on top."""
    output = await bench.run(replace(GREEDY, logprobs=5))
    require(len(output.rows) == len(output.ids), "rows and tokens differ in number")
    for token, row in zip(output.ids, output.rows, strict=True):
        values = [value for _, value in row.top]
        require(row.token_id == token and len(values) == 5, "wrong row")
        require(values == sorted(values, reverse=True), "candidates are not sorted")
        require(math.isclose(row.logprob, values[0], abs_tol=1e-6), "the greedy token is not the best")
        require(sum(map(math.exp, values)) <= 1 + 1e-4, "probabilities over 1")
    return f"{len(output.rows)} rows of 5"


async def logit_bias(bench: Bench) -> str:
    """+100 forces a token, -100 bans it."""
    token = bench.tokens.encode("a")[0]
    forced = await bench.run(replace(FREE, logit_bias={token: 100.0}))
    require(set(forced.ids) == {token}, "+100 did not force")
    best = (await bench.run(GREEDY)).ids[0]
    banned = await bench.run(replace(GREEDY, logit_bias={best: -100.0}))
    return require(best not in banned.ids, "forced and banned")


async def penalties(bench: Bench) -> str:
    """A token that a bias keeps repeating is driven out by each penalty that counts it."""
    token = bench.tokens.encode("a")[0]
    repeating = replace(GREEDY, logit_bias={token: 30.0}, max_tokens=40)
    require(set((await bench.run(repeating)).ids) == {token}, "the bias does not repeat")
    mild = replace(repeating, logit_bias={token: await _margin(bench, token)})
    counts = {}
    penalised = {
        "frequency_penalty": replace(mild, frequency_penalty=2.0),
        "presence_penalty": replace(mild, presence_penalty=2.0),
        "repetition_penalty": replace(mild, repetition_penalty=2.0),
    }
    for name, sampling in penalised.items():
        ids = (await bench.run(sampling)).ids
        counts[name] = ids.count(token)
        require(counts[name] < len(ids), f"{name} has no effect")
    return f"of 40: {counts}"


async def _margin(bench: Bench, token: int) -> float:
    """The smallest whole bias that makes the greedy output repeat the token."""
    for bias in range(1, 30):
        ids = (await bench.run(replace(GREEDY, logit_bias={token: float(bias)}, max_tokens=40))).ids
        if set(ids) == {token}:
            return float(bias)
    raise AssertionError("no bias repeats the token")


async def stop_and_length(bench: Bench) -> str:
    """A stop token ends the output and is its last id; else max_tokens does."""
    end = bench.marks.end[0]
    stopped = await bench.run(replace(FREE, stop_token_ids=bench.marks.end, logit_bias={end: 100.0}))
    require((stopped.ids, stopped.finish) == ([end], "stop"), f"{stopped.ids} {stopped.finish}")
    bans = dict.fromkeys(bench.marks.end, -100.0)
    long = await bench.run(replace(FREE, max_tokens=9, logit_bias=bans, stop_token_ids=bench.marks.end))
    return require((len(long.ids), long.finish) == (9, "length"), "stop and length as asked")


async def budget(bench: Bench) -> str:
    """Thinking ends exactly at the budget, and only the thought is counted."""
    marks = bench.marks
    tag = grammar.build(thinking=True, budget=5, calls=None, response=None, marks=marks)
    last = {marks.end_think: -50.0, marks.call: -100.0}  # the thought's end only where nothing else may come
    for attempt in range(4):
        ids = (await bench.run(replace(FREE, seed=attempt, grammar=tag, logit_bias=last))).ids
        require(ids.index(marks.end_think) == 5, f"thought of {ids.index(marks.end_think)} tokens")
        require(len(ids) > 6 or ids[-1] in marks.end, "nothing after the thought")
    return "4 thoughts of exactly 5 tokens"


async def call_in_thought(bench: Bench) -> str:
    """A call opened in the thought survives the budget, with the grammar of a forced call."""
    marks = bench.marks
    calls = grammar.Calls(tools=(WEATHER,), mode="required", parallel=False)
    tag = grammar.build(thinking=True, budget=3, calls=calls, response=None, marks=marks)
    wish = replace(FREE, max_tokens=200, grammar=tag, seed=1, stop_token_ids=marks.end)
    early = await bench.run(replace(wish, logit_bias={marks.call: 100.0}))
    require(early.ids[0] == marks.call and marks.end_think not in early.ids, "the call was cut")
    require(early.finish == "stop" and marks.end_call in early.ids, f"not complete: {early.finish}")
    late = await bench.run(replace(wish, logit_bias={marks.call: -100.0}))
    require(late.ids[3] == marks.end_think, "the thought did not end at its budget")
    require(marks.end_call in late.ids, "no call after the thought")
    return repr(bench.text(early.ids))


async def free_call_in_thought(bench: Bench) -> str:
    """The same without a grammar for calls: after the mark, nothing is forced into the call."""
    marks = bench.marks
    calls = grammar.Calls(tools=(WEATHER,), mode="auto", parallel=True, held=False)
    tag = grammar.build(thinking=True, budget=3, calls=calls, response=None, marks=marks)
    output = await bench.run(replace(FREE, seed=2, grammar=tag, logit_bias={marks.call: 100.0}))
    require(output.ids[0] == marks.call, "the call did not come")
    return require(marks.end_think not in output.ids, f"{len(output.ids)} tokens, no forced end")


async def json_answer(bench: Bench) -> str:
    """A JSON schema holds behind the thought."""
    marks = bench.marks
    schema = {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}, "size": {"enum": ["S", "M"]}},
        "required": ["ok", "size"],
        "additionalProperties": False,
    }
    wish = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    response = grammar.response_of(ResponseFormat.model_validate(wish), schema_bytes=4096)
    tag = grammar.build(thinking=True, budget=4, calls=None, response=response, marks=marks)
    ids = (await bench.run(replace(FREE, max_tokens=120, grammar=tag, seed=5, stop_token_ids=marks.end))).ids
    answer = bench.text([i for i in ids[ids.index(marks.end_think) + 1 :] if i not in marks.end])
    found = json.loads(answer)
    return require(set(found) == {"ok", "size"}, answer.strip())


async def prefix_hits(bench: Bench) -> str:
    """The second request with a long prompt finds it cached and says the same."""
    prompt = bench.prompt("All work and no play makes a long prompt. " * 60)
    first = await bench.run(GREEDY, prompt)
    second = await bench.run(GREEDY, prompt)
    require(second.cached > 0, "no hit")
    require(first.ids == second.ids, "the cache changed the answer")
    return f"{second.cached} of {len(prompt)} tokens cached, same answer"


async def abort(bench: Bench) -> str:
    """Closing the generator frees the engine, which goes on answering."""
    request = EngineRequest("aborted", bench.prompt(), replace(FREE, max_tokens=4000))
    async with aclosing(bench.engine.generate(request)) as deltas:
        await anext(deltas)
    await bench.engine.check()
    output = await bench.run(GREEDY)
    return require(output.finish, "answered after an abort")


CHECKS: tuple[Callable[[Bench], Awaitable[str]], ...] = (
    seed,
    greedy_settings,
    logprobs,
    logit_bias,
    penalties,
    stop_and_length,
    budget,
    call_in_thought,
    free_call_in_thought,
    json_answer,
    prefix_hits,
    abort,
)


async def run_checks(bench: Bench) -> list[dict[str, Any]]:
    """One row a check."""
    rows = []
    for check in CHECKS:
        try:
            rows.append({"check": check.__name__, "ok": True, "detail": await check(bench)})
        except Exception as error:
            rows.append({"check": check.__name__, "ok": False, "detail": f"{type(error).__name__}: {error}"})
    return rows


async def main() -> int:
    """Starts an engine, runs all checks, prints and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", type=Path, help="a folder with a checkpoint (default: the embedded one)")
    parser.add_argument("--out", type=Path, help="write the rows as JSON")
    options = parser.parse_args()
    folder = options.model or embedded.embedded_checkpoint()
    device: Literal["cuda", "cpu"] = "cuda" if gpus() else "cpu"
    engine = VllmEngine(VllmOptions(model_dir=folder, device=device, context_tokens=8192))
    await engine.start()
    try:
        rows = await run_checks(Bench(engine, Tokens.load(folder / "tokenizer.json")))
    finally:
        info = engine.info
        await engine.stop()
    import torch

    facts = {
        "gpu": [card.name for card in gpus()],
        "device": device,
        "vllm": info.version,
        "torch": torch.__version__,
        "dtype": info.dtype,
    }
    print(json.dumps(facts))
    for row in rows:
        print(f"{'ok  ' if row['ok'] else 'FAIL'} {row['check']:22} {row['detail']}")
    if options.out:
        options.out.write_text(json.dumps({**facts, "checks": rows}, indent=1) + "\n")
    return 0 if all(row["ok"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
