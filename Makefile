.DEFAULT_GOAL := help
PYTHON ?= python3
# The tests wait more than they work: more of them at once than there are cores.
JOBS ?= 6
# What a test writes lives for a moment: in memory, where there is room, none of them waits for a disk.
MEMORY := $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 { print "TMPDIR=/dev/shm" }')
VENV := .venv
BIN := $(VENV)/bin
TARGETS := buttons starts amounts signatures webhooks updates campaigns
PO := $(wildcard locales/*/LC_MESSAGES/entraide.po)
MO := $(PO:.po=.mo)
# Tests and benchmarks start the bot many times: as installed, compiled once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo run test coverage test-postgres test-faults test-deep fuzz check bandit audit mutants soak bench pictures words clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

$(VENV)/.ready: requirements-dev.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing: install python3 and python3-venv (3.11 or newer)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

%.mo: %.po $(VENV)/.ready
	@$(BIN)/pybabel --quiet compile -i $< -o $@

demo: $(VENV)/.ready $(MO) ## Try everything in the sandbox: no account, no money
	@$(BIN)/python -m sandbox $(ARGS)

run: $(VENV)/.ready $(MO) ## Run the bot with the settings in .env
	@$(BIN)/entraide migrate
	@$(BIN)/entraide run

test: $(VENV)/.ready $(MO) ## Run the tests
	@$(MEMORY) $(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

coverage: ## Run the tests and see what none of them ran (two minutes longer)
	@$(MAKE) test ARGS="--cov --cov-report=term $(ARGS)"

test-postgres: $(VENV)/.ready $(MO) ## Run every test of the store on a PostgreSQL of its own, gone afterwards
	@$(MEMORY) TEST_DATABASE=postgresql $(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

test-faults: $(VENV)/.ready $(MO) ## Die at every await of every journey; break disk, wire and clock
	@$(MEMORY) JOURNEYS=all LIVES=1 $(BIN)/python -m pytest -n $(JOBS) tests/faults $(ARGS)

test-deep: $(VENV)/.ready $(MO) ## Five thousand lives of money, a thousand monthly gifts, a storm of ten thousand (an hour)
	@EXAMPLES=5000 GIFTS=1000 RECIPIENTS=10000 $(BIN)/python -m pytest -n 2 tests/journeys/test_money_machine.py tests/journeys/test_fourteen_months.py tests/journeys/test_broadcast_storm.py $(ARGS)

.venv-fuzz/.ready: tests/fuzz/requirements.lock requirements.lock
	@test -x .venv-fuzz/bin/python || $(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	-.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r $<
	@touch $@

fuzz: $(VENV)/.ready .venv-fuzz/.ready $(MO) ## Feed what strangers might send, FUZZ_SECONDS (60) a target; then atheris, where it can be had
	@EXAMPLES=$${EXAMPLES:-1000} FUZZ_SECONDS=$${FUZZ_SECONDS:-60} $(BIN)/python -m pytest -n 2 tests/fuzz $(ARGS)
	@if .venv-fuzz/bin/python -c 'import atheris' 2>/dev/null; then for one in $(TARGETS); do \
		echo "atheris: $$one"; .venv-fuzz/bin/python -m tests.fuzz.harness $$one -max_total_time=$${FUZZ_SECONDS:-60} 2>&1 | tee .venv-fuzz/$$one.log | grep '^Done' \
		|| { tail -40 .venv-fuzz/$$one.log; exit 1; }; done; \
	else echo "atheris has no wheel for this machine: only hypothesis was run"; fi

check: $(VENV)/.ready $(MO) ## Style, types, walls, catalogues, secrets
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.house.catalogues
	@$(BIN)/python -m tests.house.secrets

.venv-audit/.ready: tests/house/audit/requirements.lock
	@test -x .venv-audit/bin/python || $(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

bandit: .venv-audit/.ready ## Look for patterns that are known to be unsafe
	@.venv-audit/bin/bandit --quiet --recursive bot handlers --severity-level medium

audit: bandit ## bandit, and whether a fault of a dependency is known
	@.venv-audit/bin/python tests/house/audit/known_faults.py requirements.lock

.venv-mutants/.ready: tests/mutants/requirements.lock requirements-dev.lock
	@test -x .venv-mutants/bin/python || $(PYTHON) -m venv .venv-mutants
	.venv-mutants/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock -r $<
	@touch $@

mutants: $(VENV)/.ready .venv-mutants/.ready $(MO) ## Break what handles money in every small way, and see that a test notices (an hour)
	@PYTHONPATH= .venv-mutants/bin/mutmut run --max-children 4 $(ARGS)
	@.venv-mutants/bin/python -m tests.mutants.report

.venv-bench/.ready: benchmarks/requirements.lock
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

bench: $(VENV)/.ready .venv-bench/.ready $(MO) ## Measure ourselves beside the floors
	@$(BIN)/python -m benchmarks $(ARGS)
	@$(BIN)/python -m benchmarks.growth $(filter --write,$(ARGS)) $(if $(filter --quick,$(ARGS)),--sizes 1000 100000)

soak: $(VENV)/.ready $(MO) ## Two hundred donors for half an hour (MINUTES, DONORS, SEED, ENGINE=postgresql) while everything breaks
	@$(BIN)/python -m benchmarks.soak --minutes $${MINUTES:-30} --donors $${DONORS:-200} --seed $${SEED:-1} --engine $${ENGINE:-sqlite} --write $(ARGS)

pictures: $(VENV)/.ready $(MO) ## Draw every paper and the chart in every language into docs/pictures
	@$(BIN)/python -m benchmarks.pictures
	@$(BIN)/python -m benchmarks.charts

words: $(VENV)/.ready ## Extract and update the catalogues
	@$(BIN)/pybabel --quiet extract --no-wrap --no-location --sort-output -k text -k label -k plural:1,2 -o locales/entraide.pot bot/screens
	@for lang in ar fr; do $(BIN)/pybabel --quiet update --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date -D entraide -i locales/entraide.pot -d locales -l $$lang; done

clean: ## Remove what was made
	rm -rf $(VENV) .venv-bench .venv-fuzz .venv-audit .venv-mutants mutants var build *.egg-info
