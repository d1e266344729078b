"""Measures which kernels are fastest on this machine's card, and writes down only what won."""
