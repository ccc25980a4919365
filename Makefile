# Every command a developer or the build runs. `make` lists them.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PIP_INSTALL := $(PIP) install --quiet --require-hashes
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
# Compiled once, so that a command starts at once also where Python may not write as it runs.
PACKAGES := *.py config crawler demo domain evaluation jobs presentation reports scoring store web
LOCK := env -u PIP_FIND_LINKS -u UV_FIND_LINKS $(BIN)/uv pip compile pyproject.toml --quiet \
	--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

.DEFAULT_GOAL := help
.PHONY: help demo test check fix ci test-wheel test-servers test-browser proof-short proof proof-together texts fuzz mutate bench fit lock audit clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

demo: $(RUNTIME) ## a made-up directory, crawled, scored and served on this machine
	@$(BIN)/rollcall demo

test: check ## everything in `check`, then the test suite
	@$(BIN)/python -m pytest -q -n auto --dist loadfile

check: $(DEV) ## format, lint, types, import rules, documentation
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest -q tests/test_docs.py tests/test_layout.py

fix: $(DEV) ## format, and repair what the linter can repair
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

ci: test test-wheel test-servers test-browser proof-short ## what the build server runs: all kinds of test

# The tree itself must not be importable there, so that a file missing from the wheel is missed.
test-wheel: $(DEV) ## build the wheel, install it in an empty environment, test it there
	rm -rf build dist
	@$(BIN)/python -m build --no-isolation --outdir dist . > /dev/null
	@$(PYTHON) -m venv build/venv
	@build/venv/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes \
		-r requirements-dev.lock
	@build/venv/bin/python -m pip --disable-pip-version-check install --quiet --no-deps dist/*.whl
	@mkdir build/away && cp -r tests docs pyproject.toml requirements*.lock build/away/
	@rm -r build/away/tests/test_docs.py build/away/tests/test_layout.py build/away/tests/test_texts.py build/away/tests/faults/test_*.py
	@cd build/away && ../venv/bin/python -P -m pytest -q -n auto --dist loadfile -c ../../pyproject.toml --rootdir . \
		-o pythonpath= -p no:cacheprovider tests

# Which calls mark a text, and where in them it stands.
TEXTS := -k say -k told -k say_count:1,2 -k counted:2,3 -k nouns:1,2 -k _noun:1,2
LOCALES := presentation/locale
PO := --no-location --no-wrap

texts: $(DEV) ## bring the catalogues of the reports' languages up to date, and compile them
	@mkdir -p build
	@$(BIN)/pybabel -q extract $(TEXTS) -F babel.cfg $(PO) --sort-output -o build/rollcall.pot .
	@$(BIN)/pybabel -q update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
		--no-wrap -D rollcall -i build/rollcall.pot -d $(LOCALES)
	@$(BIN)/python -m presentation.texts
	@$(BIN)/pybabel -q compile -D rollcall -d $(LOCALES)

test-browser: $(DEV) ## curators' and visitors' journeys in Debian's Chromium, and axe on every page
	@$(BIN)/python -m pytest -q -m browser tests/web

# Real programs on free ports of loopback: Debian packages are installed where they are missing.
test-servers: $(DEV) ## read real servers, filled with mail of known truth; as root on Debian
	@$(BIN)/python -m pytest -q -m servers tests/servers

# Kill -9 at chance moments, a full disk, a database that is away, and minutes of soak.
ENDURE := $(BIN)/python -m pytest -q -m endurance --log-cli-level=INFO tests/endurance

proof-short: $(DEV) ## 20 kills, storage that fails, 5 minutes of soak, all at once for some seconds
	@PROOF_KILLS=20 PROOF_AWAY=2 PROOF_SOAK_MINUTES=5 PROOF_TOGETHER_MINUTES=0.7 $(ENDURE)

proof: $(DEV) ## 200 kills, a minute without database, 30 minutes of soak, 20 of all at once
	@date -u; uname -srm; $(BIN)/python --version
	@PROOF_KILLS=200 PROOF_AWAY=60 PROOF_SOAK_MINUTES=30 $(ENDURE) --durations=0 \
		--deselect tests/endurance/test_together.py
	@$(MAKE) --no-print-directory proof-together
	@$(BIN)/python -m benchmarks.workers

proof-together: $(DEV) ## crawls, visitors, mails, backups and kills at once: make proof-together MINUTES=20
	@PROOF_TOGETHER_MINUTES=$(or $(MINUTES),20) $(ENDURE)/test_together.py

# Guided where atheris is installed beside it: .venv/bin/pip install atheris (x86-64 Linux).
fuzz: $(DEV) ## give each kind of reader a million spoilt answers: make fuzz INPUTS=1000 KINDS="mail feeds"
	@$(BIN)/python -m tests.fuzz.run --inputs $(or $(INPUTS),1000000) $(KINDS)

bench: $(DEV) ## how fast we are, against named peers in the same run; PART="mbox feeds" for some, FULL=1 for all sizes
	@$(BIN)/python -m benchmarks.table $(PART)

fit: $(DEV) ## fit the scores anew and write scoring/default_rules.py: make fit DATA=FOLDER
	@test -n "$(DATA)" || { echo "Which folder of histories? make fit DATA=FOLDER" >&2; exit 2; }
	@$(BIN)/python fit.py "$(DATA)"
	@$(BIN)/ruff format --quiet scoring/default_rules.py

lock: $(DEV) ## write the lock files anew; make lock UPGRADE=--upgrade takes newer versions
	@$(LOCK) $(UPGRADE) --group build --output-file requirements.lock
	@$(LOCK) $(UPGRADE) --group dev --constraint requirements.lock \
		--output-file requirements-dev.lock
	@$(LOCK) --group build --extra workers --constraint requirements-dev.lock \
		--output-file requirements-workers.lock

# Where known faults cannot be asked for, pip-audit says so of each package, and --strict fails.
audit: $(DEV) ## known faults in packages, and newer versions (needs the network)
	@mkdir -p build && cp requirements.lock build/newest.lock
	@$(LOCK) --upgrade --group build --output-file build/newest.lock
	@diff requirements.lock build/newest.lock | grep '^[<>] [a-z].*==' || echo "Every package is the newest."
	@$(BIN)/uv tool run pip-audit --requirement requirements.lock --require-hashes --disable-pip --strict

mutate: $(DEV) ## change operators and numbers, and see what no test notices: CHANGES=30
	@$(BIN)/python -m tests.mutation.run --changes $(or $(CHANGES),30) $(AREAS)

clean: ## remove what can be made again, but not the environment
	rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache \
		.hypothesis rollcall-demo
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@command -v $(PYTHON) > /dev/null || { \
		echo "$(PYTHON) is not installed. Rollcall needs Python 3.11 or newer:" \
			"install it, or name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$$($(PYTHON) --version) is too old. Rollcall needs Python 3.11 or newer:" \
			"install it, or name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
		echo "$(PYTHON) cannot make virtual environments." \
			"On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing Rollcall into $(VENV) ..."
	@$(PIP_INSTALL) -r requirements.lock
	@PYTHONWARNINGS=ignore $(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q $(PACKAGES)
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "Installing the tools for development ..."
	@$(PIP_INSTALL) -r requirements-dev.lock
	@touch $@
