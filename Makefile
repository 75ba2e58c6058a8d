# The two commands of the README, and the checks that guard them. Only Python 3.11 or later with pip and venv is needed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check format docs bench constraints clean

demo: $(VENV)/run
	@$(BIN)/touchstone demo

test: $(VENV)/dev
	$(BIN)/python -m pytest -n auto --dist loadfile

check: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

format: $(VENV)/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/dev
	$(BIN)/python docs/generate.py

texts: $(VENV)/dev
	$(BIN)/pybabel --quiet extract --mapping=api/pages/locale/babel.cfg --keyword=N_ --omit-header --add-location=file --sort-by-file --output=api/pages/locale/messages.pot api

bench: $(VENV)/dev
	$(BIN)/python -m bench

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Touchstone needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run: $(VENV)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/dev: $(VENV)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bulk,postgres,dev]'
	@touch $@ $(VENV)/run

# Pins every package at the version that a fresh environment gets today.
constraints: $(VENV)/python
	rm -rf build/constraints && $(PYTHON) -m venv build/constraints
	build/constraints/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[bulk,postgres,dev]'
	build/constraints/bin/python -m pip freeze --exclude-editable --exclude pip --exclude setuptools > constraints.txt
	rm -rf build/constraints

clean:
	rm -rf $(VENV) build dist
