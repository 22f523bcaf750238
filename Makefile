# make help prints the targets.

GO      ?= go
# How many random cases the two judges are compared on, how many pairs of documents (and a fortieth as many of all layers) are compared by proof and by trial, and how many inputs each
# fuzz target gets in make test.
CASES   ?= 1000000
PAIRS   ?= 1000000
FUZZ    ?= 50000x
# How long each fuzz target runs in make fuzz.
FUZZTIME ?= 10m

.PHONY: help run build test unit agree fuzz-seconds fuzz lint bench bench-server bench-analysis bench-check integration generated

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: build ## start a server on ./data
	bin/writ serve

build: ## bin/writ
	$(GO) build -o bin/writ ./cmd/writ

test: lint unit agree fuzz-seconds bench-check integration ## everything that CI runs

unit: ## the tests, with the race detector, in random order
	$(GO) test -race -shuffle=on ./...

agree: ## the fast judge and the naive one on CASES random cases, proofs about PAIRS pairs of policies and random requests
	$(GO) test ./authz -run TestFastJudgeAgreesWithNaiveJudge -v -cases $(CASES) -timeout 60m
	$(GO) test ./analysis -run 'WithTrial|Edits|Hostile' -v -pairs $(PAIRS) -every 1 -budget 200000 -timeout 60m

lint: ## vet, formatting, staticcheck (staticcheck.conf says which checks and why)
	$(GO) vet ./...
	@test -z "$$(gofmt -l . | tee /dev/stderr)"
	$(GO) tool -modfile=tools/go.mod staticcheck ./...

fuzz-seconds: ## each fuzz target for FUZZ inputs
	@tools/fuzz $(FUZZ)

fuzz: ## each fuzz target for FUZZTIME, and the judges on random cases for as long
	@tools/fuzz $(FUZZTIME)
	$(GO) test ./authz -run TestFastJudgeAgreesWithNaiveJudge -v -cases 50000000 -timeout 24h

bench: ## the speed of the judge beside other engines, as a table
	cd bench && $(GO) run . -o ../doc/performance.md

bench-analysis: ## what a proof about two policies costs, beside cvc5 and Z3 if they are installed
	cd bench && $(GO) run ./analysis -o ../doc/performance-analysis.md

bench-server: ## what a request costs the server, and how long a large start takes
	cd bench && $(GO) run ./server && $(GO) run ./server -start 100000

bench-check: ## the benchmarks' own tests
	cd bench && $(GO) vet ./... && $(GO) test ./...

integration: ## public AWS SDKs talk to ours
	cd integration && $(GO) vet ./... && $(GO) test ./...

generated: ## fetch the catalogue anew from its published source; write the API's types anew from the models
	$(GO) generate ./catalog ./internal/api
