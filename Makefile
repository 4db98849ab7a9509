# Python 3.11 or newer and make are all this needs; everything else comes pinned, with hashes.
.PHONY: help install lock lint fmt verify unit test test-kubernetes test-kubernetes-matrix e2e e2e-cluster rings conformance-releases gitops demo run image-tools crds bench bench-guard release artefacts publish clean
RUNS_3_11 := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3; do \
	"$$p" $(RUNS_3_11) 2>/dev/null && command -v "$$p" && break; done)
HAS_PYTHON = "$(PYTHON)" $(RUNS_3_11) || { echo "Install Python >= 3.11, or set PYTHON." >&2; exit 1; }
UV := $(shell uv --version >/dev/null 2>&1 && command -v uv || echo .cache/uv/bin/uv)
BIN := .venv/bin
READY := .venv/.ready
# The tests start Python hundreds of times: keep what it compiles, even where the environment, as that
# of many images, says not to.
export PYTHONDONTWRITEBYTECODE :=
LOCK = $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	--python-version 3.11 $(if $(UPGRADE),--upgrade)

# The control plane, the main job, the CRDs, leader election, restarts, crashes, the catalog; the
# operator is held to its rights in all of them.
KUBERNETES_TESTS = $(patsubst %,tests/apiserver/test_%.py,controlplane publishing crd catalog_crd \
	leader staying lost_deletes) tests/apiserver/catalogs
# Most of these tests wait most of the time, so $(JOBS) processes go through modules beside each other,
# each with a control plane of its own; then comes what measures a short time or memory.
JOBS = 3
RUN = passed=true; \
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -m "not alone" $(1) \
		|| passed=false; \
	$(BIN)/python -m pytest -m alone $(1) || passed=false; \
	$$passed
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

lint: $(READY) ## Check format, style, types, layers and workflows
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports
	$(BIN)/python -m hack.actionlint

fmt: $(READY) ## Format, and mend what can be mended without a thought
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

verify: crds ## Fail unless what is generated is committed, and docs' tables are those of the code
	$(BIN)/python -m pytest -q -n auto tests/unit/repository
	@changed=$$(git status --porcelain) && [ -z "$$changed" ] || { \
		echo "Commit what make crds has written, and everything else:" >&2; echo "$$changed" >&2; exit 1; }

unit: $(READY) ## Run the tests that need nothing but Python (seconds)
	$(BIN)/python -m hack.unit_tests

test: lint unit ## Run lint and every test; the first time it builds a control plane
	$(BIN)/python -m tests.controlplane.binaries
	$(BIN)/python -m tests.conformance.install
	$(call RUN,tests/apiserver tests/conformance)

test-kubernetes: $(READY) ## Run what depends on Kubernetes on one release (KUBERNETES=1.32)
	$(BIN)/python -m tests.controlplane.binaries etcd kubectl kube-apiserver kube-controller-manager
	$(call RUN,$(KUBERNETES_TESTS))

test-kubernetes-matrix: ## Run it on each release of docs/clusters.md (10 min to build each)
	set -e; for release in $(KUBERNETES_MATRIX); do $(MAKE) test-kubernetes KUBERNETES=$$release; done

e2e: $(READY) ## A real vLLM and a real OpenClaw (installs 6 GB, up to 25 min)
	$(BIN)/python -m pytest tests/e2e -s

e2e-cluster: $(READY) ## Image, chart and agents on your cluster (see docs/image.md)
	$(BIN)/python -m pytest tests/cluster -s

conformance-releases: $(READY) ## Each maintained OpenClaw (installs 650 MB for each, 10 min)
	$(BIN)/python -m pytest tests/releases

rings: $(READY) ## Image (needs root, Buildah, debootstrap), Prometheus, crashes at every write (30 min)
	set -e; for ring in image observability endurance; do $(BIN)/python -m pytest tests/$$ring; done

run: $(READY) ## Run the operator here, for the cluster of your kubeconfig (ARGS="--namespace agents")
	$(BIN)/openclaw-vllm run --log-format=text $(ARGS)

image-tools: ## Install what builds and copies images, on Debian or Ubuntu as root
	apt-get update --quiet && apt-get install --yes --no-install-recommends \
		buildah debootstrap debian-archive-keyring skopeo

gitops: $(READY) ## Docs of GitOps by the real Flux, Argo CD and Helm 3 (20 min to build)
	$(BIN)/python -m pytest tests/gitops

demo: $(READY) ## Show the operator at work on a real Kubernetes API server
	$(BIN)/python -m hack.demo

crds: $(READY) ## Write crds/, the chart's copy and kustomize/ from the pydantic models and the chart
	$(BIN)/python -m openclaw_vllm.api.crd && $(BIN)/python -m hack.kustomize

bench: $(READY) ## Measure speed, CPU and memory beside a floor, an earlier build and a peer (QUICK=1: 5 min)
	$(BIN)/python -m hack.bench $(if $(QUICK),--quick) $(if $(OUT),--out $(OUT))

bench-guard: $(READY) ## Fail when the operator computes 1.3 times what it did (5 min)
	$(BIN)/python -m hack.bench.guard

release: $(READY) ## Move to VERSION=0.2.0, commit that, and make its artefacts (see RELEASE.md)
	$(BIN)/python -m hack.release move "$(VERSION)"
	$(MAKE) artefacts

artefacts: $(READY) ## Make what a release consists of in dist/ (PARTS="packages chart image")
	$(BIN)/python -m hack.release build "$(VERSION)"

publish: $(READY) ## Bring the artefacts to IMAGE_REGISTRY and sign them, as the workflow does
	$(BIN)/python -m hack.release publish "$(VERSION)"

clean: ## Remove what the targets made here (built control planes stay in the user's cache)
	rm -rf .venv .cache dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
