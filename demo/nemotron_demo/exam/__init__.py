"""What the demo model can do, measured through the served API on dialogues of another seed."""
