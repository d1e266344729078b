"""The shared expert, where our kernels compute it together with the routed ones.

vLLM's runner asks one object for the shared expert's output and adds it to the routed one. That object is
wrapped: for the counts of tokens that fold it in, it computes nothing and hands out what our kernels wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class FoldedShared(torch.nn.Module):  # type: ignore[misc]
    """Stands where vLLM's `SharedExperts` stood.

    Args:
        stock: vLLM's.
        folds: whether a count of tokens is folded.
    """

    def __init__(self, stock: Any, folds: Callable[[int], bool]) -> None:
        super().__init__()
        self.stock = stock
        self._folds = folds
        self._folded: Tensor | None = None

    def matrices(self) -> dict[str, Tensor]:
        """Those of the shared expert, by the names that the kernels give them."""
        mlp = self.stock._layer
        return {"shared_up": mlp.up_proj.weight.data, "shared_down": mlp.down_proj.weight.data}

    def hand_over(self, out: Tensor) -> None:
        """Takes the output `[T, H]` that the runner asks for next."""
        self._folded = out

    def maybe_forward_async(self, shared_experts_input: Tensor) -> bool:
        """As vLLM's: whether a second stream has begun to compute."""
        return not self._folds(len(shared_experts_input)) and self.stock.maybe_forward_async(
            shared_experts_input
        )

    def forward(self, shared_experts_input: Tensor, order: Any) -> None:
        """As vLLM's."""
        if not self._folds(len(shared_experts_input)):
            self.stock(shared_experts_input, order)

    def wait(self) -> None:
        """As vLLM's."""
        self.stock.wait()

    @property
    def output(self) -> Tensor:
        """As vLLM's: the output, once."""
        folded, self._folded = self._folded, None
        return self.stock.output if folded is None else folded
