# Every target works in a fresh clone; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help run test test-fast test-servers test-cluster test-long check bench docs clean engine servers cluster-up cluster-down
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
FAIRLEAD := $(BIN)/fairlead
PYTEST := $(BIN)/python -m pytest -q
FAST := not server and not slow and not engine and not cluster and not long
PACKAGES := components/fairlead_components pipelines/fairlead policies/fairlead_policies

unexport PYTHONDONTWRITEBYTECODE
export PULUMI_CONFIG_PASSPHRASE :=
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:  ## list the targets
	@sed -nE 's/^([a-z-]+):.*  ## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

run: .venv/.run engine  ## provision the local stack and run the digits pipeline on it
	@$(FAIRLEAD) up local --yes -- --skip-preview --suppress-outputs
	@$(FAIRLEAD) run pipelines/examples/digits.py -s local

test: check test-fast test-servers test-cluster  ## check, then every test that is not long

check: .venv/.dev  ## style, types, import rules
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --strict components pipelines policies/fairlead_policies tools bench stacks
	@$(BIN)/lint-imports --no-logo

test-fast: .venv/.dev  ## the tests and examples that need no server and no engine
	@$(PYTEST) -n 2 --dist loadfile -m "$(FAST)" --doctest-modules tests $(PACKAGES)

test-servers: .venv/.dev engine servers  ## the tests with real servers and the real engine
	@$(PYTEST) -n 2 --dist loadfile -m "not long and not cluster and (server or slow or engine)"

test-cluster: .venv/.dev engine servers  ## the tests on a real Kubernetes, started here; skipped without root
	@$(BIN)/python -m tools.kubernetes build
	@$(BIN)/python -m tools.kubernetes run $(PYTEST) -n 2 --dist loadfile -rs --timeout 1200 -m "cluster and not long"

test-long: .venv/.dev engine servers  ## chaos, soak and scale
	@$(PYTEST) --timeout 3600 -m long

bench: .venv/.dev  ## speed against the targets, in CPU seconds
	@for file in bench/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

docs: .venv/.dev  ## the documentation, into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet && echo "site/index.html"

clean:  ## remove environment, caches and built files; stacks and runs stay
	@rm -rf .venv build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

engine: .venv/.run
	@$(FAIRLEAD) engine status >/dev/null 2>&1 || $(FAIRLEAD) engine install

servers: .venv/.dev
	@$(BIN)/python tools/servers.py versitygw fake-gcs-server azurite-blob >/dev/null

cluster-up: .venv/.dev  ## start a real Kubernetes on this machine; needs root
	@$(BIN)/python -m tools.kubernetes up

cluster-down: .venv/.dev  ## stop it, and put the machine back as it was
	@$(BIN)/python -m tools.kubernetes down

# The stamps are older than these files exactly when the environment has to be made anew.
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt

.venv/bin/uv:
	@echo "Making the environment in .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet -c constraints.txt uv

.venv/.run: pyproject.toml constraints.txt | .venv/bin/uv
	@$(INSTALL) -e '.[local,examples]'
	@touch $@

.venv/.dev: .venv/.run
	@$(INSTALL) -e '.[local,examples,aws,gcp,azure,kubernetes]' --group dev --group docs
	@touch $@
