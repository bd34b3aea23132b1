# make bench and make test are all that a newcomer needs; each sets everything up by itself.
.PHONY: help setup bench test check format lint types layers tests prove prove-full pictures screens schemas docs lock release clean
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
UV = $(shell command -v uv || echo .tools/bin/uv)

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

setup: .venv/.done  ## make .venv with everything, requestx included where a Rust toolchain is found

.venv/.done: pyproject.toml .python-version requirements/dev.txt requirements/build.txt requirements/requestx.txt scripts/setup.sh
	@sh scripts/setup.sh
	@touch $@

bench: setup  ## compare every installed client, quickly (about a minute and a half)
	@.venv/bin/http-benchmark run --quick

test: setup  ## run all tests
	@$(PYTHON) -m tests

check: setup format lint types layers tests  ## everything that a commit must pass

format: setup
	@.venv/bin/ruff format --check .

lint: setup
	@.venv/bin/ruff check .

types: setup
	@.venv/bin/mypy

layers: setup
	@.venv/bin/lint-imports --config pyproject.toml

tests: setup
	@$(PYTHON) -m tests

prove: setup  ## ask the tool what it must know: live experiments with known answers (ten minutes, and the gates)
	@$(PYTHON) -m proof

prove-full: setup  ## the same with all clients and all repeats (forty minutes, and the gates)
	@$(PYTHON) -m proof --full

pictures: setup  ## draw the pictures of the documents from the figures beside them
	@$(PYTHON) -m scripts.pictures

screens: setup  ## take the pictures of report and dashboard anew, on a quiet machine (five minutes)
	@$(PYTHON) -m scripts.screens

schemas: setup  ## write the JSON schemas of the published documents
	@$(PYTHON) -m scripts.schemas

docs: setup  ## make the site of the documents in site/; a warning is a fault
	@$(PYTHON) -m sphinx --quiet --fail-on-warning --keep-going -c docs/site -d build/doctrees . site
	@echo "site/index.html is the first page"

lock: setup  ## renew the pinned requirements from pyproject.toml
	@for name in build requestx; do $(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
		requirements/$$name.in -o requirements/$$name.txt; done
	@$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --group dev pyproject.toml \
		-o requirements/dev.txt
	@$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --group docs pyproject.toml \
		--constraint requirements/dev.txt -o requirements/docs.txt

release: setup  ## make release VERSION=1.2.3: version, changelog, distributions checked and tried, commit, tag
	@$(PYTHON) -m scripts.release $(VERSION)

clean:  ## remove what setup and the tools made
	rm -rf .venv .tools .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist site
