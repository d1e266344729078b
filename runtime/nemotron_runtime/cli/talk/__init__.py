"""A client of any OpenRouter- or OpenAI-compatible server, for the command's own use."""
