# gild - build, tests and measurements. `make help` lists the targets.

CC      ?= cc
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=

WARN    := -Wall -Wextra -Wvla -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
           -Wwrite-strings -Wpointer-arith
# No contraction of floating-point operations: the deflate of Go 1.27 decides by float arithmetic, and must
# decide as Go on amd64 does.
CFLAGS  ?= -O2 -g
ALL_CFLAGS := -std=gnu17 -D_GNU_SOURCE -Isrc -fno-common -ffp-contract=off -pthread -MMD -MP $(WARN) $(CFLAGS) $(EXTRA)
LDLIBS  := -l:libnettle.a -l:libz.a -lcjson
LDFLAGS += -pthread

SRC := $(shell find src -name '*.c' | LC_ALL=C sort)
OBJ := $(SRC:src/%.c=$(BUILD)/obj/%.o)

.PHONY: all
all: $(BUILD)/gild ## build the linker

$(BUILD)/gild: $(OBJ)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

-include $(OBJ:.o=.d)

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD)
