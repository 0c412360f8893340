# mcuprune.  `make` lists what there is.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup ## the main job on the bundled example: train, prune to 64KB, link, run in QEMU, report
	$(BIN)/mcuprune build --board stm32 --budget 64KB

test: setup ## everything, emulator included
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: setup ## the part that takes seconds: style, types, quick tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not emulator and not slow and not keras"

format: setup ## rewrite the sources in the house style
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

golden: setup ## write the golden files anew; look at the difference before you commit it
	$(BIN)/python -m pytest --update-golden

docs: setup ## write the tables of README.md and docs/ anew from the code
	$(BIN)/python tools/tables.py

fit: setup ## measure the kernels and write mcuprune/costs.toml and code.toml anew; some minutes
	$(BIN)/python tools/code_size.py
	PYTHONPATH=tests $(BIN)/python tools/fit.py

bench: setup ## instructions, cycles and bytes of layers and networks, to docs/PERFORMANCE.md as well
	PYTHONPATH=tests $(BIN)/python tools/bench.py

accuracy: setup ## prune the networks of tools/accuracy.toml, in MODELS with DATA, to docs/ACCURACY.md; an hour
	$(BIN)/python tools/accuracy.py "$(MODELS)" "$(DATA)" $(CASES)

setup: tools $(VENV)/installed ## compilers, emulator, virtual environment

tools:
	@tools/install.sh

$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "mcuprune needs Python 3.11 or newer; name one with: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[keras,test,dev]'
	@touch $@

clean: ## remove what was built, not the virtual environment
	rm -rf build dist .pytest_cache .hypothesis .ruff_cache .mypy_cache

.PHONY: help demo test check format golden docs fit bench accuracy setup tools clean
