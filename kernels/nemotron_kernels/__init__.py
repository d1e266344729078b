"""Kernels and vLLM plugin for Nemotron 3 Nano; usable with a stock `vllm serve` too."""
