"""What machine a bundle is for."""

from __future__ import annotations

import platform
import re
import sys
from dataclasses import dataclass
from typing import Literal, get_args

from nemotron_runtime.errors import ConfigError

Engine = Literal["cu130", "cpu"]
"""cu130: vLLM's CUDA build, whose PyTorch is built with CUDA 13.0."""

_NAME = re.compile(r"cp3(1[1-4])-(cu130|cpu)-manylinux_2_(\d{2})_(x86_64|aarch64)")
_OLDEST, _NEWEST = 28, 40
"""glibc 2.x: what vLLM's wheels need, and beyond what they are built for."""


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of machine.

    Attributes:
        python: Minor version of Python 3.
        engine: Which build of vLLM.
        glibc: Minor version of glibc 2 that is there at least.
        machine: As ``uname -m`` says.
    """

    python: int
    engine: Engine
    glibc: int
    machine: str

    @classmethod
    def parse(cls, name: str) -> Target:
        """Reads a name such as ``cp312-cu130-manylinux_2_35_x86_64``.

        Raises:
            ConfigError: It is none.
        """
        match = _NAME.fullmatch(name)
        if not match or not _OLDEST <= int(match[3]) <= _NEWEST:
            raise ConfigError(
                f"target: {name!r} is not like cp312-cu130-manylinux_2_35_x86_64: Python 3.11 to 3.14, "
                f"{' or '.join(get_args(Engine))}, glibc 2.{_OLDEST} to 2.{_NEWEST}, x86_64 or aarch64"
            )
        engine: Engine = "cu130" if match[2] == "cu130" else "cpu"
        return cls(int(match[1]), engine, int(match[3]), match[4])

    @classmethod
    def here(cls, engine: Engine = "cu130") -> Target:
        """This machine's Python and processor, and a glibc that the distributions of 2022 have."""
        return cls(sys.version_info.minor, engine, 35, platform.machine())

    @property
    def extra(self) -> str:
        """The extra of this distribution that brings the engine."""
        return "cuda" if self.engine == "cu130" else "cpu"

    @property
    def platforms(self) -> list[str]:
        """Tags of wheels that run there, best first."""
        tags = [f"manylinux_2_{minor}_{self.machine}" for minor in range(self.glibc, 16, -1)]
        old = ["manylinux2014"] + (["manylinux2010", "manylinux1"] if self.machine == "x86_64" else [])
        return [*tags, *(f"{name}_{self.machine}" for name in old), f"linux_{self.machine}"]

    def __str__(self) -> str:
        return f"cp3{self.python}-{self.engine}-manylinux_2_{self.glibc}_{self.machine}"
