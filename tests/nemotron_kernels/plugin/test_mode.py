from __future__ import annotations

import pytest

from nemotron_kernels.plugin import mode
from nemotron_kernels.plugin.mode import Mode


@pytest.mark.parametrize("value", [None, "", "off", "auto", "on"])
def test_known_values(value: str | None) -> None:
    environ = {} if value is None else {"NEMOTRON_KERNELS": value}
    assert mode.of(environ) is Mode(value or "off")


@pytest.mark.parametrize("value", ["ON", "true", "1", "automatic", " on"])
def test_a_typo_is_an_error_that_names_the_values(value: str) -> None:
    with pytest.raises(ValueError, match=f"NEMOTRON_KERNELS must be one of off, auto, on, not '{value}'"):
        mode.of({"NEMOTRON_KERNELS": value})
