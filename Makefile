# The door to everything. `make` lists what there is.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help setup run cluster kubernetes test test-cluster test-system check fmt lint types knip golden golden-chart generate build images bench bench-images bench-operator bench-system soak clean

# Node 26 comes from the pinned npm package `node`; whatever the machine has is only used to install it.
MACHINE_PATH := $(PATH)
# Relative: the path of a clone may hold spaces.
BIN := node_modules/.bin
NODE := $(BIN)/node
export PATH := $(CURDIR)/$(BIN):$(PATH)

help: ## list the targets
	@grep -hE '^[a-z][a-z-]*:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | \
		while IFS="$$(printf '\t')" read -r name text; do printf '  make %-14s %s\n' "$$name" "$$text"; done

setup: ## install what is missing; the other targets do it by themselves
	@PATH="$(MACHINE_PATH)" command -v node >/dev/null && PATH="$(MACHINE_PATH)" command -v npm >/dev/null || \
		{ echo 'Farpoint needs Node 20 or newer and npm on the PATH: https://nodejs.org'; exit 1; }
	@PATH="$(MACHINE_PATH)" node scripts/ensure-installed.js

run: setup ## proxy, upstreams and a call of each kind, until Ctrl-C (ONCE=1: exit after the calls; PORT=3500)
	@ONCE="$(ONCE)" PORT="$(PORT)" $(NODE) examples/run.ts

cluster: setup ## a real API server, the operator, and a proxy to call, until Ctrl-C (ONCE=1: exit after one call; PORT=3500)
	@ONCE="$(ONCE)" PORT="$(PORT)" $(NODE) test/cluster/cluster-main.ts

kubernetes: setup ## a whole cluster of one node with the images of `make images`, and a shell in it; needs Linux and root
	@$(NODE) test/system/kubernetes-main.ts

test: setup ## every test but those on a whole cluster, which CI=true adds (ONLY=path runs some of them)
	@ONLY="$(ONLY)" $(NODE) test/run-tests.ts

test-cluster: setup ## the tests on a real API server and on a whole cluster; what they need is built the first time, by Go
	@ONLY="$(ONLY)" $(NODE) test/run-tests.ts cluster

test-system: setup ## the tests on a whole cluster of one node only; needs Linux and root
	@ONLY="$(ONLY)" $(NODE) test/run-tests.ts system

check: setup ## format, lint, types, knip, goldens fresh, generated files fresh
	@$(NODE) scripts/check.ts

fmt: setup ## format every file
	@$(NODE) $(BIN)/oxfmt .

lint: setup ## lint, with type information
	@$(NODE) $(BIN)/oxlint --type-aware --deny-warnings

types: setup ## type check; an import that crosses the architecture is an error
	@$(NODE) $(BIN)/tsc -b

knip: setup ## find unused files, exports and packages
	@$(NODE) $(BIN)/knip

golden: setup ## rewrite the golden files
	@$(NODE) $(BIN)/vitest run --config test/vitest.config.ts golden --update

golden-chart: setup ## rewrite the golden files of the chart, for which helm is built the first time
	@$(NODE) $(BIN)/vitest run --config test/vitest.cluster.config.ts cluster/chart-render --update

generate: setup ## rewrite the generated files
	@$(NODE) scripts/generate.ts

build: setup ## bundle dist/farpoint.js (everything) and dist/proxy.js (what a pod runs)
	@$(NODE) scripts/build.ts

images: setup ## the container images in dist/images, by docker or buildah where one works (ENGINE=none: without)
	@ENGINE="$(ENGINE)" $(NODE) images/images-main.ts

bench: build ## measure against the upstream direct and nginx, bare and with policies
	@$(NODE) test/bench/bench.ts

bench-images: setup ## measure the images: sizes, start to ready, memory at rest; root on Linux
	@$(NODE) test/bench/images-main.ts

bench-operator: build ## measure the operator with 1,000 and more proxies on a real API server
	@$(NODE) test/bench/tables-main.ts
	@QUICK="$(QUICK)" SIZE="$(SIZE)" $(NODE) test/bench/operator/bench-operator.ts

bench-system: setup ## measure a proxy in a pod of a whole cluster: start to ready, memory while idle
	@ONLY=system/figures $(NODE) test/run-tests.ts system

soak: setup ## limits at full size (bodies of 1 GiB, a million paths and hosts), then changes and faults on an API server (MINUTES=10)
	@SOAK_MIB=1024 FUZZ_RUNS=100 $(NODE) $(BIN)/vitest run --config test/vitest.config.ts feature/limits- feature/bad-fuzz
	@SOAK_MINUTES="$(or $(MINUTES),10)" ONLY=cluster/soak $(NODE) test/run-tests.ts cluster

clean: ## remove what was built
	@rm -rf dist .tsbuild .run
