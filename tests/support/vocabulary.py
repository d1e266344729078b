"""The demo's vocabulary, built once for all tests."""

from __future__ import annotations

from functools import cache

from nemotron_runtime.chat.tokens import Tokens
from support.random_checkpoint.vocabulary import tokenizer_json


@cache
def demo_tokens() -> Tokens:
    return Tokens(tokenizer_json())
