"""Every client by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from support.clients.base import Client
from support.clients.node import missing, node_client
from support.clients.python import OpenAIClient, OpenRouterClient

PYTHON = {"openai-python": OpenAIClient, "openrouter-python": OpenRouterClient}
NODE = {"openai-node": "openai.mjs", "openrouter-node": "openrouter.mjs", "ai-sdk": "ai-sdk.mjs"}
PARAMS = [*PYTHON, *(pytest.param(name, marks=pytest.mark.node) for name in NODE)]


@contextmanager
def connect(name: str, base_url: str) -> Iterator[Client]:
    """A client of this server; skips where it isn't installed."""
    if name in PYTHON:
        yield Client(name, PYTHON[name](base_url))
        return
    if reason := missing():
        pytest.skip(reason)
    with node_client(NODE[name], base_url) as work:
        yield Client(name, work)
