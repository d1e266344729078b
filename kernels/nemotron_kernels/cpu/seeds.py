"""A random generator of a seeded request that can take back a draw."""

from __future__ import annotations

import torch


class SeededGenerator(torch.Generator):  # type: ignore[misc]
    """A CPU generator with the offset that vLLM expects of one on a GPU.

    While a prompt is computed in parts, vLLM draws a token after each part, throws it away, and turns the
    generator back by `set_offset(get_offset() - 4)`. A plain CPU generator raises there, and the engine dies.
    Nothing drawn so far was kept, so turning back means beginning again. (A request that was preempted begins
    again, too: it repeats its draws, but not the tokens of a run without preemption.)
    """

    @classmethod
    def like(cls, generator: torch.Generator) -> SeededGenerator:
        """A fresh one with the same seed."""
        seeded = cls(device=generator.device)
        seeded.manual_seed(generator.initial_seed())
        return seeded

    def get_offset(self) -> int:
        """A number without meaning."""
        return 0

    def set_offset(self, offset: int) -> None:
        """Begins again, whatever the offset."""
        self.manual_seed(self.initial_seed())
