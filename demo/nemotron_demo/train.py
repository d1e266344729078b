"""Trains the demo model: ``python -P -m nemotron_demo.train``. Resumes where it was interrupted."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from nemotron_demo import checkpoint, dialogues
from nemotron_demo.batches import IGNORE, batches, plain_texts
from nemotron_demo.layout import Geometry
from nemotron_demo.network import Network
from nemotron_demo.optimizer import optimizers
from nemotron_demo.progress import Progress
from nemotron_demo.tokenizer import learn

SAVE_EVERY = 200
BALANCE = 1e-3
"""How far the router's bias moves in a step, against the load of each expert."""


def main() -> None:
    """The command."""
    args = _arguments()
    torch.manual_seed(args.seed)
    args.folder.mkdir(parents=True, exist_ok=True)
    network = Network(Geometry())
    vocabulary, state = args.folder / "tokenizer.json", args.folder / "state.pt"
    if args.start:
        if state.exists():
            raise SystemExit(
                f"{args.folder} holds a run: leave out --start to go on with it, or name another --folder"
            )
        checkpoint.read(network, args.start / "model.safetensors")
        shutil.copy(args.start / "tokenizer.json", vocabulary)
    tokenizer = _tokenizer(vocabulary, args.seed)
    run = Run(network, args.steps, state)
    progress = Progress(tokenizer)
    size = sum(p.numel() for p in network.parameters())
    _say(f"{size / 1e6:.1f} M parameters, step {run.step} of {args.steps}")
    for inputs, targets in _data(tokenizer, args, run.step):
        if run.step >= args.steps:
            break
        run.learn(inputs, targets)
        if run.step % SAVE_EVERY == 0:
            _say(f"right: {progress.of(network)}")
    run.save()
    checkpoint.write(network, tokenizer, args.folder / "checkpoint")
    _say(f"written to {args.folder / 'checkpoint'}")


class Run:
    """A training run: the network, its optimizers, and how far it is.

    Attributes:
        step: Steps done.
    """

    def __init__(self, network: Network, steps: int, state: Path) -> None:
        self.network, self.steps, self._file = network, steps, state
        self.step = 0
        self._optimizers = optimizers(network)
        self._rates = [group["lr"] for o in self._optimizers for group in o.param_groups]
        self._log = Log()
        if state.exists():
            saved: dict[str, Any] = torch.load(state, weights_only=True)
            network.load_state_dict(saved["network"])
            for optimizer, content in zip(self._optimizers, saved["optimizers"], strict=True):
                optimizer.load_state_dict(content)
            self.step = saved["step"]

    def learn(self, inputs: Tensor, targets: Tensor) -> float:
        """Takes one step, and returns the loss before it."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden = self.network(inputs)[targets != IGNORE]
            loss = F.cross_entropy(self.network.logits(hidden).float(), targets[targets != IGNORE])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        rate = schedule(self.step, self.steps)
        groups = [group for o in self._optimizers for group in o.param_groups]
        for group, full in zip(groups, self._rates, strict=True):
            group["lr"] = full * rate
        for optimizer in self._optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self._balance(rate)
        self.step += 1
        self._log.take(self.step, self.steps, loss.item(), inputs.numel())
        if self.step % SAVE_EVERY == 0:
            self.save()
        return float(loss.item())

    def save(self) -> None:
        """Writes what resuming needs, at once or not at all."""
        content = {
            "network": self.network.state_dict(),
            "optimizers": [o.state_dict() for o in self._optimizers],
            "step": self.step,
        }
        fresh = self._file.with_suffix(".new")
        torch.save(content, fresh)
        fresh.replace(self._file)

    @torch.no_grad()
    def _balance(self, rate: float) -> None:
        for layer in self.network.experts():
            layer.bias += BALANCE * rate * torch.sign(layer.load.mean() - layer.load)


class Log:
    """Says every so often how it goes."""

    def __init__(self) -> None:
        self._losses: list[float] = []
        self._tokens, self._since = 0, time.monotonic()

    def take(self, step: int, steps: int, loss: float, tokens: int) -> None:
        """Counts a step."""
        self._losses.append(loss)
        self._tokens += tokens
        if step % 20 and step != steps:
            return
        now = time.monotonic()
        mean = sum(self._losses) / len(self._losses)
        left = (steps - step) * (now - self._since) / len(self._losses)
        rate = self._tokens / (now - self._since)
        _say(f"step {step}/{steps}  loss {mean:.4f}  {rate:,.0f} tokens/s  {left / 60:.0f} min left")
        self._losses, self._tokens, self._since = [], 0, now


def schedule(step: int, steps: int, warmup: int = 60, cooldown: float = 0.6) -> float:
    """The learning rate's factor: up, level, and down in a straight line to zero."""
    return min(1.0, (step + 1) / warmup, (steps - step) / (cooldown * steps))


def _data(tokenizer: Tokenizer, args: argparse.Namespace, step: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Short dialogues at first; a resumed run draws others than the ones it has seen."""
    short = args.steps // 8
    source = batches(dialogues.draw, tokenizer, args.seed + step, args.tokens, 256)
    for _ in range(step, short):
        yield next(source)
    yield from batches(dialogues.draw, tokenizer, args.seed + max(step, short), args.tokens, args.longest)


def _tokenizer(file: Path, seed: int) -> Tokenizer:
    if not file.exists():
        rng = random.Random(seed)
        texts = (text for _ in range(8000) for text in plain_texts(dialogues.draw(rng)))
        learn(texts).save(str(file))
    return Tokenizer.from_file(str(file))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nemotron_demo.train", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("demo/run"), help="state and result")
    parser.add_argument("--start", type=Path, help="checkpoint whose weights and vocabulary it begins with")
    parser.add_argument("--steps", type=int, default=13600)
    parser.add_argument("--tokens", type=int, default=3072, help="of a batch")
    parser.add_argument("--longest", type=int, default=900, help="tokens of a dialogue at most")
    parser.add_argument("--seed", type=int, default=20)
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    torch.set_flush_denormal(True)  # of the whole process, so not for main() in a test's
    main()
