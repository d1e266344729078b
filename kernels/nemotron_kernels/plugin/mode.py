"""Whether vLLM shall use our kernels: the environment variable `NEMOTRON_KERNELS`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

VARIABLE = "NEMOTRON_KERNELS"


class Mode(StrEnum):
    """`off`: vLLM as it is. `auto`: ours where they were measured to win. `on`: ours, or no start at all."""

    OFF = "off"
    AUTO = "auto"
    ON = "on"


def of(environ: Mapping[str, str]) -> Mode:
    """The mode that the environment asks for; nothing asks for `off`.

    Raises:
        ValueError: it asks for something else.
    """
    value = environ.get(VARIABLE) or Mode.OFF
    if value not in list(Mode):
        raise ValueError(f"{VARIABLE} must be one of {', '.join(Mode)}, not {value!r}.")
    return Mode(value)
