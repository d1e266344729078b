"""The machine that answers, as the page shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nemotron_runtime.engine import kernels
from nemotron_runtime.engine.base import EngineInfo
from nemotron_runtime.models.provider import PROVIDER_NAME
from nemotron_runtime.models.served import Served
from nemotron_runtime.wire.stats import BoxBody


@dataclass(frozen=True, slots=True)
class Box:
    """Facts that don't change while the process runs, and where to ask for the one that does.

    Attributes:
        gpus: Names of the cards that the model runs on.
        variant: Of the weights.
        content_days: Days that content is kept; 0: for ever. None: it isn't kept.
        engine: What runs now; None before the first start.
    """

    served: Served
    gpus: tuple[str, ...]
    variant: str
    device: str
    started_at: datetime
    content_days: int | None
    engine: Callable[[], EngineInfo | None]

    def body(self) -> BoxBody:
        """Encodes it."""
        engine = self.engine()
        return {
            "gpu": self.gpus[0] if self.gpus else None,
            "gpus": len(self.gpus),
            "variant": self.variant,
            "quantization": self.served.quantization,
            "engine": f"{engine.name} {engine.version}" if engine else "starting",
            "device": self.device,
            "context_tokens": self.served.context_tokens,
            "demo": self.served.spec.embedded,
            "started_at": self.started_at.isoformat(),
            "kernels": (engine and kernels.summary(engine.kernels)) or "",
            "provider": PROVIDER_NAME,
            "policy": {
                "trains": False,
                "retains_days": self.content_days or None,
                "stores_content": self.content_days is not None,
            },
        }
