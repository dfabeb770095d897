# SPDX-License-Identifier: Apache-2.0
# Two commands show everything: `make demo` and `make check`. They need git, make, a C++ compiler and
# Python 3.10 or newer, and write into ignored folders only: .venv, build, demo, dist.

PYTHON ?= python3
# Extras of pyproject.toml that the tests run with; `frameworks` adds PyTorch and JAX, `peers` Open3D.
EXTRAS ?= dev
# `--required` makes it a failure where `make instructions` has nothing to compare with.
COUNTS ?=
# Compute capability that `make cuda` compiles for, and more arguments of nvcc.
GPU_ARCH ?= 90
CUDA_ARGS ?=
# What `make wheel` is for. Another machine than this one needs a file in scripts/cross/.
MACHINE ?= $(shell uname -m)
CROSS := $(if $(filter-out $(shell uname -m),$(MACHINE)),scripts/cross/$(MACHINE)-linux-gnu.ini)
CUDA ?= enabled
# More options of its library, such as -Dgpu_arch=90 for a quick one.
WHEEL_OPTIONS ?=

VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

SOURCES := pyproject.toml meson.build meson.options \
  $(shell find bindings/cmake include lib kernels bindings/python tests/abi tests/api tests/cpp tests/kernels bench -type f \
    -not -name '*.pyc' 2>/dev/null)
CPP_SOURCES = $(shell git ls-files '*.h' '*.hpp' '*.c' '*.cpp' '*.cu' '*.cuh')
CONFIGURE := meson setup --reconfigure -Dtests=enabled -Dbench=disabled -Ddocs=disabled
INSTALL := pip install --quiet --no-build-isolation -C build-dir=build/release \
  -C setup-args=-Dtests=enabled -C setup-args=-Dbench=auto

.PHONY: help demo check build test valgrind sanitize pytest lint format tidy cuda aarch64 bench instructions \
  wheel dist clean

help: ## Say what there is
	@sed -n 's/^\([a-z0-9]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: $(VENV)/demo.done ## A recording of an arm in, one aligned table and a picture out
	@echo "== demo: into demo/"
	@robocache demo -o demo

check: lint test valgrind instructions sanitize aarch64 pytest ## Everything that must hold before a commit

build: $(VENV)/check.done ## The library, its C tests and the Python package

test: build ## C tests and the gates of the binary interface
	@echo "== C tests and ABI gates: build/release"
	@meson test -C build/release --print-errorlogs

valgrind: build ## The C tests under valgrind, where it is installed
	@echo "== C tests under valgrind: build/release"
	@if command -v valgrind >/dev/null; \
	  then meson test -C build/release --setup valgrind --print-errorlogs; \
	  else echo "skipped: valgrind is not installed (Debian: valgrind)"; fi

instructions: build ## Instructions of the CPU kernels against the recorded ones, where valgrind is
	@echo "== instructions of the CPU kernels, counted by callgrind: build/release"
	@ninja -C build/release bench/instructions >/dev/null
	@python -m bench.instructions build/release/bench/instructions $(COUNTS) || test $$? = 77

# Both at once: the longest test of each leaves the other processors idle.
sanitize: build/asan/build.ninja build/tsan/build.ninja ## The C tests under ASan + UBSan and under TSan
	@echo "== C tests under ASan + UBSan and under TSan: build/asan, build/tsan"
	@ninja --quiet -C build/asan && ninja --quiet -C build/tsan
	@test="meson test --no-rebuild --no-suite abi --timeout-multiplier 8 --print-errorlogs"; \
	  $$test -C build/tsan >build/tsan/tests.txt 2>&1 & \
	  $$test -C build/asan; asan=$$?; wait $$!; tsan=$$?; cat build/tsan/tests.txt; exit $$((asan | tsan))

aarch64: $(VENV)/check.done ## The C tests built for AArch64 and run in qemu-user, where both are installed
	@echo "== C tests for AArch64 in qemu-user: build/aarch64"
	@if test "$$(uname -m)" = aarch64; then echo "skipped: this machine is one"; \
	  elif ! command -v aarch64-linux-gnu-g++ >/dev/null; \
	  then echo "skipped: no aarch64-linux-gnu-g++ (Debian: g++-aarch64-linux-gnu)"; \
	  elif ! command -v qemu-aarch64 >/dev/null; \
	  then echo "skipped: no qemu-aarch64 (Debian: qemu-user)"; \
	  else $(MAKE) --no-print-directory build/aarch64/build.ninja && \
	    meson test -C build/aarch64 --suite api --suite lib --suite kernels \
	      --timeout-multiplier 8 --print-errorlogs; fi

pytest: build ## Python tests, README examples among them
	@echo "== Python tests; what is skipped is named below"
	@python -m pytest -q -n auto --dist loadgroup -rs

lint: $(VENV)/check.done ## Format, style, types, spelling
	@echo "== lint: clang-format, ruff, mypy, codespell"
	@clang-format --dry-run --Werror $(CPP_SOURCES)
	@ruff check --quiet . && ruff format --check --quiet .
	@mypy
	@codespell

format: $(VENV)/check.done ## Rewrite the sources as lint wants them
	@clang-format -i $(CPP_SOURCES)
	@ruff check --fix --quiet . ; ruff format --quiet .

# AVX-512's files of points, voxels and rows have nothing of their own that AVX2's have not.
tidy: build ## clang-tidy over lib, kernels and the headers (slow)
	@pip install --quiet clang-tidy==23.1.4
	@echo "== clang-tidy: lib, kernels, headers"
	@run-clang-tidy.py -quiet -p build/release '^$(CURDIR)/(lib/|kernels/(?!.*(points|voxels|resample)_avx512)|tests/cpp/linkage)' >build/tidy.log 2>&1 || \
	  { grep -E "(error|warning):" build/tidy.log; exit 1; }

cuda: $(VENV)/tools.done ## The library with CUDA for GPU_ARCH, its gates, loading it, its size
	@echo "== CUDA path for sm_$(GPU_ARCH), its gates and tests: build/cuda; compiler: .tools/cuda"
	@eval "$$(scripts/cuda-toolkit)"; $(CONFIGURE) build/cuda -Dcuda=enabled -Dgpu_arch=$(GPU_ARCH) \
	    -Dcuda_args='$(CUDA_ARGS)' && \
	  meson test -C build/cuda --suite abi --suite api --suite cuda --print-errorlogs
	@ls -l build/cuda/lib/librobocache.so.1 | awk '{ print "library: " $$5 " bytes" }'

bench: $(VENV)/bench.done ## Speed next to NumPy, SciPy, pandas, PyTorch, Open3D and PCL; writes build/bench
	@rm -rf build/bench build/release/bench/*.json
	@echo "== C benchmarks (where Google Benchmark is installed)"
	@meson test --benchmark -C build/release --verbose
	@for one in fuse resample tsdf voxelize; do \
	  test ! -e build/release/bench/$$one.json || \
	    python -m bench.google build/release/bench/$$one.json || exit 1; done
	@for one in peers.resample peers.voxelize peers.tsdf call_overhead "validation --device cpu"; do \
	  echo "== $$one: into build/bench"; python -m bench.$$one || exit 1; done
	@echo "== what it comes to: build/bench/report.md"
	@python -m bench.report --results build/bench --page build/bench/report.md

wheel: $(VENV)/package.done ## A wheel for MACHINE into dist/; CUDA=disabled leaves CUDA out
	@echo "== wheel for $(MACHINE), CUDA $(CUDA): into dist/"
	@rm -f dist/robocache-*_$(MACHINE).*
	@if [ $(CUDA) = enabled ]; then eval "$$(scripts/cuda-toolkit)"; fi; \
	  $(CROSS:%=_PYTHON_HOST_PLATFORM=linux-$(MACHINE)) \
	  pip wheel --quiet --no-build-isolation --no-deps -w dist -C build-dir=build/wheel-$(MACHINE) \
	    $(patsubst %,-C setup-args=%,-Dcuda=$(CUDA) $(CROSS:%=--cross-file=$(CURDIR)/%) $(WHEEL_OPTIONS)) .
	@python scripts/sbom.py dist/robocache-*_$(MACHINE).whl build/wheel-$(MACHINE)
	@python scripts/wheel_size.py dist/robocache-*_$(MACHINE).whl
	@ls dist

dist: wheel ## The wheel, the sources, their parts (CycloneDX) and SHA256SUMS, into dist/
	@python -m build --quiet --no-isolation --sdist .
	@cd dist && sha256sum robocache-* >SHA256SUMS && cat SHA256SUMS

# Little optimisation and only the lines for the debugger: with more, what sanitizers add takes more
# than twice as long to compile, and the tests are no faster. Sizes of objects, a third of UBSan's time,
# and null pointers are what ASan watches anyway.
SANITIZED := -Dcuda=disabled -Dbuildtype=debugoptimized -Doptimization=1 -Dc_args=-g1 \
  -Dcpp_args='-g1 -fno-sanitize=object-size,null' -Db_lundef=false

build/asan/build.ninja: $(VENV)/check.done
	@$(CONFIGURE) build/asan $(SANITIZED) -Db_sanitize=address,undefined >/dev/null

build/tsan/build.ninja: $(VENV)/check.done
	@$(CONFIGURE) build/tsan $(SANITIZED) -Db_sanitize=thread >/dev/null

build/aarch64/build.ninja: $(VENV)/check.done scripts/cross/aarch64-linux-gnu.ini
	@$(CONFIGURE) build/aarch64 --cross-file scripts/cross/aarch64-linux-gnu.ini -Dcuda=disabled >/dev/null

clean: ## Remove what the above wrote
	rm -rf $(VENV) build demo dist

$(VENV)/tools.done:
	@echo "== Python environment: $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and \
	  f"Python 3.10 or newer is needed, {sys.executable} is {sys.version.split()[0]}; try make PYTHON=...")'
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) cannot make environments; \
	  on Debian: apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }
	@pip install --quiet 'pip>=23.1' 'meson>=1.3' 'meson-python>=0.18' 'ninja>=1.10' \
	  'auditwheel>=6.8' 'wheel>=0.40'
	@touch $@

$(VENV)/package.done: $(VENV)/tools.done
	@pip install --quiet 'build>=1.2' 'cyclonedx-python-lib[json-validation]>=11,<12'
	@touch $@

$(VENV)/demo.done: $(VENV)/tools.done $(SOURCES)
	@echo "== library and package with what the demo needs: build/release, then $(VENV)"
	@$(INSTALL) '.[cli,mcap,plot,table]'
	@touch $@

$(VENV)/check.done: $(VENV)/tools.done $(SOURCES)
	@echo "== library, C tests and package with [$(EXTRAS)]: build/release, then $(VENV)"
	@$(INSTALL) '.[$(EXTRAS)]'
	@touch $@

$(VENV)/bench.done: $(VENV)/tools.done $(SOURCES)
	@echo "== library and package with what the peers need: build/release, then $(VENV)"
	@$(INSTALL) '.[bench,peers]'
	@touch $@
