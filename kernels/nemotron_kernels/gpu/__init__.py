"""The mixture-of-experts layer in Triton, for NVIDIA's Hopper GPUs."""
