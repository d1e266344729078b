"""vLLM behind the engine protocol: in-process AsyncLLM, the same code on CUDA and on CPU.

The only file of the runtime that imports vllm, and only once the engine starts. Only settings differ
between devices; what the CPU build lacks is mended by the plugin in ``nemotron_kernels``.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
import warnings
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nemotron_runtime.engine import kernels, steps
from nemotron_runtime.engine.base import EngineInfo, EngineRequest, Sampling, TokenDelta, TokenLogprob
from nemotron_runtime.engine.tuned import tuned_folder
from nemotron_runtime.errors import (
    ConfigError,
    EngineDead,
    EngineOverloaded,
    GenerationFailed,
    InvalidRequest,
    RuntimeFault,
)

MAX_LOGPROBS = 20
CPU_KV_CACHE_BYTES = 1 << 30
GPU_SHARE = 0.92
OVERLOAD_RETRY_S = 2
STOP_TIMEOUT_S = 10.0
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class VllmOptions:
    """What the engine is started with. None leaves the choice to vLLM.

    Attributes:
        model_dir: Folder with config, tokenizer and safetensors.
        context_tokens: Prompt and output of one sequence together.
        max_queue: Requests that may wait beyond the running ones; over it EngineOverloaded.
        batched_tokens: Of one step.
        kernels: Our own expert kernels: ``auto`` where they were measured to win, ``on``, ``off``.
        load_format: ``dummy`` fills the weights with random numbers.
        extra: Further ``AsyncEngineArgs`` fields, taken as they are.
    """

    model_dir: Path
    device: Literal["cuda", "cpu"]
    context_tokens: int
    max_queue: int = 256
    max_sequences: int | None = None
    batched_tokens: int | None = None
    dtype: str | None = None
    kv_dtype: str | None = None
    ssm_dtype: str | None = None
    kv_cache_gib: float | None = None
    gpu_memory_utilization: float | None = None
    tensor_parallel: int | None = None
    moe_backend: str | None = None
    enforce_eager: bool | None = None
    kernels: Literal["auto", "on", "off"] = "auto"
    load_format: Literal["auto", "dummy"] = "auto"
    extra: Mapping[str, Any] = field(default_factory=dict)


def engine_args(options: VllmOptions) -> dict[str, Any]:
    """The ``AsyncEngineArgs`` fields for these options."""
    on_cpu = options.device == "cpu"
    sequences = options.max_sequences or (32 if on_cpu else 128)
    kv_bytes = int(options.kv_cache_gib * 2**30) if options.kv_cache_gib else None
    args: dict[str, Any] = {
        "model": str(options.model_dir),
        "max_model_len": options.context_tokens,
        "max_num_seqs": sequences,
        "max_num_queued_reqs": sequences + options.max_queue,
        "max_logprobs": MAX_LOGPROBS,
        "tensor_parallel_size": options.tensor_parallel or 1,
        "load_format": options.load_format,
        "dtype": options.dtype or "bfloat16",
        "enforce_eager": on_cpu if options.enforce_eager is None else options.enforce_eager,
        "enable_prefix_caching": True,
        # Defaults of the checkpoint's generation_config would be injected where a request is silent.
        "generation_config": "vllm",
        "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
        "kv_cache_memory_bytes": kv_bytes or (CPU_KV_CACHE_BYTES if on_cpu else None),
        "disable_log_stats": False,
        "use_tqdm_on_load": False,
    }
    chosen = {
        "max_num_batched_tokens": options.batched_tokens or (2048 if on_cpu else None),
        "gpu_memory_utilization": None if on_cpu else options.gpu_memory_utilization or GPU_SHARE,
        "kv_cache_dtype": "fp8" if options.kv_dtype == "fp8" else None,
        "mamba_ssm_cache_dtype": options.ssm_dtype,
        "moe_backend": options.moe_backend,
    }
    return args | {name: value for name, value in chosen.items() if value is not None} | dict(options.extra)


def _prepare_environment(device: str) -> None:
    """Set before vllm is imported; a user's own setting wins."""
    steps.configure("ERROR" if device == "cpu" else "WARNING")
    if tuned := tuned_folder():
        os.environ.setdefault("VLLM_TUNED_CONFIG_FOLDER", str(tuned))
    for name, value in {
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
        "HF_HUB_OFFLINE": "1",  # the folder is complete: nothing is looked up
        "TORCH_CPP_LOG_LEVEL": "ERROR",
        "TORCH_LOGS": "-torch._library.triton",  # says that Triton is missing, as it must be on CPU
        "PYTHONWARNINGS": "ignore::FutureWarning",  # of vLLM's own processes, about torch's names
    }.items():
        os.environ.setdefault(name, value)


class VllmEngine:
    """A model in vLLM. See :class:`nemotron_runtime.engine.base.Engine`.

    Args:
        tell: Hears, in another thread, which step of the start begins.
    """

    def __init__(self, options: VllmOptions, tell: steps.Tell = lambda name, detail: None) -> None:
        self._options = options
        self._tell = tell
        self._building = threading.Event()
        self._unwanted = threading.Event()
        self._llm: Any = None
        self._info: EngineInfo | None = None
        self._kernels: kernels.State = {}

    @property
    def info(self) -> EngineInfo:
        """Valid once :meth:`start` has returned."""
        if self._info is None:
            raise EngineDead("The engine has not started.")
        return self._info

    @property
    def llm(self) -> Any:
        """The ``AsyncLLM`` itself, for measuring; None while it doesn't run."""
        return self._llm

    async def start(self) -> None:
        """Builds AsyncLLM in a thread, so that the event loop goes on answering."""
        self._llm = await asyncio.to_thread(self._build)
        config = self._llm.vllm_config
        import vllm

        self._info = EngineInfo(
            name="vllm",
            version=vllm.__version__,
            device=self._options.device,
            context_tokens=config.model_config.max_model_len,
            max_sequences=config.scheduler_config.max_num_seqs,
            dtype=str(config.model_config.dtype).removeprefix("torch."),
            details={
                "prefix_caching": str(config.cache_config.enable_prefix_caching).lower(),
                "mamba_cache_mode": str(config.cache_config.mamba_cache_mode),
                "block_tokens": str(config.cache_config.block_size),
            },
            kernels=self._kernels,
        )

    def _build(self) -> Any:
        self._building.set()
        try:
            with kernels.asked_for(self._options.kernels) as state:
                llm = self._built()
                self._kernels = state()
            return llm
        finally:
            self._building.clear()

    def _begin(self, name: str, detail: str) -> None:
        if self._unwanted.is_set():
            raise EngineDead("The engine was stopped while it started.")
        self._tell(name, detail)

    def _built(self) -> Any:
        if self._options.kernels == "on" and self._options.device == "cpu":
            raise ConfigError(
                "--kernels on needs an NVIDIA Hopper GPU, and this engine runs on the CPU: use auto."
            )
        _prepare_environment(self._options.device)
        warnings.filterwarnings("ignore", category=FutureWarning, module=r"vllm\.")
        self._begin("import", "importing vLLM")
        try:
            from vllm import envs
            from vllm.engine.arg_utils import AsyncEngineArgs
            from vllm.usage.usage_lib import UsageContext
            from vllm.v1.engine.async_llm import AsyncLLM
        except ImportError as error:
            raise ConfigError(
                "vLLM is not installed: run `make setup`, or install nemotron-runtime[cuda] or [cpu]."
            ) from error

        class Llm(AsyncLLM):  # type: ignore[misc]
            """Without a second shutdown when it is freed, which fails while the interpreter ends."""

            def __del__(self) -> None:
                pass

        envs.disable_envs_cache()
        try:
            self._begin("inspect", "inspecting the model")
            context = UsageContext.ENGINE_CONTEXT
            config = AsyncEngineArgs(**engine_args(self._options)).create_engine_config(context)
            self._begin("processes", "starting vLLM's processes, which import it again")
            with steps.followed(self._tell):
                llm = Llm.from_vllm_config(config, usage_context=context)
            envs.enable_envs_cache()  # one is read for every token
            return llm
        except EngineDead:
            raise
        except Exception as error:  # vLLM raises whatever its parts raise
            raise ConfigError(f"vLLM could not start the model: {_last_line(error)}") from error

    async def generate(self, request: EngineRequest) -> AsyncGenerator[TokenDelta, None]:
        """See the protocol."""
        if self._llm is None:
            raise EngineDead("The engine has not started.")
        stream = self._llm.generate(
            {"type": "token", "prompt_token_ids": list(request.prompt_token_ids)},
            sampling_params(request.sampling),
            request.request_id,
        )
        try:
            async with aclosing(stream):
                async for output in stream:
                    yield _delta(output, request.sampling.logprobs)
        except Exception as error:
            raise _translated(error) from error

    async def check(self) -> None:
        """See the protocol."""
        if self._llm is None or self._llm.errored:
            raise EngineDead("The engine is not running.")

    async def stop(self) -> None:
        """See the protocol. A start that goes on is ended by ending the processes that it waits for."""
        self._unwanted.set()
        while self._building.is_set():
            for child in multiprocessing.active_children():
                child.terminate()
            await asyncio.sleep(_LOOK_S)
        llm, self._llm = self._llm, None
        if llm is not None:
            await asyncio.to_thread(llm.shutdown, STOP_TIMEOUT_S)


def sampling_params(sampling: Sampling) -> Any:
    """vLLM's ``SamplingParams``: ids only, one delta a step."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

    grammar = sampling.grammar
    return SamplingParams(
        max_tokens=sampling.max_tokens,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        min_p=sampling.min_p,
        frequency_penalty=sampling.frequency_penalty,
        presence_penalty=sampling.presence_penalty,
        repetition_penalty=sampling.repetition_penalty,
        seed=sampling.seed,
        logit_bias=dict(sampling.logit_bias) or None,
        logprobs=sampling.logprobs,
        stop_token_ids=list(sampling.stop_token_ids),
        structured_outputs=StructuredOutputsParams(structural_tag=grammar) if grammar else None,
        detokenize=False,
        skip_special_tokens=False,
        output_kind=RequestOutputKind.DELTA,
    )


def _delta(output: Any, wanted_logprobs: int | None) -> TokenDelta:
    completion = output.outputs[0]
    token_ids = tuple(completion.token_ids)
    rows = None
    if wanted_logprobs is not None and completion.logprobs is not None:
        rows = _rows(token_ids, completion.logprobs, wanted_logprobs)
    return TokenDelta(
        token_ids=token_ids,
        finish=completion.finish_reason,
        cached_tokens=output.num_cached_tokens,
        logprobs=rows,
    )


def _rows(
    token_ids: Sequence[int], logprobs: Sequence[Mapping[int, Any]], top: int
) -> tuple[TokenLogprob, ...]:
    return tuple(
        TokenLogprob(
            token_id=token_id,
            logprob=row[token_id].logprob,
            top=tuple(
                (candidate, entry.logprob)
                for candidate, entry in sorted(row.items(), key=lambda item: -item[1].logprob)[:top]
            ),
        )
        for token_id, row in zip(token_ids, logprobs, strict=True)
    )


def _translated(error: Exception) -> RuntimeFault:
    from vllm.exceptions import MaxQueuedTokensError, QueueOverflowError, VLLMClientError
    from vllm.v1.engine.exceptions import EngineDeadError

    if isinstance(error, RuntimeFault):
        return error
    if isinstance(error, EngineDeadError):
        return EngineDead("The engine stopped; a fresh one is being started.")
    if isinstance(error, QueueOverflowError | MaxQueuedTokensError):
        return EngineOverloaded(
            "Service temporarily unavailable: the queue is full.", retry_after_s=OVERLOAD_RETRY_S
        )
    if isinstance(error, VLLMClientError | ValueError):
        return InvalidRequest(f"The engine refused the request: {_last_line(error)}")
    return GenerationFailed("The engine failed to generate.")


def _last_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
