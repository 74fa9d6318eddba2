# Everything a contributor runs. CI runs `make ci`, and beside it `demo` and `deny`.
#
# Needed on the machine: Rust by rustup, a C compiler, Python 3.10 or newer with venv, make.
# Everything else is fetched into .tools/, pinned by hash (tests/support/tools/).

MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help
.PHONY: help demo test bench faults kills ci fmt fmt-check lint deny fuzz docs build install release tools clean-tools

# Build results outside the checkout, so that a fresh clone reuses them.
CARGO_TARGET_DIR ?= $(HOME)/.cache/terraform-provider-officeless/target
# Build scripts need protoc: the one on the PATH, else the one of .tools/.
PROTOC ?= $(shell command -v protoc || echo "$(CURDIR)/.tools/protoc/bin/protoc")
export CARGO_TARGET_DIR PROTOC

# The profile of build, install and demo: dev (default) or release.
PROFILE ?= dev
BUILT = $(CARGO_TARGET_DIR)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))
BINARY = $(BUILT)/terraform-provider-officeless
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
# Where `make install` puts the provider: Terraform looks there without any configuration.
PLUGINS ?= $(HOME)/.terraform.d/plugins
PLATFORM = $(shell uname -s | tr '[:upper:]' '[:lower:]')_$(shell uname -m | sed -e 's/x86_64/amd64/' -e 's/aarch64/arm64/')
FETCH = python3 tests/support/tools/install.py
# $(call cargo_tool,NAME,VERSION): a cargo command of its own version in .tools/cargo, built once.
cargo_tool = env -u CARGO_TARGET_DIR cargo install --quiet --root .tools/cargo --locked $(1)@$(2)
CARGO_TOOLS = PATH="$(CURDIR)/.tools/cargo/bin:$$PATH"
# $(call with_table,TESTS): all tests, then the table of all scenarios on all CLIs, whatever the tests ended with.
# Tests build the examples of tests/support too. With --whole, the table also judges the permissions.
with_table = @rm -f .tools/trials.tsv .tools/asked.tsv; echo '$(1)'; $(1); code=$$?; \
	"$(CARGO_TARGET_DIR)/debug/examples/table" && exit $$code
# Seconds that `make fuzz` runs.
TIME ?= 600

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

demo: ## stand the platform up on an emulator and take it down again; KEEP=1 leaves it up
	@$(FETCH) ministack protoc-if-missing terraform-if-missing
	@echo "building the provider and the bench ($(PROFILE) profile)"
	@# These targets make cargo choose the features it chooses for tests: one build serves both.
	@cargo build --locked --profile $(PROFILE) --workspace --bins --example tools
	@KEEP="$(KEEP)" "$(BUILT)/demo" "$(BINARY)"

test: tools ## unit, protocol and acceptance tests, on every Terraform and OpenTofu found; ends with a table
	$(call with_table,cargo test --locked --workspace)

bench: tools ## print start, memory, size, time and AWS calls (release profile; not a test)
	@cargo build --locked --release
	@cargo build --locked --release --package officeless-testbench
	@"$(CARGO_TARGET_DIR)/release/bench" "$(CARGO_TARGET_DIR)/release/terraform-provider-officeless"

# Every point, some eight thousand in this and a thousand in the next; `make test` runs a fixed part of
# each. Optimized, as most of their time is the provider's own.
faults: tools ## break every AWS call of every operation in five ways; UPDATE_DOCS=1 keeps the report
	cargo test --locked --workspace --profile sweep --test faults -- --all

kills: tools ## kill provider and Terraform at every call, interrupt every wait; UPDATE_DOCS=1 keeps the report
	cargo test --locked --workspace --profile sweep --test faults -- --all --kills

# The tests come last: their table is the last thing read. They hold the check of docs/ for drift.
ci: tools ## what CI runs: format, lints, tests, docs drift, and beside the tests ten minutes of the fuzzer
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	$(call with_table,.ci/beside "$(MAKE) fuzz" cargo test --locked --workspace --no-fail-fast)

fmt: ## format the code
	cargo fmt --all

lint: tools ## clippy with warnings as errors
	cargo clippy --locked --workspace --all-targets -- -D warnings

# The list of known weaknesses comes from GitHub; without it: make deny CHECKS="bans licenses sources".
deny: ## licences, sources, duplicates and known weaknesses of all dependencies
	@$(call cargo_tool,cargo-deny,0.20.2)
	$(CARGO_TOOLS) cargo deny --locked check $(CHECKS)

# The decoder alone, on the stable toolchain: coverage needs no nightly, and what sanitizers find
# cannot be in a crate without unsafe code. Finds go to the cache; a worthwhile one is committed by hand.
fuzz: ## fuzz the decoder of values for TIME seconds, 600 if not given
	@$(call cargo_tool,cargo-fuzz,0.13.2)
	@mkdir -p "$(CARGO_TARGET_DIR)/fuzz/corpus"
	cargo fetch --locked --manifest-path fuzz/Cargo.toml
	CARGO_TARGET_DIR="$(CARGO_TARGET_DIR)/fuzz" $(CARGO_TOOLS) cargo fuzz run --sanitizer none decode \
		"$(CARGO_TARGET_DIR)/fuzz/corpus" fuzz/corpus/decode -- -max_total_time=$(TIME) \
		-dict=fuzz/decode.dict -rss_limit_mb=1024 -timeout=60 -print_final_stats=1

docs: tools ## write docs/ anew from schema, prose and examples
	UPDATE_DOCS=1 cargo test --locked --test docs

build: ## build the provider; PROFILE=release for the real one
	@$(FETCH) protoc-if-missing
	cargo build --locked --profile $(PROFILE)

install: build ## put the provider where Terraform finds it without a registry
	@for host in registry.terraform.io registry.opentofu.org; do \
		folder="$(PLUGINS)/$$host/officeless-platform/officeless/$(VERSION)/$(PLATFORM)"; \
		mkdir -p "$$folder" && cp "$(BINARY)" "$$folder/terraform-provider-officeless_v$(VERSION)" || exit 1; \
		echo "installed $$folder"; \
	done

release: ## make dist/ with all that a release of this platform holds but the signature
	@$(FETCH) protoc-if-missing
	@$(call cargo_tool,cargo-cyclonedx,0.5.9)
	cargo build --release --locked
	$(CARGO_TOOLS) cargo cyclonedx --quiet --format json --spec-version 1.5 --target all --override-filename sbom
	@rm -f tests/support/sbom.json
	@python3 .ci/package.py "$(CARGO_TARGET_DIR)/release/terraform-provider-officeless" "$(VERSION)" "$(PLATFORM)" sbom.json dist
	@rm -f sbom.json

tools: ## fetch what tests need into .tools/
	@$(FETCH) ministack moto protoc-if-missing terraform tofu terragrunt

clean-tools: ## remove .tools/
	rm -rf .tools
