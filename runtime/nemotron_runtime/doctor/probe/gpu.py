"""The driver and its cards, asked of NVML; what is on the bus, of the kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nemotron_runtime.doctor.facts import Driver, Gpu, Version
from nemotron_runtime.errors import ConfigError
from nemotron_runtime.hardware import cards

BUS = Path("/sys/bus/pci/devices")
MODULE = Path("/proc/driver/nvidia/version")
_NVIDIA, _DISPLAY = "0x10de", "0x03"


def driver_and_gpus(environ: Mapping[str, str]) -> tuple[Driver, tuple[Gpu, ...]]:
    """What NVML tells; a driver without a version where it tells nothing."""
    import pynvml

    about = Driver(
        is_loaded=MODULE.exists(),
        devices=devices_on_bus(),
        compatibility=compatibility(environ.get("LD_LIBRARY_PATH", "")),
    )
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return replace(about, fault=str(error)), ()
    try:
        gpus = tuple(_gpu(index) for index in range(pynvml.nvmlDeviceGetCount()))
        version = str(pynvml.nvmlSystemGetDriverVersion())
        return replace(about, version=version, cuda=_cuda(pynvml.nvmlSystemGetCudaDriverVersion_v2())), gpus
    except pynvml.NVMLError as error:  # a card is lost, or the driver was replaced meanwhile
        return replace(about, fault=str(error)), ()
    finally:
        pynvml.nvmlShutdown()


def visible(gpus: tuple[Gpu, ...], choice: str | None) -> tuple[Gpu, ...]:
    """Those that ``CUDA_VISIBLE_DEVICES`` leaves; all of them where it names none by its number."""
    numbers = {entry.strip() for entry in (choice or "").split(",")}
    return tuple(gpu for gpu in gpus if str(gpu.index) in numbers) or gpus


def devices_on_bus(bus: Path = BUS) -> int:
    """NVIDIA display controllers on the PCI bus."""
    return sum(_is_gpu(device) for device in bus.glob("*"))


def compatibility(library_path: str) -> Path | None:
    """The first folder of the path that has a ``libcuda`` of CUDA's compatibility package."""
    folders = (Path(entry) for entry in library_path.split(":") if entry)
    return next((one for one in folders if "compat" in one.parts and (one / "libcuda.so.1").exists()), None)


def _is_gpu(device: Path) -> bool:
    try:
        vendor, kind = (device / "vendor").read_text(), (device / "class").read_text()
    except OSError:
        return False
    return vendor.strip() == _NVIDIA and kind.startswith(_DISPLAY)


def _cuda(number: int) -> Version:
    """13000 is 13.0, 12080 is 12.8."""
    return number // 1000, number % 1000 // 10


def _gpu(index: int) -> Gpu:
    import pynvml

    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    name = str(pynvml.nvmlDeviceGetName(handle))
    memory = _or_none(lambda: pynvml.nvmlDeviceGetMemoryInfo(handle))
    users = _or_none(lambda: pynvml.nvmlDeviceGetComputeRunningProcesses(handle)) or ()
    return Gpu(
        index=index,
        name=name,
        kind=_kind(name),
        memory_bytes=memory and int(memory.total),
        free_bytes=memory and int(memory.free),
        capability=_or_none(lambda: tuple(pynvml.nvmlDeviceGetCudaComputeCapability(handle))),
        processes=tuple(user.pid for user in users),
    )


def _kind(name: str) -> str | None:
    try:
        return cards.named(name).name
    except ConfigError:
        return None


def _or_none(ask: Callable[[], Any]) -> Any:
    """None where the card doesn't tell."""
    import pynvml

    try:
        return ask()
    except pynvml.NVMLError:
        return None
