# Citewise. `make run` to try it, `make check test` before a commit.
#
#   make run      set up, index the shipped corpus, answer one question, serve the chat page
#   make test     set up, run every test, those in a browser too where Chromium is installed
#   make check    set up, ruff and mypy
#   make clean    remove what the targets above made here, the environment included
#
# Variables: PORT=7860, PYTHON=python3.12, VENV=.venv, PIP_FLAGS, PYTEST_FLAGS, as in
# `make run PORT=8000`. Each target is quick the second time: the environment is installed again
# only after pyproject.toml or constraints.txt changed.

PORT ?= 7860
VENV ?= .venv
PYTHON ?=
PIP_FLAGS ?=
PYTEST_FLAGS ?=
QUESTION ?= How many smart city pilots does China have?

python := $(VENV)/bin/python
candidates := $(or $(PYTHON),python3.11 python3.12 python3.13 python3)
pip := "$(python)" -m pip --disable-pip-version-check
install := $(pip) install --quiet $(PIP_FLAGS) --constraint constraints.txt

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check clean

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

run: $(VENV)/.installed
	@"$(python)" -m qa index build
	@echo
	@echo '$$ citewise ask "$(QUESTION)"'
	@"$(python)" -m qa ask "$(QUESTION)" || test $$? -eq 3
	@echo
	@"$(python)" -m qa ui --port "$(PORT)"

test: $(VENV)/.installed-dev
	"$(python)" -m pytest -m "" --numprocesses 2 --dist loadfile $(PYTEST_FLAGS)

check: $(VENV)/.installed-dev
	"$(python)" -m ruff check .
	"$(python)" -m ruff format --check .
	"$(python)" -m mypy

clean:
	rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@test ! -e "$(VENV)/.made-by-citewise" || rm -rf "$(VENV)"

# The first Python that starts and is new enough; shims that exist and do not start are passed over.
$(python):
	@if ! test -w .; then \
	  echo "citewise: $(CURDIR) cannot be written to, and the set-up writes there. Copy the folder to a place of yours and run make in the copy." >&2; exit 1; fi; \
	for candidate in $(candidates); do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then chosen=$$candidate; break; fi; \
	  version=$$("$$candidate" --version 2>&1) && found="$$found $$candidate is $$version."; \
	done; \
	if test -z "$$chosen"; then \
	  echo "citewise: no Python 3.11 or newer among: $(candidates).$$found Install one (Debian and Ubuntu: apt install python3.11-venv) or name it: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; fi; \
	if ! "$$chosen" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "citewise: $$chosen has no venv module. Install it (Debian and Ubuntu: apt install python3-venv) and run make again." >&2; exit 1; fi; \
	echo "Making the environment $(VENV) with $$chosen ..." >&2; \
	rm -f "$(VENV)/.installed" "$(VENV)/.installed-dev"; \
	"$$chosen" -m venv "$(VENV)" && touch "$(VENV)/.made-by-citewise"

$(VENV)/.installed: pyproject.toml constraints.txt | $(python)
	@echo "Installing what Citewise runs on: a minute or two once it is downloaded (PIP_FLAGS=-v shows it) ..." >&2
	@$(install) --upgrade pip setuptools
	@$(install) --no-build-isolation --editable .
	@touch "$@"

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing the test and check tools ..." >&2
	@$(install) --group test --group check
	@touch "$@"
