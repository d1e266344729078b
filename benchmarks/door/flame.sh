#!/usr/bin/env bash
# A flame graph of our API around the metronome. Needs py-spy (pip install py-spy) and the right to trace.
#
#   benchmarks/door/flame.sh OUT.svg [PYTHON]      PYTHON: of another checkout
set -euo pipefail
out=$(realpath -m "$1")
cd "$(dirname "$0")"
ours=$(realpath ../..)/.venv/bin/python
python=${2:-$ours}
log=$(mktemp)
"$python" -P metronome.py --interval-ms 20 --tokens 700 > "$log" &
server=$!
trap 'kill $server; rm -f "$log"' EXIT
until [ -s "$log" ]; do sleep 0.2; done
port=$("$ours" -P -c 'import json, sys; print(json.loads(open(sys.argv[1]).readline())["port"])' "$log")
"$ours" -P crowd.py --port "$port" --streams 64 > /dev/null <<'JSON' &
{"model": "nemotron-runtime/embedded-demo", "stream": true, "max_tokens": 700, "reasoning": {"enabled": false},
 "messages": [{"role": "user", "content": "Say something long about the sea, the sky and everything between them."}]}
JSON
sleep 1
py-spy record --pid $server --duration 10 --rate 250 --native --format flamegraph --output "$out" > /dev/null
