"""Servers that run without a terminal: how one is started, found again, asked and stopped."""
