"""Engines: a five-member protocol, and vLLM behind it."""
