# Python 3.11 or newer and make are all this needs; everything else comes pinned, with hashes.
.PHONY: help install lock lint unit test test-kubernetes test-kubernetes-matrix e2e e2e-cluster rings demo crds clean
RUNS_3_11 := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3; do \
	"$$p" $(RUNS_3_11) 2>/dev/null && command -v "$$p" && break; done)
HAS_PYTHON = "$(PYTHON)" $(RUNS_3_11) || { echo "Install Python >= 3.11, or set PYTHON." >&2; exit 1; }
UV := $(shell uv --version >/dev/null 2>&1 && command -v uv || echo .cache/uv/bin/uv)
BIN := .venv/bin
READY := .venv/.ready
LOCK = $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	--python-version 3.11 $(if $(UPGRADE),--upgrade)

# The control plane, the main job, the CRDs, leader election, restarts, crashes, the catalog; the
# operator is held to its rights in all of them.
KUBERNETES_TESTS = $(patsubst %,tests/apiserver/test_%.py,controlplane publishing crd catalog_crd \
	leader staying lost_deletes) tests/apiserver/catalogs
KUBERNETES_MATRIX = 1.30 1.32 1.34 1.37

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 24

install: $(READY) ## Make .venv with everything the other targets need

$(READY): pyproject.toml requirements/dev.txt | $(UV)
	@$(HAS_PYTHON)
	$(UV) venv --quiet --allow-existing --python "$(PYTHON)" .venv
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . && touch $@

.cache/uv/bin/uv: requirements/uv.txt
	@$(HAS_PYTHON)
	@"$(PYTHON)" -m venv .cache/uv || { echo "Install uv, or Python's venv (python3-venv)." >&2; exit 1; }
	.cache/uv/bin/python -m pip install --quiet --require-hashes -r $< && touch $@

lock: | $(UV) ## Write requirements/*.txt anew (UPGRADE=1: to the newest versions)
	$(LOCK) pyproject.toml -o requirements/runtime.txt
	$(LOCK) pyproject.toml --group dev -c requirements/runtime.txt -o requirements/dev.txt
	$(LOCK) tests/e2e/vllm.in --override tests/e2e/vllm-overrides.txt -o requirements/vllm.txt
	set -e; for group in go node uv image; do $(LOCK) --group $$group -c requirements/dev.txt -o requirements/$$group.txt; done

lint: $(READY) ## Check format, style, types and layers
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

unit: $(READY) ## Run the tests that need nothing but Python (seconds)
	$(BIN)/python -m pytest -q -n auto tests/unit

test: lint unit ## Run lint and every test; the first time it builds a control plane
	$(BIN)/python -m tests.controlplane.binaries
	$(BIN)/python -m pytest tests/apiserver tests/conformance

test-kubernetes: $(READY) ## Run what depends on Kubernetes on one release (KUBERNETES=1.32)
	$(BIN)/python -m tests.controlplane.binaries etcd kubectl kube-apiserver kube-controller-manager
	$(BIN)/python -m pytest $(KUBERNETES_TESTS)

test-kubernetes-matrix: ## Run it on each release of docs/clusters.md (10 min to build each)
	set -e; for release in $(KUBERNETES_MATRIX); do $(MAKE) test-kubernetes KUBERNETES=$$release; done

e2e: $(READY) ## A real vLLM and a real OpenClaw (installs 6 GB, up to 25 min)
	$(BIN)/python -m pytest tests/e2e -s

e2e-cluster: $(READY) ## Image, chart and agents on your cluster (see docs/image.md)
	$(BIN)/python -m pytest tests/cluster -s
rings: $(READY) ## Image (needs root, Buildah, debootstrap), Prometheus, crashes at every write (30 min)
	set -e; for ring in image observability endurance; do $(BIN)/python -m pytest tests/$$ring; done

demo: $(READY) ## Show the operator at work on a real Kubernetes API server
	$(BIN)/python -m hack.demo

crds: $(READY) ## Write crds/, the chart's copy and kustomize/ from the pydantic models and the chart
	$(BIN)/python -m openclaw_vllm.api.crd && $(BIN)/python -m hack.kustomize

clean: ## Remove what the targets made here (built control planes stay in the user's cache)
	rm -rf .venv .cache dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
