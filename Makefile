# One word each. `make` alone lists them. CI runs the same words (.ci/run).
#   PYTHON=python3.12 make test     another interpreter       VENV=/tmp/env make test    another place for the environment
#   make test ARGS="tests/unit -x"  arguments to pytest       make demo ARGS=--once      arguments to the demo

PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=
UV     ?= $(shell command -v uv 2>/dev/null)

python := $(VENV)/bin/python
inputs := pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test check test-all bench bench-ui ui docs docs-screenshots clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r word text; do printf '  make %-16s %s\n' "$$word" "$$text"; done

demo: $(VENV)/.demo ## start a server on an embedded store, train on real data, show the runs; Ctrl-C ends it
	@$(python) ui/build.py || echo "The demo goes on without the pages."
	@$(python) examples/demo.py $(ARGS)

test: $(VENV)/.test ## set up what the tests need and run them; what is missing is skipped, with its reason
	@$(python) -m pytest $(ARGS)

check: $(VENV)/.check ## ruff, mypy --strict, import contracts, the shape of the house, the docs, tsc and eslint
	@status=0; said=$$(mktemp); \
	$(python) -m pytest tests/shape tests/docs > "$$said" 2>&1 & tests=$$!; trap 'kill $$tests' INT TERM; \
	for step in "ruff check ." "mypy" "lint-imports --no-logo"; do \
	  echo "== $$step"; $(VENV)/bin/$$step || status=1; \
	done; \
	echo "== tsc and eslint"; $(python) ui/build.py --check || status=1; \
	echo "== pytest tests/shape tests/docs"; wait $$tests || status=1; cat "$$said"; rm -f "$$said"; \
	$(python) tests/shape/house.py; exit $$status

test-all: $(VENV)/.test-all ui ## all tests, with the real mlflow beside them; a skip for something missing is a failure
	@MODELYARD_REQUIRE_ALL=1 $(python) tests/in_two.py $(ARGS)

bench: $(VENV)/.bench ## measure beside the peers, print the table
	@$(python) -m benches $(ARGS)

bench-ui: $(VENV)/.bench-ui ## open our pages and the peers' in a browser, print the table
	@$(python) -m benches.ui $(ARGS)

ui: $(VENV)/.ui ## build what browsers need: the server's pages, and the runtime of exported ones
	@$(python) ui/build.py

docs: $(VENV)/.test ## write the reference pages anew from the program's own tables, then test all pages
	@$(python) docs/reference/generate.py
	@$(python) -m pytest -q tests/docs

docs-screenshots: $(VENV)/.bench-ui ## photograph the pages for the README and the docs, from a server with the demo's runs
	@$(python) docs/screenshots.py

clean: ## remove the environment and every cache
	@rm -rf $(VENV) build dist ui/node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis htmlcov .coverage .coverage.*
	@find src tests examples benches docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# ---- the environment: `python -m venv` and pip; uv is used where it is on the PATH, and pip again where uv cannot --------------

$(VENV)/.python: Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "modelyard needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.11 ..." >&2; exit 1; }
	@test -x $(python) || $(PYTHON) -m venv $(VENV)
	@touch $@

# .demo, .test, .check, .test-all, .bench, .bench-ui and .ui are the extras of pyproject.toml with these names.
$(VENV)/.%: $(VENV)/.python $(inputs)
	@echo "installing what 'make $*' needs into $(VENV) ..."
	@{ test -n "$(UV)" && "$(UV)" pip install -q --python $(python) -c constraints.txt -e '.[$*]' 2>/dev/null; } \
	  || $(python) -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[$*]'
	@touch $@
