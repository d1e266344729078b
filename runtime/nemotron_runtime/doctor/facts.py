"""What the doctor knows of a machine. Nothing in here asks the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nemotron_runtime.settings import Settings

Version = tuple[int, int]
"""Major and minor."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """A card as NVML tells of it; None where it doesn't, as for memory that the machine shares.

    Attributes:
        kind: The card's name among those that the program knows.
        processes: Numbers of those that use it.
    """

    index: int
    name: str
    kind: str | None = None
    memory_bytes: int | None = None
    free_bytes: int | None = None
    capability: Version | None = None
    processes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Driver:
    """NVIDIA's driver.

    Attributes:
        version: None where it doesn't answer.
        cuda: The newest CUDA that it runs.
        fault: What NVML said where it doesn't answer.
        is_loaded: The kernel has its module.
        devices: NVIDIA GPUs on the PCI bus, driver or not.
        compatibility: A folder with another ``libcuda`` that is found before the driver's own.
    """

    version: str | None = None
    cuda: Version | None = None
    fault: str = ""
    is_loaded: bool = False
    devices: int = 0
    compatibility: Path | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """vLLM and what it stands on, as installed.

    Attributes:
        versions: Of the distributions that are here.
        pins: The versions of vLLM that this program was made for, and of torch that vLLM was.
        has_module: ``vllm`` can be found, whatever distribution says so.
        torch_cuda: The CUDA that torch was built with; None for a CPU build.
        variables: Environment variables that this vLLM knows; empty where that can't be told.
        plugins: The objects that vLLM loads into its processes, by name.
        compiler: A C compiler's path.
        has_headers: Python's C headers are here.
    """

    versions: Mapping[str, str] = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=dict)
    has_module: bool = False
    torch_cuda: Version | None = None
    variables: frozenset[str] = frozenset()
    plugins: Mapping[str, str] = field(default_factory=dict)
    compiler: str | None = None
    has_headers: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """A place that is written to.

    Attributes:
        variable: The environment variable that moves it.
        lasts: Its content is worth keeping over a restart of the machine.
    """

    purpose: str
    path: Path
    variable: str
    lasts: bool = True
    is_writable: bool = True
    free_bytes: int = 0
    in_memory: bool = False


@dataclass(frozen=True, slots=True)
class Weights:
    """The model that `serve` would take.

    Attributes:
        seen: What is here.
        fault: Why it can't be loaded.
        missing_bytes: Of published weights that are not here, where their size is known.
        is_missing: Nothing is here that could be damaged.
        is_offline: The hub may not be asked.
    """

    kind: Literal["embedded", "published", "folder", "unknown"]
    seen: str = ""
    fault: str = ""
    missing_bytes: int = 0
    is_missing: bool = False
    is_offline: bool = False


@dataclass(frozen=True, slots=True)
class Port:
    """Where `serve` would listen.

    Attributes:
        obstacle: Why that is not possible.
        server: The process of a server in the background that has the port.
    """

    obstacle: str | None = None
    server: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What the system allows a process; None is no limit, or not known.

    Attributes:
        open_files: At the same time; ``open_files_hard`` is as far as a user may raise it.
        shared_bytes: Size of ``/dev/shm``; None: it is not there.
        memory_bytes: RAM that can be had now, in this container.
    """

    open_files: int | None = None
    open_files_hard: int | None = None
    address_space_bytes: int | None = None
    shared_bytes: int | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """The wall clock.

    Attributes:
        behind_s: How far it is before the time at which this program was installed.
        is_synchronised: As the kernel says; None where that can't be told.
    """

    behind_s: float = 0.0
    is_synchronised: bool | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything.

    Attributes:
        settings: Those that `serve` would have, or the defaults where these are wrong.
        settings_fault: What is wrong with them.
        measurements: Of our expert kernels, the version of vLLM by the name of the file.
        shadows: Packages of the engine that a folder of ``PYTHONPATH`` hides.
    """

    settings: Settings = field(default_factory=Settings)
    settings_fault: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)
    shadows: Mapping[str, Path] = field(default_factory=dict)
    driver: Driver = field(default_factory=Driver)
    gpus: tuple[Gpu, ...] = ()
    engine: Engine = field(default_factory=Engine)
    measurements: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[Folder, ...] = ()
    weights: Weights = field(default_factory=lambda: Weights("embedded"))
    port: Port = field(default_factory=Port)
    limits: Limits = field(default_factory=Limits)
    clock: Clock = field(default_factory=Clock)
