"""What the compiler makes of the kernels for Hopper: gates that need no GPU."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support import triton_home

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64",
    reason="Triton's wheels bring the assembler for this machine only on x86-64",
)

SHARED_MEMORY_BYTES = 227 * 1024
"""Of one program on sm_90."""
REGISTERS = {"route_kernel": 96, "vector_up_kernel": 80, "vector_down_kernel": 96, "combine_kernel": 64}
"""A little above what was seen with Triton 3.7.1; products may take what keeps `waves` programs resident."""
PRODUCTS = {"up_kernel", "down_kernel"}


@pytest.fixture(scope="module")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    script = Path(__file__).with_name("compile_for_hopper.py")
    environ = triton_home.environ(TRITON_CACHE_DIR=str(tmp_path_factory.mktemp("triton")))
    run = subprocess.run(
        [sys.executable, "-P", str(script)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        env=environ,
    )
    assert run.returncode == 0, run.stderr[-4000:]
    return json.loads(run.stdout.splitlines()[-1])


def wrong(kernels: dict[str, dict[str, Any]], is_right: Any) -> dict[str, dict[str, Any]]:
    return {name: facts for name, facts in kernels.items() if not is_right(facts)}


def test_all_kernels_and_ways_are_there(kernels: dict[str, dict[str, Any]]) -> None:
    assert {facts["kernel"] for facts in kernels.values()} == PRODUCTS | set(REGISTERS)
    for part in (
        "bfloat16 T=1 vector",
        "float8_e4m3fn T=8 stream",
        "I=928",
        "T=8192 blocks",
        "folded",
        "early",
    ):
        assert any(part in name for name in kernels), part


def test_nothing_is_spilt(kernels: dict[str, dict[str, Any]]) -> None:
    assert wrong(kernels, lambda f: f["stack"] == 0 and f["local_memory"] == 0) == {}


def test_registers(kernels: dict[str, dict[str, Any]]) -> None:
    assert wrong(kernels, lambda f: f["registers"] <= REGISTERS.get(f["kernel"], 168)) == {}


def test_shared_memory(kernels: dict[str, dict[str, Any]]) -> None:
    assert wrong(kernels, lambda f: f["shared_memory"] <= SHARED_MEMORY_BYTES) == {}


def test_products_run_on_warpgroup_matrix_units_fed_by_tma(kernels: dict[str, dict[str, Any]]) -> None:
    products = {name: f for name, f in kernels.items() if f["kernel"] in PRODUCTS}

    def is_right(f: dict[str, Any]) -> bool:
        units = f["wgmma_fp8" if f["fp8"] else "wgmma"]
        return units > 0 and f["older_mma"] == 0 and f["tma_loads"] > 0

    assert wrong(products, is_right) == {}


def test_vectors_load_sixteen_bytes_a_thread(kernels: dict[str, dict[str, Any]]) -> None:
    vectors = {name: f for name, f in kernels.items() if f["kernel"].startswith("vector")}
    assert wrong(vectors, lambda f: f["wide_loads"] > 0) == {}


def test_early_starts_wait_before_they_read(kernels: dict[str, dict[str, Any]]) -> None:
    """Every kernel that may start early has the wait in it, and no other kernel has."""
    assert wrong(kernels, lambda f: f["early"] == (f["waits_for_the_one_before"] > 0)) == {}
    assert {f["kernel"] for f in kernels.values() if f["early"]} == {
        *PRODUCTS,
        *("vector_up_kernel", "vector_down_kernel", "combine_kernel"),
    }
