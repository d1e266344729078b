#!/usr/bin/env bash
# The expert kernels against vLLM's own on this machine's GPU, each layer with weights of its own, A/B/A. Needs an
# environment in which nemotron-runtime[cuda] is installed (or PYTHON, PYTHONPATH that reach it, where vLLM may be
# missing: then ours are measured alone). Flags: --help. Exit code 1: a kernel is wrong.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
out=${OUT:-benchmarks/results}
mkdir -p "$out"
export PYTHONPATH="benchmarks:runtime:kernels${PYTHONPATH:+:$PYTHONPATH}"
export VLLM_PLUGINS="${VLLM_PLUGINS-}" # the baseline is vLLM without our plugin
exec "$python" -P benchmarks/gpu/kernels.py --folder "$out" "$@"
