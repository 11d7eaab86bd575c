# What a person types. `make help` lists it. Needs python 3.11 or later and make, nothing else.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(BIN)/python
PIP := $(PYTHON) -m pip --disable-pip-version-check --require-virtualenv
LOCKER := .venv-lock
STAMP := $(VENV)/.installed
# Tests run in this many processes; each has its own PostgreSQL.
TEST_PROCESSES ?= auto
# What asks no database, and what goes through the door: of that, the first test of each file.
QUICK := tests/domain tests/policy tests/house tests/api
# More words for pytest: make test PYTEST="-k deadlines -x"
PYTEST ?=

# A virtual environment knows its own path, so one that was copied or moved is made again.
ifneq ($(shell cat $(VENV)/.place 2>/dev/null),$(CURDIR))
.PHONY: $(VENV)/.place
endif

.PHONY: help
help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: $(STAMP)-run ## install, migrate, load the demonstration year, start everything
	@exec $(BIN)/frontdoor run

.PHONY: test
test: check ## everything that must hold: static checks, then the whole suite on both databases
	$(PYTHON) -m pytest -n $(TEST_PROCESSES) --dist loadscope $(PYTEST)

.PHONY: quick
quick: $(STAMP)-dev ## what is quick and broad, for every save: no PostgreSQL, under a minute on two cores
	$(PYTHON) -m pytest -q -n $(TEST_PROCESSES) --quick $(QUICK) --durations=5 --durations-min=2 $(PYTEST)

.PHONY: coverage
coverage: $(STAMP)-dev ## which lines the suite runs; takes about twice as long as the suite
	@rm -f .coverage .coverage.*
	$(PYTHON) -m pytest -n $(TEST_PROCESSES) --dist loadscope --cov --cov-report=term:skip-covered $(PYTEST)

.PHONY: test-on
test-on: $(STAMP)-dev ## the tests on another day: DAY="2027-03-28 00:58" PYTEST="tests/domain"
	@$(PYTHON) -m scripts.test_on $(if $(DAY),--day "$(DAY)") $(PYTEST)

.PHONY: torture
torture: $(STAMP)-dev ## kill, freeze and stop what serves people at work, and count what was acknowledged
	$(PYTHON) -m tests.torture $(TORTURE)

.PHONY: check
check: $(STAMP)-dev ## what can be told without running it: lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

.PHONY: format
format: $(STAMP)-dev ## put the code into the house's format, and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: contract
contract: $(STAMP)-run ## write openapi/openapi.json anew from the code
	$(BIN)/frontdoor contract

.PHONY: docs
docs: $(STAMP)-run ## write the documents that come from the code anew
	$(PYTHON) -m scripts.write_docs

.PHONY: bench
bench: $(STAMP)-bench ## measure the service beside its floor and a peer (QUICK=1: a short trial)
	$(PYTHON) -m tests.benchmarks $(if $(QUICK),--quick) $(BENCH)

.PHONY: lock
lock: $(LOCKER)/.installed ## choose the dependencies' versions again, with hashes (UPGRADE=1: the newest)
	@scripts/lock $(LOCKER)/bin/uv $(if $(UPGRADE),--upgrade)

.PHONY: image-proof
image-proof: $(STAMP)-run ## perform the Dockerfile's steps in a clean root (Linux, root, debootstrap)
	$(PYTHON) scripts/prove_image.py

.PHONY: clean
clean: ## remove what was installed and made; the data in var/ stays
	rm -rf $(VENV) $(LOCKER) .coverage .coverage.* htmlcov build dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .schemathesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- installing: each stamp is newer than what it was made from --------------------------------

$(VENV)/.place:
	@scripts/make-environment $(VENV)

# The project itself goes in as a link to this folder, without asking any registry for anything.
$(STAMP)-run: requirements.txt pyproject.toml $(VENV)/.place
	@echo "Installing what the service needs (once)"
	@scripts/install-requirements $(PYTHON) requirements.txt
	@$(PIP) install -qq --no-deps --no-index --no-build-isolation --editable .
	@touch $@

$(STAMP)-dev: requirements-dev.txt $(STAMP)-run
	@echo "Installing what its tests need (once)"
	@scripts/install-requirements $(PYTHON) requirements-dev.txt
	@touch $@

$(STAMP)-bench: requirements-bench.txt $(STAMP)-dev
	@echo "Installing what the benchmark needs (once)"
	@scripts/install-requirements $(PYTHON) requirements-bench.txt
	@touch $@

$(LOCKER)/.installed: requirements-lock.txt
	@scripts/make-environment $(LOCKER)
	@scripts/install-requirements $(LOCKER)/bin/python requirements-lock.txt
	@touch $@
