"""Random weights by which a router still chooses: with vLLM's dummy weights all tokens take the same experts.

Router logits are near zero there and the correction bias decides, so a step reads a handful of experts and
looks faster than it is. An engine of ours gets :class:`SaneWeights` mixed into its workers
(`worker_extension_cls`); for servers, stock ones too, `NEMOTRON_SANE_DUMMY=1` has the plugin change what
`--load-format dummy` makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import wraps
from typing import Any

import torch

BIAS, NORM, ROUTER = "e_score_correction_bias", "norm", "gate.weight"
VARIABLE = "NEMOTRON_SANE_DUMMY"
LOADER = "vllm.model_executor.model_loader.dummy_loader:DummyModelLoader.load_weights"
SIGNATURES = {LOADER: "self model model_config"}

_FP8_SCALE = 0.02
"""Of weights with standard deviation 1; sums over 2,688 inputs of unit size come out at unit size."""


class SaneWeights:
    """What a worker can do besides its own."""

    model_runner: Any

    def make_weights_sane(self) -> dict[str, int]:
        """Sets norms to 1, the correction bias to 0, and gives the router logits of unit size, in place.

        Returns:
            How many tensors of each kind were set; a kind that is missing was not found in the model.
        """
        return make_sane(self.model_runner.get_model())


def make_sane(model: Any) -> dict[str, int]:
    """See :meth:`SaneWeights.make_weights_sane`."""
    found: dict[str, int] = {}
    for number, (name, weights) in enumerate(model.named_parameters()):
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


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Whether the environment asks for it.

    Raises:
        ValueError: it says neither yes nor no.
    """
    value = environ.get(VARIABLE, "0")
    if value not in ("0", "1"):
        raise ValueError(f"{VARIABLE} is 0 or 1, not {value!r}.")
    return value == "1"


def install() -> None:
    """Makes what vLLM loads as dummy weights sane, in this process; once.

    Raises:
        nemotron_kernels.contract.VllmMismatch: vLLM's loader is another.
    """
    from nemotron_kernels.contract import check, resolve

    load = resolve(LOADER)
    if getattr(load, "is_sane", False):
        return
    check(SIGNATURES)

    @wraps(load)
    def load_sane(self: Any, model: Any, model_config: Any) -> None:
        load(self, model, model_config)
        found = make_sane(model)
        if missing := {BIAS, NORM, ROUTER} - set(found):
            raise RuntimeError(
                f"the model has no {' and no '.join(sorted(missing))}: its routing would be unreal"
            )
        fill_fp8(model)

    load_sane.is_sane = True  # type: ignore[attr-defined]
    resolve(LOADER.rpartition(".")[0]).load_weights = load_sane


def fill_fp8(model: Any) -> None:
    """Gives FP8 weights values that fill their range: vLLM's are so small that most of them become 0."""
    for number, (name, weights) in enumerate(model.named_parameters()):
        if weights.dtype == torch.float8_e4m3fn:
            generator = torch.Generator(device=weights.device).manual_seed(number)
            for part in weights.data.view(-1, weights.shape[-1]).split(1 << 14):
                part.copy_(torch.randn(part.shape, generator=generator, device=part.device))
        elif name.endswith(("weight_scale", "input_scale")):
            weights.data.fill_(_FP8_SCALE)


def _kind(name: str, dimensions: int) -> str | None:
    if name.endswith(BIAS):
        return BIAS
    if NORM in name and dimensions == 1:
        return NORM
    return ROUTER if name.endswith(ROUTER) and dimensions == 2 else None
