"""Our mixture-of-experts kernels inside vLLM on NVIDIA GPUs: for which layers and batches, and the proof."""
