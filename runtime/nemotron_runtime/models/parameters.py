"""The request parameters that the catalogue speaks of, and which of them are honoured here."""

from __future__ import annotations

SUPPORTED_PARAMETERS = (
    "frequency_penalty",
    "include_reasoning",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "min_p",
    "parallel_tool_calls",
    "presence_penalty",
    "reasoning",
    "reasoning_effort",
    "repetition_penalty",
    "response_format",
    "seed",
    "stop",
    "structured_outputs",
    "temperature",
    "tool_choice",
    "tools",
    "top_k",
    "top_logprobs",
    "top_p",
)
"""What really has an effect, in the catalogue's order (alphabetical)."""

UNSUPPORTED_PARAMETERS = frozenset({"prediction", "top_a", "verbosity", "web_search_options"})
"""Dropped without a word, unless ``provider.require_parameters`` asks for them."""
