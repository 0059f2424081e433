# Stagefloor's front door. `make` alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV    := .venv
BIN     := $(VENV)/bin
STAMP   := $(VENV)/.installed
PYTHON  ?= python3
WORKERS ?= 2
ARGS    ?=
PLANT   ?= payloads/plants/gearbox.yaml
TYPED   := simulator $(wildcard examples)

.PHONY: help
help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

.PHONY: setup
setup: $(STAMP)  ## build .venv from the hashed lock file (only when that changed)
	@:

# A shim may exist without a Python behind it, so each candidate has to answer.
$(STAMP): requirements/dev.txt pyproject.toml
	@ok='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'; \
	if ! $(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	  found=; \
	  for candidate in $(PYTHON) python3.13 python3.12 python3.11; do \
	    if "$$candidate" -c "$$ok" 2>/dev/null; then found=$$candidate; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "Stagefloor needs Python 3.11 or newer with venv and pip; found: $$($(PYTHON) --version 2>&1 || true)." >&2; \
	    echo "Install one (Debian: apt-get install python3 python3-venv), or name it: make setup PYTHON=/path/to/python3" >&2; \
	    exit 1; \
	  fi; \
	  echo "Building $(VENV) with $$("$$found" --version)"; \
	  "$$found" -m venv --clear $(VENV); \
	fi
	@echo "Installing the locked requirements (a minute or two the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: demo
demo: setup  ## see a line that counts, an order by EDI, an outage, and the verdicts
	@$(BIN)/python examples/demo.py $(ARGS)

SCENARIOS ?= $(sort $(wildcard scenarios/asn-*.yaml scenarios/floor-*.yaml))

.PHONY: scenarios
scenarios: setup  ## run SCENARIOS (trading partners, shop floor) against the example bridge
	@$(BIN)/python examples/demo.py --out .stagefloor/scenarios $(SCENARIOS) $(ARGS)

.PHONY: serve
serve: setup  ## serve PLANT (a plant file) on loopback
	@$(BIN)/stagefloor serve $(PLANT) $(ARGS)

# Bytecode is kept, whatever the environment says: a process that compiles all it imports takes twice
# as long to start, and the suite starts a hundred. A file stays with one worker: what its tests share
# is made once. (The groups of pytest-xdist 3.8 do nothing under pytest 9.)
.PHONY: test
test: setup  ## run the whole suite; ARGS="-k name" narrows it
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile \
	  --no-loadscope-reorder $(ARGS)

.PHONY: check
check: setup  ## format, lint, types and the import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy --strict $(TYPED)
	@$(BIN)/lint-imports --no-logo

.PHONY: format
format: setup  ## format, and mend what ruff can mend by itself
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: docs
docs: setup  ## write the pages of docs/ that come from the code
	@for name in faults transports; do \
	  page="$$($(BIN)/stagefloor docs $$name)" && printf '%s\n' "$$page" > docs/$$name.md || exit 1; \
	done

.PHONY: bench
bench: setup  ## run every bench/*/run.py, one after the other
	@for run in $(sort $(wildcard bench/*/run.py)); do echo "== $$run"; $(BIN)/python "$$run" $(ARGS); done

# ARGS=--upgrade takes the newest versions; without it, only what pyproject.toml or *.in changed moves.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(ARGS)

.PHONY: lock
lock:  ## resolve pyproject.toml and requirements/*.in into hashed lock files
	@[ -x $(BIN)/uv ] || $(MAKE) setup
	@$(COMPILE) pyproject.toml requirements/dev.in --extra all --output-file requirements/dev.txt
	@$(COMPILE) pyproject.toml --extra all --constraints requirements/dev.txt --output-file requirements/run.txt
	@$(COMPILE) requirements/build.in --constraints requirements/dev.txt --output-file requirements/build.txt

.PHONY: clean
clean:  ## remove .venv, caches and build output
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
