"""nemotron-runtime: Nemotron 3 Nano on your own GPUs, behind OpenRouter's chat-completions API."""

__version__ = "0.1.0"
