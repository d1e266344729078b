"""The expert kernels against others, on a GPU; `benchmarks/gpu/kernels.sh` runs it."""
