"""The embedded demo model: its dialogues, its training and its exam. Nothing here is needed to serve it."""
