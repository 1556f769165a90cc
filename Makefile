# Lictor: what one does with a checkout. `make help` lists it.
# PYTHON chooses the interpreter, VENV the environment; a read-only checkout keeps its environment elsewhere.

PYTHON ?= python3
VENV ?= $(shell if [ -w . ]; then echo .venv; else echo "$${TMPDIR:-/tmp}/lictor-venv-$$(id -u)"; fi)
BIN := $(VENV)/bin
CACHE := $(VENV)/cache
SERVERS ?= 3
AGENTS ?= 97
SEED ?= 14
UNTIL ?= 20s
N ?= 200
DATE ?= not released yet
RAY ?= tests/hosts/test_actor_contract_on_ray.py tests/ray
FAST := tests/test_tidy.py tests/unit tests/golden tests/papers tests/properties tests/bus tests/hosts

export RUFF_CACHE_DIR := $(CACHE)/ruff
export MYPY_CACHE_DIR := $(CACHE)/mypy
export HYPOTHESIS_STORAGE_DIRECTORY := $(CACHE)/hypothesis
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Without files of bytecode each of pytest's workers compiles everything and rewrites every assertion, each time.
unexport PYTHONDONTWRITEBYTECODE
PYTEST := $(BIN)/pytest -o cache_dir=$(CACHE)/pytest

.PHONY: help setup up check lint test clients ray sim swarm bench docs changelog lock clean

help: ## list these targets
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## create the environment with everything that a node needs

up: $(VENV)/.installed ## run 3 servers and 97 agents on this machine until Ctrl-C
	@$(BIN)/lictor dev -servers $(SERVERS) -agents $(AGENTS)

lint: $(VENV)/.installed-dev ## format, style, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --cache-dir $(CACHE)/import_linter

check: lint ## lint and the fast tests, about a minute
	$(PYTEST) -n 2 --hypothesis-profile=check -m 'not slow and not e2e and not ray' $(FAST)

test: lint ## everything in Python: also the simulator's short swarm and real processes
	$(PYTEST) -n 2 -m 'not ray' --ignore=tests/e2e --ignore=tests/clients
	$(PYTEST) -n 2 --dist loadfile --no-loadscope-reorder -m 'not alone' tests/e2e
	$(PYTEST) -m alone tests/e2e

clients: $(VENV)/.installed-dev ## unmodified clients of Consul in other languages against a cluster
	LICTOR_CLIENTS_BUILDS=$(abspath $(CACHE))/clients $(PYTEST) tests/clients

ray: $(VENV)/.installed-ray ## what runs on Ray: installs it, then the tests with the marker ray
	$(PYTEST) -m ray $(RAY)

sim: $(VENV)/.installed ## one run of the simulator: SEED=14 UNTIL=20s
	@$(BIN)/lictor sim -seed $(SEED) -until $(UNTIL)

swarm: $(VENV)/.installed ## many seeds of the simulator: N=200
	@$(BIN)/lictor sim -seeds $(N)

bench: $(VENV)/.installed-dev ## what a cluster of 100 costs, beside serf if it is installed
	@$(BIN)/python benchmarks

docs: $(VENV)/.installed-dev ## the site of the documentation, strictly, into build/site
	$(BIN)/zensical build --clean --strict

changelog: $(VENV)/.installed-dev ## CHANGELOG.md from the fragments of changelog.d: DATE=2027-01-31
	$(BIN)/towncrier build --draft --date '$(DATE)' >CHANGELOG.md

lock: $(VENV)/.installed-dev ## requirements-dev.txt: today's versions of everything that the tests ran with, and their hashes
	@$(BIN)/python -m pip install --quiet --group lock
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-annotate --no-emit-index-url \
	  --custom-compile-command 'make lock' --extra node --extra speed --group dev -o requirements-dev.txt pyproject.toml

clean: ## remove the environment
	rm -rf $(VENV)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Lictor needs Python 3.11 or newer, and $(PYTHON) is not. Install one and name it: make PYTHON=python3.11 …"; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: sudo apt install python3-venv"; \
	  exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@echo "Installing Lictor into $(VENV)"
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --editable '.[node,speed]'
	@# An editable install compiles nothing, and where PYTHONDONTWRITEBYTECODE is set each start would compile it all.
	@$(BIN)/python -m compileall -qq lictor messages actors deploy || test ! -w .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing what the tests need"
	@$(BIN)/python -m pip install --quiet --group dev
	@touch $@

$(VENV)/.installed-ray: $(VENV)/.installed-dev
	@echo "Installing Ray"
	@$(BIN)/python -m pip install --quiet --editable '.[node,speed,ray]'
	@touch $@
