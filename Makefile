# Every target sets up its own virtual environment; nothing needs root or an account.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
BENCH_STAMP := $(VENV)/.installed-bench
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help install demo check lint format types layers docs-check test docs bench clean dist

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(STAMP) ## virtual environment with every extra and the development tools

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[aws,cli,coda,infomaniak,testing]' --group dev
	touch $@

$(BENCH_STAMP): $(STAMP)
	$(BIN)/python -m pip install --quiet --group bench
	touch $@

demo: $(STAMP) ## the main job on the local store and on a real S3 server, side by side
	$(BIN)/python examples/demo.py

check: lint types layers docs-check ## everything that needs no test run

lint: $(STAMP) ## ruff: rules and formatting
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: $(STAMP) ## let ruff format and fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(STAMP) ## mypy --strict
	$(BIN)/mypy
	$(BIN)/mypy tests/typing tests/servers examples docs/build.py

layers: $(STAMP) ## import-linter: the layer rules
	$(BIN)/lint-imports --no-cache

docs-check: $(STAMP) ## links, code block languages and the API listing
	$(BIN)/python docs/build.py check

test: $(STAMP) ## the whole test suite, against real servers on loopback ports
	$(BIN)/python -m pytest

docs: $(STAMP) ## regenerate API_SPECIFICATION.md and docs/capabilities.md
	$(BIN)/python docs/build.py write

bench: $(BENCH_STAMP) ## compare with the peers and write docs/benchmarks.md
	$(BIN)/python -m benchmarks

dist: $(STAMP) ## build the wheel and the sdist
	$(BIN)/python -m build --outdir dist .

clean: ## remove everything that the other targets made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
