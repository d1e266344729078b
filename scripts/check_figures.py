"""Holds the figures in README.md and docs/ against the result files that they come from.

A comment before a table or a paragraph names the file and where in it the figures are:

    <!-- figures: benchmarks/results/FILE.json
         summary[streams=*].direct_tokens_per_s  100*summary[streams=*].direct_spread -->

In a table each row's numbers after its first cell are the values of the paths, in order; ``[key=*]`` takes
the entry of a list whose ``key`` is what the row's first cell says, ``.*`` the member of that name, and ``-``
stands for a number from elsewhere. A path whose value is null has no number. In a paragraph the values stand
in this order among other numbers, and it may have several marks. ``100*`` turns a share into percent. A path
with a space in it is put into quotes. Values are rounded as printed.

Links to files under benchmarks/results must lead to a file, marked or not.

    python scripts/check_figures.py [FILE.md ...]
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

_MARK = re.compile(r"<!--\s*figures:\s*(.*?)-->(?=\s*(.*?)(?:\n[ \t]*\n|\Z))", re.DOTALL)
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_ANY_MARK = re.compile(r"<!--\s*figures\b")
_LINK = re.compile(r"benchmarks/results/[\w.-]+\.json")
_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[([^=\]]+)=([^\]]*)\]|\[(\d+)\]")


class Wrong(Exception):
    """A figure or a mark that doesn't hold."""


def check(page: Path, root: Path = ROOT) -> list[str]:
    """What is wrong on a page, a line each."""
    text = _FENCE.sub(lambda code: "\n" * code[0].count("\n"), page.read_text(encoding="utf-8"))
    found = [f"no file {link}" for link in sorted(set(_LINK.findall(text))) if not (root / link).is_file()]
    marks = list(_MARK.finditer(text))
    if len(marks) < len(_ANY_MARK.findall(text)):
        found.append(
            "a mark that can't be read: it is `<!-- figures: FILE PATH ... -->` before a table or a paragraph"
        )
    for mark in marks:
        line = text.count("\n", 0, mark.start()) + 1
        try:
            found += [f"line {line}: {fault}" for fault in _faults(mark[1], _COMMENT.sub("", mark[2]), root)]
        except Wrong as fault:
            found.append(f"line {line}: {fault}")
    return [f"{page.relative_to(root) if page.is_relative_to(root) else page}: {fault}" for fault in found]


def _faults(mark: str, block: str, root: Path) -> Iterator[str]:
    words = shlex.split(mark)
    if len(words) < 2:
        raise Wrong("a mark names a file and at least one path")
    file, *paths = words
    try:
        document = json.loads((root / file).read_bytes())
    except OSError as fault:
        raise Wrong(f"{file} can't be read: {fault.strerror}") from fault
    except ValueError as fault:
        raise Wrong(f"{file} is no JSON") from fault
    if block.startswith("|"):
        for row in block.splitlines()[2:]:
            yield from _row_faults(document, paths, row)
    else:
        yield from _text_faults(document, paths, block)


def _row_faults(document: Any, paths: Sequence[str], row: str) -> Iterator[str]:
    key, *cells = (cell.strip() for cell in row.strip().strip("|").split("|"))
    printed = _NUMBER.findall(" | ".join(cells))
    wanted = [value for path in paths if (value := _value(document, path, key)) is not None]
    if len(printed) != len(wanted):
        raise Wrong(f"row {key!r} has {len(printed)} numbers, its mark gives {len(wanted)}")
    for number, value in zip(printed, wanted, strict=True):
        if value != "-" and not agrees(number, value):
            yield f"row {key!r} says {number}, the file {value:.6g}"


def _text_faults(document: Any, paths: Sequence[str], text: str) -> Iterator[str]:
    left = iter(_NUMBER.findall(text))
    for path in paths:
        value = _value(document, path, "")
        if value in (None, "-"):
            raise Wrong(f"{path} is no number, and a paragraph needs one")
        if not any(agrees(number, value) for number in left):
            yield f"the file has {value:.6g} at {path}, and the text doesn't, or not in this order"


def agrees(printed: str, value: float) -> bool:
    """Whether a value, rounded to as many digits as are printed, is what is printed."""
    digits = len(printed.partition(".")[2])
    return abs(float(printed.replace(",", "")) - value) <= 0.5 * 10**-digits * (1 + 1e-9)


def _value(document: Any, path: str, key: str) -> Any:
    """The number at a path; None for null, ``-`` as it is."""
    if path == "-":
        return path
    factor, _, rest = path.partition("*") if path.startswith("100*") else ("1", "", path)
    found, at = document, 0
    while at < len(rest):
        step = _STEP.match(rest, at)
        if step is None:
            raise Wrong(f"{path} is no path")
        found, at = _into(found, step, key, path), step.end()
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise Wrong(f"{path} leads to no number{f' for {key!r}' if key else ''}")
    return found * int(factor)


def _into(found: Any, step: re.Match[str], key: str, path: str) -> Any:
    name, field, wanted, place = step.groups()
    try:
        if name is not None:
            return found[key if name == "*" else name]
        if place is not None:
            return found[int(place)]
        wanted = key if wanted == "*" else wanted
        (entry,) = (one for one in found if str(one[field]) == wanted)
        return entry
    except (KeyError, IndexError, TypeError, ValueError) as fault:
        raise Wrong(f"{path} leads nowhere in the file{f' for {key!r}' if key else ''}") from fault


def main(arguments: Sequence[str]) -> int:
    """Checks README.md and docs/, or the files named."""
    pages = [Path(name).resolve() for name in arguments] or [
        ROOT / "README.md",
        *sorted(ROOT.glob("docs/**/*.md")),
    ]
    faults = [fault for page in pages for fault in check(page)]
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
