#!/usr/bin/env bash
# Sampling semantics on this machine's GPU, before anything is timed. Needs an environment in which
# nemotron-runtime[cuda] is installed (or PYTHON, PYTHONPATH that reach it). Exit code 1: a check failed.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
out=${OUT:-benchmarks/results}
mkdir -p "$out"
export PYTHONPATH="runtime:kernels:benchmarks${PYTHONPATH:+:$PYTHONPATH}"
exec "$python" benchmarks/gpu/semantics.py --out "$out/semantics-$(date -u +%Y%m%dT%H%M%SZ).json" "$@"
