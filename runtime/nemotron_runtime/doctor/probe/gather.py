"""All facts of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nemotron_runtime.doctor.facts import Facts
from nemotron_runtime.doctor.probe import (
    clock,
    engine,
    environment,
    gpu,
    kernels,
    limits,
    port,
    storage,
    weights,
)
from nemotron_runtime.errors import ConfigError
from nemotron_runtime.settings import Settings


def gather(flags: Mapping[str, Any], environ: Mapping[str, str], file: Path | None) -> Facts:
    """Everything, for a server that is started with these flags, variables and settings file."""
    fault = ""
    try:
        settings = Settings.load(flags, environ, file).settings
    except ConfigError as error:
        settings, fault = Settings(), error.message
    driver, cards = gpu.driver_and_gpus(environ)
    gpus = gpu.visible(cards, environ.get("CUDA_VISIBLE_DEVICES"))
    folders = storage.folders(environ)
    return Facts(
        settings=settings,
        settings_fault=fault,
        environ=environ,
        shadows=environment.shadows(environ.get("PYTHONPATH", "")),
        driver=driver,
        gpus=gpus,
        engine=engine.engine(),
        measurements=kernels.measurements(environ),
        folders=folders,
        weights=weights.weights(settings, environ, has_gpu=bool(gpus)),
        port=port.port(settings),
        limits=limits.limits(),
        clock=clock.clock(),
    )
