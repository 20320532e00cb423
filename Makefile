# Every target sets up its own virtual environment; nothing but test-openstack needs root, nothing an account. The
# Azure tests need Node.js 20 or later with npm, for Azurite.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
AZURITE := $(VENV)/azurite
AZURITE_STAMP := $(AZURITE)/.installed
BENCH := $(VENV)/bench
BENCH_STAMP := $(BENCH)/.installed
FAULTS := $(VENV)/faults
FAULTS_STAMP := $(FAULTS)/.installed
NO_NODE := The Azure tests run against Azurite, which needs Node.js 20 or later with npm: https://nodejs.org/en/download
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help install demo check lint format types layers docs-check test soak test-openstack docs bench faults clean dist

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(STAMP) $(AZURITE_STAMP) ## virtual environment with every extra, the development tools and Azurite

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[aws,azure,cli,coda,gcp,infomaniak,testing]' --group dev
	touch $@

# 374 packages, 186 MB, none of which runs a script of its own while it is installed.
$(AZURITE_STAMP): tests/servers/npm/package.json tests/servers/npm/package-lock.json | $(STAMP)
	@command -v node >/dev/null && command -v npm >/dev/null || { echo '$(NO_NODE)' >&2; exit 1; }
	mkdir -p $(AZURITE)
	cp $^ $(AZURITE)
	npm ci --prefix $(AZURITE) --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

# An environment of their own: the peers hold other versions of the same SDKs back.
$(BENCH_STAMP): pyproject.toml | $(STAMP)
	test -x $(BENCH)/bin/python || $(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BENCH)/bin/python -m pip install --quiet --editable '.[aws,azure,cli,gcp,infomaniak]' --group bench
	touch $@

# The peers have an environment of their own: they do not agree with the tests on versions.
$(FAULTS_STAMP): pyproject.toml | $(STAMP)
	test -x $(FAULTS)/bin/python || $(BIN)/python -m venv $(FAULTS)
	$(FAULTS)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(FAULTS)/bin/python -m pip install --quiet --group faults
	touch $@

demo: $(STAMP) $(if $(shell command -v npm),$(AZURITE_STAMP)) ## the same tour over every store that runs here
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

test: $(STAMP) $(AZURITE_STAMP) ## the whole test suite, against real servers on loopback ports
	$(BIN)/python -m pytest

soak: $(STAMP) $(AZURITE_STAMP) ## ten minutes of 32 threads among faults: nothing wrong, nothing left
	CLOUD_SOAK_SECONDS=$${CLOUD_SOAK_SECONDS:-600} $(BIN)/python -m pytest tests/soak

# The OpenStack is left running for the next time: tests/servers/openstack/down.sh stops it.
test-openstack: $(STAMP) ## the Infomaniak clients on a real OpenStack on this machine (root, Debian 12, 6 GB)
	$(BIN)/python -m pytest tests/openstack

docs: $(STAMP) ## regenerate API_SPECIFICATION.md and docs/capabilities.md
	$(BIN)/python docs/build.py write

bench: $(BENCH_STAMP) $(AZURITE_STAMP) ## compare with the peers and write docs/benchmarks.md
	$(BIN)/python -m benchmarks

faults: $(STAMP) $(AZURITE_STAMP) $(FAULTS_STAMP) ## every fault at every operation, ours and the peers', and write docs/reliability.md
	cd tests && PYTHONPATH=. ../$(BIN)/python -m faults.matrix --peers ../$(FAULTS)/bin/python --write $(FAULTS_OPTIONS)

dist: $(STAMP) ## build the wheel and the sdist
	$(BIN)/python -m build --outdir dist .

clean: ## remove everything that the other targets made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
