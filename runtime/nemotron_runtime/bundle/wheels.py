"""Wheels, fetched and installed by pip."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from nemotron_runtime.bundle.manifest import Wheel
from nemotron_runtime.errors import BundleCorrupt, ConfigError
from nemotron_runtime.weights import digest

REQUIREMENTS = "requirements.txt"
FOLDER = "wheels"
_GLIBC = (*range(28, 16, -1), *range(29, 36))
"""Minor versions of glibc 2 that wheels may need, the ones to take first in front: vLLM's needs 2.28, and the
distributions of 2022 have 2.35."""


def python_of(program: str) -> str:
    """The version of a Python, such as ``3.12``.

    Raises:
        ConfigError: It can't be run, or has no pip.
    """
    code = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([program, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        raise ConfigError(
            f"python: {program!r} can't be run, or has no pip: install both, or name another"
        ) from error
    return done.stdout.strip()


def fetch(requirement: str, folder: Path, python: str, sources: Sequence[Path]) -> None:
    """Downloads what a requirement needs, as wheels alone, into a folder.

    Args:
        python: Program. What a package needs may depend on its version.
        sources: Folders with wheels to take, too.

    Raises:
        ConfigError: pip finds not all of it; it has said why on stderr.
    """
    machine = platform.machine()
    tags = [*(f"manylinux_2_{minor}_{machine}" for minor in _GLIBC), f"manylinux2014_{machine}"]
    options = [f"--platform={tag}" for tag in (*tags, f"linux_{machine}")]
    options += [f"--find-links={source.absolute()}" for source in sources]
    _run(
        [python, "-m", "pip", "download", "--only-binary=:all:", f"--dest={folder}", *options, requirement],
        f"{requirement} can't be had as wheels; pip says why above. --wheels names a folder with the wheel "
        "of this program, or of whatever else is on no index.",
    )


def survey(folder: Path) -> tuple[Wheel, ...]:
    """The wheels of a folder, with their digests."""
    return tuple(
        Wheel(name=path.name, bytes=path.stat().st_size, sha256=digest.sha256(path))
        for path in sorted(folder.glob("*.whl"))
    )


def requirements(wheels: Sequence[Wheel]) -> str:
    """A requirements file that names each wheel with its digest, seen from the bundle's folder."""
    return "".join(f"./{FOLDER}/{wheel.name} --hash=sha256:{wheel.sha256}\n" for wheel in wheels)


def install(bundle: Path, venv: Path) -> None:
    """Installs the wheels into a virtual environment, which is made where there is none; no network is used.

    Raises:
        ConfigError: It fails; what was run has said why on stderr.
    """
    remedy = (
        f"{venv}: the wheels can't be installed; the reason stands above. Then run the same command again."
    )
    python = venv.absolute() / "bin/python"
    _run([sys.executable, "-m", "venv", str(venv)], remedy)
    options = ["--no-index", "--require-hashes", "--requirement", REQUIREMENTS]
    _run([str(python), "-m", "pip", "install", *options], remedy, bundle)


def installed_bytes(wheels: Sequence[Path]) -> int:
    """What wheels take once they are installed.

    Raises:
        BundleCorrupt: One is no wheel.
    """
    try:
        return sum(member.file_size for wheel in wheels for member in zipfile.ZipFile(wheel).infolist())
    except zipfile.BadZipFile as error:
        raise BundleCorrupt(f"a file of {FOLDER} is no wheel ({error}): pack the bundle again") from error


def _run(command: Sequence[str], remedy: str, folder: Path | None = None) -> None:
    environ = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    environ.pop("PYTHONPATH", None)
    # Its words are progress: stdout stays for results.
    if subprocess.run(command, cwd=folder, stdout=2, env=environ).returncode:  # noqa: S603
        raise ConfigError(remedy)
