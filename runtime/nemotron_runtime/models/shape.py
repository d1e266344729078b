"""The sizes of a hybrid model that decide how much memory a sequence takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nemotron_runtime.models.tables import Table


@dataclass(frozen=True, slots=True)
class Shape:
    """Layers by kind, and the sizes of what each keeps of a sequence, in the words of ``config.json``."""

    attention_layers: int
    kv_heads: int
    head_dim: int
    mamba_layers: int
    mamba_heads: int
    mamba_head_dim: int
    mamba_groups: int
    state: int
    conv_kernel: int

    @classmethod
    def of_table(cls, table: Table) -> Shape:
        """Reads the ``[shape]`` of a model's file."""
        shape = cls(**{name: table.take(name, int) for name in cls.__slots__})
        table.close()
        return shape

    @classmethod
    def of_config(cls, config: Mapping[str, Any]) -> Shape:
        """Reads a checkpoint's ``config.json``.

        Raises:
            KeyError: It is not of this architecture.
        """
        pattern = str(config["hybrid_override_pattern"])
        return cls(
            attention_layers=pattern.count("*"),
            kv_heads=config["num_key_value_heads"],
            head_dim=config["head_dim"],
            mamba_layers=pattern.count("M"),
            mamba_heads=config["mamba_num_heads"],
            mamba_head_dim=config["mamba_head_dim"],
            mamba_groups=config["n_groups"],
            state=config["ssm_state_size"],
            conv_kernel=config["conv_kernel"],
        )
