"""Random weights by which a router still chooses: with vLLM's dummy weights all tokens take the same experts.

Router logits are near zero there and the correction bias decides, so a step reads a handful of experts and
looks faster than it is. vLLM mixes this class into its workers (`worker_extension_cls`).
"""

from __future__ import annotations

from typing import Any

import torch

BIAS, NORM, ROUTER = "e_score_correction_bias", "norm", "gate.weight"


class SaneWeights:
    """What a worker can do besides its own."""

    model_runner: Any

    def make_weights_sane(self) -> dict[str, int]:
        """Sets norms to 1, the correction bias to 0, and gives the router logits of unit size, in place.

        Returns:
            How many tensors of each kind were set; a kind that is missing was not found in the model.
        """
        found: dict[str, int] = {}
        for number, (name, weights) in enumerate(self.model_runner.get_model().named_parameters()):
            kind = _kind(name, weights.dim())
            if kind is None:
                continue
            if kind == ROUTER:
                generator = torch.Generator(device=weights.device).manual_seed(number)
                weights.data.normal_(0, weights.shape[-1] ** -0.5, generator=generator)
            else:
                weights.data.fill_(1.0 if kind == NORM else 0.0)
            found[kind] = found.get(kind, 0) + 1
        return found


def _kind(name: str, dimensions: int) -> str | None:
    if name.endswith(BIAS):
        return BIAS
    if NORM in name and dimensions == 1:
        return NORM
    return ROUTER if name.endswith(ROUTER) and dimensions == 2 else None
