# Posthouse. Two commands matter: make run, make test. Both install what they need.

GO        ?= go
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
FUZZTIME  ?= 10s
CRASHES   ?= 200

LDFLAGS   := -X posthouse/app.Version=$(VERSION)
# migrated_fynedo: our code keeps Fyne's rule of one goroutine (see FyneApp.toml).
GUI_TAGS  := migrated_fynedo
# ci is Fyne's software driver: no C compiler and no X11 or OpenGL headers.
TEST_TAGS := ci,migrated_fynedo

# $(call vet,GOOS): what the headless program is made of, for that system.
vet        = export CGO_ENABLED=0 GOOS=$(1) && $(GO) vet -tags headless $$($(GO) list -deps -tags headless . | grep '^posthouse')

export GOFLAGS := $(filter-out -buildvcs%,$(GOFLAGS)) -buildvcs=false

.DEFAULT_GOAL := help
.PHONY: help run build headless test test-short race directory lint cross crash examples fuzz bench shots tour clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## open the window (with no display: take pictures of it under Xvfb)
	@scripts/setup window
	@$(MAKE) --no-print-directory build
	@scripts/run

build: ## bin/posthouse: window, queue manager and command line
	@scripts/setup window
	$(GO) build -trimpath -tags $(GUI_TAGS) -ldflags '-s -w $(LDFLAGS)' -o bin/ .

headless: ## bin/posthouse-headless: static, no window
	@scripts/setup go
	CGO_ENABLED=0 $(GO) build -trimpath -tags headless -ldflags '-s -w $(LDFLAGS)' -o bin/posthouse-headless .

test: ## every test (no C compiler, no display)
	@scripts/setup test
	CGO_ENABLED=0 scripts/samba-ad/with $(GO) test -tags $(TEST_TAGS) -shuffle=on -timeout 10m ./...

test-short: ## the quick tests
	@scripts/setup test
	CGO_ENABLED=0 $(GO) test -tags $(TEST_TAGS) -shuffle=on -timeout 5m -short ./...

race: ## the short tests under the race detector
	@scripts/setup race
	CGO_ENABLED=1 scripts/samba-ad/with $(GO) test -race -tags $(TEST_TAGS) -shuffle=on -timeout 15m -short ./...

directory: ## the tests of LDAP with a directory that takes nothing unprotected
	@scripts/setup test
	@tests=$$(grep -rl --include='*_test.go' 'samba\.Join' ./directory | xargs -r -n 1 dirname | sort -u); \
	[ -n "$$tests" ] || { echo "directory: no test joins one" >&2; exit 1; }; set -x; \
	CGO_ENABLED=0 scripts/samba-ad/with --strong $(GO) test -count=1 -short -tags $(TEST_TAGS) -timeout 10m $$tests

lint: ## format, vet and lint
	@scripts/setup go
	@scripts/tools
	scripts/lines
	$(call vet,)
	CGO_ENABLED=0 bin/tools/golangci-lint run ./...

cross: ## compile for Windows and macOS (no window)
	@scripts/setup go
	$(call vet,windows)
	$(call vet,darwin)

crash: ## kill the queue manager CRASHES times and account for every message
	@scripts/setup test
	@tests=$$(grep -rl --include='*_test.go' POSTHOUSE_CRASHES . | xargs -r -n 1 dirname | sort -u); \
	[ -n "$$tests" ] || { echo "crash: no test reads POSTHOUSE_CRASHES" >&2; exit 1; }; set -x; \
	CGO_ENABLED=0 POSTHOUSE_CRASHES=$(CRASHES) $(GO) test -count=1 -tags $(TEST_TAGS) -timeout 20m -run Crash -v $$tests

examples: ## the examples of MS-MQOD section 3, step by step, with real processes
	@scripts/setup test
	CGO_ENABLED=0 scripts/samba-ad/with $(GO) test -count=1 -tags $(TEST_TAGS) -parallel 1 -v ./examples

fuzz: ## every fuzz target for FUZZTIME (10s)
	@scripts/setup go
	@FUZZTIME=$(FUZZTIME) scripts/fuzz

bench: headless ## benchmarks of the program, then of the codec and the store
	@mkdir -p build
	bin/posthouse-headless bench --json >build/bench.json
	@cat build/bench.json
	CGO_ENABLED=0 $(GO) test -run '^$$' -bench . -benchmem ./localqm/wire/... ./localqm/store/...

shots: ## pictures of every screen into build/shots, without a display
	@scripts/setup go
	@rm -rf build/shots && mkdir -p build/shots
	CGO_ENABLED=0 POSTHOUSE_SHOTS=$(CURDIR)/build/shots $(GO) test -count=1 -tags $(TEST_TAGS) -run '^TestShots' ./views/...
	@ls build/shots/light/*.png build/shots/dark/*.png >/dev/null && echo "pictures: $(CURDIR)/build/shots"

tour: ## drive the real window under Xvfb; pictures into build/tour
	@scripts/setup tour
	@$(MAKE) --no-print-directory build
	@scripts/tour

clean: ## remove bin and build
	rm -rf bin build
