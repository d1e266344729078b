# The verbs of this repository. `make` alone lists them.
#
#   make serve PORT=9000 HOST=127.0.0.1 MODEL=...   flags of `nemotron serve`; further ones in ARGS="..."
#   make test ARGS="-k splitter"                    further arguments of pytest
#   make test WORKERS=0                             in one process (else in two, side by side)
#   make setup PYTHON=python3.12 ENGINE=cpu         see scripts/setup.sh

BIN := .venv/bin
NODE_TESTS := tests/clients/node tests/web/browser
WORKERS ?= 2

SERVE_FLAGS = $(if $(HOST),--host '$(HOST)') $(if $(PORT),--port '$(PORT)') $(if $(MODEL),--model '$(MODEL)')

.DEFAULT_GOAL := help
.PHONY: help setup serve test lint check bench bench-door bench-ruler demo-train demo-eval clean node browser triton

help: ## list the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

setup: ## make .venv ready: the engine for this machine, the project, its tools
	@PYTHON='$(PYTHON)' ENGINE='$(ENGINE)' bash scripts/setup.sh

serve: setup ## serve on http://127.0.0.1:8000 (PORT, HOST, MODEL)
	@exec $(BIN)/nemotron serve $(SERVE_FLAGS) $(ARGS)

test: setup node browser triton ## run every test that needs no GPU
	$(BIN)/pytest -m "not gpu" -n $(WORKERS) --dist loadfile $(ARGS)

lint: setup ## style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check: lint ## lint, types, who may import whom, and figures against their files
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -P scripts/check_figures.py

bench: setup ## our server against vLLM's own, in turns on the same workload, in two minutes
	$(BIN)/nemotron bench versus --server stock --other ours --workload smoke --concurrency 1,8 --seconds 2 --rounds 3 $(ARGS)

bench-door: setup ## what the API costs: bare AsyncLLM, ours and vLLM's own, in one run
	$(BIN)/python benchmarks/door/sides.py $(ARGS)

bench-ruler: setup ## nemotron bench against a scripted server, and beside vLLM's client
	$(BIN)/python -P benchmarks/ruler.py $(ARGS)

demo-train: setup ## train the demo model anew
	$(BIN)/python -P -m nemotron_demo.train $(ARGS)

demo-eval: setup ## examine the demo model through the API
	$(BIN)/python -P -m nemotron_demo.exam $(ARGS)

clean: ## remove caches and build outputs; with ALL=1 .venv and the npm packages, too
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find runtime kernels benchmarks demo tests -name __pycache__ -type d -prune -exec rm -rf {} +
	$(if $(ALL),rm -rf .venv $(addsuffix /node_modules,$(NODE_TESTS)))

# The JavaScript clients and the browser's driver of the tests, where Node.js 20 or newer is at hand; else those tests skip.
node: setup .venv/node.stamp

# Triton for the tests of the GPU's kernels, where the engine brought none.
triton: setup .venv/triton.stamp

.venv/triton.stamp: pyproject.toml | setup
	@$(BIN)/python -P -c 'import triton' 2>/dev/null || { \
	  echo 'triton: installing it for the tests of the kernels ...' && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target .venv/triton --group triton; }
	@touch $@

.venv/node.stamp: $(foreach folder,$(NODE_TESTS),$(folder)/package.json $(folder)/package-lock.json) | setup
	@if node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null; then \
	  echo 'node: installing the JavaScript clients and the driver of a browser ...' && \
	  for folder in $(NODE_TESTS); do npm ci --prefix $$folder --no-audit --no-fund --loglevel=error || exit; done && touch $@; \
	else \
	  echo 'node: Node.js 20 or newer is not here, so the tests of JavaScript clients and of the pages skip'; \
	fi

browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  echo 'browser: no Chromium is here, so the tests of the pages skip (Debian: apt-get install chromium)'
