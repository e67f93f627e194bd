# Every command anyone needs. `make` lists them; CI runs the very same recipes.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
SERVE ?= 1
DIR ?= $(CURDIR)/demo-home
WORKERS ?= 2

.PHONY: help setup demo run test check bench docs lock format clean

help: ## list these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] == (3, 11) else "Muniment needs Python 3.11; say which one with: make PYTHON=python3.11 …")'
	@$(PYTHON) -m venv .venv || { echo "Python's venv is missing: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-bootstrap.lock
	@touch $@

.venv/.runtime: .venv/.made requirements.lock pyproject.toml
	@echo "Installing the locked packages (hashes checked) …"
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --require-hashes --no-deps -r requirements.lock
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock
	@echo "Installing the tools for tests and checks (hashes checked) …"
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

.venv/.system: .venv/.dev
	@$(BIN)/python -m tests.support.system
	@touch $@

setup: .venv/.system ## everything for working on Muniment: packages, tools, Chromium, PostgreSQL

demo: .venv/.runtime ## an encrypted installation with an invented firm, end to end; SERVE=0 ends after the summary
	@$(BIN)/muniment demo --home $(DIR) $(if $(filter 0,$(SERVE)),--no-serve,)

run: .venv/.runtime ## serve the installation in DIR
	@$(BIN)/muniment serve --home $(DIR)

test: .venv/.system ## all tests, on PostgreSQL and on SQLCipher, in a real browser, with the coverage gate
	@rm -rf .coverage .coverage.* build/coverage && mkdir -p build/coverage
	MUNIMENT_TEST_DATABASE=postgresql $(BIN)/python -m pytest -m "database and not browser" -n $(WORKERS) --cov --cov-report= -q
	@mv .coverage build/coverage/postgresql
	MUNIMENT_TEST_DATABASE=sqlcipher $(BIN)/python -m pytest -m "not browser" -n $(WORKERS) --cov --cov-report= -q
	@mv .coverage build/coverage/sqlcipher
	MUNIMENT_TEST_DATABASE=sqlcipher $(BIN)/python -m pytest -m browser -n $(WORKERS) --cov --cov-report= -q
	@mv .coverage build/coverage/browser
	MUNIMENT_TEST_DATABASE=postgresql $(BIN)/python -m pytest -m "database and browser" -n 1 --cov --cov-report= -q
	@mv .coverage build/coverage/browser-postgresql
	@$(BIN)/python -m coverage combine --quiet --keep build/coverage/*
	@$(BIN)/python -m pytest -q -p no:randomly --no-cov tests/house/coverage_gate.py

check: .venv/.system ## format, lint, types, import contracts, generated docs, migrations
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.support.migrations
	$(BIN)/muniment docs --check

bench: .venv/.dev ## the table of measures, one run, ratios to something that stands still
	@$(BIN)/python -m bench

docs: .venv/.dev ## write docs/reference anew from the code
	@$(BIN)/muniment docs

format: .venv/.dev ## let ruff put the code into form
	@$(BIN)/ruff format src tests bench
	@$(BIN)/ruff check --fix src tests bench

lock: .venv/.dev ## resolve the dependencies anew and write the lock files (no addresses in them)
	@$(BIN)/uv lock --quiet --upgrade
	@$(BIN)/uv export --quiet --no-header --no-annotate --no-emit-project --no-dev --group build --extra pdf -o requirements.lock
	@$(BIN)/uv export --quiet --no-header --no-annotate --no-emit-project --all-groups --extra pdf -o requirements-dev.lock
	@sed -i '/^#/d' requirements.lock requirements-dev.lock

clean: ## remove what was built, not what was installed
	@rm -rf demo-home .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
