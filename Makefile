# Every target makes what it needs, in .venv. `make test PYTHON=python3.12` chooses the interpreter.

PYTHON   ?= python3
BIN      := .venv/bin
STAMP    := .venv/installed
PEERS    := $(foreach peer,emlp escnn e3nn cuequivariance wigner devito pystencils pyclaw,.venv-peers/$(peer)/installed)
PACKAGES := $(wildcard reptheory pdeconv nn intertwiner)
CLAIMS   := import_time derive hom_emlp bases_escnn irreps_escnn tables_gap conv_step family_emlp monomial largest \
            spherical_harmonics tensor_product linear_types reduced audit wigner pde_speed pde_rusanov pde_sod pde_torch
VERSION_CHECK := import sys; sys.version_info >= (3, 11) or sys.exit( \
	f"Intertwiner needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}: make PYTHON=python3.x")

.PHONY: help demo test test-slow lint bench bench-peers clean

help:
	@echo 'make demo         derive, certify, compile and train a small equivariant network on scanned digits'
	@echo 'make test         every test that needs no GPU and no patience'
	@echo 'make test-slow    the ones that need patience'
	@echo 'make lint         ruff and mypy'
	@echo 'make bench-peers  build the environments of the peers that the benchmarks compare with'
	@echo 'make bench        every claim as a ratio, next to the peers that are built'
	@echo 'make clean        remove everything that the targets above made'

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c '$(VERSION_CHECK)'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install -c constraints.txt setuptools
	$(BIN)/python -m pip install -c constraints.txt --no-build-isolation -e '.[torch,graphs,sphere,molecules,fast,zarr,demo,dev]'
	@touch $@

demo: $(STAMP)
	$(BIN)/python examples/demo.py

test: $(STAMP)
	$(BIN)/python -m pytest

test-slow: $(STAMP)
	$(BIN)/python -m pytest -m slow

lint: $(STAMP)
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy $(PACKAGES)

bench: $(STAMP)
	@for claim in $(CLAIMS); do $(BIN)/python benchmarks/$$claim.py || exit 1; done

bench-peers: $(PEERS)

PLAIN_PEERS := emlp wigner devito pystencils pyclaw
$(PLAIN_PEERS:%=.venv-peers/%/installed): .venv-peers/%/installed: benchmarks/peers-%.txt
	$(PYTHON) -m venv --clear .venv-peers/$*
	.venv-peers/$*/bin/python -m pip install -r $<
	@touch $@

# torch first and alone; then the rest as pinned, without what they ask for in vain (see the files)
TORCH_PEERS := escnn e3nn cuequivariance
$(TORCH_PEERS:%=.venv-peers/%/installed): .venv-peers/%/installed: benchmarks/peers-%.txt
	$(PYTHON) -m venv --clear .venv-peers/$*
	.venv-peers/$*/bin/python -m pip install torch==2.13.0
	.venv-peers/$*/bin/python -m pip install --no-deps -r $<
	@touch $@

clean:
	rm -rf .venv .venv-peers build dist out *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
