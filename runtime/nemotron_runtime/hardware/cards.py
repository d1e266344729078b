"""The GPUs that the program knows, as data: ``configs/profiles/*.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nemotron_runtime.errors import ConfigError
from nemotron_runtime.models.spec import configs_dir
from nemotron_runtime.models.tables import Table


@dataclass(frozen=True, slots=True)
class Card:
    """A kind of GPU, and what is known of this model on it.

    Attributes:
        name: As people say it: ``H100 80GB``.
        match: Regular expression that is found in the driver's name of the card.
        memory_gib: That programs may use; the driver's own figure goes before it.
        unified: The memory is the machine's, too.
        utilization: Share of the memory that vLLM is given.
        overhead_gib: Of it, for activations, graphs and the CUDA context.
        variants: Of the weights, best first.
        fp8_cache: Whether keys and values may be kept in FP8.
        max_sequences: At most, however much memory there is.
        batched_tokens: Of one step.
        moe_backend: vLLM's, by variant, where its own choice is not to be trusted.
        notes: What to know, with its source where there is one.
        evidence: Where the figures are from.
        untested: Nobody ran this model on it for this project.
    """

    name: str
    match: str
    memory_gib: float
    variants: tuple[str, ...]
    evidence: str
    untested: bool
    unified: bool
    utilization: float
    overhead_gib: float
    fp8_cache: bool
    max_sequences: int
    batched_tokens: int
    moe_backend: Mapping[str, str]
    notes: tuple[str, ...]

    @classmethod
    def load(cls, path: Path) -> Card:
        """Reads one file.

        Raises:
            ConfigError: naming the file and the key.
        """
        table = Table.load(path)
        variants, backends = table.items("variants", str), table.table("moe_backend")
        card = cls(
            name=table.take("name", str),
            match=table.take("match", str),
            memory_gib=table.take("memory_gib", float),
            variants=variants,
            evidence=table.get("evidence", str, ""),
            untested=table.get("untested", bool, False),
            unified=table.get("unified", bool, False),
            utilization=table.get("utilization", float, 0.92),
            overhead_gib=table.get("overhead_gib", float, 5.0),
            fp8_cache=table.get("fp8_cache", bool, True),
            max_sequences=table.get("max_sequences", int, 128),
            batched_tokens=table.get("batched_tokens", int, 8192),
            moe_backend={name: found for name in variants if (found := backends.find(name, str))},
            notes=table.items("notes", str),
        )
        backends.close()
        table.close()
        if not (card.evidence or card.untested):
            raise table.error("evidence", "is missing: name it, or say untested = true")
        try:
            re.compile(card.match)
        except re.error as error:
            raise table.error("match", f"is no regular expression: {error}") from error
        if not card.variants:
            raise table.error("variants", "is missing")
        return card


def load_cards(directory: Path | None = None) -> tuple[Card, ...]:
    """Reads every ``*.toml`` of a folder, by default of the shipped one."""
    return tuple(Card.load(path) for path in sorted((directory or configs_dir() / "profiles").glob("*.toml")))


def named(name: str) -> Card:
    """The card that a person or the driver calls so: ``H100``, ``NVIDIA H100 80GB HBM3``.

    Raises:
        ConfigError: No card is called so, or several are.
    """
    cards = load_cards()
    wanted = _words(name)
    for found in (
        [card for card in cards if _words(card.name) == wanted],
        [card for card in cards if re.search(card.match, name)],
        [card for card in cards if wanted and wanted < _words(card.name)],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            raise ConfigError(f"gpu: {name!r} may be {_listed(found)}: name one of them")
    raise ConfigError(f"gpu: {name!r} is not known. Known are {_listed(list(cards))}")


def _listed(cards: list[Card]) -> str:
    return ", ".join(card.name for card in cards)


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", name.lower())) - {"nvidia", "geforce"}
