"""Muon for the matrices, AdamW for the rest."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Keller Jordan's quintic, https://kellerjordan.github.io/posts/muon/"""


class Muon(torch.optim.Optimizer):
    """Momentum made orthogonal, also for stacks of matrices, which torch.optim.Muon doesn't take."""

    def __init__(
        self, params: list[nn.Parameter], lr: float, momentum: float = 0.95, decay: float = 0.01
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        """Takes one step along the gradients."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(p)
                state["momentum"].lerp_(p.grad, 1 - group["momentum"])
                update = orthogonal(p.grad.lerp(state["momentum"], group["momentum"]))
                scale = max(1.0, p.shape[-2] / p.shape[-1]) ** 0.5
                p.mul_(1 - group["lr"] * group["decay"]).add_(update, alpha=-group["lr"] * scale)


def orthogonal(matrix: Tensor, steps: int = 5) -> Tensor:
    """Moves the singular values of (..., rows, columns) near to one."""
    x = matrix.bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.transpose(-1, -2)
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    a, b, c = _NEWTON_SCHULZ
    for _ in range(steps):
        gram = x @ x.transpose(-1, -2)
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.transpose(-1, -2) if tall else x).to(matrix.dtype)


def optimizers(network: nn.Module) -> list[torch.optim.Optimizer]:
    """Muon for what multiplies hidden states, AdamW for the rest, fastest for the table of tokens."""
    matrices: list[nn.Parameter] = []
    table: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in network.named_parameters():
        small = parameter.dim() < 2 or "conv1d" in name or "gate" in name
        (table if name == "embeddings" else rest if small else matrices).append(parameter)
    groups = [{"params": table, "lr": 0.05}, {"params": rest, "lr": 4e-3}]
    return [Muon(matrices, lr=0.02), torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.0)]
