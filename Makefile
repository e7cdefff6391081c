# make        runs the default study (make demo) in an environment of its own
# make check  runs format, lint, types and the quick tests, in two to three minutes
# make test   runs every check
# make bench  measures speed, against the original's training loop too: six minutes
# make clean  removes what the workflow made; downloads and the environment stay
.PHONY: .venv demo tools check test bench clean
.DEFAULT_GOAL := demo
PYTHON ?= python3
ACTIVATE := . .venv/bin/activate
# Tests of the workflow wait for processes half of their time: four at once keep two cores busy.
PYTEST := python -m pytest -q --dist worksteal

define make_environment
	@for python in "$(PYTHON)" python3.14 python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    test -x .venv/bin/python || "$$python" -m venv .venv || exit 1; found=yes; break; \
	  fi; \
	done; \
	test -n "$$found" || { \
	  echo "Python 3.11 or newer is needed, and none of $(PYTHON), python3.11 to python3.14 is it." \
	       "Install one, or name it: make PYTHON=/path/to/python3"; exit 1; }
endef

# One stamp per set of packages: a changed lock installs again, an unchanged one costs nothing.
.venv/.run: envs/requirements.txt pyproject.toml
	$(make_environment)
	$(ACTIVATE) && python -m pip install -q -r envs/requirements.txt
	$(ACTIVATE) && python -m pip install -q --no-deps -e .
	@touch $@

.venv/.test: .venv/.run envs/requirements-test.txt
	$(ACTIVATE) && python -m pip install -q -r envs/requirements-test.txt
	@touch $@

.venv: .venv/.run

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

bench: .venv/.run
	$(ACTIVATE) && python benchmarks/speed.py
	@echo
	$(ACTIVATE) && python benchmarks/precision.py

clean:
	rm -rf results/runs results/store results/studies results/tables results/figures \
	  results/comparisons results/looks results/claims.* results/overview.* results/logs \
	  results/benchmarks results/preview results/runs.csv results/report.html \
	  resources/caches .snakemake
