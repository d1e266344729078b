"""Wheels of a few hundred bytes, that pip takes for what they are."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path


def tiny_wheel(
    folder: Path, name: str, version: str = "1.0", requires: Sequence[str] = (), script: str | None = None
) -> Path:
    """Writes a wheel with one module, which says its version.

    Args:
        requires: Lines of ``Requires-Dist``.
        script: A command that prints its arguments.
    """
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    extras = ["Provides-Extra: cuda"] if any("extra ==" in line for line in requires) else []
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *extras]
    metadata = "\n".join([*lines, *(f"Requires-Dist: {line}" for line in requires), ""])
    code = f"import sys\nversion = {version!r}\ndef main():\n    print(*sys.argv[1:], sep='\\n')\n"
    files = {
        f"{module}.py": code,
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if script:
        files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{script} = {module}:main\n"
    path = folder / f"{module}-{version}-py3-none-any.whl"
    record = "".join(f"{name},sha256={_digest(text)},{len(text)}\n" for name, text in files.items())
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(inside, text)
    return path


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
