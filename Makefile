# The front door. `make` lists what there is; the work itself is CMake's (see CMakePresets.json).
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
JOBS ?= $(shell nproc)
PRESET ?= ci
FUZZ_SECONDS ?= 60
BUILD := build/$(if $(filter ci,$(PRESET)),release,$(PRESET))
SOURCES = $(shell find src tests -name '*.h' -o -name '*.cc')

.PHONY: help deps deps-build configure build demo test check ctest consumer python-test network-test fuzz bench format lint clean

help:  ## this list
	@echo "mho: what an analog in-memory neural accelerator answers, how accurately, and at what cost"; echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo; echo "  variables: JOBS=$(JOBS)  PRESET=$(PRESET) (release, debug, asan, tsan, coverage)  MHO_DATA=folder with data sets"

deps:  ## install the Debian packages that are missing, and nothing else
	@tools/install_packages.sh build test

deps-build:
	@tools/install_packages.sh build

configure: deps-build
	@mkdir -p build
	@cmake --preset $(PRESET) > $(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }

build: configure  ## compile everything (the program is then build/release/mho)
	@cmake --build $(BUILD) -j $(JOBS)

demo: configure  ## set up, build, and run real networks on measured devices; ends with a report
	@echo "demo: building the program"
	@cmake --build $(BUILD) -j $(JOBS) --target mho
	@tools/demo.sh $(BUILD)/mho

test: FUZZ = onnx npy idx config
test: deps check build ctest consumer python-test lint fuzz  ## set up, build, and run every test and check
	@echo "test: everything passed"

check:  ## formatting and layers
	@clang-format --dry-run -Werror $(SOURCES)
	@python3 tools/check_layers.py

ctest: build
	@ctest --test-dir $(BUILD) --output-on-failure --no-tests=error -j $(JOBS)

fuzz:  ## fuzz every reader of files, or FUZZ="onnx npy", for FUZZ_SECONDS each (clang)
	@tools/install_packages.sh build fuzz
	@tools/fuzz.py --seconds $(FUZZ_SECONDS) --jobs $(JOBS) $(FUZZ)

consumer: build  ## install into a scratch folder and build a program against it with find_package(mho)
	@rm -rf build/consumer build/installed
	@cmake --install $(BUILD) --prefix $(CURDIR)/build/installed > build/install.log
	@cmake -S tests/consumer -B build/consumer -G Ninja -DCMAKE_PREFIX_PATH=$(CURDIR)/build/installed -DCMAKE_BUILD_TYPE=Release > build/consumer.log
	@cmake --build build/consumer > build/consumer-build.log || { cat build/consumer-build.log; exit 1; }
	@build/consumer/consumer
	@build/installed/bin/mho --version

python-test: build .venv/ready  ## tests that check mho against onnx, onnxruntime and numpy
	@MHO_PROGRAM=$(CURDIR)/$(BUILD)/mho .venv/bin/python -m pytest -q -rs -p no:cacheprovider tests/python

network-test: build .venv-torch/ready  ## networks that PyTorch exports against onnxruntime (installs 6 GB, takes 6 minutes)
	@MHO_PROGRAM=$(CURDIR)/$(BUILD)/mho .venv-torch/bin/python -m pytest -q -p no:cacheprovider tests/python/test_onnx_torch.py

.venv/ready: tests/python/requirements.txt
.venv-torch/ready: tests/python/requirements-torch.txt tests/python/requirements.txt
%/ready:
	@echo "python: making $* from $<"
	@python3 -m venv $*
	@$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

bench: build  ## run the benchmarks; each says its goal and its roof
	@for program in $(BUILD)/mho_*_perf; do [ -x $$program ] && $$program; done

format:  ## format every source file
	@clang-format -i $(SOURCES)

lint: build  ## clang-tidy on the files that changed since the main branch (ALL=1: on all files)
	@python3 tools/tidy.py --build $(BUILD) --jobs $(JOBS) $(if $(ALL),--all,--minutes 5)

clean:  ## remove what was built (the downloaded data stays)
	@rm -rf build .venv .venv-torch
