"""vLLM's own experts as a contender: its classes, its choice of backend, its tiles, its launches.

Nothing of vLLM is copied: the layer is put together as vLLM's methods for unquantised and ModelOpt FP8
weights do it. What is timed is the router's kernel, the input's quantisation (FP8), and all that the experts
launch. The scaling by 2.5 and the sum with the shared expert come after it in both contenders alike, and are
left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from nemotron_kernels.geometry import Geometry
from nemotron_kernels.tune.candidates import TileConfig, describe_config
from nemotron_kernels.tune.cases import Case, Layer
from nemotron_kernels.tune.contenders import Route

FUSED_MOE = "vllm.model_executor.layers.fused_moe"


class NoStock(RuntimeError):
    """vLLM's experts can't be measured here; the message says why."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One layer as vLLM runs it: its kernel object, and weights in that kernel's form."""

    kernel: Any
    up: Tensor
    down: Tensor


@dataclass(frozen=True, slots=True)
class StockLayers:
    """All layers, as vLLM runs them.

    Attributes:
        backend: vLLM's name of it, such as `TRITON`.
        prepared: of each layer.
        biases: `[E]` of each layer.
        geometry: sizes.
        dtype: of vLLM's tile files: None or `fp8_w8a8`.
        route: chooses experts.
    """

    backend: str
    prepared: tuple[Prepared, ...]
    biases: tuple[Tensor, ...]
    geometry: Geometry
    dtype: str | None
    route: Route

    @property
    def has_tiles(self) -> bool:
        """Whether files of tuned tiles have any say."""
        return self.backend == "TRITON"

    def current_config(self, tokens: int) -> TileConfig:
        """The tiles that vLLM uses for a batch: of a tuned file if it finds one, else by its rule."""
        from vllm.model_executor.layers.fused_moe.fused_moe import try_get_optimal_moe_config

        g, one = self.geometry, self.prepared[0]
        return dict(try_get_optimal_moe_config(one.up.shape, one.down.shape, g.top_k, self.dtype, tokens))


class Stock:
    """vLLM's experts.

    Args:
        layers: see `stock_layers`.
        config: tiles; None leaves them to vLLM.
    """

    def __init__(self, layers: StockLayers, config: TileConfig | None = None) -> None:
        self.config = config
        self._layers = layers

    @property
    def name(self) -> str:
        """Such as `vLLM TRITON 16x64x128 w4 s4 g1`."""
        tiles = f" {describe_config(self.config)}" if self.config else ""
        return f"vLLM {self._layers.backend}{tiles}"

    def run(self, index: int, case: Case, out: Tensor) -> Tensor:
        """See `Contender`; vLLM allocates its output itself."""
        from vllm.model_executor.layers.fused_moe import override_config
        from vllm.model_executor.layers.fused_moe.activation import MoEActivation

        layers, one = self._layers, self._layers.prepared[index]
        ids, weights = layers.route(case.logits[index], layers.biases[index])
        with override_config(self.config) if self.config else nullcontext():
            return one.kernel.apply(
                case.x,
                one.up,
                one.down,
                weights,
                ids,
                activation=MoEActivation.RELU2_NO_MUL,
                global_num_experts=layers.geometry.experts,
                expert_map=None,
                apply_router_weight_on_input=False,
            )


def vllm_route(geometry: Geometry) -> Route:
    """The kernel by which vLLM's router chooses experts for this model on CUDA."""
    from vllm import _custom_ops as ops

    def route(logits: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        weights, ids = ops.grouped_topk(logits, 1, 1, geometry.top_k, True, 1.0, bias, 1)
        return ids, weights

    return route


def stock_layers(
    geometry: Geometry,
    layers: Sequence[Layer],
    capacity: int,
    *,
    backend: str = "auto",
    route: Route | None = None,
) -> StockLayers:
    """Puts layers together as vLLM does.

    Args:
        geometry: sizes.
        layers: weights; FP8 if they have scales.
        capacity: the most tokens of a batch; memory is taken for it now, for captured graphs hold addresses.
        backend: of vLLM's `--moe-backend`.
        route: chooses experts; by default vLLM's kernel.

    Raises:
        NoStock: vLLM is not here, or refuses this layer or backend.
    """
    try:
        from vllm.config import VllmConfig, set_current_vllm_config
        from vllm.v1.worker import workspace
    except ImportError as error:
        raise NoStock("vLLM is not installed here") from error
    device = layers[0].up.device
    try:
        if not workspace.is_workspace_manager_initialized():
            workspace.init_workspace_manager(device)
        with set_current_vllm_config(VllmConfig()):
            name, prepared = _prepare(geometry, layers, backend)
    except (NotImplementedError, ValueError, ImportError) as error:
        raise NoStock(f"vLLM has no such experts here: {error}") from error
    stock = StockLayers(
        name,
        prepared,
        tuple(layer.bias for layer in layers),
        geometry,
        "fp8_w8a8" if layers[0].scales else None,
        route or vllm_route(geometry),
    )
    _reserve(stock, capacity)
    return stock


def _prepare(geometry: Geometry, layers: Sequence[Layer], backend: str) -> tuple[str, tuple[Prepared, ...]]:
    device = layers[0].up.device
    if not layers[0].scales:
        from vllm.model_executor.layers.fused_moe.oracle import unquantized

        config = _config(geometry, device, backend)
        chosen, experts = unquantized.select_unquantized_moe_backend(config)
        _must_be_stock(experts)
        return chosen.name, tuple(_bf16(config, chosen, experts, layer) for layer in layers)
    from vllm.model_executor.layers.fused_moe.oracle import fp8
    from vllm.model_executor.layers.quantization.utils.quant_utils import kFp8StaticTensorSym

    config = _config(geometry, device, backend)
    static = kFp8StaticTensorSym
    chosen, experts = fp8.select_fp8_moe_backend(config, weight_key=static, activation_key=static)
    _must_be_stock(experts)
    return chosen.name, tuple(_fp8(config, chosen, experts, layer) for layer in layers)


def _config(geometry: Geometry, device: torch.device, backend: str) -> Any:
    from vllm.model_executor.layers.fused_moe.activation import MoEActivation
    from vllm.model_executor.layers.fused_moe.config import (
        FusedMoEConfig,
        FusedMoEParallelConfig,
        RoutingMethodType,
    )

    return FusedMoEConfig(
        num_experts=geometry.experts,
        experts_per_token=geometry.top_k,
        hidden_dim=geometry.hidden,
        intermediate_size=geometry.intermediate,
        num_local_experts=geometry.experts,
        num_logical_experts=geometry.experts,
        activation=MoEActivation.RELU2_NO_MUL,
        device=device,
        routing_method=RoutingMethodType.DeepSeekV3,
        moe_parallel_config=FusedMoEParallelConfig.make_no_parallel(),
        in_dtype=torch.bfloat16,
        router_logits_dtype=torch.float32,
        moe_backend=backend,
    )


def _must_be_stock(experts: type[Any] | None) -> None:
    if experts is None:
        raise NoStock("vLLM has no such experts here")
    if not experts.__module__.startswith("vllm."):
        raise NoStock(
            f"vLLM would run {experts}, which is not its own: start without plugins (VLLM_PLUGINS='')"
        )
    if "Monolithic" in {base.__name__.removeprefix("FusedMoEExperts") for base in experts.__mro__}:
        raise NoStock(f"vLLM's {experts.__name__} routes by itself, which is not measured yet")


def _bf16(config: Any, backend: Any, experts: type[Any], layer: Layer) -> Prepared:
    from vllm.model_executor.layers.fused_moe.config import FusedMoEQuantConfig
    from vllm.model_executor.layers.fused_moe.oracle import unquantized

    up, down = unquantized.convert_to_unquantized_kernel_format(
        backend, moe_config=config, w13_weight=layer.up, w2_weight=layer.down
    )
    kernel = unquantized.make_unquantized_moe_kernel(FusedMoEQuantConfig.make(), config, backend, experts)
    return Prepared(kernel, up, down)


def _fp8(config: Any, backend: Any, experts: type[Any], layer: Layer) -> Prepared:
    from vllm.model_executor.layers.fused_moe.activation import MoEActivation
    from vllm.model_executor.layers.fused_moe.oracle import fp8

    assert layer.scales
    scales = layer.scales
    up, down, up_scale, down_scale = fp8.convert_to_fp8_moe_kernel_format(
        fp8_backend=backend,
        layer=SimpleNamespace(moe_config=config, activation=MoEActivation.RELU2_NO_MUL),
        w13=layer.up,
        w2=layer.down,
        w13_scale=scales.up,
        w2_scale=scales.down,
        w13_input_scale=scales.x,
        w2_input_scale=scales.hidden,
    )
    quant = fp8.make_fp8_moe_quant_config(
        fp8_backend=backend,
        w1_scale=up_scale,
        w2_scale=down_scale,
        a1_scale=scales.x,
        a2_scale=scales.hidden,
    )
    return Prepared(fp8.make_fp8_moe_kernel(quant, config, experts, backend), up, down)


def _reserve(stock: StockLayers, capacity: int) -> None:
    """One call at full size: vLLM's scratch grows to what it will ever be."""
    g, one = stock.geometry, stock.biases[0]
    x = torch.zeros(capacity, g.hidden, dtype=torch.bfloat16, device=one.device)
    ids = torch.arange(capacity * g.top_k, device=one.device, dtype=torch.int32).view(capacity, g.top_k)
    logits = torch.zeros(capacity, g.experts, device=one.device)
    weights = torch.full(ids.shape, 1 / g.top_k, device=one.device)
    case = Case("uniform", x, (logits,), (ids % g.experts,), (weights,), (g.experts,))
    Stock(stock).run(0, case, x)
