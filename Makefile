# The front door. `make` alone lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/pytest
SEED ?= 7
REQUESTS ?= 100000
FAULTS ?= 300
RATE ?= 80

.PHONY: help demo test beside-browser beside-api beside-parts beside-units check unit contract integration e2e browser hostile faults bench bench-quick bench-seed assets messages up down logs topics format lock system clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/ready assets  ## Everything from nothing: stack, services, tenants, history, citizens; then the addresses
	@$(BIN)/sokak demo

# Most tests wait more than they work, and each of these runs has servers of its own. What is about
# time, or loads the machine by itself, comes after them and alone.
BESIDE := browser parts api units

# A browser on a busy machine has moments of its own, and so have the APIs of four services. A test
# of them that fails is made once more, three in a run at most, and the end of the run shows what
# failed: a name there is a fault to be found.
ONCE_MORE := --reruns 1 --max-suite-reruns 3 --rerun-show-tracebacks
BROWSER := $(PYTEST) tests/browser $(ONCE_MORE)

test: check assets  ## All checks and all tests, on real servers and in a real browser
	@echo "Two test runs at a time: $(BESIDE). Each is shown at its end."
	@$(MAKE) --no-print-directory --jobs=2 --keep-going --output-sync=target $(BESIDE:%=beside-%)
	$(PYTEST) tests/e2e tests/faults tests/hostile

beside-browser:
	$(BROWSER)

beside-api:
	$(PYTEST) tests/integration/api $(ONCE_MORE)

beside-parts:
	$(PYTEST) tests/integration --ignore=tests/integration/api

beside-units:
	$(PYTEST) tests/unit tests/contract

check: .venv/ready  ## Lint, format, types, layering, translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy libs services
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m libs.web.messages --check

unit: .venv/ready  ## Rules and libraries alone: seconds, no servers
	$(PYTEST) tests/unit

contract: .venv/ready  ## Events against their schemas and golden samples
	$(BIN)/python -m tests.contract.generate
	$(PYTEST) tests/contract

integration: .venv/ready  ## Parts on a real Kafka and MongoDB
	$(PYTEST) tests/integration

e2e: .venv/ready assets  ## All services as processes
	$(PYTEST) tests/e2e

browser: .venv/ready assets  ## The pages in a real browser
	$(BROWSER)

hostile: .venv/ready  ## Clients, producers and disks that mean harm
	$(PYTEST) tests/hostile tests/e2e/test_poison_ten_thousand.py

faults: .venv/ready  ## The long run of faults under load (SEED=7 REQUESTS=100000 FAULTS=300 RATE=80)
	$(BIN)/python -m tests.faults --seed $(SEED) --requests $(REQUESTS) --faults $(FAULTS) --rate $(RATE)

bench: .venv/ready  ## Figures beside yardsticks, with up to a million stored; fails on half a goal
	$(BIN)/python -m tests.bench --json docs/benchmarks.json --page docs/benchmarks.md

bench-quick: .venv/ready  ## The ratios alone, in two minutes
	$(BIN)/python -m tests.bench --quick

bench-seed: .venv/ready  ## What `bench` needs stored, grown once and kept in ~/.cache/sokak
	$(BIN)/python -m tests.bench.seed 100000 1000000

assets: libs/web/static/dist/manifest.json  ## Build the pages' scripts and styles (Node 20)

libs/web/static/dist/manifest.json: libs/web/node_modules/.ready libs/web/build.mjs $(wildcard libs/web/src/*)
	cd libs/web && node build.mjs

libs/web/node_modules/.ready: libs/web/package-lock.json
	@command -v npm >/dev/null || { echo "Node 20 or later is needed for the pages: apt install nodejs npm, or make system"; exit 1; }
	cd libs/web && npm ci --ignore-scripts --silent
	@touch $@

messages: .venv/ready  ## Bring the Turkish catalogues up to what the pages say
	$(BIN)/python -m libs.web.messages

up: .venv/ready  ## Find or start Kafka and MongoDB
	@$(BIN)/sokak up

down: .venv/ready  ## Stop what `up` started
	@$(BIN)/sokak down

topics: .venv/ready  ## Make the topics that lack
	@$(BIN)/sokak topics

logs: .venv/ready  ## Follow Kafka's log (`sokak logs mongo` for the other)
	@$(BIN)/sokak logs

format: .venv/ready  ## Lay out the code and repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/ready  ## Write requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --generate-hashes --no-header \
		--no-annotate -o requirements.lock

system:  ## Install what the machine lacks (Debian, as root): Java, Maven, compilers
	@bash deploy/system.sh

clean:  ## Stop the stack; delete its data, the caches and the virtual environment
	@if [ -x $(BIN)/sokak ]; then $(BIN)/sokak down --data; fi
	rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; name it: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' \
		|| { echo "$(PYTHON) lacks venv: apt install python3-venv, or make system"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
