"""OpenRouter's shapes: what arrives (pydantic) and what leaves (typed dicts). No behaviour."""
