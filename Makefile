# make demo: environment, packages, the whole way from documents to an evaluated adapter. make test: lint, types, all tests.
VENV := .venv
BIN := $(VENV)/bin
CONSTRAINTS ?= constraints.txt

.PHONY: demo test lint install clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml $(CONSTRAINTS)
	python3 -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "docstill needs Python 3.11 or newer")'
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -c $(CONSTRAINTS) -e ".[local,paraphrases,train,export,dev]"
	touch $@

# Exit code 1 (the student is not shown better) is a result, not a fault of the recipe: it is passed on.
demo: install
	$(BIN)/docstill distill data/recipes/demo.toml --out runs/demo --limit 85 --yes

lint: install
	$(BIN)/ruff check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest -n auto --dist loadfile  # the tests of a file share what they have made

clean:
	rm -rf $(VENV) runs build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
