"""``kernels`` is Hugging Face's module, ``runtime`` anybody's: our folders must not answer to such names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from support import import_probe
from support.import_probe import importable_folders


def found_by_fresh_python(repo: Path, *options: str, python_path: str | None = None) -> list[str]:
    """What a new Python finds from the root. As with a console script, the script's folder leads its path."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if python_path is not None:
        env["PYTHONPATH"] = python_path
    command = [sys.executable, *options, import_probe.__file__, str(repo)]
    done = subprocess.run(command, cwd=repo, env=env, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_probe_finds_folders_where_the_root_is_on_the_path(repo: Path) -> None:
    found = found_by_fresh_python(repo, python_path=str(repo))
    assert {"benchmarks", "configs", "kernels", "runtime", "tests"} <= set(found)


def test_no_folder_is_importable_from_the_installed_environment(repo: Path) -> None:
    assert found_by_fresh_python(repo) == []


def test_no_folder_is_importable_in_safe_path_mode(repo: Path) -> None:
    assert found_by_fresh_python(repo, "-P") == []


def test_no_folder_is_importable_under_pytest(repo: Path) -> None:
    assert importable_folders(repo) == []
