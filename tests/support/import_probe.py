"""Which folders of the repository an import finds by their bare names. Also a script, for a fresh Python."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path


def importable_folders(root: Path) -> list[str]:
    """Names of the top-level folders under ``root`` that ``import NAME`` would take for a module."""
    names = sorted(path.name for path in root.iterdir() if path.is_dir() and path.name.isidentifier())
    return [name for name in names if any(_inside(place, root / name) for place in _places(name))]


def _places(name: str) -> Iterator[str]:
    for finder in sys.meta_path:
        spec = finder.find_spec(name, None)
        if spec is not None:
            yield from [spec.origin] if spec.origin else []
            yield from spec.submodule_search_locations or ()
            return


def _inside(place: str, folder: Path) -> bool:
    return Path(place).resolve().is_relative_to(folder.resolve())


if __name__ == "__main__":
    print("\n".join(importable_folders(Path(sys.argv[1]))))
