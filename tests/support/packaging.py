"""Builds the distribution, and installs it beside the dependencies of the running Python."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
from dataclasses import dataclass
from pathlib import Path


def build_sdist(source: Path, out: Path) -> Path:
    """The source distribution of the folder ``source``."""
    return _build("sdist", source, out, "*.tar.gz")


def build_wheel(sdist: Path, out: Path) -> Path:
    """The wheel, made from nothing but what the source distribution holds."""
    with tarfile.open(sdist) as archive:
        archive.extractall(out, filter="data")
    return _build("wheel", out / sdist.name.removesuffix(".tar.gz"), out, "*.whl")


def _build(target: str, source: Path, out: Path, pattern: str) -> Path:
    command = [sys.executable, "-P", "-m", "hatchling", "build", "--target", target, "--directory", str(out)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (built,) = out.glob(pattern)
    return built


@dataclass(frozen=True, slots=True)
class Installed:
    """A virtual environment that holds the wheel, and borrows all else."""

    folder: Path

    @property
    def command(self) -> Path:
        return self.folder / "bin/nemotron"

    @property
    def env(self) -> dict[str, str]:
        """The variables of a user who knows nothing of this repository."""
        return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(self, *command: str | Path) -> str:
        """What a program of the environment prints, run from inside it."""
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout


def install(wheel: Path, folder: Path) -> Installed:
    """Installs the wheel alone; a path file lends the packages that it depends on.

    Path files of a lent folder are not read, so an editable install in there stays out of sight.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(folder)
