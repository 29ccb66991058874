# make run   starts Admit One on this machine
# make test  installs what is missing where it can, then checks and tests all
.PHONY: run test check generate bench load faults cover fuzz geoip

run:
	@command -v go >/dev/null || { echo "Go is missing: install Go 1.26 or newer"; exit 1; }
	@command -v $${CC:-cc} >/dev/null || { echo "A C compiler is missing: install one (Debian: apt install gcc libc6-dev)"; exit 1; }
	go run .

test:
	@tools/install
	@$(MAKE) --no-print-directory check
	tools/with-postgres tools/suite

# The generated pages must be those of the .templ files; formatting and
# findings must be none.
check: generate
	@git diff --exit-code --stat -- '*_templ.go' || { echo "the generated pages were stale: commit them"; exit 1; }
	go vet ./...
	@out=$$(git ls-files '*.go' | grep -v '_templ.go$$' | xargs go tool -modfile=tools/go.mod gofumpt -l); \
		if [ -n "$$out" ]; then echo "gofumpt would change:"; echo "$$out"; exit 1; fi
	go tool -modfile=tools/go.mod staticcheck ./...

generate:
	@go tool templ generate -log-level error

FUZZTIME ?= 1m
fuzz:
	tools/fuzz $(FUZZTIME)

# The server killed hundreds of times, and its database and mail server taken away
# for long; make test does the same in small.
faults:
	@tools/install
	ADMITONE_FAULTS=1 ADMITONE_KILLS=$${ADMITONE_KILLS:-100} tools/with-postgres go test ./handlers/e2e -run 'TestKills|TestOutages|TestMailServerAway' -count 1 -timeout 60m -v

# How much of the domain and of the pages the tests run.
cover:
	@tools/install
	tools/with-postgres go test ./models ./handlers -count 1 -cover

bench:
	@tools/install
	tools/with-postgres tools/bench

load:
	@tools/install
	tools/with-postgres tools/load

# A free file that tells the country of a network address, for --geo.
geoip:
	@tools/geoip/fetch
