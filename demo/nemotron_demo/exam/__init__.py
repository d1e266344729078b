"""What the demo model can do, measured through the served API on dialogues that it has never seen."""
