# gild - build, tests and measurements. `make help` lists the targets.

CC      ?= cc
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=

WARN    := -Wall -Wextra -Wvla -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
           -Wwrite-strings -Wpointer-arith
# No contraction of floating-point operations: the deflate of Go 1.27 decides by float arithmetic, and must
# decide as Go on amd64 does.
# Assertions are for the sanitizer builds: they cost a twentieth of the time.
CFLAGS  ?= -O2 -g -DNDEBUG
ALL_CFLAGS := -std=gnu17 -D_GNU_SOURCE -Isrc -fno-common -ffp-contract=off -pthread -MMD -MP $(WARN) $(CFLAGS) $(EXTRA)
LDLIBS  := -l:libnettle.a -l:libz.a -lcjson
LDFLAGS += -pthread

SRC := $(shell find src -name '*.c' | LC_ALL=C sort)
OBJ := $(SRC:src/%.c=$(BUILD)/obj/%.o)

# Targets that install what they need call this first; it is quick when nothing is missing.
SETUP  := tools/setup.sh
# ... and then build with all processors.
PARALLEL = $(MAKE) --no-print-directory -j$(shell nproc)

.PHONY: all
all: $(BUILD)/gild ## build the linker: build/gild

$(BUILD)/gild: $(OBJ)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

-include $(OBJ:.o=.d)

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile tests/unit/unit.mk tools/machorun/machorun.mk | LC_ALL=C sort | expand -t 20

.PHONY: setup
setup: ## install the compiler and the libraries (Debian)
	$(SETUP) build

.PHONY: demo
demo: ## link a program for macOS and for Linux with gild and with the stock linker, compare, run
	@$(SETUP) go
	@$(PARALLEL) -s all $(BUILD)/measure
	@tools/demo.sh

.PHONY: check
check: ## all tests; the last line counts them
	@$(SETUP) test
	@tools/check.sh

include tests/unit/unit.mk
include tools/machorun/machorun.mk

.PHONY: unit-programs
unit-programs: $(UNIT_BIN)

.PHONY: link-tests
link-tests: all machorun ## run the link tests (tests/link)
	@tests/link/run

.PHONY: identity-smoke
identity-smoke: all ## compare with the stock linker: the set smoke, both releases
	@tests/identity/run -sets smoke

.PHONY: tidy
tidy: ## check what a compiler does not: layers, names, heads of files
	@tools/tidy.sh

.PHONY: fuzz
fuzz: ## link thousands of damaged inputs; FUZZ='-asan -n 5000 -seed 2 runtime'
	@$(SETUP) test
	@$(PARALLEL) -s all
	@tests/fuzz/run $(FUZZ)

# ---- sanitizers: a build of its own in build/asan and build/tsan, over the unit tests and the set smoke ------------

SAN_CFLAGS := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all

.PHONY: asan
asan: ## AddressSanitizer and UndefinedBehaviorSanitizer
	@$(SETUP) test
	@tools/sanitize.sh asan "$(SAN_CFLAGS) -fsanitize=address,undefined"

.PHONY: tsan
tsan: ## ThreadSanitizer
	@$(SETUP) test
	@tools/sanitize.sh tsan "$(SAN_CFLAGS) -fsanitize=thread"

# ---- measurements ---------------------------------------------------------------------------------------------------

$(BUILD)/measure: bench/measure.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -D_GNU_SOURCE $(WARN) -O2 -g -MMD -MP -o $@ $<

-include $(BUILD)/measure.d

.PHONY: bench
bench: ## time and memory against the stock linker and cp; BENCH='-r 1.26 -n 15 cmd/go'
	@$(SETUP) test
	@$(PARALLEL) -s all $(BUILD)/measure
	@bench/run $(BENCH)

# ---- the rest -------------------------------------------------------------------------------------------------------

.PHONY: install
install: all ## install gild and its man page; PREFIX, DESTDIR
	install -D -m 755 $(BUILD)/gild $(DESTDIR)$(PREFIX)/bin/gild
	install -D -m 644 docs/gild.1 $(DESTDIR)$(PREFIX)/share/man/man1/gild.1

.PHONY: fmt
fmt: ## format the C code (clang-format-19)
	@$(SETUP) fmt
	@find src tests bench tools -name '*.[ch]' ! -name release_tables.c ! -name unicode_upper.c ! -name gorand_table.c -print0 | \
		xargs -0 clang-format-19 -i

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD)
