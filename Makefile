# Two commands need nothing but Python >= 3.11 with venv: `make demo`, `make test`.
# Everything lives in .venv; delete it to start anew.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Test workers: each one loads every framework, so two is right for two cores.
WORKERS ?= 2
BACKENDS ?= numpy,jax,tensorflow,torch
DEMO_ARGS ?=
BENCH_ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: help demo test lint lint-style lint-walls lint-size lint-types format bench \
  clean

help:
	@echo "make demo    set up with JAX and train a convnet on scikit-learn's digits"
	@echo "make test    set up with all four backends and run the whole suite"
	@echo "make lint    ruff, basedpyright, import contracts, size budgets"
	@echo "make format  let ruff rewrite what it can"
	@echo "make bench   side-by-side benchmarks (BENCH_ARGS=--quick for a short run)"
	@echo "make clean   remove .venv and caches"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	         "Name another with: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# One pip command each: TensorFlow requires a distribution named keras, and with this
# checkout in the same request pip settles on it and never looks for another.
$(VENV)/.installed-demo: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e '.[jax,examples]'
	@touch $@

$(VENV)/.installed-all: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e '.[jax,tensorflow,torch,examples,dev]'
	@touch $@ $(VENV)/.installed-demo

demo: $(VENV)/.installed-demo
	KERAS_BACKEND=$${KERAS_BACKEND:-jax} $(BIN)/python examples/digits.py $(DEMO_ARGS)

test: $(VENV)/.installed-all
	KERAS_TEST_BACKENDS=$(BACKENDS) $(BIN)/python -m pytest \
	  -n $(WORKERS) --dist loadfile $(TEST_ARGS)

# `make -k lint` runs every part, whichever fails.
lint: lint-style lint-walls lint-size lint-types

lint-style: $(VENV)/.installed-all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

lint-walls: $(VENV)/.installed-all
	$(BIN)/lint-imports --no-logo

lint-size: $(VENV)/.installed-all
	$(BIN)/python tools/size_budget.py

lint-types: $(VENV)/.installed-all
	$(BIN)/basedpyright --pythonpath $(BIN)/python

format: $(VENV)/.installed-all
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-all
	$(BIN)/python benchmarks/run.py $(BENCH_ARGS)

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .import_linter_cache .hypothesis
