# Everything a developer does, from a fresh clone with Python, and a C compiler and cargo if there
# are any. `make help` lists it. Variables: PYTHON (which Python), VENV (where the environment is),
# DIMP_FAST_BUILD=auto|require|pure, DIMP_FAST_REQUIRE=rust,cython (a missing tier is a failure).

PYTHON ?= python3
VENV ?= .venv
SOAK ?= 1000000
BATCHES ?= 1500
TARGET ?= x86_64-unknown-linux-gnu

PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
MODE := $(or $(DIMP_FAST_BUILD),auto)
BUILD := PYTHONPATH=packaging $(PY) -m dimp_build

NATIVE := python/dimp_fast/_rust.*.so python/dimp_fast/_cy_*.so

# Marks of what the environment holds. Python files need none: the install is editable. A build
# with both native tiers serves the modes auto and require alike.
BUILT := $(VENV)/built-$(MODE)
FOR_TESTS := $(VENV)/for-tests
FOR_BENCHES := $(VENV)/for-benches
# The families of the reference, an environment each (they cannot share one).
FAMILIES := $(VENV)-dimples/ready $(VENV)-dimplugins/ready
SOURCES := pyproject.toml $(shell find packaging/dimp_build cython_ext rust -type f \
	-not -path '*/target/*' -not -name '*.pyc')

# The Python in which benchmarks find the reference and its station.
export DIMP_FAST_BENCH_REFERENCE ?= $(abspath $(VENV)-dimples/bin/python)

.PHONY: help run build develop test test-python test-rust test-matrix soak soak-threads lint bench bench-check bench-docs wheel sdist clean
.NOTPARALLEL:

help:
	@echo 'make run          install and verify the example messages against their manifest'
	@echo 'make test         everything: lint, types, stubs, Rust, Python, the builds themselves'
	@echo 'make test-python  the Python tests alone, quick'
	@echo 'make test-matrix  the Python tests under every CPython 3.10 or newer found here'
	@echo 'make bench        quick benchmarks, peers beside us: build/bench/report.html'
	@echo 'make bench-check  the same, against the ratios that are kept for this kind of machine'
	@echo 'make bench-docs   all benchmarks, into benches/results and docs/performance.md; long'
	@echo 'make build        build what changed in rust/ and cython_ext/ into $(VENV)'
	@echo 'make develop      build, with what tests and benchmarks need'
	@echo 'make wheel sdist  a wheel or the source archive into dist/'
	@echo 'make clean        remove what all of these made'

run: $(BUILT)
	@echo 'The examples: good and bad messages and accounts; a bad one is to be refused.'
	$(VENV)/bin/dimp-fast verify examples/messages.jsonl \
		--accounts examples/accounts --expect examples/manifest.jsonl --quiet
	@echo 'Next: $(VENV)/bin/dimp-fast doctor, $(VENV)/bin/dimp-fast verify --help'

build: $(BUILT)

develop: $(BUILT) $(FOR_TESTS) $(FOR_BENCHES)

test: lint test-rust $(FOR_BENCHES) $(FAMILIES)
	$(PY) -m pytest
	$(PY) -m pytest benches --benchmark-disable --race-quick -q

test-python: $(BUILT) $(FOR_TESTS) $(FAMILIES)
	$(PY) -m pytest -m 'not build'

test-rust: $(PY)
	@PYO3_PYTHON=$(abspath $(PY)) $(PY) packaging/check_rust.py

test-matrix:
	$(PYTHON) packaging/matrix.py

# With the optimiser and the flags of what ships; the tests say which levels this CPU has not got.
soak: $(PY)
	cd rust && DIMP_FAST_SOAK=$(SOAK) PYO3_PYTHON=$(abspath $(PY)) \
		cargo test --locked --release --package dimp-core --test kernels -- --nocapture

# The cache of tables under ThreadSanitizer, the standard library too; needs a nightly toolchain
# with rust-src.
soak-threads:
	cd rust && RUSTFLAGS=-Zsanitizer=thread DIMP_FAST_SOAK=$(BATCHES) \
		cargo +nightly test -Zbuild-std --target $(TARGET) --target-dir target/thread-sanitizer \
		--locked --package dimp-core --test tables -- --nocapture

lint: $(BUILT) $(FOR_TESTS)
	$(PY) -m ruff check
	$(PY) -m mypy
	$(PY) packaging/check_stubs.py

bench: $(BUILT) $(FOR_BENCHES) $(VENV)-dimples/ready
	$(VENV)/bin/dimp-fast bench --quick --json build/bench/results.json --html build/bench/report.html

# Ratios of a quick run against the ones that are kept for this kind of machine. What fell in one
# run only fell by the machine.
bench-check: bench
	$(PY) benches/guard.py build/bench/results.json || { test $$? -eq 1 && \
		$(VENV)/bin/dimp-fast bench --quick --json build/bench/again.json && \
		$(PY) benches/guard.py build/bench/results.json build/bench/again.json; }

# Everything at full length, into benches/results and the tables of the documentation.
bench-docs: $(BUILT) $(FOR_BENCHES) $(VENV)-dimples/ready
	$(PY) -m pytest benches --race-fresh
	$(PY) benches/publish.py

wheel: $(BUILT)
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .

sdist: $(FOR_TESTS)
	$(PY) -m build --sdist --no-isolation

clean:
	rm -rf .venv .venv-* build dist rust/target .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -f $(NATIVE) python/dimp_fast/_build_info.json
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	$(PYTHON) -m venv $(VENV)

# The build runs in this environment, not in an isolated one: a rebuild then fetches nothing.
$(BUILT): $(SOURCES) | $(PY)
	@rm -f $(VENV)/built-*
	@$(BUILD) plan
	@$(BUILD) requires > $(VENV)/requires.txt
	$(PIP) install --quiet --requirement $(VENV)/requires.txt
	$(PIP) install --quiet --no-build-isolation --editable .
	@touch $@
	@if ls $(NATIVE) >/dev/null 2>&1; then touch $(VENV)/built-auto $(VENV)/built-require; fi

# The package is there already: pip adds what the extra names.
$(FOR_TESTS): pyproject.toml | $(BUILT)
	$(PIP) install --quiet 'dimp-fast[test]'
	@touch $@

$(FOR_BENCHES): pyproject.toml | $(BUILT)
	$(PIP) install --quiet 'dimp-fast[bench]'
	@touch $@

$(FAMILIES): $(VENV)-%/ready: pyproject.toml packaging/families.py | $(BUILT)
	$(PY) packaging/families.py $* $(@D)
	@touch $@
