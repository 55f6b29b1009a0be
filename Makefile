# Every target sets up what it needs: a virtual environment in .venv and the pinned Go programs in the user's cache.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
TFLINT := github.com/terraform-linters/tflint@v0.64.0
CHECKOV := checkov>=3.3.30
# What takes minutes to build or install is kept in the user's cache, as mirrorgen's own tools are.
CACHE := $(abspath $(or $(MIRRORGEN_CACHE_DIR),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/mirrorgen))
TFLINT_BIN := $(CACHE)/$(subst @,-,$(notdir $(TFLINT)))
CHECKOV_VENV := $(CACHE)/$(subst >=,-,$(CHECKOV))

.PHONY: demo test soak lint bench format requirements image clean browser container-tools

demo: $(VENV)/installed
	$(BIN)/mirrorgen tools install
	$(BIN)/mirrorgen demo $(LIST) $(if $(LISTING),--from $(LISTING))

# One worker more than there are processors, as each waits for other programs a third of its time; at most four, as each
# has an emulated ECR and a Terraform provider of 0.7 GB of its own. It gets a file at a time; in their order, as the
# slow ones are not those with the most tests.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$((n < 3 ? n + 1 : 4)))
test: $(VENV)/installed $(CHECKOV_VENV)/installed browser container-tools
	$(BIN)/mirrorgen tools install
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

# What is drawn at random, more often and other things each time: references ten times as often, SOAK times as many lists,
# so many hostile TEXTS for each medium, and so many SCENARIOS of the audit.
SOAK ?= 200
TEXTS ?= 1000000
SCENARIOS ?= 20000
soak: $(VENV)/installed container-tools
	$(BIN)/mirrorgen tools install
	$(BIN)/mirrorgen tools install helm
	SOAK=$(SOAK) TEXTS=$(TEXTS) SCENARIOS=$(SCENARIOS) $(BIN)/python -m pytest --soak --hypothesis-profile soak \
	    tests/real/test_references.py tests/real/test_charts.py tests/real/test_nodes.py tests/real/test_rewrite_helm.py \
	    tests/real/test_rewrite_kyverno.py tests/real/test_rewrite_pulls.py tests/audit tests/fuzz \
	    $$(grep -rl 'import.* given' tests/unit tests/operations tests/consumers tests/readers tests/importing) $(PYTEST_ARGS)

# The status page is tested in a real browser: Debian's, as nobody else's may be downloaded everywhere.
browser:
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || { \
	    test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && \
	    apt-get install -qqy --no-install-recommends chromium chromium-driver >/dev/null; } || \
	    echo "install chromium and chromium-driver to have the status page tested in a browser, too"

# The container image is built on Debian's packages and run, without a registry and without a daemon. podman and
# docker-compose read what `rewrite` writes for them; containerd pulls with what it writes for nodes.
CONTAINER_TOOLS := buildah mmdebstrap runc podman docker-compose containerd
container-tools:
	@missing=; for name in $(CONTAINER_TOOLS); do command -v $$name >/dev/null || missing=1; done; test -z "$$missing" || { \
	    test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && \
	    apt-get install -qqy --no-install-recommends $(CONTAINER_TOOLS) >/dev/null; } || \
	    echo "what needs one of these is tested where it is, by root: $(CONTAINER_TOOLS)"

# An example is one file that is read at once, so it has no outputs.tf.
lint: $(VENV)/installed $(BIN)/actionlint $(TFLINT_BIN)/tflint $(CHECKOV_VENV)/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	terraform fmt -check -recursive terraform
	set -e; for module in terraform terraform/modules/*/; do \
	    $(TFLINT_BIN)/tflint --config $(CURDIR)/.tflint.hcl --chdir $$module; done
	set -e; for example in terraform/examples/*/; do \
	    $(TFLINT_BIN)/tflint --config $(CURDIR)/.tflint.hcl --chdir $$example \
	        --disable-rule terraform_standard_module_structure; done
	$(CHECKOV_VENV)/bin/checkov --config-file .checkov.yaml
	$(BIN)/actionlint
	$(BIN)/zizmor --offline --quiet --persona pedantic .github action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/hadolint Dockerfile

# skopeo is measured beside the others where it is installed, or can be.
bench: $(VENV)/installed
	@command -v skopeo >/dev/null || { \
	    test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && \
	    apt-get install -qqy --no-install-recommends skopeo >/dev/null; } || \
	    echo "install skopeo to have it measured, too"
	$(BIN)/mirrorgen tools install
	$(BIN)/python -m benchmarks

format: $(VENV)/installed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	terraform fmt -recursive terraform

# What the scheduled workflow installs: every version and hash, for all platforms.
requirements: $(VENV)/installed
	$(BIN)/uv pip compile pyproject.toml --extra ci --universal --python-version 3.11 --upgrade --generate-hashes \
	    --no-emit-index-url --no-annotate --custom-compile-command 'make requirements' --quiet --output-file requirements.txt

# The container image, with whatever can build one here; IMAGE_ARGS='--build-arg TERRAFORM_VERSION=... ...' has Terraform in it.
IMAGE ?= mirrorgen:$(shell sed -n 's/^__version__ = "\(.*\)"$$/\1/p' mirrorgen/__init__.py)
BUILDER ?= $(shell for name in docker podman buildah; do $$name info >/dev/null 2>&1 && echo $$name && break; done)
image:
	@test -n "$(BUILDER)" || { echo "install docker, podman or buildah, and see that it runs" >&2; exit 1; }
	$(BUILDER) build --tag $(IMAGE) $(IMAGE_ARGS) .

clean:
	rm -rf $(VENV) dist

# The checks run with the newest pip, because older ones resolve this many packages slowly.
$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

$(BIN)/actionlint: $(VENV)/installed
	GOBIN=$(abspath $(BIN)) go install $(ACTIONLINT)

$(TFLINT_BIN)/tflint:
	GOBIN=$(TFLINT_BIN) go install -ldflags='-s -w' $(TFLINT)

# An environment of its own, as it wants older versions of what others here use; made anew where its Python has gone.
$(CHECKOV_VENV)/bin/python: ;
$(CHECKOV_VENV)/installed: $(CHECKOV_VENV)/bin/python
	$(PYTHON) -m venv --clear $(CHECKOV_VENV)
	$(CHECKOV_VENV)/bin/python -m pip install --quiet --upgrade pip
	$(CHECKOV_VENV)/bin/python -m pip install --quiet '$(CHECKOV)'
	touch $@
