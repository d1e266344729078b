"""Asks the store, which blocks, without holding up anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import structlog

from nemotron_runtime.errors import RuntimeFault

log = structlog.get_logger()

Answer = TypeVar("Answer")


async def ask_store(question: Callable[..., Answer], *arguments: Any, **options: Any) -> Answer:
    """The answer, found in a thread.

    Raises:
        RuntimeFault: the store can't answer; the log says why.
    """
    try:
        return await asyncio.to_thread(question, *arguments, **options)
    except Exception as error:
        log.error("the store can't be read", exc_info=error)
        raise RuntimeFault("The store can't be read at the moment") from error
