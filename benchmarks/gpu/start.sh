#!/usr/bin/env bash
# A cold and a warm start on this machine, phase by phase, and the plan against what vLLM reports. Needs an
# environment in which nemotron-runtime[cuda] is installed (or PYTHON, PYTHONPATH that reach it). Further
# arguments go to `nemotron serve`, such as --model FOLDER --variant bf16.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
out=${OUT:-benchmarks/results}
mkdir -p "$out"
export PYTHONPATH="runtime:kernels${PYTHONPATH:+:$PYTHONPATH}"
exec "$python" -P benchmarks/gpu/start.py --out "$out/start-$(date -u +%Y%m%dT%H%M%SZ).json" "$@"
