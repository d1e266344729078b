#!/usr/bin/env bash
# Our server against vLLM's own on this machine's GPU, full size, BF16 and FP8: chat of 1k/1k at 1, 32, 64 and 128
# streams, 8k/1k, and one stream at 1k to 128k of context; then our expert kernels off against on. Each server has
# the whole card in its turn. Weights are random but route like real ones, so nothing but a few MB of configuration
# is downloaded (or MODEL=FOLDER, with config.json, tokenizer.json and chat_template.jinja: then VARIANTS doesn't
# count). Needs an environment in which nemotron-runtime[cuda] is installed (or PYTHON, PYTHONPATH that reach it).
#
#   benchmarks/gpu/serve.sh                     all of it: hours
#   VARIANTS=fp8 PARTS=chat ROUNDS=3 benchmarks/gpu/serve.sh
#   benchmarks/gpu/serve.sh --dry-run           what would be started
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
out=${OUT:-benchmarks/results}
rounds=${ROUNDS:-4}
variants=${VARIANTS:-bf16 fp8}
parts=${PARTS:-chat long ladder kernels}
[ -z "${MODEL:-}" ] || variants=model
mkdir -p "$out"
export PYTHONPATH="runtime:kernels:benchmarks${PYTHONPATH:+:$PYTHONPATH}"
export NEMOTRON_SANE_DUMMY=1

case " $* " in
  *' --dry-run '* | *' --help '*) ;;
  *) nvidia-smi -L >/dev/null 2>&1 || {
    echo 'error: no NVIDIA GPU is usable here; run this on the machine that serves, or see --dry-run' >&2
    exit 3
  } ;;
esac

versus() { # NAME A B FLAGS...
  local name=$1 a=$2 b=$3
  shift 3
  "$python" -P -c 'from nemotron_runtime.cli import main; main()' bench versus --in-turn --rounds "$rounds" \
    --server "$a" --other "$b" --name "$name" --out "$out/$(date -u +%Y%m%dT%H%M%SZ)-$name.json" "$@"
}

for variant in $variants; do
  flags="--load-format=dummy --kernels=off"
  ours="--load-format=dummy"
  if [ "$variant" = model ]; then choice="--model=$(printf %q "$MODEL")"; else choice="--variant=$variant"; fi
  for part in $parts; do
    name=serve-$variant-$part
    case $part in
      chat) load=(--workload chat-1k-1k --concurrency 1,32,64,128 --seconds 60) ;;
      long) load=(--workload long-8k-1k --concurrency 1,32 --seconds 60) ;;
      ladder) load=(--workload benchmarks/gpu/ladder-128k.toml --concurrency 1 --requests 3) ;;
      kernels) load=(--workload chat-1k-1k --concurrency 1,32,128 --seconds 60) ;;
      *) echo "error: PARTS are chat, long, ladder and kernels, not $part" >&2 && exit 2 ;;
    esac
    if [ "$part" = kernels ]; then
      versus "$name" "ours $choice $ours --kernels=off" "ours $choice $ours --kernels=on" "${load[@]}" "$@"
    else
      versus "$name" "stock $choice $flags" "ours $choice $ours" "${load[@]}" "$@"
    fi
  done
done
