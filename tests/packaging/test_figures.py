"""Figures in the documents against their files."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

RESULT = {
    "sums": [
        {"streams": 1, "rate": 155.4, "ratio": 0.936, "spread": 0.161, "aim": None},
        {"streams": 16, "rate": 1415.6, "ratio": 0.99, "spread": 0.52, "aim": 95},
    ],
    "start of it": {"cold": 29.52, "ok": True},
}
MARK = """Before.

<!-- figures: benchmarks/results/one.json
     sums[streams=*].rate sums[streams=*].ratio 100*sums[streams=*].spread sums[streams=*].aim -->
| streams | tokens/s | ratio, spread | aim 5 |
|---|---|---|---|
| 1 | 155 | 0.94, 16% | |
| 16 | 1,416 | 0.99, 52 % | 95 |

After: 7.
"""


@pytest.fixture(scope="module")
def script(repo: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_figures", repo / "scripts/check_figures.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "benchmarks/results"
    folder.mkdir(parents=True)
    (folder / "one.json").write_text(json.dumps(RESULT))
    return tmp_path


def faults(script: ModuleType, root: Path, text: str) -> list[str]:
    page = root / "page.md"
    page.write_text(text)
    found: list[str] = script.check(page, root)
    return found


def test_the_documents_say_what_the_files_say(repo: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", repo / "scripts/check_figures.py"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_true_table_passes(script: ModuleType, root: Path) -> None:
    assert faults(script, root, MARK) == []


@pytest.mark.parametrize(
    ("true", "false", "told"),
    [
        ("| 155 |", "| 156 |", "row '1' says 156, the file 155.4"),
        ("0.94,", "0.93,", "row '1' says 0.93, the file 0.936"),
        ("0.94,", "0.9361,", "row '1' says 0.9361, the file 0.936"),
        ("1,416", "1,415", "row '16' says 1,415, the file 1415.6"),
        ("16%", "17%", "row '1' says 17, the file 16.1"),
        ("| 95 |", "| |", "row '16' has 3 numbers, its mark gives 4"),
        ("| 16 |", "| 17 |", "sums[streams=*].rate leads nowhere in the file for '17'"),
        ("one.json", "two.json", "no file benchmarks/results/two.json"),
        (
            "sums[streams=*].rate",
            "sums[streams=*].rat",
            "sums[streams=*].rat leads nowhere in the file for '1'",
        ),
        ("figures: bench", "figures bench", "a mark that can't be read"),
    ],
)
def test_a_false_one_is_told(script: ModuleType, root: Path, true: str, false: str, told: str) -> None:
    assert true in MARK
    found = faults(script, root, MARK.replace(true, false, 1))
    assert any(told in fault for fault in found)


def test_more_digits_may_be_printed(script: ModuleType, root: Path) -> None:
    assert faults(script, root, MARK.replace("0.94,", "0.936,")) == []


def test_a_number_from_elsewhere_is_a_dash(script: ModuleType, root: Path) -> None:
    text = MARK.replace("sums[streams=*].rate", "-").replace("155", "7").replace("1,416", "8")
    assert faults(script, root, text) == []


def test_a_row_names_a_member(script: ModuleType, root: Path) -> None:
    text = """<!-- figures: benchmarks/results/one.json "start of it.*" -->
| | s |
|---|---|
| cold | 29.5 |
"""
    assert faults(script, root, text) == []
    (told,) = faults(script, root, text.replace("29.5", "30.5"))
    assert "29.52" in told
    (told,) = faults(script, root, text.replace("cold", "warm"))
    assert "leads nowhere" in told


def test_a_paragraph_has_its_values_in_order_and_may_have_several_marks(
    script: ModuleType, root: Path
) -> None:
    start = '<!-- figures: benchmarks/results/one.json "start of it.cold" sums[0].rate -->\n'
    again = "<!-- figures: benchmarks/results/one.json sums[1].aim -->\n"
    assert faults(script, root, f"{start}{again}On 2 cores 29.5 s, then\n155.4, aim 95.\n") == []
    assert "155.4 at sums[0].rate" in faults(script, root, f"{start}155.4 after 29.5 s.\n")[0]
    assert "95 at sums[1].aim" in faults(script, root, f"{start}{again}29.5 s, 155.4, aim 94\n\n95")[0]
    flag = '<!-- figures: benchmarks/results/one.json "start of it.ok" -->\n1\n'
    assert "leads to no number" in faults(script, root, flag)[0]


def test_code_is_no_mark(script: ModuleType, root: Path) -> None:
    assert faults(script, root, f"Write:\n\n```markdown\n{MARK.replace('155', '156')}```\n") == []
    assert "156" in faults(script, root, f"```\ncode\n```\n{MARK.replace('155', '156')}")[0]


def test_links_lead_to_files(script: ModuleType, root: Path) -> None:
    assert faults(script, root, "[a](benchmarks/results/one.json)") == []
    assert "no file benchmarks/results/b.json" in faults(script, root, "[b](../benchmarks/results/b.json)")[0]
