# resdsl: `make demo` sets up and trains a network; `make test` sets up and runs every check.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help

help:  ## List these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all,dev]'
	$(BIN)/python -m compileall -q resdsl backends
	touch $(READY)

setup: $(READY)  ## Make .venv with resdsl, PyTorch, Flax and the tools, in the tested versions

demo: $(READY)  ## Train specs/preact110.res on the digits inside the package, in a few minutes on two cores
	$(BIN)/resdsl train specs/preact110.res --data digits --epochs 3 --lr 0.1 --batch 64 --out runs/demo

test: lint $(READY)  ## Lint, check types, and run all tests
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

test-slow: $(READY)  ## Run the long comparisons of both backends as well
	JAX_DISABLE_MOST_OPTIMIZATIONS=0 $(BIN)/python -m pytest -m slow --numprocesses auto --dist worksteal

lint: $(READY)  ## Lint and check types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)  ## Format the Python sources and the specs
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/resdsl fmt specs

bench: $(READY)  ## Measure speed: ratios against what a user would pick instead
	$(BIN)/python benchmarks/speed.py

words: $(READY)  ## Write anew what is made of the words and the grammar: parser tables, documentation, TextMate grammar
	$(BIN)/python -m resdsl.syntax.generate
	$(BIN)/python -m resdsl.language.reference
	$(BIN)/python -m resdsl.language.textmate

clean:  ## Remove the virtual environment and what tools have cached
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis

.PHONY: help setup demo test test-slow lint format bench words clean
