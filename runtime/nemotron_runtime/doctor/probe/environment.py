"""What a path of packages hides."""

from __future__ import annotations

from pathlib import Path

PACKAGES = ("vllm", "torch", "transformers", "kernels", "triton", "nemotron_runtime", "nemotron_kernels")


def shadows(python_path: str) -> dict[str, Path]:
    """Packages of the engine that folders of ``PYTHONPATH`` hold; an empty entry is the current folder."""
    found: dict[str, Path] = {}
    if not python_path:
        return found
    for folder in map(Path, python_path.split(":")):
        for name in PACKAGES:
            if name not in found and ((folder / name).is_dir() or (folder / f"{name}.py").is_file()):
                found[name] = folder
    return found
