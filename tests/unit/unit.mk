# Unit tests: every tests/unit/u_NAME.c is one program, linked with all of gild except main.o.

UNIT_SRC  := $(sort $(wildcard tests/unit/u_*.c))
UNIT_BIN  := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)
UNIT_LIB  := $(BUILD)/unit/libgild.a

$(UNIT_LIB): $(filter-out $(BUILD)/obj/main.o,$(OBJ))
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/unit/%: tests/unit/%.c $(UNIT_LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(UNIT_LIB) $(LDLIBS) -lcmocka

-include $(UNIT_BIN:=.d)

.PHONY: unit
unit: $(UNIT_BIN) ## run the unit tests
	@fail=; for t in $(UNIT_BIN); do \
		$$t >$$t.log 2>&1 || { fail="$$fail $$t"; cat $$t.log; }; \
	done; \
	if [ -n "$$fail" ]; then echo "FAILED:$$fail"; exit 1; fi; \
	echo "unit: $(words $(UNIT_BIN)) programs passed"
