"""The expert kernels against others, on a GPU; `nemotron bench kernels` runs it."""
