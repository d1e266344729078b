"""JSON schemas as constraints: read, bounded, and written as grammars of JSON and of tool calls."""
