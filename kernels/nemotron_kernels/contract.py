"""Compares vLLM with a list of the private names that we lean on, before anything is replaced.

Private names change without notice. A vLLM that differs from what is written down would fail late and
strangely, or answer wrongly; so it is refused by name at start-up.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from typing import Any

VERSION = "0.32"


class VllmMismatch(RuntimeError):
    """This vLLM is not the one that the plugin was written for; the message says what differs."""


def check(signatures: Mapping[str, str]) -> None:
    """Compares vLLM's version, and the parameters of its functions.

    Args:
        signatures: parameter names, by `module:attribute.path`.

    Raises:
        VllmMismatch: on the first difference.
    """
    version = import_module("vllm").__version__
    if not f"{version}.".startswith(f"{VERSION}."):
        raise mismatch(f"this is vLLM {version}")
    for name, expected in signatures.items():
        parameters = " ".join(inspect.signature(resolve(name)).parameters)
        if parameters != expected:
            raise mismatch(f"{name} takes ({parameters}), not ({expected})")


def resolve(name: str) -> Any:
    """The object at `module:attribute.path`; VllmMismatch if there is none."""
    module, _, path = name.partition(":")
    try:
        target = import_module(module)
        for attribute in path.split("."):
            target = getattr(target, attribute)
    except (ImportError, AttributeError) as error:
        raise mismatch(f"{name} is missing") from error
    return target


def mismatch(difference: str) -> VllmMismatch:
    """The error that names a difference."""
    return VllmMismatch(f"nemotron_kernels needs vLLM {VERSION}.x, but {difference}.")
