# machorun.mk - builds machorun, which runs macOS programs on Linux: build/machorun for darwin/amd64 on an amd64 machine, and
# build/machorun-arm64, a program for Linux on arm64, for darwin/arm64 (with qemu-aarch64-static, or on such a machine).

MACHORUN_SRC := $(shell find tools/machorun -name '*.c' | LC_ALL=C sort) $(addprefix src/base/,arena.c bytes.c diag.c vec.c)
MACHORUN_OBJ := $(MACHORUN_SRC:%.c=$(BUILD)/machorun-obj/%.o)
MACHORUN_ARM64_OBJ := $(MACHORUN_SRC:%.c=$(BUILD)/machorun-arm64-obj/%.o)
CROSS_CC ?= aarch64-linux-gnu-gcc

# The images are mapped at low addresses: machorun itself has to be elsewhere, so it is position-independent.
MACHORUN_CFLAGS := $(ALL_CFLAGS) -Itools -fPIE
MACHORUN_LDFLAGS := $(LDFLAGS) -pie

# Each needs its compiler: the first one is for amd64 machines, the second for those with the cross compiler.
MACHORUN_BIN := $(if $(filter x86_64,$(shell uname -m)),$(BUILD)/machorun)
MACHORUN_BIN += $(if $(shell command -v $(CROSS_CC)),$(BUILD)/machorun-arm64)

.PHONY: machorun
machorun: $(MACHORUN_BIN) ## build the loader for macOS programs: build/machorun, build/machorun-arm64

$(BUILD)/machorun: $(MACHORUN_OBJ)
	$(CC) $(ALL_CFLAGS) $(MACHORUN_LDFLAGS) -o $@ $^ -lm

$(BUILD)/machorun-arm64: $(MACHORUN_ARM64_OBJ)
	$(CROSS_CC) $(ALL_CFLAGS) $(MACHORUN_LDFLAGS) -o $@ $^ -lm

$(BUILD)/machorun-obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(MACHORUN_CFLAGS) -c -o $@ $<

$(BUILD)/machorun-arm64-obj/%.o: %.c
	@mkdir -p $(@D)
	$(CROSS_CC) $(MACHORUN_CFLAGS) -c -o $@ $<

-include $(MACHORUN_OBJ:.o=.d) $(MACHORUN_ARM64_OBJ:.o=.d)
