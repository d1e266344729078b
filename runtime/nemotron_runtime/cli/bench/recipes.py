"""Servers by short names: ``ours``, ``stock``, ``hosted``."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from nemotron_bench.servers import Command
    from nemotron_runtime.settings import Loaded

HOSTED = "https://openrouter.ai/api/v1"
SLUG = "nvidia/nemotron-3-nano-30b-a3b"
END_TOKENS = (2, 11)
"""``</s>`` and ``<|im_end|>``, in the published tokenizer and in the embedded one."""
NEMOTRON = (sys.executable, "-P", "-c", "from nemotron_runtime.cli import main; main()")

_PARSERS = (
    *("--reasoning-parser", "nemotron_v3", "--enable-auto-tool-choice", "--tool-call-parser", "qwen3_coder"),
    "--disable-uvicorn-access-log",  # ours has none either
)


@dataclass(frozen=True, slots=True)
class Found:
    """A server that was named.

    Attributes:
        where: As of :class:`nemotron_bench.versus.Side`.
        model: To ask for, where the recipe says it.
        end_tokens: Those that end an answer, where the recipe says which model it is.
    """

    where: str | Command
    model: str | None = None
    end_tokens: tuple[int, ...] = ()


class _Silent:
    def phase(self, name: str, detail: str = "", left_s: float | None = None) -> None: ...

    def ready(self, lines: list[str]) -> None: ...

    def warn(self, text: str) -> None: ...


def find(text: str) -> Found:
    """A recipe and flags of ``nemotron serve``, or a URL, or a command.

    Raises:
        typer.BadParameter: it is none of these.
        SetupError: the flags can't be served here.
    """
    from nemotron_bench.servers import ServerFailed, parse

    try:
        where = parse(text)
    except ServerFailed as fault:
        raise typer.BadParameter(str(fault)) from fault
    if isinstance(where, str):
        return Found(where)
    recipe, *flags = where.words
    if recipe == "ours":
        return Found(ours(flags), end_tokens=END_TOKENS)
    if recipe == "stock":
        return Found(stock(flags), end_tokens=END_TOKENS)
    if recipe == "hosted":
        if flags:
            raise typer.BadParameter(f"hosted takes no flags, and {shlex.join(flags)} is given")
        return Found(HOSTED, SLUG)
    return Found(where)


def ours(flags: Sequence[str] = ()) -> Command:
    """``nemotron serve`` of this environment. Nothing of it goes into the store, but where a flag says so."""
    from nemotron_bench.servers import Command

    return Command((*NEMOTRON, "serve", *flags), {"NEMOTRON_STORE": "off"})


def stock(flags: Sequence[str] = ()) -> Command:
    """vLLM's own server, with what ours would give its engine for these flags, and without our kernels."""
    from nemotron_bench.servers import Command
    from nemotron_runtime.app import engine_options
    from nemotron_runtime.engine.vllm import engine_args
    from nemotron_runtime.serving import open_model

    model = open_model(settings_of(flags), _Silent())
    arguments = engine_args(engine_options(model))
    folder = arguments.pop("model")
    program = ("-m", "vllm.entrypoints.openai.api_server", "--model", folder)
    named = ("--served-model-name", model.served.spec.slug, "--host", "127.0.0.1")
    environ = {"NEMOTRON_KERNELS": "off", "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
    return Command((sys.executable, "-P", *program, *named, *vllm_flags(arguments), *_PARSERS), environ)


def vllm_flags(arguments: Mapping[str, Any]) -> list[str]:
    """Fields of vLLM's ``EngineArgs`` as flags of its server; what is None is left to vLLM."""
    words: list[str] = []
    for name, value in arguments.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words += [f"--{flag}"] if value else [] if flag.startswith("disable-") else [f"--no-{flag}"]
        elif isinstance(value, Mapping):
            words += [f"--{flag}", json.dumps(dict(value))]
        elif value is not None:
            words += [f"--{flag}", str(value)]
    return words


def settings_of(flags: Sequence[str]) -> Loaded:
    """As ``nemotron serve`` reads flags that have a value."""
    import os

    from nemotron_runtime.settings import Settings, config_file, flag_of

    names = {flag_of(name): name for name in Settings.model_fields}
    values: dict[str, Any] = dict.fromkeys(Settings.model_fields)
    words = iter(flags)
    for word in words:
        flag, has_value, value = word.partition("=")
        found = value if has_value else next(words, None)
        if flag not in names or found is None:
            raise typer.BadParameter(f"stock takes flags of `nemotron serve` with a value, not {word!r}")
        values[names[flag]] = found
    return Settings.load(values, os.environ, config_file(None))
