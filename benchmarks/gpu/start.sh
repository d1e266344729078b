#!/usr/bin/env bash
# A cold and a warm start on this machine, phase by phase, and the plan against what vLLM reports, by `nemotron bench
# startup`. Needs an environment in which nemotron-runtime[cuda] is installed (or PYTHON, PYTHONPATH that reach it).
# Further arguments go to `nemotron serve`, such as --model FOLDER; on a GPU weights are random unless they say else.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
out=${OUT:-benchmarks/results}
mkdir -p "$out"
export PYTHONPATH="runtime:kernels:benchmarks${PYTHONPATH:+:$PYTHONPATH}"
server="ours$([ $# -eq 0 ] || printf ' %q' "$@")"
if [[ $server != *--load-format* ]] && nvidia-smi -L >/dev/null 2>&1; then
  server="$server --load-format=dummy"
fi
exec "$python" -P -c 'from nemotron_runtime.cli import main; main()' bench startup --server "$server" \
  --out "$out/startup-$(date -u +%Y%m%dT%H%M%SZ).json"
