# make        runs the default study (make demo) in an environment of its own
# make check  runs format, lint, types and the quick tests, in two minutes
# make test   runs every check
# make fuzz   tries inputs of strangers for half an hour, or MINUTES=5
# make bench  measures speed, against the original's training loop too: six minutes
# make clean  removes what the workflow made; downloads and the environment stay
.PHONY: unusable .venv demo tools check test fuzz bench clean
.DEFAULT_GOAL := demo
PYTHON ?= python3
MINUTES ?= 30
ACTIVATE := . .venv/bin/activate
# Tests of the workflow wait for processes half of their time: four at once keep two cores busy.
PYTEST := python -m pytest -q --dist worksteal

# A `.venv` that was made in another folder is made again: it holds the folder's path.
USABLE := test -e .venv/bin/activate && .venv/bin/python -m pip --version >/dev/null 2>&1 && \
  test "$$(cat .venv/.folder 2>/dev/null || echo "$(CURDIR)")" = "$(CURDIR)"
ifneq ($(shell $(USABLE) && echo yes),yes)
.venv/.run: unusable
endif
# Snakemake writes there before it reads anything.
ifneq ($(shell test -w "$${XDG_CACHE_HOME:-$$HOME}" && echo yes),yes)
export XDG_CACHE_HOME := $(CURDIR)/.snakemake/cache
endif

define make_environment
	@$(USABLE) && exit 0; \
	if test -d .venv && ! test -e .venv/.folder; then \
	  echo "The folder .venv holds no whole environment: it lacks pip or bin/activate." \
	    "Delete it and call make again."; exit 1; \
	fi; \
	rm -rf .venv; \
	for python in "$(PYTHON)" python3.14 python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    "$$python" -m venv .venv && .venv/bin/python -m pip --version >/dev/null || { \
	      rm -rf .venv; echo "$$python cannot make an environment with pip. On Debian and Ubuntu:" \
	        "apt install python3-venv; then call make again."; exit 1; }; \
	    printf %s "$(CURDIR)" > .venv/.folder; exit 0; \
	  fi; \
	done; \
	echo "Python 3.11 or newer is needed, and none of $(PYTHON), python3.11 to python3.14 is it." \
	  "Install one, or name it: make PYTHON=/path/to/python3"; exit 1
endef

# One stamp per set of packages: a changed lock installs again, an unchanged one costs nothing.
.venv/.run: envs/requirements.txt pyproject.toml
	$(make_environment)
	$(ACTIVATE) && python -m pip install -q -r envs/requirements.txt
	$(ACTIVATE) && python -m pip install -q --no-deps -e .
	@touch $@

.venv/.test: .venv/.run envs/requirements-test.txt envs/requirements-features.txt
	$(ACTIVATE) && python -m pip install -q -r envs/requirements-features.txt
	$(ACTIVATE) && python -m pip install -q -r envs/requirements-test.txt
	@touch $@

.venv: .venv/.run
unusable:

demo: .venv/.run
	$(ACTIVATE) && snakemake --cores all
	@echo
	@echo "report   results/report.html, its first page alone in results/overview.html"
	@echo "claims   results/claims.md"
	@echo "tables   results/tables/"
	@echo "figures  results/figures/"
	@echo "runs     results/runs.csv"

tools: .venv/.test
	$(ACTIVATE) && ruff format --check .
	$(ACTIVATE) && ruff check .
	$(ACTIVATE) && snakefmt --check workflow
	$(ACTIVATE) && mypy
	$(ACTIVATE) && lint-imports

check: tools
	$(ACTIVATE) && $(PYTEST) -n logical --maxprocesses 4 -m "not snakemake and not trains"

test: tools
	$(ACTIVATE) && snakemake --lint
	$(ACTIVATE) && $(PYTEST) -n 4

fuzz: .venv/.test
	$(ACTIVATE) && MINUTES=$(MINUTES) python -m pytest -q tests/fuzz

bench: .venv/.run
	$(ACTIVATE) && python benchmarks/speed.py
	@echo
	$(ACTIVATE) && python benchmarks/precision.py

clean:
	rm -rf results/runs results/models results/store results/studies results/tables results/figures \
	  results/comparisons results/looks results/claims.* results/overview.* results/logs \
	  results/benchmarks results/preview results/runs.* results/report.* \
	  resources/caches .snakemake
