"""Asks the machine. Nothing here imports torch or vLLM: what they are is read from their files."""
