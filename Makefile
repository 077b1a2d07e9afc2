# LoanHub: `make demo` and `make test` create what they need; everything else is a variation.
# Only Python >= 3.11 is required. PYTHON chooses the interpreter, VENV the environment's folder.
PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
ARGS ?=
FUZZ_COUNT ?= 100000
FUZZ_SECONDS ?= 30

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test vectors fuzz faults lint format bench serve constraints clean

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## build the environment from constraints.txt

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("LoanHub needs Python 3.11 or newer: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the packages named in constraints.txt into $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(STAMP) ## run loan applications from submission to statement; ARGS="--applications 50"
	@$(BIN)/loanhub demo $(ARGS)

serve: $(STAMP) ## run the demo, then keep the hub open for a browser
	@$(BIN)/loanhub demo --serve $(ARGS)

test: $(STAMP) ## run every test, with coverage; ARGS="-k ledger --no-cov"
	@$(BIN)/python -m pytest -n $(JOBS) --cov --cov-report=term $(ARGS)

vectors: $(STAMP) ## run every shared vector and print how many of each file passed
	@$(BIN)/python -m pytest -n $(JOBS) -m vectors --no-cov -q $(ARGS)

fuzz: $(STAMP) ## refuse 100,000 mutants of every kind, then search every parser; FUZZ_COUNT, FUZZ_SECONDS
	@LOANHUB_FUZZ_COUNT=$(FUZZ_COUNT) $(BIN)/python -m pytest -n $(JOBS) --no-cov -q \
		-o faulthandler_timeout=0 -k mutant tests/signing tests/fuzz
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/python -m pip install --quiet \
		--disable-pip-version-check --constraint constraints.txt --editable '.[fuzz]' || true
	@$(BIN)/python -m tests.fuzz.run --seconds $(FUZZ_SECONDS)

faults: $(STAMP) ## kill, cut off and starve the hub for hours and print the table; ARGS="--only kill_loop --json"
	@$(BIN)/python -m tests.faults --long $(ARGS)

lint: $(STAMP) ## check style, types and the direction of imports
	@failed=0; \
	$(BIN)/ruff check . || failed=1; \
	$(BIN)/ruff format --check . || failed=1; \
	$(BIN)/mypy || failed=1; \
	$(BIN)/lint-imports --no-logo || failed=1; \
	exit $$failed

format: $(STAMP) ## rewrite the sources in the house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(STAMP) ## measure the lifecycle and print one JSON object
	@$(BIN)/python benchmarks/lifecycle.py --json $(ARGS)

constraints: $(STAMP) ## pin what is installed now, by name and version
	@$(BIN)/python -m pip freeze --exclude-editable | grep -E '^[A-Za-z0-9._-]+==' | LC_ALL=C sort -f > constraints.txt
	@touch $(STAMP)

clean: ## remove the environment and every cache
	@rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.*
