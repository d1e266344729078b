"""vLLM and torch, from what their distributions and files say."""

from __future__ import annotations

import re
import shutil
import sysconfig
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, entry_points, requires, version
from importlib.util import find_spec
from pathlib import Path

from nemotron_runtime.doctor.checks.engine import COMPANIONS, DISTRIBUTIONS
from nemotron_runtime.doctor.facts import Engine, Version

_OURS = "nemotron-runtime"
_PIN = re.compile(r"(vllm(?:-cpu)?|torch)==([\w.]+)")
_CUDA = re.compile(r"^cuda\b[^=]*= *'(\d+)\.(\d+)", re.MULTILINE)
_VARIABLE = re.compile(r"\bVLLM_\w+")
_COMPILERS = ("gcc", "cc", "clang")


def engine() -> Engine:
    """What is installed in this environment."""
    vllm = _folder("vllm")
    names = (*DISTRIBUTIONS.values(), "torch", *COMPANIONS)
    return Engine(
        versions={name: found for name in names if (found := _version(name))},
        pins=pins(text for name in (_OURS, *DISTRIBUTIONS.values()) for text in _requirements(name)),
        has_module=vllm is not None,
        torch_cuda=torch_cuda(_text(_folder("torch"), "version.py")),
        variables=frozenset(_VARIABLE.findall(_text(vllm, "envs.py"))),
        plugins={one.name: one.value for one in entry_points(group="vllm.general_plugins")},
        compiler=next((path for name in _COMPILERS if (path := shutil.which(name))), None),
        has_headers=Path(sysconfig.get_path("include"), "Python.h").is_file(),
    )


def pins(requirements: Iterable[str]) -> dict[str, str]:
    """The exact versions of vLLM and torch that are required."""
    return {match[1]: match[2] for text in requirements if (match := _PIN.match(text))}


def torch_cuda(source: str) -> Version | None:
    """From torch's ``version.py``: ``cuda: Optional[str] = '13.0'``."""
    match = _CUDA.search(source)
    return (int(match[1]), int(match[2])) if match else None


def _folder(package: str) -> Path | None:
    """Looks at the top level only, which imports nothing."""
    spec = find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _text(folder: Path | None, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8") if folder else ""
    except OSError:
        return ""


def _version(distribution: str) -> str | None:
    """torch's own file knows the build, which its distribution's version may leave out."""
    try:
        found = version(distribution)
    except PackageNotFoundError:
        return None
    built = re.search(r"^__version__ = '([^']+)'", _text(_folder(distribution), "version.py"), re.MULTILINE)
    return built[1] if built else found


def _requirements(distribution: str) -> list[str]:
    try:
        return requires(distribution) or []
    except PackageNotFoundError:
        return []
