"""The cards of this machine, or those that a person names, as the plan needs them."""

from __future__ import annotations

from dataclasses import dataclass

from nemotron_runtime.errors import HardwareUnsupported
from nemotron_runtime.hardware import cards, probe
from nemotron_runtime.hardware.memory import GIB


@dataclass(frozen=True, slots=True)
class Cards:
    """Cards of one kind.

    Attributes:
        memory_gib: Of each, as the driver says; None where they are not here.
    """

    kind: cards.Card
    count: int
    memory_gib: float | None = None


def cards_of(gpu: str | None, count: int | None) -> Cards:
    """The cards called ``gpu``, or the ones of this machine.

    Raises:
        HardwareUnsupported: There is none here, or they differ.
        ConfigError: It is not known.
    """
    return Cards(cards.named(gpu), count or 1) if gpu is not None else found(probe.gpus(), count)


def found(gpus: tuple[probe.Gpu, ...], count: int | None = None) -> Cards:
    """What these GPUs are.

    Raises:
        HardwareUnsupported: There is none, or they differ.
        ConfigError: They are not known.
    """
    if not gpus:
        raise HardwareUnsupported(
            'no NVIDIA GPU is found here. Name a card to plan for: nemotron plan --gpu "H100 80GB"'
        )
    if len({gpu.name for gpu in gpus}) > 1:
        names = ", ".join(gpu.name for gpu in gpus)
        raise HardwareUnsupported(
            f"the cards differ ({names}): name the ones to plan for by --gpu and --count"
        )
    least = min(gpu.memory_bytes for gpu in gpus)
    return Cards(cards.named(gpus[0].name), count or len(gpus), least / GIB)
